"""Photos prepared on the machines of a Ray cluster, which all see the source and the folder under the same names."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Any

from mcld_app.cluster.connection import connected
from mcld_app.cluster.fitting import Need, Pool
from mcld_app.cluster.nodes import able_pool
from mcld_app.cluster.spread import DIED, Work, spread
from mcld_app.data.prepare.photo import PhotoJob, PhotoOutcome
from mcld_app.data.worker_pool import Start

_AT_ONCE = 16  # photos: handing out takes about 10 ms each time


class RayPool:
    """Actors at work, in place of a `WorkerPool`.

    Args:
        need: of machines.
        address: see `cluster.connection.connect`.
        start: loads the models in each actor.
        told: told which machines are waited for.

    Attributes:
        able: what the machines said of their models.
    """

    def __init__(
        self, need: Need, address: str, start: Start, *, told: Callable[[str], object] = lambda _: None
    ) -> None:
        self._need, self._address, self._start, self._told = need, address, start, told
        self._open = ExitStack()
        self._pool: Pool | None = None
        self.able = False

    def __enter__(self) -> RayPool:
        """Connect, and have each machine load the models once, before anything is written.

        Raises:
            StudioError: no cluster is there, machines do not suffice, or one lacks something; each is named.
        """
        with ExitStack() as stack:
            stack.enter_context(connected(self._address, self._need.wait, self._told))
            self._pool = able_pool(self._need, partial(_models_there, self._start), self._told)
            self.able = bool(self._pool.told)
            self._open = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._open.__exit__(kind, error, trace)

    def work(self, jobs: Sequence[PhotoJob]) -> Iterator[PhotoOutcome]:
        """Prepare photos; yields the outcome of each. What a machine had that died is done again by another; a
        photo whose process ends each time fails."""
        if not jobs:
            return
        size = max(1, min(_AT_ONCE, len(jobs) // (4 * self._pool.most)))
        pieces = [_text(jobs[first : first + size]) for first in range(0, len(jobs), size)]
        device = "cuda" if self._pool.gpus else "cpu"
        missing = dict.fromkeys(job.name for job in jobs)
        for told in spread(partial(photo_worker, self._start, device), pieces, self._pool):
            for outcome in _read(told):
                missing.pop(outcome.name, None)
                yield outcome
        yield from (PhotoOutcome(name, DIED) for name in missing)


def photo_worker(start: Start, device: str) -> Work:
    """What prepares some photos, in an actor."""
    prepare, _ = start(device)
    return partial(_prepared, prepare)


def _prepared(prepare: Callable[[PhotoJob], PhotoOutcome], asked: str) -> str:
    return _text([prepare(job) for job in _read(asked)])


def _models_there(start: Start) -> str:
    """Whether this machine reads faces; StudioError where it lacks what is wanted."""
    return "faces" if start("cpu")[1] else ""


def _text(values: Any) -> str:
    return base64.b64encode(pickle.dumps(values, pickle.HIGHEST_PROTOCOL)).decode()


def _read(text: str) -> Any:
    return pickle.loads(base64.b64decode(text))
