"""Necklines and armholes of a shop's garment are smooth curves around neck and arms, alike in front and behind."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from flat_garments import dress, tee

from mcld_app.body.garments.edge_curves import FAR, armhole_off, neckline_off
from mcld_app.body.garments.laying import LaidGarment
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.garment_line import WIDTH
from mcld_app.editing.flat_garment import FlatGarment, flat_garment

FRONT, BACK, TRUNK = parts_mask({2}), parts_mask({1}), parts_mask({1, 2})
SURFACE = rest_surface()


@cache
def made(kind: str) -> FlatGarment:
    return flat_garment((tee if kind == "top" else dress)().picture, kind, sleeves=kind == "top")


def on_line(share: np.ndarray, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x and y in metres (N,) at which shares pass one half between a texel and the one below it."""
    off = (share - 0.5) * WIDTH
    upper, lower = off[:-1], off[1:]
    row, column = np.nonzero(((upper < 0) != (lower < 0)) & where[:-1] & where[1:])
    way = off[row, column] / (off[row, column] - off[row + 1, column])
    return tuple(plane[row, column] * (1 - way) + plane[row + 1, column] * way for plane in (SURFACE.x, SURFACE.y))


@pytest.mark.parametrize("kind", ["top", "dress"])
def test_a_neckline_is_no_row_of_texels(kind: str) -> None:
    high = FRONT & (SURFACE.y > 1.38) & (np.abs(SURFACE.x) < 0.07)
    x, y = on_line(made(kind).garment.layer(made(kind).garment.region).shares, high)
    order = np.argsort(x)
    x, y = x[order], y[order]
    assert len(x) > 20
    near = range(4, len(x) - 4)
    bows = [np.polyval(np.polyfit(x[k - 4 : k + 5], y[k - 4 : k + 5], 2), x[k]) for k in near]
    assert np.abs(y[4:-4] - bows).max() < 0.0005, "a texel is 4 mm"


def test_a_back_is_closed_up_to_the_corners_of_the_neckline_and_dips_between_them() -> None:
    layer = made("top").garment.layer("upper")
    x, y = on_line(layer.shares, BACK & (SURFACE.y > 1.42))
    middle, ends = y[np.abs(x) < 0.02].mean(), y[np.abs(x) > 0.05].mean()
    assert middle < ends and ends - middle < 0.02


def test_armholes_are_as_far_in_behind_as_in_front_and_closed_below() -> None:
    laid: LaidGarment = made("dress").laid
    off = armhole_off(laid.iuv)
    assert off is not None
    assert (off[~TRUNK] == FAR).all() and (off[TRUNK & (SURFACE.y < 1.2)] > 0).all()
    for y in (1.38, 1.42):
        ends = [np.abs(SURFACE.x[side & (np.abs(SURFACE.y - y) < 0.004) & (off > 0)]).max() for side in (FRONT, BACK)]
        assert ends[0] == pytest.approx(ends[1], abs=0.006)


def test_what_is_open_in_front_has_no_neckline() -> None:
    laid = made("top").laid
    open_front = laid.iuv.copy()
    middle = open_front.shape[1] // 2
    open_front[:, middle - 20 : middle + 20] = 0
    extent = made("top").garment.extent
    assert neckline_off(laid.iuv, extent) is not None
    assert neckline_off(open_front, extent) is None
    assert neckline_off(np.zeros_like(open_front), extent) is None and armhole_off(np.zeros_like(open_front)) is None
