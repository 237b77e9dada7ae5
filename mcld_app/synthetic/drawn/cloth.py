"""Pictures of cloth: pattern, print, weave, folds, seams and buttons, laid on a garment's own picture.

Every pixel of it knows which place of the average adult it dresses, so stripes and checks run in metres and hems are
where the cut is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.mannequin.human import human_body
from mcld_app.body.mannequin.skeleton import BONES, COS, SHOULDER, SIN
from mcld_app.body.raster import interpolate, rasterise
from mcld_app.synthetic.drawn.garments import KINDS, SKIN, WAIST, along_arm, arm_share, inside, out_at
from mcld_app.synthetic.drawn.spec import Cloth, Garment
from mcld_app.synthetic.drawn.store import heads, piece, resized
from mcld_app.synthetic.prints import stamp
from mcld_app.synthetic.wardrobe import Cloth as Pattern
from mcld_app.synthetic.wardrobe import pattern

SIDE = 512
"""Height and width of a garment's picture."""

PATTERNS = ("plain", "stripes", "pinstripes", "dots", "plaid", "blocks")
WEAVES = ("jersey", "woven", "denim", "knit", "wool", "leather")
_SOCK = 0.112  # metres above the floor where shoes end and socks begin
_HIPS, _CROTCH = 0.98, 0.14  # metres up, and below that: there the trunk's cloth goes over into the legs
_CHEST = 1.28  # metres up
_LEGS = [list(BONES).index(f"{side}_{bone}") for side in ("left", "right") for bone in ("hip", "knee", "ankle")]


@dataclass(frozen=True, eq=False)
class ClothPlaces:
    """What the pixels of a garment's picture dress; arrays (SIDE, SIDE), read-only.

    Attributes:
        home: (SIDE, SIDE, 3) float32, metres on the average adult.
        arms: float32, how much of it hangs on the arms.
        along, across: float32, metres along the cloth (down the trunk and legs, out along the arms) and across it.
        shown: bool.
    """

    home: np.ndarray
    arms: np.ndarray
    along: np.ndarray
    across: np.ndarray
    shown: np.ndarray


@lru_cache(maxsize=32)
def cloth_places(name: str) -> ClothPlaces:
    """The places of a piece's picture; of the body's own skirt where `name` is ""."""
    if name == "":
        v, u = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
        angle = (u - 0.5) * 2 * np.pi
        up = 1.15 - v
        home = np.stack([0.18 * np.sin(angle), up, 0.18 * np.cos(angle)], -1)
        return _kept(ClothPlaces(home, np.zeros_like(u), 1.5 - up, 0.17 * angle, np.ones(u.shape, bool)))
    h = human_body()
    p = None if name == SKIN else piece("clothes", name)
    home, weights = (h.vertices, h.weights) if p is None else (p.on(h.vertices), p.weights)
    faces, places = (heads().faces, heads().places) if p is None else (p.faces, p.places)
    shares = np.column_stack([arm_share(weights), weights[:, _LEGS].sum(1)])
    corners = places * SIDE - 0.5
    values = np.column_stack([home, shares]).astype(np.float32)
    exact = rasterise(corners, (SIDE, SIDE))
    pixel, found = interpolate(
        corners, values[faces], np.where(exact >= 0, exact, rasterise(corners, (SIDE, SIDE), overlap=0.8))
    )
    planes = np.zeros((5, SIDE * SIDE), np.float32)
    planes[:, pixel] = found.T
    shown = np.zeros(SIDE * SIDE, bool)
    shown[pixel] = True
    planes = planes.reshape(5, SIDE, SIDE)
    home = planes[:3].transpose(1, 2, 0).copy()
    return _kept(ClothPlaces(home, planes[3], *_on_cloth(home, *planes[3:]), shown.reshape(SIDE, SIDE)))


def _on_cloth(home: np.ndarray, arms: np.ndarray, legs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(SIDE, SIDE) float32 each, `ClothPlaces.along` and `.across`, of places that hang on arms and legs by so much.
    Worked out pixel by pixel: between a trunk's corner of a triangle and a sleeve's, places on the cloth jump."""
    x, y, z = home[..., 0], home[..., 1], home[..., 2]
    side = np.sign(x)
    yoke = np.clip((y - _CHEST) / 0.08, 0, 1)  # above the chest cloth hangs flat, in front and behind, from a seam
    flat = np.where(z > -0.03, x, 0.16 * np.pi * side - x)
    trunk = 0.16 * np.arctan2(x, z + 0.03) * (1 - yoke) + flat * yoke
    leg = 0.12 * side + 0.085 * np.arctan2(x - 0.115 * side, z + 0.03)
    share = np.clip((_HIPS - y) / _CROTCH, 0, 1) * (legs > 0.1)
    on_arm = arms > 0.5
    over = (np.abs(x) - SHOULDER[0]) * COS + (y - SHOULDER[1]) * SIN
    sleeve = 0.055 * np.arctan2(z - SHOULDER[2], over)
    along = np.where(on_arm, along_arm(home), 1.5 - y)
    across = np.where(on_arm, sleeve, trunk * (1 - share) + leg * share)
    return along.astype(np.float32), across.astype(np.float32)


def cloth_picture(garment: Garment, seed: int) -> np.ndarray:
    """(SIDE, SIDE, 3) uint8 sRGB."""
    kind, cloth = KINDS[garment.kind], garment.cloth
    p = cloth_places(kind.piece)
    rng = np.random.default_rng(seed)
    if kind.region == "shoes" or kind.piece == "suit-jacket":
        out = _tinted(resized(f"clothes-{kind.piece}", SIDE, SIDE), cloth, kind.piece)
        if kind.region == "shoes":
            out[p.home[..., 1] > _SOCK] = cloth.second
        return out
    told = Pattern(cloth.pattern, cloth.colour, cloth.second, cloth.scale)
    out = pattern(told, p.along, _spread_out(garment, p) if kind.piece == "" else p.across)
    if cloth.motif:
        _print(out, p, cloth)
    shade = _woven(cloth.weave, p, rng)
    if kind.piece not in ("", SKIN):
        relief = resized(f"clothes-{kind.piece}", SIDE, SIDE)[..., 0].astype(np.float32) / 128
        strength = 1.0 if cloth.weave == "denim" else 0.75
        shade *= 1 + strength * (relief - 1)
    shade *= 1 + _folds(garment, p, rng)
    edge = inside(garment, p.home.reshape(-1, 3), p.arms.ravel()).reshape(SIDE, SIDE)
    hem = np.exp(-(((edge - 0.018) / 0.0022) ** 2))  # the hem's seam
    shade *= 1 - 0.30 * hem - 0.16 * np.clip(1 - edge / 0.018, 0, 1)
    out *= shade[..., None]
    if garment.kind in ("shirt", "blouse"):
        _buttons(out, p)
    return _spread(out, p.shown)


def _spread_out(garment: Garment, p: ClothPlaces) -> np.ndarray:
    """(SIDE, SIDE) float32: `ClothPlaces.across` of a skirt, whose cloth is wider the lower it hangs."""
    return p.across * (1 + out_at(garment, np.clip(WAIST - p.home[..., 1], 0, 1)) / 0.17)


def _kept(places: ClothPlaces) -> ClothPlaces:
    for name in ("home", "arms", "along", "across", "shown"):
        getattr(places, name).setflags(write=False)
    return places


def _print(out: np.ndarray, p: ClothPlaces, cloth: Cloth) -> None:
    """A motif on the chest, 0.2 m wide."""
    mask = stamp(cloth.motif)
    side = len(mask)
    u = (p.home[..., 0] + 0.10) / 0.20 * side
    v = (1.40 - p.home[..., 1]) / 0.20 * side
    amount = cv2.remap(mask, u, v, cv2.INTER_LINEAR).astype(np.float32) / 255
    amount *= (p.home[..., 2] > 0) & (p.arms < 0.5) & p.shown
    out += amount[..., None] * 0.94 * (np.array(cloth.second, np.float32) - out)


def _woven(weave: str, p: ClothPlaces, rng: np.random.Generator) -> np.ndarray:
    """(SIDE, SIDE) float32 around 1: what threads do to a colour."""
    noise = rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32)
    if weave == "knit":
        rows = np.sin(p.across / 0.011 * 2 * np.pi)
        return 1 + 0.13 * rows * (0.7 + 0.3 * np.sin(p.along / 0.009 * 2 * np.pi)) + 0.02 * noise
    if weave == "denim":
        slub = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.5, sigmaY=2.5)
        return 1 + 0.035 * slub / slub.std()
    if weave == "leather":
        grain = cv2.GaussianBlur(noise, (0, 0), 1.2)
        return 1 + 0.06 * grain / grain.std()
    return 1 + {"jersey": 0.010, "woven": 0.014, "wool": 0.035}.get(weave, 0.02) * noise


def _folds(garment: Garment, p: ClothPlaces, rng: np.random.Generator) -> np.ndarray:
    """(SIDE, SIDE) float32 around 0: soft folds, across at waist, elbow and knee, down elsewhere."""
    up, on_arm = p.home[..., 1], p.arms > 0.5
    grids = [rng.normal(0, 0.55, (64, 64)).astype(np.float32) for _ in range(4)]

    def height(dx: float, dy: float) -> tuple[np.ndarray, np.ndarray]:
        x, y = p.across + dx, p.along + dy
        bent = 0.03 * _noise(grids[0], x / 0.07, y / 0.09)
        long = _noise(grids[1], (x + bent) / 0.035, y / 0.20)
        cross = 1 - 2 * np.abs(_noise(grids[2], (x + 2 * bent) / 0.09, (y + bent + 0.35 * x) / 0.034))
        return long, cross

    # What is lit is a fold's slope: higher on the lower right is turned away from the light.
    one, other = height(-0.004, -0.005), height(0.004, 0.005)
    long, cross = one[0] - other[0], one[1] - other[1]
    bends = np.where(
        on_arm,
        np.exp(-(((p.along - 0.27) / 0.08) ** 2)),
        np.exp(-(((up - 1.08) / 0.10) ** 2)) + 0.8 * np.exp(-(((up - 0.51) / 0.08) ** 2))
        + 0.8 * np.exp(-(((up - 0.10) / 0.06) ** 2)),
    )  # fmt: skip
    if KINDS[garment.kind].hangs:
        return 0.22 * _noise(grids[3], p.across / 0.06, p.along / 0.9) * np.clip(1.05 - up, 0, 0.4) / 0.4
    strength = {"knit": 0.6, "leather": 1.2, "wool": 0.8}.get(garment.cloth.weave, 1.0)
    return strength * (0.20 * long + (0.05 + 0.22 * np.clip(bends, 0, 1)) * cross)


def _noise(grid: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Smooth noise of about -1..1 at places in cells of a grid (64, 64)."""
    x, y = np.mod(x + 31, 63).astype(np.float32), np.mod(y + 31, 63).astype(np.float32)
    x, y = _eased(x), _eased(y)
    return np.clip(cv2.remap(grid, x, y, cv2.INTER_LINEAR), -1.2, 1.2)


def _eased(x: np.ndarray) -> np.ndarray:
    whole = np.floor(x)
    t = x - whole
    return whole + t * t * (3 - 2 * t)


def _buttons(out: np.ndarray, p: ClothPlaces) -> None:
    front = (p.home[..., 2] > 0.02) & p.shown & (p.arms < 0.3)
    side = p.home[..., 0]
    for height in np.arange(1.43, 0.95, -0.082):
        ring = np.hypot(side - 0.002, p.home[..., 1] - height)
        out[front & (ring < 0.0065)] *= 0.62
        out[front & (ring < 0.0050)] = (236, 232, 224)


def _tinted(picture: np.ndarray, cloth: Cloth, name: str) -> np.ndarray:
    """A picture with colours of its own, lighter or darker, and where it is coloured at all in the cloth's hue."""
    light = picture[..., :3].astype(np.float32).mean(2, keepdims=True)
    if name == "suit-jacket":  # its dark cloth takes the colour, shirt and tie keep theirs
        dark = np.clip((110 - light) / 40, 0, 1)
        return np.clip(dark * (light / 34) * np.array(cloth.colour) + (1 - dark) * picture, 0, 255).astype(np.uint8)
    share = light / max(float(np.percentile(light[light > 12], 80)), 20)
    return np.clip(share**0.8 * np.array(cloth.colour, np.float32), 0, 255).astype(np.uint8)


def _spread(picture: np.ndarray, shown: np.ndarray) -> np.ndarray:
    whole = cv2.GaussianBlur(shown.astype(np.float32), (0, 0), 3)
    around = cv2.GaussianBlur(picture * shown[..., None], (0, 0), 3) / np.maximum(whole, 1e-3)[..., None]
    return np.clip(np.where(shown[..., None], picture, around) + 0.5, 0, 255).astype(np.uint8)
