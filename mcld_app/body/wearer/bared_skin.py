"""The skin of arms, legs and trunk where old clothes come off: the person's own, in one piece with what is seen."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.parts import part_map, parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.form_light import form_of_body
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.rings import ring_colours
from mcld_app.body.texture.seams import soften
from mcld_app.body.texture.skin import likely_skin
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.body.wearer.colours import weighted_lab
from mcld_app.body.wearer.skin_light import skin_at

_TRUNK, _HEAD, _HANDS = frozenset({1, 2}), frozenset({23, 24}), frozenset({3, 4})
_ARMS = (frozenset({15, 17, 19, 21}), 4), (frozenset({16, 18, 20, 22}), 3)
_LEGS = (frozenset({8, 10, 12, 14}), 0), (frozenset({7, 9, 11, 13}), 0)
_SLICE, _COUNT = 0.01, 128  # metres of a limb that are judged as one, and how many there are
_COVERED, _SHADE = 0.3, 5  # of a slice that is clothed; slices beside cloth, on which its edge and its shade lie
_SCRAPS = 0.10  # metres along an arm beyond its sleeve, in which scraps of it may lie
_WRIST = 0.60  # metres along the arm: up to there a cuff may hang over the hand
_HUE, _LIGHT = 13.0, 30.0  # of Lab's colours and of its halved lightness: farther from skin, what is on a hand is cuff
_FEW = 60  # texels that tell no colour
_FADES = 25.0  # texels, over which a difference of light falls to a third
_GOES_ON = 0.20  # metres along a limb, over which the light of what is seen gives way to that of the whole person
_RIM = 5  # texels around cloth, and at the rim of what was seen, which are a blend
_STRAP = 0.10  # metres along an arm, up to where what has no sleeves may reach
_NECK = 1.56  # metres above the floor, below which a head is neck


def bare_skin(texture: TextureMap, bared: np.ndarray, cloth: np.ndarray, whole: np.ndarray) -> TextureMap:
    """A person whose old clothes are gone from some places.

    Args:
        texture: what is seen of them.
        bared: (512, 512) bool, where no clothes may stay. An arm or a leg is bared as a whole; what of its skin is seen
            well beside cloth stays as it is, and so do socks.
        cloth: (512, 512) bool, the texels of the old clothes, seen or not.
        whole: (512, 512, 3) uint8 RGB, the texture map with a guess of what is not seen: of a neck it stays.

    Returns:
        The same with skin there, in the colours and the light of what is seen of it. All that was guessed of a limb
        that was partly clothed is told anew: it was guessed from clothes, too.
    """
    image, known = texture.image.copy(), texture.coverage.copy()
    alike = _like_skin(texture)
    tone = _tone(texture, cloth, alike)
    seen = alike & texture.coverage
    inner = seen & _inside(texture.coverage)
    clear, along = inner & ~_near(cloth, _RIM), rest_surface().arm
    limbs = [_limb(texture, bared, cloth, alike, along, *arm) for arm in _ARMS]
    sleeves = cloth & parts_mask(_ARMS[0][0] | _ARMS[1][0]) & (along > _STRAP)
    if not sleeves.any():  # their ends are a blend
        limbs = [(limb, sure | limb & clear, holes & ~clear) for limb, sure, holes in limbs]
    trunk = bared & parts_mask(_TRUNK)
    sure = trunk & seen & ~_near(cloth, _RIM)
    limbs.append((parts_mask(_TRUNK), sure, trunk & ~sure))
    if any(holes.any() for _, _, holes in limbs):
        complete = cv2.copyTo(image, known.view(np.uint8), whole.copy())
        neck = parts_mask(_HEAD) & (rest_surface().y < _NECK)
        guessed = neck & ~known & _like_skin(TextureMap(complete, known))
        told = np.any([sure for _, sure, _ in limbs], axis=0) | neck & inner | guessed
        wanted = np.any([holes for _, _, holes in limbs], axis=0)
        image[wanted] = skin_at(wanted, complete, told, parts_mask(_HEAD) & inner, tone)
        for limb, sure, holes in limbs:
            image = soften(image, sure, holes, limb)
            known |= holes
    along = 1.0 - rest_surface().y
    found = [_limb(texture, bared, cloth, alike, along, *leg) for leg in _LEGS]
    for k, (limb, sure, holes) in enumerate(found):
        if holes.any():
            told = sure if np.count_nonzero(sure) >= _FEW else found[1 - k][1]
            image = _laid_on_limb(image, told, sure, holes, limb, along, tone)
            known |= holes
    return TextureMap(image, known)


def _limb(
    texture: TextureMap, bared: np.ndarray, cloth: np.ndarray, alike: np.ndarray, along: np.ndarray,
    parts: frozenset[int], hand: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """A limb's texels, those of them that show skin for sure, and those to be told anew, (512, 512) bool each."""
    limb = parts_mask(parts)
    mine = limb & bared
    if not (cloth & limb).any() and not (hand and mine.any()):
        return limb, mine & texture.coverage, np.zeros_like(limb)
    number = np.clip((along / _SLICE).astype(int), 0, _COUNT - 1)
    share = np.bincount(number[cloth & limb], minlength=_COUNT) / np.maximum(
        np.bincount(number[limb], minlength=_COUNT), 1
    )
    covered = cv2.dilate((share > _COVERED).astype(np.uint8)[None], np.ones((1, 2 * _SHADE + 1), np.uint8))[0] > 0
    seen = _inside(texture.coverage)
    sure = mine & seen & ~covered[number]
    scrap = np.zeros_like(limb)
    if hand:  # a sleeve that hardly covers a slice, and a seam, too
        last = float(np.max(np.flatnonzero(covered), initial=0)) * _SLICE
        scrap = _near(mine & ~covered[number] & texture.coverage & ~alike & (along < last + _SCRAPS), 2)
    sure &= ~scrap
    if not (cloth & limb).any():
        # As below, beside what is seen it stays.
        return limb, sure, mine & (scrap | ~_near(texture.coverage & ~scrap, _RIM) if hand else scrap)
    free = texture.coverage & ~covered[number] & ~scrap
    # Beside what is seen, a guess was made of that: told anew, it would be drawn on a photo's rim.
    holes = mine & ~free & (covered[number] | scrap | ~_near(free, _RIM))
    if hand and holes.any():
        wrist = parts_mask({hand}) & (along < _WRIST)
        cuff = wrist & texture.coverage & ~alike
        cuff = cv2.dilate(cuff.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        holes |= wrist & (cuff | ~texture.coverage)
        sure |= wrist & seen & ~cuff
        limb = limb | wrist
    return limb, sure, holes


def _like_skin(texture: TextureMap) -> np.ndarray:
    """(512, 512) bool: texels that have the colour of skin, in light or in shade."""
    own = weighted_lab(np.broadcast_to(likely_skin(texture), (3, 3, 3)).astype(np.uint8))[1, 1]
    light, red, yellow = (np.abs(plane - middle) for plane, middle in zip(cv2.split(weighted_lab(texture.image)), own,
                                                                          strict=True))  # fmt: skip
    return (red * red + yellow * yellow < _HUE * _HUE) & (light < _LIGHT)


def skin_tone(texture: TextureMap, cloth: np.ndarray) -> np.ndarray:
    """(3,) float32 RGB, a person's skin in full light, as their hands and bare arms have it, else as the face.
    `cloth`: (512, 512) bool, the texels of their clothes, seen or not."""
    return _tone(texture, cloth, _like_skin(texture))


def _tone(texture: TextureMap, cloth: np.ndarray, alike: np.ndarray) -> np.ndarray:
    arms = parts_mask(frozenset(range(15, 23)) | _HANDS) & ~_near(cloth, _RIM) & texture.coverage & alike
    if np.count_nonzero(arms) < 5 * _FEW:
        return likely_skin(texture).astype(np.float32)
    return np.median(texture.image[arms] / form_of_body()[arms][:, None], 0).astype(np.float32)


def _laid_on_limb(
    image: np.ndarray, told: np.ndarray, sure: np.ndarray, holes: np.ndarray, limb: np.ndarray, along: np.ndarray,
    tone: np.ndarray,
) -> np.ndarray:  # fmt: skip
    box, form = _box(limb), form_of_body()
    colours = np.broadcast_to(tone, (np.count_nonzero(holes), 3))
    if np.count_nonzero(told) >= _FEW:
        even = np.zeros(image.shape, np.float32)
        even[told] = image[told] / form[told][:, None]
        middles, rings = ring_colours(even, told, along)
        colours = np.stack([np.interp(along[holes], middles, channel) for channel in rings.T], 1)
        beyond = np.maximum(middles[0] - along[holes], along[holes] - middles[-1]).clip(0) / _GOES_ON
        colours += (tone - colours) * np.minimum(beyond, 1)[:, None]
        if told is sure:
            usual = np.stack([np.interp(along[sure], middles, channel) for channel in rings.T], 1)
            gap = np.zeros(image.shape, np.float32)
            gap[sure] = even[sure] - usual
            colours += _goes_on(gap[box], sure[box])[holes[box]]
    out = image.copy()
    out[holes] = np.clip(colours * form[holes][:, None] + 0.5, 0, 255)
    return soften(out, sure, holes, limb)


def _goes_on(gap: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """(h, w, 3) float32: a difference of light, known where `sure`, (h, w) bool, as it goes on from there and fades."""
    away = cv2.distanceTransform((~sure).astype(np.uint8), cv2.DIST_L2, 5)
    return pull_push(gap, sure.astype(np.float32)) * np.exp(-away / _FADES)[..., None]


def _box(texels: np.ndarray) -> tuple[slice, slice]:
    left, top, width, height = cv2.boundingRect(texels.astype(np.uint8))
    return slice(top, top + height), slice(left, left + width)


def _inside(seen: np.ndarray) -> np.ndarray:
    """Seen texels but those at the rim: there half of a photo's pixel is ground."""
    off_body = part_map() == 0
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _RIM + 1,) * 2)
    return seen & (cv2.erode((seen | off_body).astype(np.uint8), kernel) > 0)


def _near(texels: np.ndarray, reach: int) -> np.ndarray:
    return cv2.dilate(texels.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
