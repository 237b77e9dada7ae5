"""Pictures of garments alone that a visitor brings: worn where that is clear, else the visitor is asked, with pictures
of what would come of each answer. Nothing they brought is lost, whatever they answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mcld_app.body.garments.cutout import Cutout, SeveralGarments, cut_out
from mcld_app.body.garments.guess_kind import guess_kind, likely_kinds
from mcld_app.body.garments.points import KINDS
from mcld_app.editing import look as looks
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import kinds_for, read_garment_picture
from mcld_app.editing.garment import Garment
from mcld_app.errors import PictureError, StudioError
from mcld_app.perception.people_finder import NobodyFound
from mcld_app.studio.actions.adjusting import open_for
from mcld_app.studio.actions.garment_making import made, made_as, mark_by_hand, worn_thumb
from mcld_app.studio.actions.patterns import swatch_option
from mcld_app.studio.pictures import thumb, whole_thumb
from mcld_app.studio.state import EditorState, Note, Option, Question, own_garment_id

_ADJUST = " Where it does not fit, press “Adjust the garment”."
_BY_HAND = "Paint over the garment with “Add”, and drag each point to where its name says: then it is worn."


def use_picture(
    state: EditorState, name: str, picture: np.ndarray, worn_on: str, nobody: StudioError | None = None,
    which: int | None = None,
) -> EditorState:
    """The garment of a picture on the person; where its kind, or which one is meant, or where it is, is not clear, the
    visitor is asked.

    Args:
        state: the editor state.
        name: what the page calls the garment.
        picture: (H, W, 3) or (H, W, 4) uint8 RGB(A).
        worn_on: the region it was dropped on; "" for none.
        nobody: why it is not taken for a person's photo; None where that was never asked.
        which: of several garments the one that is meant, the largest being 0.
    """
    worn_on = "" if worn_on == "shoes" else worn_on  # a foot's breadth below the trousers
    try:
        cutout = cut_out(picture, which)
    except SeveralGarments as error:
        return _ask_which(state, name, picture, worn_on, error, nobody)
    except PictureError as error:
        return _ask_for_help(state, name, picture, worn_on, _wrong(nobody, str(error)))
    if not worn_on:
        return _ask_kind(state, name, cutout, worn_on, nobody)
    try:
        garment = made(name, cutout, guess_kind(cutout, kinds_for(worn_on)))
    except PictureError:
        return _ask_kind(state, name, cutout, worn_on, nobody)
    if cutout.cut_off:
        return _ask_if_whole(state, garment)
    return _wear(state, garment)


def _ask_if_whole(state: EditorState, garment: Garment) -> EditorState:
    """What the picture's edge cuts may be half a garment, or half a person."""
    name, marking = garment.label, garment.marking
    whole = whole_thumb(marking.cutout.picture)
    options = (
        Option("Wear what is there", _wearing(garment), worn_thumb(state, garment, garment.region)),
        Option("Mark it by hand", lambda now: open_for(now, name, marking, _BY_HAND), whole),
    )
    said = f"“{name}” is cut off at the picture’s edge. Choose a picture of all of it, or go on with what is there."
    return replace(state, question=Question(said, options), note=Note())


def _wear(state: EditorState, garment: Garment) -> EditorState:
    """A garment that its picture shows alone goes on where it belongs. One that was adjusted before in this visit is
    adjusted still."""
    known = next((own for own in state.own_garments if own_garment_id(own) == own_garment_id(garment)), None)
    if known is not None and known.kind == garment.kind:
        garment = known
    state, others = state.with_garment(garment), garment.marking.cutout.left_out
    left = f" {others} more in the picture {'was' if others == 1 else 'were'} left out." if others else ""
    try:
        return state.to(looks.add(state.look, Wear(garment)), f"“{garment.label}” is worn.{left}{_ADJUST}")
    except StudioError as error:
        return replace(state, note=Note(str(error), "warning"))


def _ask_kind(
    state: EditorState, name: str, cutout: Cutout, worn_on: str, nobody: StudioError | None
) -> EditorState:
    """What kind of garment: the outline alone does not tell a top from a dress, and hardly shorts from a skirt."""
    kinds = kinds_for(worn_on) if worn_on else likely_kinds(cutout)
    first = guess_kind(cutout, kinds) if worn_on else kinds[0]
    garments, why = made_as(name, cutout, tuple(dict.fromkeys((first, *kinds))))
    if not garments:
        return _ask_for_help(state, name, cutout.picture, worn_on, _wrong(nobody, why), cutout)
    options = tuple(Option(KINDS[garment.kind], _wearing(garment), worn_thumb(state, garment, garment.region))
                    for garment in garments)  # fmt: skip
    asked = Question(f"What is “{name}”? It is in the list, too.", options)
    return replace(state.with_garment(garments[0]), question=asked, note=Note())


def _wearing(garment: Garment) -> Callable[[EditorState], EditorState]:
    return lambda state: _wear(state, garment)


def _ask_which(
    state: EditorState, name: str, picture: np.ndarray, worn_on: str, several: SeveralGarments,
    nobody: StudioError | None,
) -> EditorState:
    """Which of several garments in a picture."""
    options = []
    for which in range(several.count):
        cutout = cut_out(picture, which)
        src = thumb(cutout.picture, cutout.mask, closest=0.1)
        options.append(Option(f"Number {which + 1}", _picking(name, picture, worn_on, which), src))
    lead = f"{nobody} " if nobody is not None and not isinstance(nobody, NobodyFound) else ""
    asked = Question(f"{lead}“{name}” shows {several.count} things. Which one is to be worn?", tuple(options))
    return replace(state, question=asked, note=Note())


def _picking(name: str, picture: np.ndarray, worn_on: str, which: int) -> Callable[[EditorState], EditorState]:
    return lambda state: use_picture(state, name, picture, worn_on, None, which)


def _wrong(nobody: StudioError | None, why: str) -> str:
    """What is wrong with a picture that shows nobody, and no garment either."""
    if nobody is None:
        return why
    if isinstance(nobody, NobodyFound):
        return f"Nobody is found in this picture. {why}"
    return f"{nobody} As a garment alone: {why}"


def _ask_for_help(
    state: EditorState, name: str, picture: np.ndarray, worn_on: str, said: str, cutout: Cutout | None = None
) -> EditorState:
    """A picture whose garment is not found: why, and that it can be marked by hand.

    Raises:
        StudioError: where there is nothing to mark in it.
    """
    try:
        marking = mark_by_hand(picture, kinds_for(worn_on)[0], cutout)
    except PictureError as error:
        raise StudioError(said) from error
    small = whole_thumb(marking.cutout.picture)
    by_hand = Option("A garment: mark it by hand", lambda now: open_for(now, name, marking, _BY_HAND), small)
    pattern = swatch_option(state, name, picture, worn_on) if cutout is None else None
    options = (by_hand,) if pattern is None else (pattern, by_hand)
    return replace(state, question=Question(said, options, unsure=True), note=Note())


def ask_if_clothes(
    state: EditorState, name: str, content: bytes, otherwise: Option
) -> EditorState | None:
    """The editor state with a question whether a picture given as a person's is to be worn; None where it shows no
    garment alone."""
    try:
        cutout = cut_out(read_garment_picture(content))
        kind = likely_kinds(cutout)[0]
        garment = made(name, cutout, kind)
    except StudioError:
        return None
    wear = Option(f"Wear it: {KINDS[kind].lower()}", _wearing(garment), worn_thumb(state, garment, garment.region))
    said = f"“{name}” looks like clothes, not like a person."
    asked = Question(f"{said} What is it for?", (wear, otherwise))
    return replace(state, question=asked, note=Note(said, "warning"))


def of_file(
    state: EditorState, name: str, content: bytes, worn_on: str, nobody: StudioError
) -> EditorState:
    """`use_picture` for a file in which nobody is found. StudioError where it is too small, or no picture."""
    try:
        picture = read_garment_picture(content)
    except PictureError as error:
        raise StudioError(_wrong(nobody, str(error))) from nobody
    return use_picture(state, name, picture, worn_on, nobody)


