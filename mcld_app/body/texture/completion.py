"""The ways to guess what no picture of a person shows."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.parts import parts_mask
from mcld_app.body.texture.filling import fill, mirrored_texel
from mcld_app.body.texture.hand_guess import guess_hands
from mcld_app.body.texture.head_guess import guess_head
from mcld_app.body.texture.lower_body_guess import dress_feet, dress_legs
from mcld_app.body.texture.texture_map import TextureMap, merge
from mcld_app.errors import StudioError

WAYS = ("symmetry", "photos", "inpaint", "smooth", "none")

# What one hole may be inpainted from: each of these is one island of the texture map, or two that belong together.
_PIECES = tuple(
    map(
        frozenset,
        ((1, 2), (3,), (4,), (5,), (6,), (7, 9, 11, 13), (8, 10, 12, 14), (15, 17, 19, 21), (16, 18, 20, 22), (23, 24)),
    )
)
_RADIUS = 3  # texels around a hole's edge that Telea's method looks at


def complete(texture: TextureMap, how: str, others: Sequence[TextureMap] = ()) -> TextureMap:
    """A texture map with its holes guessed.

    Args:
        texture: what was seen; stays as it is.
        how: one of `WAYS`. "symmetry": from the same place on the body's other side, where that was seen, and nothing
            else. "photos": from the other photos, first come first served, then as "smooth". "inpaint": from the other
            side, heads, hands and unseen legs and feet by what is likely, then by Telea's method (An image inpainting
            technique based on the fast marching method, 2004), limb by limb. "smooth": from the other side, then by
            what is likely of a person, then smoothly from the surroundings (`filling.fill`). "none": not at all.
        others: texture maps of other photos of the same person; counts for "photos" only.

    Returns:
        Image and coverage as seen (with "photos": in any of them), and a guess in the image wherever else `coloured`
        says so. A guess is not covered, so that nobody takes it for the truth; to draw it, cover it.

    Raises:
        StudioError: for an unknown way.
    """
    _check(how)
    if how == "none":
        return texture
    seen = merge([texture, *others]) if how == "photos" else texture
    if how == "symmetry":
        guess = _from_other_side(seen)
    else:
        guess = _inpainted(seen) if how == "inpaint" else fill(seen, through=True)
    return TextureMap(np.where(seen.coverage[..., None], seen.image, guess.image), seen.coverage.copy())


def coloured(texture: TextureMap, how: str) -> np.ndarray:
    """Which texels have a colour after `complete`, seen or guessed: (512, 512) bool.

    Raises:
        StudioError: for an unknown way.
    """
    _check(how)
    if how == "none":
        return texture.coverage.copy()
    if how == "symmetry":
        return texture.coverage | texture.coverage.ravel()[mirrored_texel()]
    return texture.coverage | (charts().part_map > 0)


def _from_other_side(texture: TextureMap) -> TextureMap:
    other = mirrored_texel()
    taken = ~texture.coverage & texture.coverage.ravel()[other]
    image = np.where(taken[..., None], texture.image.reshape(-1, 3)[other], texture.image)
    return TextureMap(image, texture.coverage | taken)


def _inpainted(texture: TextureMap) -> TextureMap:
    seen = _from_other_side(texture)
    known = TextureMap(*dress_feet(*dress_legs(*guess_hands(*guess_head(seen.image, seen.coverage)))))
    body = charts().part_map > 0
    guess, smooth = known.image.copy(), None
    for parts in _PIECES:
        mask = parts_mask(parts)
        hole, told = mask & ~known.coverage, mask & known.coverage
        if not hole.any():
            continue
        if not told.any():  # nothing to go on with here: a smooth guess, from the rest of the body
            smooth = fill(seen).image if smooth is None else smooth
            guess[hole] = smooth[hole]
            continue
        left, top, width, height = cv2.boundingRect(mask.astype(np.uint8))
        box = slice(top, top + height), slice(left, left + width)
        guess[box][hole[box]] = _telea(known.image[box], told[box])[hole[box]]
    # Both halves of a back are reached from different sides: give them the same colour.
    both = (guess.astype(np.uint16) + guess.reshape(-1, 3)[mirrored_texel()] + 1) // 2
    image = np.where(seen.coverage[..., None], seen.image, np.where(body[..., None], both, 0))
    return TextureMap(image.astype(np.uint8), seen.coverage | body)


def _telea(image: np.ndarray, told: np.ndarray) -> np.ndarray:
    """`image` (h, w, 3) uint8 made up wherever `told` (h, w) bool does not say that it is known. At half the size: it
    takes a quarter of the time, and what is made up has no finer detail."""
    height, width = told.shape
    size = (width + 1) // 2, (height + 1) // 2
    whole = (size[0] * 2 - width, size[1] * 2 - height)
    pads = ((0, whole[1]), (0, whole[0]))
    weight = cv2.resize(np.pad(told.astype(np.float32), pads), size, interpolation=cv2.INTER_AREA)
    colour = np.pad(np.where(told[..., None], image, 0).astype(np.float32), (*pads, (0, 0)))
    small = cv2.resize(colour, size, interpolation=cv2.INTER_AREA) / np.maximum(weight, 1e-3)[..., None]
    # What is not of this limb is to be made up too, or the limb's edge would be made of its neighbours.
    todo = (weight == 0).astype(np.uint8)
    done = cv2.inpaint((small + 0.5).astype(np.uint8), todo, _RADIUS, cv2.INPAINT_TELEA)
    return cv2.resize(done, (size[0] * 2, size[1] * 2), interpolation=cv2.INTER_LINEAR)[:height, :width]


def _check(how: str) -> None:
    if how not in WAYS:
        raise StudioError(f"There is no way {how!r} to fill what no picture shows. Choose one of: {', '.join(WAYS)}.")
