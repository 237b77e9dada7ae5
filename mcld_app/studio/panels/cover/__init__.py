"""A colour or a pattern for a part of the body, and the choice of body parts for finer work."""

from __future__ import annotations

from mcld_app.body.parts import PARTS
from mcld_app.editing import look as looks
from mcld_app.editing.area import area_label
from mcld_app.editing.edits.cover import Cover
from mcld_app.errors import StudioError
from mcld_app.studio import parsing, regions
from mcld_app.studio.actions.patterns import swatch
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, Picture, edited
from mcld_app.studio.panel import Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_WIDEST, _SMALLEST = 60.0, 1.0  # centimetres of one repeat
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
_COLOURS = {
    "Black": "#1d1d1f", "White": "#f2f0ec", "Grey": "#8b8d90", "Navy": "#22325c", "Blue": "#2f6bb3", "Teal": "#1f8a83",
    "Green": "#3f7d46", "Yellow": "#e0b13c", "Orange": "#d8743a", "Red": "#b8322f", "Pink": "#d98aa6",
    "Purple": "#6b4a8f", "Brown": "#6f4a33", "Beige": "#cdb899",
}  # fmt: skip
_SWATCHES = "".join(
    f'<button type="button" class="cover-swatch" data-colour="{value}" title="{name}" aria-label="{name}" '
    f'style="background: {value}"></button>'
    for name, value in _COLOURS.items()
)
_HTML = f"""
<div class="cover">
  <div class="cover-swatches" role="group" aria-label="Colours: drag one onto a garment"
    title="Drag a colour onto a garment: skin and all other clothes keep theirs">{_SWATCHES}</div>
  <label class="cover-bring" title="A shop’s picture of a garment, or a photo of somebody who wears it"
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
      <label class="switch" title="Skin in the same place keeps its colour. Off: all that is there takes the new one."
        ><input type="checkbox" class="cover-garment" checked> This garment only</label>
      <div class="cover-buttons"><button type="button" class="cover-go">Colour it</button>
        <button type="button" class="cover-none" hidden>Without the pattern</button></div>
    </div></details>
  <details class="joint-group cover-parts"><summary>Body parts, one by one</summary>
    <p>Choose parts for finer work: a garment or a colour then goes to “Chosen parts”.</p>
    <div class="parts-list">{_PARTS}</div></details>
</div>
"""


def cover(state: EditorState, data: Data) -> EditorState:
    """Give an area a colour, or a pattern from a file, in centimetres of the cloth. A pattern that was given before
    for the same area stays when only its size or angle changes."""
    area, name, pattern = parsing.area(data), "Pattern", None
    file = data.get("pattern")
    if file:
        pattern, name = swatch(parsing.file_bytes(file)), parsing.stem(file, "pattern")
    elif data.get("keep") is True:
        known = next((edit for edit in state.look.edits_of(Cover) if edit.area == area), None)
        if known is not None:
            pattern, name = known.pattern, known.name
    new = Cover(
        area,
        parsing.colour(data),
        pattern,
        name,
        min(max(parsing.number(data, "scale"), _SMALLEST), _WIDEST),
        parsing.number(data, "angle") % 360,
        data.get("shaded") is not False,
        data.get("garment_only") is True,
    )
    if new.garment_only and not new.after(state.look.edits, state.look.person).cloth.any():
        raise StudioError(f"No cloth is seen on “{area_label(area).lower()}”. Choose another place, or switch “This "
                          "garment only” off to colour all that is there.")  # fmt: skip
    return state.to(looks.add(state.look, new), gesture=parsing.gesture(data))


def render(page: Dispatcher) -> None:
    """Event: "cover" {region or parts, colour, pattern or None, keep, scale, angle, shaded, garment_only,
    gesture}."""
    page["cover"] = widget(_HTML, "cover", also=("carry",), elem_id="cover")


def listen(page: Dispatcher) -> None:
    page.listen(page["cover"].cover, cover)


def api_cover(
    recipe: Given,
    region: str = "",
    parts: list[int] | None = None,
    colour: str = "#808080",
    pattern: Picture = "",
    scale: float = 12.0,
    angle: float = 0.0,
    shaded: bool = True,
    garment_only: bool = False,
) -> Given:
    """Give a region or DensePose parts a colour, or a pattern (a picture as a file or in base64) of `scale`
    centimetres; with `garment_only` skin and hair keep theirs."""
    file = {"name": "pattern", "data": pattern} if pattern else None
    data = {"region": region, "parts": parts, "colour": colour, "pattern": file, "scale": scale, "angle": angle}
    return edited(recipe, cover, {**data, "shaded": shaded, "garment_only": garment_only})


PANEL = Panel("cover", render, listen, endpoints={"cover": api_cover})
