"""While a cluster is being connected to, a visitor is answered; and where none can be used, drawings take turns."""

from __future__ import annotations

import io
import os
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
from test_drawing_pool import TWO, Fakes, jobs, until

from mcld_app.engine import drawing_desk
from mcld_app.engine.drawing_child import attend
from mcld_app.engine.drawing_desk import Here
from mcld_app.engine.drawing_pool import DrawingPool
from mcld_app.engine.drawing_process import ALONE, ENDED, ENDED_OF_A_CLUSTER, DrawingProcess
from mcld_app.errors import Cancelled, StudioError
from mcld_app.request import Progress
from mcld_app.studio import visits
from mcld_app.studio.session_store import SessionStore


@pytest.fixture(autouse=True)
def nobody_else_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where connecting is broken off, the drawing process ends its children; this one's are a browser and studios."""
    monkeypatch.setattr("mcld_app.engine.drawing_child.end_children", lambda: None)


class Child:
    """The drawing process's work in a thread of this one, its cluster not yet there."""

    def __init__(self) -> None:
        self.start, self.there, self.left = Fakes(), threading.Event(), threading.Event()
        self.pool = DrawingPool(self.start, 1)
        (asked, self._ask), (self._hear, told) = os.pipe(), os.pipe()
        lines = os.fdopen(asked, "rb"), os.fdopen(told, "wb")
        self._asks, self._hears = os.fdopen(self._ask, "wb"), os.fdopen(self._hear, "rb")
        given = *lines, "HEAD", self._connect, self.left.set, lambda: None
        self.thread = threading.Thread(target=attend, args=given, daemon=True)
        self.thread.start()

    def _connect(self, address: str) -> tuple[DrawingPool, str]:
        assert self.there.wait(10)
        return self.pool, "1 actor draws."

    def ask(self, *what: object) -> None:
        self._asks.write(pickle.dumps(what))
        self._asks.flush()

    def hear(self) -> tuple[int, object]:
        return pickle.load(self._hears)

    def close(self) -> None:
        self._asks.close()
        self.thread.join(10)
        self._hears.close()


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child()
    yield made
    made.there.set()
    made.close()
    assert made.left.is_set() and not made.thread.is_alive()


def test_deleting_is_answered_while_the_cluster_is_connected_to_and_reaches_who_waits(
    child: Child, tmp_path: Path
) -> None:
    child.ask("about", 1)
    number, said = child.hear()
    assert number == 1 and "(HEAD) is being connected to" in said
    for number, owner in ((2, "leaves"), (3, "stays")):
        child.ask("draw", number, "m", jobs(1), TWO, str(tmp_path / "stop"), owner)
    child.ask("forget", 4, "leaves")
    assert child.hear() == (4, True)
    child.ask("count", 5, "leaves")
    assert child.hear() == (5, 0)
    child.ask("draw", 7, "m", jobs(1), TWO, str(tmp_path / "gone"), "gone")
    (tmp_path / "gone").touch()
    number, (end, _) = child.hear()
    assert number == 7 and isinstance(end, Cancelled), "who cancels does not wait for the cluster"
    child.there.set()
    ends = {}
    while len(ends) < 2:
        number, item = child.hear()
        if not isinstance(item, Progress):
            ends[number] = item[0]
    assert [drawn.seed for drawn in ends[2]] == [0], "asked for before, it is drawn"
    assert {owner for _, owner, _ in child.start.log} == {"leaves", "stays"}
    assert (child.pool.count("leaves"), child.pool.count("stays")) == (0, 1), "and nothing of it is kept"
    child.ask("about", 6)
    assert child.hear() == (6, "1 actor draws.")


def test_a_cluster_that_cannot_be_used_is_told_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcld_app.engine.drawing_child._step_back", lambda: None)  # it would set this process's threads

    def connect(address: str) -> tuple[DrawingPool, str]:
        raise StudioError("No cluster is there.")

    told = io.BytesIO()
    attend(io.BytesIO(pickle.dumps(("about", 7))), told, "HEAD", connect, lambda: None, lambda: None)
    told.seek(0)
    heard = dict(pickle.load(told) for _ in range(2))
    assert heard[ALONE] is True and isinstance(heard[7], str)


@pytest.mark.parametrize(("named", "said"), [("HEAD:1", ENDED_OF_A_CLUSTER), ("", ENDED)])
def test_where_a_cluster_broke_off_nothing_is_said_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, said: str
) -> None:
    monkeypatch.setattr("mcld_app.engine.drawing_process._CODE", "")  # Ray ends its client where the head is gone
    monkeypatch.setenv("MCLD_RAY", named)
    monkeypatch.setenv("MCLD_DRAWING", "process")
    with pytest.raises(StudioError) as told:
        list(DrawingProcess().draw("m", jobs(1), TWO, str(tmp_path / "stop"), "a"))
    assert str(told.value) == said and ("memory" in said) is (not named)


def test_a_process_that_draws_alone_takes_turns_and_who_waits_can_cancel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the page, which hoped for a cluster, handed on several drawings."""
    order, opened, stop = [], threading.Event(), tmp_path / "stop"

    def draw(model: str, asked: list, settings: object, stop: str, owner: str) -> Iterator[list]:
        order.append(owner)
        assert opened.wait(10)
        yield []

    monkeypatch.setattr("mcld_app.engine.worker.draw", draw)
    here, ends = drawing_desk.Here(), {}

    def ask(name: str, owner: str) -> threading.Thread:
        def work() -> None:
            try:
                ends[name] = list(here.draw("m", jobs(1), TWO, str(tmp_path / name), owner))
            except Cancelled as error:
                ends[name] = error

        waiting = len(here._turns._waiting)
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        until(lambda: order == ["many"] and len(here._turns._waiting) == waiting + (name != "stop"))
        return thread

    threads = [ask("stop", "many"), ask("again", "many"), ask("one", "one"), ask("gone", "gone")]
    (tmp_path / "gone").touch()
    until(lambda: "gone" in ends)
    assert isinstance(ends["gone"], Cancelled) and order == ["many"] and not stop.exists()
    opened.set()
    for thread in threads:
        thread.join(10)
    assert order == ["many", "one", "many"], "nobody's second comes before another one's first"
    assert isinstance(here, Here) and not here.loaded


def test_the_page_hands_on_as_many_drawings_as_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with visits.VisitBlocks() as blocks:
        gr.Button().click(lambda: None, concurrency_id="gpu", concurrency_limit=24)
    blocks.queue()
    blocks._queue.create_event_queue_for_fn(next(iter(blocks.fns.values())))  # as the first event does
    rounds = visits.GradioVisits(blocks, SessionStore(1e9))
    limits = []
    for most in (24, 1):
        monkeypatch.setattr(visits, "drawings_at_once", lambda most=most: most)
        rounds.tidy()
        limits.append(blocks._queue.event_queue_per_concurrency_id["gpu"].concurrency_limit)
    assert limits == [24, 1]
