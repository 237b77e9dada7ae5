"""Eyes: white, iris and pupil as a camera sees them, with the lid's shadow and a light's reflection."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.synthetic.drawn.spec import Colour

EYE_SIDE = 64
_IRIS, _PUPIL = 0.47, 0.19  # of the eyeball's half width


@lru_cache(maxsize=32)
def eye_picture(iris: Colour) -> np.ndarray:
    """(64, 64, 4) uint8 sRGB and a full alpha: an eyeball seen from the front."""
    y, x = (np.mgrid[0:EYE_SIDE, 0:EYE_SIDE].astype(np.float32) - (EYE_SIDE - 1) / 2) / (EYE_SIDE / 2)
    far, turn = np.hypot(x, y), np.arctan2(y, x)
    out = np.ones((EYE_SIDE, EYE_SIDE, 3), np.float32) * (206, 196, 190)
    out *= (1 - 0.30 * np.clip(far - 0.5, 0, 0.5) / 0.5)[..., None]
    rays = 0.85 + 0.22 * np.sin(turn * 23 + 3 * np.sin(turn * 7))
    ring = np.where(far > _IRIS * 0.84, 0.45, 1.0)
    colour = np.array(iris) * (rays * ring * (1.2 - 0.45 * far / _IRIS))[..., None]
    inside = np.clip((_IRIS - far) / 0.05 + 0.5, 0, 1)[..., None]
    out = out * (1 - inside) + inside * colour
    pupil = np.clip((_PUPIL - far) / 0.05 + 0.5, 0, 1)[..., None]
    out = out * (1 - pupil) + pupil * 12
    out *= np.clip(1 + 1.1 * (y + 0.22), 0.45, 1)[..., None]
    glint = np.clip((0.10 - np.hypot(x + 0.17, y + 0.15)) / 0.05 + 0.5, 0, 1)[..., None]
    out = out * (1 - glint) + glint * 250
    return np.dstack([out, np.full(far.shape, 255)]).clip(0, 255).astype(np.uint8)


def eye_places(rest: np.ndarray) -> np.ndarray:
    """(N, 2) float32, 0..1 to the right and down: where vertices (N, 3) of an eyeball lie on its picture."""
    middle, half = (rest.max(0) + rest.min(0)) / 2, np.ptp(rest[:, 0]) / 2
    flat = (rest - middle)[:, :2] / half * (1, -1)
    return np.clip(flat * 0.5 + 0.5, 0, 1).astype(np.float32)
