"""A colour or a pattern for a part of the body, and the choice of body parts for finer work."""

from __future__ import annotations

from mcld_app.body.parts import PARTS
from mcld_app.studio import actions, regions
from mcld_app.studio.dispatcher import EDITS, Parts, listen
from mcld_app.studio.panels.widget import widget

_REGIONS = "".join(f'<option value="{name}">{label}</option>' for name, label in regions.CLOTHES.items())
_PARTS = "".join(f'<label><input type="checkbox" value="{n}"> {part.name}</label>' for n, part in PARTS.items())
_SLIDER = """
<div class="joint"><label for="cover-{name}" title="{tip}">{label}</label><output for="cover-{name}"></output>
<input id="cover-{name}" data-name="{name}" data-unit="{unit}" type="range" min="{low}" max="{high}" step="1"
value="{value}"></div>
"""
_SLIDERS = _SLIDER.format(
    name="scale", label="Width of one repeat", tip="How wide the pattern is on the body.",
    unit=" cm", low=1, high=60, value=12,
) + _SLIDER.format(
    name="angle", label="Angle", tip="How far the pattern is turned.", unit="°", low=-90, high=90, value=0
)  # fmt: skip
_HTML = f"""
<div class="cover">
  <label class="cover-bring" title="A photo where a DensePose model is installed, else a photo and its IUV map"
    >Bring clothes from a photo …<input type="file" multiple accept="image/*"></label>
  <details class="joint-group cover-box"><summary>Colour or pattern</summary>
    <div class="cover-rows">
      <label class="cover-area">Where <select>{_REGIONS}<option value="parts">Chosen body parts</option>
        </select></label>
      <label class="cover-colour">Colour <input type="color" value="#b5533c"></label>
      <label class="cover-pattern" title="A picture that is repeated along the cloth, such as a swatch of fabric.">
        <span>Pattern: none. Choose or drop a picture</span><input type="file" accept="image/*"></label>
      <div class="cover-sliders">{_SLIDERS}</div>
      <label class="switch" title="Folds and shadows of the photo are kept."><input type="checkbox" class="cover-shaded"
        checked> Keep the photo’s folds</label>
      <div class="cover-buttons"><button type="button" class="cover-go">Colour it</button>
        <button type="button" class="cover-none" hidden>Without the pattern</button></div>
    </div></details>
  <details class="joint-group cover-parts"><summary>Body parts, one by one</summary>
    <p>Choose parts for finer work: a garment or a colour then goes to “Chosen parts”.</p>
    <div class="parts-list">{_PARTS}</div></details>
</div>
"""


def render(parts: Parts) -> None:
    """Event: "cover" {region or parts, colour, pattern or None, keep, scale, angle, shaded, gesture}."""
    parts["cover"] = widget(_HTML, "cover", elem_id="cover")


def listen_all(parts: Parts) -> None:
    listen(parts, parts["cover"].cover, actions.cover, *EDITS)
