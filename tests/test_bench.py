"""The benchmark compares like with like, and says what it found. Nothing here is timed."""

from __future__ import annotations

import numpy as np
import pytest

from mcld_app.bench import body as bench
from mcld_app.bench import measure
from mcld_app.bench.__main__ import main
from mcld_app.body.charts import charts
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.texture.atlas import extract_atlas, render_atlas
from mcld_app.body.texture.extraction import extract


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
