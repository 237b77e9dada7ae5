"""The benchmark compares like with like, and says what it found. Nothing here is timed."""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Iterator

import numpy as np
import pytest
from thorough import only_thorough

from mcld_app.bench import body as bench
from mcld_app.bench import faces, measure
from mcld_app.bench.__main__ import main
from mcld_app.body.charts import charts
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.texture.atlas import extract_atlas, render_atlas
from mcld_app.body.texture.extraction import extract
from mcld_app.errors import StudioError
from mcld_app.request import Drawn, Progress
from mcld_app.synthetic.drawn.people import make_person
from mcld_app.synthetic.drawn.setting import Setting


@pytest.fixture(scope="module")
def converter():
    return bench.plain_converter()


@pytest.mark.parametrize("black", [False, True], ids=["noise", "one black part"])
def test_the_plain_version_gives_the_same_bytes_as_the_exact_mode(converter, black: bool) -> None:
    iuv = draw_iuv(Pose(), (256, 256))
    photo = np.random.default_rng(0).integers(0, 256, iuv.shape).astype(np.uint8)
    if black:
        photo[iuv[..., 0] == 2] = 0
        photo[iuv[..., 0] == 9] = 77  # a uniform part: 0 / 0
    atlas, known = bench.plain_charts(photo, iuv, charts().outline)
    ours, ours_known = extract_atlas(photo, iuv)
    assert np.array_equal(atlas, ours) and np.array_equal(known, ours_known)
    mapped = bench.plain_mapping(converter, atlas)
    assert np.array_equal(mapped, extract(photo, iuv, mode="exact").image)
    white = np.full_like(photo, 255)
    assert np.array_equal(bench.plain_render(atlas, iuv, white), render_atlas(ours, iuv, white))


def test_every_job_takes_its_turns() -> None:
    calls = {"often": 0, "seldom": 0}

    def job(name: str):
        def work() -> None:
            calls[name] += 1

        return work

    found = measure.median_times({"often": (job("often"), 15), "seldom": (job("seldom"), 3)})
    assert calls == {"often": 16, "seldom": 4}, "one run more than is counted"
    assert set(found) == set(calls) and all(seconds >= 0 for seconds in found.values())


def test_the_table_says_what_was_missed() -> None:
    text = measure.table([
        measure.Row("quick", 0.002, target=8, plain=0.1, ratio=15),
        measure.Row("slow", 0.009, target=8, plain=0.1, ratio=15),
        measure.Row("alone", 0.001),
    ])  # fmt: skip
    _, _, quick, slow, alone = text.splitlines()
    assert quick.count("met") == 2 and "50.0 x" in quick and "2.0 ms" in quick
    assert slow.count("MISSED") == 2 and "11.1 x" in slow
    assert "met" not in alone and "MISSED" not in alone


def test_a_photo_without_its_map_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["body", "--photo", "person.jpg"]) == 1
    assert "both --photo and --iuv" in capsys.readouterr().err


@only_thorough
def test_it_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["body", "--runs", "1", "--plain-runs", "1"]) == 0
    said = capsys.readouterr().out
    for what in ("texture preview", "default mode", "exact mode", "mannequin", "drawn person", "same bytes", "cores"):
        assert what in said


def test_the_published_model_can_be_rehearsed_with_random_weights(tmp_path, monkeypatch, capsys) -> None:
    """Here in small: written in the published layout, vouched for, loaded and drawn with. Real weights are safe."""
    from tiny import sizes_of, tiny_pipeline

    from mcld_app.bench.rehearsal import rehearse, write_random_weights
    from mcld_app.checkpoints import NEEDED, find
    from mcld_app.errors import StudioError

    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path))
    sizes = sizes_of(tiny_pipeline())
    write_random_weights(tmp_path, sizes=sizes)
    assert all(find(weight, tmp_path) for weight in NEEDED)
    said = rehearse(tmp_path, steps=2, device="cpu", picture=tmp_path / "out.png", sizes=sizes)
    assert "one picture of 64 x 64, 2 steps with guidance" in said and "most memory" in said
    from mcld_app.body.photo import read_photo

    picture = read_photo(tmp_path / "out.png")
    assert picture.shape == (512, 352, 3) and picture.std() > 1
    with pytest.raises(StudioError, match="nothing real is written over"):
        write_random_weights(tmp_path, sizes=sizes)


# ---- on a GPU, tried here on the processor with small networks --------------------------------------------------


@pytest.fixture
def said() -> Iterator[str]:
    """What the GPU benchmark tells of the small networks, in time that compilers would not be done in."""
    from tiny import sizes_of, tiny_pipeline

    from mcld_app.bench.gpu import bench_gpu

    gc.collect()
    gc.freeze()  # what was imported is no garbage: looking through it for each row takes longer than the row
    yield bench_gpu("cpu", sizes=sizes_of(tiny_pipeline()), steps=2, seconds=59, tell=lambda _: None)
    gc.unfreeze()


@only_thorough
def test_every_way_to_draw_has_a_row_with_its_time_or_a_reason_and_they_agree(said: str) -> None:
    from mcld_app.bench.shipped import SHIPPED
    from mcld_app.bench.variants import IN_FULL, IN_HALF
    from mcld_app.engine.memory import FALLBACKS

    rows = {cells[0]: cells[1:] for cells in map(cells_of, said.splitlines()) if len(cells) == 7}
    quick = [variant.name for variant in (*IN_FULL, *IN_HALF) if variant.least < 59]
    for name in (*quick, SHIPPED, *(f"memory: {name}" for name in FALLBACKS)):
        assert name in rows, said
    drawn = {name: row for name, row in rows.items() if row[4] not in ("–", "differs by")}
    assert {"the authors' order of work, float32", "ours, float16", "ours, bfloat16"} <= set(drawn)
    for name, (seconds, step, times, memory, differs, _) in drawn.items():
        assert float(seconds) > 0 and float(step) > 0 and float(times) > 0 and memory == "not measured on a CPU"
        assert float(differs) < (1e-4 if "float32" in name else 0.1), name
    assert float(drawn["ours, float16"][4]) > 0, "another precision is another picture"
    for name in set(quick) - set(drawn):
        assert rows[name][5], "the reason"
    assert "CUDA graphs need a CUDA GPU" in rows["ours, float16, CUDA graph"][5]
    assert [rows[f"memory: {name}"][5][:1] for name in FALLBACKS[:4]] == ["4", "2", "1", "1"], "pictures at once"
    left_out = said.rpartition("Left out for lack of time: ")[2]
    assert left_out == "ours, float16, compiled; ours, float16, compiled, CUDA graphs."


def cells_of(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("| ") else []


@pytest.mark.parametrize(
    ("seconds", "gigabytes", "verdicts"),
    [(1.0, 3.0, ["6.00 x, met", "3.00 GB, met", "3.00 GB, met"]),
     (1.5, 5.0, ["4.00 x, MISSED", "5.00 GB, met", "5.00 GB, MISSED"])],
)  # fmt: skip
def test_the_goals_of_a_gpu_are_judged(seconds: float, gigabytes: float, verdicts: list[str]) -> None:
    from mcld_app.bench.results import Measured, goals

    memory = int(gigabytes * 1e9)
    rows = [Measured("theirs", 6.0), Measured("ours", seconds), Measured("half", 1.0, memory=memory),
            Measured("offload", memory=memory)]  # fmt: skip
    told = goals(rows, authors="theirs", shipped="ours", half="half", offloaded="offload").splitlines()
    assert [line.rpartition(": ")[2] for line in told] == verdicts
    told = goals(rows[:1], authors="theirs", shipped="ours", half="half", offloaded="offload")
    assert told.count("not measured") == 3, "what was left out is not judged"


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system cannot")
def test_a_row_that_takes_too_long_is_stopped_though_it_catches_errors() -> None:
    from mcld_app.bench.time_limit import OutOfTime, at_most

    rounds = 0
    with pytest.raises(OutOfTime, match="longer than"), at_most(0.1):
        while True:
            try:
                time.sleep(0.01)
                rounds += 1
            except Exception:
                pass
    assert rounds
    with at_most(0.05):
        pass
    time.sleep(0.1)  # nothing comes after its end


def test_without_a_gpu_the_gpu_benchmark_says_so(monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("mcld_app.network.device.has_cuda", lambda: False)
    assert main(["gpu"]) == 1
    assert "no CUDA GPU here" in capsys.readouterr().err


def test_the_load_is_rehearsed_with_two_visitors_and_a_drawing() -> None:
    from page_client import served

    from mcld_app.bench.load import Plan, let_in, told
    from mcld_app.studio.page import build

    def drawing(model, jobs, settings, stop, owner) -> Iterator:
        for step in (1, 2):
            time.sleep(0.1)
            yield Progress(step, 2, 0, len(jobs), None, len(jobs))
        yield [Drawn(jobs[0].conditions.photo, 3, None, "cpu", "float32", 1, "")]

    plan = Plan(visitors=2, every=0.5, seconds=1.5, drawing=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mcld_app.studio.panels.generate.drawer", lambda: drawing)
        patch.setattr("mcld_app.bench.load.EVERY_UPLOAD", 5)
        blocks = build()
        with served(blocks):
            heard, use = let_in(plan, blocks.server_port, os.getpid())
    said = told(plan, heard, use)
    print(said)
    assert heard.failures == [] and len(heard.seconds["edit"]) >= 2
    assert len(heard.seconds["page"]) == len(heard.seconds["first answer"]) == 2
    assert len(heard.seconds["what follows"]) >= len(heard.seconds["edit"]) and heard.pictures_drawn >= 1
    assert len(heard.seconds["upload"]) >= 1
    assert "one more draws" in said and "p95" in said and use.studio > 0 and use.memory[0] > 50 << 20


def test_a_load_has_an_end_and_its_figures_are_the_nearest_rank() -> None:
    from mcld_app.bench.load import Plan, percentile

    for wrong in ({"visitors": 0}, {"visitors": 500}, {"seconds": 10_000}, {"every": 0}):
        with pytest.raises(StudioError, match="at most 600 seconds"):
            Plan(**wrong)
    values = [float(n) for n in range(1, 21)]
    assert percentile(values, 95) == 19 and percentile([3.0], 95) == 3 and percentile(values, 100) == 20


def test_a_face_is_told_by_the_nearest_other_sighting() -> None:
    """Two people, each seen twice; the second's sightings are as far apart as the two people are."""
    seen = np.zeros((2, 2, 128), np.float32)
    seen[0, :, 0] = 0.0, 0.1
    seen[1, :, 0] = 1.0, 5.0
    one, two = faces.compared(seen)
    assert sorted(one) == pytest.approx([0.1, 4.0])
    assert sorted(two) == pytest.approx([0.9, 5.0])
    assert faces.found_again(seen) == 0.75, "the one at 1.0 lies nearer to the other person"


def test_the_judge_sees_faces_and_not_foreheads() -> None:
    """Eyes stand at their row: their whites and irises change from row to row there more than cheeks do."""
    face = faces.face_of(make_person(3), named_poses()["standing"], Setting())
    assert face.shape == (150, 150, 3) and face.dtype == np.uint8
    across = np.abs(np.diff(face[:, 35:115].astype(int), axis=1)).sum((1, 2))
    eyes, cheeks = across[48:64].mean(), across[76:90].mean()
    assert eyes > 1.5 * cheeks, (eyes, cheeks)


def test_another_file_is_no_judge(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / faces.WEIGHTS).write_bytes(b"of another version")
    assert main(["faces", str(tmp_path)]) == 1
    assert "npm pack @vladmandic/face-api@1.7.15" in capsys.readouterr().err
