"""Short messages over the page, and edits made before a reload or before the studio was started again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcld_app.errors import StudioError
from mcld_app.studio.actions.kept_look import fits, look_to_keep, use_kept_look
from mcld_app.studio.dispatcher import Dispatcher, as_it_is
from mcld_app.studio.panel import Panel
from mcld_app.studio.session import Session
from mcld_app.studio.widget import widget

_HTML = '<div class="notice-both"><div class="notice-offers"></div><div class="notice-list"></div></div>'


def render(page: Dispatcher) -> None:
    """Short messages over the page. Its value also tells the server which answer the page has seen last, and the
    page by which token its session is found again. Events: "rest", after each answer; "stale"; "restore" {token};
    "revive" {look}, where the studio was started again."""
    functions = [_known(page), _look_to_keep(page), _fits(page)]
    page["notice"] = widget(
        _HTML, "notice", {"serial": 0}, setup={"began": page.began}, server_functions=functions, elem_id="notice"
    )


def listen(page: Dispatcher) -> None:
    page.listen(page["notice"].stale, as_it_is, whole=True)
    page.listen(page["notice"].revive, use_kept_look)
    page.listen_for_session(page["notice"].restore, _restore(page))


def _known(page: Dispatcher) -> Callable:
    def known(token: object) -> bool:
        """Whether the session of that token can be taken up, and something was made in it."""
        session = page.sessions.find(token)
        if session is None or session.state is None:
            return False
        return bool(session.state.history.before or session.results)

    return known


def _look_to_keep(page: Dispatcher) -> Callable:
    def kept(token: object) -> str:
        """What the window keeps of the session of that token: see `actions.kept_look`."""
        session = page.sessions.find(token)
        return look_to_keep(session.state) if session is not None and session.state is not None else ""

    return kept


def _fits(page: Dispatcher) -> Callable:
    def fitting(told: object) -> bool:
        """Whether a look can be shown in a session by now: {token, look}."""
        if not isinstance(told, Mapping) or not isinstance(look := told.get("look"), str):
            return False
        session = page.sessions.find(told.get("token"))
        return session is not None and session.state is not None and fits(session.state, look)

    return fitting


def _restore(page: Dispatcher) -> Callable:
    def act(session: Session, data: Mapping[str, Any]) -> str:
        other = page.sessions.find(data.get("token"))
        if other is None or other.state is None:
            raise StudioError("These edits are not kept any more: they were too old, or the studio was started anew.")
        if other is not session:
            session.take_over(other)
            page.sessions.drop(other)
        return "Everything is back."

    return act


PANEL = Panel("notice", render, listen)
