"""One thread that draws live, for all visitors: of each the newest look alone, and never before anybody's edit.

It draws in this process, since a picture takes a tenth of a second; and it draws on what the processor has to spare:
the system is asked to run the thread behind all others, and a drawing that nobody wants any more ends within a few
milliseconds.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mcld_app.checkpoints.folders import bundled_folder, live_folder
from mcld_app.editing.look import Look
from mcld_app.errors import Cancelled, StudioError

if TYPE_CHECKING:
    from mcld_app.engine.live import LiveDrawer, LivePicture

MOST_WAITING = 12
"""More would wait for longer than an edit is new."""

_BEHIND = 10  # the thread's nice value


class Busy(StudioError):
    """Too many drawings wait already."""


@dataclass(frozen=True, eq=False)
class _Wanted:
    """A look to be drawn, until when, and where the picture goes."""

    look: Look
    is_over: Callable[[], bool]
    picture: Future[LivePicture]


@lru_cache(maxsize=1)
def live_queue() -> LiveQueue | None:
    """The queue of this process; None where no live network is installed. Reads no weights yet."""
    return LiveQueue(_installed) if live_folder() is not None else None


def _draw(drawer: LiveDrawer, look: Look, is_over: Callable[[], bool]) -> LivePicture:
    return drawer.draw(look, is_over=is_over)


def _installed() -> LiveDrawer:
    """The live network that is installed, once its files are found to be what they were."""
    from mcld_app.checkpoints.saved import verify_part
    from mcld_app.engine.live import load_live

    folder = live_folder()
    verify_part(folder, "live_network")
    verify_part(bundled_folder(), "face_encoder")
    return load_live(folder, bundled_folder())


class LiveQueue:
    """Drawings of one drawer, one after another.

    Args:
        load: makes the drawer, in the queue's own thread, when somebody first asks for a picture. Where it fails, so
            does that picture, and the next one tries again.
    """

    def __init__(self, load: Callable[[], LiveDrawer]) -> None:
        self._load = load
        self._drawer: LiveDrawer | None = None
        self._waiting: OrderedDict[str, _Wanted] = OrderedDict()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def draw(self, owner: str, look: Look, is_over: Callable[[], bool] = lambda: False) -> Future[LivePicture]:
        """Draw a look as soon as it is its turn.

        Args:
            owner: whose it is. Their older look that still waits is drawn no more; they keep its place.
            look: in a pose that is not the photo's.
            is_over: whether nobody wants the picture any more; asked often, so it should be quick.

        Returns:
            The picture, or `Cancelled` where nobody wanted it any more.

        Raises:
            Busy: where too many wait.
        """
        wanted = _Wanted(look, is_over, Future())
        with self._changed:
            older = self._waiting.get(owner)
            if older is None and len(self._waiting) >= MOST_WAITING:
                raise Busy("Others are being drawn just now.")
            if self._thread is None:
                thread = threading.Thread(target=self._work, name="live drawing", daemon=True)
                thread.start()
                self._thread = thread
            self._waiting[owner] = wanted
            self._changed.notify()
        if older is not None and older.picture.set_running_or_notify_cancel():
            older.picture.set_exception(Cancelled())
        return wanted.picture

    def _work(self) -> None:
        if hasattr(os, "setpriority"):
            with suppress(OSError):  # before torch starts threads of its own here, which inherit it
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _BEHIND)
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                _, wanted = self._waiting.popitem(last=False)
            self._draw(wanted)
            del wanted  # nothing of anybody is held while nobody is drawn

    def _draw(self, wanted: _Wanted) -> None:
        if not wanted.picture.set_running_or_notify_cancel():
            return
        try:
            if wanted.is_over():
                raise Cancelled()
            if self._drawer is None:
                self._drawer = self._load()
            wanted.picture.set_result(_draw(self._drawer, wanted.look, wanted.is_over))
        except Exception as error:  # whoever waits is told; the queue goes on
            wanted.picture.set_exception(error.with_traceback(None))
