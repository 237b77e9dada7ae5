"""The mannequin drawn in what is worn and closed: shoes, and trouser legs that go on where a photo ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mcld_app.body.charts import TEXTURE
from mcld_app.body.mannequin.pose import BodyShape, Pose
from mcld_app.body.mannequin.rendering import Drawing, draw_surface, kept_drawing
from mcld_app.body.raster import interpolate
from mcld_app.body.shells.drawing import reached
from mcld_app.body.shells.shoe_form import shoes
from mcld_app.body.shells.standing import Standing, stand
from mcld_app.body.shells.trouser_legs import CutLegs, in_socks, trouser_legs

_SHINS = tuple(range(11, 15))
_Surface = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]


def clad(
    pose: Pose, size: tuple[int, int], *, shod: bool = False, legs: CutLegs | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is seen of the mannequin in a pose and clad; worked out once for it.

    Args:
        pose: how it stands.
        size: (height, width) of the picture in pixels.
        shod: whether in shoes.
        legs: how its trousers were seen, where a photo cut them off; None where it wears none, or all of them was seen.

    Returns:
        `pixel`, `texel` and `depth` as `rendering.Drawing` has them, but in no order; arrays are read-only.
    """
    key = clad, size, shod, legs
    if key not in pose.worked_out:
        body = kept_drawing(pose, size)
        if legs is not None:
            low = np.flatnonzero(np.isin(body.iuv[..., 0].ravel()[body.pixel], _SHINS))
            column, row = np.minimum(np.round(body.texel[low]), TEXTURE - 1).astype(int).T
            texel, ends = body.texel.copy(), in_socks()[row, column]
            moved = (ends != (np.stack([column, row], 1))).any(1)
            texel[low[moved]] = ends[moved]
            body = replace(body, texel=texel)
        arrays = _laid_over(stand(pose, size), body, _worn(pose.body, shod, legs))
        for array in arrays:
            array.setflags(write=False)
        pose.worked_out[key] = arrays
    return pose.worked_out[key]


def _worn(body: BodyShape, shod: bool, legs: CutLegs | None) -> Iterator[_Surface]:
    """Each surface on somebody in the rest pose: its vertices, their weights, its triangles, and what of the texture
    map each of their corners shows; or where on a table (h, w, 2) of texels, and that table. One by one: between feet
    that are far apart there is much to look at."""
    if legs is not None:
        for leg in trouser_legs(legs, body):
            yield leg.rest, leg.weights, leg.faces, leg.texels, None
    if shod:
        pair, rest = shoes(), shoes().on(body)
        for faces in np.split(pair.faces, 2):
            yield rest, pair.weights, faces, pair.places[faces], pair.texels


def _laid_over(
    standing: Standing, body: Drawing, surfaces: Iterator[_Surface]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pixel, texel, depth = body.pixel, body.texel.copy(), body.depth.copy()
    number = np.full(depth.size, -1, np.int32)  # of each pixel among those that show something
    number[pixel] = np.arange(len(pixel))
    for rest, weights, faces, shown, table in surfaces:
        points = standing.seen(rest, weights)
        rows, columns = reached(points[np.unique(faces)], standing.size)
        near = points - np.float32([columns.start, rows.start, 0])
        corners, drawn, seen = draw_surface(near, faces, (rows.stop - rows.start, columns.stop - columns.start))
        found, value = interpolate(corners, np.concatenate([shown, near[faces, 2:]], 2)[drawn], seen)
        row, column = np.divmod(found, seen.shape[1])
        row, column = row + rows.start, column + columns.start
        nearer = value[:, 2] > depth[row, column]
        row, column, value = row[nearer], column[nearer], value[nearer]
        depth[row, column] = value[:, 2]
        at, place = row * standing.size[1] + column, value[:, :2]
        if table is not None:
            across, down = np.round(place).astype(int).T
            place = table[down, across]
        new = at[number[at] < 0].astype(np.int32)
        number[new] = len(pixel) + np.arange(len(new))
        pixel, texel = np.append(pixel, new), np.append(texel, np.zeros((len(new), 2), np.float32), 0)
        texel[number[at]] = place
    return pixel, texel, depth
