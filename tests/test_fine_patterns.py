"""Fine stripes and ribs stay what they are: laid on the mannequin, in the photo, and on the back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from flat_garments import tee
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.mannequin.rendering import kept_drawing
from mcld_app.body.parts import parts_mask
from mcld_app.body.sampling import read_reduced
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.smooth_texels import smooth_texels
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import flat_garment
from mcld_app.editing.preview import draw

TRUNK, BACK = frozenset({1, 2}), parts_mask({1})


@pytest.mark.parametrize("pose", ["standing", "relaxed", "walking-front"])
def test_a_maps_texels_are_nearer_to_the_mannequins_without_its_steps(pose: str) -> None:
    drawing = kept_drawing(named_poses()[pose], (1024, 704))
    true = np.full((1024 * 704, 2), np.nan, np.float32)
    true[drawing.pixel] = drawing.texel
    (pixel, stepped), (same, smooth) = texels_seen(drawing.iuv), smooth_texels(drawing.iuv)
    assert (pixel == same).all()
    trunk = np.isin(drawing.iuv[..., 0], list(TRUNK))
    off, uneven = zip(*(_errors(found, true, pixel, trunk) for found in (stepped, smooth)), strict=True)
    assert off[1] < off[0] and uneven[1] < 0.7 * uneven[0], "what bends stripes is how errors differ side by side"


def _errors(found: np.ndarray, true: np.ndarray, pixel: np.ndarray, where: np.ndarray) -> tuple[float, float]:
    """How far texels are off, and how much farther or less than the pixel's beside them, root mean square each."""
    error = np.full_like(true, np.nan)
    error[pixel] = found - true[pixel]
    error = np.where(where[..., None], error.reshape(*where.shape, 2), np.nan)
    step = np.diff(error, axis=1)
    return float(np.sqrt(np.nanmean(error**2))), float(np.sqrt(np.nanmean(step[np.abs(step) < 5] ** 2)))


def test_an_empty_map_shows_no_texels() -> None:
    pixel, texel = smooth_texels(np.zeros((64, 44, 3), np.uint8))
    assert not len(pixel) and not len(texel)


@settings(max_examples=25, deadline=None)
@given(shrinks=st.floats(2.5, 6), shift=st.floats(0, 3))
def test_stripes_too_fine_to_be_shown_become_their_mean_and_not_other_stripes(shrinks: float, shift: float) -> None:
    row = np.arange(600)[:, None]
    stripes = np.broadcast_to(np.where(row % 2, 200, 40)[..., None], (600, 80, 3)).astype(np.uint8)
    y, x = np.mgrid[: int(500 / shrinks), : int(70 / shrinks)].astype(np.float32)
    where = np.dstack([x * shrinks + 2, y * shrinks + 20 + shift])
    shown = read_reduced(stripes, where, np.ones(where.shape[:2], bool)).astype(float)
    plain = cv2.remap(stripes, where, None, cv2.INTER_LINEAR).astype(float)
    off, plainly = (float(np.sqrt(((found - 120) ** 2).mean())) for found in (shown, plain))
    assert abs(shown.mean() - 120) < 6
    assert off < 30 and off < plainly + 6


def test_what_is_not_shown_smaller_is_read_as_it_is() -> None:
    picture = np.random.default_rng(2).integers(0, 255, (40, 30, 3)).astype(np.uint8)
    y, x = np.mgrid[:40, :30].astype(np.float32)
    assert (read_reduced(picture, np.dstack([x, y]), np.ones((40, 30), bool)) == picture).all()


@pytest.mark.parametrize(("drawn", "way"), [(tee(cloth="checks", length=0.7), -1), (tee(cloth="stripes"), 1)])
def test_a_patterned_back_is_read_from_the_picture_where_the_front_is(drawn: object, way: int) -> None:
    """From the left to the right as the front is; what is striped across, where the front has it."""
    garment, place = flat_garment(drawn.picture, "top").garment, rest_surface()
    places, worn = garment.donor.pixels.places, garment.layer(garment.region).worn
    behind = worn & BACK & (place.y > 1.05) & (place.y < 1.30)
    before = parts_mask({2}) & places.seen & (place.y > 1.05) & (place.y < 1.30) & (np.abs(place.x) < 0.14)
    assert places.seen[behind].mean() > 0.95
    grid = {}
    for x, y, at in zip(place.x[before], place.y[before], places.xy[before], strict=True):
        grid.setdefault((round(way * float(x) / 0.006), round(float(y) / 0.006)), at)
    off = [
        np.linalg.norm(at - (garment.donor.photo.shape[1], 0) - grid[key])
        for x, y, at in zip(place.x[behind], place.y[behind], places.xy[behind], strict=True)
        if (key := (round(float(x) / 0.006), round(float(y) / 0.006))) in grid
    ]
    assert len(off) > 1000 and np.median(off) < 4  # in the picture of the back, which lies beside the front's


def test_no_place_of_a_patterned_garment_lies_on_its_ground() -> None:
    garment = flat_garment(tee(cloth="checks").picture, "top").garment
    source = garment.donor.pixels
    x, y = np.round(source.places.xy[source.places.seen]).astype(int).T
    height, width = garment.donor.iuv.shape[:2]
    y = np.clip(y, 0, height - 1)
    cloth = garment.donor.iuv[y, x % width, 0] > 0
    cloth |= (x >= width) & (source.sizes[0][y, x] < 240).any(1)  # above its neckline the back goes on
    assert cloth.mean() > 0.999


def test_stripes_are_as_sharp_behind_as_in_front() -> None:
    """Above the armpits, where cloth is painted on the body: the share of colours that are neither stripe."""
    look = looks.add(looks.of(samples.sample_person("person:joel")), Wear(flat_garment(
        tee(cloth="stripes", length=0.5).picture, "top").garment))  # fmt: skip
    blurred = []
    for pose in ("standing", "back"):
        drawn = draw(looks.stand(look, looks.in_their_shape(look, named_poses()[pose])))
        pixel, xy = texels_seen(drawn.iuv)
        column, row = np.clip(np.round(xy), 0, 511).astype(int).T
        place = rest_surface()
        high = (place.y[row, column] > 1.28) & (place.y[row, column] < 1.36) & (np.abs(place.x[row, column]) < 0.12)
        colours = drawn.picture.reshape(-1, 3)[pixel[high]].astype(int)
        off = np.minimum(*(np.abs(colours - np.array(own)).max(1) for own in ((40, 130, 90), (210, 40, 50))))
        assert len(off) > 800
        blurred.append((off > 60).mean())
    assert blurred[1] < blurred[0] + 0.05
