"""Files brought to the page: chosen here, taken with the camera, dropped or pasted anywhere."""

from __future__ import annotations

from mcld_app.studio.actions.brought import bring
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.panel import Panel
from mcld_app.studio.widget import widget

_ACCEPT = "image/*,.heic,.heif,.avif,.json,application/json,.npy"
_HTML = f"""
<div class="bring">
  <label class="bring-add" title="A photo of somebody, or a shop's picture of a garment. Files can also be dropped or
    pasted anywhere on the page: pose files and recipes, too.">Add a photo<input type="file" multiple
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
