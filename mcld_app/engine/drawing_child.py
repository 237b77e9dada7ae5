"""The drawing process: what runs in it. `drawing_process` starts it, and says what it is told and tells.

It keeps engines and their encodings from one drawing to the next, behind everything else on the machine, and ends with
the process that started it, however that ended: then there is nothing more to read. Where MCLD_RAY names a cluster, it
hands the drawings on to that, all at once (`cluster_drawing`); where none is there, it says so and draws itself.
"""

from __future__ import annotations

import io
import logging
import os
import pickle
import queue
import threading
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mcld_app.deployment import ray_address
from mcld_app.engine.child_lines import own_lines, step_behind
from mcld_app.engine.drawing_pool import LOST
from mcld_app.errors import StudioError
from mcld_app.request import Drawn, Progress

if TYPE_CHECKING:
    from mcld_app.engine.drawing_pool import DrawingPool
    from mcld_app.engine.engine import Engine

_BEHIND = 10  # nice value


def serve() -> None:
    """Draw what is asked for on the standard input until that ends, and tell it on the standard output."""
    asked, told = own_lines()
    # Before there are two threads that import: they could wait for each other.
    from mcld_app.engine import cluster_drawing, registry

    waiting: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
    line = _Line(told)
    answers = {"forget": registry.forget, "count": registry.count, "about": str}
    pool, leave = None, lambda: None
    if address := ray_address():
        try:
            pool, about = cluster_drawing.cluster_pool(address)
            leave = cluster_drawing.leave
            answers = {"forget": pool.forget, "count": pool.count, "about": lambda: about}
        except Exception as error:
            why = str(error) if isinstance(error, StudioError) else f"It cannot be used: {type(error).__name__}."
            fault = f"MCLD_RAY: {why} Until it can be used at the next start, this machine draws by itself."
            logging.getLogger(__name__).warning("%s", fault)
            answers["about"] = lambda: fault
    threading.Thread(target=_listen, args=(asked, line, waiting, answers, leave), name="asked", daemon=True).start()
    if pool is not None:
        while True:
            threading.Thread(target=_draw_there, args=(line, pool, *waiting.get()), daemon=True).start()
    _step_back()
    engines: weakref.WeakValueDictionary[str, Engine] = weakref.WeakValueDictionary()
    while True:
        _draw(line, engines, *waiting.get())  # nothing of it is held while nobody is drawn


class _Line:
    """The way out, one message at a time."""

    def __init__(self, told: io.BufferedWriter) -> None:
        self._told, self._lock = told, threading.Lock()

    def tell(self, number: int, item: object) -> None:
        """An item of what was asked under that number."""
        try:
            data = pickle.dumps((number, item), pickle.HIGHEST_PROTOCOL)
        except Exception:  # an error whose making cannot be repeated: its words are what counts
            data = pickle.dumps((number, StudioError(str(item))))
        with self._lock:
            self._told.write(data)
            self._told.flush()


def _listen(
    asked: io.BufferedReader,
    line: _Line,
    waiting: queue.SimpleQueue[tuple[Any, ...]],
    answers: Mapping[str, Callable[..., Any]],
    leave: Callable[[], object],
) -> None:
    """Hand on what is to be drawn, and answer at once what is not; in a thread of its own, ahead of the drawing."""
    while True:
        try:
            what, number, *given = pickle.load(asked)
        except Exception:  # nothing more to read, or nothing that can be: whoever waits is told that it ended
            leave()
            os._exit(0)  # in the middle of a drawing, too
        if what == "draw":
            waiting.put((number, *given))
        else:
            answer = answers[what](*given)
            line.tell(number, True if answer is None else answer)
        del given  # it may hold somebody's photo


def _step_back() -> None:
    """On a processor, leave one core to the page, and all of them to whoever wants them. Before there are threads: they
    inherit it."""
    import torch

    from mcld_app.deployment import threads
    from mcld_app.network.device import best_device

    if best_device() != "cpu":
        return
    if threads() is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        torch.set_num_threads(max(1, cores - 1))
    step_behind(_BEHIND)


def _draw(
    line: _Line, engines: weakref.WeakValueDictionary[str, Engine], number: int, model: str, *asked: Any
) -> None:
    """One drawing: its news, and the end, which says which models are in memory now."""
    from mcld_app.engine.registry import engine_for
    from mcld_app.engine.worker import draw

    end = _pass_on(line, number, draw(model, *asked))
    with suppress(StudioError):
        engines[model] = engine_for(model)
    line.tell(number, (end, {name for name, engine in engines.items() if engine.is_loaded}))


def _pass_on(line: _Line, number: int, news: Iterable[Progress | list[Drawn]]) -> list[Drawn] | StudioError | None:
    """Tell a drawing's news; its end, pictures or what is said to the visitor."""
    end = None
    try:
        for item in news:
            if isinstance(item, list):
                end = item
            else:
                line.tell(number, item)
    except StudioError as error:
        return error
    return end


def _draw_there(line: _Line, pool: DrawingPool, number: int, *asked: Any) -> None:
    """One drawing by whoever of the pool has a turn for it."""
    try:
        end = _pass_on(line, number, pool.draw(*asked))
    except Exception as error:  # the cluster's own: the visitor waits for a sentence
        logging.getLogger(__name__).warning("%s", type(error).__name__)
        end = StudioError(LOST)
    line.tell(number, (end, pool.loaded))
