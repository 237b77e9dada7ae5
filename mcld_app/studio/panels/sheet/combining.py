"""What a contact sheet shows: the choices as the page ticked them, and the look of each picture. A look is made as a
visitor would make it, by the panels' own actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.editing import Look
from mcld_app.editing.area import CLOTHES
from mcld_app.errors import StudioError
from mcld_app.output.sheet_table import NOW, Choice, Row, SheetTable
from mcld_app.studio.messages import NOT_UNDERSTOOD
from mcld_app.studio.panels.face import NONE, OWN, choose_face
from mcld_app.studio.panels.garments import wear
from mcld_app.studio.panels.people import choose_person
from mcld_app.studio.panels.poses import AS_IN_PHOTO, choose_pose
from mcld_app.studio.state import EditorState

AS_NOW = "now"
"""The page's id of "as it is now"."""


def table_of(state: EditorState, data: Mapping[str, Any], seed: int) -> SheetTable:
    """The table of what is ticked.

    Args:
        state: what the visitor has.
        data: {people, clothes, poses, faces: ids}; an empty list is "as it is now".
        seed: of all pictures.

    Raises:
        StudioError: where something is not there any more, or it would be too many pictures.
    """
    chosen = {name: _ids(data, name) for name in _LABELS}
    return SheetTable(
        **{name: tuple(_choice(state, name, each) for each in ids) for name, ids in chosen.items()}, seed=seed
    )


def looks_of(state: EditorState, rows: tuple[Row, ...]) -> Iterator[Look]:
    """The look of each row, one after another; StudioError, which says of whom, where one cannot be made."""
    known: dict[tuple[str, ...], EditorState] = {(): state}

    def made(*chosen: str) -> EditorState:
        if chosen not in known:
            before, kind = made(*chosen[:-1]), len(chosen) - 1
            try:
                known[chosen] = before if chosen[-1] == NOW else _MADE_BY[kind](before, chosen[-1])
            except StudioError as error:
                raise StudioError(f"{before.look.person.name}: {error}") from error
        return known[chosen]

    for row in rows:
        yield made(row.person, row.clothes, row.face, row.pose).look


def _wear(state: EditorState, choice: str) -> EditorState:
    """Put on a garment where it belongs; of somebody, all that they wear."""
    if choice.startswith(("person:", "own:")):
        return wear(state, {"id": choice, "region": "outfit"})
    region = state.garment(choice).region
    return wear(state, {"id": choice, "region": region if region in CLOTHES else "outfit"})


_MADE_BY: tuple[Callable[[EditorState, str], EditorState], ...] = (
    lambda state, choice: choose_person(state, {"id": choice}),
    _wear,
    lambda state, choice: choose_face(state, {"id": choice}),
    lambda state, choice: choose_pose(state, {"id": choice}),
)


def _ids(data: Mapping[str, Any], name: str) -> list[str]:
    ids = data.get(name)
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise StudioError(NOT_UNDERSTOOD)
    return [NOW if each == AS_NOW else each for each in ids] or [NOW]


def label_of(state: EditorState, name: str, choice: str) -> str:
    """What a choice of the "people", "clothes", "poses" or "faces" is called; StudioError where there is no such."""
    return _LABELS[name](state, choice)


def _choice(state: EditorState, name: str, choice: str) -> Choice:
    return Choice(choice, label_of(state, name, choice))


def _person_label(state: EditorState, choice: str) -> str:
    return (state.look.person if choice == NOW else state.person(choice)).name


def _clothes_label(state: EditorState, choice: str) -> str:
    return "Clothes as now" if choice == NOW else state.garment(choice).label


def _pose_label(state: EditorState, choice: str) -> str:
    if choice in (NOW, AS_IN_PHOTO):
        return "Pose as now" if choice == NOW else "As in the photo"
    if choice not in named_poses():
        raise StudioError("There is no such pose. Choose another one.")
    return named_poses()[choice].name.replace("_", " ")


def _face_label(state: EditorState, choice: str) -> str:
    known = {NOW: "Face as now", OWN: "Own face", NONE: "No face"}
    return known[choice] if choice in known else f"{state.person(choice).name}’s face"


_LABELS: dict[str, Callable[[EditorState, str], str]] = {
    "people": _person_label,
    "clothes": _clothes_label,
    "poses": _pose_label,
    "faces": _face_label,
}
