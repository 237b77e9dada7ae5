"""A visitor's own photo, with its IUV map or without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mcld_app.body.photo import read_sized_photo
from mcld_app.checkpoints.wheel_models import how_to_get
from mcld_app.editing import look as looks
from mcld_app.editing.person import read_pair, read_person
from mcld_app.engine.finding_process import people_in
from mcld_app.errors import StudioError
from mcld_app.perception.detections import people_on_map
from mcld_app.studio import parsing
from mcld_app.studio.actions.fitting import begin_fitting
from mcld_app.studio.actions.person_photos import take_largest, use_photo
from mcld_app.studio.actions.photos import check_agreed
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, Picture, content, written
from mcld_app.studio.panel import Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState, Note, initial_state
from mcld_app.studio.widget import widget

_SLOT = """
<label class="upload-slot" data-kind="{kind}" title="{tip}">
  <input type="file" accept="{accept}" aria-label="{name}: {tip}">
  <img alt="">
  <span class="upload-what">{name}</span>
  <span class="upload-name">{empty}</span>
</label>
"""
_SLOTS = _SLOT.format(
    kind="photo", name="Photo", accept="image/*,.heic,.heif,.avif", empty="Choose or drop",
    tip="One person, as much of the body as possible, up to 20 MB. JPEG, PNG, WebP or AVIF.",
) + _SLOT.format(
    kind="iuv", name="IUV map", accept="image/png,image/bmp,image/tiff,image/webp,.npy,.npz", empty="If you have one",
    tip="Only where you have one: DensePose's map of this very photo, saved as PNG or as an array (.npy).",
)  # fmt: skip
_HTML = f"""
<div class="upload">
  <div class="upload-slots">{_SLOTS}</div>
  <label class="upload-agree"><input type="checkbox"> I may use these pictures of these people</label>
  <div class="upload-buttons">
    <button type="button" class="upload-use">Use this photo</button>
    <button type="button" class="upload-closer" title="Look for people who are small in the photo; it takes longer"
      >Look closer</button>
    <button type="button" class="upload-lay" title="Lay the mannequin over the photo with your own hands: over the one
      chosen here, or over the person on the right where none is chosen">Body by hand</button>
  </div>
  <p class="upload-status" role="status"></p>
  <details class="upload-how"><summary>How do I get an IUV map?</summary>
    <p>An IUV map tells, for each pixel of a photo, which of 24 body parts it shows (I) and which place on that part
    (U, V). DensePose makes one from a photo. Save it as a PNG of the photo’s size, with I, U and V in the order OpenCV
    writes them (blue, green, red), never as JPEG; or as an array, with <code>numpy.save</code>. You need none: people
    are found in the photo by itself, and where a DensePose model is installed here
    (<code>python -m mcld_app download photos</code>), that reads their bodies.</p></details>
  <p class="upload-private">Your pictures stay in the server’s memory, for this visit and at most two hours after.</p>
  <button type="button" class="upload-forget">Delete my pictures</button>
</div>
"""
_EMPTIED = ("generate", "downloads", "recipe", "upload", "texture", "diagnostics", "sheet")
"""Components that "Delete my pictures" leaves with nothing; all others begin afresh with it."""


def agree(state: EditorState, data: Data) -> EditorState:
    """The visitor says that they may use the pictures they bring."""
    return replace(state, agreed=data.get("on") is True, note=Note())


def use_upload(state: EditorState, data: Data) -> EditorState:
    """A person from an uploaded photo, with its IUV map or without."""
    check_agreed(state)
    photo, iuv = data.get("photo"), data.get("iuv")
    if not photo and not iuv:
        raise StudioError("Choose a photo first.")
    if not iuv:
        closer = data.get("closer") is True
        return use_photo(replace(state, fitting=None), parsing.stem(photo), parsing.file_bytes(photo), closer=closer)
    if not photo:
        raise StudioError("The photo is missing: add the photo this IUV map was made from.")
    picture, body, stored = read_pair(parsing.file_bytes(photo), parsing.file_bytes(iuv))
    return take_largest(state, people_on_map(parsing.stem(photo), picture, body, stored))


def lay_over(state: EditorState, data: Data) -> EditorState:
    """Lay the mannequin over a photo, even where a body could be found in it: "photo", or the photo of the person on
    the editor state where none is sent."""
    file = data.get("photo")
    if file:
        photo, stored = read_sized_photo(parsing.file_bytes(file))
        return begin_fitting(state, parsing.stem(file), photo, stored=stored)
    return begin_fitting(state, state.look.person.name, state.look.person.photo)


def render(page: Dispatcher) -> None:
    """Two places for files, and buttons. Events: "use" {photo, iuv, closer}, a file {name, data in base64}; "lay"
    {photo}; "agree" {on}; "forget"."""
    page["upload"] = widget(_HTML, "upload", elem_id="upload")


def listen(page: Dispatcher) -> None:
    page.listen(page["upload"].agree, agree)
    page.listen_for_session(page["upload"].forget, _forget(page), _EMPTIED)
    page.listen(page["upload"].use, use_upload, echo="upload")
    page.listen(page["upload"].lay, lay_over, echo="upload")


def _forget(page: Dispatcher) -> Callable:
    def act(session: Session, data: Mapping[str, Any]) -> str:
        page.sessions.delete(session)
        return "Your pictures, your edits and what was drawn are deleted."

    return act


def api_start_with_photo(
    photo: Picture, iuv: Picture = "", may_use: bool = False, who: int = 0, closer: bool = False, keep: bool = False
) -> Given:
    """Begin with a photo of a person. The answer is a recipe, which the other endpoints take.

    Args:
        photo: the photo as a file, or in base64, alone or as a data: URL.
        iuv: its DensePose map, a PNG (I, U, V in OpenCV's order) or a .npy file, likewise; without it the body is
            found in the photo.
        may_use: that you may use this picture of this person; required on a public Space.
        who: which of the people found in the photo or on its map, the largest being 0.
        closer: look for people who are small in the photo; it takes longer.
        keep: keep it here, and answer with its key, see “start”: then the photo does not travel with each call.
    """
    check_agreed(replace(initial_state(), agreed=may_use))
    data = content(photo)
    if iuv:
        return written(looks.of(read_person("photo", data, content(iuv), who)), keep)
    picture, stored = read_sized_photo(data)
    detections = people_in("photo", picture, stored, closer=closer)
    if detections is None:
        raise StudioError(f"Nothing is installed here to find a body in a photo. {how_to_get()} Or give its IUV map.")
    return written(looks.of(detections.person(who)), keep)


PANEL = Panel("upload", render, listen, endpoints={"start_with_photo": api_start_with_photo})
