"""The fixed list of test cases on drawn people, and what each of them asks for.

People, garments and poses are those kept for tests (`data.drawn`): no training run sees any of them.
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
from mcld_app.body.parts import region_mask, region_pixels
from mcld_app.body.texture.dressing import garment_layer, lay_on
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.preview_planes import background_colour, preview_planes
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.data.synthetic import drawn_person, random_pose, source_pose
from mcld_app.errors import StudioError
from mcld_app.request import Conditions, Face
from mcld_app.synthetic.people import DrawnPerson, render_view

CASES = Path(__file__).resolve().parents[2] / "assets" / "evaluation" / "cases.csv"
SIZE = (256, 176)
"""Pictures are drawn and compared at the bundled model's own size."""

_PHOTO = (512, 352)
_GREY = 127


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
class Seen:
    """A test person as their photo shows them: photo (512, 352, 3), IUV map, texture map, head's crop or None."""

    person: DrawnPerson
    photo: np.ndarray
    iuv: np.ndarray
    texture: TextureMap
    head: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Problem:
    """One case worked out.

    Attributes:
        source, clothes, face: the three people as seen.
        pose: the target pose as an IUV map (256, 176, 3).
        truth: the person in it; alpha: (256, 176) uint8, how much they cover; dressed, faced: with the other's top,
            with the other's face, all (256, 176, 3) uint8 RGB.
    """

    source: Seen
    clothes: Seen
    face: Seen
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


def seen(n: int) -> Seen:
    """Test person n, photographed in their own pose."""
    person = drawn_person(n, test=True)
    view = render_view(person, _poses(n)[0], _PHOTO)
    return Seen(person, view.photo, view.iuv, extract(view.photo, view.iuv), crop_head(view.photo, view.iuv))


def problem(case: Case) -> Problem:
    """Everything a case needs, drawn."""
    source, clothes, face = seen(case.person), seen(case.clothes), seen(case.face)
    who, pose = source.person, _poses(case.person)[1]
    iuv = draw_iuv(pose.replace(height=who.height, build=who.build), SIZE)
    view = render_view(who, pose, SIZE)
    dressed = replace(who, top=clothes.person.top)
    faced = replace(who, face=face.person.face, hair=face.person.hair, skin=face.person.skin)
    # Skin of arms and legs lies in A, which an identity swap leaves alone: the truth is another head on this body.
    return Problem(
        source, clothes, face, iuv, view.photo, view.alpha,
        render_view(dressed, pose, SIZE).photo, render_view(faced, pose, SIZE).photo,
    )  # fmt: skip


def conditions(case: Problem) -> Conditions:
    """Pose transfer: the source as they are, in the target pose."""
    given = case.source
    face = Face(head=given.head)
    return Conditions(given.photo, given.texture.image, case.pose, face, coverage=given.texture.coverage)


def dressed(case: Problem) -> Conditions:
    """Clothing swap: the other's top on the texture map, and on the photo through its own IUV map."""
    worn = lay_on(case.source.texture, garment_layer(case.clothes.texture, "upper"))
    return replace(_edited(case, worn), face=Face(head=case.source.head))


def faced(case: Problem) -> Conditions:
    """Identity swap: the other's face as F, and their head's texels."""
    mask = region_mask("head")
    other = fill(case.face.texture)
    image = np.where(mask[..., None], other.image, case.source.texture.image)
    coverage = np.where(mask, case.face.texture.coverage, case.source.texture.coverage)
    worn = TextureMap(np.where((mask | coverage)[..., None], image, 0).astype(np.uint8), coverage | mask)
    return replace(_edited(case, worn), face=Face(head=case.face.head))


def faced_by_identity_alone(case: Problem) -> Conditions:
    """Identity swap with the head's texels blanked: F alone says who it is."""
    mask = region_mask("head")
    image = np.where(mask[..., None], _GREY, case.source.texture.image).astype(np.uint8)
    edited = _edited(case, TextureMap(image, case.source.texture.coverage | mask))
    return replace(edited, face=Face(head=case.face.head))


def preview(case: Problem) -> np.ndarray:
    """The texture preview of the pose transfer, (256, 176, 3) uint8: holes filled, on the source's ground."""
    filled = fill(case.source.texture)
    planes = preview_planes(filled, case.source.texture.coverage, case.pose, background_colour(case.source.photo))
    return np.ascontiguousarray(planes[..., :3])


def clothing_region(case: Problem) -> np.ndarray:
    """Pixels of the target pose that show top or sleeves: (256, 176) bool."""
    return region_pixels("upper", case.pose)


def head_region(case: Problem) -> np.ndarray:
    """Pixels around the head that an identity swap may change, hair included: (256, 176) bool."""
    head = (case.pose[..., 0] >= 23).astype(np.uint8)
    return cv2.dilate(head, np.ones((25, 25), np.uint8)) > 0


def _edited(case: Problem, texture: TextureMap) -> Conditions:
    """Conditions of an edited texture map: the photo is painted over where it was edited, so that I agrees with A."""
    from mcld_app.body.texture.texture_map import render

    own = case.source.texture
    changed = (texture.image != own.image).any(2) & texture.coverage
    drawn = render(TextureMap(texture.image, changed), case.source.iuv)
    photo = np.where(drawn[..., 3:] > 0, drawn[..., :3], case.source.photo)
    return Conditions(photo, texture.image, case.pose, coverage=texture.coverage)


def _poses(n: int) -> tuple[Pose, Pose]:
    """Source and target pose of test person n: the first two of `DrawnPeople(test=True)[n]`."""
    rng = np.random.default_rng([n, 7])
    return source_pose(rng, test=True), random_pose(rng, test=True)
