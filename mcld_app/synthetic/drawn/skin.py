"""Skin painted by rule: tones, texture, brows, lips, lids, beards and age, on the places of the average head.

A head's picture starts from maps of skin of several ages and peoples, which say how much lighter, darker or redder a
place is than the cheeks; what makes one person's face is painted on it in metres of the average head.
"""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.synthetic.drawn.face_paint import paint_face
from mcld_app.synthetic.drawn.skin_places import BODY, HEAD, skin_places
from mcld_app.synthetic.drawn.spec import DrawnPerson
from mcld_app.synthetic.drawn.store import resized

RACES = ("african", "asian", "caucasian")
_DETAIL = 0.85  # how much of a map's contrast is taken


def head_picture(person: DrawnPerson) -> np.ndarray:
    """(800, 436, 3) uint8 sRGB: the head's skin, with brows, lips, beard and what hair grows from."""
    p = skin_places(True)
    out = _head_map(person) * np.array(person.skin.tone, np.float32)
    out *= 1 + _grain(person.seed, HEAD, 0.022)[..., None]
    paint_face(out, p, person)
    return _spread(out, p.shown)


def body_picture(person: DrawnPerson) -> np.ndarray:
    """(384, 384, 3) uint8 sRGB: the skin of neck, arms, hands and legs."""
    p = skin_places(False)
    tone = np.array(person.skin.tone, np.float32)
    out = np.ones((*BODY, 3), np.float32) * tone
    out *= 1 + _grain(person.seed + 1, BODY, 0.020)[..., None]
    # Blood shows at elbows, knees and knuckles; nails are paler.
    arm = np.hypot(np.abs(p.x) - 0.377, p.y - 1.229)
    red = 0.45 * np.exp(-((arm / 0.05) ** 2)) * (p.z < 0) + 0.35 * np.exp(-(((p.y - 0.51) / 0.06) ** 2)) * (p.z > 0)
    red = red + 0.5 * np.exp(-((np.hypot(np.abs(p.x) - 0.62, p.y - 0.99) / 0.045) ** 2))
    mix(out, red * 0.5, tone * (0.97, 0.80, 0.76))
    mix(out, p.masks["fingernails"] * 0.7, np.minimum(tone * (1.10, 1.0, 1.0) + (8, 0, 4), 255))
    mix(out, p.masks["inside_mouth"] * 2, tone * (0.42, 0.24, 0.24))
    picture = _spread(out, p.shown)
    picture[:5, :5] = tone * (0.30, 0.15, 0.15)  # see `skin_places.DARK`
    return picture


def mix(picture: np.ndarray, amount: np.ndarray, colour: np.ndarray) -> None:
    """Lay a colour (3,) over a picture (H, W, 3) float32 by an amount (H, W) 0..1, in place."""
    a = np.clip(amount, 0, 1)[..., None].astype(np.float32)
    picture += a * (np.asarray(colour, np.float32) - picture)


def _head_map(person: DrawnPerson) -> np.ndarray:
    """(800, 436, 3) float32: the maps of the person's age, sex and peoples mixed, 1 where the skin is as the cheeks."""
    head = person.head
    sex = "m" if head.man > 0.5 else "f"
    old = np.clip(head.old, 0, 1) * 2
    ages = {"young": max(0.0, 1 - old), "middle": 1 - abs(1 - old), "old": max(0.0, old - 1)}
    dark = np.clip((480 - sum(person.skin.tone)) / 160, 0, 1)  # dark skin has maps of its own
    peoples = {"african": dark, "asian": (1 - dark) * 0.5, "caucasian": (1 - dark) * 0.5}
    out = np.zeros((*HEAD, 3), np.float32)
    for age, much in ages.items():
        for people, share in peoples.items():
            if much * share > 0.02:
                out += much * share * resized(f"skin-{age}-{people}-{sex}", HEAD[1], HEAD[0])
    out /= 128 * max(sum(m * s for m in ages.values() for s in peoples.values() if m * s > 0.02), 1e-3)
    out[..., 1:] *= 1 - 0.35 * dark * np.clip(1 - out[..., :1], 0, 0.3)  # shadows on dark skin stay warm
    return np.clip(1 + _DETAIL * (out - 1), 0.15, 1.6)


def _grain(seed: int, size: tuple[int, int], strength: float) -> np.ndarray:
    """(H, W) float32 around 0: pores, and patches where skin is a little darker."""
    rng = np.random.default_rng(seed)
    out = np.zeros(size, np.float32)
    for width, share in ((0.8, 0.5), (3.0, 0.35), (14.0, 0.5)):
        small = tuple(max(4, int(n / max(width, 1))) for n in size)
        noise = rng.normal(0, 1, small).astype(np.float32)
        out += share * cv2.resize(noise, size[::-1], interpolation=cv2.INTER_CUBIC)
    return strength * out


def _spread(picture: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """uint8, with colours that run on past the edges of what is shown."""
    whole = cv2.GaussianBlur(shown.astype(np.float32), (0, 0), 6)
    around = cv2.GaussianBlur(picture * shown[..., None], (0, 0), 6) / np.maximum(whole, 1e-3)[..., None]
    return np.clip(np.where(shown[..., None], picture, around) + 0.5, 0, 255).astype(np.uint8)
