"""Several that draw, each one visitor's pictures at a time, wherever they are: turns, and what becomes of those that
die. Knows nothing of Ray."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from mcld_app.engine.fair_turns import FairTurns
from mcld_app.errors import StudioError
from mcld_app.request import MAX_COUNT, Drawn, Job, Progress, Settings

LOST = (
    "Who drew the picture broke off, twice: a machine may have gone, or have too little memory. Your edits are kept. "
    "Try again later, or with fewer pictures."
)


class Died(Exception):
    """Who draws is gone, or cannot be started: there is no more to come from it, and it keeps nothing."""


class Drawer(Protocol):
    """One that draws. All but `close` may raise `Died`.

    Attributes:
        loaded: the models it has in memory, as it said last.
    """

    loaded: frozenset[str]

    def draw(
        self, model: str, jobs: Sequence[Job], settings: Settings, stop: str, owner: str
    ) -> Iterator[Progress | list[Drawn]]:
        """As `worker.draw`; one drawing at a time."""

    def forget(self, owner: str) -> None:
        """Drop what is encoded of an owner's pictures, in the middle of a drawing, too; gone on return."""

    def count(self, owner: str) -> int:
        """How many encodings it keeps of an owner's pictures."""

    def close(self) -> None:
        """End it, with all that it keeps."""


@dataclass(eq=False)
class _Order:
    owner: str
    forgotten: bool = False


class DrawingPool:
    """All of them, as one.

    Args:
        start: begins to start one, without waiting for it; may raise `Died`.
        size: how many.

    Attributes:
        size: how many pictures are drawn for different visitors at once; places, of which each has one that draws, or
            will start one when its turn comes.
    """

    def __init__(self, start: Callable[[], Drawer], size: int) -> None:
        self._start, self.size, self._turns = start, size, FairTurns(size)
        self._drawers: list[Drawer | None] = [None] * size
        self._drawn: list[str | None] = [None] * size  # whose pictures are drawn there just now
        self._owners: list[set[str]] = [set() for _ in range(size)]
        self._orders: set[_Order] = set()
        self._lock = threading.Lock()
        for place in range(size):
            with suppress(Died):
                self._at(place)

    def draw(
        self, model: str, jobs: Sequence[Job], settings: Settings, stop: str, owner: str = ""
    ) -> Iterator[Progress | list[Drawn]]:
        """As `worker.draw`. Many pictures are drawn in turns of as many as an engine draws at once; in between others
        come. Where one that draws dies, what it was drawing is drawn once more, by another.

        Raises:
            StudioError: as there; and where the second one died, too.
        """
        order, drawn = _Order(owner), []
        with self._lock:
            self._orders.add(order)
        try:
            for first in range(0, max(len(jobs), 1), MAX_COUNT):
                part = jobs[first : first + MAX_COUNT]
                for item in self._turn(order, model, part, settings, stop):
                    if isinstance(item, Progress):
                        yield replace(item, done=first + item.done, jobs=len(jobs))
                    else:
                        drawn += item
            yield drawn
        except GeneratorExit:
            Path(stop).touch()
            raise
        finally:
            with self._lock:
                self._orders.discard(order)

    def forget(self, owner: str) -> None:
        """Drop what any of them encoded of an owner's pictures: it is gone on return. One that does not answer, or
        still keeps some though it draws none, is ended."""
        with self._lock:
            for order in self._orders:
                order.forgotten |= order.owner == owner
            places = [place for place in range(self.size) if owner in self._owners[place]]
        threads = [threading.Thread(target=self._forget_at, args=(place, owner), daemon=True) for place in places]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def count(self, owner: str) -> int:
        """How many encodings all of them keep of an owner's pictures."""
        total = 0
        for drawer in self._drawers:
            with suppress(Died):
                total += 0 if drawer is None else drawer.count(owner)
        return total

    @property
    def loaded(self) -> set[str]:
        """The models that any of them has in memory."""
        return {model for drawer in self._drawers if drawer is not None for model in drawer.loaded}

    def close(self) -> None:
        """End all of them."""
        for place in range(self.size):
            self._lose(place, self._drawers[place])

    def _turn(
        self, order: _Order, model: str, jobs: Sequence[Job], settings: Settings, stop: str
    ) -> Iterator[Progress | list[Drawn]]:
        owner = order.owner
        for last in (False, True):
            with self._turns.turn(owner, Path(stop).exists, lambda place: self._rank(place, owner)) as place:
                drawer = None
                try:
                    drawer = self._at(place)
                    self._owners[place].add(owner)
                    self._drawn[place] = owner
                    yield from drawer.draw(model, jobs, settings, stop, owner)
                    return
                except Died as died:
                    self._lose(place, drawer)
                    if last:
                        raise StudioError(LOST) from died
                finally:
                    self._drawn[place] = None
                    if order.forgotten:  # it may have encoded after it was told
                        self._forget_at(place, owner)
                    elif drawer is not None and self._drawers[place] is drawer:
                        self._owners[place].add(owner)  # it was told of an earlier drawing while it encoded

    def _rank(self, place: int, owner: str) -> tuple[bool, bool]:
        """Who knows the visitor's pictures comes first, who has to be started last."""
        return owner in self._owners[place], self._drawers[place] is not None

    def _at(self, place: int) -> Drawer:
        with self._lock:
            drawer = self._drawers[place]
            if drawer is None:
                drawer = self._drawers[place] = self._start()
            return drawer

    def _lose(self, place: int, drawer: Drawer | None) -> None:
        """One that died, or is to: the next one there is started when its turn comes."""
        with self._lock:
            if drawer is None or self._drawers[place] is not drawer:
                return
            self._drawers[place] = None
            self._owners[place] = set()
        drawer.close()

    def _forget_at(self, place: int, owner: str) -> None:
        drawer = self._drawers[place]
        if drawer is None:
            return
        self._owners[place].discard(owner)  # first: who draws again meanwhile is not to be missed the next time
        try:
            drawer.forget(owner)
            if drawer.count(owner) and self._drawn[place] != owner:
                raise Died("It keeps what it was told to forget.")
        except Exception:  # whatever it is: what it keeps must go
            self._lose(place, drawer)
