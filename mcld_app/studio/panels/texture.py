"""The texture map, its coverage and how holes are filled; the brush that paints on it, on the person or on the pose."""

from __future__ import annotations

from mcld_app.body.parts import PARTS
from mcld_app.editing import FILLS
from mcld_app.studio import actions
from mcld_app.studio.dispatcher import EDITS, Parts, listen
from mcld_app.studio.panels.widget import widget

_WHERE = (
    ("map", "Texture map", "Paint on the body’s surface, laid flat."),
    ("person", "Person", "Paint on the picture: strokes follow the body onto the texture map."),
    ("pose", "Pose", "Paint body parts on the IUV map, which tells the network where each part is."),
)
_TARGET = '<button type="button" data-where="{0}" aria-pressed="false" title="{2}">{1}</button>'
_TARGETS = "".join(_TARGET.format(*target) for target in _WHERE)
_FILLS = "".join(f'<option value="{name}">{label}</option>' for name, label in FILLS.items())
_HTML = f"""
<div class="texture">
  <div class="brush" data-where="map">
    <div class="segments" role="group" aria-label="What to paint on">{_TARGETS}</div>
    <div class="brush-tools">
      <div class="segments" role="group" aria-label="Tool">
        <button type="button" data-tool="brush" aria-pressed="true">Brush</button>
        <button type="button" data-tool="eraser" aria-pressed="false"
          title="Takes paint away; on the pose, body parts">Eraser</button>
      </div>
      <label class="brush-colour">Colour <input type="color" value="#2b8a7e"></label>
      <label class="brush-part">Body part <select></select></label>
      <label class="brush-size">Size <input type="range" min="2" max="60" value="14" aria-label="Size of the brush">
      </label>
    </div>
    <p class="brush-say"></p>
  </div>
  <div class="texture-row">
    <figure><div class="texture-frame"><img class="texture-map" alt="Texture map: the body’s surface, laid flat"
      width="512" height="512"><canvas class="texture-brush" width="512" height="512"></canvas></div>
      <figcaption>Texture map</figcaption></figure>
    <figure><img class="texture-seen" alt="Coverage: what of the texture map a photo showed" width="512" height="512">
      <figcaption>Coverage</figcaption></figure>
  </div>
  <p class="texture-share"></p>
  <label class="texture-guess" title="Texels are the points of the texture map.">What no picture shows
    <select class="texture-fill">{_FILLS}</select></label>
  <label class="texture-guess" title="Add it with its IUV map under “Your own photo” first; then choose it here."
    >Another photo of this person <select class="texture-photo"><option value="">Choose …</option></select></label>
</div>
"""


def render(parts: Parts) -> None:
    """Two pictures, choices and a brush. Events: "fill" {how}, "photo" {id}, "paint" {on: "map", strokes, erase}."""
    names = [{"id": number, "label": part.name} for number, part in PARTS.items()]
    parts["texture"] = widget(_HTML, "texture", also=("brush",), setup={"parts": names}, elem_id="texture")


def listen_all(parts: Parts) -> None:
    listen(parts, parts["texture"].fill, actions.guess, *EDITS)
    listen(parts, parts["texture"].photo, actions.another_photo, *EDITS)
    listen(parts, parts["texture"].paint, actions.paint, *EDITS)
