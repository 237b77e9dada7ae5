"""The fitting: the mannequin is laid over a photo by hand, where no body was found in it or it is to be another one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcld_app.body.fitting.manual_fit import ManualFit, fit_by_hand
from mcld_app.body.framing import unframe_iuv
from mcld_app.body.photo import PhotoFile
from mcld_app.editing import look as looks
from mcld_app.editing.person import fitted_person
from mcld_app.errors import IUVError, PoseError, StudioError
from mcld_app.studio import pose_sliders
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, FitInProgress, Note

ADJUST = (
    "Drag the mannequin's joints to where they belong. The line is where the person was found: with “Add” and “Take "
    "away” you paint what belongs to them. Then press “Use this body”."
)
HOW_TO_FIT = (
    "Lay the mannequin over the person: drag its joints, drag beside it to turn it, and make it larger with the mouse "
    "wheel or with Zoom under “Pose”. Then press “Use this body”."
)


def begin_fitting(
    state: EditorState, name: str, photo: np.ndarray, note: str = HOW_TO_FIT, stored: PhotoFile | None = None
) -> EditorState:
    """Lay the mannequin over a photo, (h, w, 3) uint8 RGB, whose file is `stored`; `note` is said
    of it."""
    fit = replace(fit_by_hand(name, photo, pose_sliders.resting()), stored=stored)
    return _begun(replace(state, detections=None), fit, note)


def adjust_body(state: EditorState, data: Data) -> EditorState:
    """Move the mannequin further that gave the person their body."""
    fit = state.look.person.fit
    if fit is None:
        raise StudioError("This person's body did not come from the mannequin. Press “Body by hand” to lay one.")
    return _begun(state, fit, ADJUST if fit.sighting else HOW_TO_FIT)


def turn_round(state: EditorState, data: Data) -> EditorState:
    """Read the person from the other side: a front as a back, a back as a front."""
    fit = state.look.person.fit if state.fitting is None else state.fitting.fit
    if fit is None:
        raise StudioError("This person's body did not come from the mannequin, so it cannot be turned round.")
    try:
        turned = fit.found_again(turned=True)
    except PoseError:  # laid by hand: the mannequin alone turns
        turned = fit.stand(fit.pose.replace(yaw=(fit.pose.yaw + 360) % 360 - 180))
    if state.fitting is not None:
        return replace(state, fitting=state.fitting.with_fit(turned), note=Note(), live=False)
    return _taken(state, turned)


def paint_outline(state: EditorState, where: np.ndarray, *, add: bool) -> EditorState:
    """Make the outline of the person in the fitting larger or smaller: `where` is (h, w) bool over the mannequin's
    picture, of any size."""
    fit = state.fitting.fit
    mask = np.repeat(where.astype(np.uint8)[..., None], 3, 2)
    on_photo = unframe_iuv(mask, replace(fit.frame, target=where.shape))[..., 0] > 0
    changed = fit.with_outline(on_photo, add=add)
    return replace(state, fitting=state.fitting.with_fit(changed), note=Note(), live=False)


def _begun(state: EditorState, fit: ManualFit, note: str) -> EditorState:
    return replace(state, fitting=FitInProgress(fit), live=False, note=Note(note, "info"))


def use_body(state: EditorState, data: Data) -> EditorState:
    """The mannequin stands as the person does: take its body as theirs."""
    if state.fitting is None:
        raise StudioError("There is no mannequin over a photo. Choose a photo first.")
    return _taken(replace(state, fitting=None), state.fitting.fit)


def _taken(state: EditorState, fit: ManualFit) -> EditorState:
    """The body of a fitting as the person's; it takes the place of the body they had."""
    try:
        person = fitted_person(fit)
    except IUVError as error:
        raise StudioError(f"The mannequin does not lie on the photo yet. {error}") from error
    before = state.look.person.fit
    look = looks.of(person)
    if before is not None and before.photo is fit.photo:  # the same photo with a better body: pose and edits stay
        look = looks.change_person(state.look, person)
    others = tuple(own for own in state.own if own.fit is None or own.fit.photo is not fit.photo)
    state = replace(state, own=others).with_own(person)
    return state.to(look, f"“{person.name}” is ready. Where the body does not fit, press “Adjust the body”.")


def leave_body(state: EditorState, data: Data) -> EditorState:
    """Put the mannequin away; the look is as it was."""
    return replace(state, fitting=None, live=False, note=Note("The body is as it was. Nothing changed.", "info"))
