"""Patterned cloth beyond its picture: no mirror images on flanks, and letters that can be read on the back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from flat_garments import RED, is_red, skirt, trousers

from mcld_app.body.garments.goes_on import closed_above, goes_on
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import flat_garment
from mcld_app.editing.preview import draw

FIRST, LAST, WIDE, OVERLAP = 60, 199, 30, 16
ROW, COLUMN = np.mgrid[:200, :260]


def dots() -> np.ndarray:
    """Red dots of several sizes on green, and nothing known beside the cloth."""
    random = np.random.default_rng(3)
    out = np.full((200, 260, 3), (40, 120, 60), np.uint8)
    for x, y, r in random.uniform((40, 0, 2), (220, 200, 5), (70, 3)):
        cv2.circle(out, (round(x), round(y)), round(r), RED, -1)
    out[:, :FIRST], out[:, LAST + 1 :] = 255, 255
    return out


def ends(first: float = FIRST, last: float = LAST) -> np.ndarray:
    return np.tile([float(first), float(last)], (200, 1))


def test_beyond_its_rim_a_pattern_goes_on_without_a_mirror_image() -> None:
    picture = dots()
    found = goes_on(picture, ends(), WIDE, OVERLAP).astype(int)
    assert (found[:, FIRST + OVERLAP : LAST - OVERLAP] == picture[:, FIRST + OVERLAP : LAST - OVERLAP]).all()
    for edge, inwards in ((FIRST, 1), (LAST, -1)):
        beyond = found[:, edge - inwards * np.arange(4, WIDE)]
        assert beyond.min(2).max() < 200, "nothing of the ground"
        assert 0.4 < is_red(beyond).mean() / is_red(picture[:, FIRST:LAST]).mean() < 2.0
        mirrored = found[:, edge + inwards * np.arange(4, WIDE)]
        assert (is_red(beyond) & is_red(mirrored)).mean() < 0.6 * is_red(beyond).mean()


def test_where_it_begins_is_no_line_of_cut_dots() -> None:
    picture = dots()
    found = goes_on(picture, ends(), WIDE, OVERLAP)
    steps = np.abs(np.diff(is_red(found).astype(int), axis=1))
    assert steps[:, FIRST - WIDE : FIRST + OVERLAP].mean() < 1.3 * steps[:, FIRST + OVERLAP : LAST - OVERLAP].mean()


def test_above_a_neckline_a_back_goes_on_from_below_and_is_no_mirror_image() -> None:
    picture, middle = dots(), (FIRST + LAST) // 2
    hole = ROW + (COLUMN - middle) ** 2 / 30 < 44
    picture[hole] = 255
    found = closed_above(picture, hole, 150, OVERLAP)
    assert found[hole].min(1).max() < 200, "cloth, and nothing of the ground"
    assert (found[44 + OVERLAP :] == picture[44 + OVERLAP :]).all()
    columns = np.arange(middle - 20, middle + 21)
    edge = hole[:, columns].sum(0)
    above, below = (is_red(found[edge + sign * np.arange(4, 28)[:, None] - (sign < 0), columns]) for sign in (-1, 1))
    assert above.any() and (above & below).mean() < 0.6 * above.mean()
    assert closed_above(picture, np.zeros_like(hole), 150, OVERLAP) is picture


@pytest.mark.parametrize("own", [ends(100, 110), np.full((200, 2), np.nan)])
def test_what_is_too_narrow_stays(own: np.ndarray) -> None:
    assert goes_on(dots(), own, WIDE, OVERLAP) is not None
    assert (goes_on(dots(), own, WIDE, OVERLAP) == dots()).all()


@pytest.mark.parametrize("kind", ["skirt", "trousers"])
def test_seen_from_behind_a_pattern_runs_as_in_front(kind: str) -> None:
    drawn = {"skirt": skirt, "trousers": trousers}[kind]()
    row, column = np.mgrid[: drawn.mask.shape[0], : drawn.mask.shape[1]]
    picture = drawn.picture.copy()
    picture[drawn.mask & ((row + 1.5 * column) // 30 % 2 == 0)] = RED
    look = looks.add(looks.of(samples.sample_person("person:leo")), Wear(flat_garment(picture, kind).garment))
    for pose in ("standing", "back"):
        shown = draw(looks.stand(look, named_poses()[pose]), (512, 352)).picture
        red = cv2.GaussianBlur(is_red(shown[270:400]).astype(np.float32), (0, 0), 1.5)
        down, across = np.gradient(red)
        assert (down * across).sum() > 0.3 * np.abs(down * across).sum()
