"""Draw with progress: the engine's call as a stream of news that ends with the pictures.

The same function serves a local GPU, any CPU and a ZeroGPU Space. There it runs in a process of its own: what goes in
is pickled, caches made inside are lost, and a stop must cross over, so it is a file that appears.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from mcld_app.errors import Cancelled, StudioError
from mcld_app.request import Drawn, Job, Progress, Settings

_SECONDS_PER_STEP = 0.12  # of one 512 x 512 picture with guidance on a data-centre GPU, generously
_SECONDS_TO_ENCODE = 4
_LONGEST = 300


def seconds_needed(model: str, jobs: Sequence[Job], settings: Settings, stop: str) -> int:
    """How long a GPU is asked for, in seconds: what a ZeroGPU Space reserves. Same arguments as `draw`."""
    drawing = len(jobs) * settings.steps * _SECONDS_PER_STEP * (2 if settings.guidance > 1 else 1) / 2
    people = len({id(job.conditions.photo) for job in jobs})
    return int(min(_SECONDS_TO_ENCODE * people + drawing + 10, _LONGEST))


def draw(model: str, jobs: Sequence[Job], settings: Settings, stop: str) -> Iterator[Progress | list[Drawn]]:
    """Draw pictures and tell how it goes.

    Args:
        model: a name of `models.available`.
        jobs, settings: see `Engine.generate`.
        stop: path of a file; once it exists, drawing stops at the next step. It is created where the caller closes
            this iterator early.

    Yields:
        `Progress` after each step, and in the end the list of `Drawn`.

    Raises:
        Cancelled: where the file appeared.
        StudioError: see `Engine.generate`.
    """
    news: queue.SimpleQueue[Progress | list[Drawn] | BaseException] = queue.SimpleQueue()
    flag = Path(stop)

    def work() -> None:
        try:
            from mcld_app.models import engine_for

            news.put(engine_for(model).generate(jobs, settings, on_progress=news.put, cancelled=flag.exists))
        except BaseException as error:  # handed on below, in the caller's thread
            news.put(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    try:
        while True:
            item = news.get()
            if isinstance(item, StudioError):
                raise item
            if isinstance(item, BaseException):
                raise StudioError("Drawing failed for a reason of the program's own. Your edits are kept.") from item
            yield item
            if isinstance(item, list):
                return
    except GeneratorExit:
        flag.touch()
        raise


def drawer():
    """`draw`, on a ZeroGPU Space wrapped so that it gets a GPU for as long as `seconds_needed` says."""
    if os.environ.get("SPACES_ZERO_GPU"):
        import spaces

        return spaces.GPU(duration=seconds_needed)(draw)
    return draw


__all__ = ["Cancelled", "draw", "drawer", "seconds_needed"]
