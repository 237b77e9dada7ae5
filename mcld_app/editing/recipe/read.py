"""From JSON back to a look, strictly: a recipe may come from anybody."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from mcld_app.body.iuv import read_iuv
from mcld_app.body.mannequin.pose import Pose
from mcld_app.editing import look as looks
from mcld_app.editing.edits import KINDS
from mcld_app.editing.look import Look, MapPose, pose_as
from mcld_app.editing.new_ground import Ground, ground_of_picture
from mcld_app.editing.person import PICTURE_SIZE
from mcld_app.editing.recipe.recipe import FORMAT, LARGEST, VERSION, Recipe
from mcld_app.editing.recipe.record import GroundRecord, MannequinPose, PoseMap, PoseOf, RecipeRecord
from mcld_app.editing.record_fields import file_bytes
from mcld_app.editing.records import Known, Reader
from mcld_app.errors import NotAtHand, StudioError
from mcld_app.files import read_text
from mcld_app.request import Settings

_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"  # the byte order mark that some editors put before a text


def read_recipe(text: str | bytes, known: Known = lambda _: None) -> Recipe:
    """The recipe of a JSON text.

    Args:
        text: JSON; bytes as `files.read_text` takes them.
        known: for recipes that came without their pictures.

    Raises:
        StudioError: for a text that is no recipe, one of a newer version, unknown or missing values, and pictures that
            neither come with it nor are known.
    """
    record = _record(_values(text))
    reader = Reader(record.pictures, known)
    settings = record.settings and Settings(**record.settings.model_dump())
    look = _look(record, reader)
    redrawn = tuple(sorted(reader.redrawn))
    ground = _ground(record.ground, reader)
    left_behind = record.ground is not None and ground is None
    seeds, model = tuple(record.seeds), record.model or ""
    return Recipe(look, settings, seeds, model, record.drawn_with, redrawn, ground, left_behind)


def _values(text: str | bytes) -> dict[str, Any]:
    """The JSON of a recipe of a version that is known here."""
    if len(text) > LARGEST:
        raise StudioError(f"This recipe is larger than {LARGEST >> 20} MB. Save it without pictures, or with fewer.")
    try:
        values = json.loads(text.removeprefix(_MARK) if isinstance(text, str) else read_text(text))
    except (ValueError, RecursionError) as error:
        raise StudioError("This file is no recipe: it is no JSON. Choose a recipe that was saved here.") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise StudioError("This file is no recipe. Choose a recipe, or a picture, that was saved here.")
    version = values.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise StudioError("This recipe does not say its version. It may be damaged.")
    if version > VERSION:
        raise StudioError("This recipe was made by a newer MCLD Studio. Update this one, then open it again.")
    return values


def _record(values: dict[str, Any]) -> RecipeRecord:
    try:
        return RecipeRecord.model_validate(values)
    except ValidationError as error:
        raise StudioError(_sentence(error)) from None  # whose own text is for programmers


def _sentence(error: ValidationError) -> str:
    """What is wrong with a recipe, in a sentence: of what the fields' own sentences do not say already."""
    [first, *_] = error.errors(include_url=False, include_input=False)
    steps = first["loc"]
    if steps[0] == "edits":  # then the place in the list and the kind, which say nothing more
        steps = (steps[0], *steps[3:])
    where = [str(step)[:40] for step in steps]
    field = ": ".join((where[0], where[-1]) if len(where) > 1 else where)
    if first["type"] == "extra_forbidden":
        return f"This recipe has a field that is not known here: “{field}”."
    if first["type"] == "union_tag_invalid":
        return f"This recipe has an edit of an unknown kind, {first['ctx']['tag'][:40]!r}."
    if first["type"] == "union_tag_not_found":
        return "This recipe has an edit that does not say its kind. It may be damaged."
    return f"This recipe's “{field}” is not what it should be. It may be damaged."


def _look(record: RecipeRecord, reader: Reader) -> Look:
    look = looks.of(reader.person(record.person))
    for other in record.others or ():
        look = looks.add_photo(look, reader.person(other))
    look = looks.with_edits(look, tuple(KINDS[edit.kind].from_record(edit, reader) for edit in record.edits))
    look = looks.stand(look, _pose(record.pose, reader))
    return looks.weigh_face(looks.guess(look, record.fill), record.face_weight)


def _ground(told: GroundRecord | None, reader: Reader) -> Ground | None:
    if told is None:
        return None
    if told.kind == "colour" and told.colour is not None:
        return Ground("colour", tuple(told.colour))
    if told.kind == "picture" and told.picture is not None:
        picture = reader.ground(told.picture)
        return None if picture is None else ground_of_picture(picture)
    if told.kind in ("colour", "picture"):
        raise StudioError(f"This recipe does not say which {told.kind} its background is. It may be damaged.")
    return Ground(told.kind)


def _pose(told: MannequinPose | PoseOf | PoseMap | None, reader: Reader) -> Pose | MapPose | None:
    if told is None:
        return None
    if isinstance(told, MannequinPose):
        return Pose.from_json(json.dumps(told.mannequin))
    if isinstance(told, PoseOf):
        return pose_as(reader.person(told.of))
    kept = reader.pictures.get(told.map)
    if kept is None and isinstance(pose := reader.known(told.map), MapPose):
        return pose
    if kept is None or kept.iuv is None:
        raise NotAtHand("This recipe needs the pose of a picture that it does not carry. Save it with pictures.")
    iuv = read_iuv(file_bytes(kept.iuv))
    if iuv.shape != (*PICTURE_SIZE, 3):
        raise StudioError("The pose in this recipe has another size than poses here have. It may be damaged.")
    return MapPose(kept.called("of a picture"), iuv)
