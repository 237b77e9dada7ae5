"""A visitor's own photo, with its IUV map or without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcld_app.studio import actions
from mcld_app.studio.dispatcher import EVERYTHING, Parts, listen, listen_session
from mcld_app.studio.panels.widget import widget
from mcld_app.studio.state import Session

_SLOT = """
<label class="upload-slot" data-kind="{kind}" title="{tip}">
  <input type="file" accept="{accept}" aria-label="{name}: {tip}">
  <img alt="">
  <span class="upload-what">{name}</span>
  <span class="upload-name">{empty}</span>
</label>
"""
_SLOTS = _SLOT.format(
    kind="photo", name="Photo", accept="image/*", empty="Choose or drop",
    tip="One person, as much of the body as possible, up to 20 MB. JPEG, PNG or WebP.",
) + _SLOT.format(
    kind="iuv", name="IUV map", accept="image/png,image/bmp,image/tiff,image/webp", empty="If you have one",
    tip="Only where you have one: DensePose's map of this very photo, of the same size, saved as PNG.",
)  # fmt: skip
_HTML = f"""
<div class="upload">
  <div class="upload-slots">{_SLOTS}</div>
  <label class="upload-agree"><input type="checkbox"> I may use these pictures of these people</label>
  <div class="upload-buttons">
    <button type="button" class="upload-use">Use this photo</button>
    <button type="button" class="upload-lay" title="Lay the mannequin over the photo with your own hands: over the one
      chosen here, or over the person on the right where none is chosen">Body by hand</button>
  </div>
  <p class="upload-status" role="status"></p>
  <details class="upload-how"><summary>How do I get an IUV map?</summary>
    <p>An IUV map tells, for each pixel of a photo, which of 24 body parts it shows (I) and which place on that part
    (U, V). DensePose makes one from a photo. Save it as a PNG of the photo’s size, with I, U and V in the order OpenCV
    writes them (blue, green, red), and never as JPEG. You need none where a DensePose model is installed here
    (<code>python -m mcld_app download photos</code>): it is read from the photo then. Without one, lay the mannequin
    over the person.</p></details>
  <p class="upload-private">Your pictures stay in the server’s memory, for this visit and at most two hours after.</p>
  <button type="button" class="upload-forget">Delete my pictures</button>
</div>
"""
_EMPTIED = ("generate", "downloads", "recipe", "upload", "texture", "checkup")
"""Components that "Delete my pictures" leaves with nothing; all others begin afresh with it."""
_CROWD = '<div class="crowd" role="group" aria-label="Who is meant"></div>'


def render(parts: Parts) -> None:
    """Two places for files, buttons, and who was found in the photo. Events: "use" {photo, iuv}, each None or {name,
    data in base64}; "lay" {photo}; "agree" {on}; "forget"; and of the people found, "body" {index}."""
    parts["upload"] = widget(_HTML, "upload", elem_id="upload")
    parts["crowd"] = widget(_CROWD, "crowd", elem_id="crowd")


def listen_all(parts: Parts) -> None:
    listen(parts, parts["upload"].agree, actions.agree)
    listen_session(parts, parts["upload"].forget, _forget(parts), *_EMPTIED)
    listen(parts, parts["upload"].use, actions.use_upload, *EVERYTHING, echo="upload")
    listen(parts, parts["upload"].lay, actions.lay_over, *EVERYTHING, echo="upload")
    listen(parts, parts["crowd"].body, actions.choose_body, *EVERYTHING, echo="upload")


def _forget(parts: Parts) -> Callable:
    def act(session: Session, data: Mapping[str, Any]) -> str:
        parts.sessions.delete(session)
        return "Your pictures, your edits and what was drawn are deleted."

    return act
