"""A studio of the benchmark's own, in a process of its own, reached from this machine alone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_LONGEST = 120  # seconds until the first page


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def running(port: int, command: Sequence[str] = (sys.executable, "app.py")) -> Iterator[subprocess.Popen[bytes]]:
    """A process that serves a page at a port of this machine, from its first answer to the end of the block.

    Raises:
        RuntimeError: where it does not answer within two minutes.
    """
    environment = {
        **os.environ,  # the studio is started as its user would
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_ANALYTICS_ENABLED": "False",
    }
    process = subprocess.Popen(
        command, cwd=_ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        _wait(process, port, command)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stderr.close()


def _wait(process: subprocess.Popen[bytes], port: int, command: Sequence[str]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    started = time.perf_counter()
    while time.perf_counter() - started < _LONGEST:
        if process.poll() is not None:
            raise RuntimeError(f"{command[-1][:40]!r} stopped: {process.stderr.read().decode()[-500:]}")
        try:
            with opener.open(f"http://127.0.0.1:{port}/", timeout=30) as page:
                page.read()
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError(f"{command[-1][:40]!r} did not answer within two minutes.")
