"""From a look to JSON."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import Any

from mcld_app.body.iuv import encode_iuv
from mcld_app.body.mannequin.dragging import pose_to_json
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.photo import encode_png
from mcld_app.editing.edits import Cover, Edit, Paint, Swap, Wear
from mcld_app.editing.garment import Area
from mcld_app.editing.look import MapPose
from mcld_app.editing.person import Person, content_of
from mcld_app.editing.recipe.recipe import FORMAT, VERSION, Recipe
from mcld_app.request import Settings


def write_recipe(recipe: Recipe, *, pictures: bool = False) -> str:
    """A recipe as JSON text.

    Args:
        recipe: what to write.
        pictures: whether a visitor's own photos, IUV maps and patterns come along.
    """
    told = _Written(pictures)
    look = recipe.look
    values = {
        "format": FORMAT,
        "version": VERSION,
        "model": recipe.model,
        "settings": _settings(recipe.settings),
        "seeds": list(recipe.seeds),
        "drawn_with": dict(recipe.drawn_with) if recipe.drawn_with else None,
        "person": told.person(look.person),
        "others": [told.person(other) for other in look.appearance.others],
        "pose": told.pose(look.pose),
        "fill": look.fill,
        "face_weight": look.face_weight,
        "edits": [told.edit(edit) for edit in look.edits],
        "pictures": told.pictures,
    }
    return json.dumps(values, ensure_ascii=False, indent=1)


def _settings(settings: Settings | None) -> dict | None:
    return settings and {k: v for k, v in asdict(settings).items() if k not in ("focus", "face_scale")}


class _Written:
    """Turns a look's parts into JSON values, and gathers the pictures they need."""

    def __init__(self, with_pictures: bool) -> None:
        self.with_pictures = with_pictures
        self.pictures: dict[str, dict[str, str]] = {}

    def person(self, person: Person) -> dict:
        if person.sample:
            return {"sample": person.sample}
        if self.with_pictures:
            photo, iuv = _text(encode_png(person.photo)), _text(encode_iuv(person.iuv))
            self.pictures[person.key] = {"name": person.name, "photo": photo, "iuv": iuv}
        return {"own": person.key}

    def pose(self, pose: Pose | MapPose | None) -> dict | None:
        if pose is None:
            return None
        if isinstance(pose, Pose):
            return {"mannequin": json.loads(pose_to_json(pose))}
        if pose.sample:
            return {"of": {"sample": pose.sample}}
        key = content_of(pose.iuv)
        if self.with_pictures:
            self.pictures[key] = {"name": pose.name, "iuv": _text(encode_iuv(pose.iuv))}
        return {"map": key}

    def edit(self, edit: Edit) -> dict:
        values: dict[str, Any] = {"on": edit.on}
        if isinstance(edit, Wear):
            return values | {"kind": "wear", "garment": self.person(edit.garment.donor)} | _area(edit.area)
        if isinstance(edit, Cover):
            values |= {"kind": "cover", "colour": list(edit.colour), "scale": edit.scale, "angle": edit.angle}
            return values | {"shaded": edit.shaded, "pattern": self._pattern(edit)} | _area(edit.area)
        if isinstance(edit, Paint):
            return values | {"kind": "paint", "layer": _text(encode_png(edit.layer))}
        if isinstance(edit, Swap):
            donor = self.person(edit.donor) if edit.donor else None
            return values | {"kind": "face", "donor": donor, "share": edit.share, "texels": edit.texels}
        raise TypeError(type(edit).__name__)

    def _pattern(self, edit: Cover) -> str | None:
        if edit.pattern is None:
            return None
        key = content_of(edit.pattern)
        if self.with_pictures:
            self.pictures[key] = {"name": edit.name, "pattern": _text(encode_png(edit.pattern))}
        return key


def _area(area: Area) -> dict:
    return {"region": area} if isinstance(area, str) else {"parts": sorted(area)}


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
