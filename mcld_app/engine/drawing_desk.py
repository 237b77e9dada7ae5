"""Where what is asked of the drawing process meets who draws, from its first moment on: this process, a cluster, or,
while a cluster is being connected to, nobody yet."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mcld_app.engine.fair_turns import FairTurns
from mcld_app.errors import StudioError
from mcld_app.request import Drawn, Job, Progress, Settings

if TYPE_CHECKING:
    from mcld_app.engine.engine import Engine


class Drawing(Protocol):
    """Who draws, and keeps what is encoded of people's pictures; `drawing_pool.DrawingPool` is one."""

    @property
    def loaded(self) -> Set[str]:
        """The models in memory."""

    def draw(
        self, model: str, jobs: Sequence[Job], settings: Settings, stop: str, owner: str
    ) -> Iterator[Progress | list[Drawn]]:
        """As `worker.draw`; several at a time may be asked for."""

    def forget(self, owner: str) -> None:
        """Drop what is encoded of an owner's pictures; gone on return."""

    def count(self, owner: str) -> int:
        """How many encodings are kept of an owner's pictures."""


class Nobody:
    """Who draws nothing, so that nothing is kept."""

    loaded: Set[str] = frozenset()

    def draw(self, *_: object) -> Iterator[Progress | list[Drawn]]:
        """Nobody hands out a drawing before somebody can draw."""
        raise StudioError("Nobody draws yet. Try again.")

    def forget(self, owner: str) -> None:
        """There is nothing."""

    def count(self, owner: str) -> int:
        """None."""
        return 0


class Here:
    """This process: one drawing at a time, in fair turns, though a page that hoped for a cluster may hand on many."""

    def __init__(self) -> None:
        from mcld_app.engine import registry

        self._turns, self._registry = FairTurns(1), registry
        self._engines: weakref.WeakValueDictionary[str, Engine] = weakref.WeakValueDictionary()
        self.forget, self.count = registry.forget, registry.count

    @property
    def loaded(self) -> Set[str]:
        """See there."""
        return {name for name, engine in self._engines.items() if engine.is_loaded}

    def draw(
        self, model: str, jobs: Sequence[Job], settings: Settings, stop: str, owner: str
    ) -> Iterator[Progress | list[Drawn]]:
        """See there."""
        from mcld_app.engine.worker import draw

        with self._turns.turn(owner, Path(stop).exists):
            yield from draw(model, jobs, settings, stop, owner)
            with suppress(StudioError):
                self._engines[model] = self._registry.engine_for(model)


class Desk:
    """Takes orders, and answers what needs no drawing.

    Args:
        drawing: who draws.

    Attributes:
        drawing: who draws.
        about: a sentence about the cluster; "" where none was named.
        leave: ends what was started elsewhere.
        waiting: orders, each a number and the arguments of `Drawing.draw`; None where no more come.
    """

    def __init__(self, drawing: Drawing) -> None:
        self.hand_over(drawing, "")
        self.waiting: queue.SimpleQueue[tuple[Any, ...] | None] = queue.SimpleQueue()
        self._orders: dict[int, tuple[str, Path]] = {}  # of each that waits or is drawn, its owner and its stop file
        self._forgotten: set[int] = set()  # orders whose owner's pictures were deleted meanwhile
        self._lock = threading.Lock()

    def hand_over(self, drawing: Drawing, about: str, leave: Callable[[], object] = lambda: None) -> None:
        """From now on somebody else draws."""
        self.drawing, self.about, self.leave = drawing, about, leave

    def take(self, number: int, *order: Any) -> None:
        """Let an order wait."""
        *_, stop, owner = order
        with self._lock:
            self._orders[number] = owner, Path(stop)
        self.waiting.put((number, *order))

    def withdrawn(self) -> list[int]:
        """The orders that are stopped; from now on they are none. To be asked while nobody draws."""
        with self._lock:
            numbers = [number for number, (_, stop) in self._orders.items() if stop.exists()]
            for number in numbers:
                del self._orders[number]
                self._forgotten.discard(number)
        return numbers

    def holds(self, number: int) -> bool:
        """Whether there is such an order, which was not withdrawn."""
        return number in self._orders

    def answer(self, what: str, *given: Any) -> Any:
        """The answer to "about", "count" or "forget"; the latter two are asked of an owner."""
        if what == "about":
            return self.about
        if what == "count":
            return self.drawing.count(*given)
        with self._lock:
            self._forgotten |= {number for number, (owner, _) in self._orders.items() if owner == given[0]}
        self.drawing.forget(*given)
        return True

    def close(self, number: int, owner: str) -> None:
        """An order is done. What was encoded of pictures that were deleted while it waited, or was drawn, goes."""
        with self._lock:
            self._orders.pop(number, None)  # somebody may draw just as it is withdrawn
            forgotten = number in self._forgotten
            self._forgotten.discard(number)
        if forgotten:
            self.drawing.forget(owner)
