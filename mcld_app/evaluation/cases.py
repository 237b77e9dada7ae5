"""The fixed list of test cases on drawn people, and what each of them asks for.

People, garments and poses are those kept for tests (`data.synthetic`): no training run sees any of them. What a model
is given comes from the editor, by the same edits that a visitor makes.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from mcld_app.body.head_crop import crop_head
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.parts import region_pixels
from mcld_app.body.texture.preview_planes import background_colour, preview_planes
from mcld_app.data.synthetic import drawn_person, random_pose, source_pose
from mcld_app.editing import look as looks
from mcld_app.editing.conditioning import conditions_of
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.garment import Garment
from mcld_app.editing.look import Look
from mcld_app.editing.person import PICTURE_SIZE, Person, kept_person
from mcld_app.errors import StudioError
from mcld_app.once import cached_property
from mcld_app.request import Conditions
from mcld_app.synthetic.people import DrawnPerson, render_view

CASES = Path(__file__).resolve().parents[2] / "assets" / "evaluation" / "cases.csv"
SIZE = (256, 176)
"""Pictures are drawn and compared at the bundled model's own size."""

_GREY = (127, 127, 127)


@dataclass(frozen=True)
class Case:
    """A line of the list: numbers of test people.

    Attributes:
        person: whose photo is given.
        clothes: whose top is put on, in the clothing swap.
        face: whose face is put on, in the identity swap.
    """

    person: int
    clothes: int
    face: int


@dataclass(frozen=True, eq=False)
class CasePerson:
    """A person kept for tests.

    Attributes:
        drawn: what makes them.
        person: their photo (512, 352, 3), its IUV map and texture map, as the editor takes them.
    """

    drawn: DrawnPerson
    person: Person

    @cached_property
    def head(self) -> np.ndarray | None:
        """Their head (64, 64, 3) uint8 RGB, see `crop_head`; None where no face is seen."""
        return crop_head(self.person.photo, self.person.iuv)


@dataclass(frozen=True, eq=False)
class RenderedCase:
    """One case drawn.

    Attributes:
        source, clothes, face: the three people.
        pose: the target pose as an IUV map (256, 176, 3).
        truth: the person in it; alpha: (256, 176) uint8, how much they cover; dressed, faced: with the other's top,
            with the other's face, all (256, 176, 3) uint8 RGB.
    """

    source: CasePerson
    clothes: CasePerson
    face: CasePerson
    pose: np.ndarray
    truth: np.ndarray
    alpha: np.ndarray
    dressed: np.ndarray
    faced: np.ndarray


def read_cases(path: Path = CASES) -> list[Case]:
    """The list.

    Raises:
        StudioError: where it is missing or damaged.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [Case(*(int(row[name]) for name in ("person", "clothes", "face"))) for row in csv.DictReader(file)]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise StudioError(f"The list of test cases, {path}, is missing or damaged.") from error


def case_person(n: int) -> CasePerson:
    """Test person n, photographed in their own pose."""
    drawn = drawn_person(n, test=True)
    view = render_view(drawn, _poses(n)[0], PICTURE_SIZE)
    return CasePerson(drawn, kept_person(f"test person {n}", view.photo, view.iuv))


def render_case(case: Case) -> RenderedCase:
    """Everything a case needs, drawn."""
    source, clothes, face = (case_person(n) for n in (case.person, case.clothes, case.face))
    who, pose = source.drawn, _poses(case.person)[1]
    iuv = draw_iuv(pose.of(who.body), SIZE)
    view = render_view(who, pose, SIZE)
    dressed = replace(who, top=clothes.drawn.top)
    faced = replace(who, face=face.drawn.face, hair=face.drawn.hair, skin=face.drawn.skin)
    # Skin of arms and legs lies in A, which an identity swap leaves alone: the truth is another head on this body.
    return RenderedCase(
        source, clothes, face, iuv, view.photo, view.alpha,
        render_view(dressed, pose, SIZE).photo, render_view(faced, pose, SIZE).photo,
    )  # fmt: skip


def conditions(case: RenderedCase) -> Conditions:
    """Pose transfer: the source as they are, in the target pose."""
    return _given(case, looks.of(case.source.person))


def dressed(case: RenderedCase) -> Conditions:
    """Clothing swap: the other's top is put on."""
    top = Garment("top", case.clothes.person, "upper")
    return _given(case, looks.add(looks.of(case.source.person), Wear(top)))


def faced(case: RenderedCase) -> Conditions:
    """Identity swap: the other's face as F, and their head's texels."""
    return _given(case, looks.add(looks.of(case.source.person), FaceSwap(case.face.person)))


def faced_by_identity_alone(case: RenderedCase) -> Conditions:
    """Identity swap with the head covered in grey, as in training: F alone says who it is."""
    grey = looks.add(looks.of(case.source.person), Cover("head", _GREY, shaded=False))
    return _given(case, looks.add(grey, FaceSwap(case.face.person, texels=False)))


def preview(case: RenderedCase) -> np.ndarray:
    """The texture preview of the pose transfer, (256, 176, 3) uint8: holes filled, on the source's background."""
    person = case.source.person
    planes = preview_planes(person.filled, person.texture.coverage, case.pose, background_colour(person.photo))
    return np.ascontiguousarray(planes[..., :3])


def clothing_region(case: RenderedCase) -> np.ndarray:
    """Pixels of the target pose that show top or sleeves: (256, 176) bool."""
    return region_pixels("upper", case.pose)


def head_region(case: RenderedCase) -> np.ndarray:
    """Pixels around the head that an identity swap may change, hair included: (256, 176) bool."""
    head = (case.pose[..., 0] >= 23).astype(np.uint8)
    return cv2.dilate(head, np.ones((25, 25), np.uint8)) > 0


def _given(case: RenderedCase, look: Look) -> Conditions:
    """The look's conditions, in the case's pose at the case's own size: a map brought down from the studio's would show
    the truth's edges a little off."""
    return replace(conditions_of(look), pose=case.pose)


def _poses(n: int) -> tuple[Pose, Pose]:
    """Source and target pose of test person n: the first two of `DrawnPeople(test=True)[n]`."""
    rng = np.random.default_rng([n, 7])
    return source_pose(rng, test=True), random_pose(rng, test=True)
