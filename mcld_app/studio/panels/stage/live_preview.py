"""Pictures past Gradio's components, which would each be made anew: small ones for a hand on a joint or a slider, the
one that the live network draws of what is at rest, and a large one to look at closely. One call, one answer, and
nothing is kept: what the hand lets go of comes as an action of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mcld_app.body.mannequin.pose import Pose
from mcld_app.editing import draw, preview
from mcld_app.editing.new_ground import drawn_alone, shown_before
from mcld_app.editing.preview import LARGE_SIZE
from mcld_app.engine.live_queue import Busy, live_queue
from mcld_app.errors import Cancelled
from mcld_app.studio import pose_sliders
from mcld_app.studio.actions.adjusting import places_of, try_point
from mcld_app.studio.actions.poses import drag, turn
from mcld_app.studio.drawn_pictures import result_of
from mcld_app.studio.messages import sentence
from mcld_app.studio.panels.stage.values import handles, is_drawn_live, key, on_its_ground, seen
from mcld_app.studio.pictures import iuv_picture, jpeg
from mcld_app.studio.session import Session
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.state import EditorState

if TYPE_CHECKING:
    from mcld_app.engine.live import LivePicture

_FINE = 92  # of JPEG: for a picture that is looked at closely

_ACTIONS = {"drag": drag, "turn": turn, "garment": try_point}


def live_picture(sessions: SessionStore) -> Callable[[object], dict[str, Any]]:
    """The server function of the page: {token, act, and the act's own data} -> {picture, iuv, handles, values}, and of
    a garment that is adjusted {places, guessed, inside}."""

    def live(told: object) -> dict[str, Any]:
        session = sessions.find(told.get("token")) if isinstance(told, Mapping) else None
        action = _ACTIONS.get(str(told.get("act"))) if session is not None else None
        if action is None or session.state is None:
            return {}
        try:
            state = action(replace(session.state), told)
            state = replace(state, live=True)
            shown = seen(state)
        except Exception as error:
            sentence(error)
            return {}
        return {
            "picture": jpeg(on_its_ground(state, shown)),
            "iuv": jpeg(iuv_picture(shown.iuv)),
            "handles": handles(state.pose),
            "values": pose_sliders.to_sliders(state.pose) if isinstance(state.pose, Pose) else None,
            **(places_of(state.adjusting.marking) if told.get("act") == "garment" else {}),
        }

    return live


def begin_drawing(session: Session) -> None:
    """Let the live network draw what the stage shows from now on, before the page asks for it."""
    state, session.begun = session.state, None
    if state is not None and is_drawn_live(state):
        with suppress(Busy):  # then the page asks, and is told so
            session.begun = key(state), _drawing(session, state)


def drawn_picture(sessions: SessionStore) -> Callable[[object], Awaitable[dict[str, Any]]]:
    """The server function of the page: {token, serial} -> {picture} that the live network drew of the stage's value of
    that serial; {"again": True} where an edit of the same visitor went first, which may not have changed it; {} where
    the stage shows something else by now, or nothing can be drawn. Who waits holds no thread."""

    async def drawn(told: object) -> dict[str, Any]:
        session = sessions.find(told.get("token")) if isinstance(told, Mapping) else None
        state = session.state if session is not None else None
        if state is None or not _is_shown(session, state, told.get("serial")) or not is_drawn_live(state):
            return {}
        (shown, begun), session.begun = session.begun or (None, None), None
        try:
            picture = await asyncio.wrap_future(begun if shown == key(state) else _drawing(session, state))
            return {"picture": await asyncio.to_thread(_before_its_ground, state, picture)}
        except (Busy, Cancelled):
            return {"again": True}
        except Exception as error:
            sentence(error)
            return {}

    return drawn


def _drawing(session: Session, state: EditorState) -> Future[LivePicture]:
    """A drawing of what is shown of a session; the visitor's own next edit has all that there is. Raises Busy."""

    def is_over() -> bool:
        now = session.state
        return session.acting or now is None or key(now) != key(state)

    return live_queue().draw(session.owner, state.look, is_over)


def _is_shown(session: Session, state: EditorState, serial: object) -> bool:
    """Whether the stage shows that state, and the page has what it shows."""
    return session.told.get("stage") == serial and session.shown.get("stage") == key(state)


def _before_its_ground(state: EditorState, picture: LivePicture) -> str:
    own = state.ground.kind == "own"
    size = picture.iuv.shape[:2]
    return jpeg(picture.before(preview.ground(state.look.person, picture.iuv) if own else state.ground.at(size)))


def large_picture(sessions: SessionStore) -> Callable[[object], dict[str, Any]]:
    """The server function of the page: {token} -> {picture}, 704 x 1024 pixels, as what the stage shows is now."""

    def large(told: object) -> dict[str, Any]:
        session = sessions.find(told.get("token")) if isinstance(told, Mapping) else None
        if session is None or session.state is None or session.state.fitting is not None:
            return {}
        try:
            state = session.state
            return {"picture": jpeg(on_its_ground(state, draw(state.look, LARGE_SIZE)), _FINE)}
        except Exception as error:
            return {"problem": sentence(error)}

    return large


def grounded_picture(sessions: SessionStore) -> Callable[[object], dict[str, Any]]:
    """The server function of the page: {token, id} -> {picture}, a drawn picture before the ground that was chosen."""

    def grounded(told: object) -> dict[str, Any]:
        session = sessions.find(told.get("token")) if isinstance(told, Mapping) else None
        state = session.state if session is not None else None
        if state is None or state.ground.kind == "own":
            return {}
        try:
            result = result_of(session, {"id": str(told.get("id"))})
            alone = drawn_alone(result.recipe.look, result.picture)
            return {"picture": jpeg(shown_before(alone, state.ground), _FINE)}
        except Exception as error:
            return {"problem": sentence(error)}

    return grounded
