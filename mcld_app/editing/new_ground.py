"""Another ground behind somebody: one colour, none, or a picture. Not a part of the look: it changes nothing of what is
drawn, only what is seen around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np

from mcld_app.body.compositing import person_mask
from mcld_app.body.cut_edges import gone_on, inner, outline
from mcld_app.editing.look import Look
from mcld_app.editing.person import PICTURE_SIZE
from mcld_app.editing.preview import LARGE_SIZE, cut_out, draw, edits_over, photo_at, pose_map

_CORE, _REACH = 0.008, 0.03  # of the height: how far within a preview's outline a drawn one lies, and how far outside
_FEET = (5, 6)
_SHOE = 0.006  # of the height: how far a shoe stands off the foot
_ROUNDS = 2  # of GrabCut
_SQUARE = 16  # pixels of `PICTURE_SIZE`: of the pattern that stands for nothing
_LIGHT, _DARK = 250, 222


@dataclass(frozen=True, eq=False)
class Ground:
    """What is seen around somebody.

    Attributes:
        kind: "own", as the picture has it; "colour"; "transparent", nothing; or "picture".
        colour: RGB of 0..255, where it is one colour.
        picture: `LARGE_SIZE` + (3,) uint8 RGB; None where it is no picture.
    """

    kind: Literal["own", "colour", "transparent", "picture"] = "own"
    colour: tuple[int, int, int] = (255, 255, 255)
    picture: np.ndarray | None = field(default=None, repr=False)

    def at(self, size: tuple[int, int]) -> np.ndarray:
        """The ground, (*size, 3) uint8 RGB; where it is transparent, a pattern that stands for that. `kind` is not
        "own"."""
        if self.kind == "picture":
            return cv2.resize(self.picture, size[::-1], interpolation=cv2.INTER_AREA)
        if self.kind == "colour":
            return np.full((*size, 3), self.colour, np.uint8)
        row, column = (np.arange(side) * PICTURE_SIZE[0] // size[0] // _SQUARE for side in size)
        grey = np.where((row[:, None] + column) % 2, _DARK, _LIGHT).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)


OWN_GROUND = Ground()


def ground_of_picture(picture: np.ndarray) -> Ground:
    """A picture (H, W, 3) uint8 RGB as a ground: its middle, as much of it as 11:16 has room for."""
    height, width = picture.shape[:2]
    scale = min(height / LARGE_SIZE[0], width / LARGE_SIZE[1])
    high, wide = (max(round(side * scale), 1) for side in LARGE_SIZE)
    top, left = (height - high) // 2, (width - wide) // 2
    part = picture[top : top + high, left : left + wide]
    filter_of = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    return Ground("picture", picture=cv2.resize(part, LARGE_SIZE[::-1], interpolation=filter_of))


def alone(look: Look, size: tuple[int, int] = PICTURE_SIZE) -> np.ndarray:
    """The preview of a look without its ground, (*size, 4) uint8 RGBA, straight colours."""
    if look.pose is not None:
        return cut_out(look, size)
    photo, iuv = photo_at(look.person, size)
    picture, there = edits_over(look, photo, iuv)
    outline_known = look.person.silhouette
    if outline_known is None:
        covered = _at(person_mask(picture, iuv), size)
    else:
        gone = (picture != photo).any(2) & ~there  # what is not worn any more gave way to the ground
        covered = (_at(outline_known, size) & ~gone & ~_shadow(iuv)) | there
    return _cut(picture, covered | (iuv[..., 0] > 0))


def preview_before(look: Look, ground: Ground, size: tuple[int, int] = PICTURE_SIZE) -> np.ndarray:
    """The preview of a look before a ground, (*size, 3) uint8 RGB; before none (*size, 4) RGBA."""
    return draw(look, size).picture if ground.kind == "own" else before(alone(look, size), ground)


def drawn_before(look: Look, picture: np.ndarray, ground: Ground) -> np.ndarray:
    """What a model drew of a look, (H, W, 3) uint8 RGB, before a ground; before none (H, W, 4) RGBA."""
    return picture if ground.kind == "own" else before(drawn_alone(look, picture), ground)


def drawn_alone(look: Look, picture: np.ndarray) -> np.ndarray:
    """What a model drew of a look, (H, W, 3) uint8 RGB, 11:16, without its ground: RGBA of that size, straight colours.

    A model keeps near to the preview's outline, and GrabCut (Rother et al., 2004) finds its own beside that.
    """
    size = picture.shape[:2]
    near = cv2.resize(alone(look)[..., 3], size[::-1], interpolation=cv2.INTER_AREA) >= 128
    body = cv2.resize(pose_map(look)[..., 0], size[::-1], interpolation=cv2.INTER_NEAREST) > 0
    core = cv2.erode(near.astype(np.uint8), _disc(_CORE * size[0])) > 0
    reach = cv2.dilate(near.astype(np.uint8), _disc(_REACH * size[0])) > 0
    mask = np.full(size, cv2.GC_BGD, np.uint8)
    mask[reach] = cv2.GC_PR_BGD
    mask[near] = cv2.GC_PR_FGD
    mask[core] = cv2.GC_FGD
    if core.any() and not reach.all():
        cv2.setRNGSeed(0)
        nothing = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(np.ascontiguousarray(picture), mask, None, *nothing, _ROUNDS, cv2.GC_INIT_WITH_MASK)
    found = (mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)
    _, labels = cv2.connectedComponents(found.astype(np.uint8))
    return _cut(picture, found & np.isin(labels, np.unique(labels[found & (core | body)])))


def before(person: np.ndarray, ground: Ground) -> np.ndarray:
    """Somebody alone, (H, W, 4) uint8 RGBA, before a ground: (H, W, 3) uint8 RGB; before none, as they are."""
    return person if ground.kind == "transparent" else shown_before(person, ground)


def shown_before(person: np.ndarray, ground: Ground) -> np.ndarray:
    """`before` for looking at, always (H, W, 3) uint8 RGB: nothing is shown as a pattern."""
    share = person[..., 3].astype(np.float32) / 255
    return cv2.blendLinear(cv2.cvtColor(person, cv2.COLOR_RGBA2RGB), ground.at(person.shape[:2]), share, 1 - share)


def _shadow(iuv: np.ndarray) -> np.ndarray:
    """Where a floor lies in the shadow of shoes, (H, W) bool: an outline takes that for a part of them."""
    feet = np.isin(iuv[..., 0], _FEET)
    if not feet.any():
        return feet
    beside = cv2.dilate((iuv[..., 0] > 0).astype(np.uint8), _disc(_SHOE * len(iuv))) == 0
    beside[: np.flatnonzero(feet.any(1))[0]] = False
    return beside


def _cut(picture: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """The covered pixels (H, W) bool of a picture: their edge a line, and of the person's own colours."""
    there = covered.astype(np.uint8) * np.uint8(255)
    share = outline(covered.astype(np.float32), there)
    colour = gone_on(picture, inner(there) > 0, share > 0)
    return np.dstack([colour, (share * 255 + 0.5).astype(np.uint8)])


def _at(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A mask (H, W) bool of another size."""
    return cv2.resize(mask.astype(np.float32), size[::-1], interpolation=cv2.INTER_LINEAR) >= 0.5


def _disc(radius: float) -> np.ndarray:
    reach = max(round(radius), 1)
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
