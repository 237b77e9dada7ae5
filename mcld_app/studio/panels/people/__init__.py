"""The people to choose from: samples, and the visitor's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mcld_app.editing import look as looks
from mcld_app.studio import parsing
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, written
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.picker import listen_for_own, own_items, people_items, picker
from mcld_app.studio.state import EditorState, Note, initial_state


def choose_person(state: EditorState, data: Data) -> EditorState:
    """Another sample person, or one of the visitor's own, in the same pose and clothes: what is carried over is said,
    and that they can start plain."""
    person = state.person(parsing.text(data, "id"))
    if person is state.look.person:
        return state
    changed = state.to(looks.change_person(state.look, person))
    kept = ["what was edited"] * bool(state.look.edits) + ["the pose"] * (state.look.pose is not None)
    if not kept:
        return changed
    said = f"{person.name} takes over {' and '.join(kept)} from {state.look.person.name}."
    return replace(changed, note=Note(said, "info", "plain"))


def render(page: Dispatcher) -> None:
    """A list box of pictures. Event: "pick" {id}."""
    page["people"] = picker("Sample people", people_items, kind="people", told="people")


def listen(page: Dispatcher) -> None:
    page.listen(page["people"].pick, choose_person)
    listen_for_own(page, "people")


def key(state: EditorState) -> Key:
    return (state.look.person, state.own, state.names)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """Who is chosen, and the visitor's own people."""
    person = state.look.person
    return {"selected": person.sample or f"own:{person.key}", "extra": own_items(state)}


def api_start(person: str, keep: bool = False) -> Given:
    """Begin with a sample person. The answer is a recipe, which the other endpoints take.

    Args:
        person: a name of `samples`, such as "person:mara".
        keep: keep it here, and answer with its key: the other endpoints take that as `recipe`, change what is kept,
            and answer with the same key. It is kept for two hours after its last use, or until “forget”.
    """
    return written(looks.of(initial_state().person(person)), keep)


PANEL = Panel("people", render, listen, key, view, endpoints={"start": api_start})
