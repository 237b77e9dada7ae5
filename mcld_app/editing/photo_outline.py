"""The outline of a person in their own photo where edits change it: old skirts and hair go, new ones hang there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.framing import resize_nearest
from mcld_app.body.shells.areas import grown, nearest_value, opened, shrunk
from mcld_app.body.shells.cloth_picture import gone_sideways
from mcld_app.body.shells.drawing import draw_shells, seen_shells
from mcld_app.body.shells.places import is_on_leg
from mcld_app.body.shells.shell import Shell
from mcld_app.body.shells.standing import Standing, stand
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.skin import skin_colour
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.body.wearer.colours import away, typical, weighted_lab, weighted_lab_of
from mcld_app.editing.appearance import Appearance
from mcld_app.editing.person import Person
from mcld_app.editing.photo_ground import beside_hair, without_person
from mcld_app.editing.worn_garment import hair_of

_RIM = 0.012  # metres around what was the person's, that the photo blends with it
_EDGE = 3  # pixels within the new outline that are half transparent: the old cloth must not shine through
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
_SEEN = 128  # of alpha: hair that thins out less than to a half
_ANKLE = 0.06  # metres above the floor, where shoes are
_SHOD = 0.7  # of what is seen of the feet that must be new, where shoes were put on
_HEAD, _HANDS, _FEET = 23, (3, 4), (5, 6)
_HIPS = (1, 2, 7, 8, 9, 10)
_TRUNK, _ARMS, _LEGS = (1, 2), tuple(range(15, 23)), tuple(range(7, 15))


@dataclass(frozen=True, eq=False)
class Changes:
    """What stands off the body otherwise than in the photo.

    Attributes:
        gone: the person's own shells that are not worn any more.
        new: shells that are not in the photo.
    """

    gone: tuple[Shell, ...]
    new: tuple[Shell, ...]


def changes_of_shells(appearance: Appearance) -> Changes | None:
    """What stands off otherwise than in the photo; None where the outline stays as it is there."""
    own, now = appearance.person.shells, appearance.shells
    gone = tuple(shell for shell in own if all(shell is not other for other in now))
    new = tuple(shell for shell in now if all(shell is not other for other in own))
    return Changes(gone, new) if gone or new or appearance.reshaped.any() else None


@dataclass(frozen=True, eq=False)
class Laid:
    """A photo made ready for other clothes.

    Attributes:
        ground: (H, W, 3) uint8 RGB, the photo, its ground going on where old cloth or hair stood off the body.
        iuv: (H, W, 3) uint8, the map of the body under them.
        exposed: (H, W) bool, where they hid the body, so that the photo does not show it.
        left: (H, W) bool, old cloth that the map takes for a hand.
    """

    ground: np.ndarray
    iuv: np.ndarray
    exposed: np.ndarray
    left: np.ndarray


def without_old(appearance: Appearance, photo: np.ndarray, iuv: np.ndarray, changes: Changes) -> Laid:
    """The photo without the old clothes' and hair's outline.

    Args:
        appearance: the person under their edits.
        photo: (H, W, 3) uint8 RGB, theirs, at any size.
        iuv: (H, W, 3) uint8, its IUV map.
        changes: from `changes_of_shells`.
    """
    person, size = appearance.person, photo.shape[:2]
    nothing = np.zeros(size, bool)
    if person.silhouette is None or person.standing is None or not appearance.reshaped.any():
        return Laid(photo, iuv, nothing, nothing)
    standing = stand(person.standing, size)
    hung = np.zeros(size, bool)
    for layer in draw_shells(changes.gone, person.standing, size):
        hung |= layer.depth > -np.inf
    body = _under(person, iuv, standing, changes.gone, hung) if changes.gone else iuv
    kept = _kept_cloth(person, changes, standing)
    bridge = grown(kept, _FITS * standing.metre) & ~kept & (body[..., 0] == 0) & np.isin(standing.iuv[..., 0], _HIPS)
    body = np.where(bridge[..., None], standing.iuv, body)
    hair = _hair(person, changes, standing) & (iuv[..., 0] == 0)
    if not any(shell.hangs_on == "head" for shell in changes.gone):  # what hangs before the shoulders, too
        hangs = cv2.resize(hair_of(person).astype(np.uint8), size[::-1], interpolation=cv2.INTER_NEAREST) > 0
        hair |= hangs & np.isin(iuv[..., 0], (*_TRUNK, *_ARMS))
    body = np.where(hair[..., None], np.uint8(0), body)
    silhouette = cv2.resize(person.silhouette.astype(np.uint8), size[::-1], interpolation=cv2.INTER_AREA) > 0
    covered = body[..., 0] > 0
    rim = _RIM * standing.metre
    near = grown(silhouette | (iuv[..., 0] > 0), rim)
    mine = _belongs(appearance, body, changes)
    mine |= grown(hung, rim) & ~_showing(body, ~appearance.changed)
    mine |= _beside_arms(appearance, photo, body, silhouette & ~covered & ~mine)
    taken = near & ~shrunk(covered, _EDGE) & mine & ~hair & ~(kept & ~covered)
    exposed = (iuv[..., 0] == 0) & (body[..., 0] > 0)
    ground = beside_hair(without_person(person, photo, taken, near, covered), hair, taken, covered)
    return Laid(ground, body, exposed, _cloth_on_hands(appearance, photo, body))


def _hair(person: Person, changes: Changes, standing: Standing) -> np.ndarray:
    """(H, W) bool: hair that is still worn, where it is seen before the body or beside it."""
    kept = [shell for shell in person.shells if shell.hangs_on == "head" and all(shell is not x for x in changes.gone)]
    seen = np.zeros(standing.size, bool)
    for layer in draw_shells(kept, standing.pose, standing.size):
        seen |= (layer.picture[..., 3] >= _SEEN) & (layer.depth > standing.depth)
    return seen


def _kept_cloth(person: Person, changes: Changes, standing: Standing) -> np.ndarray:
    """(H, W) bool: where clothes hang that are still worn."""
    kept = [shell for shell in person.shells if shell.hangs_on != "head" and all(shell is not x for x in changes.gone)]
    seen = np.zeros(standing.size, bool)
    for layer in draw_shells(kept, standing.pose, standing.size):
        seen |= layer.depth > -np.inf
    return seen


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
    box = cv2.boundingRect(grown(hands, _LINE * len(iuv)).astype(np.uint8))
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


def _cloth_on_hands(appearance: Appearance, photo: np.ndarray, iuv: np.ndarray) -> np.ndarray:
    """(H, W) bool: pixels that the map takes for a hand or a bare arm, and that look like the old clothes beside it."""
    hands = np.isin(iuv[..., 0], (*_HANDS, *_bare_arms(appearance, photo, iuv)))
    changed = _showing(iuv, appearance.reshaped) & ~hands
    found = _like_cloth(appearance, photo, iuv, changed & grown(hands, max(4.0, 0.02 * len(hands))), hands)
    return opened(found & grown(changed, max(4.0, 0.03 * len(hands))), 1)


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


def _beside_arms(appearance: Appearance, photo: np.ndarray, iuv: np.ndarray, gaps: np.ndarray) -> np.ndarray:
    """(H, W) bool: of gaps in the map between a bare arm and the trunk, (H, W) bool, what looks like the clothes that
    were worn on the trunk."""
    trunk = np.isin(iuv[..., 0], _TRUNK)
    changed = _showing(iuv, appearance.reshaped) & trunk
    if not changed.any():
        return np.zeros_like(gaps)
    gaps = gaps & nearest_value(changed | ~trunk, iuv[..., 0] > 0)  # not the edge of what is worn on as it was
    return _like_cloth(appearance, photo, iuv, changed, gaps & grown(changed, _GAP * len(gaps)))


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


def _with_own_hands(appearance: Appearance, standing: Standing, photo: np.ndarray, iuv: np.ndarray) -> np.ndarray:
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


def hung(
    appearance: Appearance, drawn: np.ndarray, changes: Changes, photo: np.ndarray, iuv: np.ndarray
) -> np.ndarray:
    """A picture of what was edited, (H, W, 4) uint8 RGBA, with the new shells before and behind the body of a photo
    (H, W, 3) uint8 RGB and its map (H, W, 3) uint8."""
    pose, size = appearance.person.standing, drawn.shape[:2]
    if not changes.new or pose is None:
        return drawn
    depth = _with_own_hands(appearance, stand(pose, size), photo, iuv)
    shells = seen_shells(changes.new, pose, size, depth)
    out, square = np.where(shells[..., 3:] > 0, shells, drawn), np.ones((3, 3), np.uint8)
    # Within the person their edges are no staircases; beside them, the whole's edge is made a line.
    rim = cv2.morphologyEx((shells[..., 3] > 0).astype(np.uint8), cv2.MORPH_GRADIENT, square)
    rim &= cv2.erode((out[..., 3] > 0).astype(np.uint8), square, borderValue=0)
    cv2.copyTo(cv2.GaussianBlur(out, (3, 3), 0), rim, out)
    return out


def _under(
    person: Person, iuv: np.ndarray, standing: Standing, gone: Sequence[Shell], hung: np.ndarray
) -> np.ndarray:
    """A person's map without what goes on over loose cloth, and with the mannequin's where what is gone hid the body or
    widened it."""
    parts: set[int] = set()
    for shell in gone:
        if shell.hangs_on == "limb":
            parts |= {*(_LEGS if is_on_leg(shell) else _ARMS)}
        else:
            under = {"head": set(), "hips": {*_TRUNK, *_LEGS}, "trunk": {*_TRUNK}, "armpits": {*_TRUNK}}
            parts |= under[shell.hangs_on]
    fit = person.fit
    found = fit is not None and fit.sighting is not None and fit.photo.shape == person.photo.shape
    if not found:
        # The mannequin does not lie on the map to the pixel: between the two no gap may open. Nor do its hands.
        around = grown(hung, 2) | grown(hung, _FITS * standing.metre) & np.isin(standing.iuv[..., 0], sorted(parts))
        return np.where((around & (iuv[..., 0] == 0))[..., None], _without_arms(standing.iuv), iuv)
    tight, drawn = (resize_nearest(each, iuv.shape[:2]) for each in (fit.snapped, fit.drawn))
    own = np.isin(drawn[..., 0], sorted(parts))
    tight = np.where(np.isin(tight[..., 0], sorted(parts))[..., None], np.uint8(0), tight)
    return np.where((own & (tight[..., 0] == 0))[..., None], drawn, tight)


def _without_arms(iuv: np.ndarray) -> np.ndarray:
    """A mannequin's map in which trunk and legs go on where arms and hands are before them."""
    arms = np.isin(iuv[..., 0], (*_HANDS, *_ARMS))
    behind = np.isin(iuv[..., 0], (*_TRUNK, *_LEGS))
    if not arms.any() or not behind.any():
        return iuv
    return np.where(arms[..., None], nearest_value(iuv, behind), iuv)


def _showing(iuv: np.ndarray, texels: np.ndarray) -> np.ndarray:
    """(H, W) bool: the pixels of the body that show some texels, (512, 512) bool."""
    pixel, xy = texels_seen(iuv)
    column, row = np.clip(np.round(xy), 0, 511).astype(int).T
    out = np.zeros(iuv.shape[0] * iuv.shape[1], bool)
    out[pixel] = texels[row, column]
    return out.reshape(iuv.shape[:2])


def _belongs(appearance: Appearance, iuv: np.ndarray, changes: Changes) -> np.ndarray:
    """(H, W) bool: which pixels lie nearest to a place of the body whose clothes or hair have another outline now."""
    pixel, xy = texels_seen(iuv)
    column, row = np.clip(np.round(xy), 0, 511).astype(int).T
    values = np.zeros(iuv.shape[0] * iuv.shape[1], np.uint8)
    hair = any(shell.hangs_on == "head" for shell in changes.gone)
    part = iuv[..., 0].ravel()[pixel]
    own = appearance.reshaped[row, column]
    feet = np.isin(part, _FEET) & (rest_surface().y[row, column] < _ANKLE)  # under a hem they keep their outline
    values[pixel] = np.where(part >= _HEAD, hair, own & (~feet | (own[feet].mean() > _SHOD if feet.any() else False)))
    return nearest_value(values.reshape(iuv.shape[:2]), iuv[..., 0] > 0) > 0
