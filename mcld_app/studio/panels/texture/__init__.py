"""The texture map, its coverage and how holes are filled; the brush that paints on it, on the person or on the pose."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from mcld_app.body.charts import TEXTURE, charts
from mcld_app.body.iuv_painting import paint_part
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.parts import PARTS
from mcld_app.body.texture.strokes import map_strokes, person_strokes
from mcld_app.body.texture.texture_file import read_texture_map
from mcld_app.editing import FILLS, MapPose, pose_map
from mcld_app.editing import look as looks
from mcld_app.editing.edits.paint import Paint, erased
from mcld_app.editing.person import PICTURE_SIZE
from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.actions.photos import check_agreed
from mcld_app.studio.actions.poses import stand
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.endpoints import Given, Picture, edited
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.pictures import jpeg
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

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
  <label class="texture-open" title="SMPL’s square layout, of any size, or DensePose’s atlas of 24 parts, 6 across and 4
    down. It is laid over the person’s own as paint; black and clear texels are left out.">Open a texture map<input
    type="file" accept="image/*"></label>
  <label class="texture-guess" title="How to guess what the photo does not show, such as the back">What no picture shows
    <select class="texture-fill">{_FILLS}</select></label>
  <label class="texture-guess" title="Add it as a photo of yours first; then choose it here."
    >Another photo of this person <select class="texture-photo"><option value="">Choose …</option></select></label>
</div>
"""


def paint(state: EditorState, data: Data) -> EditorState:
    """Strokes on the texture map ("on": "map") or on the person as they stand ("on": "person"); with "erase", paint is
    taken away there."""
    if parsing.text(data, "on") == "map":
        layer = map_strokes(parsing.strokes(data, (TEXTURE, TEXTURE)))
    else:
        layer = person_strokes(parsing.strokes(data, PICTURE_SIZE), pose_map(state.look))
    if data.get("erase") is True:
        return state.to(looks.with_edits(state.look, erased(state.look.edits, layer[..., 3] > 0)))
    return state.to(looks.add(state.look, Paint(layer)))


def paint_map(state: EditorState, data: Data) -> EditorState:
    """Paint a body part (1..24; 0 takes away) on the pose's IUV map."""
    strokes = parsing.strokes(data, PICTURE_SIZE)
    part = data.get("part")
    if not isinstance(part, int) or isinstance(part, bool) or not 0 <= part <= 24:
        raise StudioError("Choose a body part to paint: they have the numbers 1 to 24.")
    iuv = paint_part(pose_map(state.look), strokes[..., 3] > 127, part)
    before = state.look.pose
    on = before if isinstance(before, Pose) else before.painted_on if before is not None else None
    return stand(state, MapPose("painted", iuv, painted_on=on))


def open_texture(state: EditorState, data: Data) -> EditorState:
    """A texture map from a file, laid over the person's own as paint."""
    check_agreed(state)
    given = read_texture_map(parsing.file_bytes(data.get("file")))
    layer = np.dstack([given.image, np.where(given.coverage, np.uint8(255), np.uint8(0))])
    share = np.count_nonzero(given.coverage) / np.count_nonzero(_body_and_hatching()[0])
    said = f"The texture map lies over {share:.0%} of the body as paint. The eraser takes it away again."
    return state.to(looks.add(state.look, Paint(map_strokes(layer))), said)


def guess(state: EditorState, data: Data) -> EditorState:
    """How texels that no picture shows are guessed."""
    return state.to(looks.guess(state.look, parsing.text(data, "how")))


def another_photo(state: EditorState, data: Data) -> EditorState:
    """Another photo of the person, from a list of the visitor's own people: it says what the first does not show."""
    other = state.person(parsing.text(data, "id"))
    return state.to(looks.add_photo(state.look, other), f"“{other.name}” now says what the first photo does not show.")


def render(page: Dispatcher) -> None:
    """Two pictures, choices and a brush. Events: "fill" {how}, "photo" {id}, "open" {file}, "paint" {on: "map",
    strokes, erase}, "seen" {on}."""
    names = [{"id": number, "label": part.name} for number, part in PARTS.items()]
    page["texture"] = widget(_HTML, "texture", also=("brush",), setup={"parts": names}, elem_id="texture")


def listen(page: Dispatcher) -> None:
    page.listen(page["texture"].fill, guess)
    page.listen(page["texture"].photo, another_photo)
    page.listen(page["texture"].open, open_texture)
    page.listen(page["texture"].paint, paint)
    page.listen(page["stage"].paint, paint)
    page.listen(page["stage"].part, paint_map)


def key(state: EditorState) -> Key:
    return (state.look.appearance, state.look.fill)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The texture map as it is used, and what of it a photo showed."""
    look = state.look
    body, hatched = _body_and_hatching()
    seen = look.appearance.known(look.fill) & body
    used = np.where(body[..., None], look.texture.image, 244).astype(np.uint8)
    share = np.count_nonzero(seen) / np.count_nonzero(body)
    return {
        "texture": jpeg(used),
        "seen": jpeg(np.where(seen[..., None], np.uint8([43, 138, 126]), hatched)),
        "fill": look.fill,
        "share": f"{share:.0%} of the body’s surface is known from pictures; what is hatched is "
        + ("left open." if look.fill == "none" else "guessed."),
    }


@lru_cache(maxsize=1)
def _body_and_hatching() -> tuple[np.ndarray, np.ndarray]:
    """Which texels are body, (512, 512) bool, and the coverage picture of nothing seen, (512, 512, 3) uint8."""
    body = charts().part_map > 0
    rows, columns = np.indices(body.shape)
    hatched = np.full((*body.shape, 3), 244, np.uint8)
    hatched[body] = (214, 214, 210)
    hatched[body & ((rows + columns) % 12 < 3)] = (186, 186, 180)
    return body, hatched


def api_paint_pose(recipe: Given, strokes: Picture, part: int) -> Given:
    """Paint a body part (1..24; 0 erases) on the IUV map: strokes are a 352 x 512 RGBA PNG, as a file or in base64."""
    return edited(recipe, paint_map, {"strokes": strokes, "part": part})


def api_paint(recipe: Given, strokes: Picture, on: Literal["map", "person"] = "map", erase: bool = False) -> Given:
    """Paint on the texture map (a 512 x 512 RGBA PNG, as a file or in base64) or on the person (352 x 512)."""
    return edited(recipe, paint, {"strokes": strokes, "on": on, "erase": erase})


def api_texture(recipe: Given, file: Picture, may_use: bool = False) -> Given:
    """Lay a texture map over the person's own: a picture as a file or in base64, square in SMPL's layout, or
    DensePose's atlas of 24 parts, 6 across and 4 down. `may_use`: that you may use it; required on a public Space."""

    def act(state: EditorState, data: Data) -> EditorState:
        return open_texture(replace(state, agreed=may_use), data)

    return edited(recipe, act, {"file": {"data": file}})


def api_guess(recipe: Given, how: Literal["smooth", "symmetry", "photos", "inpaint", "none"]) -> Given:
    """How texels that no picture shows are filled."""
    return edited(recipe, guess, {"how": how})


PANEL = Panel(
    "texture",
    render,
    listen,
    key,
    view,
    turn="last",
    only_open=True,
    endpoints={"paint_pose": api_paint_pose, "paint": api_paint, "texture": api_texture, "guess": api_guess},
)
