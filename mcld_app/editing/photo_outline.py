"""The outline of a person in their own photo where edits change it: old skirts and hair go, new ones hang there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.framing import resize_nearest
from mcld_app.body.shells.areas import grown, nearest_value, shrunk
from mcld_app.body.shells.drawing import draw_shells, seen_shells
from mcld_app.body.shells.places import is_on_leg
from mcld_app.body.shells.shell import Shell
from mcld_app.body.shells.standing import Standing, stand
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.editing.appearance import Appearance
from mcld_app.editing.person import Person
from mcld_app.editing.photo_ground import beside_hair, without_person
from mcld_app.editing.photo_hands import cloth_beside_arms, cloth_on_arms, showing, with_own_hands
from mcld_app.editing.worn_garment import hair_of

_RIM = 0.012  # metres around what was the person's, that the photo blends with it
_EDGE = 3  # pixels within the new outline that are half transparent: the old cloth must not shine through
_FITS = 0.05  # metres by which the mannequin may lie off the map
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
    mine |= grown(hung, rim) & ~showing(body, ~appearance.changed)
    mine |= cloth_beside_arms(appearance, photo, body, silhouette & ~covered & ~mine)
    taken = near & ~shrunk(covered, _EDGE) & mine & ~hair & ~(kept & ~covered)
    exposed = (iuv[..., 0] == 0) & (body[..., 0] > 0)
    ground = beside_hair(without_person(person, photo, taken, near, covered), hair, taken, covered)
    return Laid(ground, body, exposed, cloth_on_arms(appearance, photo, body))


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


def hung(
    appearance: Appearance, drawn: np.ndarray, changes: Changes, photo: np.ndarray, iuv: np.ndarray
) -> np.ndarray:
    """A picture of what was edited, (H, W, 4) uint8 RGBA, with the new shells before and behind the body of a photo
    (H, W, 3) uint8 RGB and its map (H, W, 3) uint8."""
    pose, size = appearance.person.standing, drawn.shape[:2]
    if not changes.new or pose is None:
        return drawn
    depth = with_own_hands(appearance, stand(pose, size), photo, iuv)
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
