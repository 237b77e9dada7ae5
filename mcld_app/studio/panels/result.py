"""What was made: the list of edits, downloads, and messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcld_app.errors import StudioError
from mcld_app.studio import actions, downloads
from mcld_app.studio.dispatcher import EVERYTHING, FACES, Parts, as_it_is, listen, listen_session
from mcld_app.studio.panels.widget import widget
from mcld_app.studio.state import Session

_EDITS = """
<div class="edits-box"><h3>Edits</h3><p class="edits-none">None yet: everything is as in the photo.</p>
<ol class="edits-list"></ol></div>
"""
_DOWNLOADS = """
<div class="downloads"><h3>Download</h3><div class="downloads-row">
  <button type="button" data-what="picture" title="What stands under “Preview”, without any network"
    >Preview picture</button>
  <button type="button" data-what="texture">Texture map</button>
  <button type="button" data-what="iuv">IUV map</button>
  <button type="button" data-what="recipe"
    title="Edits, pose and settings, to open again here. Your own pictures do not come along.">Recipe</button>
  <button type="button" data-what="recipe-pictures"
    title="The recipe with your photos, their IUV maps and so their faces: whoever has the file has those too."
    >Recipe with pictures</button>
</div></div>
"""

_NOTICE = '<div class="notice-both"><div class="notice-offers"></div><div class="notice-list"></div></div>'


def render_notice(parts: Parts) -> None:
    """Short messages over the page. Its value also tells the server which answer the page has seen last, and the
    page by which token its visit is found again. Events: "stale"; "restore" {token}."""
    parts["notice"] = widget(
        _NOTICE, "notice", {"serial": 0}, server_functions=[_known(parts)], elem_id="notice"
    )


def render(parts: Parts) -> None:
    """The list of edits, with the events "switch" {index, on}, "move" {index, to} and "remove" {index}; the downloads,
    with the event "want" {what}, whose answer is the file."""
    parts["edits"] = widget(_EDITS, "edits", elem_id="edits")
    parts["downloads"] = widget(_DOWNLOADS, "downloads", elem_id="downloads")


def listen_all(parts: Parts) -> None:
    listen(parts, parts["edits"].switch, actions.switch, *FACES)
    listen(parts, parts["edits"].move, actions.move, *FACES)
    listen(parts, parts["edits"].remove, actions.remove, *FACES)
    listen(parts, parts["notice"].stale, as_it_is, *EVERYTHING, whole=True)
    listen_session(parts, parts["notice"].restore, _restore(parts))
    downloads.listen(parts)


def _known(parts: Parts) -> Callable:
    def known(token: object) -> bool:
        """Whether the visit of that token can be taken up, and something was made in it."""
        session = parts.sessions.find(token)
        if session is None or session.state is None:
            return False
        return bool(session.state.history.before or session.results)

    return known


def _restore(parts: Parts) -> Callable:
    def act(session: Session, data: Mapping[str, Any]) -> str:
        other = parts.sessions.find(data.get("token"))
        if other is None or other.state is None:
            raise StudioError("These edits are not kept any more: they were too old, or the studio was started anew.")
        if other is not session:
            session.take_over(other)
            parts.sessions.drop(other)
        return "Everything is back."

    return act
