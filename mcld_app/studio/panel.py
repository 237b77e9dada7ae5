"""A panel of the page: a folder of `studio/panels`, with its markup, actions and endpoints, its script and its style
sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Panel:
    """What the page and the dispatcher know of a panel.

    A panel that shows something of the editor state gives a `key` and a `view`: whenever the key differs from the one
    the page shows, whichever action made it so, the dispatcher sends the view.

    Attributes:
        name: the folder's, and that of the component which `render` makes.
        render: draws it, given the dispatcher; called where it belongs on the page.
        listen: wires its events, given the dispatcher; called once all panels are drawn.
        key: (editor state) -> what the view depends on; None for a panel that shows nothing of the state.
        view: (editor state, key of what the page shows or None) -> the component's value as plain data; None where
            there is nothing to show just now, and then it is asked again after the next action.
        turn: "first" comes with the answer to an action itself, "next" after it, and "last", for what takes long and is
            looked at seldom, in a step of its own after all others.
        only_open: whether it is worked out only while the page says, with an event "seen" {on}, that it is to be seen:
            its script calls `opening`. What was missed is shown when it is opened.
        ahead: (session) -> None: begins what the page will ask for once it has a new value of the panel.
        whole: (session) -> a value for when the page is given another session, or that one was emptied.
        endpoints: for other programs, name -> function; see `endpoints`.
    """

    name: str
    render: Callable[[Any], None]
    listen: Callable[[Any], None] | None = None
    key: Callable[[EditorState], Key] | None = None
    view: Callable[[EditorState, Key | None], dict[str, Any] | None] | None = None
    turn: Literal["first", "next", "last"] = "next"
    only_open: bool = False
    ahead: Callable[[Session], None] | None = None
    whole: Callable[[Session], dict[str, Any]] | None = None
    endpoints: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
