"""DeepFashion's pictures as downloaded become the authors' folder; drawn people stand in, under DeepFashion's names."""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_pictures import known_pictures
from PIL import Image
from ray_cluster import needs_ray
from thorough import only_thorough

from mcld_app.body.iuv import encode_iuv, to_network_rgb
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.photo import read_photo
from mcld_app.body.texture.extraction import extract
from mcld_app.cli.prepare import arguments, run
from mcld_app.cluster.fitting import Need, Pool
from mcld_app.data.deepfashion import PreparedFolder
from mcld_app.data.layout import DataError, Layout, Pair, flattened, read_pairs
from mcld_app.data.prepare import Outcome, RayPool, Shard, on_ray, prepare
from mcld_app.data.prepare.lists import pairs_for, split_by_id
from mcld_app.data.prepare.photos import outfit_of, person_of, photo_name
from mcld_app.data.prepare.shards import LOCKS, begin_shard, merge_lists
from mcld_app.errors import StudioError
from mcld_app.synthetic.people import draw_person, render_view

SIZE = (256, 176)
BLOUSE, DRESS, DENIM = "WOMEN/Blouses_Shirts/id_00003372/03", "WOMEN/Dresses/id_00000007/01", "MEN/Denim/id_00000016/01"
FRONT, SIDE, BACK = (f"{BLOUSE}_{view}.jpg" for view in ("1_front", "2_side", "3_back"))
PICTURES = {
    FRONT: (1, "standing"), SIDE: (1, "three-quarter-left"), BACK: (1, "back-turned"),
    f"{DRESS}_1_front.jpg": (2, "standing"), f"{DRESS}_4_full.jpg": (2, "walking-front"),
    f"{DENIM}_1_front.jpg": (3, "standing"), f"{DENIM}_3_back.jpg": (3, "back-turned"),
}  # fmt: skip
"""Where a picture lies in the download, who is on it, and in which pose. The man's id is one for tests, by the rule."""

TRAIN = sorted(flattened(path) for path in PICTURES if path.startswith("WOMEN"))
TEST = sorted(flattened(path) for path in PICTURES if path.startswith("MEN"))
KINDS = ("photo", "densepose", "texture", "face")


@pytest.fixture(scope="module")
def download(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As unpacked, and beside each picture its true map, which only the tests' eye knows of."""
    folder = tmp_path_factory.mktemp("download")
    for path, (seed, pose) in PICTURES.items():
        file = folder / "In-shop" / "img_highres" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        view = render_view(draw_person(seed), named_poses()[pose], SIZE)
        Image.fromarray(view.photo).save(file, quality=95)
        np.save(file.with_name(f"{file.name}.npy"), view.iuv)
    return folder


@pytest.fixture(scope="module")
def ready(download: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The download, prepared by two processes; tests look at it and change nothing."""
    folder = tmp_path_factory.mktemp("prepared") / "fashion"
    outcome = prepare(download, folder, make=eye(download), devices=("cpu", "cpu"))
    assert (outcome.total, outcome.made, outcome.there, outcome.failed) == (7, 7, 0, {})
    return folder


@pytest.fixture
def fashion(ready: Path, tmp_path: Path) -> Path:
    """A copy of the prepared folder to change, file times included."""
    return shutil.copytree(ready, tmp_path / "fashion")


@pytest.fixture
def maps(download: Path, tmp_path: Path) -> Path:
    """The true maps as detectron2's users keep them: PNG files under flattened stems, in the authors' order."""
    folder = tmp_path / "maps"
    folder.mkdir()
    for path in PICTURES:
        iuv = np.load(file_of(download, path).with_suffix(".jpg.npy"))
        (folder / flattened(path)).with_suffix(".png").write_bytes(encode_iuv(iuv))
    return folder


def eye(folder: Path, faces: bool = True):
    return partial(known_pictures, folder=folder, faces=faces)


def file_of(download: Path, path: str) -> Path:
    return download / "In-shop" / "img_highres" / path


def files_of(folder: Path, name: str, side: str = "train") -> dict[str, Path]:
    return {kind: getattr(Layout(folder, side), kind)(flattened(name)) for kind in KINDS}


def times(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def report(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "report.csv").open(newline="") as file:
        return {row["photo"]: row for row in csv.DictReader(file)}


def command(*words: object) -> int:
    parser = argparse.ArgumentParser()
    arguments(parser)
    return run(parser.parse_args([str(word) for word in words]))


# --- names ---------------------------------------------------------------------------------------------------------

words = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
people = st.integers(0, 10**8 - 1)
views = st.sampled_from(["front", "back", "side", "full", "additional", "flat"])


@given(st.sampled_from(["WOMEN", "MEN"]), words, people, st.integers(0, 99), st.integers(0, 9), views,
       st.sampled_from(["", "img/", "/data/img_highres/"]), st.sampled_from([".jpg", ".png", ".JPEG"]))  # fmt: skip
def test_a_picture_has_one_name_wherever_it_lies_and_however_it_is_kept(
    gender, kind, person, outfit, view, name, above, ending
):
    path = f"{gender}/{kind}/id_{person:08}/{outfit:02}_{view}_{name}"
    flat = flattened(f"{path}.jpg")
    assert photo_name(f"{above}{path}{ending}") == photo_name(f"{above}{flat}") == flat
    assert person_of(flat) == f"{person:08}"
    assert outfit_of(flat) == f"fashion{gender}{kind}id{person:08}{outfit:02}"


@pytest.mark.parametrize("path", ["holiday.jpg", "WOMEN/03_3_back.jpg", "fashionWOMEN.jpg", "", "MEN/Tees/id_1/a.jpg"])
def test_other_pictures_have_none(path: str):
    assert photo_name(path) is None


# --- who is for tests ----------------------------------------------------------------------------------------------


@given(st.lists(st.builds("fashionMENDenimid{:08}{:02}_1front.jpg".format, people, st.integers(0, 99)), max_size=30))
def test_by_rule_an_id_is_on_one_side_whatever_else_is_there(names: list[str]):
    split = split_by_id(names).split
    sides: dict[str, set[str]] = {}
    for name in names:
        sides.setdefault(person_of(name), set()).add(split[name])
        assert split_by_id([name]).split[name] == split[name]
    assert all(len(each) == 1 for each in sides.values())


def test_by_rule_about_one_id_in_thirteen_is_for_tests():
    split = split_by_id(f"fashionMENDenimid{n:08}01_1front.jpg" for n in range(13_000)).split
    assert 900 < list(split.values()).count("test") < 1100


@settings(max_examples=50)
@given(st.sets(st.builds("fashionMENDenimid{:08}{:02}_{}front.jpg".format, st.integers(0, 30), st.integers(0, 2),
       st.integers(1, 4)), max_size=25), st.data())  # fmt: skip
def test_by_rule_all_ordered_pairs_of_one_outfit_are_listed_where_both_are_usable(names: set[str], data):
    known = split_by_id(names)
    usable = data.draw(st.sets(st.sampled_from(sorted(names)))) if names else set()
    for side in ("train", "test"):
        mine = {name for name in usable if known.split[name] == side}
        expected = {Pair(a, b) for a, b in permutations(mine, 2) if outfit_of(a) == outfit_of(b)}
        listed = pairs_for(known, side, usable)
        assert set(listed) == expected and len(listed) == len(expected)


# --- what comes out ------------------------------------------------------------------------------------------------


def test_every_photo_has_its_map_its_texture_and_its_face(download: Path, ready: Path):
    for path in PICTURES:
        files = files_of(ready, path, "test" if path.startswith("MEN") else "train")
        photo, iuv = read_photo(file_of(download, path)), np.load(file_of(download, path).with_suffix(".jpg.npy"))
        assert files["photo"].read_bytes() == file_of(download, path).read_bytes()
        with Image.open(files["densepose"]) as image:
            assert np.array_equal(np.array(image), to_network_rgb(iuv)), "V, U, I, as the authors read it"
        if path in (FRONT, BACK):  # it takes its time
            with Image.open(files["texture"]) as image:
                assert np.array_equal(np.array(image), extract(photo, iuv, mode="exact").image)
        assert files["face"].is_file() == ("back" not in path)


def test_a_face_is_512_raw_numbers(ready: Path):
    face = np.load(files_of(ready, FRONT)["face"], allow_pickle=False)
    assert face.shape == (512,) and face.dtype == np.float32
    assert np.linalg.norm(face) > 100, "not normalised"


def test_without_lists_the_split_is_by_id_and_the_pairs_by_outfit(ready: Path):
    assert sorted(path.name for path in (ready / "train").iterdir()) == TRAIN
    assert sorted(path.name for path in (ready / "test").iterdir()) == TEST
    outfits = [TRAIN[:3], TRAIN[3:]]
    expected = [Pair(*two) for outfit in outfits for two in permutations(outfit, 2)]
    assert sorted(map(str, read_pairs(ready / "train.csv"))) == sorted(map(str, expected))
    assert set(read_pairs(ready / "test.csv")) == {Pair(*TEST), Pair(*TEST[::-1])}


def test_nothing_is_left_over(ready: Path):
    assert not list(ready.rglob(".*"))
    assert report(ready) == {}


def test_photos_take_no_room_of_their_own_where_the_disk_can_link(download: Path, ready: Path):
    if ready.stat().st_dev != download.stat().st_dev:
        pytest.skip("two disks")
    assert files_of(ready, FRONT)["photo"].samefile(file_of(download, FRONT))


@pytest.mark.slow
def test_the_paper_s_configuration_makes_a_step_on_it(ready: Path, root: Path, tmp_path: Path):
    from accelerate.state import AcceleratorState, GradientState
    from test_training import SIZES

    from mcld_app.training.config import read_config
    from mcld_app.training.loop import train

    paper = read_config(root / "configs" / "paper.yaml", {"data.folder": str(ready), "out": str(tmp_path / "run")})
    data = replace(paper.data, size=(128, 96), texture=128, workers=0)
    small = replace(paper, base="", sizes=SIZES, steps=1, batch=2, precision="no", grid_every=0, data=data)
    assert small.data.source == "folder" and len(PreparedFolder(ready, "train", (128, 96))) == 8
    try:
        assert train(small, quiet=True)
    finally:
        AcceleratorState._reset_state(reset_partial_state=True)
        GradientState._reset_state()


# --- again, and after a kill ---------------------------------------------------------------------------------------


def test_a_second_run_touches_nothing_and_looks_at_nothing(download: Path, fashion: Path):
    def none(device: str):
        raise AssertionError("no photo needs to be looked at")

    before = times(fashion)
    outcome = prepare(download, fashion, make=none)
    assert (outcome.there, outcome.made) == (7, 0)
    assert times(fashion) == before


def test_a_later_run_makes_what_is_missing_and_nothing_else(download: Path, fashion: Path):
    front, side = files_of(fashion, FRONT), files_of(fashion, SIDE)
    missing = [front["texture"], side["densepose"], side["face"], Layout(fashion, "test").photo(TEST[1])]
    before = times(fashion)
    content = {path: path.read_bytes() for path in missing}
    for path in missing:
        path.unlink()
    outcome = prepare(download, fashion, make=eye(download))
    assert (outcome.there, outcome.made) == (4, 3)
    after = times(fashion)
    changed = {name for name in before if after[name] != before[name]}
    assert changed <= {str(path.relative_to(fashion)) for path in missing} and after.keys() == before.keys()
    assert all(path.read_bytes() == content[path] for path in missing)


def test_faces_are_added_when_their_model_comes_later(download: Path, fashion: Path):
    for path in (*fashion.glob("*_face/*"), fashion / "no_face.txt"):
        path.unlink()
    before = times(fashion)
    first = prepare(download, fashion, make=eye(download, faces=False))
    assert (first.there, first.made) == (7, 0) and any("no face model" in note for note in first.notes)
    second = prepare(download, fashion, make=eye(download))
    assert second.made == 7 and len(list(fashion.glob("*_face/*.npy"))) == 5
    after = times(fashion)
    assert all(after[name] == before[name] for name in before), "maps and textures were left alone"
    assert set((fashion / "no_face.txt").read_text().split()) == {flattened(BACK), TEST[1]}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
def test_a_run_killed_in_the_middle_goes_on_where_it_was(download: Path, maps: Path, ready: Path, root: Path, tmp_path):
    folder = tmp_path / "fashion"
    running = start(root, download, folder, "--densepose", maps, "--no-faces", "--workers", 1)
    wait_until(lambda: len(list(folder.glob("*_texture/*.png"))) >= 2, running)
    running.kill()
    running.wait()
    time.sleep(1)  # its process finishes the photo it has
    written = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for path, content in written.items():
        whole = ready / path.relative_to(folder)
        assert path.name.startswith(".") or content == whole.read_bytes()
    before = times(folder)
    (folder / "train_texture" / ".x.png.part").write_bytes(b"half")
    assert command(download, folder, "--densepose", maps, "--no-faces", "--workers", 1) == 0
    after = times(folder)
    done = [name for name in before if name.endswith((".png", ".jpg"))]
    assert done and all(after[name] == before[name] for name in done)
    assert len(list(folder.glob("*_texture/*.png"))) == 7 and not list(folder.rglob(".*"))


@only_thorough
@pytest.mark.skipif(sys.platform == "win32", reason="sends the signal of Ctrl-C to a group of processes")
def test_ctrl_c_stops_it_with_a_sentence_and_leaves_no_process(download: Path, maps: Path, root: Path, tmp_path: Path):
    folder = tmp_path / "fashion"
    running = start(root, download, folder, "--densepose", maps, "--no-faces", "--workers", 1)
    wait_until(lambda: list(folder.glob("*_texture/*.png")), running)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)  # returns once nobody holds stderr any more: no process is left
    if running.returncode == 0:
        pytest.skip("it was done before it could be stopped")
    assert running.returncode == 130, said
    assert "the same command goes on" in said and "Traceback" not in said


def start(root: Path, *words: object) -> subprocess.Popen[str]:
    """The command in a group of processes of its own."""
    script = (
        "import argparse, sys\nfrom mcld_app.cli.prepare import arguments, run\n"
        "parser = argparse.ArgumentParser()\narguments(parser)\n"
        "try:\n    sys.exit(run(parser.parse_args()))\n"
        "except KeyboardInterrupt:\n    sys.exit(130)"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, words)], cwd=root, text=True, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


def wait_until(there, running: subprocess.Popen[str]) -> None:
    give_up = time.monotonic() + 90
    while not there() and running.poll() is None and time.monotonic() < give_up:
        time.sleep(0.002)
    assert there(), running.communicate()[1] if running.poll() is not None else "nothing came"


# --- what fails ----------------------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and path.name != ".lists.lock"}  # fmt: skip


def test_machines_of_a_cluster_give_byte_for_byte_what_one_run_gives(
    download: Path, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With a cluster's place taken by this process, which does the last piece first."""

    def spread(make, pieces: list[str], pool: Pool):
        work = make()
        yield from map(work, reversed(pieces))

    monkeypatch.setattr(on_ray, "spread", spread)
    monkeypatch.setattr(on_ray, "connected", lambda *_: contextlib.nullcontext())
    monkeypatch.setattr(on_ray, "able_pool", lambda need, examine, told: Pool(0, 1, 1, 1, (), told=examine()))
    outcome = prepare(download, tmp_path / "many", workers=partial(RayPool, Need(), "somewhere"), make=eye(download))
    assert (outcome.made, outcome.failed) == (7, {}) and contents(tmp_path / "many") == contents(ready)
    made = prepare(download, tmp_path / "many", workers=partial(RayPool, Need(), "somewhere"), make=eye(download)).made
    assert made == 0, "what is there is left, and no cluster asked"


class TestCluster:
    pytestmark = needs_ray

    def test_actors_prepare_what_one_run_does(self, download: Path, ready: Path, tmp_path: Path, monkeypatch):
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # where the eye is
        workers = partial(RayPool, Need(0.0, 1.0, 1, 2), "local")
        outcome = prepare(download, tmp_path / "many", workers=workers, make=eye(download))
        assert (outcome.made, outcome.failed) == (7, {}) and contents(tmp_path / "many") == contents(ready)


def test_two_shards_at_once_give_byte_for_byte_what_one_run_gives(download: Path, ready: Path, tmp_path: Path):
    folder = tmp_path / "two"

    def shard(text: str) -> Outcome:
        return prepare(download, folder, shard=Shard.read(text), make=eye(download))

    with ThreadPoolExecutor(2) as both:
        outcomes = list(both.map(shard, ["1/2", "2/2"]))
    assert [outcome.total for outcome in outcomes] == [4, 3]
    assert contents(folder) == contents(ready) and not (folder / LOCKS).exists()
    assert shard("2/2").made == 0, "what is there is left"


HEAD = "photo,split,file,why\n"
SPLIT = dict.fromkeys(("a b.jpg", "a", 'a"c.jpg', "ab.jpg"), "train")


def end_shard(folder: Path, number: int, lines: str, *, ended: bool = True) -> None:
    """One of two comes to its end, or is stopped."""
    shard = Shard(number, 2)
    begin_shard(folder, shard)
    (folder / shard.file("no_face.txt")).write_text(f"{number}.jpg\nhalf")
    merge_lists(folder, shard, SPLIT, "no_face.txt", "report.csv", HEAD + lines, ended=ended)


FIRST = 'a,train,,"broken, ""so"""\n"a""c.jpg",train,,broken\n'
SECOND = 'a b.jpg,train,,broken\nab.jpg,train,,"two\nlines"\n'
BOTH = HEAD + (
    'a,train,,"broken, ""so"""\na b.jpg,train,,broken\n"a""c.jpg",train,,broken\nab.jpg,train,,"two\nlines"\n'
)


def test_lists_of_shards_become_one_in_the_order_of_the_photos(tmp_path: Path):
    """Whichever comes to its end first; and one that is run again keeps the other's lines."""
    assert {*Shard(1, 2).of(SPLIT)} == {"a", 'a"c.jpg'}
    for order in ((1, 2), (2, 1)):
        folder = tmp_path / str(order)
        folder.mkdir()
        for number in order:
            end_shard(folder, number, (FIRST, SECOND)[number - 1])
        assert (folder / "report.csv").read_text() == BOTH
        assert (folder / "no_face.txt").read_text() == "1.jpg\n2.jpg\n"
        assert sorted(path.name for path in folder.iterdir()) == ["no_face.txt", "report.csv"]
        end_shard(folder, 1, "")
        assert (folder / "report.csv").read_text() == HEAD + SECOND


def test_a_shard_that_is_stopped_has_not_come_to_its_end(tmp_path: Path):
    """The locks stay, and lines of photos that it did not come to."""
    end_shard(tmp_path, 1, FIRST)
    end_shard(tmp_path, 2, SECOND.splitlines(keepends=True)[0], ended=False)
    assert (tmp_path / LOCKS).is_dir() and (tmp_path / "report.csv").read_text().count("broken") == 3
    end_shard(tmp_path, 1, FIRST.splitlines(keepends=True)[1], ended=False)
    assert (tmp_path / "report.csv").read_text().count("broken") == 3
    end_shard(tmp_path, 2, SECOND)
    assert (tmp_path / LOCKS).is_dir(), "the first is at work again"
    end_shard(tmp_path, 1, FIRST)
    assert not (tmp_path / LOCKS).exists() and (tmp_path / "report.csv").read_text() == BOTH


def test_a_shard_stopped_by_ctrl_c_is_counted_as_stopped(download: Path, tmp_path: Path):
    class Stopped(contextlib.nullcontext):
        able = True

        def __enter__(self) -> Stopped:
            return self

        def work(self, jobs: list) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(download, tmp_path, shard=Shard(1, 1), workers=lambda start: Stopped())
    assert (tmp_path / LOCKS).is_dir() and (tmp_path / "report.csv").is_file()


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0"])
def test_what_is_no_shard_is_refused(text: str):
    with pytest.raises(DataError, match="no shard"):
        Shard.read(text)


def test_one_bad_photo_stops_nothing_and_is_reported(download: Path, tmp_path: Path):
    dress, source, folder = file_of(download, DRESS).parent, tmp_path / "download", tmp_path / "fashion"
    shutil.copytree(dress, source / dress.relative_to(download))
    cut, empty, deadly, png = (file_of(source, f"{DRESS}_{n}.jpg") for n in ("2_side", "3_back", "5_flat", "7_full"))
    cut.write_bytes(file_of(download, FRONT).read_bytes()[:2000])
    Image.fromarray(np.full((*SIZE, 3), 200, np.uint8)).save(empty)
    Image.fromarray(np.full((*SIZE, 3), (255, 0, 0), np.uint8)).save(deadly)
    person = render_view(draw_person(2), named_poses()["standing"], SIZE)
    Image.fromarray(person.photo).save(png, "PNG")  # and named .jpg, as happens
    np.save(png.with_name(f"{png.name}.npy"), person.iuv)
    outcome = prepare(source, folder, make=eye(source))
    assert outcome.made == 3 and outcome.failed.keys() == report(folder).keys()
    assert set(outcome.failed) == {flattened(path.relative_to(source).as_posix()) for path in (cut, empty, deadly)}
    why = {row["file"]: row["why"] for row in report(folder).values()}
    assert "damaged" in why[str(cut)] and "no person" in why[str(empty)] and "exit status 9" in why[str(deadly)]
    listed = {name for pair in read_pairs(folder / "train.csv") for name in (pair.source, pair.target)}
    assert flattened(f"{DRESS}_7_full.jpg") in listed and not listed & outcome.failed.keys()
    with Image.open(files_of(folder, f"{DRESS}_7_full.jpg")["photo"]) as image:
        assert image.format == "JPEG"
        assert np.abs(np.array(image).astype(int) - person.photo).mean() < 3


def test_maps_made_elsewhere_need_no_model_and_are_checked(download: Path, maps: Path, tmp_path: Path, capsys):
    (maps / flattened(BACK)).with_suffix(".png").unlink()
    front, side = ((maps / flattened(path)).with_suffix(".png") for path in (FRONT, SIDE))
    with Image.open(front) as image:
        image.resize((88, 128), Image.Resampling.NEAREST).save(front)
    with Image.open(side) as image:
        Image.fromarray(np.array(image)[..., ::-1].copy()).save(side)
    source, folder = file_of(download, BLOUSE).parent.parent.parent, tmp_path / "fashion"
    shutil.copytree(source / "Blouses_Shirts", tmp_path / "WOMEN" / "Blouses_Shirts")
    assert command(tmp_path / "WOMEN", folder, "--densepose", maps, "--no-faces", "--workers", 1) == 1
    why = {name: row["why"] for name, row in report(folder).items()}
    assert "no IUV map" in why[flattened(BACK)] and "same size" in why[flattened(FRONT)]
    assert len(why) == 2
    with Image.open(files_of(folder, SIDE)["densepose"]) as image:
        truth = np.load(file_of(download, SIDE).with_suffix(".jpg.npy"))
        assert np.array_equal(np.array(image), to_network_rgb(truth)), "whichever order it came in"
    said = capsys.readouterr().err
    assert "1 photos prepared, 0 were there, 2 failed" in said and "report.csv" in said and "photo/s" in said


@pytest.mark.skipif(sys.platform == "win32", reason="limits what a process may write")
def test_a_full_disk_stops_it_with_a_sentence_and_leaves_nothing_half_written(download: Path, maps: Path, tmp_path):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, hard))  # for the processes that are started, too
    try:
        with pytest.raises(StudioError, match=r"disk became full while .* was written"):
            prepare(download, tmp_path / "fashion", densepose=maps, faces=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.rglob(".*"))
    assert all(path.stat().st_size < 12_000 for path in (tmp_path / "fashion").rglob("*.png"))


def test_bad_places_are_told(download: Path, ready: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "strange").mkdir()
    Image.new("RGB", (80, 80)).save(tmp_path / "strange" / "holiday.jpg")
    (tmp_path / "img.zip").touch()
    for source, folder, said in (
        (tmp_path / "nowhere", tmp_path / "out", "There is no folder"),
        (tmp_path / "img.zip", tmp_path / "out", "is a file. Unpack it"),
        (tmp_path / "empty", tmp_path / "out", "There are no pictures"),
        (tmp_path / "strange", tmp_path / "out", "None of the 1 pictures .* has a name of DeepFashion's"),
        (download, download, "both what is read and what is written"),
        (ready / "train", ready, "is a folder that is written to"),
        (download, tmp_path / "img.zip", "is a file. Name a folder"),
    ):
        with pytest.raises(DataError, match=said):
            prepare(source, folder)
    for option, value, said in (
        ("--lists", tmp_path / "empty", "no lists"), ("--densepose", tmp_path / "empty", "no IUV maps"),
        ("--workers", 0, "At least one"), ("--devices", ",", "At least one"), ("--devices", "gpu", "no device 'gpu'"),
    ):  # fmt: skip
        with pytest.raises(StudioError, match=said):
            command(download, tmp_path / "out", option, value)
    assert not (tmp_path / "out").exists()


def test_without_weights_it_says_what_to_do_and_writes_nothing(download: Path, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "none"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "none"))
    with pytest.raises(StudioError, match=r"no DensePose weights.*mcld_app download.*--densepose"):
        prepare(download, tmp_path / "out", faces=False)
    assert not (tmp_path / "out").exists()


@only_thorough
@pytest.mark.slow
def test_with_weights_photos_are_looked_at_by_the_models_that_are_there(tmp_path: Path, monkeypatch):
    from small_densepose import export_saying, planes_of
    from small_face_models import DETECTOR, IDENTITY, draw, write_detector, write_identity

    from mcld_app.checkpoints import trust

    weights = tmp_path / "checkpoints"
    for name, value in (("MCLD_CHECKPOINTS", weights), ("HF_HUB_CACHE", tmp_path / "hub"), ("HOME", tmp_path / "home")):
        monkeypatch.setenv(name, str(value))
    write_detector(weights / "antelopev2" / DETECTOR)
    write_identity(weights / "antelopev2" / IDENTITY)
    trust(weights / "antelopev2")
    part = np.repeat([23, 2], 16)[:, None].repeat(32, 1)  # a head above a body
    export_saying(
        weights / "densepose_r50_fpn_dl.torchscript",
        [((120, 80, 400, 560), planes_of(part, np.full((32, 32), 0.2), np.full((32, 32), 0.6)))],
        (640, 480),
    )
    faced, faceless = (tmp_path / "img" / f"{BLOUSE}_{view}.png" for view in ("1_front", "3_back"))
    faced.parent.mkdir(parents=True)
    Image.fromarray(draw((640, 480), (32, 6, 7))).save(faced)
    Image.fromarray(draw((640, 480))).save(faceless)
    assert command(tmp_path / "img", tmp_path / "out", "--workers", 1) == 0
    front, back = files_of(tmp_path / "out", FRONT), files_of(tmp_path / "out", BACK)
    with Image.open(front["densepose"]) as image:
        v, u, i = np.moveaxis(np.array(image), -1, 0)
    for part, rows in ((23, slice(90, 300)), (2, slice(340, 550))):
        assert (i[rows, 130:390] == part).all() and (u[rows, 130:390] == 51).all() and (v[rows, 130:390] == 153).all()
    assert not i[:70].any()
    face = np.load(front["face"], allow_pickle=False)
    assert face.shape == (512,) and np.linalg.norm(face) > 2, "raw"
    assert not back["face"].exists() and (tmp_path / "out" / "no_face.txt").read_text() == f"{flattened(BACK)}\n"


# --- lists ---------------------------------------------------------------------------------------------------------


def test_the_benchmark_s_lists_say_what_is_for_what(download: Path, fashion: Path, tmp_path: Path):
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "train.lst").write_text("\n".join([*TEST, TRAIN[3], ""]))
    (tmp_path / "lists" / "test.lst").write_text("\n".join([*TRAIN[:3], "fashionMENDenimid0000001601_9flat.jpg"]))
    outcome = prepare(download, fashion, lists=tmp_path / "lists", make=eye(download))
    assert outcome.made == 0 and outcome.total == 7 and any("1 photos are in no list" in note for note in outcome.notes)
    assert "no such picture" in report(fashion)["fashionMENDenimid0000001601_9flat.jpg"]["why"]
    assert {path.name for path in (fashion / "test").iterdir()} == set(TRAIN[:3]), "training must not see them any more"
    assert len(list((fashion / "test_texture").iterdir())) == 3 and len(list((fashion / "test_face").iterdir())) == 2
    assert len(PreparedFolder(fashion, "test", (32, 32))) == 6
    assert set(read_pairs(fashion / "train.csv")) == {Pair(*TEST), Pair(*TEST[::-1])}


def test_a_list_of_pairs_is_kept_but_for_photos_that_are_not_prepared(download: Path, fashion: Path, tmp_path: Path):
    (tmp_path / "lists").mkdir()
    rows = [f"{FRONT},{BACK}", f"{BACK},{SIDE}", f"{FRONT},{BLOUSE}_4_full.jpg", f"{SIDE},{FRONT}"]
    (tmp_path / "lists" / "fasion-resize-pairs-train.csv").write_text("\n".join(["from,to", *rows]))
    outcome = prepare(download, fashion, lists=tmp_path / "lists")
    names = [[flattened(name) for name in row.split(",")] for row in rows]
    assert read_pairs(fashion / "train.csv") == tuple(Pair(*names[n]) for n in (0, 1, 3))
    assert any("1 pairs of the train list are left out" in note for note in outcome.notes)
    assert not (fashion / "test.csv").exists()


def test_a_list_that_the_user_put_into_the_folder_is_followed_and_never_written(download: Path, fashion: Path):
    own = f"from,to\n{flattened(BACK)},{flattened(FRONT)}\n"
    (fashion / "train.csv").write_text(own)
    outcome = prepare(download, fashion)
    assert (fashion / "train.csv").read_text() == own and outcome.pairs == {"train": 1, "test": 0}
    (fashion / "train.csv").write_text(own + f"{flattened(BACK)},{BLOUSE}_4_full.jpg\n")
    outcome = prepare(download, fashion)
    assert any("is left as it is. Move it away" in note for note in outcome.notes)


@pytest.mark.parametrize(
    ("train", "test", "said"),
    [
        (f"{FRONT}\n", f"{FRONT}\n", "on both sides"),
        ("photo.jpg\n", "", "line 1: 'photo.jpg' is no name"),
        ("\n", "", "empty"),
        ("\udcff", "", "cannot be read"),
    ],
)
def test_bad_lists_are_told(download: Path, tmp_path: Path, train: str, test: str, said: str):
    (tmp_path / "train.lst").write_bytes(train.encode("utf-8", "surrogateescape"))
    if test:
        (tmp_path / "test.lst").write_text(test)
    with pytest.raises(DataError, match=said):
        prepare(download, tmp_path / "out", lists=tmp_path)
