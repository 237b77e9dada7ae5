"""Where hair that hangs over the ears ends in front: along which line on the cheeks the face begins."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.fitting.rest_places import rest_places
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.shells.scene import Scene

_HEAD = 23  # parts from this one on
_LEVELS = (1.595, 1.62, 1.645, 1.67, 1.695)  # metres, from the jaw to the temple: where the line is looked for
_AROUND = 0.02  # metres above and below a level
_SIDE = 0.03  # metres from the middle: nearer is no side of a face
_BEHIND, _BEFORE = 0.045, 0.095  # metres, in depth, between which it lies; behind, there is an ear
_USUAL = 0.05
_LEAST = 0.065  # metres, in depth: hair that covers an ear and no cheek hangs before the ear
_FEWEST = 8  # pixels that tell it
_OFF = 0.004  # metres off the skin
_NEAR = 0.016  # metres around a place of the line, in which the skin is looked for; half of it in depth
_HALF = 0.065  # metres from the middle to a cheek
_FLARES = 0.9, 1.4  # below the jaw it goes in and out as the hair does, so far


def front_line(scene: Scene, hair: np.ndarray, rows: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """The line on both sides of a head.

    Args:
        scene: the person.
        hair: (H, W) bool, its pixels that show hair.
        rows: (R,) metres, heights of the average adult, falling.
        widths: (R, 2) metres from the middle to the hair's outer side.

    Returns:
        (R, 2, 2) float64: at each height, to the left and to the right in the picture, metres from the middle and, in
        depth, to the front. Below the jaw the hair hangs straight down from there.
    """
    depth = _depths(scene, hair)
    jaw = skeleton_file()["landmarks"]["chin"][1] + _AROUND
    on_cheek = np.maximum(rows, jaw)
    body, average = scene.standing.pose.body, body_mesh().rest
    whole = body_mesh().shaped(body.build, body.shape)
    out = np.empty((len(rows), 2, 2))
    last = int(np.argmin(np.abs(rows - jaw)))
    for side, sign in enumerate((-1, 1)):
        for k, height in enumerate(on_cheek):
            z = float(np.interp(height, _LEVELS, depth[:, side]))
            off = np.abs(average - (0, height, z)) < (np.inf, _NEAR, _NEAR / 2)
            near = off.all(1) & (sign * average[:, 0] > _SIDE)
            wide = np.abs(whole[near, 0]).max() if near.any() else _HALF
            moved = float((whole[near, 2] - average[near, 2]).mean()) if near.any() else 0.0
            out[k, side] = wide + _OFF, max(z + moved, _LEAST)
        flare = np.clip(widths[:, side] / max(float(widths[last, side]), 1e-6), *_FLARES)
        out[:, side, 0] *= np.where(rows < jaw, flare, 1)
        out[:, side] = cv2.GaussianBlur(out[:, side], (1, 3), 0.8)
    return out


def _depths(scene: Scene, hair: np.ndarray) -> np.ndarray:
    """(L, 2) metres, how far in front the line lies at each of the levels, on either side: behind it most pixels show
    hair, and before it most do not."""
    out = np.full((len(_LEVELS), 2), np.nan)
    head = (scene.standing.iuv[..., 0] >= _HEAD) & scene.silhouette
    left, top, width, height = cv2.boundingRect(head.astype(np.uint8))
    box = slice(top, top + height), slice(left, left + width)
    head = head[box]
    x, y, z = rest_places(np.where(head[..., None], scene.standing.iuv[box], np.uint8(0)))[head].T
    covered = np.where(hair[box][head], 1, -1)
    for side, sign in enumerate((-1, 1)):
        own = (sign * x > _SIDE) & (z > 0)
        for level, above in enumerate(_LEVELS):
            here = np.flatnonzero(own & (np.abs(y - above) < _AROUND))
            if len(here) < _FEWEST:
                continue
            here = here[np.argsort(z[here])]
            gain = np.cumsum(covered[here])
            best = int(gain.argmax())
            out[level, side] = z[here[best]] if gain[best] > 0 else z[here[0]]
    for side in (0, 1):
        known = np.isfinite(out[:, side])
        other = np.isfinite(out[:, 1 - side])
        if known.any():
            out[:, side] = np.interp(_LEVELS, np.array(_LEVELS)[known], out[known, side])
        elif other.any():
            out[:, side] = np.interp(_LEVELS, np.array(_LEVELS)[other], out[other, 1 - side])
    out = np.where(np.isfinite(out), out, _USUAL)
    return np.clip(cv2.GaussianBlur(out, (1, 3), 1.0), _BEHIND, _BEFORE)
