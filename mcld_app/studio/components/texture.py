"""The texture map and its coverage."""

from __future__ import annotations

from mcld_app.studio import acts
from mcld_app.studio.answers import Parts, listen
from mcld_app.studio.components.widget import widget

_HTML = """
<div class="texture">
  <div class="texture-row">
    <figure><img class="texture-map" alt="Texture map: the body’s surface, laid flat" width="512" height="512">
      <figcaption>Texture map</figcaption></figure>
    <figure><img class="texture-seen" alt="Coverage: what of the texture map a photo showed" width="512" height="512">
      <figcaption>Coverage</figcaption></figure>
  </div>
  <p class="texture-share"></p>
  <label class="switch"><input type="checkbox" class="texture-fill" checked> Guess what no photo shows</label>
</div>
"""


def render(parts: Parts) -> None:
    """Two pictures and a switch. Event: "fill" {on}."""
    parts["texture"] = widget(_HTML, "texture", elem_id="texture")


def listen_all(parts: Parts) -> None:
    listen(parts, parts["texture"].fill, acts.set_fill, "stage")
