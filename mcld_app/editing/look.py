"""A look: a person, the edits made on them, and how they stand. Every function returns a new look."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from mcld_app.body.fitting.map_fit import fit_map
from mcld_app.body.iuv_painting import pose_of_picture
from mcld_app.body.mannequin.pose import BodyShape, Pose
from mcld_app.body.mannequin.view import seen_whole
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.content import content_hash
from mcld_app.editing.appearance import Appearance, checked_fill
from mcld_app.editing.edits.edit import Edit, Faces
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.person import Person
from mcld_app.errors import StudioError
from mcld_app.once import cached_property
from mcld_app.request import MAX_FACE_WEIGHT, Conditions, within

E = TypeVar("E", bound=Edit)

MOST_EDITS = 60
"""More make no picture better, and every undo keeps them."""


@dataclass(frozen=True, eq=False)
class MapPose:
    """A pose that only its IUV map knows: another picture's, or one that was painted on.

    Attributes:
        name: what the page calls it.
        iuv: (512, 352, 3) uint8, channels I, U, V.
        sample: the id of the sample person whose pose it is, "" for any other.
        painted_on: the mannequin whose map was painted on; None for any other.
    """

    name: str
    iuv: np.ndarray = field(repr=False)
    sample: str = ""
    painted_on: Pose | None = None

    @cached_property
    def mannequin(self) -> Pose | None:
        """The mannequin that was painted on, or fitted to the map; None where that shows too little of a body. Hair and
        skirts hang on it."""
        if self.painted_on is not None:
            return self.painted_on
        try:
            return fit_map(self.iuv).pose
        except StudioError:
            return None


def pose_as(person: Person) -> MapPose:
    """The pose in which somebody stands in their picture."""
    return MapPose(f"as {person.name}", pose_of_picture(person.iuv), person.sample)


@dataclass(frozen=True, eq=False)
class Look:
    """All that makes one picture.

    Attributes:
        appearance: the person under their edits.
        pose: how they stand; None is "as in the photo".
        fill: how texels that no picture shows are guessed, a key of `FILLS`.
        face_weight: of F (paper, eq. 3: lambda), 0..2.
    """

    appearance: Appearance
    pose: Pose | MapPose | None = None
    fill: str = "smooth"
    face_weight: float = Conditions.face_weight

    @property
    def person(self) -> Person:
        """Whom it is about."""
        return self.appearance.person

    @property
    def edits(self) -> tuple[Edit, ...]:
        """The list of edits, in the order they are made."""
        return self.appearance.edits

    @property
    def texture(self) -> TextureMap:
        """The texture map the picture is drawn from, its holes filled as `fill` says."""
        return self.appearance.filled(self.fill)

    def edits_of(self, kind: type[E]) -> tuple[E, ...]:
        """The edits of one kind, on or off."""
        return tuple(edit for edit in self.edits if isinstance(edit, kind))

    @property
    def face_edit(self) -> FaceSwap | None:
        """The face edit of the list, on or off; there is one at most."""
        return next(iter(self.edits_of(FaceSwap)), None)

    @property
    def swap(self) -> FaceSwap | None:
        """The face edit, where it counts; None where the face is the person's own."""
        return self.face_edit if self.face_edit and self.face_edit.on else None

    @property
    def faces(self) -> Faces:
        """The person's own face, another one, and how far from the first to the second: see `request.Conditions`."""
        faces: Faces = (self.person.face, None, 0.0)
        for edit in self.edits:
            if edit.on:
                faces = edit.turn_face(faces)
        return faces

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody whose pictures the look is made from, the person first."""
        donors = (person for edit in self.edits for person in edit.people)
        return (self.person, *self.appearance.others, *donors)

    def picture(self, key: str) -> MapPose | np.ndarray | None:
        """The look's pose of a picture, or one of its patterns, by the hash of its content; None where it has none."""
        if isinstance(self.pose, MapPose) and content_hash(self.pose.iuv) == key:
            return self.pose
        patterns = (pattern for edit in self.edits for pattern in edit.patterns)
        return next((pattern for pattern in patterns if content_hash(pattern) == key), None)


def of(person: Person) -> Look:
    """The person as they are."""
    return Look(Appearance(person))


def add(look: Look, edit: Edit) -> Look:
    """One more edit; some kinds take the place of older ones, see each one's `enter`.

    Raises:
        StudioError: where it cannot be made, or there are too many.
    """
    return with_edits(look, edit.enter(look.edits))


def without(look: Look, kind: type[Edit]) -> Look:
    """The look without all edits of a kind."""
    return with_edits(look, tuple(edit for edit in look.edits if not isinstance(edit, kind)))


def with_edits(look: Look, edits: tuple[Edit, ...]) -> Look:
    """The look with just these edits. StudioError where one of them cannot be made, or there are too many."""
    if len(edits) > MOST_EDITS:
        raise StudioError(f"More than {MOST_EDITS} edits are too many. Delete some of the list, then go on.")
    appearance = _built(look.person, look.appearance.others, edits, look.appearance)
    _ = appearance.seen  # here, not when it is drawn: an edit that cannot be made must not enter the look
    return replace(look, appearance=appearance)


def remove(look: Look, index: int) -> Look:
    """Without the edit at that place.

    Raises:
        StudioError: where there is none.
    """
    at = _place(look, index)
    return with_edits(look, look.edits[:at] + look.edits[at + 1 :])


def switch(look: Look, index: int, on: bool) -> Look:
    """The edit at that place switched on or off; StudioError where there is none."""
    at = _place(look, index)
    return with_edits(look, (*look.edits[:at], replace(look.edits[at], on=on), *look.edits[at + 1 :]))


def move(look: Look, index: int, to: int) -> Look:
    """The edit at that place moved to another: later edits lie over earlier ones. StudioError where there is none."""
    edits = list(look.edits)
    edit = edits.pop(_place(look, index))
    edits.insert(min(max(to, 0), len(edits)), edit)
    return with_edits(look, tuple(edits))


def change_person(look: Look, person: Person) -> Look:
    """The same edits and pose on somebody else; a mannequin takes their shape where that is known."""
    appearance = _built(person, (), look.edits, look.appearance)
    return replace(look, appearance=appearance, pose=_of(look.pose, person))


def add_photo(look: Look, other: Person) -> Look:
    """Another photo of the same person, which says what the first one does not show."""
    if any(known.key == other.key for known in (look.person, *look.appearance.others)):
        raise StudioError("This photo is there already. Add one that shows another side of the person.")
    others = (*look.appearance.others, other)
    return replace(look, appearance=_built(look.person, others, look.edits, look.appearance), fill="photos")


def stand(look: Look, pose: Pose | MapPose | None) -> Look:
    """Another pose; None is "as in the photo"."""
    return replace(look, pose=pose)


def in_their_shape(look: Look, pose: Pose | None) -> Pose | None:
    """A pose of whomever, held by somebody of the shape that the mannequin has so far, and seen whole; None stays."""
    body = body_of(look)
    return pose if pose is None or body is None else seen_whole(pose, pose.of(body))


def mannequin_of(look: Look) -> Pose | None:
    """The mannequin as a look stands, also where that is as in the photo or by another picture's map; None where too
    little of a body is seen."""
    if isinstance(look.pose, Pose):
        return look.pose
    if look.pose is not None:
        return look.pose.mannequin
    fit = look.person.fit
    if fit is not None and fit.sighting is not None:
        return fit.pose
    try:
        return fit_map(look.person.picture_iuv).pose
    except StudioError:
        return None


def body_of(look: Look) -> BodyShape | None:
    """The mannequin's shape so far: the pose's, else the person's; None where nothing is known of it."""
    return look.pose.body if isinstance(look.pose, Pose) else look.person.body


def _of(pose: Pose | MapPose | None, person: Person) -> Pose | MapPose | None:
    return seen_whole(pose, pose.of(person.body)) if isinstance(pose, Pose) and person.body is not None else pose


def guess(look: Look, how: str) -> Look:
    """Another way to guess what no picture shows; StudioError where there is no such way."""
    return replace(look, fill=checked_fill(how))


def weigh_face(look: Look, weight: float) -> Look:
    """Another weight of the face, 0..2; StudioError for any other number."""
    within("The face's weight", weight, 0, MAX_FACE_WEIGHT)
    return replace(look, face_weight=float(weight))


def _place(look: Look, index: int) -> int:
    if not isinstance(index, int) or not 0 <= index < len(look.edits):
        raise StudioError("This edit is not in the list any more.")
    return index


def _built(person: Person, others: tuple[Person, ...], edits: tuple[Edit, ...], known: Appearance) -> Appearance:
    """The appearance, built upon as much of a known one as the two have in common."""
    while known.below and known.edits != edits[: len(known.edits)]:
        known = known.below
    common = known.person is person and known.others == others
    appearance = known if common else Appearance(person, others)
    for edit in edits[len(appearance.edits) :]:
        appearance = Appearance(person, others, (*appearance.edits, edit), appearance)
    return appearance
