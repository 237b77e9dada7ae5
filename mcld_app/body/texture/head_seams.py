"""What is guessed of a head brought to what was seen of it: skin into the light of skin, and the neck to the trunk."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.lengths import differ
from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.head_guess import below_hairline, eyes_and_brows, outside_hairline
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.seams import meet, soften
from mcld_app.body.texture.skin import likely_skin
from mcld_app.body.texture.texture_map import TextureMap

_MOST = 90.0  # grey levels that light changes on one head: a lamp lights one cheek, and the other lies in the shade
_SHADED = 120.0  # and that a chin's shade does on a neck
_BESIDE = 2  # texels on each side of a border that are compared: a cheek gets darker fast where it turns away
_HUE = 13.0  # of Lab's a and b, 8 bits: nearer to the skin's is skin, in whatever light
_DARKEST = 0.3  # of the skin's lightness: darker is hair, brows and lashes
_BACK = 0.05  # metres, in depth, around the ears, over which both halves of a head become alike
_TOUCH, _NECK = 0.012, 1.56  # metres: so near is the next part; below that height a head is neck
_NEAR = 7  # texels across, whose mean colour counts on either side of the neck's border
_FADES = 25.0  # texels up the neck, over which a difference falls to a third


def join_head(image: np.ndarray, seen: np.ndarray, other_half: np.ndarray) -> np.ndarray:
    """A head without a border between what was seen and what was guessed.

    Args:
        image: (512, 512, 3) uint8 RGB, without holes.
        seen: (512, 512) bool, texels that stay as they are.
        other_half: (512, 512) int, flat number of the texel at the same place on the body's other half.

    Returns:
        (512, 512, 3) uint8 RGB.
    """
    head = region_mask("head")
    guessed = head & ~seen
    if not guessed.any() or not (seen & head).any():
        return image
    like = _like_skin(image, seen)
    skin = _bare(like)
    beside = seen & skin & ~eyes_and_brows()
    joined = _in_light(image, seen, guessed, like)
    joined = _neck_like_trunk(joined, guessed, skin)
    joined = one_light_behind(image, joined, guessed, other_half)
    joined = soften(joined, beside, guessed, head)  # what is left of a lock on a cheek is not to spread there
    return soften(joined, seen & ~skin, guessed & ~outside_hairline(), head)


def in_light_of_seen(image: np.ndarray, seen: np.ndarray, guessed: np.ndarray) -> np.ndarray:
    """The guessed skin of a head, (512, 512) bool, in the light of the seen skin beside it. `image`, `seen` and result
    as in `join_head`; what is neither seen nor guessed may have any colour."""
    return _in_light(image, seen, guessed, _like_skin(image, seen))


def _in_light(image: np.ndarray, seen: np.ndarray, guessed: np.ndarray, like: np.ndarray) -> np.ndarray:
    beside = seen & _bare(like) & ~eyes_and_brows()
    lit = meet(image, beside, guessed & like, region_mask("head"), _MOST, near=_BESIDE)
    changed = differ(lit, image)
    share = below_hairline()[changed][:, None]
    out = image.copy()
    out[changed] = (image[changed] * (1 - share) + lit[changed] * share + 0.5).astype(np.uint8)
    return out


def _bare(like: np.ndarray) -> np.ndarray:
    """(512, 512) bool: what may be skin, of what looks `like` it. Of a head, skin alone, or the light of the hair would
    be taken for that of the skin beside it; blond hair has its colour."""
    return like & (outside_hairline() | ~region_mask("head"))


def one_light_behind(before: np.ndarray, after: np.ndarray, guessed: np.ndarray, other_half: np.ndarray) -> np.ndarray:
    """A change of light of the guessed texels with both halves of a back alike: there they meet, but not on the map.

    Args:
        before, after: (512, 512, 3) uint8 RGB.
        guessed, other_half: as in `join_head`.

    Returns:
        (512, 512, 3) uint8 RGB.
    """
    own = np.flatnonzero(guessed)
    was, new = before.reshape(-1, 3), after.reshape(-1, 3).astype(np.float32)
    change, there = new[own] - was[own], other_half.ravel()[own]
    both = (change + (new[there] - was[there])) / 2
    share = alike().ravel()[own, None]
    out = after.copy()
    out.reshape(-1, 3)[own] = np.clip(was[own] + change * (1 - share) + both * share + 0.5, 0, 255).astype(np.uint8)
    return out


def alike() -> np.ndarray:
    """(512, 512) float32, 0..1: how far both halves of a body look alike where neither was seen: at its back, not where
    a face goes on around its sides."""
    return np.clip(0.5 - rest_surface().z / _BACK, 0, 1).astype(np.float32)


def _neck_like_trunk(image: np.ndarray, guessed: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """The guessed neck in the light of the bare skin below it."""
    own, below = _neck_border()
    use = guessed.ravel()[own] & skin.ravel()[own] & skin.ravel()[below]
    if not use.any():
        return image
    share = skin.astype(np.float32)[..., None]
    mean = cv2.blur(image * share, (_NEAR, _NEAR)) / np.maximum(cv2.blur(share, (_NEAR, _NEAR)), 1e-3)[..., None]
    gap = mean.reshape(-1, 3)[below[use]] - mean.reshape(-1, 3)[own[use]]
    near = np.abs(gap).max(1) < _SHADED
    known, gaps = np.zeros(guessed.size, np.float32), np.zeros((guessed.size, 3), np.float32)
    known[own[use][near]], gaps[own[use][near]] = 1, gap[near]
    known = known.reshape(guessed.shape)
    if not known.any():
        return image
    left, top, width, height = cv2.boundingRect(region_mask("head").astype(np.uint8))
    box = slice(top, top + height), slice(left, left + width)
    field = pull_push(gaps.reshape(image.shape)[box], known[box])
    away = cv2.distanceTransform((known[box] == 0).astype(np.uint8), cv2.DIST_L2, 5)
    changed = np.clip(image[box] + field * np.exp(-away / _FADES)[..., None] + 0.5, 0, 255).astype(np.uint8)
    out = image.copy()
    out[box] = np.where((guessed & skin)[box][..., None], changed, image[box])
    return out


@lru_cache(maxsize=1)
def _neck_border() -> tuple[np.ndarray, np.ndarray]:
    """Flat numbers (K,) of the head's texels along its border with the trunk, and of the trunk's nearest ones."""
    g = rest_surface()
    neck = region_mask("head") & (g.y < _NECK)
    inner = cv2.erode(region_mask("head").astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    own = np.flatnonzero(neck & ~inner)
    place = np.stack([g.x.ravel(), g.y.ravel(), g.z.ravel()], 1)
    low, high = place[own].min(0) - _TOUCH, place[own].max(0) + _TOUCH
    trunk = np.flatnonzero(parts_mask({1, 2}).ravel() & (place > low).all(1) & (place < high).all(1))
    apart = np.stack([((place[trunk] - point) ** 2).sum(1) for point in place[own]])
    nearest = apart.argmin(1)
    touches = apart[np.arange(len(own)), nearest] < _TOUCH**2
    return own[touches], trunk[nearest[touches]]


def _like_skin(image: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(512, 512) bool: texels that may be the person's skin by their colour, which may be duller in the shade."""
    own = likely_skin(TextureMap(image, seen)).reshape(1, 1, 3)
    own = cv2.cvtColor(own, cv2.COLOR_RGB2LAB)[0, 0].astype(np.float32)
    light, a, b = cv2.split(cv2.cvtColor(cv2.medianBlur(image, 5), cv2.COLOR_RGB2LAB).astype(np.float32))
    share = np.clip(light / max(own[0], 1), _DARKEST, 1)
    as_bright = np.hypot(a - own[1], b - own[2])
    in_shade = np.hypot(a - 128 - (own[1] - 128) * share, b - 128 - (own[2] - 128) * share) / share
    return (np.minimum(as_bright, in_shade) < _HUE) & (light > _DARKEST * own[0])
