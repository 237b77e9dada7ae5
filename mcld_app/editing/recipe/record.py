"""A recipe's record: the form of its JSON, as one union over all kinds of edit."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Union

from pydantic import BeforeValidator, Field

from mcld_app.editing.appearance import FILLS, checked_fill
from mcld_app.editing.edits import KINDS
from mcld_app.editing.edits.cover import NO_COLOUR, Channel
from mcld_app.editing.look import MOST_EDITS, Look
from mcld_app.editing.recipe.recipe import FORMAT, VERSION
from mcld_app.editing.record_fields import Record, number, says
from mcld_app.editing.records import PersonRef, PictureRecord
from mcld_app.errors import StudioError
from mcld_app.request import MAX_FACE_WEIGHT, MAX_GUIDANCE, MAX_SEED, MAX_SEEDS, MAX_STEPS, SCHEDULERS, Settings

_MOST_PHOTOS = 12

AnyEdit = Annotated[Union[tuple(kind.Record for kind in KINDS.values())], Field(discriminator="kind")]  # noqa: UP007
"""The record of an edit of any kind there is."""

_Seed = number("A seed", 0, MAX_SEED, whole=True)
_Steps = number("The number of steps", 1, MAX_STEPS, whole=True)
_Guidance = number("Guidance", 0, MAX_GUIDANCE)
_Weight = number("The face's weight", 0, MAX_FACE_WEIGHT)
_Fill = Annotated[str, Field(json_schema_extra={"enum": list(FILLS)}), BeforeValidator(checked_fill)]
_Scheduler = Annotated[str, Field(json_schema_extra={"enum": list(SCHEDULERS)})]
_NO_MODEL = says("This recipe's “model” is no name. It may be damaged.")


def _listed(what: str, most: int, least: int = 0) -> BeforeValidator:
    """Whether a value is a list of that length: asked before its items are read, for there may be very many."""

    def check(value: Any) -> Any:
        if not isinstance(value, list) or len(value) < least:
            raise StudioError(f"This recipe has no list of {what}. It may be damaged.")
        if len(value) > most:
            raise StudioError(f"This recipe has {len(value)} {what}; at most {most} are read.")
        return value

    return BeforeValidator(check)


class SettingsRecord(Record):
    """How pictures are drawn, see `Settings`."""

    steps: _Steps = Settings.steps
    guidance: _Guidance = Settings.guidance
    scheduler: _Scheduler = Settings.scheduler
    preview: bool = Field(Settings.preview, description="whether a model that sees the texture preview is shown it")
    fill_holes: bool = Field(
        Settings.fill_holes, description="whether a model that is given its texture map with holes is given it filled"
    )


class MannequinPose(Record):
    """A pose of the mannequin's, as pose files have it, with its body's height, build and shape."""

    mannequin: dict[str, Any]


class PoseOf(Record):
    """The pose in which somebody stands in their picture."""

    of: PersonRef


class PoseMap(Record):
    """A pose that its IUV map alone knows, by the map's name among the pictures."""

    map: str


class GroundRecord(Record):
    """What is seen around the person."""

    kind: Annotated[
        Literal["own", "colour", "transparent", "picture"],
        says("This recipe has a background of an unknown kind. It may be damaged, or newer than this studio."),
    ]
    colour: Annotated[list[Channel], Field(min_length=3, max_length=3), NO_COLOUR] | None = Field(
        None, description="RGB, of one colour"
    )
    picture: str | None = Field(None, description="its name among the pictures, of a picture")


class RecipeRecord(Record):
    """A recipe of MCLD Studio: all that makes a picture."""

    format: Literal[FORMAT]
    version: Annotated[int, Field(ge=1, le=VERSION)]
    model: Annotated[str | None, _NO_MODEL] = Field("", description="the model's name; empty = whichever there is")
    settings: SettingsRecord | None = Field(None, description="null = as the model usually draws")
    seeds: Annotated[
        list[_Seed],
        Field(min_length=1, max_length=MAX_SEEDS),
        _listed("seeds", MAX_SEEDS, least=1),
    ] = Field([0], description="one for each picture")
    drawn_with: dict[str, Any] | None = Field(None, description="device, dtype, batch and fallback of a drawn picture")
    person: PersonRef
    others: (
        Annotated[
            list[PersonRef],
            Field(max_length=_MOST_PHOTOS),
            _listed("other photos", _MOST_PHOTOS),
        ]
        | None
    ) = Field(None, description="other photos of the same person")
    pose: MannequinPose | PoseOf | PoseMap | None = Field(None, description="null = as in the photo")
    fill: _Fill = Field("smooth", description="how texels that no picture shows are guessed")
    face_weight: _Weight = Field(Look.face_weight, description="how much the face's identity counts")
    ground: GroundRecord | None = Field(None, description="null = it says nothing of what is seen around the person")
    edits: Annotated[
        list[AnyEdit],
        Field(max_length=MOST_EDITS),
        _listed("edits", MOST_EDITS),
    ] = Field([], description="in the order they are made")
    pictures: dict[str, PictureRecord] = Field({}, description="what travels along, by the hash of its content")
