"""Find a Chromium for the browser tests, or get one: ``python tests/get_chromium.py``.

In this order: one that is installed (Chromium, Chrome or Playwright's own), Debian's package when run as root
on a Debian-like Linux, Playwright's own download. Asks for nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """Return the path of a Chromium that can be started, or None."""
    return next((path for path in _candidates() if _starts(path)), None)


def get_chromium() -> str:
    """Return the path of a Chromium, installing one first where none is found.

    Raises SystemExit with a sentence for the user when every way fails.
    """
    path = find_chromium()
    for install in (_install_debian_package, _install_playwrights):
        if path is None and install():
            path = find_chromium()
    if path is None:
        raise SystemExit(
            "The browser tests need Chromium and none could be installed. Install Chromium or Google Chrome, "
            "then run the tests again."
        )
    return path


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, NAMES))
    if sys.platform == "darwin":
        for app in ("Chromium", "Google Chrome"):
            yield f"/Applications/{app}.app/Contents/MacOS/{app}"
    if sys.platform == "win32":
        for folder in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if folder in os.environ:
                yield str(Path(os.environ[folder], "Google", "Chrome", "Application", "chrome.exe"))
    yield from _playwrights()


def _playwrights() -> Iterator[str]:
    """Where Playwright keeps, or would keep, its own Chromium."""
    # In a process of its own: Playwright's synchronous API refuses to start inside a running event loop.
    code = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if answer.returncode == 0 and answer.stdout.strip():
        yield answer.stdout.strip()


def _starts(path: str) -> bool:
    if not Path(path).is_file():
        return False
    if not sys.platform.startswith("linux"):
        return True  # chrome.exe --version would open a window
    # Ubuntu's /usr/bin/chromium-browser may be a script that only says "install the snap".
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0


def _install_debian_package() -> bool:
    if not (sys.platform.startswith("linux") and os.geteuid() == 0 and shutil.which("apt-get")):
        return False
    print("Installing Debian's chromium ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-liberation"],
    )
    return all(_run(command, environment) for command in commands)


def _install_playwrights() -> bool:
    print("Installing Playwright's Chromium ...", flush=True)
    return _run([sys.executable, "-m", "playwright", "install", "chromium"], dict(os.environ))


def _run(command: list[str], environment: dict[str, str]) -> bool:
    """Run quietly; show what the command said only when it fails."""
    answer = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )
    if answer.returncode != 0:
        print(answer.stdout[-2000:], file=sys.stderr)
    return answer.returncode == 0


if __name__ == "__main__":
    print("Browser for the tests:", get_chromium())
