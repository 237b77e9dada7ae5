"""Arms and hands in a person's own photo, where clothes beside and below them change: what of the old ones a map takes
for skin, and where hands really are before the new ones."""

from __future__ import annotations

import cv2
import numpy as np

from mcld_app.body.shells.areas import grown, nearest_value, opened, shrunk
from mcld_app.body.shells.cloth_picture import gone_sideways
from mcld_app.body.shells.standing import Standing
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.skin import skin_colour
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.body.wearer.colours import away, typical, weighted_lab, weighted_lab_of
from mcld_app.editing.appearance import Appearance

_EDGE = 3  # pixels within the outline of what is new that are half transparent
_FITS = 0.05  # metres by which the mannequin may lie off the map
_SKIN = 12.0  # of weighted Lab: as near to it, a hand is bare
_GAP = 0.03  # of the picture's height, off the trunk that old cloth may lie
_AROUND_LEFT, _DEEP = 2, 0.03  # pixels around old cloth; of the picture's height, what is mirrored over it
_LINE = 0.004  # of the picture's height: as wide are gaps between a map's hands and thighs
_FINGER = 0.008  # metres, half of one
_UNDER_CLOTH = 0.05  # metres by which thighs may pierce cloth that covers them, as where no hand is before them
_BARE = 0.6  # of an arm that shows skin
_LIMBS_OF_ARMS = (15, 17), (16, 18), (19, 21), (20, 22)
_LEAST = 40  # pixels that tell colours
_HANDS = (3, 4)
_TRUNK, _LEGS = (1, 2), tuple(range(7, 15))


def cloth_on_arms(appearance: Appearance, photo: np.ndarray, iuv: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels that the map takes for a hand or a bare arm, and that look like the old clothes beside it."""
    hands = np.isin(iuv[..., 0], (*_HANDS, *_bare_arms(appearance, photo, iuv)))
    changed = showing(iuv, appearance.reshaped) & ~hands
    found = _like_cloth(appearance, photo, iuv, changed & grown(hands, max(4.0, 0.02 * len(hands))), hands)
    return opened(found & grown(changed, max(4.0, 0.03 * len(hands))), 1)


def cloth_beside_arms(appearance: Appearance, photo: np.ndarray, iuv: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """(H, W) bool: of gaps in the map between a bare arm and the trunk, (H, W) bool, what looks like the clothes that
    were worn on the trunk."""
    trunk = np.isin(iuv[..., 0], _TRUNK)
    changed = showing(iuv, appearance.reshaped) & trunk
    if not changed.any():
        return np.zeros_like(gaps)
    gaps = gaps & nearest_value(changed | ~trunk, iuv[..., 0] > 0)  # not the edge of what is worn on as it was
    return _like_cloth(appearance, photo, iuv, changed, gaps & grown(changed, _GAP * len(gaps)))


def with_own_hands(appearance: Appearance, standing: Standing, photo: np.ndarray, iuv: np.ndarray) -> np.ndarray:
    """(H, W) float32: the mannequin's depth, its hands only where the photo shows skin: they are spread, and those of
    people are not. What would hang behind a finger that is none must not end there."""
    hands = np.isin(standing.iuv[..., 0], _HANDS)
    skins = _skins(appearance, photo, np.isin(iuv[..., 0], _HANDS)) if hands.any() else None
    if skins is None:
        return standing.depth
    bare = np.zeros_like(hands)
    bare[hands] = away(weighted_lab_of(photo, hands), skins) < _SKIN
    finger = _FINGER * standing.metre
    bare = opened(shrunk(grown(bare, finger), finger), finger) & hands
    trunk = np.isin(standing.iuv[..., 0], (*_TRUNK, *_LEGS))
    behind = np.where(grown(trunk, _FITS * standing.metre), nearest_value(standing.depth, trunk), np.float32(-np.inf))
    return np.where(hands & ~bare, behind - _UNDER_CLOTH, standing.depth)


def without_left(picture: np.ndarray, left: np.ndarray, new: np.ndarray, iuv: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3) uint8 RGB, of a map (H, W, 3) uint8, whose pixels `left` (H, W) bool go on sideways from what
    is `new`, (H, W) bool, where they are nearer to that than to what stays; else they have the colours around them."""
    if not left.any():
        return picture
    left = grown(left, _AROUND_LEFT)
    known = shrunk(new, _EDGE) & ~left
    box, room = cv2.boundingRect(left.astype(np.uint8)), round(_DEEP * len(left))
    (low, high), (first, last) = ((max(box[k] - room, 0), box[k] + box[k + 2] + room) for k in (1, 0))
    inside = slice(low, high), slice(first, last)
    own, known, left, part = picture[inside], known[inside], left[inside], iuv[inside][..., 0]
    filled = pull_push(own.astype(np.float32), (~left).astype(np.float32))
    stays = (part > 0) & ~new[inside] & ~left & ~np.isin(part, _HANDS)
    sideways = left & nearest_value(known, known | stays) & known.any(1)[:, None]
    beside = gone_sideways(np.dstack([own, np.full(left.shape, 255, np.uint8)]), known, room)[..., :3]
    filled = np.where(sideways[..., None], beside, np.clip(filled + 0.5, 0, 255).astype(np.uint8))
    out = picture.copy()
    out[inside] = np.where(left[..., None], filled, own)
    return out


def beside_hands(drawn: np.ndarray, iuv: np.ndarray) -> np.ndarray:
    """What is drawn, (H, W, 4) uint8 RGBA, up to the hands before it in a map (H, W, 3) uint8: between the two no
    ground shows that is no wider than a map is uneven."""
    hands = np.isin(iuv[..., 0], _HANDS)
    box = cv2.boundingRect(grown(hands, 3 * _LINE * len(iuv)).astype(np.uint8))
    inside = slice(box[1], box[1] + box[3]), slice(box[0], box[0] + box[2])
    own, there = drawn[inside], drawn[inside][..., 3] > 0
    if not hands.any() or not there.any():
        return drawn
    seen, hands = there | hands[inside], hands[inside]
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(_LINE * len(iuv)) + 1,) * 2)
    gap = (cv2.morphologyEx(seen.astype(np.uint8), cv2.MORPH_CLOSE, reach) > 0) & ~seen
    gap &= grown(hands, _LINE * len(iuv)) & grown(there, _LINE * len(iuv))
    out = drawn.copy()
    out[inside] = np.where(gap[..., None], nearest_value(own, there), own)
    return out


def showing(iuv: np.ndarray, texels: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pixels of the body that show some texels, (512, 512) bool."""
    pixel, xy = texels_seen(iuv)
    column, row = np.clip(np.round(xy), 0, 511).astype(int).T
    out = np.zeros(iuv.shape[0] * iuv.shape[1], bool)
    out[pixel] = texels[row, column]
    return out.reshape(iuv.shape[:2])


def _bare_arms(appearance: Appearance, photo: np.ndarray, iuv: np.ndarray) -> list[int]:
    """The parts of arms that show mostly skin in a photo."""
    skins = _skins(appearance, photo, np.isin(iuv[..., 0], _HANDS))
    if skins is None:
        return []
    part, found = iuv[..., 0], []
    for limb in _LIMBS_OF_ARMS:
        mine = np.isin(part, limb)
        if np.count_nonzero(mine) >= _LEAST and (away(weighted_lab_of(photo, mine), skins) < _SKIN).mean() > _BARE:
            found += limb
    return found


def _like_cloth(
    appearance: Appearance, photo: np.ndarray, iuv: np.ndarray, cloth: np.ndarray, among: np.ndarray
) -> np.ndarray:
    """(H, W) bool: which pixels `among` some look more like those of old `cloth`, (H, W) bool each, than like skin."""
    out = np.zeros_like(among)
    known = np.count_nonzero(cloth) >= _LEAST and among.any()
    skins = _skins(appearance, photo, np.isin(iuv[..., 0], _HANDS)) if known else None
    if skins is None:
        return out
    colours, shares = typical(weighted_lab_of(photo, cloth), 4)
    colours = colours[(shares > 0.1) & (away(colours, skins) > _SKIN)]
    if len(colours):
        lab = weighted_lab_of(photo, among)
        out[among] = away(lab, colours) < away(lab, skins)
    return out


def _skins(appearance: Appearance, photo: np.ndarray, hands: np.ndarray) -> np.ndarray | None:
    """(K, 3) weighted Lab, the colours of a person's skin and of their `hands` (H, W) bool in a photo; None where none
    of their skin is seen."""
    skin = skin_colour(appearance.person.texture)
    if skin is None:
        return None
    own = weighted_lab(np.broadcast_to(skin, (3, 3, 3)).astype(np.uint8))[1, 1]
    held = weighted_lab_of(photo, hands)
    sure = held[np.linalg.norm((held - own)[:, 1:], axis=1) < _SKIN]
    return np.concatenate([own[None], typical(sure, 3)[0]])
