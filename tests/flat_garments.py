"""Garments laid out flat, drawn by rule: their outline, their scale and their print are known."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import texels_seen

SIZE = (960, 720)
METRE = 740.0
"""Pixels of a metre of cloth."""

MIDDLE, TOP = 360.0, 150.0
GREEN, RED, GREY = (40, 130, 90), (210, 40, 50), (228, 229, 231)
PRINT_DOWN, PRINT_SIDE = 0.27, 0.12
"""Metres from the neck's corners to the print's middle, and the print's sides."""

SHOULDER = 0.125
"""Metres from the neck's corner to where a sleeve of another colour is sewn on."""

SLANT = 0.8
"""Metres that the red bar goes to the side for each one down; it crosses the middle 0.3 m below the neck."""

BORDER = 0.06
"""Metres of a skirt's red hem."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """A drawn garment: picture (960, 720, 3) uint8 RGB, its true mask (960, 720) bool, and its key points, name ->
    (x, y) in pixels."""

    picture: np.ndarray
    mask: np.ndarray
    points: dict[str, tuple[float, float]]

    def cut(self) -> np.ndarray:
        """The picture with everything but the garment clear, (960, 720, 4) uint8."""
        return np.dstack([self.picture, self.mask * np.uint8(255)])


def at(x: float, y: float) -> tuple[float, float]:
    """Pixels of a place `x` metres to the picture's right of the middle and `y` metres below the neck."""
    return MIDDLE + x * METRE, TOP + y * METRE


def ground(kind: str) -> np.ndarray:
    """(960, 720, 3) uint8: "white", "grey" (darker towards the corners), "blue", "wood"."""
    y, x = np.mgrid[0 : SIZE[0], 0 : SIZE[1]].astype(np.float32)
    if kind == "white":
        return np.full((*SIZE, 3), 255, np.uint8)
    if kind == "blue":
        return np.full((*SIZE, 3), (120, 160, 215), np.uint8)
    if kind == "grey":
        fall = 14 * (((x - 360) / 360) ** 2 + ((y - 480) / 480) ** 2)[..., None]
        return np.clip(np.float32(GREY) - fall, 0, 255).astype(np.uint8)
    rng = np.random.default_rng(3)
    grain = cv2.GaussianBlur(rng.normal(size=SIZE).astype(np.float32), (0, 0), sigmaX=30, sigmaY=1.2)
    plank = 6 * np.sin(np.floor(y / 120) * 2.4) - 25 * (y % 120 < 2)
    shade = (60 * grain + plank)[..., None] * np.float32((1, 0.8, 0.6))
    return np.clip(np.float32((186, 146, 104)) + shade, 0, 255).astype(np.uint8)


def tee(
    on: str = "grey",
    chest: float = 0.48,
    armpit: float = 0.24,
    length: float = 0.66,
    cloth: str = "print",
    sleeve: tuple[float, float] = (0.17, 0.12),
) -> Drawn:
    """A T-shirt with sleeves spread out.

    Args:
        on: its ground, see `ground`.
        chest: metres from armpit to armpit.
        armpit: metres from the neck down to there.
        length: metres from the neck to the hem.
        cloth: "print" (green with a red square), "plain", "stripes" (across), "checks", "slant" (a red bar from the
            shoulder across to the hem) or "sleeves" (red ones, sewn on from shoulder to armpit).
        sleeve: metres that a cuff's outer end lies beyond the armpit, and metres across a cuff.
    """
    half, (out, wide) = chest / 2, sleeve
    cuff = half + out, 0.045 + 0.145 * out / 0.17
    right_side = [
        (0.085, 0.0), (0.8 * half, 0.045), cuff, (cuff[0] - 0.583 * wide, cuff[1] + 0.833 * wide), (half, armpit),
        (half, length),
    ]  # fmt: skip
    neck = [(x, 0.09 * (1 - (x / 0.085) ** 2)) for x in np.linspace(-0.085, 0.085, 15)]
    outline = neck[:-1] + right_side + [(-x, y) for x, y in right_side[:0:-1]]
    points = {"neckline": at(0, 0.09)}
    named = (("shoulder", 1), ("cuff", 2), ("armpit", 4), ("hem", 5))
    for name, k in named:
        x, y = right_side[k]
        points |= {f"left_{name}": at(x, y), f"right_{name}": at(-x, y)}
    drawn = _drawn(on, outline, points, cloth)
    if cloth == "sleeves":
        line = np.array(right_side[:3])
        along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
        seam_x, seam_y = (float(np.interp(SHOULDER, along, line[:, k])) for k in (0, 1))
        for name, sign in (("left", 1), ("right", -1)):
            (pit, low), (x, y) = points[f"{name}_armpit"], at(sign * seam_x, seam_y)
            row, column = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
            seam = x + (pit - x) * np.clip((row - y) / (low - y), 0, 1.2)
            out = column > seam if name == "left" else column < seam
            drawn.picture[drawn.mask & out & (row < low + 90)] = RED
    return drawn


def long_sleeved(on: str = "grey") -> Drawn:
    """A top whose sleeves hang down and touch its hem: between them and its waist one sees the ground."""
    right_side = [(0.085, 0.0), (0.19, 0.04), (0.31, 0.56), (0.22, 0.60), (0.21, 0.66)]
    neck = [(x, 0.09 * (1 - (x / 0.085) ** 2)) for x in np.linspace(-0.085, 0.085, 15)]
    outline = neck[:-1] + right_side + [(-x, y) for x, y in right_side[::-1]]
    drawn = _drawn(on, outline, {}, "plain")
    gap = np.zeros_like(drawn.mask)
    for sign in (1, -1):
        gap |= _mask([at(sign * x, y) for x, y in ((0.197, 0.30), (0.203, 0.42), (0.197, 0.52), (0.191, 0.42))])
    soft = cv2.GaussianBlur(gap.astype(np.float32), (0, 0), 1.0)[..., None]
    picture = (drawn.picture * (1 - soft) + ground(on) * soft + 0.5).astype(np.uint8)
    return Drawn(picture, drawn.mask & ~gap, {})


def coat(on: str = "grey", opening: float = 0.0, length: float = 0.92) -> Drawn:
    """A coat with sleeves spread out.

    Args:
        on: its ground.
        opening: metres that its front stands open at the hem.
        length: metres from the neck to the hem.
    """
    metre = 0.95
    right_side = [(0.09, 0.0), (0.21, 0.045), (0.44, 0.26), (0.37, 0.36), (0.27, 0.26), (0.30, length)]
    neck = [(x, 0.07 * (1 - (x / 0.09) ** 2)) for x in np.linspace(-0.09, 0.09, 15)]
    gap = [(-opening / 2, length), (0, 0.25), (opening / 2, length)] if opening else []
    outline = neck[:-1] + right_side + gap[::-1] + [(-x, y) for x, y in right_side[:0:-1]]
    points = {"neckline": at(0, 0.07 * metre)}
    for name, k in (("shoulder", 1), ("cuff", 2), ("armpit", 4), ("hem", 5)):
        x, y = right_side[k]
        points |= {f"left_{name}": at(x * metre, y * metre), f"right_{name}": at(-x * metre, y * metre)}
    return _drawn(on, [(x * metre, y * metre) for x, y in outline], points, "plain")


def trousers(on: str = "grey", length: float = 1.02, metre: float = 0.95) -> Drawn:
    """Trousers, narrower at the hems; `metre` shrinks them so that they are in the picture."""
    right_side = [(0.19, 0.0), (0.25, 0.22), (0.17, length), (0.05, length), (0.0, 0.27)]
    outline = [(x * metre, y * metre) for x, y in right_side + [(-x, y) for x, y in right_side[-2::-1]]]
    places = {"waist": right_side[0], "hem": right_side[2], "inner_hem": right_side[3]}
    points = {"crotch": at(0, 0.27 * metre)}
    for name, (x, y) in places.items():
        points |= {f"left_{name}": at(x * metre, y * metre), f"right_{name}": at(-x * metre, y * metre)}
    return _drawn(on, outline, points, "plain")


def dress(on: str = "grey", metre: float = 0.95, waist: float = 0.16) -> Drawn:
    """A dress without sleeves that flares below the waist, which lies that many metres from the middle."""
    right_side = [(0.09, 0.0), (0.17, 0.03), (0.155, 0.12), (0.19, 0.22), (waist, 0.40), (0.33, 0.98)]
    neck = [(x, 0.08 * (1 - (x / 0.09) ** 2)) for x in np.linspace(-0.09, 0.09, 15)]
    outline = neck[:-1] + right_side + [(-x, y) for x, y in right_side[:0:-1]]
    points = {"neckline": at(0, 0.08 * metre)}
    for name, k in (("shoulder", 1), ("armpit", 3), ("hem", 5)):
        x, y = right_side[k]
        points |= {f"left_{name}": at(x * metre, y * metre), f"right_{name}": at(-x * metre, y * metre)}
    return _drawn(on, [(x * metre, y * metre) for x, y in outline], points, "plain")


def skirt(
    on: str = "grey", hem: float = 0.30, cloth: str = "plain", slit: float = 0.0, arc: float = 0.0, waves: float = 0.0,
    length: float = 0.62,
) -> Drawn:  # fmt: skip
    """A skirt of that length that flares to `hem` metres from its middle, with a slit of that width in front, whose hem
    hangs down `arc` metres in the middle and has folds `waves` metres deep; of cloth "border" it has a red hem."""
    right_side = [(0.17, 0.0), (hem, length)]
    gap = [(-slit / 2, length), (0, 0.2), (slit / 2, length)] if slit else []
    if arc or waves:
        across = np.linspace(0.98, -0.98, 121)
        gap = [(float(x * hem), float(length + arc * (1 - x * x) + waves * np.cos(9 * np.pi * x))) for x in -across]
    outline = right_side + gap[::-1] + [(-x, y) for x, y in right_side[::-1]]
    points = {}
    for name, (x, y) in (("waist", right_side[0]), ("hem", right_side[1])):
        points |= {f"left_{name}": at(x, y), f"right_{name}": at(-x, y)}
    drawn = _drawn(on, outline, points, cloth)
    if cloth == "border":
        kernel = np.zeros((2 * round(BORDER * METRE) + 1, 1), np.uint8)
        kernel[round(BORDER * METRE) :] = 1
        drawn.picture[drawn.mask & ~(cv2.erode(drawn.mask.astype(np.uint8), kernel) > 0)] = RED
    return drawn


def shape(outline: list[tuple[float, float]], on: str = "grey") -> np.ndarray:
    """A green shape of corners in pixels on a ground, (960, 720, 3) uint8."""
    return _painted(on, _mask(outline), "plain")


def _drawn(on: str, outline: list[tuple[float, float]], points: dict[str, tuple[float, float]], cloth: str) -> Drawn:
    mask = _mask([at(x, y) for x, y in outline])
    return Drawn(_painted(on, mask, cloth), mask, points)


def _mask(outline: list[tuple[float, float]]) -> np.ndarray:
    out = np.zeros(SIZE, np.uint8)
    cv2.fillPoly(out, [np.round(np.array(outline)).astype(np.int32)], 1)
    return out > 0


def _painted(on: str, mask: np.ndarray, cloth: str) -> np.ndarray:
    picture, colours = ground(on), np.full((*SIZE, 3), GREEN, np.uint8)
    if cloth == "print":
        x, y = at(0, PRINT_DOWN)
        half = PRINT_SIDE * METRE / 2
        cv2.rectangle(colours, (round(x - half), round(y - half)), (round(x + half), round(y + half)), RED, -1)
    row, column = np.mgrid[0 : SIZE[0], 0 : SIZE[1]]
    if cloth == "stripes":
        colours[(row // 36) % 2 == 0] = RED
    if cloth == "slant":
        x, y = (column - MIDDLE) / METRE, (row - TOP) / METRE
        colours[np.abs(x - SLANT * (y - 0.3)) < 0.012] = RED
    if cloth == "checks":
        colours[(row // 36 + column // 36) % 2 == 0] = RED
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.7)[..., None]  # a camera's edge
    return (picture * (1 - soft) + colours * soft + 0.5).astype(np.uint8)


def is_red(picture: np.ndarray) -> np.ndarray:
    """(H, W) bool: where a picture (H, W, 3) uint8 RGB shows the red of a print."""
    colours = picture.astype(int)
    return colours[..., 0] > colours[..., 1] + 60


def resting_places(iuv: np.ndarray) -> np.ndarray:
    """(H, W, 3): where on the resting body each pixel lies, NaN off it."""
    pixel, xy = texels_seen(iuv)
    column, row = np.minimum(np.round(xy), 511).astype(int).T
    g = rest_surface()
    out = np.full((iuv.shape[0] * iuv.shape[1], 3), np.nan)
    out[pixel] = np.stack([g.x[row, column], g.y[row, column], g.z[row, column]], 1)
    return out.reshape(iuv.shape)
