"""Small pictures to choose from: people, poses, garments."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr

from mcld_app.studio import actions, view
from mcld_app.studio.dispatcher import PERSON, POSE, Parts, listen
from mcld_app.studio.panels.widget import widget

_HTML = '<div class="picker" role="listbox" aria-orientation="horizontal"></div>'


def picker(
    title: str, items: Callable[[], list[dict]], *, kind: str, carry: bool = False, told: str = ""
) -> gr.HTML:
    """A list box of pictures. The pictures come by a call of their own, after the page is there, and are the same for
    everybody; `value` says which one is chosen and which ones a visitor has added. With `carry` they can be dragged
    onto the person; the other components hear of all items under the name `told`. Event: "pick" {id}."""

    def fetch(_: object) -> list[dict]:
        return items()

    fetch.__name__ = "items"
    return widget(
        _HTML,
        "picker",
        {"selected": None},
        setup={"title": title, "carry": carry, "told": told},
        server_functions=[fetch],
        elem_id=f"{kind}-picker",
    )


def render_people(parts: Parts) -> None:
    parts["people"] = picker("Sample people", view.people_items, kind="people", told="people")


def render_poses(parts: Parts) -> None:
    parts["poses"] = picker("Named poses", view.pose_items, kind="pose")


def render_garments(parts: Parts) -> None:
    parts["garments"] = picker("Garments", view.shelf_items, kind="garment", carry=True)


def listen_all(parts: Parts) -> None:
    listen(parts, parts["people"].pick, actions.choose_person, *PERSON)
    listen(parts, parts["poses"].pick, actions.choose_pose, *POSE)
