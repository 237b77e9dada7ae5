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
import threading
import time
from collections.abc import Callable
from typing import Any

from mcld_app.deployment import ray_address
from mcld_app.engine.child_lines import end_children, own_lines, step_behind
from mcld_app.engine.drawing_desk import Desk, Drawing, Here, Nobody
from mcld_app.engine.drawing_pool import LOST
from mcld_app.engine.drawing_process import ALONE
from mcld_app.errors import Cancelled, StudioError
from mcld_app.request import Drawn

_BEHIND = 10  # nice value
_BETWEEN_LOOKS = 0.1  # seconds


def serve() -> None:
    """Draw what is asked for on the standard input until that ends, and tell it on the standard output."""
    asked, told = own_lines()
    # Before there are two threads that import: they could wait for each other.
    from mcld_app.engine import cluster_drawing, registry  # noqa: F401

    attend(asked, told, ray_address(), cluster_drawing.cluster_pool, cluster_drawing.leave)


def attend(
    asked: io.BufferedReader,
    told: io.BufferedWriter,
    address: str,
    connect: Callable[[str], tuple[Drawing, str]],
    leave: Callable[[], object],
    end: Callable[[], object] = lambda: os._exit(0),
) -> None:
    """Draw what is asked for on one line until that ends, and tell it on another. What needs no drawing is answered
    while a cluster is being connected to, too: a visitor may delete their pictures then.

    Args:
        asked, told: the lines.
        address: of the cluster; "" is none.
        connect: makes of the address who draws there, and a sentence about it; see `cluster_drawing.cluster_pool`.
        leave: ends what was begun there.
        end: called once there is nothing more to read, in the middle of a drawing, too.
    """
    line, desk = _Line(told), Desk(Here())
    if address:
        said = f"MCLD_RAY: the cluster ({address}) is being connected to. Pictures wait for it."
        desk.hand_over(Nobody(), said, end_children)  # Ray does not end all that it has half begun
    threading.Thread(target=_listen, args=(asked, line, desk, end), name="asked", daemon=True).start()
    if address:
        threading.Thread(target=_tell_withdrawn, args=(line, desk), name="withdrawn", daemon=True).start()
        try:
            desk.hand_over(*connect(address), leave)
        except Exception as error:
            why = str(error) if isinstance(error, StudioError) else f"It cannot be used: {type(error).__name__}."
            fault = f"MCLD_RAY: {why} Until it can be used at the next start, this machine draws by itself."
            logging.getLogger(__name__).warning("%s", fault)
            desk.hand_over(Here(), fault)
            line.tell(ALONE, True)
    if isinstance(desk.drawing, Here):
        _step_back()
    while (order := desk.waiting.get()) is not None:
        if desk.holds(order[0]):
            threading.Thread(target=_draw, args=(line, desk, *order), daemon=True).start()
        del order  # nothing of it is held while nobody is drawn


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


def _listen(asked: io.BufferedReader, line: _Line, desk: Desk, end: Callable[[], object]) -> None:
    """Hand on what is to be drawn, and answer at once what is not; in a thread of its own, ahead of the drawing."""
    while True:
        try:
            what, number, *given = pickle.load(asked)
        except Exception:  # nothing more to read, or nothing that can be: whoever waits is told that it ended
            desk.leave()
            end()
            desk.waiting.put(None)
            return
        if what == "draw":
            desk.take(number, *given)
        else:
            line.tell(number, desk.answer(what, *given))
        del given  # it may hold somebody's photo


def _tell_withdrawn(line: _Line, desk: Desk) -> None:
    """Who cancels while a cluster is being connected to does not wait for that."""
    while isinstance(desk.drawing, Nobody):
        for number in desk.withdrawn():
            line.tell(number, (Cancelled(), set()))
        time.sleep(_BETWEEN_LOOKS)


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


def _draw(line: _Line, desk: Desk, number: int, *order: Any) -> None:
    """One drawing: its news; the end, pictures or what is said to the visitor; and which models are in memory now."""
    end: list[Drawn] | StudioError | None = None
    try:
        for item in desk.drawing.draw(*order):
            if isinstance(item, list):
                end = item
            else:
                line.tell(number, item)
    except StudioError as error:
        end = error
    except Exception as error:  # the cluster's own: the visitor waits for a sentence
        logging.getLogger(__name__).warning("%s", type(error).__name__)
        end = StudioError(LOST)
    desk.close(number, order[-1])
    line.tell(number, (end, set(desk.drawing.loaded)))
