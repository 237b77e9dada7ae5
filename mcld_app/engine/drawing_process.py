"""Drawing in a process of its own, beside the page's: it shares neither Python's lock nor, on a processor, all cores
with people's edits, and where memory runs out it is not the page that ends.

It starts with the first drawing and stays, with its models. Each message is a pickle: asked is ("draw", number, model,
jobs, settings, stop, owner), ("forget", number, owner), ("count", number, owner) or ("about", number); told is (number,
news), and last of a drawing (number, (pictures or error, the models that are loaded)); (0, True) says once, unasked,
that the cluster that was named cannot be used, and that this process draws.
"""

from __future__ import annotations

import atexit
import itertools
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from mcld_app.deployment import ray_address
from mcld_app.engine.child_lines import resident_bytes
from mcld_app.errors import StudioError
from mcld_app.request import Drawn, Job, Progress, Settings

ENDED = (
    "The drawing's process ended before the picture was done: the machine may have too little memory. Your edits are "
    "kept. Try again, or with fewer pictures."
)
ENDED_OF_A_CLUSTER = (
    "The connection to the cluster that draws broke off before the picture was done. Your edits are kept. Try again in "
    "a minute."
)
ENDED_TO_FORGET = (
    "The drawing's process was ended, because it did not answer when pictures were deleted. Your edits are kept. Try "
    "again."
)
_NOT_STARTED = "The process that draws cannot be started here. Your edits are kept. Try again later."

ALONE = 0
"""The number under which `drawing_child` tells, unasked, that it draws by itself."""

_PATIENCE = 10.0  # seconds for an answer that takes none; a process that starts needs a second or two
_FAREWELL = 3.0
_FAREWELL_OF_A_CLUSTER = 15.0  # one of this machine's own is a dozen processes
_ROOT = Path(__file__).resolve().parents[2]
_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from mcld_app.engine.drawing_child import serve; serve()"
"""Not by `multiprocessing`: its new process imports the main module first, which is the whole page."""


@lru_cache(maxsize=1)
def drawing_process() -> DrawingProcess:
    """The one of this process."""
    made = DrawingProcess()
    atexit.register(made.close)
    return made


@dataclass(eq=False)
class _Child:
    """A process that runs, and what is waited for from it.

    Attributes:
        heard: the answers to each thing asked, by its number.
        owners: those it may keep encodings of.
        loaded: the models it has in memory.
        sending: held while it is asked something.
        alone: it draws by itself, though a cluster was named.
        ended: what is said to those whose pictures it was drawing, once it is over.
    """

    process: subprocess.Popen[bytes]
    heard: dict[int, queue.SimpleQueue[Any]] = field(default_factory=dict)
    owners: set[str] = field(default_factory=set)
    loaded: set[str] = field(default_factory=set)
    sending: threading.Lock = field(default_factory=threading.Lock)
    over: bool = False
    alone: bool = False
    ended: str = ENDED


class _Over:
    """In place of an answer: the process ended."""


class DrawingProcess:
    """This process's front of the one that draws."""

    def __init__(self) -> None:
        self._child: _Child | None = None
        self._starting = threading.Lock()
        self._numbers = itertools.count(1)

    def draw(
        self, model: str, jobs: Sequence[Job], settings: Settings, stop: str, owner: str = ""
    ) -> Iterator[Progress | list[Drawn]]:
        """As `worker.draw`, in the other process.

        Raises:
            StudioError: as there; and where that process ends meanwhile, or cannot be started. The next drawing starts
                it anew.
        """
        child = self._running()
        child.owners.add(owner)
        number, heard = self._ask(child, "draw", model, list(jobs), settings, stop, owner)
        try:
            while isinstance(item := heard.get(), Progress):
                yield item
        except GeneratorExit:
            Path(stop).touch()
            raise
        finally:
            child.heard.pop(number, None)
        if isinstance(item, _Over):
            raise StudioError(child.ended)
        end, child.loaded = item
        if isinstance(end, StudioError):
            raise end
        yield end

    def begin(self) -> None:
        """Start the other process now, where none runs, and do not wait for it.

        Raises:
            StudioError: where it cannot be started.
        """
        self._running()

    def about(self) -> str:
        """What the other process says of a cluster that it draws on; "" where it draws by itself, or is not there."""
        child = self._child
        return "" if child is None else self._answer(child, "about") or ""

    @property
    def draws_alone(self) -> bool:
        """Whether the other process said that the cluster cannot be used, and that it draws by itself."""
        child = self._child
        return child is not None and not child.over and child.alone

    def forget(self, owner: str) -> None:
        """Drop what the other process encoded of an owner's pictures: it is gone on return. One that does not answer
        is ended, with all that it keeps."""
        child = self._child
        if child is None or owner not in child.owners:
            return
        child.owners.discard(owner)
        if self._answer(child, "forget", owner) is None and not child.over:
            child.ended = ENDED_TO_FORGET
            child.process.kill()
            child.process.wait()

    def count(self, owner: str) -> int:
        """How many encodings of an owner's pictures the other process, or its cluster, keeps: by this, tests see
        that what was deleted is gone."""
        child = self._child
        return 0 if child is None else self._answer(child, "count", owner) or 0

    def has_loaded(self, model: str) -> bool:
        """Whether the other process has the model of that name in memory."""
        child = self._child
        return child is not None and model in child.loaded

    @property
    def count_loaded(self) -> int:
        """How many models it has in memory, as it said last."""
        child = self._child
        return 0 if child is None else len(child.loaded)

    @property
    def process_id(self) -> int | None:
        """Of the other process; None where none runs."""
        child = self._child
        return None if child is None or child.over else child.process.pid

    @property
    def resident_bytes(self) -> int:
        """What the other process takes of main memory."""
        return resident_bytes(self.process_id)

    def close(self) -> None:
        """End the other process; the next drawing would start another."""
        child, self._child = self._child, None
        if child is None:
            return
        with suppress(OSError):
            child.process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(_FAREWELL_OF_A_CLUSTER if ray_address() else _FAREWELL)
            return
        child.process.kill()

    def _running(self) -> _Child:
        with self._starting:
            if self._child is None or self._child.over or self._child.process.poll() is not None:
                self._child = _started()
            return self._child

    def _ask(self, child: _Child, what: str, *given: Any) -> tuple[int, queue.SimpleQueue[Any]]:
        number, heard = next(self._numbers), queue.SimpleQueue()
        child.heard[number] = heard
        try:
            data = pickle.dumps((what, number, *given), pickle.HIGHEST_PROTOCOL)
            with child.sending:
                child.process.stdin.write(data)
                child.process.stdin.flush()
        except (OSError, ValueError):  # it ended
            heard.put(_Over())
        if child.over:  # and nobody is there any more to say so
            heard.put(_Over())
        return number, heard

    def _answer(self, child: _Child, what: str, *given: Any) -> Any:
        """The one answer to something that takes no time; None where it does not come."""
        number, heard = self._ask(child, what, *given)
        try:
            answer = heard.get(timeout=_PATIENCE)
        except queue.Empty:
            return None
        finally:
            child.heard.pop(number, None)
        return None if isinstance(answer, _Over) else answer


def _started() -> _Child:
    command = [sys.executable, "-c", _CODE, str(_ROOT)]
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    except OSError as error:
        raise StudioError(_NOT_STARTED) from error
    child = _Child(process, ended=ENDED_OF_A_CLUSTER if ray_address() else ENDED)
    threading.Thread(target=_hear, args=(child,), name="drawn", daemon=True).start()
    return child


def _hear(child: _Child) -> None:
    """Hand on what the process tells to whoever asked it, until it ends."""
    while True:
        try:
            number, item = pickle.load(child.process.stdout)
        except Exception:  # the end, or half a message
            break
        if number == ALONE:
            child.alone, child.ended = True, ENDED
        elif (heard := child.heard.get(number)) is not None:
            heard.put(item)
        del item  # somebody's picture
    child.over = True
    child.loaded = set()
    child.owners.clear()
    for heard in list(child.heard.values()):
        heard.put(_Over())
    child.process.wait()
