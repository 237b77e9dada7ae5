"""From JSON back to a look, strictly: a recipe may come from anybody."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from mcld_app.body.charts import TEXTURE
from mcld_app.body.iuv import read_iuv
from mcld_app.body.mannequin.dragging import pose_from_json
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.photo import read_layer, read_photo
from mcld_app.body.texture.strokes import map_strokes
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits import Cover, Edit, Paint, Swap, Wear
from mcld_app.editing.garment import Area, Garment, checked_area
from mcld_app.editing.look import MOST_EDITS, Look, MapPose, pose_as
from mcld_app.editing.person import PICTURE_SIZE, Person, kept_person
from mcld_app.editing.recipe.recipe import FORMAT, LARGEST, VERSION, Recipe
from mcld_app.errors import StudioError
from mcld_app.request import MAX_SEED, Settings, within

_MOST_SEEDS = 64
_MOST_PHOTOS = 12


Known = Callable[[str], Person | MapPose | np.ndarray | None]
"""What is at hand under the key of a content: a person, a pose of a picture, or a pattern (h, w, 4) uint8 RGBA."""


def read_recipe(text: str | bytes, known: Known = lambda _: None) -> Recipe:
    """The recipe of a JSON text.

    Args:
        text: UTF-8.
        known: for recipes that came without their pictures.

    Raises:
        StudioError: for a text that is no recipe, one of a newer version, unknown or missing values, and pictures that
            neither come with it nor are known.
    """
    if len(text) > LARGEST:
        raise StudioError(f"This recipe is larger than {LARGEST >> 20} MB. Save it without pictures, or with fewer.")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StudioError("This file is no recipe: it is no JSON. Choose a recipe that was saved here.") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise StudioError("This file is no recipe. Choose a recipe, or a picture, that was saved here.")
    version = values.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise StudioError("This recipe does not say its version. It may be damaged.")
    if version > VERSION:
        raise StudioError("This recipe was made by a newer MCLD Studio. Update this one, then open it again.")
    return _Read(values, known).recipe()


class _Read:
    """Turns JSON values back into a look, strictly."""

    def __init__(self, values: dict, known: Known) -> None:
        self.values, self.known = values, known
        self.pictures = _table(values.get("pictures", {}), "pictures")
        self.people: dict[str, Person] = {}

    def recipe(self) -> Recipe:
        values = self.values
        _only(values, {"format", "version", "model", "settings", "seeds", "drawn_with", "person", "others", "pose",
                       "fill", "face_weight", "edits", "pictures"}, "")  # fmt: skip
        edits = values.get("edits", [])
        if not isinstance(edits, list) or len(edits) > MOST_EDITS:
            raise StudioError(f"This recipe's edits are no list of at most {MOST_EDITS}.")
        look = looks.of(self.person(values.get("person")))
        others = values.get("others") or []
        if not isinstance(others, list) or len(others) > _MOST_PHOTOS:
            raise StudioError(f"This recipe's other photos are no list of at most {_MOST_PHOTOS}.")
        for other in others:
            look = looks.add_photo(look, self.person(other))
        look = looks.with_edits(look, tuple(self.edit(edit) for edit in edits))
        look = looks.stand(look, self.pose(values.get("pose")))
        look = looks.guess(look, values.get("fill", "smooth"))
        look = looks.weigh_face(look, values.get("face_weight", 0.5))
        drawn_with, model = values.get("drawn_with"), values.get("model") or ""
        if drawn_with is not None:
            drawn_with = _table(drawn_with, "drawn_with")
        if not isinstance(model, str):
            raise StudioError("This recipe's “model” is no name. It may be damaged.")
        return Recipe(look, self.settings(look), self.seeds(), model, drawn_with)

    def settings(self, look: Look) -> Settings | None:
        if self.values.get("settings") is None:
            return None
        told = _table(self.values["settings"], "settings")
        _only(told, {f.name for f in fields(Settings)} - {"focus", "face_scale"}, "settings: ")
        return Settings(**told, face_scale=look.face_weight)

    def seeds(self) -> tuple[int, ...]:
        seeds = self.values.get("seeds", [0])
        if not isinstance(seeds, list) or not 1 <= len(seeds) <= _MOST_SEEDS:
            raise StudioError(f"This recipe's seeds are no list of 1 to {_MOST_SEEDS} numbers.")
        for seed in seeds:
            within("A seed", seed, 0, MAX_SEED, whole=True)
        return tuple(seeds)

    def person(self, told: object) -> Person:
        told = _table(told, "person")
        if isinstance(told.get("sample"), str):
            return _sample(told["sample"])
        key = told.get("own")
        if not isinstance(key, str):
            raise StudioError("This recipe does not say whom it is about. It may be damaged.")
        if key not in self.people:
            self.people[key] = self._own(key)
        return self.people[key]

    def _own(self, key: str) -> Person:
        kept = self.pictures.get(key)
        if isinstance(kept, dict) and {"photo", "iuv"} <= kept.keys():
            return kept_person(str(kept.get("name", "Photo"))[:40], read_photo(_bytes(kept["photo"])),
                               read_iuv(_bytes(kept["iuv"])))  # fmt: skip
        person = self.known(key)
        if not isinstance(person, Person):
            raise StudioError(
                "This recipe needs a photo that it does not carry. Add that photo with its IUV map under “Your own "
                "photo” first, then open the recipe again."
            )
        return person

    def pose(self, told: object) -> Pose | MapPose | None:
        if told is None:
            return None
        told = _table(told, "pose")
        if "mannequin" in told:
            return pose_from_json(json.dumps(told["mannequin"]))
        if "of" in told:
            return pose_as(self.person(told["of"]))
        key = told.get("map")
        kept = self.pictures.get(key) if isinstance(key, str) else None
        if kept is None and isinstance(key, str) and isinstance(pose := self.known(key), MapPose):
            return pose
        if not isinstance(kept, dict) or "iuv" not in kept:
            raise StudioError("This recipe needs the pose of a picture that it does not carry. Save it with pictures.")
        iuv = read_iuv(_bytes(kept["iuv"]))
        if iuv.shape != (*PICTURE_SIZE, 3):
            raise StudioError("The pose in this recipe has another size than poses here have. It may be damaged.")
        return MapPose(str(kept.get("name", "of a picture"))[:40], iuv)

    def edit(self, told: object) -> Edit:
        told = _table(told, "edit")
        kind, on = told.get("kind"), told.get("on", True) is not False
        if kind == "wear":
            _only(told, {"kind", "on", "garment", "region", "parts"}, "edits: ")
            return Wear(self._garment(told.get("garment")), _area_of(told), on=on)
        if kind == "cover":
            _only(told, {"kind", "on", "region", "parts", "colour", "pattern", "scale", "angle", "shaded"}, "edits: ")
            return self._cover(told, on)
        if kind == "paint":
            _only(told, {"kind", "on", "layer"}, "edits: ")
            return Paint(map_strokes(read_layer(_bytes(told.get("layer")), (TEXTURE, TEXTURE))), on=on)
        if kind == "face":
            _only(told, {"kind", "on", "donor", "share", "texels"}, "edits: ")
            share = told.get("share", 1.0)
            within("The way to the other face", share, 0, 1)
            donor = None if told.get("donor") is None else self.person(told["donor"])
            return Swap(donor, float(share), told.get("texels", True) is not False, on=on)
        raise StudioError(f"This recipe has an edit of an unknown kind, {str(kind)[:40]!r}.")

    def _garment(self, told: object) -> Garment:
        name = told.get("sample") if isinstance(told, dict) else None
        if isinstance(name, str) and name in samples.garments():
            return samples.sample_garment(name)
        person = self.person(told)
        return Garment(f"{person.name}’s clothes", person, "upper")

    def _cover(self, told: Mapping[str, Any], on: bool) -> Cover:
        colour, scale, angle = told.get("colour", [128, 128, 128]), told.get("scale", 12.0), told.get("angle", 0.0)
        if not isinstance(colour, list) or len(colour) != 3:
            raise StudioError("This recipe has a colour that is none: colours are three numbers from 0 to 255.")
        for value in colour:
            within("A colour's parts", value, 0, 255, whole=True)
        within("The width of a pattern's repeat", scale, 0.5, 200)
        within("The angle of a pattern", angle, -360, 360)
        pattern, name, key = None, "Pattern", told.get("pattern")
        if key is not None:
            kept = self.pictures.get(key) if isinstance(key, str) else None
            if kept is None and isinstance(key, str) and isinstance(at_hand := self.known(key), np.ndarray):
                pattern = at_hand
            elif not isinstance(kept, dict) or "pattern" not in kept:
                raise StudioError("This recipe needs a pattern that it does not carry. Save it with pictures.")
            else:
                pattern, name = read_layer(_bytes(kept["pattern"])), str(kept.get("name", name))[:40]
        return Cover(_area_of(told), tuple(colour), pattern, name, float(scale), float(angle),
                     told.get("shaded", True) is not False, on=on)  # fmt: skip


def _sample(name: str) -> Person:
    if name in samples.people():
        return samples.sample_person(name)
    if name in samples.garments():
        return samples.sample_garment(name).donor
    raise StudioError(f"This recipe names a sample that is not here: {name[:60]!r}. Was it made by another version?")


def _area_of(told: Mapping[str, Any]) -> Area:
    parts = told.get("parts")
    if parts is None:
        region = told.get("region")
        return checked_area(region if isinstance(region, str) else "")
    if not isinstance(parts, list) or not all(isinstance(p, int) and not isinstance(p, bool) for p in parts):
        raise StudioError("This recipe names body parts that are none; the parts have the numbers 1 to 24.")
    return checked_area(frozenset(parts))


def _table(value: object, what: str) -> dict:
    if not isinstance(value, dict):
        raise StudioError(f"This recipe's “{what}” is not what it should be. It may be damaged.")
    return value


def _only(values: Mapping[str, Any], known: set[str], where: str) -> None:
    for name in values:
        if name not in known:
            raise StudioError(f"This recipe has a field that is not known here: “{where}{str(name)[:40]}”.")


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise StudioError("A picture in this recipe is damaged.") from error
