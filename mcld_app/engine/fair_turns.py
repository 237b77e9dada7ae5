"""Whose turn it is where several can draw: no visitor who asks for much keeps another one out."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mcld_app.errors import Cancelled

_BETWEEN_LOOKS = 0.1  # seconds


@dataclass(frozen=True, eq=False)
class _Ticket:
    owner: str
    number: int


class FairTurns:
    """Places for so many at once. First comes who has the fewest places, then who has waited longest: since they came,
    or since they were served last. So a newcomer waits for one turn of each other visitor at most, and for nobody's
    whole order.

    Args:
        places: how many.
    """

    def __init__(self, places: int) -> None:
        self._free = set(range(places))
        self._waiting: list[_Ticket] = []
        self._at_work: Counter[str] = Counter()
        self._served: dict[str, int] = {}
        self._numbers = itertools.count()
        self._change = threading.Condition()

    @contextmanager
    def turn(
        self, owner: str, gone: Callable[[], bool] = lambda: False, rank: Callable[[int], object] = lambda _: 0
    ) -> Iterator[int]:
        """A place, for as long as the block runs.

        Args:
            owner: who wants it.
            gone: whether nobody wants it any more; asked ten times a second.
            rank: of the free places that with the greatest rank is given.

        Raises:
            Cancelled: where `gone` said so.
        """
        place = self._take(owner, gone, rank)
        try:
            yield place
        finally:
            with self._change:
                self._free.add(place)
                self._at_work[owner] -= 1
                self._served[owner] = next(self._numbers)
                self._tidy(owner)
                self._change.notify_all()

    def _take(self, owner: str, gone: Callable[[], bool], rank: Callable[[int], object]) -> int:
        with self._change:
            ticket = _Ticket(owner, next(self._numbers))
            self._waiting.append(ticket)
            try:
                while not (self._free and min(self._waiting, key=self._order) is ticket):
                    if gone():
                        raise Cancelled()
                    self._change.wait(_BETWEEN_LOOKS)
                place = max(self._free, key=rank)
                self._free.remove(place)
                self._at_work[owner] += 1
                return place
            finally:
                self._waiting.remove(ticket)
                self._tidy(owner)
                self._change.notify_all()

    def _order(self, ticket: _Ticket) -> tuple[int, int]:
        return self._at_work[ticket.owner], max(ticket.number, self._served.get(ticket.owner, 0))

    def _tidy(self, owner: str) -> None:
        """Forget who neither draws nor waits: they come afresh."""
        if not self._at_work[owner]:
            del self._at_work[owner]
            if all(ticket.owner != owner for ticket in self._waiting):
                self._served.pop(owner, None)
