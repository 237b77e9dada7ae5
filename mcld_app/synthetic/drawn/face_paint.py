"""What is painted on a face: blush, shadows of age, lips, lids and lashes, brows, beard, and the hair's ground.

Places are metres on the average head, see `assets/body/skeleton.json`: eyes at |x| = 0.032, y = 1.667; nose tip at
y = 1.630; mouth at y = 1.5975, its corners at |x| = 0.0235.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.synthetic.drawn.skin_places import SkinPlaces
from mcld_app.synthetic.drawn.spec import DrawnPerson

_EYE = (0.0316, 1.6672)
_MOUTH, _CORNER = 1.5975, 0.0235
_HAIRLINE = 1.731


def paint_face(out: np.ndarray, p: SkinPlaces, person: DrawnPerson) -> None:
    """Paint on a head's picture (H, W, 3) float32 sRGB 0..255, in place."""
    skin, old = person.skin, person.head.old
    tone = np.array(skin.tone, np.float32)
    red, dark = tone * (1.0, 0.74, 0.70), tone * (0.66, 0.56, 0.54)
    side, front = np.abs(p.x), p.z > 0.04
    rng = np.random.default_rng(person.seed)

    def spot(x: float, y: float, wide: float, high: float) -> np.ndarray:
        return np.exp(-(((side - x) / wide) ** 2) - ((p.y - y) / high) ** 2) * front

    _mix(out, 0.34 * skin.blush * spot(0.045, 1.628, 0.020, 0.016), red)
    _mix(out, 0.25 * skin.blush * spot(0.0, 1.631, 0.013, 0.011), red)
    _mix(out, 0.25 * p.masks["ears"], red)
    _mix(out, (0.10 + 0.25 * old) * spot(0.033, 1.654, 0.014, 0.005), dark)
    fold = np.abs(side - 0.0215 - 0.33 * np.clip(1.632 - p.y, 0, 0.04))
    reach = _step(p.y, 1.598, 1.607) * (1 - _step(p.y, 1.624, 1.631))
    _mix(out, (0.04 + 0.34 * old) * np.exp(-((fold / 0.0022) ** 2)) * reach * front, dark)
    for k in range(3):
        line = p.y - 1.702 - 0.0085 * k - 0.0015 * np.sin(side * 90 + k)
        _mix(out, 0.22 * old * np.exp(-((line / 0.0012) ** 2)) * (side < 0.036) * front, dark)
        crow = p.y - 1.667 - 0.006 * (k - 1) * (side - 0.040) * 60
        _mix(
            out, 0.22 * old * np.exp(-((crow / 0.001) ** 2)) * _step(side, 0.047, 0.051) * (side < 0.062) * front, dark
        )
    if skin.freckles > 0:
        dots = cv2.GaussianBlur(rng.normal(0, 1, p.x.shape).astype(np.float32), (0, 0), 1.6)
        dots = _step(dots / dots.std(), 1.1, 1.7) * np.exp(-(((p.y - 1.64) / 0.028) ** 2)) * (side < 0.065) * front
        _mix(out, 0.5 * skin.freckles * dots, tone * (0.74, 0.58, 0.50))
    _lips(out, p, person, dark)
    _lids(out, p, person, side, front)
    strands = _strands(rng, p.x.shape)
    _hair_ground(out, p, person, side, strands)
    _beard(out, p, person, side, strands)
    _brows(out, p, person, side, strands)


def _lips(out: np.ndarray, p: SkinPlaces, person: DrawnPerson, dark: np.ndarray) -> None:
    lips = np.array(person.skin.lips, np.float32)
    _mix(out, (0.55 + 0.35 * person.skin.makeup) * _step(p.masks["lips"], 0.25, 0.75), lips)
    _mix(out, p.masks["inside_mouth"] * 0.9, lips * 0.35)
    bend = _MOUTH - 8 * (np.abs(p.x) - 0.010).clip(0) ** 2
    inside = np.exp(-(((p.y - bend) / 0.0013) ** 2)) * (np.abs(p.x) < _CORNER + 0.001) * (p.z > 0.09)
    _mix(out, 0.75 * inside, lips * 0.30)
    corner = np.exp(-(((np.abs(p.x) - _CORNER - 0.001) / 0.003) ** 2) - ((p.y - _MOUTH + 0.001) / 0.002) ** 2)
    _mix(out, 0.35 * corner * (p.z > 0.08), dark * 0.7)
    nostril = np.exp(-(((np.abs(p.x) - 0.0085) / 0.0042) ** 2) - ((p.y - 1.6205) / 0.0028) ** 2)
    _mix(out, 0.6 * nostril * (p.z > 0.09) * (p.z < 0.128), dark * 0.5)


def _lids(out: np.ndarray, p: SkinPlaces, person: DrawnPerson, side: np.ndarray, front: np.ndarray) -> None:
    x, y = (side - _EYE[0]) / 0.0132, (p.y - _EYE[1]) / 0.0056
    rim = np.hypot(x, y)
    upper = _step(p.y, _EYE[1] - 0.0004, _EYE[1] + 0.0010)
    near = front & (rim < 1.5)
    if person.skin.makeup > 0:
        shadow = np.array(person.skin.tone, np.float32) * (0.62, 0.50, 0.52)
        lid = np.exp(-(((rim - 1.15) / 0.45) ** 2)) * upper * (rim < 2.2) * front
        _mix(out, 0.6 * person.skin.makeup * lid, shadow)
    lash = np.array((26, 20, 18), np.float32)
    _mix(out, (0.72 + 0.25 * person.skin.makeup) * np.exp(-(((rim - 0.92) / 0.17) ** 2)) * upper * near, lash)
    _mix(out, 0.28 * np.exp(-(((rim - 0.9) / 0.14) ** 2)) * (1 - upper) * near, lash * 2)
    crease = np.exp(-(((p.y - _EYE[1] - 0.0085 + 9 * (side - _EYE[0]) ** 2) / 0.0011) ** 2)) * (np.abs(x) < 1.0)
    _mix(out, 0.35 * crease * front, np.array(person.skin.tone, np.float32) * 0.6)


def _brows(out: np.ndarray, p: SkinPlaces, person: DrawnPerson, side: np.ndarray, strands: np.ndarray) -> None:
    skin = person.skin
    along = (side - 0.0335) / 0.0205  # -1 beside the nose .. 1 at the temple
    middle = 1.6842 + skin.brow_lift + 0.0045 * (1 - along**2) - 0.0015 * along - 0.003 * (along - 0.35).clip(0)
    thick = 0.0034 * skin.brow * np.clip(1.0 - 0.50 * along, 0.2, 1.15)
    amount = _step(thick - np.abs(p.y - middle), -0.0010, 0.0014) * _step(1 - np.abs(along), 0.0, 0.22)
    _mix(out, 0.92 * amount * (0.55 + 0.55 * strands) * (p.z > 0.05), np.array(skin.brows, np.float32) * 0.8)


def _beard(out: np.ndarray, p: SkinPlaces, person: DrawnPerson, side: np.ndarray, strands: np.ndarray) -> None:
    skin = person.skin
    if skin.beard <= 0:
        return
    cheek = _step(side, 0.036, 0.055) * _step(1.640 - 0.25 * (side - 0.05) - p.y, 0, 0.016)
    chin = _step(1.5905 - p.y, 0, 0.006) * (1.0 if skin.cut in ("full", "stubble") else _step(0.024 - side, 0, 0.006))
    lip = _step(0.0285 - side, 0, 0.005) * _step(1.6205 - p.y, 0, 0.004) * _step(p.y, 1.594, 1.600)
    beside = _step(side, 0.0225, 0.027) * _step(0.033 - side, 0, 0.006) * _step(1.608 - p.y, 0, 0.006)
    parts = {"full": (cheek, chin, lip, beside), "stubble": (cheek, chin, lip, beside)}
    parts |= {"moustache": (lip,), "goatee": (chin, lip, beside)}
    area = np.clip(np.sum(parts.get(skin.cut, parts["full"]), axis=0), 0, 1)
    area *= _step(p.z, 0.005, 0.03) * (1 - _step(p.masks["lips"], 0.3, 0.7)) * _step(p.y, 1.535, 1.556)
    area *= 1 - 0.5 * np.exp(-((side / 0.012) ** 2) - ((p.y - 1.583) / 0.004) ** 2)
    area = cv2.GaussianBlur(area.astype(np.float32), (0, 0), 2.0)
    strength = skin.beard * (0.55 if skin.cut == "stubble" else 1.0)
    _mix(out, strength * area * (0.45 + 0.6 * strands), np.array(person.hair.colour, np.float32) * 0.62)


def _hair_ground(out: np.ndarray, p: SkinPlaces, person: DrawnPerson, side: np.ndarray, strands: np.ndarray) -> None:
    """The scalp: shaved hair, or what shows between strands."""
    line = _HAIRLINE - 1.3 * np.clip(0.0725 - p.z, 0, 0.2) - 0.25 * np.clip(side - 0.045, 0, 0.02)
    scalp = _step(p.y - line, -0.004, 0.008)
    temple = _step(0.066 - p.z, 0, 0.010) * _step(p.y, 1.668, 1.684) * (side > 0.05)
    neck = _step(-p.z, 0.028, 0.045) * _step(p.y, 1.578, 1.61)
    scalp = np.maximum(np.maximum(scalp, temple), neck) * (1 - p.masks["ears"])
    scalp = cv2.GaussianBlur(scalp.astype(np.float32), (0, 0), 2.5)
    bald = person.hair.style == "bald"
    # The maps show cropped hair; on a bald head skin comes back.
    tone = np.array(person.skin.tone, np.float32)
    if bald:
        _mix(out, scalp, tone * (1.0, 0.97, 0.96))
        _mix(out, 0.10 * scalp * strands, np.array(person.hair.colour, np.float32))
        return
    strength = 0.72 if person.hair.style == "shaved" else 0.95
    _mix(out, strength * scalp * (0.62 + 0.38 * strands), np.array(person.hair.colour, np.float32) * 0.75)


def _strands(rng: np.random.Generator, size: tuple[int, ...]) -> np.ndarray:
    """(H, W) float32 0..1: short hairs."""
    noise = cv2.GaussianBlur(rng.normal(0, 1, size).astype(np.float32), (0, 0), sigmaX=1.6, sigmaY=0.7)
    return np.clip(0.5 + 0.4 * noise / noise.std(), 0, 1)


def _step(values: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((values - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _mix(picture: np.ndarray, amount: np.ndarray, colour: np.ndarray) -> None:
    a = np.clip(amount, 0, 1)[..., None].astype(np.float32)
    picture += a * (np.asarray(colour, np.float32) - picture)
