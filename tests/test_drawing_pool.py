"""Several that draw for all visitors: fair turns, and what becomes of those that die. Nobody here draws anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from mcld_app.deployment import ray_address
from mcld_app.engine.drawing_pool import LOST, Died, DrawingPool
from mcld_app.engine.fair_turns import FairTurns
from mcld_app.errors import Cancelled, StudioError
from mcld_app.request import Conditions, Drawn, Job, Progress, Settings

_NOTHING = np.zeros((1, 1, 3), np.uint8)
TWO = Settings(steps=2)


def jobs(count: int) -> list[Job]:
    return [Job(Conditions(_NOTHING, _NOTHING, _NOTHING), seed) for seed in range(count)]


@dataclass
class Fake:
    """One that tells two steps and then its pictures, in the order in which they were asked for.

    Attributes:
        log: who drew what: (this one's number, owner, seeds).
        dies: how often it still dies at its second step.
        open: each step waits for it.
    """

    number: int
    log: list[tuple[int, str, list[int]]]
    dies: int = 0
    silent: bool = False
    open: threading.Event = field(default_factory=threading.Event)
    kept: set[str] = field(default_factory=set)
    loaded: frozenset[str] = frozenset()
    closed: bool = False

    def draw(
        self, model: str, asked: Sequence[Job], settings: Settings, stop: str, owner: str
    ) -> Iterator[Progress | list[Drawn]]:
        self.kept.add(owner)
        self.loaded = frozenset({model})
        for step in (1, 2):
            while not self.open.wait(0.005):
                if Path(stop).exists():
                    raise Cancelled()
            if self.dies and step == 2:
                raise Died()
            yield Progress(step, 2, 0, len(asked), None, len(asked))
        self.log.append((self.number, owner, [job.seed for job in asked]))
        yield [Drawn(_NOTHING, job.seed, None, "cpu", "float32", len(asked), "") for job in asked]

    def forget(self, owner: str) -> None:
        if self.silent:
            raise Died()
        self.kept.discard(owner)

    def count(self, owner: str) -> int:
        return int(owner in self.kept)

    def close(self) -> None:
        self.closed = True


class Fakes:
    """Starts them; `dying` of the first ones die at each drawing."""

    def __init__(self, dying: int = 0, *, open_at_once: bool = True) -> None:
        self.made: list[Fake] = []
        self.log: list[tuple[int, str, list[int]]] = []
        self._dying, self._open = dying, open_at_once

    def __call__(self) -> Fake:
        fake = Fake(len(self.made), self.log, dies=len(self.made) < self._dying)
        if self._open:
            fake.open.set()
        self.made.append(fake)
        return fake


def until(what) -> None:
    end = time.monotonic() + 5
    while not what() and time.monotonic() < end:
        time.sleep(0.002)
    assert what()


class Visitors:
    """Threads that draw, and how each ended."""

    def __init__(self, pool: DrawingPool, folder: Path) -> None:
        self._pool, self._folder = pool, folder
        self.ends: dict[str, object] = {}
        self.threads: list[threading.Thread] = []

    def ask(self, name: str, count: int = 1, owner: str = "") -> Path:
        """Someone asks for pictures; returns their stop file."""
        stop = self._folder / name

        def draw() -> None:
            try:
                *_, self.ends[name] = self._pool.draw("m", jobs(count), TWO, str(stop), owner or name)
            except StudioError as error:
                self.ends[name] = error

        self.threads.append(threading.Thread(target=draw, daemon=True))
        self.threads[-1].start()
        waiting = self._pool._turns
        until(lambda: not self.threads[-1].is_alive() or waiting._at_work[owner or name] or waiting._waiting)
        time.sleep(0.01)  # so that they come in this order
        return stop

    def wait(self) -> None:
        for thread in self.threads:
            thread.join(5)
            assert not thread.is_alive()


def test_each_visitor_has_one_to_themselves(tmp_path: Path) -> None:
    start = Fakes(open_at_once=False)
    visitors = Visitors(pool := DrawingPool(start, 2), tmp_path)
    visitors.ask("a")
    visitors.ask("b")
    until(lambda: [fake.kept for fake in start.made] in ([{"a"}, {"b"}], [{"b"}, {"a"}]))
    for fake in start.made:
        fake.open.set()
    visitors.wait()
    assert sorted(owner for _, owner, _ in start.log) == ["a", "b"] and {n for n, *_ in start.log} == {0, 1}
    assert pool.loaded == {"m"}


def test_who_asks_for_many_pictures_keeps_nobody_out(tmp_path: Path) -> None:
    """24 pictures are three turns; and of three orders of one visitor two come after everybody else's first."""
    start = Fakes(open_at_once=False)
    visitors = Visitors(DrawingPool(start, 1), tmp_path)
    visitors.ask("many", 24)
    for name in ("again", "once more"):
        visitors.ask(name, owner="many")
    visitors.ask("one")
    visitors.ask("another")
    start.made[0].open.set()
    visitors.wait()
    order = [(owner, seeds[0]) for _, owner, seeds in start.log]
    assert order[:3] == [("many", 0), ("one", 0), ("another", 0)]
    assert [drawn.seed for drawn in visitors.ends["many"]] == list(range(24))


def test_progress_counts_all_pictures_of_an_order(tmp_path: Path) -> None:
    *news, drawn = DrawingPool(Fakes(), 3).draw("m", jobs(20), TWO, str(tmp_path / "stop"), "a")
    shares = [item.share for item in news]
    assert shares == sorted(shares) and shares[0] == 4 / 20 and shares[-1] == 1 and len(drawn) == 20
    assert {item.jobs for item in news} == {20} and [item.done for item in news][::2] == [0, 8, 16]


def test_a_visitor_comes_back_to_who_knows_their_pictures(tmp_path: Path) -> None:
    start = Fakes()
    pool = DrawingPool(start, 3)
    for owner in ("a", "b", "a", "b", "a"):
        list(pool.draw("m", jobs(1), TWO, str(tmp_path / "stop"), owner))
    assert len({number for number, owner, _ in start.log if owner == "a"}) == 1


def test_one_that_dies_is_replaced_and_the_picture_drawn_once_more(tmp_path: Path) -> None:
    start = Fakes(dying=1)
    pool = DrawingPool(start, 1)
    *news, drawn = pool.draw("m", jobs(1), TWO, str(tmp_path / "stop"), "a")
    assert [item.step for item in news] == [1, 1, 2] and len(drawn) == 1
    assert [fake.closed for fake in start.made] == [True, False] and pool.count("a") == 1


def test_after_a_second_death_a_sentence_and_the_next_visitor_is_drawn(tmp_path: Path) -> None:
    start = Fakes(dying=2)
    pool = DrawingPool(start, 1)
    with pytest.raises(StudioError) as told:
        list(pool.draw("m", jobs(1), TWO, str(tmp_path / "stop"), "a"))
    assert str(told.value) == LOST and start.log == []
    list(pool.draw("m", jobs(1), TWO, str(tmp_path / "stop"), "b"))
    assert start.log == [(2, "b", [0])]


def test_those_that_cannot_be_started_are_a_sentence_too(tmp_path: Path) -> None:
    def start() -> Fake:
        raise Died()

    with pytest.raises(StudioError, match="broke off, twice"):
        list(DrawingPool(start, 2).draw("m", jobs(1), TWO, str(tmp_path / "stop"), "a"))


def test_cancelling_works_in_the_queue_and_in_a_drawing_and_for_whoever_leaves(tmp_path: Path) -> None:
    start = Fakes(open_at_once=False)
    visitors = Visitors(pool := DrawingPool(start, 1), tmp_path)
    drawing = visitors.ask("drawing")
    waiting = visitors.ask("waiting")
    waiting.touch()
    until(lambda: isinstance(visitors.ends.get("waiting"), Cancelled))
    assert "drawing" not in visitors.ends
    drawing.touch()
    visitors.wait()
    assert isinstance(visitors.ends["drawing"], Cancelled) and start.log == []
    start.made[0].open.set()
    stream = pool.draw("m", jobs(1), TWO, str(tmp_path / "left"), "leaves")
    next(stream)
    stream.close()
    assert (tmp_path / "left").exists()
    list(pool.draw("m", jobs(1), TWO, str(tmp_path / "stop"), "next"))
    assert [owner for _, owner, _ in start.log] == ["next"]


def test_deleting_reaches_all_that_drew_somebody_and_one_that_does_not_answer_is_ended(tmp_path: Path) -> None:
    start = Fakes(open_at_once=False)
    visitors = Visitors(pool := DrawingPool(start, 3), tmp_path)
    for name in ("1", "2"):
        visitors.ask(name, owner="leaves")
    visitors.ask("stays")
    for fake in start.made:
        fake.open.set()
    visitors.wait()
    assert pool.count("leaves") == 2
    silent = next(fake for fake in start.made if "leaves" in fake.kept)
    silent.silent = True
    pool.forget("leaves")
    assert pool.count("leaves") == 0 and pool.count("stays") == 1
    assert [fake for fake in start.made if fake.closed] == [silent]


def test_what_is_encoded_after_a_visitor_was_forgotten_goes_at_the_drawings_end(tmp_path: Path) -> None:
    start = Fakes()
    pool = DrawingPool(start, 1)
    stream = pool.draw("m", jobs(12), TWO, str(tmp_path / "stop"), "leaves")
    next(stream)
    pool.forget("leaves")
    list(stream)  # a second turn encodes again
    assert pool.count("leaves") == 0


def test_who_draws_while_their_pictures_are_deleted_is_reached_by_the_next_deletion(tmp_path: Path) -> None:
    start = Fakes()
    pool = DrawingPool(start, 1)
    list(pool.draw("m", jobs(1), TWO, str(tmp_path / "stop"), "leaves"))
    [fake] = start.made
    forget, stream = fake.forget, pool.draw("m", jobs(1), TWO, str(tmp_path / "stop"), "leaves")

    def forget_and_meanwhile(owner: str) -> None:
        forget(owner)
        next(stream)  # begins, and encodes

    fake.forget = forget_and_meanwhile
    pool.forget("leaves")
    list(stream)
    fake.forget = forget
    assert pool.count("leaves") == 1, "their new pictures"
    pool.forget("leaves")
    assert pool.count("leaves") == 0


def test_one_that_cannot_forget_is_ended_whatever_its_reason(tmp_path: Path) -> None:
    start = Fakes()
    pool = DrawingPool(start, 1)
    list(pool.draw("m", jobs(1), TWO, str(tmp_path / "stop"), "leaves"))
    [fake] = start.made

    def broken(owner: str) -> None:
        raise RuntimeError(owner)

    fake.forget = broken
    pool.forget("leaves")
    assert fake.closed and pool.count("leaves") == 0


def test_one_that_says_it_forgot_and_did_not_is_ended(tmp_path: Path) -> None:
    start = Fakes()
    pool = DrawingPool(start, 1)
    list(pool.draw("m", jobs(1), TWO, str(tmp_path / "stop"), "leaves"))
    [fake] = start.made
    fake.forget = lambda owner: None
    pool.forget("leaves")
    assert fake.closed and pool.count("leaves") == 0


def test_turns_keep_nothing_of_visitors_that_are_gone() -> None:
    turns = FairTurns(2)
    for owner in map(str, range(50)):
        with turns.turn(owner), turns.turn(owner):
            pass
    assert not turns._served and not turns._at_work


def test_the_surroundings_name_a_cluster() -> None:
    assert ray_address({"MCLD_RAY": " 10.0.0.1:6379 "}) == "10.0.0.1:6379" and ray_address({}) == ""
    assert ray_address({"MCLD_RAY": "local", "SPACES_ZERO_GPU": "true"}) == ""
    assert ray_address({"MCLD_RAY": "local", "MCLD_DRAWING": "page"}) == ""
