"""The list box of small pictures that several panels show: to choose people, poses, garments and faces from."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import gradio as gr

from mcld_app.body.photo import read_photo
from mcld_app.editing import samples
from mcld_app.studio.pictures import item, thumb
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

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


@lru_cache(maxsize=1)
def people_items() -> list[dict]:
    """The sample people's thumbnails. Made from the files alone: nothing is extracted before somebody is chosen."""
    return [
        item(choice, sample.label, thumb(read_photo(sample.photo_path)))
        for choice, sample in samples.people().items()
    ]


def own_items(state: EditorState) -> list[dict]:
    """The thumbnails of the visitor's own people."""
    return [{**item(f"own:{p.key}", p.name, thumb(p.picture)), "group": "Yours"} for p in state.own]
