"""How the figure is posed by hand: whether the frame follows it, whether its handles are shown, and what is pinned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mcld_app.body.mannequin.dragging import PINS
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.view import cut_off, within_frame
from mcld_app.errors import StudioError
from mcld_app.studio import parsing
from mcld_app.studio.actions.poses import stand
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState, Note
from mcld_app.studio.widget import widget

_PINS = "".join(
    f'<button type="button" data-pin="{name}" aria-pressed="false">{name.replace("_", " ").capitalize()}</button>'
    for name in PINS
)
_HTML = f"""
<div class="posing">
  <div class="posing-row">
    <label class="switch" title="Where a hand or a foot would leave the picture, the figure is moved, or made smaller,
      to fit. A view that you choose yourself stays."><input type="checkbox" class="posing-follow" checked
      > Fit to frame</label>
    <label class="switch" title="The white dots on the figure, by which it is posed"><input type="checkbox"
      class="posing-handles" checked> Handles</label>
  </div>
  <div class="posing-row posing-pins" role="group" aria-label="Stays in place"><span title="What is pinned stays where
    it is while you drag something else. A double-click on its dot does the same, and so does the key P.">Pin</span>
    {_PINS}</div>
  <p class="posing-cut" aria-live="polite"><span></span> <button type="button" hidden>Show all of it</button></p>
</div>
"""


def follow(state: EditorState, data: Data) -> EditorState:
    """The frame follows the pose from now on, which it does at once, or does not."""
    on = data.get("on") is True
    return show_all(replace(state, follows=True), data) if on else replace(state, follows=False, note=Note())


def show_all(state: EditorState, data: Data) -> EditorState:
    """All of the figure in the frame, however small it becomes."""
    pose = state.look.pose
    if state.fitting is not None or not isinstance(pose, Pose):
        return replace(state, note=Note())
    whole = within_frame([pose], least=0.0)[0]
    return replace(state, note=Note()) if whole == pose else stand(state, whole)


def pin(state: EditorState, data: Data) -> EditorState:
    """A hand or a foot pinned, or let go of."""
    name = parsing.text(data, "pin")
    if name not in PINS:
        raise StudioError("That cannot be pinned: only hands and feet can.")
    return replace(state, pins=state.pins ^ {name}, note=Note())


def render(page: Dispatcher) -> None:
    """Switches. Events: "follow" {on}, "show_all", "pin" {pin}."""
    page["posing"] = widget(_HTML, "posing", elem_id="posing")


def listen(page: Dispatcher) -> None:
    page.listen(page["posing"].follow, follow)
    page.listen(page["posing"].show_all, show_all)
    page.listen(page["posing"].pin, pin)


def key(state: EditorState) -> Key:
    return (state.follows, state.pins, _cut(state))


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """How the switches stand, and what the frame cuts off."""
    return {"follows": state.follows, "pins": sorted(state.pins), "cut": sentence_of(_cut(state))}


def _cut(state: EditorState) -> tuple[str, ...]:
    pose = state.look.pose
    if state.fitting is not None or not isinstance(pose, Pose):
        return ()
    if cut_off not in pose.worked_out:
        pose.worked_out[cut_off] = cut_off(pose)
    return pose.worked_out[cut_off]


def sentence_of(cut: tuple[str, ...]) -> str:
    """What is cut off by the frame, in words; "" for nothing."""
    both = [part for part in ("hand", "foot") if {f"left {part}", f"right {part}"} <= set(cut)]
    names = [f"the {name}" for name in cut if name.split()[-1] not in both]
    names += [{"hand": "both hands", "foot": "both feet"}[part] for part in both]
    if not names:
        return ""
    return f"The frame cuts off {' and '.join(filter(None, [', '.join(names[:-1]), names[-1]]))}."


PANEL = Panel("posing", render, listen, key, view)
