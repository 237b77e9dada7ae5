"""What is found wrong with the conditions, and what is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mcld_app.body.charts import TEXTURE
from mcld_app.body.iuv import check_iuv
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.errors import StudioError

Kind = Literal[
    "pose_empty", "pose_small", "pose_cut", "pose_incomplete", "pose_broken", "pose_heads", "pose_sides", "pose_flat",
    "texture_incomplete", "texture_squeezed", "texture_invented", "face", "views",
]  # fmt: skip
"""The paper's cases of failure (section 4.5): (1) wrong target pose, `pose_`; (2) incomplete and (3) squeezed texture
map, `texture_`; (4) missing face, `face`; (5) significant view changes, `views`."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: which check found it.
        level: "warning" where the picture will be wrong, "note" where it may come out less well.
        measure: what was measured; each check says in which unit.
        text: one short sentence with the measure in it and what to do about it.
    """

    kind: Kind
    level: Literal["note", "warning"]
    measure: float
    text: str


@dataclass(frozen=True, eq=False)
class SourceConditions:
    """All that is known of the person before a picture of them is generated.

    Attributes:
        photo: (H, W, 3) uint8 RGB, as it came: enlarged, it would seem to hold more than it does.
        iuv: (H, W, 3) uint8, channels I, U, V, of that photo.
        seen: the texture map as the photo (or the person's several photos) gave it.
        edited: the texture map with all edits made, its holes filled or not.
        chosen: (512, 512) bool, the texels an edit put there on purpose.
        head: the crop the face identity is taken from, see `head_crop.crop_head`; None = no face.
        face_iuv: IUV map of the photo that `head` was cut from, where that is another one; None = `iuv`.

    Raises:
        StudioError: for arrays of another shape or dtype, and where the IUV map is not the photo's (IUVError).
    """

    photo: np.ndarray = field(repr=False)
    iuv: np.ndarray = field(repr=False)
    seen: TextureMap = field(repr=False)
    edited: TextureMap = field(repr=False)
    chosen: np.ndarray = field(repr=False)
    head: np.ndarray | None = field(default=None, repr=False)
    face_iuv: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _check("The photo", self.photo, (None, None, 3), np.uint8)
        check_iuv(self.iuv, self.photo)
        for what, texture in (("The texture map", self.seen), ("The edited texture map", self.edited)):
            if not isinstance(texture, TextureMap):
                raise StudioError(f"{what} must be a TextureMap, not {type(texture).__name__}.")
            _check(what, texture.image, (TEXTURE, TEXTURE, 3), np.uint8)
            _check(f"{what}'s coverage", texture.coverage, (TEXTURE, TEXTURE), np.bool_)
        _check("The mask of chosen texels", self.chosen, (TEXTURE, TEXTURE), np.bool_)
        if self.head is not None:
            _check("The head's crop", self.head, (None, None, 3), np.uint8)
        if self.face_iuv is not None:
            check_iuv(self.face_iuv)


def _check(what: str, array, shape: tuple[int | None, ...], dtype: type) -> None:
    """Raises StudioError for another dtype or shape (None: any length); `what` begins the sentence."""
    good = isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == len(shape)
    if not good or any(n is not None and n != m for n, m in zip(shape, array.shape, strict=True)):
        found = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        wanted = " x ".join("any" if n is None else str(n) for n in shape)
        raise StudioError(f"{what} must be a {np.dtype(dtype).name} array of {wanted}; this is {found}.")
