"""The mannequin drawn in shoes."""

from __future__ import annotations

import numpy as np

from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import Drawing, draw_surface, kept_drawing
from mcld_app.body.raster import interpolate
from mcld_app.body.shells.drawing import reached
from mcld_app.body.shells.shoe_form import shoes
from mcld_app.body.shells.standing import Standing, stand


def in_shoes(pose: Pose, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is seen of the mannequin in a pose, in shoes; worked out once for it.

    Args:
        pose: how it stands.
        size: (height, width) of the picture in pixels.

    Returns:
        `pixel`, `texel` and `depth` as `rendering.Drawing` has them, but in no order; arrays are read-only.
    """
    if (in_shoes, size) not in pose.worked_out:
        arrays = _with_shoes(stand(pose, size), kept_drawing(pose, size))
        for array in arrays:
            array.setflags(write=False)
        pose.worked_out[in_shoes, size] = arrays
    return pose.worked_out[in_shoes, size]


def _with_shoes(standing: Standing, body: Drawing) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pair = shoes()
    points = standing.seen(pair.on(standing.pose.body), pair.weights)
    pixel, texel, depth = body.pixel, body.texel.copy(), body.depth.copy()
    number = np.full(depth.size, -1, np.int32)  # of each pixel among those that show something
    number[pixel] = np.arange(len(pixel))
    for faces in np.split(pair.faces, 2):  # one by one: between feet that are far apart there is much to look at
        rows, columns = reached(points[np.unique(faces)], standing.size)
        near = points - np.float32([columns.start, rows.start, 0])
        corners, drawn, seen = draw_surface(near, faces, (rows.stop - rows.start, columns.stop - columns.start))
        values = np.concatenate([pair.places, near[:, 2:]], 1)[faces[drawn]]
        found, value = interpolate(corners, values, seen)
        row, column = np.divmod(found, seen.shape[1])
        row, column = row + rows.start, column + columns.start
        nearer = value[:, 2] > depth[row, column]
        row, column, value = row[nearer], column[nearer], value[nearer]
        depth[row, column] = value[:, 2]
        at, place = row * standing.size[1] + column, np.round(value[:, :2]).astype(int)
        new = at[number[at] < 0].astype(np.int32)
        number[new] = len(pixel) + np.arange(len(new))
        pixel, texel = np.append(pixel, new), np.append(texel, np.zeros((len(new), 2), np.float32), 0)
        texel[number[at]] = pair.texels[place[:, 1], place[:, 0]]
    return pixel, texel, depth
