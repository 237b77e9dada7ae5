"""A person: a photo, where the body is in it, and what it shows of the body.

A `Person` is a photo with its IUV map and the texture map taken from it. People are frozen and their arrays are
read-only, so the same one may stand in many looks and be shared by all visitors who chose the same sample.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mcld_app.body.bodies import bodies_in
from mcld_app.body.fitting.manual_fit import ManualFit
from mcld_app.body.fitting.map_fit import fit_map
from mcld_app.body.framing import Frame, frame_11_16, is_framed, plan_frame
from mcld_app.body.garments.far_side import FarSide, with_far_side
from mcld_app.body.head_crop import crop_head
from mcld_app.body.iuv import check_iuv, match_photo, read_iuv, resize_iuv
from mcld_app.body.lengths import length
from mcld_app.body.mannequin.pose import BodyShape, Pose
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.map_signs import looks_like_iuv
from mcld_app.body.parts import parts_mask
from mcld_app.body.photo import PhotoFile, read_photo, read_sized_photo
from mcld_app.body.shells.find import found_shells, hair_in, scene_of, shells_in
from mcld_app.body.shells.hair_on_face import hair_on_face
from mcld_app.body.shells.places import ARMS, LEGS, hems_of
from mcld_app.body.shells.shell import Shell
from mcld_app.body.shells.trouser_legs import CutLegs
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.armholes import astray_at_armholes
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.filling import fill, without_shreds
from mcld_app.body.texture.head_swap import bare_head
from mcld_app.body.texture.leg_colours import end_in_cloth
from mcld_app.body.texture.leg_folds import are_cut
from mcld_app.body.texture.lower_body_guess import legs_at_hem
from mcld_app.body.texture.photo_places import PhotoPlaces, photo_places, rim_of
from mcld_app.body.texture.photo_reading import PhotoSource, photo_source
from mcld_app.body.texture.preview_planes import background_colour, has_plain_ground
from mcld_app.body.texture.skin import cloth_texels
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.content import content_hash
from mcld_app.errors import IUVError, PictureError, StudioError
from mcld_app.once import cached_property
from mcld_app.request import Conditioning, Face

PICTURE_SIZE = (512, 352)
"""Height and width of every picture the studio shows and gives away: 11:16, the network's own frame."""

LARGEST = (1104, 759)
"""Height and width of a person's photo at most. DeepFashion's own photos, 1101 high, stay as they are; larger ones cost
time and add nothing."""

_HIP = float(BONES["left_hip"][1][1])  # metres above the floor
_FEET, _HEAD = frozenset({5, 6}), frozenset({23, 24})

# Metres above a hem, as far as it may lift; texels of a limb below; metres above the floor where legs end, and from the
# shoulder where arms do.
_ABOVE_HEM, _LEAST_BELOW, _LEG_ENDS, _ARM_ENDS = 0.06, 500, 0.2, 0.45
_LEAST_TOLD = 100  # texels to tell a skirt's colour, or legs', by
_MIXED = 5  # texels across, around cloth, that are mixed with it

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
        doubtful: (H, W) bool, pixels of `iuv` that were not laid on the texture map: they may show another limb, or
            what somebody holds. None where there are none.
        fit: the mannequin over their photo, where their body came from it or was found: to be moved further.
        stored: the photo's file, where it was larger than what is kept of it; else None.
        body: the mannequin's shape that is theirs; None where none was fitted.
        own_shells: what stands off the body, where that is known and not to be looked for in the photo.
        far_side: of a garment that its photo shows alone, what is known of its back; None of everybody else.
    """

    name: str
    photo: np.ndarray = field(repr=False)  # what people look like belongs in no log
    iuv: np.ndarray = field(repr=False)
    texture: TextureMap = field(repr=False)
    sample: str = ""
    whole: tuple[np.ndarray, Frame] | None = field(default=None, repr=False)
    doubtful: np.ndarray | None = field(default=None, repr=False)
    fit: ManualFit | None = field(default=None, repr=False)
    stored: PhotoFile | None = None
    body: BodyShape | None = None
    own_shells: tuple[Shell, ...] | None = field(default=None, repr=False)
    far_side: FarSide | None = field(default=None, repr=False)

    @cached_property
    def key(self) -> str:
        """A short name for the content: the same photo and IUV map give the same key."""
        doubt = () if self.doubtful is None else (self.doubtful.view(np.uint8),)
        return content_hash(self.photo, self.iuv, *doubt)

    @cached_property
    def worked_out(self) -> dict[Any, Any]:
        """What other modules keep of their photo, by keys of their own, so that it lives as long as the person."""
        return {}

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

        photo, frame = self.as_it_came
        return put_back(picture, pose, photo, self.iuv, frame)

    @property
    def as_it_came(self) -> tuple[np.ndarray, Frame]:
        """The photo before it was framed, and how it was: `whole`, or `photo` with a frame that is all of it."""
        return self.whole or (self.photo, plan_frame(np.zeros_like(self.photo), target=None))

    @cached_property
    def bare_head(self) -> np.ndarray:
        """Their head to be put on others, see `head_swap.bare_head`; only the head's texels mean anything."""
        if not self.sample:
            return _frozen(bare_head(self.texture))
        from mcld_app.editing.kept_samples import kept_head

        return _frozen(kept_head(self.texture, lambda: bare_head(self.texture)))

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
            sure = _sure(self.iuv, self.doubtful)
            self._exact[key] = _still(extract(self.photo, sure, mode="exact", outline=how.outline))
        return self._exact[key]

    @cached_property
    def _exact(self) -> dict[str | None, TextureMap]:
        return {}

    @cached_property
    def pixels(self) -> PhotoSource:
        """Their photo, to be read at the texels that it shows. Where nothing tells which pixels are doubtful, those on
        the body's rim are: half of them is background."""
        doubt = rim_of(self.iuv) if self.doubtful is None else self.doubtful
        places = photo_places(_sure(self.iuv, doubt))
        seen = places.seen & ~self._astray & ~self._cloth_below_hem
        seen &= ~parts_mask(_HEAD) | without_shreds(seen)
        if self._at_hem is not None:
            seen &= ~self._at_hem
        places = PhotoPlaces(places.xy, _frozen(seen))
        if self.far_side is not None:
            return with_far_side(self.photo, self.iuv, places, self.far_side)
        return photo_source(self.photo, places)

    @cached_property
    def _astray(self) -> np.ndarray:
        """(512, 512) bool, texels between trunk and arms of somebody found that show the other of the two."""
        if self.fit is None or self.fit.sighting is None:
            return np.zeros_like(self.texture.coverage)
        return astray_at_armholes(self.texture)

    @cached_property
    def _at_hem(self) -> np.ndarray | None:
        """(512, 512) bool, the texels of legs and arms around an open hem: above it they show a skirt, or wide shorts
        or sleeves, which hang elsewhere in another pose; None where there is none, or nothing is seen of the limbs
        below."""
        g, out = rest_surface(), np.zeros_like(self.texture.coverage)
        places = {LEGS: (-g.y, -_LEG_ENDS), ARMS: (g.arm, _ARM_ENDS)}  # metres down a limb, and where its end is
        for limb, hem, below in hems_of(self.shells):
            down, end = places[limb]
            own = parts_mask(limb)
            if np.count_nonzero(self.texture.coverage & own & (down > hem + 2 * below)) < _LEAST_BELOW or hem > end:
                continue
            out |= own & (down < hem + below) & (down > hem - _ABOVE_HEM)
        return out if out.any() else None

    @cached_property
    def _cloth_below_hem(self) -> np.ndarray:
        """(512, 512) bool, texels of the legs around an open hem, a skirt's or wide shorts', that have the cloth's
        colour and not the legs' own below."""
        out = np.zeros_like(self.texture.coverage)
        hems = [hem for limb, hem, _ in hems_of(self.shells) if limb == LEGS]
        if not hems:
            return out
        import cv2

        image, down = self.texture.image.astype(np.float32), -rest_surface().y - max(hems)
        legs = parts_mask(LEGS) & self.texture.coverage
        skirt, bare = legs & (down < -_ABOVE_HEM), legs & (down > _ABOVE_HEM / 2)
        if min(np.count_nonzero(skirt), np.count_nonzero(bare)) < _LEAST_TOLD:
            return out
        to_skirt, to_legs = (length(image - np.median(image[own], 0)) for own in (skirt, bare))
        cloth = cv2.dilate((legs & (to_skirt < to_legs)).astype(np.uint8), np.ones((_MIXED, _MIXED), np.uint8)) > 0
        return legs & (np.abs(down) < _ABOVE_HEM) & cloth

    @cached_property
    def shells(self) -> tuple[Shell, ...]:
        """What stands off their body: hair, a skirt. None where it is not known how far they reach: before a busy
        ground an IUV map alone does not tell."""
        if self.own_shells is not None or self.far_side is not None:  # of nobody, there are none to be found
            return self.own_shells or ()
        from mcld_app.editing.kept_samples import kept_shells

        try:
            if self.sample and has_plain_ground(self.photo):
                return kept_shells(
                    self.photo, self.iuv, lambda: found_shells(self.photo, self.iuv, self.standing, self.silhouette)
                )
            if self.fit is not None and self.fit.sighting is not None:
                return self._fitted_shells(self.fit)
            if not has_plain_ground(self.photo):
                return ()
            # Both are kept: to tell whose hair is whose takes them, too.
            return found_shells(self.photo, self.iuv, self.standing, self.silhouette)
        except StudioError:
            return ()

    def _fitted_shells(self, fit: ManualFit) -> tuple[Shell, ...]:
        """And which pixels show hair is noted, for it is known by then; all else of the scene is let go of."""
        scene = self.worked_out.pop("scene", None) or scene_of(fit)
        if scene is None:
            return ()
        shells = shells_in(scene)
        self.worked_out.setdefault("hair", hair_in(scene, fit))
        return shells

    @cached_property
    def _hair_colour(self) -> np.ndarray | None:
        """(3,) RGB, what most of the hair that stands off their head has; None where none does."""
        pictures = [shell.picture.reshape(-1, 4) for shell in self.shells if shell.hangs_on == "head"]
        whole = pictures[0][pictures[0][:, 3] == 255, :3] if pictures else ()
        return np.median(whole, 0) if len(whole) else None

    @cached_property
    def cut_legs(self) -> CutLegs | None:
        """How their trousers are seen, where the photo cuts off the legs; None where it shows these, or bare ones."""
        if not are_cut(self.texture.coverage):
            return None
        clad, height = end_in_cloth(self.texture.image, self.texture.coverage)
        if not clad:
            return None
        from mcld_app.body.shells.limbs import ease_of_legs

        scene = None if self.fit is None else scene_of(self.fit)
        return CutLegs(max(_HIP - height, 0.0), ease_of_legs(scene, height))

    @cached_property
    def cloth(self) -> np.ndarray:
        """Which texels show clothes and no skin, see `skin.cloth_texels`; of a skirt, those above its hem."""
        out = cloth_texels(self.texture)
        skirts = [shell for shell in self.shells if shell.hangs_on == "hips"]
        if skirts:
            hem = min(float(shell.rest[:, 1].min()) for shell in skirts)
            out &= ~(parts_mask(LEGS) & (rest_surface().y < hem))
        return _frozen(out)

    @cached_property
    def standing(self) -> Pose | None:
        """The mannequin as they stand in their photo; None where it shows too little of a body to tell."""
        if self.fit is not None and self.fit.sighting is not None:
            return self.fit.pose
        try:
            return fit_map(self.iuv).pose
        except StudioError:
            return None

    @cached_property
    def silhouette(self) -> np.ndarray | None:
        """(H, W) bool, the photo's pixels that show them with all they wear; None where that is not known."""
        from mcld_app.body.shells.silhouette import find_silhouette
        from mcld_app.body.shells.standing import stand

        if self.fit is not None and self.fit.sighting is not None:
            return _frozen(self.fit.sighting.outline >= 128)
        if self.standing is None or not has_plain_ground(self.photo):
            return None
        return _frozen(find_silhouette(self.photo, self.iuv, stand(self.standing, self.iuv.shape[:2])))

    @cached_property
    def filled(self) -> TextureMap:
        """The texture map without holes: what the photo does not show is guessed from what it shows. Of head, legs and
        feet, that is what it shows for sure: next to it, the map has mixtures of it with what is beside it."""
        coming = self.worked_out.get("filled")  # from another process, which has begun it
        if coming is not None and (filled := coming()) is not None:
            return filled
        sure = self.texture.coverage & (self.pixels.places.seen | ~parts_mask(LEGS | _FEET | _HEAD)) & ~self._astray
        sure &= ~self._cloth_below_hem
        if self._at_hem is not None:
            sure &= ~(self._at_hem & parts_mask(ARMS))
        filled = fill(TextureMap(self.texture.image, sure), through=True, hair=self._hair_colour)
        if self._at_hem is not None:
            filled = TextureMap(legs_at_hem(filled.image, sure, self._at_hem & parts_mask(LEGS)), filled.coverage)
        return _still(filled)

    def with_shells(self, shells: tuple[Shell, ...]) -> Person:
        """The same, with what stands off them; where their photo is read is not worked out again."""
        out = replace(self, own_shells=shells)
        if "pixels" in self.__dict__:
            out.__dict__["pixels"] = self.pixels
        return out


def make_person(
    name: str, photo: np.ndarray, iuv: np.ndarray, *, sample: str = "", stored: PhotoFile | None = None
) -> Person:
    """A person from a photo (H, W, 3) uint8 RGB and its IUV map (H, W, 3) uint8, channels I, U, V; `stored` is the
    photo's file.

    Raises:
        IUVError: where the IUV map is no IUV map, is empty, or does not belong to the photo.
    """
    check_iuv(iuv, photo)
    plan = plan_frame(iuv, target=None)
    framed = frame_11_16(iuv, photo, target=LARGEST if plan.target[0] > LARGEST[0] else None)
    whole = (_frozen(photo), framed.frame) if framed.photo.shape != photo.shape else None
    larger = _if_larger(stored, photo)
    photo, iuv = framed.photo, framed.iuv
    return Person(name, _frozen(photo), _frozen(iuv), _still(extract(photo, iuv)), sample, whole, stored=larger)


def fitted_person(fit: ManualFit) -> Person:
    """A person from a photo and the mannequin that was laid over it.

    Raises:
        IUVError: where the mannequin does not lie on the photo.
    """
    seen = fit.sighting
    if seen is None:
        return replace(make_person(fit.name, fit.photo, fit.iuv, stored=fit.stored), fit=fit, body=fit.pose.body)
    check_iuv(fit.iuv, fit.photo)
    photo, iuv = _frozen(fit.photo), _frozen(fit.iuv)
    try:
        scene = scene_of(fit)
    except IUVError:  # too little of them
        scene, doubt = None, fit.doubtful
    else:
        doubt = fit.doubtful | hair_on_face(fit, scene)
    doubt = _frozen(doubt)
    if not (_sure(iuv, doubt)[..., 0] > 0).any():  # somebody tiny is all rim
        doubt = None
    texture = _still(extract(photo, _sure(iuv, doubt)))
    larger = _if_larger(fit.stored, seen.whole[0] if seen.whole else photo)
    person = Person(
        fit.name, photo, iuv, texture, whole=seen.whole, doubtful=doubt, fit=fit, stored=larger, body=fit.pose.body
    )
    person.worked_out["scene"] = scene
    return person


def kept_person(name: str, photo: np.ndarray, iuv: np.ndarray, doubtful: np.ndarray | None = None) -> Person:
    """A person from a photo, an IUV map and its doubtful pixels that were a person's before, and so are framed already:
    with the same pixels it is the same person.

    Raises:
        IUVError: as `make_person`, which takes those that are not framed.
    """
    check_iuv(iuv, photo)
    height, width = photo.shape[:2]
    if not is_framed(height, width) or height > LARGEST[0] or iuv.shape != photo.shape:
        return make_person(name, photo, iuv)
    if doubtful is not None and (doubtful.shape != iuv.shape[:2] or not (_sure(iuv, doubtful)[..., 0] > 0).any()):
        doubtful = None
    doubt = None if doubtful is None else _frozen(doubtful)
    return Person(name, _frozen(photo), _frozen(iuv), _still(extract(photo, _sure(iuv, doubt))), doubtful=doubt)


def read_pair(photo: Source, iuv: Source) -> tuple[np.ndarray, np.ndarray, PhotoFile]:
    """A photo, (H, W, 3) uint8 RGB, its IUV map of the same size, and the photo's file, from two files, given as paths
    or as their bytes. A map of the photo's proportions in another size is resized, inventing no parts.

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


def _sure(iuv: np.ndarray, doubtful: np.ndarray | None) -> np.ndarray:
    """The map without its doubtful pixels."""
    return iuv if doubtful is None else np.where(doubtful[..., None], np.uint8(0), iuv)


def _if_larger(stored: PhotoFile | None, photo: np.ndarray) -> PhotoFile | None:
    """A photo's file, where it is larger than the photo that was read from it."""
    return stored if stored is not None and stored.size[0] > photo.shape[0] else None


def _frozen(array: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def _still(texture: TextureMap) -> TextureMap:
    return TextureMap(_frozen(texture.image), _frozen(texture.coverage))
