"""What a row means: its look. People and clothes are read once and kept for the rows that follow."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import TypeVar

from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.photo import read_sized_photo
from mcld_app.catalogue.matrix import MAP
from mcld_app.catalogue.place import Place
from mcld_app.catalogue.row import Row, seed_of
from mcld_app.checkpoints.wheel_models import how_to_get
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import flat_garment
from mcld_app.editing.garment import Garment, clothes_of
from mcld_app.editing.person import Person, read_person
from mcld_app.editing.pose_library import read_poses
from mcld_app.editing.recipe import LARGEST, Recipe
from mcld_app.errors import StudioError
from mcld_app.output.recipe_file import holds_recipe, open_recipe
from mcld_app.request import MAX_UPLOAD

T = TypeVar("T")

_KEPT = 12  # people and clothes; the pictures and maps of one take about 10 MB


class Wardrobe:
    """People, clothes and poses by what a table calls them.

    Args:
        root: the folder that a table's files lie below.
    """

    def __init__(self, root: Place) -> None:
        self._root = root
        self._kept: OrderedDict[tuple[str, str], object] = OrderedDict()

    def recipe(self, row: Row) -> Recipe:
        """What a row's picture is made from.

        Raises:
            StudioError: where the row names what is not there or cannot be used.
        """
        if row.recipe:
            if any((row.person, row.clothes, row.pose, row.face, row.seed)):
                raise StudioError("A row with a recipe says nothing else: leave the other columns empty.")
            return open_recipe(self._root.read(row.recipe, LARGEST))
        if not row.person:
            raise StudioError("The row says nobody: its “person” is empty.")
        made = self._once("person", row.person, self._beginning)
        look = made.look
        for name in filter(None, (name.strip() for name in row.clothes.split("+"))):
            look = looks.add(look, Wear(self._once("garment", name, self._garment)))
        if row.face not in ("", "own"):
            look = looks.add(look, FaceSwap(None if row.face == "none" else self._someone(row.face)))
        if row.pose not in ("", "photo"):
            look = looks.stand(look, looks.in_their_shape(look, self._once("pose", row.pose, self._pose)))
        return Recipe(look, made.settings, (seed_of(row),), made.model, ground=made.ground)

    def _once(self, kind: str, name: str, make: Callable[[str], T]) -> T:
        key = kind, name
        if key not in self._kept:
            self._kept[key] = make(name)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _someone(self, name: str) -> Person:
        return self._once("person", name, self._beginning).look.person

    def _beginning(self, name: str) -> Recipe:
        """A sample person, somebody in a photo, or a recipe to go on from."""
        if name.startswith("person:"):
            if name not in samples.people():
                raise StudioError(f"There is no sample person {name!r}. There are: {', '.join(samples.people())}.")
            return Recipe(looks.of(samples.sample_person(name)))
        data = self._root.read(name, LARGEST)
        if holds_recipe(data):
            return open_recipe(data)
        return Recipe(looks.of(self._in_photo(name, data)))

    def _in_photo(self, name: str, data: bytes) -> Person:
        path = PurePosixPath(name)
        if self._root.has(iuv := str(path.with_name(f"{path.stem}{MAP}.png"))):
            return read_person(path.stem, data, self._root.read(iuv, MAX_UPLOAD))
        from mcld_app.perception.detections import detect_people

        found = detect_people(path.stem, *read_sized_photo(data))
        if found is None:
            raise StudioError(f"Nothing here finds a body in a photo. {how_to_get()} Or lay {iuv} beside it.")
        return found.person(0)

    def _garment(self, name: str) -> Garment:
        if name.startswith("garment:"):
            if name not in samples.garments():
                raise StudioError(f"There is no sample garment {name!r}. There are: {', '.join(samples.garments())}.")
            return samples.sample_garment(name)
        if name.startswith("person:"):
            return clothes_of(self._someone(name))
        path = PurePosixPath(name)
        data = self._root.read(name, MAX_UPLOAD)
        if self._root.has(iuv := str(path.with_name(f"{path.stem}{MAP}.png"))):
            return clothes_of(read_person(path.stem, data, self._root.read(iuv, MAX_UPLOAD)))
        return flat_garment(data, name=path.stem).garment

    def _pose(self, name: str) -> Pose:
        if name in named_poses():
            return named_poses()[name]
        file, _, wanted = name.partition("#")
        if not file.lower().endswith(".json"):
            raise StudioError(f"There is no pose {name!r}. Name a file, or one of: {', '.join(named_poses())}.")
        found = read_poses(PurePosixPath(file).stem, self._root.read(file, MAX_UPLOAD))
        if not wanted:
            return found[0]
        for pose in found:
            if pose.name == wanted:
                return pose
        raise StudioError(f"There is no pose {wanted!r} in {file}.")
