"""The test set as one command: from DeepFashion's layout to the tables, rehearsed with drawn people and a small model
of random weights, so that what is drawn means nothing and how it is drawn is all real."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from plain_painter import start_plain
from thorough import only_thorough

from mcld_app.body.iuv import encode_iuv
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.cli.long_work import stopped_by_ctrl_c
from mcld_app.cli.main import main
from mcld_app.data.layout import DataError, Layout, Pair, flattened, read_pairs
from mcld_app.engine.engine import Engine
from mcld_app.errors import StudioError
from mcld_app.evaluation.draw_pairs import draw_pairs
from mcld_app.evaluation.pairs import RESOLUTIONS, result_path
from mcld_app.evaluation.run_file import RunSettings
from mcld_app.request import MAX_SEED
from mcld_app.synthetic.people import draw_person, render_view

SIZE = (128, 88)
POSES = ("standing", "walking-front", "back-turned")
PEOPLE = {"MEN/Denim/id_00000016/01": 1, "WOMEN/Dresses/id_00000007/01": 2,
          "MEN/Shorts/id_00000031/02": 3, "WOMEN/Skirts/id_00000044/01": 4}  # fmt: skip
PICTURES = {f"{person}_{n}_{view}.jpg": (seed, pose) for person, seed in PEOPLE.items()
            for n, (view, pose) in enumerate(zip(("front", "side", "back"), POSES, strict=True), 1)}  # fmt: skip
TEST = sorted(flattened(path) for path in PICTURES if path.startswith("MEN"))
TRAIN = sorted(flattened(path) for path in PICTURES if path.startswith("WOMEN"))[:2]  # texture maps take their time
FAST = ("--model", "tiny", "--steps", 2, "--devices", "cpu")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dozen pictures of drawn people under DeepFashion's names. The listed ones are prepared by the command: all of
    two people for tests, and two of the others."""
    folder = tmp_path_factory.mktemp("deepfashion")
    (folder / "lists").mkdir()
    (folder / "maps").mkdir()
    for path, (seed, pose) in PICTURES.items():
        file = folder / "download" / "img_highres" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        view = render_view(draw_person(seed), named_poses()[pose], SIZE)
        Image.fromarray(view.photo).save(file, quality=95)
        (folder / "maps" / flattened(path)).with_suffix(".png").write_bytes(encode_iuv(view.iuv))
    for side, names in (("train", TRAIN), ("test", TEST)):
        (folder / "lists" / f"{side}.lst").write_text("\n".join(names))
    prepared = folder / "fashion"
    words = ["--lists", folder / "lists", "--densepose", folder / "maps", "--no-faces", "--workers", 2]
    assert command("prepare", folder / "download", prepared, *words) == 0
    for number, name in enumerate(TEST):  # faces as a face model writes them, of those that are not turned away
        if "back" not in name:
            np.save(Layout(prepared, "test").face(name), np.random.default_rng(number).normal(size=512) * 20)
    return prepared


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A checkpoints folder with a model called "tiny"."""
    import torch
    from tiny import tiny_pipeline

    from mcld_app.checkpoints import save_pipeline

    folder, threads = tmp_path_factory.mktemp("checkpoints"), torch.get_num_threads()
    torch.set_num_threads(1)  # networks this small only wait for each other's threads
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCLD_CHECKPOINTS", str(folder))
        save_pipeline(tiny_pipeline(), folder / "tiny")
        yield folder
    torch.set_num_threads(threads)


@pytest.fixture
def fashion(ready: Path, tmp_path: Path) -> Path:
    """A copy of the prepared folder, to change."""
    return shutil.copytree(ready, tmp_path / "fashion")


def command(*words: object) -> int:
    return main([str(word) for word in words])


def a_list(path: Path, *pairs: Pair) -> Path:
    path.write_text("from,to\n" + "".join(f"{pair.source},{pair.target}\n" for pair in pairs))
    return path


def pictures(results: Path) -> dict[str, np.ndarray]:
    """All results, as "256/NAME.png" -> (H, W, 3)."""
    found = {}
    for path in sorted(results.glob("*/*.png")):
        with Image.open(path) as image:
            found[str(path.relative_to(results))] = np.array(image)
    return found


def report(results: Path) -> list[dict[str, str]]:
    with (results / "report.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def times(results: Path) -> dict[str, int]:
    return {str(path.relative_to(results)): path.stat().st_mtime_ns for path in results.glob("*/*.png")}


# --- the whole way -------------------------------------------------------------------------------------------------


@only_thorough
def test_from_the_download_to_the_tables(fashion: Path, checkpoints: Path, tmp_path: Path, monkeypatch, capsys):
    results, draw = tmp_path / "results", Engine.generate
    texture = Layout(fashion, "test").texture(TEST[0])
    words = ["draw-pairs", "--data", fashion, "--out", results, *FAST, "--batch", 4]

    def interrupted(self, *given, **named):
        signal.raise_signal(signal.SIGINT)
        return draw(self, *given, **named)

    with monkeypatch.context() as patch:  # Ctrl-C in the middle of the first batch
        patch.setattr(Engine, "generate", interrupted)
        assert command(*words) == 130
    said = capsys.readouterr().err
    assert "Stopping after the pictures at hand" in said
    assert "Stopped with 8 pairs left; the same command goes on" in said
    first = times(results)
    assert len(first) == 2 * 4 and not list(results.rglob(".*"))

    hidden = texture.rename(texture.with_suffix(".hidden"))
    for path in results.glob("256/*.png"):  # pairs whose source is the one without a texture map, among others
        path.unlink()
    assert command(*words) == 1
    lost = [pair for pair in read_pairs(fashion / "test.csv") if pair.source == TEST[0]]
    assert {(row["from"], row["to"]) for row in report(results)} == {(pair.source, pair.target) for pair in lost}
    assert all(texture.name in row["why"] for row in report(results)) and len(lost) == 2
    assert "2 failed" in capsys.readouterr().err
    assert len(times(results)) == 2 * 10 + 2, "their large ones are there still"

    hidden.rename(texture)
    before = times(results)
    assert command(*words) == 0 and report(results) == []
    after = times(results)
    whole = {name for name in before if all(f"{size.folder}/{Path(name).name}" in before for size in RESOLUTIONS)}
    assert len(after) == 2 * 12 and all(after[name] == before[name] for name in whole), "what is there whole is left"
    assert command(*words) == 0 and times(results) == after

    told = json.loads((results / "run.json").read_text("utf-8"))
    assert told["settings"] == {"model": "tiny", "split": "test", "steps": 2, "guidance": 3.5, "scheduler": "ddim",
                                "seed": 0, "dtype": "float32"}  # fmt: skip
    assert set(told["weights"]) >= {"denoising_unet", "vae"}
    assert all(len(checksum) == 64 for checksum in told["weights"].values())
    assert told["parts"][0]["versions"]["torch"] and len(told["parts"]) == 1

    (tmp_path / "no faces").mkdir()
    monkeypatch.setitem(sys.modules, "torchvision", None)
    tables = ["evaluate", results, "--data", fashion, "--device", "cpu", "--faces", tmp_path / "no faces"]
    assert command(*tables, "--out", tmp_path / "tables", "--name", "small") == 0
    text = (tmp_path / "tables" / "table.md").read_text("utf-8")
    for size in RESOLUTIONS:
        assert f"### Image quality at {size}" in text and f"### Ablations at {size}" in text
    assert text.count("| small | measured |") >= 6 and "12 pairs" in text


@only_thorough
def test_a_pair_is_drawn_alike_whatever_the_order_and_the_batch(ready: Path, checkpoints: Path, tmp_path: Path):
    listed = read_pairs(ready / "test.csv")[:4]
    together, alone = tmp_path / "together", tmp_path / "alone"
    words = ("draw-pairs", "--data", ready, *FAST, "--pairs")
    assert command(*words, a_list(tmp_path / "a.csv", *listed), "--out", together) == 0
    backwards = a_list(tmp_path / "b.csv", listed[3], listed[1])
    assert command(*words, backwards, "--out", alone, "--batch", 1) == 0
    assert command(*words, backwards, "--out", tmp_path / "seed", "--seed", 1, "--first", 1) == 0
    all_of_them, some, another_seed = pictures(together), pictures(alone), pictures(tmp_path / "seed")
    assert len(all_of_them) == 8
    assert set(some) == {f"{size}/{pair.result}" for size in (256, 512) for pair in (listed[3], listed[1])}
    for name, picture in some.items():
        assert picture.shape == ((256, 176, 3) if name.startswith("256/") else (512, 352, 3))
        assert np.abs(picture.astype(int) - all_of_them[name]).max() <= 1  # batches sum in another order
    for name, picture in another_seed.items():
        assert np.abs(picture.astype(int) - all_of_them[name]).max() > 10, "another seed is other noise"


def test_a_pair_s_picture_is_the_engine_s_from_the_folder_s_files(ready: Path, checkpoints: Path, tmp_path: Path):
    from mcld_app.engine.registry import engine_for
    from mcld_app.request import Conditions, Face, Job, Settings

    def read(path: Path) -> np.ndarray:
        with Image.open(path) as image:
            return np.array(image.convert("RGB"))

    layout, pair = Layout(ready, "test"), next(p for p in read_pairs(ready / "test.csv") if "front" in p.source)
    own = a_list(tmp_path / "own.csv", pair)
    assert command("draw-pairs", "--data", ready, "--out", tmp_path, "--pairs", own, *FAST) == 0
    pose = read(layout.densepose(pair.target))[..., ::-1]  # Pillow reads V, U, I
    seed = RunSettings("tiny", steps=2).seed_of(pair)
    face = Face(identity=np.load(layout.face(pair.source)).astype(np.float32))
    photo, texture = read(layout.photo(pair.source)), read(layout.texture(pair.source))
    jobs = [Job(Conditions(photo, texture, pose, one), seed) for one in (face, None)]
    with_face, without = engine_for("tiny").generate(jobs, Settings(steps=2), sizes=[(512, 352), (256, 176)])
    for number, size in enumerate(RESOLUTIONS[::-1]):
        ours = read(result_path(tmp_path, size, pair)).astype(int)
        same, other = ([one.picture, *one.others][number] for one in (with_face, without))
        assert np.abs(ours - same).max() <= 1 < np.abs(ours - other).max()


def test_a_target_without_a_body_is_drawn_as_the_lists_hold_such(fashion: Path, checkpoints: Path, tmp_path: Path):
    empty = Layout(fashion, "test").densepose(TEST[1])
    Image.fromarray(np.zeros((*SIZE, 3), np.uint8)).save(empty)
    own = a_list(tmp_path / "own.csv", Pair(TEST[0], TEST[1]))
    assert command("draw-pairs", "--data", fashion, "--out", tmp_path / "out", "--pairs", own, *FAST) == 0
    assert len(pictures(tmp_path / "out")) == 2


# --- seeds ---------------------------------------------------------------------------------------------------------

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=12)


@given(names, names, st.integers(0, MAX_SEED))
def test_seeds_are_made_of_both_names_and_the_run_s_seed(source: str, target: str, seed: int):
    run, pair = RunSettings("m", seed=seed), Pair(source, target)
    assert 0 <= run.seed_of(pair) <= MAX_SEED and run.seed_of(pair) == run.seed_of(Pair(source, target))
    others = {run.seed_of(Pair(source + "x", target)), run.seed_of(Pair(source, target + "x")),
              RunSettings("m", seed=seed - 1 if seed else 1).seed_of(pair)}  # fmt: skip
    assert run.seed_of(pair) not in others and len(others) == 3


# --- several processes ---------------------------------------------------------------------------------------------


def plainly(ready: Path, results: Path, run: RunSettings | None = None, deadly: str = "", **options):
    run = run or RunSettings("plain")
    start = partial(start_plain, results, run, deadly)
    return draw_pairs(ready, results, run, start=start, weights={}, **options)


def test_two_processes_share_the_work_and_one_that_dies_loses_its_batch_alone(ready: Path, tmp_path: Path):
    told = []
    outcome = plainly(
        ready, tmp_path / "out", deadly=TEST[0], devices=("cpu", "cpu"), batch=2,
        on_batch=lambda outcome: told.append((outcome.done, outcome.total)),
    )  # fmt: skip
    assert (outcome.total, outcome.drawn, len(outcome.failed)) == (12, 10, 2)
    assert told == [(n, 12) for n in range(0, 13, 2)]
    assert all(pair.source == TEST[0] and "exit status 9" in why for pair, why in outcome.failed.items())
    assert len(report(tmp_path / "out")) == 2
    again = plainly(ready, tmp_path / "out")
    assert (again.there, again.drawn, again.failed) == (10, 2, {})


def test_stopping_ends_after_the_batches_at_hand(ready: Path, tmp_path: Path):
    seen = []
    outcome = plainly(
        ready, tmp_path, batch=5, on_batch=lambda outcome: seen.append(outcome.drawn), stopped=lambda: 5 in seen
    )
    assert (outcome.drawn, outcome.total) == (5, 12)


def test_only_the_first_pairs(ready: Path, tmp_path: Path):
    assert plainly(ready, tmp_path, first=3).total == 3
    listed = read_pairs(ready / "test.csv")
    assert {path.name for path in (tmp_path / "256").iterdir()} == {pair.result for pair in listed[:3]}
    assert plainly(ready, tmp_path).there == 3


def test_ctrl_c_asks_to_stop_and_a_second_one_stops_at_once(capsys):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), stopped_by_ctrl_c("Stopping soon.") as stopped:
        assert not stopped()
        signal.raise_signal(signal.SIGINT)
        assert stopped() and "Stopping soon." in capsys.readouterr().err
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("other", "said"), [({"seed": 1}, r"seed 0 \(now 1\)"), ({"steps": 5}, r"steps 20 \(now 5\)")])
def test_a_run_goes_on_with_its_own_settings_alone(ready: Path, tmp_path: Path, other: dict, said: str):
    plainly(ready, tmp_path, first=1)
    with pytest.raises(DataError, match=f"drawn with other settings: {said}. Go on with the same"):
        plainly(ready, tmp_path, RunSettings("plain", **other))
    assert len(times(tmp_path)) == 2


def test_other_weights_and_folders_of_unknown_origin_are_refused(ready: Path, tmp_path: Path):
    plainly(ready, tmp_path / "a", first=1)
    with pytest.raises(DataError, match="other weights"):
        draw_pairs(ready, tmp_path / "a", RunSettings("plain"), weights={"vae": "0" * 64})
    (tmp_path / "a" / "run.json").write_text("{}")
    with pytest.raises(DataError, match=r"run\.json cannot be read"):
        plainly(ready, tmp_path / "a")
    (tmp_path / "a" / "run.json").unlink()
    with pytest.raises(DataError, match=r"holds pictures and no run\.json"):
        plainly(ready, tmp_path / "a")


def test_versions_that_changed_meanwhile_are_told_and_kept(ready: Path, tmp_path: Path):
    plainly(ready, tmp_path, first=1)
    file = tmp_path / "run.json"
    told = json.loads(file.read_text())
    told["parts"][0]["versions"]["torch"] = "1.0"
    file.write_text(json.dumps(told))
    assert any("torch 1.0 then" in note for note in plainly(ready, tmp_path).notes)
    assert len(json.loads(file.read_text())["parts"]) == 2


def test_bad_words_are_told(ready: Path, tmp_path: Path, checkpoints: Path, capsys):
    good = ["draw-pairs", "--data", ready, "--out", tmp_path / "out", "--model", "tiny"]
    for words, said in (
        (["--model", "none"], "no model 'none' here. There is: bundled, tiny."),
        (["--steps", 0], "The number of steps"),
        (["--devices", "gpu"], "There is no device 'gpu'"), (["--batch", 0], "At least one"),
        (["--devices", ""], "At least one"), (["--dtype", "int8"], "no precision 'int8'"),
        (["--scheduler", "euler"], "no scheduler 'euler'"), (["--data", tmp_path / "nowhere"], "There is no folder"),
    ):  # fmt: skip
        assert command(*good, *words) == 1
        assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_device_that_is_not_there_is_told(ready: Path, checkpoints: Path, tmp_path: Path):
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("it is there")
    with pytest.raises(StudioError, match="no device 'mps' here"):
        draw_pairs(ready, tmp_path / "out", RunSettings("tiny"), devices=("mps",))
    assert not (tmp_path / "out").exists()
