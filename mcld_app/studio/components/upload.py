"""A visitor's own photo, with its IUV map."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mcld_app import models
from mcld_app.studio import acts
from mcld_app.studio.answers import EVERYTHING, Parts, listen, listen_visit
from mcld_app.studio.components.widget import widget
from mcld_app.studio.desk import Visit

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
    kind="iuv", name="IUV map", accept="image/png,image/bmp,image/tiff,image/webp", empty="Choose or drop",
    tip="DensePose's map of this very photo, of the same size, saved as PNG.",
)  # fmt: skip
_HTML = f"""
<div class="upload">
  <div class="upload-slots">{_SLOTS}</div>
  <label class="upload-agree"><input type="checkbox"> I may use these pictures of these people</label>
  <button type="button" class="upload-use">Use these</button>
  <p class="upload-status" role="status"></p>
  <details class="upload-how"><summary>How do I get an IUV map?</summary>
    <p>An IUV map tells, for each pixel of a photo, which of 24 body parts it shows (I) and which place on that part
    (U, V). DensePose makes one from a photo. Save it as a PNG of the photo’s size, with I, U and V in the order OpenCV
    writes them (blue, green, red), and never as JPEG. Making it here, from the photo alone, comes in a later
    version.</p></details>
  <p class="upload-private">Your pictures stay in the server’s memory, for this visit and at most two hours after.</p>
  <button type="button" class="upload-forget">Delete my pictures</button>
</div>
"""


def render(parts: Parts) -> None:
    """Two places for files and a button. Events: "use" {photo, iuv}, each None or {name, data in base64};
    "agree" {on}; "forget"."""
    parts["upload"] = widget(_HTML, "upload", elem_id="upload")


def listen_all(parts: Parts) -> None:
    listen(parts, parts["upload"].agree, acts.agree)
    listen_visit(parts, parts["upload"].forget, _forget(parts))
    listen(parts, parts["upload"].use, acts.use_upload, *EVERYTHING, echo="upload")


def _forget(parts: Parts) -> Callable:
    def act(visit: Visit, data: Mapping[str, Any]) -> str:
        used = {result.recipe.model for result in visit.results} | {order.model for order in visit.orders.values()}
        visit.empty()
        parts.visits.drop(visit)
        for name in used:  # what the engine encoded of their pictures goes, too
            models.engine_for(name).forget()
        return "Your pictures, your edits and what was drawn are deleted."

    return act
