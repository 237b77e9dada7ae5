"""Kinds of edit: each is one module, which the registry finds, and keeps the contract of all."""

from __future__ import annotations

import json
import os
import pkgutil
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from mcld_app.body.parts import region_mask
from mcld_app.editing import edits, samples
from mcld_app.editing import look as looks
from mcld_app.editing.edits import KINDS
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.edit import Edit
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.flat import Flat
from mcld_app.editing.edits.paint import Paint
from mcld_app.editing.edits.skin import Skin
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.records import Reader, Writer

ROOT = Path(__file__).resolve().parents[1]


def one_of(kind: str) -> Edit:
    """An edit of a kind, with something in each of its fields."""
    donor = samples.sample_person("person:kofi")
    layer = np.zeros((512, 512, 4), np.uint8)
    layer[region_mask("top")] = (250, 20, 30, 255)
    return {
        "wear": Wear(samples.sample_garment("garment:jeans"), frozenset({7, 8}), on=False),
        "cover": Cover("top", (1, 2, 3), np.full((8, 6, 4), 90, np.uint8), "Felt", 4.0, -30.0, False, True, on=False),
        "paint": Paint(layer, on=False),
        "face": FaceSwap(donor, 0.25, False, on=False),
        "flat": Flat(True, False, on=False),
        "skin": Skin(donor, 0.5, on=False),
    }[kind]


def test_every_module_of_the_package_is_a_kind_but_the_contract_itself() -> None:
    modules = {found.name for found in pkgutil.iter_modules(edits.__path__)} - {"edit"}
    assert {kind.__module__.rpartition(".")[2] for kind in KINDS.values()} == modules
    assert set(KINDS) == {"wear", "cover", "paint", "face", "flat", "skin"}, "recipes that are out there say these"


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_comes_back_from_its_record_as_it_went(name: str) -> None:
    writer = Writer(with_pictures=True)
    edit = one_of(name)
    record = edit.to_record(writer)
    assert record.kind == name
    told = json.loads(record.model_dump_json(exclude_unset=True))
    back = KINDS[name].from_record(KINDS[name].Record.model_validate(told), Reader(writer.pictures))
    assert type(back) is type(edit) and (back.label, back.place) == (edit.label, edit.place)
    for field in fields(edit):
        mine, theirs = getattr(back, field.name), getattr(edit, field.name)
        alike = np.array_equal(mine, theirs) if isinstance(theirs, np.ndarray) else mine == theirs
        assert alike or mine is theirs, field.name
    again = Writer(with_pictures=True)
    assert back.to_record(again) == record and again.pictures == writer.pictures


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_changes_no_texture_map_but_its_own_and_has_a_thumbnail(name: str) -> None:
    person = samples.sample_person("person:mara")
    before = person.texture.image.copy()
    after = one_of(name).apply(person.texture, person)
    assert (person.texture.image == before).all()
    assert after.image.shape == before.shape and after.image.dtype == np.uint8
    small = one_of(name).thumbnail
    assert small.picture.dtype == np.uint8 and small.picture.shape[2:] == (3,)
    assert small.shown is None or (small.shown.shape == small.picture.shape[:2] and small.shown.any())


def test_no_face_has_no_thumbnail() -> None:
    assert FaceSwap(None).thumbnail is None


def test_people_and_patterns_of_a_look_are_those_of_all_its_edits() -> None:
    look = looks.of(samples.sample_person("person:mara"))
    cover = Cover("bottom", pattern=np.full((9, 9, 4), 7, np.uint8))
    for edit in (Wear(samples.sample_garment("garment:jeans")), cover, FaceSwap(samples.sample_person("person:leo"))):
        look = looks.add(look, edit)
    assert [person.sample for person in look.people] == ["person:mara", "garment:jeans", "person:leo"]
    key = Writer(with_pictures=False).pattern(cover.pattern, "")
    assert look.picture(key) is cover.pattern and look.picture("0" * 16) is None
    assert look.edits_of(Cover) == (cover,)
    assert [type(edit) for edit in looks.without(look, Cover).edits] == [Wear, FaceSwap]


GLOW = '''
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.edits.edit import Edit, EditRecord, Thumbnail
from mcld_app.editing.record_fields import number

_By = number("The glow", 0, 100, whole=True)


class GlowRecord(EditRecord):
    kind: Literal["glow"]
    by: _By = 10


@dataclass(frozen=True, eq=False)
class Glow(Edit):
    kind: ClassVar[str] = "glow"
    Record: ClassVar[type[EditRecord]] = GlowRecord

    by: int = 10

    label = property(lambda self: "Glow")
    place = property(lambda self: "Everywhere")
    thumbnail = property(lambda self: Thumbnail(np.full((16, 11, 3), 255, np.uint8)))

    def apply(self, texture, person, how=None):
        return TextureMap(np.minimum(texture.image.astype(int) + self.by, 255).astype(np.uint8), texture.coverage)

    def to_record(self, writer):
        return GlowRecord(kind="glow", on=self.on, by=self.by)

    @classmethod
    def from_record(cls, record, reader):
        return cls(record.by, on=record.on)
'''
USED = '''
import json
from mcld_app.editing import look as looks, samples
from mcld_app.editing.edits.glow import Glow
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.editing.recipe.schema import recipe_schema
from mcld_app.errors import StudioError
from mcld_app.studio.panels import edits
from mcld_app.studio.state import initial_state

state = initial_state()
state = state.to(looks.add(state.look, Glow(40)))
text = write_recipe(Recipe(state.look))
back = read_recipe(text).look
try:
    read_recipe(text.replace('"by": 40', '"by": 400'))
    told = ""
except StudioError as error:
    told = str(error)
[shown] = edits.view(state, None)["edits"]
print(json.dumps({
    "same": bool((back.texture.image == state.look.texture.image).all()),
    "brighter": bool(back.appearance.changed.any()),
    "shown": [shown["label"], shown["place"], shown["src"][:22]],
    "told": told, "schema": "GlowRecord" in recipe_schema()["$defs"],
}))
'''


def test_a_new_kind_is_one_new_module_and_not_a_line_elsewhere(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "mcld_app", tmp_path / "mcld_app", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "assets").symlink_to(ROOT / "assets")
    (tmp_path / "mcld_app" / "editing" / "edits" / "glow.py").write_text(GLOW, "utf-8")
    place = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", USED], capture_output=True, text=True, cwd=tmp_path, env=place, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout) == {
        "same": True,
        "brighter": True,
        "shown": ["Glow", "Everywhere", "data:image/jpeg;base64"],
        "told": "The glow must be a whole number from 0 to 100.",
        "schema": True,
    }
