"""Files brought to the page: chosen here, taken with the camera, dropped or pasted anywhere."""

from __future__ import annotations

from mcld_app.studio.actions.brought import bring
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.panel import Panel
from mcld_app.studio.widget import widget

_VIDEO = "video/mp4,video/quicktime,video/webm,.mov,.mp4"
_ACCEPT = f"image/*,.heic,.heif,.avif,.json,application/json,.npy,{_VIDEO}"
_HTML = f"""
<div class="bring">
  <label class="bring-add" title="A photo of somebody, or a shop's picture of a garment. Files can also be dropped or
    pasted anywhere on the page: pose files, recipes, and clips (GIF, MP4 or MOV) of somebody who moves, too."
    >Add a photo<input type="file" multiple
    accept="{_ACCEPT}"></label>
  <label class="bring-camera" title="Take a picture now">Camera<input type="file" accept="image/*"
    capture="environment"></label>
  <p class="bring-tip">or drop or paste it anywhere</p>
</div>
"""


def render(page: Dispatcher) -> None:
    """A file field and a camera's. Event: "bring" {files, count, region, where}."""
    page["bring"] = widget(_HTML, "bring", elem_id="bring")


def listen(page: Dispatcher) -> None:
    page.listen(page["bring"].bring, bring)


PANEL = Panel("bring", render, listen)
