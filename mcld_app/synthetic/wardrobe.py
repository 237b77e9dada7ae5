"""Clothes of drawn people: cut and pattern, painted on the texture map by rule.

Every texel knows which point of the resting body it shows, in metres, so a hem is a height, a sleeve a length along
the arm, and a stripe runs on across the seams of the texture map.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.surface import rest_surface
from mcld_app.synthetic.prints import stamp

Colour = tuple[int, int, int]  # RGB, 0..255

PATTERNS = ("plain", "stripes", "pinstripes", "dots", "plaid", "blocks", "print")
PRINTS = ("star", "heart", "wave", "sun", "MCLD", "tree", "ring", "bolt")


@dataclass(frozen=True)
class Cloth:
    """A pattern: one of `PATTERNS`, its base colour, its second colour, its size (metres between repeats), and
    the motif (one of `PRINTS`) where the pattern is "print"."""

    pattern: str
    colour: Colour
    second: Colour
    scale: float
    motif: str = "star"


@dataclass(frozen=True)
class Top:
    """A top: sleeve length along the arm in metres (negative: none), neckline "worker pool", "v", "boat", "polo" or
    "turtle", the hem's height above the floor, and whether it is open over an inner shirt of the second colour."""

    cloth: Cloth
    sleeve: float
    neck: str
    hem: float
    open_front: bool = False


@dataclass(frozen=True)
class Bottom:
    """Trousers, shorts or a skirt: `kind` "trousers" or "skirt", the hem's height in metres, and for a skirt its
    flare (metres added to the hem's radius)."""

    cloth: Cloth
    kind: str
    hem: float
    flare: float = 0.0


@dataclass(frozen=True)
class Shoes:
    """Shoes: `kind` "sneakers", "boots", "flats" or "barefoot", with their colour and the sole's."""

    kind: str
    colour: Colour
    sole: Colour


WAIST = 1.035


def colours(cloth: Cloth) -> np.ndarray:
    """The cloth laid over the whole texture map: (512, 512, 3) float32 RGB 0..255."""
    g = rest_surface()
    out = pattern(cloth, g.along, g.across)
    if cloth.pattern == "print":
        out = _printed(out, np.array(cloth.second, np.float32), cloth.motif)
    return out


def pattern(cloth: Cloth, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A cloth's colours, without its print: (..., 3) float32 RGB 0..255, at `a` metres along and `b` metres across."""
    s = cloth.scale
    base = np.array(cloth.colour, np.float32)
    other = np.array(cloth.second, np.float32)
    if cloth.pattern == "stripes":
        amount = _edge(np.abs((a / s) % 1 - 0.5) - 0.25, s)
    elif cloth.pattern == "pinstripes":
        amount = 0.7 * _edge(0.12 - np.abs((b / (s * 0.6)) % 1 - 0.5), s * 0.6)
    elif cloth.pattern == "dots":
        row = np.floor(a / s)
        du, dv = (b / s + 0.5 * (row % 2)) % 1 - 0.5, (a / s) % 1 - 0.5
        amount = _edge(0.27 - np.hypot(du, dv), s)
    elif cloth.pattern == "plaid":
        one = _edge(np.abs((a / s) % 1 - 0.5) - 0.30, s)
        two = _edge(np.abs((b / s) % 1 - 0.5) - 0.30, s)
        thin = np.maximum(
            _edge(0.04 - np.abs((a / s + 0.5) % 1 - 0.5), s), _edge(0.04 - np.abs((b / s + 0.5) % 1 - 0.5), s)
        )
        amount = np.clip(0.42 * one + 0.42 * two + 0.35 * thin, 0, 1)
    elif cloth.pattern == "blocks":
        amount = _edge(a - 0.20, 1.0)
    else:
        amount = np.zeros_like(a)
    return base + amount[..., None] * (other - base)


def top_mask(top: Top) -> np.ndarray:
    """Texels a top covers: (512, 512) bool."""
    g = rest_surface()
    trunk = np.isin(g.part, (1, 2))
    front = g.part == 2
    mask = trunk & (g.y > top.hem)
    mask |= np.isin(g.part, range(7, 15)) & (g.y > top.hem)
    side = np.abs(g.x)
    if top.neck == "v":
        mask &= ~(front & (g.y > 1.365 + 1.55 * side) & (side < 0.09))
    elif top.neck == "boat":
        mask &= ~(trunk & (g.y > 1.455 + 0.1 * side))
    elif top.neck == "crew":
        mask &= ~(front & (g.y > 1.460 + 5.0 * side**2) & (side < 0.085))
        mask &= ~((g.part == 1) & (g.y > 1.515))
    if top.neck in ("turtle", "polo"):
        mask |= (g.part >= 23) & (g.y < (1.566 if top.neck == "turtle" else 1.545) - 0.25 * np.clip(g.z, -0.05, 0.06))
    if top.sleeve > 0:
        mask |= np.isin(g.part, range(15, 23)) & (g.arm < top.sleeve)
    else:
        mask &= ~(trunk & (g.y > 1.33) & (side > 0.125 - 0.25 * (g.y - 1.33)))
    return mask


def bottom_mask(bottom: Bottom) -> np.ndarray:
    """Texels trousers, shorts or a skirt cover: (512, 512) bool."""
    g = rest_surface()
    return np.isin(g.part, (1, 2, *range(7, 15))) & (g.y < WAIST) & (g.y > bottom.hem)


def shoes_mask(shoes: Shoes) -> np.ndarray:
    """Texels shoes cover: (512, 512) bool."""
    g = rest_surface()
    feet = np.isin(g.part, (5, 6))
    if shoes.kind == "barefoot":
        return np.zeros_like(feet)
    if shoes.kind == "flats":
        return feet & ((g.y < 0.035) | (g.z > 0.045))
    if shoes.kind == "boots":
        return feet | (np.isin(g.part, range(11, 15)) & (g.y < 0.21))
    return feet


def paint_clothes(canvas: np.ndarray, top: Top, bottom: Bottom, shoes: Shoes) -> dict[str, np.ndarray]:
    """Dress a painted body.

    Args:
        canvas: (512, 512, 3) float32 RGB 0..255, painted over in place.

    Returns:
        "top", "bottom", "shoes" -> (512, 512) bool, the texels that show each in the end.
    """
    g = rest_surface()
    foot = shoes_mask(shoes)
    canvas[foot] = shoes.colour
    if shoes.kind in ("sneakers", "boots"):
        lower_in_front = 0.014 * np.clip((g.z - 0.04) / 0.06, 0, 1)  # toes are no higher than a sole
        sole = foot & np.isin(g.part, (5, 6)) & (g.y < 0.022 - lower_in_front)
        canvas[sole] = shoes.sole
        if shoes.kind == "sneakers":
            laces = foot & (np.abs(np.abs(g.x) - 0.128) < 0.018) & (g.z > 0.0) & (g.z < 0.075) & (g.y > 0.03)
            canvas[laces & ((g.z * 90) % 1 < 0.45)] = (245, 245, 245)
    legs = bottom_mask(bottom)
    legs &= ~foot
    canvas[legs] = colours(bottom.cloth)[legs]
    seam = legs & (np.abs(g.y - WAIST) < 0.022)
    canvas[seam] *= 0.78
    if bottom.kind == "trousers":
        canvas[legs & (np.abs(g.x) < 0.0035) & (g.z > 0) & (g.y > 0.90)] *= 0.7
        pocket = legs & (g.z > 0) & (np.abs(g.y - 0.965 - 0.6 * (np.abs(g.x) - 0.12)) < 0.0035) & (np.abs(g.x) > 0.09)
        canvas[pocket] *= 0.72
        canvas[legs & (g.y < bottom.hem + 0.012)] *= 0.86
    upper = top_mask(top)
    cloth = colours(top.cloth)
    if top.open_front:
        inner = upper & (g.part == 2) & (np.abs(g.x) < 0.045 + 0.03 * np.clip(1.45 - g.y, 0, 0.3))
        cloth[inner] = np.array((244, 242, 238), np.float32)
        rim = upper & (g.part == 2) & ~inner & (np.abs(g.x) < 0.058 + 0.03 * np.clip(1.45 - g.y, 0, 0.3))
        cloth[rim] *= 0.8
    if top.neck == "polo":
        placket = upper & (g.part == 2) & (np.abs(g.x) < 0.012)
        cloth[placket] *= 0.88
        for height in np.arange(1.45, top.hem, -0.085):
            cloth[upper & (g.part == 2) & (np.hypot(g.x, g.y - height) < 0.0055)] = (250, 248, 240)
        cloth[upper & (g.y > 1.500)] *= 0.86
    canvas[upper] = cloth[upper]
    hems = upper & (np.abs(g.y - top.hem) < 0.010) & np.isin(g.part, (1, 2, *range(7, 15)))
    if top.sleeve > 0:
        hems |= upper & (g.arm > top.sleeve - 0.012) & np.isin(g.part, range(15, 23))
    rim = cv2.morphologyEx(upper.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    hems |= upper & rim & (g.part == 2) & (g.y > 1.3)
    canvas[hems] *= 0.82
    return {"top": upper, "bottom": legs & ~upper, "shoes": foot}


def _edge(signed: np.ndarray, unit: float) -> np.ndarray:
    """0..1 across the edge at 0, about one texel (3 mm) wide; `unit` metres make 1 of `signed`."""
    return np.clip(signed * unit / 0.003 + 0.5, 0, 1).astype(np.float32)


def _printed(out: np.ndarray, ink: np.ndarray, motif: str) -> np.ndarray:
    """A motif on the chest, 0.2 m wide."""
    g = rest_surface()
    drawn = stamp(motif)
    side = len(drawn)
    u = (g.x + 0.105) / 0.21 * side
    v = (1.375 - g.y) / 0.21 * side
    amount = cv2.remap(drawn, u.astype(np.float32), v.astype(np.float32), cv2.INTER_LINEAR).astype(np.float32) / 255
    amount *= g.part == 2
    return out + amount[..., None] * (ink - out)
