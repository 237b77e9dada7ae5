"""The fitting: the mannequin is laid over a photo by hand, where no body was found in it or it is to be another one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mcld_app.body.mannequin.manual_fit import fit_by_hand
from mcld_app.editing import look as looks
from mcld_app.editing.person import make_person
from mcld_app.errors import IUVError, StudioError
from mcld_app.studio import pose_sliders
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, FitInProgress, Note

HOW_TO_FIT = (
    "Lay the mannequin over the person: drag its joints, drag beside it to turn it, and make it larger with the mouse "
    "wheel or with Zoom under “Pose”. Then press “Use this body”."
)


def begin_fitting(state: EditorState, name: str, photo: np.ndarray, note: str = HOW_TO_FIT) -> EditorState:
    """Lay the mannequin over a photo, (h, w, 3) uint8 RGB; `note` is said of it."""
    fit = fit_by_hand(name, photo, pose_sliders.resting())
    return replace(state, fitting=FitInProgress(fit), detections=None, live=False, note=Note(note, "info"))


def use_body(state: EditorState, data: Data) -> EditorState:
    """The mannequin stands as the person does: take its body as theirs."""
    if state.fitting is None:
        raise StudioError("There is no mannequin over a photo. Choose a photo first.")
    fit = state.fitting.fit
    try:
        person = replace(make_person(fit.name, fit.photo, fit.iuv), body=fit.pose.body)
    except IUVError as error:
        raise StudioError(f"The mannequin does not lie on the photo yet. {error}") from error
    state = replace(state, fitting=None).with_own(person)
    return state.to(looks.of(person), f"“{person.name}” is ready. Where the mannequin did not fit, lay it again.")


def leave_body(state: EditorState, data: Data) -> EditorState:
    """Put the photo away; the look is as it was."""
    return replace(state, fitting=None, live=False, note=Note("The photo was put away. Nothing else changed.", "info"))
