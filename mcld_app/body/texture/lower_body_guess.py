"""Legs and feet that no picture shows: in which colours they are guessed.

Nobody is undressed by a guess: legs of which nothing was seen wear plain trousers, and feet plain low shoes, above
which the leg goes on. Skin goes on down a leg only from where it was seen.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.leg_colours import end_in_cloth
from mcld_app.body.texture.leg_light import form_light
from mcld_app.body.texture.rings import ring_colours
from mcld_app.body.texture.skin import brightness, skin_colour
from mcld_app.body.texture.texture_map import TextureMap

_FEET, _SHINS, _LEG_PARTS = frozenset({5, 6}), frozenset(range(11, 15)), frozenset(range(7, 15))
_HARDLY_SEEN = 0.06  # of the legs below the fork, or of the feet
_FORK = 0.88  # metres above the floor: what is seen of legs above may be a blouse's hem
_FEW = 60  # texels that are too few to tell a colour by
_OTHER_CLOTH = 15.0  # CIELAB: so far from the top's colour, a strip at the hips is trousers or a skirt
_STRIP = 0.04  # metres, above the edge of a photo that ends at the hips
_UNDER_SKIRT = 0.8  # of the light on a leg, under a skirt's hem
_SHOES = (90, 87, 86)  # RGB, in a picture whose lightest things are white: grey leather goes with any clothes
_SOLES, _SOCKS = 0.4, 0.45  # of that
_DULL, _BRIGHT, _GLEAMS = 0.85, 1.2, 0.02  # of leather's light; metres around the ridge that gleam
_SEAM, _IN_SEAM = 0.0022, 0.62  # metres across a seam; of leather's light in it
_WELT, _RIM = 0.006, 0.008  # metres above the sole, and below the opening, that are in the shade
_CAP, _HEEL_SEAM, _FACING = 0.093, -0.05, 0.019  # metres in front of the ankle; and beside the middle, where seams are
_CAPS_BEND = 0.05  # metres: the smaller, the rounder the cap's seam
_LACES, _LACE, _LACED = (0.028, 0.086), 0.0145, (0.70, 1.05)  # metres: from, to and between them; of leather's light
_RIDGE = (-0.10, 0.05, 0.16), (0.125, 0.128, 0.135)  # metres: how far in front of the ankle, and to the side
_SOLE_AT_TIP, _BALL, _TIP = 0.009, 0.06, 0.12  # metres: height above the floor; how far in front of the ankle
_ABOVE = 0.20  # metres above the floor, below which the legs' lower ends lie
_SOLE, _TOPLINE, _HEEL, _INSTEP = 0.016, 0.062, 0.080, 0.015  # metres: heights above the floor; how far in front


def unseen_legs(known: np.ndarray) -> np.ndarray:
    """The texels of legs and lap, (512, 512) bool, where next to nothing of them is `known` below the fork; else none.
    `known`: (512, 512) bool, what was seen of either leg, or mirrored."""
    return _if_hardly(known, _legs(), _legs() & (rest_surface().y < _FORK))


def unseen_feet(known: np.ndarray) -> np.ndarray:
    """As `unseen_legs`, for the feet."""
    return _if_hardly(known, _feet(), _feet())


def dress_legs(image: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Plain trousers on legs that were not seen: in the colour of what is seen at the hips where that is not the top,
    else in a quiet grey as light as suits the top.

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour.

    Returns:
        Both with the guesses added; what was known is as it was. Where nothing at all is known, nothing is guessed.
    """
    legs = unseen_legs(known) & ~known
    if not legs.any() or not known.any():
        return image, known
    light = form_light()[legs][:, None]
    out = image.copy()
    out[legs] = np.clip(_trousers(image, known) * light + 0.5, 0, 255)
    return out, known | legs


def dress_feet(image: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Plain laced shoes on feet that were not seen. Above a shoe, a foot goes on in the colour in which a bare leg
    ends; below trousers it wears a sock.

    Args:
        image: (512, 512, 3) uint8 RGB, in which the legs are dressed.
        known: (512, 512) bool, its texels that have a colour.

    Returns:
        As `dress_legs`.
    """
    feet = unseen_feet(known) & ~known
    if not feet.any() or not known.any():
        return image, known
    shoe, sole = _shoe()
    leather = np.array(_SHOES) * brightness(TextureMap(image, known))
    out = image.copy()
    out[feet] = ring_colours(out, _legs() & known, rest_surface().y)[1][0]
    ankle = feet & known.ravel()[_ankle()]
    out[ankle] = out.reshape(-1, 3)[_ankle()[ankle]]
    if end_in_cloth(image, known)[0]:
        out[feet] = leather * _SOCKS
    out[feet & shoe] = leather * _leather()[feet & shoe][:, None]
    out[feet & sole] = leather * _SOLES
    return out, known | feet


def legs_at_hem(image: np.ndarray, known: np.ndarray, at_hem: np.ndarray) -> np.ndarray:
    """Legs that go on under a skirt as they are seen below it, in its shade.

    Args:
        image: (512, 512, 3) uint8 RGB, without holes.
        known: (512, 512) bool, its texels that a photo shows.
        at_hem: (512, 512) bool, the legs' texels around the hem.

    Returns:
        (512, 512, 3) uint8 RGB; a leg of which too little is seen below the hem stays as it was.
    """
    g, out = rest_surface(), image.copy()
    if not at_hem.any():
        return out
    lowest = float(g.y[at_hem].min())
    below = parts_mask(_LEG_PARTS) & known & (g.y < lowest) & (g.y > lowest - _STRIP)
    for side in (g.x > 0, g.x < 0):
        own, goes_on = below & side, at_hem & side
        if np.count_nonzero(own) < _FEW:
            continue
        shade = 1 - (1 - _UNDER_SKIRT) * np.clip((g.y[goes_on] - lowest) / _STRIP, 0, 1)
        colour = np.median(image[own] / form_light()[own][:, None], 0) * (form_light()[goes_on] * shade)[:, None]
        out[goes_on] = np.clip(colour + 0.5, 0, 255).astype(np.uint8)
    return out


def _trousers(image: np.ndarray, known: np.ndarray) -> np.ndarray:
    """(3,) uint8 RGB for legs of which nothing was seen."""
    at_hips, height = _legs() & known, rest_surface().y
    if at_hips.any():
        at_hips &= height < np.percentile(height[at_hips], 2) + _STRIP
    strip, top = image[at_hips], image[region_mask("top") & known]
    own = _lab(np.median(top, 0)) if len(top) >= _FEW else np.array([50.0, 0.0, 0.0])
    if len(strip) >= _FEW:
        cloth, skin = _lab(np.median(strip, 0)), skin_colour(TextureMap(image, known))
        bare = skin is not None and np.linalg.norm((cloth - _lab(skin)) * (0.5, 1, 1)) < _OTHER_CLOTH
        if np.linalg.norm(cloth - own) > _OTHER_CLOTH and not bare:
            return np.median(strip, 0).astype(np.uint8)
    # A little of the top's hue on a bluish grey: whatever the top's colour is, it does not come out as skin.
    quiet = np.array([np.clip(0.6 * own[0], 25, 50), 0.15 * own[1], 0.15 * own[2] - 6], np.float32)
    return (cv2.cvtColor(quiet.reshape(1, 1, 3), cv2.COLOR_LAB2RGB)[0, 0] * 255 + 0.5).astype(np.uint8)


def _lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB (3,): L 0..100, a and b, of one colour (3,) RGB 0..255."""
    return cv2.cvtColor((np.asarray(rgb, np.float32) / 255).reshape(1, 1, 3), cv2.COLOR_RGB2LAB)[0, 0]


def _if_hardly(known: np.ndarray, whole: np.ndarray, judged: np.ndarray) -> np.ndarray:
    hardly = np.count_nonzero(known & judged) < _HARDLY_SEEN * np.count_nonzero(judged)
    return whole if hardly else np.zeros_like(whole)


def _legs() -> np.ndarray:
    return region_mask("bottom")  # the lap too, which is the lower end of the torso's front


@lru_cache(maxsize=1)
def _feet() -> np.ndarray:
    return parts_mask(_FEET)


@lru_cache(maxsize=1)
def _ankle() -> np.ndarray:
    """(512, 512) int64: on the feet above a shoe, flat number of the nearest texel of the legs; elsewhere the texel's
    own."""
    g = rest_surface()
    place = np.stack([g.x, g.y, g.z], 2)
    legs, feet = np.flatnonzero(parts_mask(_SHINS) & (g.y < _ABOVE)), np.flatnonzero(_feet() & ~_shoe()[0])
    there, here = (place.reshape(-1, 3)[texels] for texels in (legs, feet))
    apart = (here**2).sum(1)[:, None] - 2 * here @ there.T + (there**2).sum(1)
    out = np.arange(g.x.size)
    out[feet] = legs[apart.argmin(1)]
    out.setflags(write=False)
    return out.reshape(g.x.shape)


@lru_cache(maxsize=1)
def _leather() -> np.ndarray:
    """(512, 512) float32: how bright leather is on a foot: brightest along the ridge of instep and toes, dark in the
    seams, and laced over the instep."""
    g = rest_surface()
    aside = np.abs(g.x) - np.interp(g.z, *_RIDGE)
    high = np.clip((g.y - 2 * _SOLE_AT_TIP) / _GLEAMS, 0, 1)
    out = _DULL + (_BRIGHT - _DULL) * np.exp(-((aside / _GLEAMS) ** 2)) * high
    first, last = _LACES
    along = (g.z > first) & (g.z < last)
    dark, light = _LACED
    lace = dark + (light - dark) * (0.5 + 0.5 * np.cos(2 * np.pi * (g.z - first) / _LACE))
    out = np.where(along & (np.abs(aside) < _FACING), lace, out)
    facing = np.where(along, np.abs(aside) - _FACING, 1)
    heel = np.where(g.y < _TOPLINE, g.z - _HEEL_SEAM, 1)
    seams = np.stack([facing, heel, g.z - _CAP + aside**2 / _CAPS_BEND])
    out *= 1 - (1 - _IN_SEAM) * np.exp(-((seams / _SEAM) ** 2)).max(0)
    above_sole = np.clip((g.y - _sole()) / _WELT, 0, 1)
    below_rim = np.where(g.z < _INSTEP, np.clip((_TOPLINE - g.y) / _RIM, 0, 1), 1)
    return (out * (_IN_SEAM + (1 - _IN_SEAM) * np.minimum(above_sole, below_rim))).astype(np.float32)


def _sole() -> np.ndarray:
    """(512, 512) float32, metres above the floor, to where a sole goes; toes are as low as it."""
    return _SOLE - (_SOLE - _SOLE_AT_TIP) * np.clip((rest_surface().z - _BALL) / (_TIP - _BALL), 0, 1)


@lru_cache(maxsize=1)
def _shoe() -> tuple[np.ndarray, np.ndarray]:
    """(512, 512) bool: the texels that a low shoe covers, and those of its sole."""
    g, feet = rest_surface(), _feet()
    low = (g.y < _TOPLINE) | ((g.y < _HEEL) & (g.z < -_HEEL))
    return feet & (low | (g.z > _INSTEP)), feet & (g.y < _sole())
