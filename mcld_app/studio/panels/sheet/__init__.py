"""The contact sheet: people x clothes x poses x faces that are ticked, drawn as one job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from mcld_app.engine.worker import drawer, drawings_at_once
from mcld_app.request import MAX_SHEET
from mcld_app.studio import generation
from mcld_app.studio.dispatcher import Dispatcher, as_it_is, payload, serial_of
from mcld_app.studio.messages import sentence
from mcld_app.studio.panel import Key, Panel
from mcld_app.studio.panels.face import face_items
from mcld_app.studio.panels.garments import garment_items, own_garment_item
from mcld_app.studio.panels.poses import pose_items
from mcld_app.studio.panels.results import marked_by_default
from mcld_app.studio.panels.sheet import making
from mcld_app.studio.panels.sheet.combining import AS_NOW
from mcld_app.studio.picker import own_items, people_items
from mcld_app.studio.pictures import item, sign
from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import HIDDEN, widget

_LISTS = {"people": "People", "clothes": "Clothes", "poses": "Poses", "faces": "Faces"}
_LIST = """
<fieldset class="sheet-list" data-list="{key}"><legend>{name}</legend>
  <div class="sheet-quick"><button type="button" class="sheet-all">All {name_low}</button><button type="button"
    class="sheet-none" hidden>None</button></div>
  <div class="sheet-tiles"></div>
</fieldset>
"""
_HTML = f"""
<div class="sheet"><button type="button" class="sheet-open"
  title="Many pictures as one: people, clothes, poses and faces, each with each">Contact sheet</button>
<dialog class="sheet-dialog" aria-labelledby="sheet-title">
  <header><h2 id="sheet-title">Contact sheet</h2><p class="sheet-how">Tick what is combined. Where you tick
    nothing, it stays as it is now.</p>
    <button type="button" class="sheet-close" aria-label="Close">&times;</button></header>
  <div class="sheet-lists">{"".join(_LIST.format(key=k, name=n, name_low=n.lower()) for k, n in _LISTS.items())}</div>
  <div class="sheet-made" hidden><div class="sheet-view"><img alt="" draggable="false"></div></div>
  <footer>
    <p class="sheet-count" role="status"></p>
    <div class="sheet-choosing">
      <label class="switch" title="A small sign in the corner of each picture, to be seen by everybody"><input
        type="checkbox" class="sheet-mark"> Visible AI mark</label>
      <button type="button" class="sheet-again" hidden title="The sheet that was made last">Last sheet</button>
      <button type="button" class="sheet-previews"
        title="Of the previews, which need no model: that is quicker">From previews</button>
      <button type="button" class="sheet-draw">Draw</button>
    </div>
    <div class="sheet-busy" hidden>
      <div class="sheet-progress" role="progressbar" aria-label="Contact sheet" aria-valuemin="0"
        aria-valuemax="100"><i></i></div>
      <button type="button" class="sheet-stop">Cancel</button>
    </div>
    <div class="sheet-files" hidden>
      <button type="button" class="sheet-back">Choose again</button>
      <button type="button" data-want="sheet" title="PNG: all pictures as one">Save the sheet</button>
      <button type="button" data-want="sheet-pictures" title="ZIP: each picture as a file of its own, the sheet, its
        table, and the look that it was made of">Save the pictures</button>
      <button type="button" data-want="sheet-table" title="CSV: a row for each picture, with its person, clothes, pose,
        face, seed and file. What is empty is as in the look">Save the table</button>
    </div>
  </footer>
</dialog></div>
"""


def choices(_: object) -> dict[str, list[dict]]:
    """Everybody's choices of the four lists, as the page shows them."""
    clothes = [
        {**each, "label": f"{each['label']}’s clothes"} if each["id"].startswith("person:") else each
        for each in garment_items()
    ]
    now = [item(AS_NOW, "As it is now", sign("keep"))]
    return {"people": people_items(), "clothes": now + clothes, "poses": now + pose_items(), "faces": face_items()}


def render(page: Dispatcher) -> None:
    """A button and a window of its own. Events: "ask" {run, people, clothes, poses, faces, previews, mark, and the
    fields under Generate} and "halt" {run}."""
    page["sheet"] = widget(
        _HTML, "sheet", setup={"most": MAX_SHEET, "mark": marked_by_default()}, server_functions=[choices],
        elem_id="sheet",
    )  # fmt: skip


def listen(page: Dispatcher) -> None:
    drawing = drawer()

    def ask(session: Session | None, notice: dict | None, event: gr.EventData) -> dict:
        session, data = session if isinstance(session, Session) else Session(), payload(event)
        shown = {page["session"]: session}
        if session.state is None:  # forgotten while they were away, see `panels.generate`
            known = serial_of(notice)
            shown[page["notice"]] = page.run(session, as_it_is, {}, known=known, names=())["notice"]
            return {**shown, page["sheet"]: {"run": data.get("run"), "state": "stopped"}}
        try:
            with session.lock:
                order = making.take(session, session.state, data)
            return {**shown, page["sheet"]: {"run": order.run, "state": "taken"}}
        except Exception as error:
            return {**shown, page["sheet"]: {"run": data.get("run"), "state": "failed", "text": sentence(error)}}

    def work_out(session: Session | None, told: dict | None) -> Iterator[dict]:
        if isinstance(session, Session) and isinstance(told, dict) and told.get("state") == "taken":
            yield from making.work_out(session, told.get("run"))

    def draw_sheet(session: Session | None) -> Iterator[dict]:
        if isinstance(session, Session):  # what the page was told last may be of something else by now
            yield from making.draw_sheet(session, drawing)

    def halt(session: Session | None, event: gr.EventData) -> None:
        if isinstance(session, Session):
            generation.stop(session, payload(event))

    page["sheet"].ask(
        ask, [page["session"], page["notice"]], [page["session"], page["notice"], page["sheet"]],
        queue=False, trigger_mode="multiple", **HIDDEN,
    ).then(
        work_out, [page["session"], page["sheet"]], [page["sheet"]],
        concurrency_id="sheet", concurrency_limit=1, **HIDDEN,
    ).then(
        draw_sheet, [page["session"]], [page["sheet"]],
        concurrency_id="gpu", concurrency_limit=drawings_at_once(), **HIDDEN,
    )  # fmt: skip
    page["sheet"].halt(halt, [page["session"]], None, queue=False, trigger_mode="multiple", **HIDDEN)


def key(state: EditorState) -> Key:
    return (state.own, state.own_garments)


def view(state: EditorState, last: Key | None) -> dict[str, Any]:
    """The visitor's own people and clothes, beside the samples."""
    people = own_items(state)
    worn = [{**each, "label": f"{each['label']}’s clothes"} for each in people]
    clothes = [*(own_garment_item(state, garment) for garment in state.own_garments), *worn]
    return {"own": {"people": people, "clothes": clothes, "faces": people}}


def whole(session: Session) -> dict[str, Any]:
    """The sheet that was made last; None where there is none."""
    return {"last": session.sheet.for_page() if session.sheet is not None else None}


PANEL = Panel("sheet", render, listen, key, view, whole=whole)
