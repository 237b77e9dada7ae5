"""Worker processes that prepare photos: each has its own models, and gets one photo at a time through its own pipe. One
that dies loses only its photo, and all end by themselves when the process that started them does."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType

from mcld_app.data.prepare.models import ModelsFactory
from mcld_app.data.prepare.photo import PhotoJob, PhotoOutcome, prepare_photo
from mcld_app.errors import StudioError

_PATIENCE = 30.0  # seconds that a process may go on with its photo after the end was said


@dataclass(frozen=True)
class _Ready:
    faces: bool = False
    why_not: str = ""


@dataclass(frozen=True)
class _Worker:
    process: BaseProcess
    line: Connection
    device: str


class WorkerPool:
    """Processes at work, one for each device named; a context manager, which starts and ends them.

    Attributes:
        faces: whether their models read faces; known once they were started.
    """

    def __init__(self, make: ModelsFactory, devices: Sequence[str]) -> None:
        """
        Args:
            make: loads the models in each process; picklable.
            devices: one for each process; a device may be named several times.
        """
        self._make, self._devices = make, tuple(devices)
        self._workers: list[_Worker] = []
        self.faces = False

    def __enter__(self) -> WorkerPool:
        """Start them.

        Raises:
            StudioError: where a process cannot start, for want of weights, say.
        """
        try:
            self._workers += [self._start(device) for device in self._devices]
            for worker in self._workers:
                self.faces = self._wait_for(worker)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def work(self, jobs: Iterable[PhotoJob]) -> Iterator[PhotoOutcome]:
        """Prepare photos; yields the outcome of each, in the order they are done."""
        waiting = iter(jobs)
        busy: dict[Connection, tuple[_Worker, PhotoJob]] = {}

        def give(worker: _Worker) -> None:
            if (job := next(waiting, None)) is not None:
                busy[worker.line] = worker, job
                with contextlib.suppress(OSError):  # it died meanwhile: found out when it is heard
                    worker.line.send(job)

        for worker in self._workers:
            give(worker)
        while busy:
            for line in wait(list(busy)):
                worker, job = busy.pop(line)
                try:
                    done = line.recv()
                except (EOFError, OSError):
                    worker.process.join(_PATIENCE)
                    why = f"Its process ended (exit status {worker.process.exitcode}): too little memory, perhaps."
                    done = PhotoOutcome(job.name, why)
                    worker = self._replace(worker)
                give(worker)
                yield done

    def _start(self, device: str) -> _Worker:
        # Ctrl-C goes to all processes of a terminal: only this one is to answer it. What is ignored when a process
        # starts stays so in it, from its first moment on.
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=_serve, args=(theirs, self._make, device), daemon=True)
        with _interrupts_ignored():
            process.start()
        theirs.close()
        return _Worker(process, ours, device)

    @staticmethod
    def _wait_for(worker: _Worker) -> bool:
        try:
            ready = worker.line.recv()
        except (EOFError, OSError) as error:
            worker.process.join(_PATIENCE)
            raise StudioError(
                f"A process for {worker.device} ended before its first photo (exit status {worker.process.exitcode}). "
                "Its memory may not suffice: try fewer --workers."
            ) from error
        if ready.why_not:
            raise StudioError(ready.why_not)
        return ready.faces

    def _replace(self, dead: _Worker) -> _Worker:
        dead.line.close()
        self._workers.remove(dead)
        worker = self._start(dead.device)
        self._workers.append(worker)
        self._wait_for(worker)
        return worker

    def _end(self) -> None:
        for worker in self._workers:
            worker.line.close()
        for worker in self._workers:
            worker.process.join(_PATIENCE)
            if worker.process.is_alive():
                worker.process.terminate()
                worker.process.join(_PATIENCE)
        self._workers.clear()


def _serve(line: Connection, make: ModelsFactory, device: str) -> None:
    """A worker process: prepare photos until the other end of the pipe is closed."""
    import cv2

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # not inherited on Windows
    cv2.setNumThreads(1)  # there is a process for each core
    with contextlib.suppress(EOFError, OSError):
        try:
            models = make(device)
        except Exception as error:
            said = str(error) if isinstance(error, StudioError) else f"{type(error).__name__}: {error}"
            line.send(_Ready(why_not=said))
            return
        line.send(_Ready(models.faces))
        while True:
            line.send(prepare_photo(line.recv(), models))


@contextlib.contextmanager
def _interrupts_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():  # only the main thread may set how signals are met
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
