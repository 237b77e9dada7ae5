"""Hair as a sheet with strands, some of its picture open."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.mannequin.human import human_body
from mcld_app.synthetic.drawn.sheet import Sheet, clipped
from mcld_app.synthetic.drawn.spec import Hair
from mcld_app.synthetic.drawn.store import picture, piece

MESHES = ("afro", "bob", "fringe", "braid", "long", "ponytail", "crop", "tousled", "parted", "layered")
STYLES = ("bald", "shaved", *MESHES, "covered")
"""Every style; "covered" is under a scarf or a cap."""

SIDE = 320
_OVER_EYES = ("bob", "fringe", "parted")


def hair_sheet(hair: Hair, body: np.ndarray) -> Sheet | None:
    """The hair on a body of those rest positions (V, 3); None where it is only painted on the skin."""
    if hair.style not in MESHES:
        return None
    p = piece("hair", hair.style)
    average = human_body().vertices
    sheet = Sheet(p.on(body).astype(np.float32), p.on(average).astype(np.float32), p.weights, p.faces, p.places)
    return clipped(sheet, _off_the_eyes(sheet.home)) if hair.style in _OVER_EYES else sheet


def _off_the_eyes(home: np.ndarray) -> np.ndarray:
    """(N,) metres: below 0 where strands would hang over brows and eyes."""
    side, up, front = np.abs(home[:, 0]), home[:, 1], home[:, 2]
    ragged = 0.006 * np.sin(home[:, 0] * 300) + 0.004 * np.sin(home[:, 0] * 730 + 1)
    fringe = up - 1.692 - ragged - 0.5 * (side - 0.03).clip(0)
    return np.maximum(np.maximum(fringe, side - 0.058 - ragged), 0.055 - front)


def hair_picture(hair: Hair) -> np.ndarray:
    """(SIDE, SIDE, 4) uint8 RGBA: strands in the hair's colour; alpha is 0 where there are none."""
    grey = cv2.resize(picture(f"hair-{hair.style}"), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    light = grey[..., :1].astype(np.float32) / 128
    colour = np.array(hair.colour, np.float32)
    # Light strands of dark hair are shine and nearly grey; those of light hair are its colour.
    shine = np.clip(light - 1, 0, 1) * 26
    strands = np.clip(colour * np.minimum(light, 1.25) ** 1.1 + shine, 0, 255)
    alpha = grey[..., 3:] if grey.shape[2] == 4 else np.full((SIDE, SIDE, 1), 255, np.uint8)
    return np.concatenate([strands.astype(np.uint8), alpha], 2)
