"""What the stage shows of an editor state."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcld_app.body.iuv import resize_iuv
from mcld_app.body.mannequin.handles import LINKS, joint_points
from mcld_app.body.mannequin.pose import Pose
from mcld_app.editing import Preview, draw
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.new_ground import alone, shown_before
from mcld_app.editing.person import PICTURE_SIZE
from mcld_app.editing.preview import SMALL_SIZE
from mcld_app.editing.series import AnyPose
from mcld_app.engine.live_queue import live_queue
from mcld_app.studio.labels import look_key, pose_label
from mcld_app.studio.panel import Key
from mcld_app.studio.pictures import INDEX, iuv_picture, jpeg, runs
from mcld_app.studio.state import EditorState


def key(state: EditorState) -> Key:
    """All that the picture depends on. Person and fitting come first: by them `view` tells whether the page has the
    photo."""
    look = state.look
    shown = (look.person, state.fitting, look.appearance, look.fill, look.face_weight, look.pose)
    return (*shown, state.live, state.ground)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The picture, the photo it is compared with (where the page does not have it yet), and the pose."""
    preview, look = seen(state), state.look
    if state.fitting is not None:
        return _fitting(state, preview)
    pose = pose_label(look)
    picture = jpeg(preview.picture)
    made = [edit.label for edit in look.edits if edit.on]
    return {
        "picture": picture if state.ground.kind == "own" else jpeg(on_its_ground(state, preview)),
        "look": look_key(look, preview, picture),
        "ground": ground_key(state),
        "person": look.person.key,
        "before": jpeg(look.person.picture) if last is None or last[:2] != (look.person, None) else None,
        "iuv": jpeg(iuv_picture(resize_iuv(preview.iuv, INDEX))),
        "parts": runs(preview.iuv),
        "pose": pose,
        "undo": bool(state.history.before),
        "redo": bool(state.history.after),
        "handles": handles(look.pose),
        "draws": is_drawn_live(state),
        "fitting": "",
        "found": look.person.fit is not None,
        "garment": any(edit.garment.marking for edit in look.edits_of(Wear)),
        "alt": f"{look.person.name}, {pose}" + (f", with {', '.join(made)}" if made else ""),
    }


def _fitting(state: EditorState, preview: Preview) -> dict[str, Any]:
    """The stage while a photo gets its body by hand."""
    fit = state.fitting.fit
    return {
        "picture": jpeg(preview.picture),
        "look": "fitting",
        "person": "fitting",
        "before": jpeg(fit.framed(PICTURE_SIZE)),
        "iuv": jpeg(iuv_picture(resize_iuv(preview.iuv, INDEX))),
        "parts": runs(preview.iuv),
        "pose": "laid over the photo",
        "undo": bool(state.fitting.before),
        "redo": False,
        "handles": _with_doubts(handles(fit.pose), fit.unsure),
        "fitting": fit.name,
        "found": fit.sighting is not None,
        "garment": False,
        "alt": f"The mannequin over “{fit.name}”",
    }


def is_drawn_live(state: EditorState) -> bool:
    """Whether a network draws what the stage shows, after the preview: a look at rest, in a pose that is not the
    photo's, where there is such a network."""
    return state.fitting is None and not state.live and state.look.pose is not None and live_queue() is not None


def seen(state: EditorState) -> Preview:
    """What stands on the stage: the look, or the photo under the mannequin that is being laid over it. While a hand is
    on a slider, small."""
    if state.fitting is None:
        return draw(state.look, SMALL_SIZE if state.live else PICTURE_SIZE)
    fit, size = state.fitting.fit, INDEX if state.live else PICTURE_SIZE
    return Preview(fit.overlaid(size), fit.map(size))


def on_its_ground(state: EditorState, preview: Preview) -> np.ndarray:
    """What `seen` gave, before the ground that the visitor chose, (H, W, 3) uint8 RGB."""
    if state.ground.kind == "own" or state.fitting is not None:
        return preview.picture
    return shown_before(alone(state.look, preview.picture.shape[:2]), state.ground)


def ground_key(state: EditorState) -> str:
    """A name for the ground, by which the page tells whether drawn pictures stand before another one; "" for their
    own."""
    ground = state.ground
    return "" if ground.kind == "own" else f"{ground.kind} {ground.colour} {id(ground.picture)}"


def _with_doubts(shown: dict | None, unsure: frozenset[str]) -> dict | None:
    """The handles, those marked that were hardly seen in the photo."""
    if shown is None or not unsure:
        return shown
    return {**shown, "points": [{**point, "unsure": point["id"] in unsure} for point in shown["points"]]}


def handles(pose: AnyPose) -> dict | None:
    """The mannequin's handles and bones over the picture; None where the pose is none of the mannequin's."""
    if not isinstance(pose, Pose):
        return None
    if handles not in pose.worked_out:
        points = [
            {"id": p.name, "label": p.label, "x": round(p.x, 4), "y": round(p.y, 4), "front": p.front}
            for p in joint_points(pose, PICTURE_SIZE)
        ]
        pose.worked_out[handles] = {"points": points, "bones": [list(link) for link in LINKS]}
    return pose.worked_out[handles]
