"""Whole edits to begin with, made of the samples: one of each kind, and one of all together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.look import Look


@dataclass(frozen=True)
class ExampleEdit:
    """An edit for somebody who has read nothing.

    Attributes:
        label, says: what the page calls it, and a line about it.
        person: the sample it begins with.
        make: the look, from that person's.
    """

    label: str
    says: str
    person: str
    make: Callable[[Look], Look]


def _pose(look: Look) -> Look:
    return looks.stand(look, named_poses()["walking"])


def _clothes(look: Look) -> Look:
    return looks.stand(looks.add(look, Wear(samples.sample_garment("garment:plaid-shirt"))), named_poses()["standing"])


def _face(look: Look) -> Look:
    look = looks.add(look, FaceSwap(samples.sample_person("person:samir")))
    return looks.stand(look, named_poses()["standing"])


def _all(look: Look) -> Look:
    look = looks.add(look, Wear(samples.sample_garment("garment:star-tee")))
    look = looks.add(look, Wear(samples.sample_garment("garment:jeans")))
    look = looks.add(look, FaceSwap(samples.sample_person("person:leo")))
    return looks.stand(look, named_poses()["arms-up"])


EXAMPLES: dict[str, ExampleEdit] = {
    "pose": ExampleEdit("Another pose", "Mara walks", "person:mara", _pose),
    "clothes": ExampleEdit("Other clothes", "Tomás in a plaid shirt", "person:tomas", _clothes),
    "face": ExampleEdit("Another face", "Leo with Samir’s face", "person:leo", _face),
    "all": ExampleEdit("All together", "Ruth re-dressed, re-posed, with Leo’s face", "person:ruth", _all),
}


def look_of(name: str) -> Look:
    """The look of an example; KeyError where there is none of that name."""
    example = EXAMPLES[name]
    return example.make(looks.of(samples.sample_person(example.person)))
