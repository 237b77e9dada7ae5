"""A look: a person, the edits made on them, and how they stand. Every function returns a new look."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from mcld_app.body.iuv_painting import pose_of_picture
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.appearance import FILLS, Appearance
from mcld_app.editing.edits import Cover, Edit, Paint, Swap, Wear, face_of
from mcld_app.editing.garment import Area, Garment, checked_area, parts_of
from mcld_app.editing.person import Person
from mcld_app.errors import StudioError
from mcld_app.request import Face, within

MOST_EDITS = 60
"""More make no picture better, and every undo keeps them."""


@dataclass(frozen=True, eq=False)
class MapPose:
    """A pose that only its IUV map knows: another picture's, or one that was painted on.

    Attributes:
        name: what the page calls it.
        iuv: (512, 352, 3) uint8, channels I, U, V.
        sample: the id of the sample person whose pose it is, "" for any other.
    """

    name: str
    iuv: np.ndarray = field(repr=False)
    sample: str = ""


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
    face_weight: float = 0.5

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

    @property
    def face_edit(self) -> Swap | None:
        """The face edit of the list, on or off; there is one at most."""
        return next((edit for edit in self.edits if isinstance(edit, Swap)), None)

    @property
    def swap(self) -> Swap | None:
        """The face edit, where it counts; None where the face is the person's own."""
        return self.face_edit if self.face_edit and self.face_edit.on else None

    @property
    def faces(self) -> tuple[Face | None, Face | None, float]:
        """The person's own face, another one, and how far from the first to the second: see `request.Conditions`."""
        swap, own = self.swap, face_of(self.person)
        if swap is None:
            return own, None, 0.0
        return (own, swap.face, swap.share) if swap.donor else (None, None, 0.0)


def of(person: Person) -> Look:
    """The person as they are."""
    return Look(Appearance(person))


def put_on(look: Look, garment: Garment, area: Area | None = None) -> Look:
    """Put a garment on an area (its usual region where none is given). What was worn on that area, or on a part of it,
    is taken off.

    Raises:
        StudioError: where there is no such area, or the garment's picture does not show it.
    """
    wanted = checked_area(area or garment.region)
    kept = tuple(e for e in look.edits if not (isinstance(e, Wear) and parts_of(e.area) <= parts_of(wanted)))
    return with_edits(look, (*kept, Wear(garment, wanted)))


def cover(look: Look, new: Cover) -> Look:
    """Give an area a colour or a pattern, in the place of the one it was given before."""
    checked_area(new.area)
    old = next((e for e in look.edits if isinstance(e, Cover) and e.area == new.area), None)
    return _in_place_of(look, old, new)


def paint(look: Look, layer: np.ndarray) -> Look:
    """Add brush strokes (512, 512, 4) uint8 RGBA; to the last edit, where that is paint."""
    last = look.edits[-1] if look.edits else None
    if isinstance(last, Paint) and last.on:
        return with_edits(look, (*look.edits[:-1], Paint(_over(layer, last.layer))))
    return with_edits(look, (*look.edits, Paint(layer)))


def erase(look: Look, where: np.ndarray) -> Look:
    """Take paint away, where (512, 512) bool says so.

    Raises:
        StudioError: where there is no paint.
    """
    edits, found = [], False
    for edit in look.edits:
        if isinstance(edit, Paint) and (edit.layer[..., 3].astype(bool) & where).any():
            layer, found = edit.layer.copy(), True
            layer[where] = 0
            edit = Paint(layer, on=edit.on) if layer[..., 3].any() else None
        if edit is not None:
            edits.append(edit)
    if not found:
        raise StudioError("There is no paint under the eraser. It takes away paint only, never the photo.")
    return with_edits(look, tuple(edits))


def swap_face(look: Look, swap: Swap) -> Look:
    """Another face, in the place of the one chosen before.

    Raises:
        StudioError: where the other person's picture shows no face.
    """
    within("The way to the other face", swap.share, 0, 1)
    if swap.donor is not None and swap.face is None:
        raise StudioError(
            f"No face is seen in “{swap.donor.name}”: on its IUV map, head and face are too small or turned away. "
            "Take a picture that shows the face from the front."
        )
    return _in_place_of(look, look.face_edit, swap)


def own_face(look: Look) -> Look:
    """The person's own face again."""
    return with_edits(look, tuple(edit for edit in look.edits if not isinstance(edit, Swap)))


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
    """The same edits and pose on somebody else."""
    return replace(look, appearance=_built(person, (), look.edits, look.appearance))


def add_photo(look: Look, other: Person) -> Look:
    """Another photo of the same person, which says what the first one does not show."""
    if any(known.key == other.key for known in (look.person, *look.appearance.others)):
        raise StudioError("This photo is there already. Add one that shows another side of the person.")
    others = (*look.appearance.others, other)
    return replace(look, appearance=_built(look.person, others, look.edits, look.appearance), fill="photos")


def stand(look: Look, pose: Pose | MapPose | None) -> Look:
    """Another pose; None is "as in the photo"."""
    return replace(look, pose=pose)


def guess(look: Look, how: str) -> Look:
    """Another way to guess what no picture shows; StudioError where there is no such way."""
    if not isinstance(how, str) or how not in FILLS:
        raise StudioError(f"There is no way {how!r} to fill what no picture shows. Choose one of: {', '.join(FILLS)}.")
    return replace(look, fill=how)


def weigh_face(look: Look, weight: float) -> Look:
    """Another weight of the face, 0..2; StudioError for any other number."""
    within("The face's weight", weight, 0, 2)
    return replace(look, face_weight=float(weight))


def _in_place_of(look: Look, old: Edit | None, new: Edit) -> Look:
    """With a new edit in the place of an old one; at the end, where there is none."""
    if old is None:
        return with_edits(look, (*look.edits, new))
    return with_edits(look, tuple(new if edit is old else edit for edit in look.edits))


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


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """RGBA over RGBA (Porter and Duff, 1984), uint8."""
    a, b = above[..., 3:].astype(np.float32) / 255, below[..., 3:].astype(np.float32) / 255
    alpha = a + b * (1 - a)
    colour = (above[..., :3] * a + below[..., :3] * b * (1 - a)) / np.maximum(alpha, 1e-6)
    return np.concatenate([colour, alpha * 255], -1).round().astype(np.uint8)
