"""A person: a photo, where the body is in it, and what it shows of the body.

A `Person` is a photo with its IUV map and the texture map taken from it. People are frozen and their arrays are
read-only, so the same one may stand in many looks and be shared by all visitors who chose the same sample.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from mcld_app.body.bodies import bodies_in
from mcld_app.body.framing import Frame, frame_11_16, is_framed, plan_frame
from mcld_app.body.head_crop import crop_head
from mcld_app.body.iuv import check_iuv, match_photo, read_iuv, resize_iuv
from mcld_app.body.map_signs import looks_like_iuv
from mcld_app.body.photo import read_photo, read_sized_photo
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.head_swap import bare_head
from mcld_app.body.texture.preview_planes import background_colour
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.content import content_hash
from mcld_app.errors import IUVError, PictureError
from mcld_app.request import Conditioning, Face

PICTURE_SIZE = (512, 352)
"""Height and width of every picture the studio shows and gives away: 11:16, the network's own frame."""

_LARGEST = (1104, 759)  # DeepFashion's own photos, 1101 high, stay as they are; larger ones cost time and add nothing

_MAP_AS_PHOTO = "The file given as the photo is an IUV map itself. Give the photo the map was made from."
_SWAPPED = (
    "The file given as the photo is an IUV map. Give it as the IUV map, and the photo it was made from as the photo."
)

Source = str | Path | bytes


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody on a photo.

    Attributes:
        name: what the page calls them.
        photo: (H, W, 3) uint8 RGB, framed to 11:16 (within 2%), at most 1104 high.
        iuv: (H, W, 3) uint8, channels I, U, V; I in 0..24.
        texture: what the photo shows of them, laid on the texture map, as the studio shows it.
        sample: the id of the sample they are, "" for a visitor's own picture.
        whole: the photo as it was read and how it was framed; None where `photo` is all there is.
        stored: (height, width) of the photo's file, where it was larger than what is kept of it; else None.
    """

    name: str
    photo: np.ndarray = field(repr=False)  # what people look like belongs in no log
    iuv: np.ndarray = field(repr=False)
    texture: TextureMap = field(repr=False)
    sample: str = ""
    whole: tuple[np.ndarray, Frame] | None = field(default=None, repr=False)
    stored: tuple[int, int] | None = None

    @cached_property
    def key(self) -> str:
        """A short name for the content: the same photo and IUV map give the same key."""
        return content_hash(self.photo, self.iuv)

    @cached_property
    def picture(self) -> np.ndarray:
        """The photo at `PICTURE_SIZE`, uint8 RGB."""
        import cv2

        return _frozen(cv2.resize(self.photo, PICTURE_SIZE[::-1], interpolation=cv2.INTER_AREA))

    @cached_property
    def picture_iuv(self) -> np.ndarray:
        """The IUV map at `PICTURE_SIZE`."""
        return _frozen(resize_iuv(self.iuv, PICTURE_SIZE))

    @cached_property
    def background(self) -> np.ndarray:
        """What the person stands in front of in another pose, (512, 352, 3) uint8 RGB: the photo's own colour where
        that is plain, else a warm light grey."""
        return _frozen(np.broadcast_to(background_colour(self.picture), self.picture.shape))

    def put_back(self, picture: np.ndarray, pose: np.ndarray) -> np.ndarray:
        """A picture drawn of them, (h, w, 3) uint8 RGB in the pose (H, W, 3) uint8, in the photo as it came: its frame,
        and its background. See `compositing.put_back`."""
        from mcld_app.body.compositing import put_back

        photo, frame = self.whole or (self.photo, plan_frame(np.zeros_like(self.photo), target=None))
        return put_back(picture, pose, photo, self.iuv, frame)

    @cached_property
    def bare_head(self) -> np.ndarray:
        """Their head to be put on others, see `head_swap.bare_head`."""
        return _frozen(bare_head(self.texture))

    @cached_property
    def face(self) -> Face | None:
        """Their face as the photo shows it; None where none is seen."""
        head = crop_head(self.photo, self.iuv)
        return None if head is None else Face(head=head, photo=self.photo, iuv=self.iuv)

    def texture_map(self, how: Conditioning) -> TextureMap:
        """What the photo shows of them, laid on the texture map as a model's conditions have it; its holes are open."""
        if how.texture == "fast":
            return self.texture
        key = None if how.outline is None else content_hash(how.outline)
        if key not in self._exact:
            self._exact[key] = _still(extract(self.photo, self.iuv, mode="exact", outline=how.outline))
        return self._exact[key]

    @cached_property
    def _exact(self) -> dict[str | None, TextureMap]:
        return {}

    @cached_property
    def filled(self) -> TextureMap:
        """The texture map without holes: what the photo does not show is guessed from what it shows."""
        return _still(fill(self.texture, through=True))


def make_person(
    name: str, photo: np.ndarray, iuv: np.ndarray, *, sample: str = "", stored: tuple[int, int] | None = None
) -> Person:
    """A person from a photo (H, W, 3) uint8 RGB and its IUV map (H, W, 3) uint8, channels I, U, V; `stored` is the
    (height, width) of the photo's file.

    Raises:
        IUVError: where the IUV map is no IUV map, is empty, or does not belong to the photo.
    """
    check_iuv(iuv, photo)
    plan = plan_frame(iuv, target=None)
    framed = frame_11_16(iuv, photo, target=_LARGEST if plan.target[0] > _LARGEST[0] else None)
    whole = (_frozen(photo), framed.frame) if framed.photo.shape != photo.shape else None
    smaller = stored if stored is not None and stored[0] > photo.shape[0] else None
    photo, iuv = framed.photo, framed.iuv
    return Person(name, _frozen(photo), _frozen(iuv), _still(extract(photo, iuv)), sample, whole, smaller)


def kept_person(name: str, photo: np.ndarray, iuv: np.ndarray) -> Person:
    """A person from a photo and an IUV map that were a person's before, and so are framed already: with the same
    pixels it is the same person.

    Raises:
        IUVError: as `make_person`, which takes those that are not framed.
    """
    check_iuv(iuv, photo)
    height, width = photo.shape[:2]
    if not is_framed(height, width) or height > _LARGEST[0] or iuv.shape != photo.shape:
        return make_person(name, photo, iuv)
    return Person(name, _frozen(photo), _frozen(iuv), _still(extract(photo, iuv)))


def read_pair(photo: Source, iuv: Source) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """A photo, (H, W, 3) uint8 RGB, its IUV map of the same size, and the (height, width) of the photo's file, from two
    files, given as paths or as their bytes. A map of the photo's proportions in another size is resized, inventing no
    parts.

    Raises:
        PictureError: where the photo cannot be read, or is an IUV map.
        IUVError: where the IUV map cannot be read or does not belong to the photo.
    """
    picture, stored = read_sized_photo(photo)
    if looks_like_iuv(picture):
        raise PictureError(_MAP_AS_PHOTO if _is_map(iuv) else _SWAPPED)
    body = match_photo(read_iuv(iuv), picture)
    check_iuv(body, picture)
    return picture, body, stored


def read_person(name: str, photo: Source, iuv: Source, who: int = 0) -> Person:
    """A person from two files; of several on the map the one of that number, the largest being 0.

    Raises:
        PictureError, IUVError: as `read_pair`; IUVError, too, where there is nobody of that number.
    """
    picture, body, stored = read_pair(photo, iuv)
    bodies = bodies_in(body)
    if not 0 <= who < len(bodies):
        raise IUVError(f"The IUV map shows {len(bodies)} {'person' if len(bodies) == 1 else 'people'}: give “who” as a "
                       f"number from 0 to {len(bodies) - 1}, the largest being 0.")  # fmt: skip
    return make_person(name, picture, bodies[who], stored=stored)


def _is_map(file: Source) -> bool:
    try:
        read_iuv(file)
    except IUVError:
        return False
    return True


@lru_cache(maxsize=64)
def read_sample(sample: str, name: str, photo: Path, iuv: Path) -> Person:
    """`read_person` for the files that ship with the studio: read once, then shared, because they never change."""
    return make_person(name, read_photo(photo), read_iuv(iuv), sample=sample)


def _frozen(array: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def _still(texture: TextureMap) -> TextureMap:
    return TextureMap(_frozen(texture.image), _frozen(texture.coverage))
