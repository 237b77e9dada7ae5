"""Pictures past Gradio's components, which would each be made anew: small ones for a hand on a joint or a slider, and a
large one to look at closely. One call, one answer, and nothing is kept: what the hand lets go of comes as an action of
its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mcld_app.body.mannequin.pose import Pose
from mcld_app.editing import draw
from mcld_app.editing.preview import LARGE_SIZE
from mcld_app.studio import pose_sliders
from mcld_app.studio.actions.adjusting import places_of, try_point
from mcld_app.studio.actions.poses import drag, turn
from mcld_app.studio.messages import sentence
from mcld_app.studio.panels.stage.values import handles, seen
from mcld_app.studio.pictures import iuv_picture, jpeg
from mcld_app.studio.session_store import SessionStore

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
            shown = seen(replace(state, live=True))
        except Exception as error:
            sentence(error)
            return {}
        return {
            "picture": jpeg(shown.picture),
            "iuv": jpeg(iuv_picture(shown.iuv)),
            "handles": handles(state.pose),
            "values": pose_sliders.to_sliders(state.pose) if isinstance(state.pose, Pose) else None,
            **(places_of(state.adjusting.marking) if told.get("act") == "garment" else {}),
        }

    return live


def large_picture(sessions: SessionStore) -> Callable[[object], dict[str, Any]]:
    """The server function of the page: {token} -> {picture}, 704 x 1024 pixels, as what the stage shows is now."""

    def large(told: object) -> dict[str, Any]:
        session = sessions.find(told.get("token")) if isinstance(told, Mapping) else None
        if session is None or session.state is None or session.state.fitting is not None:
            return {}
        try:
            return {"picture": jpeg(draw(session.state.look, LARGE_SIZE).picture, _FINE)}
        except Exception as error:
            return {"problem": sentence(error)}

    return large
