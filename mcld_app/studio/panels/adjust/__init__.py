"""Adjusting a garment of a picture: its cut-out and its key points over the picture, beside the person who wears it."""

from __future__ import annotations

from typing import Any

from mcld_app.body.garments.points import CUFFS, KINDS, LABELS
from mcld_app.studio.actions.adjusting import (
    begin,
    finish,
    marking_of,
    move_point,
    paint_cut,
    places_of,
    set_kind,
    set_sleeves,
    start_again,
)
from mcld_app.studio.dispatcher import Dispatcher, as_it_is
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.pictures import jpeg
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import widget

_KINDS = "".join(f'<option value="{kind}">{label}</option>' for kind, label in KINDS.items())
_HTML = f"""
<section class="adjust" aria-label="Adjust the garment" hidden>
  <div class="adjust-head"><h3>Adjust <span class="adjust-name"></span></h3>
    <button type="button" class="adjust-done">Done</button></div>
  <p class="adjust-say" role="status"></p>
  <div class="adjust-row">
    <div class="adjust-frame"><img class="adjust-picture" alt="The garment’s picture" draggable="false">
      <svg class="adjust-marks" role="group" aria-label="Points of the garment"></svg>
      <canvas class="adjust-brush" aria-label="Picture to paint the garment’s outline on"></canvas></div>
    <div class="adjust-tools">
      <div class="segments" role="group" aria-label="What to put right">
        <button type="button" data-tool="points" aria-pressed="true" title="Drag the points to where their names say"
          >Points</button>
        <button type="button" data-tool="add" aria-pressed="false" title="Paint what belongs to the garment"
          >Add</button>
        <button type="button" data-tool="less" aria-pressed="false" title="Paint what does not belong to the garment: a
          hanger, a shadow, another thing">Take away</button>
      </div>
      <label class="adjust-size" hidden>Size <input type="range" min="6" max="120" value="36"
        aria-label="Size of the brush"></label>
      <p class="adjust-hint"></p>
      <label class="adjust-kind">It is a <select>{_KINDS}</select></label>
      <label class="switch adjust-sleeves"><input type="checkbox" role="switch"> No sleeves</label>
      <button type="button" class="adjust-again" title="Back to the points and the outline that were found"
        >Start again</button>
    </div>
  </div>
</section>
"""


def render(page: Dispatcher) -> None:
    """The picture with its points. Events: "point" {point, x, y, gesture}, "kind" {kind}, "sleeves" {on}, "cut"
    {strokes, add}, "again" and "done"; "lost" where the page has no picture."""
    page["adjust"] = widget(_HTML, "adjust", {"open": False}, also=("brush",), elem_id="adjust")


def listen(page: Dispatcher) -> None:
    """Garments are taken up at the stage (the one put on last, or {id} of the list) and in the list of edits
    ({index})."""
    page.listen(page["stage"].adjust_garment, begin)
    page.listen(page["edits"].adjust, begin)
    for event, action in (
        ("point", move_point), ("kind", set_kind), ("sleeves", set_sleeves), ("cut", paint_cut), ("again", start_again),
        ("done", finish),
    ):  # fmt: skip
        page.listen(getattr(page["adjust"], event), action)
    page.listen(page["adjust"].lost, as_it_is, whole=True)


def key(state: EditorState) -> Key:
    """The picture's own key comes first: by it `view` tells whether the page has the picture."""
    if state.adjusting is None:
        return (None,)
    marking = marking_of(state)
    return (marking.key, marking, state.adjusting.name, state.adjusting.problem)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The garment that is being adjusted; its picture where the page does not have it yet."""
    if state.adjusting is None:
        return {"open": False}
    marking = marking_of(state)
    points = marking.points
    return {
        "open": True,
        "key": marking.key,
        "name": state.adjusting.name,
        "problem": state.adjusting.problem,
        "picture": jpeg(marking.cutout.picture) if last is None or last[0] != marking.key else None,
        "size": list(marking.cutout.mask.shape),
        "labels": {name: label for name, label in LABELS[points.kind].items() if name in points.places},
        "outlines": [outline.tolist() for outline in marking.outlines()],
        "kind": points.kind,
        "sleeves": points.sleeves if set(LABELS[points.kind]) >= CUFFS else None,
        "changed": marking.first is not None,
        **places_of(marking),
    }


PANEL = Panel("adjust", render, listen, key, view, turn="first")
