"""From a look to JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from mcld_app.body.mannequin.pose import Pose
from mcld_app.editing.look import MapPose
from mcld_app.editing.new_ground import Ground
from mcld_app.editing.recipe.recipe import FORMAT, VERSION, Recipe
from mcld_app.editing.recipe.record import GroundRecord, MannequinPose, PoseMap, PoseOf, RecipeRecord, SettingsRecord
from mcld_app.editing.records import Writer, sample_ref
from mcld_app.request import Settings


def write_recipe(recipe: Recipe, *, pictures: bool = False, names: Mapping[str, str] = {}) -> str:
    """A recipe as JSON text.

    Args:
        recipe: what to write.
        pictures: whether a visitor's own photos, IUV maps, patterns and ground come along.
        names: what somebody calls people and garments on pictures of their own, by the key of the person.
    """
    writer, look = Writer(pictures, names), recipe.look
    ground = {} if recipe.ground is None else {"ground": _ground(recipe.ground, writer)}
    record = RecipeRecord(
        format=FORMAT,
        version=VERSION,
        model=recipe.model,
        settings=_settings(recipe.settings),
        seeds=list(recipe.seeds),
        drawn_with=dict(recipe.drawn_with) if recipe.drawn_with else None,
        person=writer.person(look.person),
        others=[writer.person(other) for other in look.appearance.others],
        pose=_pose(look.pose, writer),
        fill=look.fill,
        face_weight=look.face_weight,
        edits=[edit.to_record(writer) for edit in look.edits],
        pictures=writer.pictures,
        **ground,
    )
    return json.dumps(record.model_dump(exclude_unset=True), ensure_ascii=False, indent=1)


def _settings(settings: Settings | None) -> SettingsRecord | None:
    known = SettingsRecord.model_fields
    return settings and SettingsRecord(**{name: value for name, value in asdict(settings).items() if name in known})


def _ground(ground: Ground, writer: Writer) -> GroundRecord:
    if ground.kind == "colour":
        return GroundRecord(kind="colour", colour=list(ground.colour))
    if ground.kind == "picture":
        return GroundRecord(kind="picture", picture=writer.ground(ground.picture))
    return GroundRecord(kind=ground.kind)


def _pose(pose: Pose | MapPose | None, writer: Writer) -> MannequinPose | PoseOf | PoseMap | None:
    if pose is None:
        return None
    if isinstance(pose, Pose):
        return MannequinPose(mannequin=json.loads(pose.to_json()))
    if pose.sample:
        return PoseOf(of=sample_ref(pose.sample))
    return PoseMap(map=writer.iuv(pose.iuv, pose.name))
