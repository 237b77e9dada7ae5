"""An object in a process of its own on some machine of a cluster: what it is asked, and what it tells piece by piece.

What goes there and comes back is pickled here and not by Ray: arrays that Ray unpickles lie in its store for as long as
anybody has them, and that store, once full, is written to disk.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from mcld_app.cluster.fitting import Pool

_TO_START = 60.0  # seconds for a process that has a place, which imports the program from a slow disk perhaps
_BETWEEN_LOOKS = 0.1
_ASKED = "asked"


class Gone(Exception):
    """The process ended, cannot be started, or does not answer."""


class Remote:
    """One such object. It is started without waiting for it.

    Args:
        make: makes it; picklable by name.
        pool: says what it takes of a machine.
    """

    def __init__(self, make: Callable[[], object], pool: Pool) -> None:
        import ray

        host = ray.remote(
            num_gpus=pool.gpus or None, num_cpus=pool.cpus, max_restarts=0, max_task_retries=0,
            scheduling_strategy="SPREAD", concurrency_groups={_ASKED: 2},
        )(_Host)  # fmt: skip
        self._actor = host.remote(make)
        self._begun, self._ready = time.monotonic(), False
        self._started = self._actor.ask.options(concurrency_group=_ASKED).remote("", b"")

    def stream(self, name: str, *given: Any, meanwhile: Callable[[], None] = lambda: None) -> Iterator[Any]:
        """What a generator method of it yields, one after another. One at a time: a second one waits.

        Args:
            name: of the method.
            given: its arguments.
            meanwhile: called while there is nothing, about ten times a second.

        Raises:
            Gone: it broke off.
        """
        import ray

        try:
            while not self._is_ready():
                meanwhile()
            told = self._actor.stream.options(num_returns="streaming").remote(name, pickle.dumps(given))
            while True:
                ready, _ = ray.wait([told], timeout=_BETWEEN_LOOKS)
                meanwhile()
                if not ready:
                    continue
                try:
                    data = ray.get(next(told))
                except StopIteration:
                    return
                yield pickle.loads(data)
                del data  # somebody's picture
        except ray.exceptions.RayError as error:
            raise Gone(str(error).strip().splitlines()[0][:300]) from error

    def ask(self, name: str, *given: Any, patience: float = 8.0) -> Any:
        """What a method of it returns, while it streams something, too.

        Raises:
            Gone: it broke off, or does not answer within so many seconds.
        """
        import ray

        try:
            asked = self._actor.ask.options(concurrency_group=_ASKED).remote(name, pickle.dumps(given))
            return pickle.loads(ray.get(asked, timeout=patience))
        except ray.exceptions.RayError as error:
            raise Gone(str(error).strip().splitlines()[0][:300]) from error

    def tell(self, name: str, *given: Any) -> None:
        """Call a method of it, and wait for nothing."""
        self._actor.ask.options(concurrency_group=_ASKED).remote(name, pickle.dumps(given))

    def end(self) -> None:
        """End the process, whatever it does."""
        import ray

        with suppress(Exception):  # it, or the cluster, may be gone
            ray.kill(self._actor)

    def _is_ready(self) -> bool:
        import ray

        if not self._ready:
            ready, _ = ray.wait([self._started], timeout=_BETWEEN_LOOKS)
            if ready:
                ray.get(ready)  # raises where it cannot be made
                self._ready = True
            elif time.monotonic() - self._begun > _TO_START:
                raise Gone("No machine of the cluster has room for it.")
        return self._ready


class _Host:
    """What runs there."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._object = make()

    def stream(self, name: str, given: bytes) -> Iterator[bytes]:
        for item in getattr(self._object, name)(*pickle.loads(given)):
            yield pickle.dumps(item, pickle.HIGHEST_PROTOCOL)

    def ask(self, name: str, given: bytes) -> bytes:
        return pickle.dumps(getattr(self._object, name)(*pickle.loads(given)) if name else None)
