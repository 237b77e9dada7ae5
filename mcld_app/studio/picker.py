"""The list box of small pictures that several panels show: to choose people, poses, garments and faces from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

import gradio as gr

from mcld_app.body.photo import read_photo
from mcld_app.editing import samples
from mcld_app.engine import registry
from mcld_app.studio.actions.own_items import discard, rename, shown_name
from mcld_app.studio.dispatcher import Action, Dispatcher
from mcld_app.studio.parsing import Data
from mcld_app.studio.pictures import item, thumb
from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_HTML = '<div class="picker" role="listbox" aria-orientation="horizontal">{}</div>'
_OWN = """<details class="picker-own" hidden><summary>Rename or delete yours</summary>
<ul class="picker-own-list"></ul></details>"""
_BLANK = (
    '<div class="picker-item" aria-hidden="true"><span class="picker-frame"><span class="picker-blank"></span></span>'
    '<span class="picker-name">{}</span></div>'
)


def picker(
    title: str,
    items: Callable[[], list[dict]],
    *,
    kind: str,
    carry: bool = False,
    told: str = "",
    awaited: Iterable[str] = (),
) -> gr.HTML:
    """A list box of pictures. The pictures come by a call of their own, after the page is there, and are the same for
    everybody; `value` says which one is chosen and which ones a visitor has added. With `carry` they can be dragged
    onto the person; the other components hear of all items under the name `told`. Names that are `awaited` keep the
    room of their pictures, so that nothing moves when those come. Events: "pick" {id}; "rename" {id, name} and
    "discard" {id} of what a visitor has added."""

    def fetch(_: object) -> list[dict]:
        return items()

    fetch.__name__ = "items"
    blanks = "".join(_BLANK.format(name) for name in awaited)
    return widget(
        _HTML.format(f'<div class="picker-grid">{blanks}</div>' if blanks else "") + _OWN,
        "picker",
        {"selected": None},
        also=("carry",),
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
    return [own_item(state, f"own:{person.key}", person.name, thumb(person.picture)) for person in state.own]


def own_item(state: EditorState, choice: str, name: str, src: str) -> dict:
    """The thumbnail of something that the visitor brought, by the name they gave it."""
    return {**item(choice, shown_name(state, choice, name), src), "group": "Yours"}


def listen_for_own(page: Dispatcher, name: str) -> None:
    """Let what a visitor brought be renamed and deleted in a list of that name. What the engines keep of the pictures
    that are deleted goes, too."""

    def discarding(session: Session) -> Action:
        def discarded(state: EditorState, data: Data) -> EditorState:
            after = discard(state, data)
            registry.forget(session.owner)
            return after

        return discarded

    page.listen(page[name].rename, rename)
    page.listen_with_session(page[name].discard, discarding)
