"""Worker processes for long work: each has its own models, and gets one job at a time through its own pipe. One that
dies loses only its job, and all end by themselves when the process that started them does."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Generic, TypeVar

from mcld_app.errors import StudioError

Job = TypeVar("Job")
Outcome = TypeVar("Outcome")

Worker = Callable[[Job], Outcome]
"""Does one job. What goes wrong with the job belongs into the outcome: an exception ends the process."""

Start = Callable[[str], tuple[Worker, bool]]
"""Loads the models on a device ("cpu", "cuda:0", ...); returns what does the jobs, and whether the models can do what
the caller wants to know of them (`WorkerPool.able`). Picklable, for it is called in the worker process. It may raise
StudioError."""

_PATIENCE = 30.0  # seconds that a process may go on with its job after the end was said


@dataclass(frozen=True)
class _Ready:
    able: bool = False
    why_not: str = ""


@dataclass(frozen=True)
class _Process:
    process: BaseProcess
    line: Connection
    device: str


class WorkerPool(Generic[Job, Outcome]):
    """Processes at work, one for each device named; a context manager, which starts and ends them.

    Attributes:
        able: what the processes said of their models; known once they were started.
    """

    def __init__(self, start: Start, devices: Sequence[str], lost: Callable[[Job, str], Outcome]) -> None:
        """
        Args:
            start: loads the models in each process.
            devices: one for each process; a device may be named several times.
            lost: the outcome of a job whose process died, with a sentence that says so.
        """
        self._start_worker, self._devices, self._lost = start, tuple(devices), lost
        self._workers: list[_Process] = []
        self.able = False

    def __enter__(self) -> WorkerPool[Job, Outcome]:
        """Start them.

        Raises:
            StudioError: where a process cannot start, for want of weights, say.
        """
        try:
            self._workers += [self._start(device) for device in self._devices]
            for worker in self._workers:
                self.able = self._wait_for(worker)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def work(self, jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Do the jobs; yields the outcome of each, in the order they are done."""
        waiting = iter(jobs)
        busy: dict[Connection, tuple[_Process, Job]] = {}

        def give(worker: _Process) -> None:
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
                    done = self._lost(job, why)
                    worker = self._replace(worker)
                give(worker)
                yield done

    def _start(self, device: str) -> _Process:
        # Ctrl-C goes to all processes of a terminal: only this one is to answer it. What is ignored when a process
        # starts stays so in it, from its first moment on.
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=_serve, args=(theirs, self._start_worker, device), daemon=True)
        with _interrupts_ignored():
            process.start()
        theirs.close()
        return _Process(process, ours, device)

    @staticmethod
    def _wait_for(worker: _Process) -> bool:
        try:
            ready = worker.line.recv()
        except (EOFError, OSError) as error:
            worker.process.join(_PATIENCE)
            raise StudioError(
                f"A process for {worker.device} ended before its first job (exit status {worker.process.exitcode}). "
                "Its memory may not suffice: try fewer processes."
            ) from error
        if ready.why_not:
            raise StudioError(ready.why_not)
        return ready.able

    def _replace(self, dead: _Process) -> _Process:
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


def alone_with(device: str) -> str:
    """Hide all other GPUs from this process, before CUDA is started in it: onnxruntime takes the first it sees.

    Args:
        device: "cuda", "cuda:1", "cpu" or another.

    Returns:
        What the device is called in this process from now on.
    """
    kind, _, number = device.partition(":")
    if kind == "cuda":
        shown = os.environ.get("CUDA_VISIBLE_DEVICES")
        among = shown.split(",")[int(number or 0) :][:1] if shown is not None else [number or "0"]
        os.environ["CUDA_VISIBLE_DEVICES"] = "".join(among)
        return "cuda"
    if kind == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    return device


def _serve(line: Connection, start: Start, device: str) -> None:
    """A worker process: do jobs until the other end of the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # not inherited on Windows
    with contextlib.suppress(EOFError, OSError):
        try:
            worker, able = start(device)
        except Exception as error:
            said = str(error) if isinstance(error, StudioError) else f"{type(error).__name__}: {error}"
            line.send(_Ready(why_not=said))
            return
        line.send(_Ready(able))
        while True:
            line.send(worker(line.recv()))


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
