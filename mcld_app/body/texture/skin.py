"""Skin on a texture map: its colour, and where arms and legs are bare."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import TextureMap

_ARMS, _LEGS = frozenset(range(15, 23)), frozenset(range(7, 15))
_LOWER_ARMS, _LOWER_LEGS = frozenset(range(19, 23)), frozenset(range(11, 15))
_MIDDLING = (196, 150, 122)  # RGB, halfway between light and dark skins
_CLOTHED = frozenset({1, 2, 5, 6, *range(7, 23)})
_SAME_HUE, _SAME_LIGHT = 10.0, 45.0  # of Lab, 8 bits: how far skin may be off the face's
_NECKLINE = 1.30  # metres above the floor: below, a trunk is clothed
_SLICE = 0.02  # metres of a limb that are judged as one
_TOES, _SOLE = 0.085, 0.012  # metres: in front of the ankle, where toes begin; above the floor


def skin_colour(texture: TextureMap) -> np.ndarray | None:
    """The person's skin: the median colour of the seen texels of cheeks, nose and hands, (3,) uint8 RGB; None where
    none of them was seen."""
    for place in _where_skin_is():
        seen = place[texture.coverage.ravel()[place]]
        if len(seen) >= 20:
            return np.median(texture.image.reshape(-1, 3)[seen], axis=0).astype(np.uint8)
    return None


@lru_cache(maxsize=1)
def _where_skin_is() -> tuple[np.ndarray, ...]:
    """Flat numbers of the texels of cheeks and nose, of the face, and of the hands."""
    g = rest_surface()
    cheeks = region_mask("face") & (np.abs(g.y - 1.632) < 0.022) & (g.z > 0.02)
    return tuple(np.flatnonzero(place) for place in (cheeks, region_mask("face"), region_mask("hands")))


def bare_limbs(texture: TextureMap) -> np.ndarray:
    """The arms' and legs' texels that show skin: from where along a limb most of what was seen has the colour of face
    and hands, out to its end. (512, 512) bool; empty where the skin's colour is not known or is the clothes' too."""
    out = np.zeros(texture.coverage.shape, bool)
    skin = skin_colour(texture)
    if skin is None:
        return out
    g = rest_surface()
    # Shade changes a skin's lightness a lot and its colour little. On legs beige trousers are common and a mistake
    # would undress somebody, so there the lightness must fit too, and the thighs are never taken for bare.
    off = cv2.cvtColor(texture.image, cv2.COLOR_RGB2LAB).astype(np.float32)
    own = cv2.cvtColor(skin.reshape(1, 1, 3), cv2.COLOR_RGB2LAB).astype(np.float32)
    off -= own
    same_hue = np.hypot(off[..., 1], off[..., 2]) < 14
    chest = parts_mask({1, 2}) & texture.coverage
    if chest.any() and same_hue[chest].mean() > 0.8:
        return out  # clothes of the skin's own colour: nobody can tell them apart by it
    for limb, outwards, first, last, darker, lighter in (
        (_ARMS, g.arm, 0.02, 0.52, 0.6 * own[0, 0, 0], 45),
        (_LEGS, 1.0 - g.y, 0.22, 0.90, 28, 28),
    ):
        mask = parts_mask(limb)
        seen = mask & texture.coverage
        alike = same_hue & (off[..., 0] > -darker) & (off[..., 0] < lighter)
        slice_of = np.clip((outwards / _SLICE).astype(int), 0, 63)
        count = np.bincount(slice_of[seen], minlength=64)
        share = np.bincount(slice_of[seen], alike[seen], 64) / np.maximum(count, 1)
        start, strange = None, 0
        for k in range(int(last / _SLICE), int(first / _SLICE) - 1, -1):  # from the wrist or the ankle inwards
            if count[k] < 12:
                continue
            strange = 0 if share[k] >= 0.5 else strange + 1
            if strange == 2:
                break
            if strange == 0:
                start = k
        if start is not None:
            out |= mask & (slice_of >= start)
    return out


def cloth_texels(texture: TextureMap) -> np.ndarray:
    """The texels of trunk, arms, legs and feet that show clothes and no skin, seen or not: (512, 512) bool. Skin is
    told by its colour: on arms and legs as `bare_limbs` does, and texel by texel on neckline, arms, lower legs and
    feet."""
    out = parts_mask(_CLOTHED) & ~bare_limbs(texture)
    skin = skin_colour(texture)
    if skin is None:
        return out
    off = cv2.cvtColor(texture.image, cv2.COLOR_RGB2LAB).astype(np.float32)
    off -= cv2.cvtColor(skin.reshape(1, 1, 3), cv2.COLOR_RGB2LAB).astype(np.float32)
    alike = (np.hypot(off[..., 1], off[..., 2]) < _SAME_HUE) & (np.abs(off[..., 0]) < _SAME_LIGHT)
    neckline = parts_mask({1, 2}) & (rest_surface().y > _NECKLINE)
    for place in (neckline, parts_mask({5, 6}), parts_mask(_ARMS), parts_mask(_LOWER_LEGS)):
        bare = (alike & texture.coverage & place).astype(np.uint8)
        bare = cv2.morphologyEx(bare, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        bare = cv2.morphologyEx(bare, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
        out &= ~((bare > 0) & place)
    return out


def covers_toes(texture: TextureMap) -> bool:
    """Whether the feet of a texture map, seen or guessed, wear something closed: most of what it has on the toes' upper
    side is not of the skin's colour. False where it has nothing there."""
    told = _toes() & texture.coverage
    if not told.any():
        return False
    colours = np.stack([texture.image[told], np.broadcast_to(likely_skin(texture), (np.count_nonzero(told), 3))])
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB).astype(np.float32)
    off = lab[0] - lab[1]
    bare = (np.hypot(off[:, 1], off[:, 2]) < _SAME_HUE) & (np.abs(off[:, 0]) < _SAME_LIGHT)
    return float(bare.mean()) < 0.5


@lru_cache(maxsize=1)
def _toes() -> np.ndarray:
    g = rest_surface()
    return parts_mask({5, 6}) & (g.z > _TOES) & (g.y > _SOLE)


def likely_skin(texture: TextureMap) -> np.ndarray:
    """The person's skin, (3,) uint8 RGB: `skin_colour`, else that of the lower arms where it may be skin by its hue,
    else a middling one as bright as the picture is."""
    skin = skin_colour(texture)
    if skin is not None:
        return skin
    arms = texture.image[parts_mask(_LOWER_ARMS) & texture.coverage]
    if len(arms) >= 20:
        colour = np.median(arms, axis=0).astype(np.uint8)
        _, a, b = cv2.cvtColor(colour.reshape(1, 1, 3), cv2.COLOR_RGB2LAB)[0, 0].astype(int) - 128
        if 6 < np.hypot(a, b) < 45 and 15 < np.degrees(np.arctan2(b, a)) < 80:
            return colour
    return (np.array(_MIDDLING) * brightness(texture)).astype(np.uint8)


def brightness(texture: TextureMap) -> float:
    """How bright the lightest things are that were seen, from 0.5 (a dark picture) to 1 (white)."""
    seen = texture.image[texture.coverage][::7]
    return float(np.clip(np.percentile(seen.max(1), 95) / 230, 0.5, 1)) if len(seen) else 1.0
