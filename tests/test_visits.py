"""Two hours means two hours: nothing of a visit is held after its time, whether anybody comes by or not. The hours are
seconds here."""

from __future__ import annotations

import base64
import gc
import time
import weakref
from collections.abc import Callable, Iterator

import gradio as gr
import httpx
import numpy as np
import pytest
from page_client import Visitor, pictures_in, served

from mcld_app.editing.samples import people as sample_people
from mcld_app.request import Drawn, Progress
from mcld_app.studio import visits
from mcld_app.studio.page import build
from mcld_app.studio.panels import generate

SECONDS = 2.0
"""How long a visit is kept here."""
SLACK = SECONDS / 4 + 2.0
"""A round, and a slow machine."""
DRAWING = 2.5 * SECONDS
"""How long a drawing takes, in which nobody presses anything."""


def slow_drawing(model, jobs, settings, stop, owner) -> Iterator:
    """Pictures of one colour that take longer than a visit is kept; each step says nothing for longer than that."""
    began = time.monotonic()
    for step in (1, 2):
        while time.monotonic() - began < DRAWING * step / 2:
            time.sleep(0.05)
        yield Progress(step, 2, 0, len(jobs), None, len(jobs))
    grey = np.full((256, 176, 3), 90, np.uint8)
    yield [Drawn(grey, job.seed, None, "cpu", "float32", 1, "") for job in jobs]


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[gr.Blocks]:
    monkeypatch.setattr(generate, "drawer", lambda: slow_drawing)
    with served(build(SECONDS)) as running:
        yield running


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Whether it becomes true within a time. Asks nothing of the server."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return true()


def bring_a_photo(visitor: Visitor) -> weakref.ref:
    """Use a photo, take its files away again; the person it became."""
    person = list(sample_people().values())[3]
    files = {
        kind: {"name": path.name, "data": base64.b64encode(path.read_bytes()).decode()}
        for kind, path in (("photo", person.photo_path), ("iuv", person.iuv_path))
    }
    visitor.does("upload", "agree", on=True)
    visitor.does("upload", "use", **files)
    visitor.does("downloads", "want", what="recipe-pictures")
    return weakref.ref(visitor.session.state.own[0])


def test_without_any_request_nothing_of_a_visit_is_held_after_its_time(blocks: gr.Blocks) -> None:
    visitor = Visitor(blocks, "visitor")
    person = bring_a_photo(visitor)
    token, session = visitor.session.token, weakref.ref(visitor.session)
    assert len(pictures_in(visitor.kept())) >= 4, "else this test would prove nothing"
    pages = blocks.state_holder
    assert until(lambda: "visitor" not in pages.session_data, SECONDS + SLACK)
    assert "visitor" not in pages.time_last_used
    assert "visitor" not in blocks._queue.pending_messages_per_session
    assert until(lambda: gc.collect() is None or person() is None, 1)
    assert session() is None or session().state is None
    told = Visitor(blocks, "later").does("notice", "restore", token=token)
    assert "not kept any more" in told["notice"]["text"]


def test_a_visitor_who_goes_on_is_kept_and_so_is_their_page(blocks: gr.Blocks) -> None:
    """Looking at a download is a use, too, not only an edit."""
    visitor = Visitor(blocks, "visitor")
    person = bring_a_photo(visitor)
    for _ in range(5):
        time.sleep(SECONDS / 3)
        visitor.does("downloads", "want", what="pose")
        assert visitor.session.state is not None and person() is not None
    assert "data" in visitor.does("downloads", "want", what="picture")["downloads"]


def test_a_drawing_longer_than_the_time_keeps_its_visit_and_leaves_no_page_behind(blocks: gr.Blocks) -> None:
    visitor = Visitor(blocks, "visitor")
    person = bring_a_photo(visitor)
    told = visitor.does("generate", "ask", run=1, model="bundled", seed="3", steps=2, guidance=1.0, scheduler="ddim")
    assert told["generate"]["state"] == "done"
    assert len(visitor.session.results) == 1 and visitor.session.state is not None
    assert until(lambda: "visitor" not in blocks.state_holder.session_data, SECONDS + SLACK)
    assert until(lambda: gc.collect() is None or person() is None, 1)


def test_who_comes_back_too_late_is_told_and_begins_afresh(blocks: gr.Blocks) -> None:
    visitor = Visitor(blocks, "visitor")
    bring_a_photo(visitor)
    assert until(lambda: "visitor" not in blocks.state_holder.session_data, SECONDS + SLACK)
    told = visitor.does("pose-picker", "pick", id="arms-up")
    assert "deleted here" in told["notice"]["text"]


def test_an_event_that_needs_nothing_of_a_visit_takes_nothing_from_it(blocks: gr.Blocks) -> None:
    """Looking for weights is one; the page may do so before anything else."""
    visitor = Visitor(blocks, "visitor")
    assert "weights" in visitor.does("weights", "look")
    person = bring_a_photo(visitor)
    assert "weights" in visitor.does("weights", "look")
    assert visitor.session.state.own[0] is person()


def test_endpoints_keep_neither_what_they_were_sent_nor_what_nobody_fetches(
    blocks: gr.Blocks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "_UNFETCHED", 1.0)
    person = next(iter(sample_people().values()))
    files = [base64.b64encode(path.read_bytes()).decode() for path in (person.photo_path, person.iuv_path)]
    with httpx.Client(base_url=blocks.local_api_url, trust_env=False, timeout=60) as client:
        begun = client.post("call/start_with_photo", json={"data": files}).json()["event_id"]
        assert client.get(f"call/start_with_photo/{begun}").text.startswith("event: complete")
        unfetched = client.post("call/start_with_photo", json={"data": files}).json()["event_id"]
    held = blocks._queue.pending_messages_per_session
    assert until(lambda: unfetched in held and held[unfetched].qsize() >= 2, 10)
    assert until(lambda: blocks.state_holder.session_data == {}, 10), "the photos that were sent"
    assert until(lambda: unfetched not in held and begun not in held, 1.0 + SLACK)
