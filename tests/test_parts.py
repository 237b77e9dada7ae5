"""The 24 parts and the clothing regions made of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.parts import (
    BASE_REGIONS,
    MIRRORED_U,
    MIRRORED_V,
    PARTS,
    REGIONS,
    part_map,
    parts_mask,
    region_mask,
    region_pixels,
    regions_at,
)
from mcld_app.errors import StudioError

any_iuv = arrays(np.uint8, (12, 10, 3), elements=st.integers(0, 255)).map(
    lambda a: np.concatenate([a[..., :1] % 25, a[..., 1:]], -1)
)


def test_there_are_24_parts_and_mirroring_twice_changes_nothing() -> None:
    assert sorted(PARTS) == list(range(1, 25))
    for number, part in PARTS.items():
        twin = PARTS[part.mirror]
        assert part.number == number and twin.mirror == number
        assert {part.side, twin.side} in ({"left", "right"}, {"middle"})


def test_names_and_sides_are_those_of_the_charts(shared: Path) -> None:
    text = (shared / "densepose-charts.md").read_text(encoding="utf-8")
    names = {int(n): name for n, name in re.findall(r"^\| (\d+) \| ([^|]+?) \|", text, re.M)}
    assert sorted(names) == list(range(1, 25))
    for number, name in names.items():
        theirs, ours = (n.replace(" half", "").split("/")[0].replace(" side", "") for n in (name, PARTS[number].name))
        assert ours == theirs
        assert PARTS[number].side in name or PARTS[number].side == "middle"


@pytest.mark.parametrize("number", sorted(PARTS))
def test_the_mirrored_chart_is_where_it_is_said_to_be(number: int) -> None:
    """Of the four ways to turn a chart, the one said lays its vertices best on those of its mirror chart."""
    c = charts()

    def vertices(part: int) -> np.ndarray:
        return c.uv[np.unique(c.faces[c.face_part == part])]

    def gap(turn_u: bool, turn_v: bool) -> float:
        mine, theirs = vertices(number).copy(), vertices(PARTS[number].mirror)
        mine[:, 0] = 1 - mine[:, 0] if turn_u else mine[:, 0]
        mine[:, 1] = 1 - mine[:, 1] if turn_v else mine[:, 1]
        return float(np.linalg.norm(mine[:, None] - theirs[None], axis=2).min(1).mean())

    said = (number in MIRRORED_U, number in MIRRORED_V)
    gaps = {turn: gap(*turn) for turn in ((False, False), (True, False), (False, True), (True, True))}
    if number in (1, 2):  # their own mirror image: not turning them fits, by nature
        del gaps[False, False]
    assert min(gaps, key=gaps.__getitem__) == said, gaps
    assert gaps[said] < 0.02, gaps


def test_the_regions_that_were_asked_for_are_there() -> None:
    assert {"top", "sleeves", "bottom", "shoes", "hands", "hair", "face", "head", "body"} <= set(REGIONS)
    assert len(BASE_REGIONS) == len(set(BASE_REGIONS)) == 7
    assert REGIONS["top"].parts == {1, 2} and REGIONS["hands"].parts == {3, 4} and REGIONS["shoes"].parts == {5, 6}
    assert REGIONS["bottom"].parts == set(range(7, 15)) and REGIONS["sleeves"].parts == set(range(15, 23))
    assert REGIONS["face"].parts == REGIONS["hair"].parts == REGIONS["head"].parts == {23, 24}


def test_base_regions_partition_the_texture_map() -> None:
    times = sum(region_mask(name).astype(int) for name in BASE_REGIONS)
    assert np.array_equal(times, (part_map() > 0).astype(int))
    for name in BASE_REGIONS:
        assert region_mask(name).shape == (512, 512) and region_mask(name).any()


@given(any_iuv)
def test_base_regions_partition_the_body_of_any_iuv_map(iuv: np.ndarray) -> None:
    times = sum(region_pixels(name, iuv).astype(int) for name in BASE_REGIONS)
    assert np.array_equal(times, (iuv[..., 0] > 0).astype(int))


@given(any_iuv, st.sampled_from(sorted(REGIONS)))
def test_a_region_holds_its_parts_only(iuv: np.ndarray, name: str) -> None:
    mask = region_pixels(name, iuv)
    assert mask.dtype == bool and mask.shape == iuv.shape[:2]
    # The torso's front ends between the legs, which is where trousers are: its one part in two regions.
    strays = set(np.unique(iuv[mask, 0]).tolist()) - REGIONS[name].parts
    assert strays <= ({2} if name == "bottom" else set())


def test_between_the_legs_the_front_of_the_torso_belongs_to_the_trousers() -> None:
    iuv = np.zeros((1, 256, 3), np.uint8)
    iuv[0, :, 0], iuv[0, :, 1], iuv[0, :, 2] = 2, np.arange(256), 128
    bottom, top = region_pixels("bottom", iuv)[0], region_pixels("top", iuv)[0]
    assert top[:180].all() and bottom[230:].all()
    assert np.count_nonzero(np.diff(top.astype(int))) == 1


@pytest.mark.parametrize(
    ("whole", "pieces"),
    [("head", ["face", "hair"]), ("upper", ["top", "sleeves"]), ("outfit", ["top", "sleeves", "bottom", "shoes"]),
     ("body", BASE_REGIONS)],
)  # fmt: skip
def test_larger_regions_are_unions(whole: str, pieces: list[str]) -> None:
    assert np.array_equal(region_mask(whole), np.any([region_mask(p) for p in pieces], 0))


def test_the_face_is_in_front_and_the_same_on_both_sides() -> None:
    front, back = draw_iuv(Pose(), (512, 512)), draw_iuv(Pose(yaw=180), (512, 512))
    face = region_pixels("face", front)
    head = region_pixels("head", front)
    assert 0.4 < face.sum() / head.sum() < 0.85
    assert region_pixels("face", back).sum() == 0
    halves = [(face & (front[..., 0] == part)).sum() for part in (23, 24)]
    assert min(halves) > 0.9 * max(halves)
    rows = np.flatnonzero(head.any(1))
    top_of_face = np.flatnonzero(face.any(1))[0]
    assert 0.05 < (top_of_face - rows[0]) / len(rows) < 0.4, "no room for hair, or a face that starts at the eyes"


def test_part_masks_and_regions_at_agree() -> None:
    for part in PARTS:
        names = regions_at(part)
        assert names[-1] == "body" and names[0] in BASE_REGIONS
        assert all((region_mask(n) & parts_mask({part})).any() for n in names)
        assert set(names) == {n for n, r in REGIONS.items() if part in r.parts}
        sizes = [len(REGIONS[n].parts) for n in names]
        assert sizes == sorted(sizes), "the most specific comes first"


def test_an_unknown_region_is_one_sentence_that_lists_the_known_ones() -> None:
    for ask in (region_mask, lambda n: region_pixels(n, np.zeros((4, 4, 3), np.uint8))):
        with pytest.raises(StudioError, match=r"'hat'.*top.*shoes"):
            ask("hat")


def test_masks_cannot_be_changed_by_those_who_use_them() -> None:
    with pytest.raises(ValueError, match="read-only"):
        region_mask("top")[0, 0] = True
