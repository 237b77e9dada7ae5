"""Files dropped on the person: clothes that somebody wears, a garment alone, a texture map. What only the visitor
knows, they are asked, and whatever they answer, nothing they brought is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mcld_app.body.texture.texture_file import is_texture_map
from mcld_app.editing import look as looks
from mcld_app.editing.area import CLOTHES, Area
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.garment import Garment
from mcld_app.editing.person import Person
from mcld_app.editing.texture_clothes import clothes_of_texture
from mcld_app.editing.worn_garment import piece_for
from mcld_app.errors import IUVError, PictureError, StudioError
from mcld_app.perception.people_finder import NobodyFound
from mcld_app.studio import parsing
from mcld_app.studio.actions.garment_making import worn_thumb
from mcld_app.studio.actions.patterns import take_tile
from mcld_app.studio.actions.photos import check_agreed, people_of_file, person_of_files, take
from mcld_app.studio.actions.several import list_files
from mcld_app.studio.actions.shop_pictures import of_file
from mcld_app.studio.parsing import Data
from mcld_app.studio.pictures import thumb
from mcld_app.studio.state import EditorState, Note, Option, Question


def wear_files(state: EditorState, data: Data) -> EditorState:
    """Clothes from files dropped on the person: a photo of somebody who wears them, such a photo and its IUV map in any
    order, a picture of a garment alone, or a texture map; of several pictures, each one's garment goes into the list.
    """
    files = [file for file in data.get("files") or () if isinstance(file, Mapping)]
    check_agreed(state)
    state = replace(state, question=None)
    if len(files) == 1:
        return _one(state, files[0], data)
    if len(files) == 2:
        try:
            person = person_of_files(files, "clothes")
            return _put_on(state.with_own(person), person, data)
        except (PictureError, IUVError) as error:
            pair = error
        try:
            return list_files(state, files, len(files))
        except StudioError:
            raise pair from None
    return list_files(state, files, parsing.index(data, "count"))


def _one(state: EditorState, file: Mapping, data: Data) -> EditorState:
    """One file: its own look says what it is."""
    name, content = parsing.stem(file), parsing.file_bytes(file)
    if (patterned := take_tile(state, name, content, str(data.get("region") or ""))) is not None:
        return patterned
    if is_texture_map(content):
        garment = clothes_of_texture(name, content)
        return _put_on(state.with_garment(garment), garment, data)
    try:
        people = people_of_file(name, content, "clothes")
    except StudioError as error:
        # Where nothing is installed that finds people, a garment alone is found all the same.
        if isinstance(error, PictureError | IUVError) and not isinstance(error, NobodyFound):
            raise
        worn_on = data.get("region") if data.get("region") in CLOTHES else ""
        return of_file(state, name, content, worn_on, error)
    person = people.person(0)
    return _ask_what_for(state.with_own(person), person, lambda now: take(now, people, 0), data)


def _put_on(state: EditorState, clothes: Garment | Person, data: Data) -> EditorState:
    """Clothes where they were dropped, or the piece that somebody wears there, whose other pieces can then be chosen by
    a click; beside the person, they stay in the list."""
    state = replace(state, wearer=clothes) if isinstance(clothes, Person) else state
    if not data.get("region") and not data.get("parts"):
        said = "These clothes are in the list now. Drag them onto the person"
        said += ", or click the piece you mean." if isinstance(clothes, Person) else "."
        return replace(state, note=Note(said, "info"))
    try:
        return state.to(looks.add(state.look, _worn(clothes, parsing.area(data))))
    except StudioError as error:
        return replace(state, note=Note(str(error), "warning"))


def _worn(clothes: Garment | Person, area: Area) -> Wear:
    """A garment on an area; a piece that somebody wears goes on where it belongs, sleeves and all."""
    garment = piece_for(clothes, area) if isinstance(clothes, Person) else clothes
    return Wear(garment) if garment.piece and isinstance(area, str) else Wear(garment, area)


def _ask_what_for(
    state: EditorState, person: Person, use: Callable[[EditorState], EditorState], data: Data
) -> EditorState:
    """A photo of somebody: for their clothes, or for themselves?"""
    at = data if data.get("region") or data.get("parts") else {"region": "outfit"}
    worn = worn_thumb(state, piece_for(person, parsing.area(at)), parsing.area(at))
    options = (
        Option("Wear their clothes", lambda now: _put_on(now, person, at), worn),
        Option("Use as the person", use, thumb(person.picture)),
    )
    asked = Question(f"“{person.name}” shows somebody. What is the photo for? It is in the lists, whatever you choose.",
                     options)  # fmt: skip
    return replace(state, question=asked, note=Note())
