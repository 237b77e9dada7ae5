"""The studio as `app.py` serves it, except that tests say how long a drawing takes over each of its steps, and that
the bundled model is hidden, so that they say which models there are.

Live drawings wait once, before they begin.

The tests' model is so small that its drawings are over before anybody, a test included, can look at the page
meanwhile. The file that MCLD_TEST_PACE names holds the seconds to wait after each step ("inf": until that changes, or
until the drawing is cancelled); without that file drawings run as they do everywhere.
"""

from __future__ import annotations

import os
import runpy
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def paced(generate: Callable[..., Any], pace: Path) -> Callable[..., Any]:
    """`Engine.generate` at the pace that the file says."""

    @wraps(generate)
    def slower(engine, jobs, settings=None, *, on_progress=None, cancelled=lambda: False, **others):
        def step(progress) -> None:
            if on_progress is not None:
                on_progress(progress)
            since = time.monotonic()
            while time.monotonic() - since < _seconds(pace) and not cancelled():
                time.sleep(0.01)

        return generate(engine, jobs, settings, on_progress=step, cancelled=cancelled, **others)

    return slower


def waiting(draw: Callable[..., Any], pace: Path) -> Callable[..., Any]:
    """A live drawing that begins as late as the file says, unless nobody wants it any more."""

    @wraps(draw)
    def later(drawer, look, is_over):
        since = time.monotonic()
        while time.monotonic() - since < _seconds(pace) and not is_over():
            time.sleep(0.01)
        return draw(drawer, look, is_over)

    return later


def _seconds(pace: Path) -> float:
    try:
        return float(pace.read_text("utf-8"))
    except FileNotFoundError:
        return 0.0


if __name__ == "__main__":
    sys.path[0] = str(ROOT)  # in the place of tests/, as for `python app.py`
    from mcld_app.editing import samples
    from mcld_app.engine import live_queue, registry
    from mcld_app.engine.engine import Engine

    registry.bundled_folder = lambda: ROOT / "no bundled model"
    pace = Path(os.environ["MCLD_TEST_PACE"])
    Engine.generate = paced(Engine.generate, pace)
    live_queue._draw = waiting(live_queue._draw, pace)
    samples.make_ready = lambda: None  # nobody has asked for it
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")
