"""Filling: the holes of a texture map, from the body's other side and from their surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import TEXTURE, charts, iuv_of_texel
from mcld_app.body.parts import MIRRORED_U, MIRRORED_V, PARTS, parts_mask, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.armholes import guess_armholes, told_apart
from mcld_app.body.texture.going_round import go_round_limbs
from mcld_app.body.texture.going_round_trunk import go_round_trunk
from mcld_app.body.texture.grain import with_grain
from mcld_app.body.texture.hand_guess import guess_hands
from mcld_app.body.texture.head_guess import eyes_and_brows, guess_head
from mcld_app.body.texture.head_seams import alike, in_light_of_seen, join_head, one_light_behind
from mcld_app.body.texture.leg_folds import fold_legs
from mcld_app.body.texture.lower_body_guess import dress_feet, dress_legs
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.seams import meet, soften
from mcld_app.body.texture.sleeves import with_sleeves_grain
from mcld_app.body.texture.texture_map import TextureMap, texels_seen

_TRUNK, _LEGS, _FEET = frozenset({1, 2}), frozenset(range(7, 15)), frozenset({5, 6})
_ARMS, _HEAD = frozenset({3, 4, *range(15, 23)}), frozenset({23, 24})
_LIMBS, _OF_PEOPLE = (_TRUNK, _LEGS | _FEET, _ARMS, _HEAD), (_TRUNK, _LEGS, _FEET, _ARMS, _HEAD)
_HARDLY_SEEN = 0.2  # of a side of the torso
_LIMIT, _SHRED = 5, 7  # texels beside what was not seen; across
_UPPER_AND_LOWER = frozenset({15, 17, 19, 21}), frozenset({16, 18, 20, 22})  # of the left arm, and of the right one
_ONE_SIDE = 0.25  # of an arm: somebody seen from the side has one of which less is seen
_SQUARE, _SHEET, _LEFT, _BOTTOM = 0.004, 256, -0.5, 0.7  # metres, squares, metres: the sheet before the torso


def fill(
    texture: TextureMap, *, mirror: bool = True, through: bool = False, hair: np.ndarray | None = None
) -> TextureMap:
    """Every hole of a texture map filled. Covers the whole body; seen texels stay as they are.

    Args:
        texture: what was seen; for people, without the shreds of a head.
        mirror: first from the same place on the body's other side, where that was seen.
        through: that in the light of what was seen beside it (`seams.meet`), then by what is likely of a person. A side
            of the torso of which next to nothing was seen shows through from the place behind or in front of it, and
            legs and arms go on all round as they are at each height. Heads take hair from hair and skin from skin
            (`guess_head`), hands go on as hands (`guess_hands`), and legs and feet that were not seen wear something
            plain (`dress_legs`, `dress_feet`). Flanks that arms hid go on as the trunk is at each height
            (`go_round_trunk`). For people; the charts of a garment or of training data are filled without.
        hair: (3,) RGB, of hair that hides the scalp (see `guess_head`); counts with `through`.

    What is open after that is filled smoothly from its surroundings.
    """
    image, seen = texture.image, texture.coverage
    if through:
        seen = seen & (~_limb_mask(_HEAD) | without_shreds(seen))
        texture = TextureMap(image, seen)
    if mirror:
        source = _worth_mirroring(seen) if through else seen
        where = _wide_on_head(seen, source) if through else np.ones_like(seen)
        image, seen = _taken(image, seen, mirrored_texel(), where, source)
    if through:
        image, seen = _taken(image, seen, texel_behind(), unseen_torso(texture.coverage) & ~region_mask("bottom"))
        guessed, before = seen & ~texture.coverage, image
        for limb in _OF_PEOPLE[:-1]:
            image = meet(image, texture.coverage, guessed, _limb_mask(limb))
        image = in_light_of_seen(image, texture.coverage, guessed & _limb_mask(_HEAD))
        image = one_light_behind(before, image, guessed & _limb_mask(_TRUNK), mirrored_texel())
    known = seen
    if through:
        image, known = dress_legs(*guess_hands(*guess_head(image, seen, hair)))
        of_arms = known
        image, known = go_round_limbs(image, known, texture.coverage)
        image, known = dress_feet(fold_legs(image, seen), known)
        lap = known & ~seen & region_mask("bottom") & parts_mask(_TRUNK)
        known, seen = known & ~lap, seen | lap  # no top is guessed from the trousers
        beside_arms = known
        image, known = guess_armholes(image, known)
        beside_arms = known & ~beside_arms
        image, known = go_round_trunk(image, known)
    body = charts().part_map > 0
    limbs = _OF_PEOPLE if through else _LIMBS  # people's shoes take nothing from their legs
    smooth = _surroundings(image.astype(np.float32), known.astype(np.float32), limbs)
    if mirror:  # both halves of a back, say, are reached from different sides: give them the same colour
        both = ~(seen | seen.ravel()[mirrored_texel()])
        share = 0.5 * both * (np.where(_limb_mask(_HEAD), alike(), 1) if through else 1)
        share = share[..., None].astype(np.float32)
        smooth = smooth * (1 - share) + smooth.reshape(-1, 3)[mirrored_texel()] * share
    image = np.where(seen[..., None], image, np.where(body[..., None], smooth + 0.5, 0)).astype(np.uint8)
    if through:
        for limb in _OF_PEOPLE[:-1]:
            image = soften(image, texture.coverage, body & ~texture.coverage, _limb_mask(limb))
        image = _with_grain(with_sleeves_grain(image, of_arms), texture.coverage, beside_arms | body & ~known)
        image = join_head(image, seen, mirrored_texel())  # first to what the other half gave
        image = join_head(image, texture.coverage, mirrored_texel())
    return TextureMap(image, body.copy())


def _with_grain(image: np.ndarray, seen: np.ndarray, smooth: np.ndarray) -> np.ndarray:
    """The image (512, 512, 3), what was guessed smoothly of the trunk's clothes with the grain that was seen of them;
    where these cannot be told from skin, as it is."""
    skin = told_apart(image, seen)
    trunk = _limb_mask(_TRUNK)
    return image if skin is None else with_grain(image, seen & ~skin & trunk, smooth & ~skin & trunk, trunk)


def _taken(
    image: np.ndarray, known: np.ndarray, place: np.ndarray, where: np.ndarray, source: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Image and known texels, (512, 512, 3) and (512, 512) bool, once the holes within `where` took what is known, or
    within `source`, at another texel: `place` has its flat number."""
    taken = where & ~known & (known if source is None else source).ravel()[place]
    out = image.copy()
    out[taken] = image.reshape(-1, 3)[place[taken]]
    return out, known | taken


def _worth_mirroring(seen: np.ndarray) -> np.ndarray:
    """Of the texels that were seen, (512, 512) bool, those that the other side may take: none of an arm where the other
    one was seen itself, for that goes on as it is (`go_round_limbs`); and of trunk and head none at the limit of sight,
    where shade and blends lie."""
    limb = parts_mask(_TRUNK | _ARMS | _HEAD) & ~region_mask("hands")
    limit = cv2.dilate((limb & ~seen).astype(np.uint8), np.ones((2 * _LIMIT + 1,) * 2, np.uint8)) > 0
    out = seen & ~(limit & limb)
    for arm, other in (_UPPER_AND_LOWER, _UPPER_AND_LOWER[::-1]):
        if seen[_limb_mask(other)].mean() > _ONE_SIDE:
            out &= ~_limb_mask(arm)
    return out


def _wide_on_head(seen: np.ndarray, source: np.ndarray) -> np.ndarray:
    """(512, 512) bool: all texels but those of the head where only shreds would be mirrored: beside an ear, and along
    the limit of what was seen, each would have a border of its own."""
    head = _limb_mask(_HEAD)
    return ~head | eyes_and_brows() | without_shreds(~seen & source.ravel()[mirrored_texel()] & head)


def without_shreds(texels: np.ndarray) -> np.ndarray:
    """Those of some texels, (512, 512) bool, that lie in no shred: beside an ear such a one has a border all around."""
    return cv2.morphologyEx(texels.astype(np.uint8), cv2.MORPH_OPEN, np.ones((_SHRED, _SHRED), np.uint8)) > 0


@lru_cache(maxsize=1)
def mirrored_texel() -> np.ndarray:
    """(512, 512) int64: flat number of the texel at the same place on the body's other side."""
    iuv = iuv_of_texel()
    part = iuv[..., 0]
    mirrored = iuv.copy()
    mirrored[..., 0] = np.array([0] + [PARTS[k].mirror for k in range(1, 25)], np.uint8)[part]
    turn_u, turn_v = np.isin(part, list(MIRRORED_U)), np.isin(part, list(MIRRORED_V))
    mirrored[turn_u, 1] = 255 - mirrored[turn_u, 1]
    mirrored[turn_v, 2] = 255 - mirrored[turn_v, 2]
    out = np.arange(TEXTURE * TEXTURE)
    pixel, xy = texels_seen(mirrored)
    column, row = np.minimum(np.round(xy), TEXTURE - 1).astype(np.int64).T
    out[pixel] = row * TEXTURE + column
    out.setflags(write=False)
    return out.reshape(TEXTURE, TEXTURE)


def unseen_torso(coverage: np.ndarray) -> np.ndarray:
    """The side of the torso, front or back, of which next to nothing was seen while the other was: (512, 512) bool. A
    printed dress that goes on in plain colours, or in those of the neck, would look like bare skin."""
    sides = [parts_mask({1}), parts_mask({2})]
    seen = [np.count_nonzero(coverage & side) / np.count_nonzero(side) for side in sides]
    for side, own, other in zip(sides, seen, reversed(seen), strict=True):
        if own < _HARDLY_SEEN and other > 2 * own:
            return side
    return np.zeros_like(coverage)


@lru_cache(maxsize=1)
def texel_behind() -> np.ndarray:
    """(512, 512) int64: on the torso, flat number of the texel that lies behind or in front of this one, at the same
    height and the same distance from the middle of the resting body; elsewhere the texel's own."""
    surface = rest_surface()
    out = np.arange(TEXTURE * TEXTURE)
    there = {part: np.flatnonzero(parts_mask({part})) for part in (1, 2)}
    for part, other in ((1, 2), (2, 1)):
        # A sheet of 4 mm squares seen from the front; each square knows a texel of the other side, or its neighbour's.
        column, row = (
            np.round((plane.ravel()[there[other]] - low) / _SQUARE).astype(int)
            for plane, low in ((surface.x, _LEFT), (surface.y, _BOTTOM))
        )
        sheet = np.full((_SHEET, _SHEET), -1)
        sheet[np.clip(row, 0, _SHEET - 1), np.clip(column, 0, _SHEET - 1)] = there[other]
        _, nearest = cv2.distanceTransformWithLabels(
            (sheet < 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        of_label = np.zeros(nearest.max() + 1, np.int64)
        of_label[nearest[sheet >= 0]] = sheet[sheet >= 0]
        column, row = (
            np.clip(np.round((plane.ravel()[there[part]] - low) / _SQUARE).astype(int), 0, _SHEET - 1)
            for plane, low in ((surface.x, _LEFT), (surface.y, _BOTTOM))
        )
        out[there[part]] = of_label[nearest[row, column]]
    out.setflags(write=False)
    return out.reshape(TEXTURE, TEXTURE)


def _surroundings(image: np.ndarray, known: np.ndarray, limbs: Sequence[frozenset[int]]) -> np.ndarray:
    """A smooth guess for every texel from what is known of its own limb: islands that lie side by side on the map may
    be far apart on the body. Limbs of which nothing is known take what the rest of the body gives."""
    out = np.zeros_like(image)
    everywhere = None
    for limb in limbs:
        mask = _limb_mask(limb)
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        if known[mask].all():  # its own colours: a mirrored texel of another limb may lie just across its border
            out[box] = np.where(mask[box][..., None], image[box], out[box])
            continue
        if (known[box] * mask[box]).any():
            guess = pull_push(image[box], known[box] * mask[box])
        else:
            everywhere = pull_push(image, known) if everywhere is None else everywhere
            guess = everywhere[box]
        out[box] = np.where(mask[box][..., None], guess, out[box])
    return out


@lru_cache(maxsize=16)
def _limb_mask(parts: frozenset[int]) -> np.ndarray:
    mask = parts_mask(parts)
    mask.setflags(write=False)
    return mask
