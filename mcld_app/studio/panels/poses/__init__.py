"""The named poses to choose from, and the buttons beneath them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import gradio as gr

from mcld_app.body.fitting.manual_fit import fit_by_hand
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.view import seen_whole
from mcld_app.editing.look import in_their_shape, mannequin_of
from mcld_app.errors import StudioError
from mcld_app.studio import parsing, pose_sliders
from mcld_app.studio.actions.poses import by_hand, stand, take_pose
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, edited
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.picker import picker
from mcld_app.studio.pictures import item, jpeg, pose_thumb, sign
from mcld_app.studio.state import EditorState

AS_IN_PHOTO = "photo"


def choose_pose(state: EditorState, data: Data) -> EditorState:
    """One of the named poses, of somebody of the shape the mannequin has; or the photo's own."""
    choice, poses = parsing.text(data, "id"), named_poses()
    if choice not in poses and choice != AS_IN_PHOTO:
        raise StudioError("There is no such pose. Choose another one.")
    return take_pose(state, poses.get(choice))


def mirror(state: EditorState, data: Data) -> EditorState:
    """The pose seen in a mirror."""
    pose = by_hand(state, "mirrored")
    return stand(state, pose.mirrored().replace(name=pose_sliders.OWN))


def as_in_photo(state: EditorState, data: Data) -> EditorState:
    """Back to the photo's own pose; the clothes stay. A mannequin laid over a photo goes back to where it began, or to
    where it was found."""
    if state.fitting is not None:
        fit = state.fitting.fit
        if fit.sighting is not None and fit.sighting.landmarks is not None:
            return stand(state, fit.found_again().pose)
        return stand(state, fit_by_hand(fit.name, fit.photo, pose_sliders.resting()).pose)
    return state if state.look.pose is None else stand(state, None)


def begin_by_hand(state: EditorState, data: Data) -> EditorState:
    """A mannequin to drag, where the pose has none yet: as the person stands in the photo, or as another picture's pose
    is, with the body that the mannequin has so far."""
    if isinstance(state.pose, Pose):
        return state
    pose = mannequin_of(state.look) or pose_sliders.resting()
    return stand(state, in_their_shape(state.look, pose.replace(name=pose_sliders.OWN)))


@lru_cache(maxsize=1)
def pose_items() -> list[dict]:
    """The named poses' thumbnails: the mannequin, small."""
    own = item(AS_IN_PHOTO, "As in the photo", sign("photo"))
    return [own] + [
        item(name, pose.name.replace("_", " "), jpeg(pose_thumb(name)), f"Pose: {pose.name.replace('_', ' ')}")
        for name, pose in named_poses().items()
    ]


def render(page: Dispatcher) -> None:
    """A list box of pictures, and three buttons. Event: "pick" {id}."""
    names = ("As in the photo", *(pose.name.replace("_", " ") for pose in named_poses().values()))
    page["poses"] = picker("Named poses", pose_items, kind="pose", awaited=names)
    with gr.Row(elem_classes="quiet-row"):
        page["hand-pose"] = gr.Button("Pose by hand", size="sm", elem_id="hand-pose")
        page["mirror-pose"] = gr.Button("Mirror", size="sm", elem_id="mirror-pose")
        page["reset-pose"] = gr.Button("As in the photo", size="sm", elem_id="reset-pose")


def listen(page: Dispatcher) -> None:
    page.listen(page["poses"].pick, choose_pose)
    page.listen(page["hand-pose"].click, begin_by_hand)
    page.listen(page["mirror-pose"].click, mirror)
    page.listen(page["reset-pose"].click, as_in_photo)


def key(state: EditorState) -> Key:
    return (state.pose,)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """Which named pose the person stands in; none where a slider was moved."""
    pose = state.pose
    if pose is None:
        return {"selected": AS_IN_PHOTO}
    if not isinstance(pose, Pose):
        return {"selected": None}
    known = {name: known for name, known in named_poses().items() if known.name == pose.name}
    return {"selected": next((name for name, it in known.items() if seen_whole(it, it.of(pose.body)) == pose), None)}


def api_pose(recipe: Given, name: str) -> Given:
    """Stand in a named pose; "photo" is the photo's own."""
    return edited(recipe, choose_pose, {"id": name})


def api_mirror(recipe: Given) -> Given:
    """Mirror the mannequin's pose."""
    return edited(recipe, mirror, {})


def api_pose_by_hand(recipe: Given) -> Given:
    """The photo's pose, or another picture's, as one of the mannequin, whose joints can be dragged and turned."""
    return edited(recipe, begin_by_hand, {})


PANEL = Panel(
    "poses", render, listen, key, view,
    endpoints={"pose": api_pose, "mirror": api_mirror, "pose_by_hand": api_pose_by_hand},
)  # fmt: skip
