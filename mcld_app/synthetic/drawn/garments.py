"""Garments as sheets: which piece each kind is made of, how it is cut, and how garments lie on each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcld_app.body.mannequin.human import human_body
from mcld_app.body.mannequin.skeleton import BONES, COS, SHOULDER, SIN
from mcld_app.synthetic.drawn.sheet import Sheet, clipped, normals, pushed_out
from mcld_app.synthetic.drawn.spec import Garment
from mcld_app.synthetic.drawn.store import heads, piece


@dataclass(frozen=True)
class Kind:
    """A kind of garment: the piece it is made of ("" for the body's own skirt), what it dresses, how far (metres) it
    stands off what lies under it, and the weave it is mostly made of."""

    piece: str
    region: str  # "upper", "lower", "shoes", "head" or "neck"
    distance: float
    hangs: bool = False  # a skirt: it is not on the map of the body


SKIN = "skin"
"""The name of the piece that is the body's own skin: what lies close on it is made of that."""

KINDS: dict[str, Kind] = {
    "tee": Kind("tee", "upper", 0.006), "straight-tee": Kind("straight-tee", "upper", 0.008),
    "long-tee": Kind("long-tee", "upper", 0.006), "shirt": Kind("shirt", "upper", 0.007),
    "blouse": Kind("blouse", "upper", 0.006), "jumper": Kind("long-tee", "upper", 0.012),
    "jacket": Kind("long-tee", "upper", 0.018), "suit-jacket": Kind("suit-jacket", "upper", 0.008),
    "jeans": Kind("jeans", "lower", 0.006), "slim-jeans": Kind("slim-jeans", "lower", 0.005),
    "trousers": Kind("suit-trousers", "lower", 0.005), "shorts": Kind("jeans", "lower", 0.006),
    "pencil-skirt": Kind("skirt", "lower", 0.006, True), "skirt": Kind("", "lower", 0.008, True),
    "lace-ups": Kind("lace-ups", "shoes", 0.0), "dress-shoes": Kind("dress-shoes", "shoes", 0.0),
    "trainers": Kind("trainers", "shoes", 0.0), "headscarf": Kind(SKIN, "head", 0.013),
    "beanie": Kind(SKIN, "head", 0.013), "collar": Kind(SKIN, "neck", 0.010),
}  # fmt: skip

NECKS = ("crew", "v", "scoop", "boat", "high")
WAIST = 1.045  # metres, where skirts hang from
_ARMS = [list(BONES).index(f"{side}_{bone}") for side in ("left", "right") for bone in ("shoulder", "elbow", "wrist")]


def arm_share(weights: np.ndarray) -> np.ndarray:
    """(N,) 0..1: how much of a vertex the arms carry."""
    return weights[:, _ARMS].sum(1)


def along_arm(places: np.ndarray) -> np.ndarray:
    """(..., ) metres from the shoulder joint along the arm, of places (..., 3) on the average adult."""
    return (np.abs(places[..., 0]) - SHOULDER[0]) * SIN - (places[..., 1] - SHOULDER[1]) * COS


def garment_sheet(garment: Garment, body: np.ndarray, seed: int) -> Sheet:
    """A garment cut and laid on a body of those rest positions (V, 3), not yet pushed off what lies under it."""
    kind = KINDS[garment.kind]
    if kind.piece == "":
        sheet = _flared(garment, body, seed)
    elif kind.piece == SKIN:
        h = human_body()
        sheet = Sheet(body, h.vertices, h.weights, heads().faces, heads().places)
    else:
        p = piece("clothes", kind.piece)
        average = human_body().vertices
        sheet = Sheet(p.on(body).astype(np.float32), p.on(average).astype(np.float32), p.weights, p.faces, p.places)
    sheet = clipped(sheet, inside(garment, sheet.home, arm_share(sheet.weights)))
    if garment.loose:
        out = normals(sheet.rest, sheet.faces)
        sheet = sheet.moved(sheet.rest + out * _looseness(garment, sheet)[:, None])
    return sheet


def inside(garment: Garment, home: np.ndarray, arms: np.ndarray) -> np.ndarray:
    """(N,) metres: how far inside a garment's cut places (N, 3) of the average adult lie; below 0 they are cut off."""
    kind = KINDS[garment.kind]
    out = np.full(len(home), 1.0)
    side, up, front = np.abs(home[:, 0]), home[:, 1], home[:, 2]
    if kind.region == "upper":
        if garment.sleeve <= 0:
            out = np.where((side > 0.155) & (up > 1.30), 0.19 - side + 0.05 * (up - 1.42), out)
            out = np.where((arms > 0.5) & (up < 1.36), -1.0, out)
        else:
            out = np.where(arms > 0.5, garment.sleeve - along_arm(home), out)
        trunk = np.minimum(up - garment.hem, neckline(garment.neck, side, up, front))
        out = np.where(arms > 0.5, out, np.minimum(out, trunk))
        if garment.open:
            gap = 0.045 + 0.05 * np.clip(1.45 - up, 0, 0.5)
            out = np.where((front > 0.0) & (arms < 0.3), np.minimum(out, side - gap), out)
    elif kind.region == "head":
        ragged = np.hypot(side / 0.062, (up - 1.645) / 0.092) - 1
        face = np.where(front > 0.03, 0.06 * ragged, 0.06 - 2 * np.clip(front - 0.03, 0, 1))
        out = (
            np.minimum(face, up - 1.505 + 0.4 * front)
            if garment.kind == "headscarf"
            else up - 1.695 - 0.1 * (0.1 - front)
        )
    elif kind.region == "neck":
        out = np.minimum(1.572 - 0.30 * np.clip(front, -0.03, 0.06) - up, up - 1.47)
        out = np.where((side > 0.085) | (arms > 0.1), np.minimum(out, 0.085 - side), out)
    elif kind.region == "shoes" and garment.hem > 0:
        out = garment.hem - up
    elif kind.region == "lower":
        out = np.minimum(up - garment.hem, 1.12 - up)
    return out


def neckline(kind: str, side: np.ndarray, up: np.ndarray, front: np.ndarray) -> np.ndarray:
    """Metres below a neckline, for places by |x|, y and z."""
    before = np.clip(front + 0.01, 0, 0.1)
    if kind == "v":
        return 1.505 - up - 1.0 * before + 1.4 * np.clip(side - 0.0, 0, 0.075) - 0.045 * (front > 0.02)
    if kind == "scoop":
        return 1.520 - up - 1.1 * before + 9.0 * side**2
    if kind == "boat":
        return 1.510 - up - 0.15 * before + 0.25 * np.clip(side - 0.06, 0, 0.05)
    if kind == "high":
        return np.full_like(up, 1.0)
    return 1.535 - up - 0.75 * before + 8.0 * side**2


def _looseness(garment: Garment, sheet: Sheet) -> np.ndarray:
    """(N,) metres: more towards hems than at shoulders and waistbands."""
    up = sheet.home[:, 1]
    if KINDS[garment.kind].region == "upper":
        t = along_arm(sheet.home)
        on_arm = arm_share(sheet.weights) > 0.5
        return garment.loose * np.where(on_arm, np.clip(0.3 + t * 2, 0.3, 1), np.clip((1.45 - up) / 0.3, 0.15, 1))
    return garment.loose * np.clip((1.0 - up) / 0.35, 0.0, 1)


def out_at(garment: Garment, down: np.ndarray) -> np.ndarray:
    """Metres that a skirt stands off, so far below the waist."""
    return _flare(garment) * down * 0.45


def _flare(garment: Garment) -> float:
    return 0.10 + 3 * garment.loose


def _flared(garment: Garment, body: np.ndarray, seed: int) -> Sheet:
    """A skirt from the waist, wider and in waves towards its hem."""
    h = human_body()
    used, faces = np.unique(h.skirt, return_inverse=True)
    faces = faces.reshape(-1, 3)
    faces = faces[(h.vertices[used][faces][..., 1] < WAIST + 0.08).all(1)]
    home, rest = h.vertices[used].copy(), body[used].copy()
    around = np.arctan2(home[:, 0], home[:, 2] + 0.02)
    down = np.clip(WAIST - home[:, 1], 0, 1)
    rng = np.random.default_rng(seed)
    waves, first, second = int(rng.integers(5, 9)), *rng.uniform(0, 6.28, 2)
    wave = 0.7 * np.sin(waves * around + first + 1.2 * np.sin(2 * around + second)) + 0.4 * np.sin(2 * waves * around)
    flare = _flare(garment)
    out = 0.006 + out_at(garment, down) + (0.004 + 0.055 * flare) * np.clip(down / 0.25, 0, 1.6) * wave
    way = np.stack([np.sin(around), 0 * around, np.cos(around)], 1)
    weights = h.weights[used]
    places = np.stack([0.5 + around / (2 * np.pi), np.clip(0.02 + (1.13 - home[:, 1]), 0, 1)], 1)[faces]
    # Behind, the angle jumps from one end to the other.
    jump = np.ptp(places[..., 0], axis=1) > 0.5
    places[jump, :, 0] = np.where(places[jump, :, 0] < 0.5, 1.0, places[jump, :, 0])
    to = (way * out[:, None]).astype(np.float32)
    return Sheet(rest + to, home + to, weights, faces.astype(np.int32), places.astype(np.float32))


def dressed(garments: tuple[Garment, ...], body: np.ndarray, skin_faces: np.ndarray, seed: int) -> list[Sheet]:
    """The garments of a person, from the skin outwards, none of them cutting into what it lies on."""
    facing = normals(body, skin_faces)
    used = np.unique(skin_faces)
    points, out = body[used], facing[used]
    sheets: list[Sheet] = []
    for garment in garments:
        sheet = garment_sheet(garment, body, seed)
        kind = KINDS[garment.kind]
        if kind.distance:
            sheet = pushed_out(sheet, points, out, kind.distance)
        sheets.append(sheet)
        if kind.region != "shoes":
            points = np.concatenate([points, sheet.rest])
            out = np.concatenate([out, normals(sheet.rest, sheet.faces)])
    return sheets
