"""The time from starting the studio to its first page, beside a bare Gradio app: `python -m mcld_app.bench.startup`.

Both are started in turn, several times, each in a process of its own, and asked for their page over and over. The
median of the waits is what counts, and the target is a ratio, because importing gradio alone takes seconds.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass

from mcld_app.bench.own_studio import free_port, running

_BARE = """
import gradio as gr
with gr.Blocks() as demo:
    gr.Button("Go")
demo.launch(server_name="127.0.0.1", server_port={port}, quiet=True)
"""
TARGET = 1.3


@dataclass(frozen=True)
class PageTimes:
    """Seconds from start to first page, one for each round."""

    studio: tuple[float, ...]
    bare: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The studio's median over the bare app's."""
        return statistics.median(self.studio) / statistics.median(self.bare)

    def __str__(self) -> str:
        studio, bare = statistics.median(self.studio), statistics.median(self.bare)
        return (
            f"start to first page, median of {len(self.studio)}: studio {studio:.2f} s, bare Gradio app {bare:.2f} s, "
            f"ratio {self.ratio:.2f} (target {TARGET})"
        )


def measure_page(rounds: int = 5) -> PageTimes:
    """Time both, in turn so that a busy moment of the machine meets both, after one round that is not counted.

    Raises:
        RuntimeError: where one of them does not answer within two minutes.
    """
    studio, bare = [], []
    for k in range(rounds + 1):
        port = free_port()
        pair = (_seconds([sys.executable, "-c", _BARE.format(port=port)], port), _seconds([sys.executable, "app.py"]))
        if k:  # the first fills the disk's cache
            bare.append(pair[0])
            studio.append(pair[1])
    return PageTimes(tuple(studio), tuple(bare))


def _seconds(command: list[str], port: int | None = None) -> float:
    started = time.perf_counter()
    with running(port or free_port(), command):
        return time.perf_counter() - started


if __name__ == "__main__":
    print(measure_page())
