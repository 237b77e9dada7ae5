"""Several files brought at once: whoever and whatever they show goes into the lists, and the look stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mcld_app.body.file_kinds import kind_of
from mcld_app.body.garments.cutout import cut_out
from mcld_app.body.garments.guess_kind import likely_kinds
from mcld_app.body.photo import read_sized_photo
from mcld_app.body.texture.texture_file import is_texture_map
from mcld_app.editing.flat_garment import read_garment_picture
from mcld_app.editing.garment import Garment
from mcld_app.editing.person import Person
from mcld_app.editing.texture_clothes import clothes_of_texture
from mcld_app.errors import PictureError, StudioError
from mcld_app.studio import parsing
from mcld_app.studio.actions.garment_making import made_as
from mcld_app.studio.actions.photos import people_of_file
from mcld_app.studio.state import EditorState, Note

MOST_AT_ONCE = 6


def list_files(state: EditorState, files: list[Mapping], count: int) -> EditorState:
    """The people and garments of several files in the lists, to be taken up one by one.

    Args:
        state: the editor state.
        files: those that were sent.
        count: how many were brought; the page sends no more than `MOST_AT_ONCE` of them.

    Raises:
        StudioError: where none shows anybody, or a garment alone.
    """
    if not files:
        raise StudioError("Drop one photo, or two files at once: a photo and its IUV map.")
    count, people, garments, left = max(count, len(files)), 0, 0, []
    for file in files[:MOST_AT_ONCE]:
        name = parsing.stem(file)
        try:
            found = _shown(name, parsing.file_bytes(file))
        except StudioError:
            left.append(_what_it_is(name, file))
            continue
        people, garments = people + isinstance(found, Person), garments + isinstance(found, Garment)
        state = state.with_own(found) if isinstance(found, Person) else state.with_garment(found)
    most = f" {MOST_AT_ONCE} at once are the most." if count > MOST_AT_ONCE else ""
    taken = people + garments
    if not taken:
        raise StudioError(f"None of these {count} files shows a person, or a garment alone: {_listed(left)}.{most}")
    said = f"{taken} of {count} files {'is' if taken == 1 else 'are'} in the lists now: {_counted(people, garments)}. "
    said += "Press one, or drag it onto the person." if garments else "Press one."
    if left:
        said += f" Nothing could be made of {_listed(left)}: drop {'it' if len(left) == 1 else 'one'} alone to see why."
    return replace(state, note=Note(said + most, "info" if taken == count else "warning"))


def _shown(name: str, content: bytes) -> Person | Garment:
    """Whom a picture shows; where nobody is in it, the garment alone. StudioError where it shows neither."""
    if is_texture_map(content):
        return clothes_of_texture(name, content)
    read_sized_photo(content)
    try:
        return people_of_file(name, content, "a person").person(0)
    except StudioError:  # nobody is there, or nothing is installed that could tell
        cutout = cut_out(read_garment_picture(content))
        garments, wrong = made_as(name, cutout, likely_kinds(cutout))
    if not garments:
        raise PictureError(wrong)
    return garments[0]


def _what_it_is(name: str, file: Mapping) -> str:
    try:
        kind = kind_of(parsing.file_bytes(file))
    except PictureError:
        kind = None
    return f"“{name}”" if kind is None else f"“{name}” ({kind.name})"


def _counted(people: int, garments: int) -> str:
    told = {"one person": people == 1, f"{people} people": people > 1,
            "one garment": garments == 1, f"{garments} garments": garments > 1}  # fmt: skip
    return " and ".join(words for words, holds in told.items() if holds)


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
