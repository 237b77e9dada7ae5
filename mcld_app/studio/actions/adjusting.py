"""Adjusting a garment of a picture: points, kind, sleeves and cut-out are put right while it is worn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mcld_app.body.garments.marking import Marking
from mcld_app.editing import Look
from mcld_app.editing import look as looks
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import of_marking
from mcld_app.editing.garment import Garment
from mcld_app.errors import PictureError, StudioError
from mcld_app.studio import parsing
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import Adjusting, EditorState, Note

_MOST_STEPS = 20  # of a garment that cannot be worn yet, to undo
_NOT_OPEN = "No garment is being adjusted. Press “Adjust the garment” first."


def begin(state: EditorState, data: Data) -> EditorState:
    """Take up a garment to adjust it: {id} of the list, {index} of an edit, or the one that was put on last."""
    if "id" in data:
        garment = state.garment(parsing.text(data, "id"))
    elif "index" in data:
        garment = _of_edit(state.look, parsing.index(data))
    else:
        garment = next((edit.garment for edit in reversed(state.look.edits_of(Wear)) if edit.garment.marking), None)
    if garment is None or garment.marking is None:
        raise StudioError("Only garments from a picture of them alone, brought in this visit, can be adjusted.")
    return open_for(state, garment.label, garment.marking)


def open_for(state: EditorState, name: str, marking: Marking, problem: str = "") -> EditorState:
    """The editor state with a garment to adjust, worn or not; `problem` says why it cannot be worn yet.

    Raises:
        StudioError: where another one was begun that cannot be worn yet: its marks would be lost.
    """
    now = state.adjusting
    if now is not None and now.before and now.marking.key != marking.key and not _worn(state.look, now.marking.key):
        raise StudioError(
            f"“{now.name}” is not finished: go on until it is worn, or press “Done” to leave it. Then bring the next."
        )
    return replace(state, adjusting=Adjusting(name, marking, problem=problem), note=Note())


def marking_of(state: EditorState) -> Marking:
    """How the garment that is being adjusted is marked: as it is worn, where it is worn.

    Raises:
        StudioError: where none is being adjusted.
    """
    if state.adjusting is None:
        raise StudioError(_NOT_OPEN)
    worn = _worn(state.look, state.adjusting.marking.key)
    return worn[-1].garment.marking if worn else state.adjusting.marking


def move_point(state: EditorState, data: Data) -> EditorState:
    """Move a key point: {point, x, y}, 0..1 of the picture's width and height, and the drag it belongs to."""
    return _as_marked(state, _moved(state, data), parsing.gesture(data))


def try_point(state: EditorState, data: Data) -> EditorState:
    """`move_point` for a hand that is still on the point: only to be drawn, no step to undo."""
    marking = _moved(state, data)
    garment = of_marking(state.adjusting.name, marking).garment
    look = _wearing(state.look, garment)
    return replace(state, history=replace(state.history, now=look), adjusting=replace(state.adjusting, marking=marking))


def set_kind(state: EditorState, data: Data) -> EditorState:
    """Take it for another {kind} of garment."""
    return _as_marked(state, marking_of(state).as_kind(parsing.text(data, "kind")))


def set_sleeves(state: EditorState, data: Data) -> EditorState:
    """Whether it has sleeves: {on}."""
    return _as_marked(state, marking_of(state).with_sleeves(data.get("on") is True))


def paint_cut(state: EditorState, data: Data) -> EditorState:
    """Add to the garment what {strokes} cover, a PNG of its picture's size, or take that away: {add}."""
    marking = marking_of(state)
    strokes = parsing.strokes(data, marking.cutout.mask.shape)
    return _as_marked(state, marking.painted(strokes[..., 3] > 127, add=data.get("add") is True))


def start_again(state: EditorState, data: Data) -> EditorState:
    """Back to how the picture was understood at first."""
    return _as_marked(state, marking_of(state).start)


def finish(state: EditorState, data: Data) -> EditorState:
    """Nothing more is adjusted; the garment stays as it is."""
    return replace(state, adjusting=None, note=Note())


def undo_mark(state: EditorState) -> EditorState | None:
    """One step back of a garment that cannot be worn yet; None where the history has the last step."""
    adjusting = state.adjusting
    if adjusting is None or not adjusting.before or _worn(state.look, adjusting.marking.key):
        return None
    problem = _problem(adjusting.name, adjusting.before[-1])
    last = replace(adjusting, marking=adjusting.before[-1], before=adjusting.before[:-1], problem=problem)
    return replace(state, adjusting=last, note=Note())


def _moved(state: EditorState, data: Data) -> Marking:
    place = parsing.number(data, "x"), parsing.number(data, "y")
    return marking_of(state).moved(parsing.text(data, "point"), *place)


def _as_marked(state: EditorState, marking: Marking, gesture: str | None = None) -> EditorState:
    """The editor state with the garment worn as it is marked now. One that is not worn and cannot be is only marked.

    Raises:
        PictureError: where it is worn, and so marked could not be.
    """
    now, old = state.adjusting, marking_of(state)
    if marking is old:
        return replace(state, note=Note())
    kept = replace(now, marking=marking, problem="")
    try:
        garment = of_marking(now.name, marking).garment
        look = _wearing(state.look, garment)
    except PictureError as error:
        if _worn(state.look, old.key):
            raise
        before = (*now.before, old)[-_MOST_STEPS:]
        return replace(state, adjusting=replace(kept, before=before, problem=str(error)), note=Note(), live=False)
    gesture = f"adjust {marking.key} {gesture}" if gesture else None
    return replace(state.with_garment(garment).to(look, gesture=gesture), adjusting=kept)


def _problem(name: str, marking: Marking) -> str:
    try:
        _ = of_marking(name, marking).garment
    except PictureError as error:
        return str(error)
    return ""


def _wearing(look: Look, garment: Garment) -> Look:
    """The look with the garment in the place of what was worn of the same picture; put on where it was not worn."""
    worn = _worn(look, garment.marking.key)
    if not worn:
        return looks.add(look, Wear(garment))
    if all(edit.garment.region == garment.region for edit in worn):
        edits = tuple(replace(e, garment=garment) if e in worn else e for e in look.edits)
        return looks.with_edits(look, edits)
    return looks.with_edits(look, Wear(garment).enter(tuple(edit for edit in look.edits if edit not in worn)))


def _worn(look: Look, key: str) -> tuple[Wear, ...]:
    """What is worn of a picture."""
    return tuple(e for e in look.edits_of(Wear) if e.garment.marking is not None and e.garment.marking.key == key)


def _of_edit(look: Look, index: int) -> Garment | None:
    edit = look.edits[index] if 0 <= index < len(look.edits) else None
    return edit.garment if isinstance(edit, Wear) else None


def places_of(marking: Marking) -> dict[str, Any]:
    """Where the points are, 0..1, which of them are guessed, and the inside of the back, as the page draws them."""
    points = marking.points
    return {
        "places": {name: [round(x, 4), round(y, 4)] for name, (x, y) in points.places.items()},
        "guessed": sorted(points.guessed),
        "inside": [outline.tolist() for outline in marking.inside()],
    }
