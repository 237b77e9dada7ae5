"""What all tests share: paths, a cache of their own, the running studio, and a browser."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from body_finder import need_body_finder
from get_chromium import find_chromium
from hypothesis import settings
from thorough import THOROUGH

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, BrowserType, Page
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

# Dozens of processes import the same modules: without what the first one compiled, each takes half a second longer.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180  # a slow disk may take a minute over the first import of gradio; normally it is 5 s
BROWSER_ARGUMENTS = [
    "--no-sandbox",  # Chromium refuses its sandbox to root, which is who runs tests in most containers
    "--disable-gpu",  # there is no card, and flat pages without WebGL cost a fifth less without one in software
    "--disable-background-networking",
    "--disable-features=SpareRendererForSitePerProcess",  # a process in reserve, for each page another one
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_LOOK_AT_THE_PAGE = ("tests/test_api.py", "tests/test_dispatcher.py", "tests/test_limits.py")
_STORED = "cookies,local_storage,indexeddb,cache_storage,service_workers"  # by a page; scripts stay in the cache

# Machines differ tenfold in speed, so no deadline. CI tries the same cases each time: red means a change.
settings.register_profile(
    "studio", deadline=None, derandomize="CI" in os.environ, max_examples=200 if THOROUGH else 30
)
settings.load_profile("studio")


@pytest.hookimpl(optionalhook=True)  # where pytest-xdist is
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """File by file, as ``--dist loadfile``, but all that look at a page in one process: each one more would start its
    own studio and its own browser, and work out again what both keep."""
    from xdist.scheduler import LoadFileScheduling

    class OnePage(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "page" if _looks_at_the_page(file) else file

    return OnePage(config, log)


def _looks_at_the_page(file: str) -> bool:
    return file.startswith("tests/browser/") or file in _LOOK_AT_THE_PAGE


def pytest_configure(config: pytest.Config) -> None:
    # Tables built from the charts go here, once for all runs, and never into the user's own cache. Set before
    # any test module is imported, and inherited by the studio that the tests start.
    os.environ["MCLD_CACHE_DIR"] = str(config.rootpath / ".pytest_cache" / "mcld")
    # Where a test changes how an engine draws, it is that of the process it runs in; the studio as it comes, and
    # test_drawing_process, draw in another; so it is with finding people, and test_finding_process.
    os.environ["MCLD_DRAWING"] = "page"
    os.environ["MCLD_FINDING"] = "page"
    from mcld_app.studio.serving import write_no_stubs

    write_no_stubs()
    import cut_off.sitecustomize  # noqa: F401  from here on this process reaches this machine alone


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What looks at the page first, which is half of all, then files with something slow in them, then those with many
    # tests: what begins last must be short, for workers wait for each other at the end. (Xdist's own order knows
    # numbers of tests alone.)
    tests = Counter(item.path for item in items)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    page = {item.path for item in items if _looks_at_the_page(item.nodeid.partition("::")[0])}
    items.sort(key=lambda item: (item.path not in page, item.path not in slow, -tests[item.path]))


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def reference() -> Path:
    """The reference data in the repository: what the authors' own code gave, see its README.md."""
    return ROOT / "tests" / "reference"


@pytest.fixture
def without_body_finder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here finds people in photos by itself."""
    monkeypatch.setattr("mcld_app.perception.found_people.is_installed", lambda: False)


@pytest.fixture(scope="session")
def body_finder() -> None:
    """The body finder, installed; a test that uses it also takes a moment to load it."""
    need_body_finder()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The larger folder of reference data beside the repository; where it is missing, tests that need it skip."""
    path = ROOT.parent / "shared"
    if not path.is_dir():
        pytest.skip(f"the reference data is not here: no folder {path}")
    return path


@dataclass(frozen=True)
class Studio:
    """A running studio: its address, and the file that takes all it prints."""

    url: str
    log_file: Path

    def log(self) -> str:
        """All the studio has printed so far, its tracebacks included."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class PacedStudio(Studio):
    """A running studio that draws as slowly as a test needs it, see `paced_studio`."""

    pace_file: Path

    @contextmanager
    def pace(self, seconds: float) -> Iterator[None]:
        """Drawings wait this long after each step, meanwhile; `math.inf`: at their first step."""
        written = self.pace_file.with_suffix(".new")
        written.write_text(str(seconds), "utf-8")
        written.replace(self.pace_file)  # in one go: the studio never reads half a number
        try:
            yield
        finally:
            self.pace_file.unlink()


@contextmanager
def run_studio(
    folder: Path,
    script: str = "tests/cold_studio.py",
    started: Callable[[subprocess.Popen[bytes]], None] | None = None,
    **extra: str,
) -> Iterator[Studio]:
    """``python app.py`` without its work in the background, or another script, on a free port of 127.0.0.1, answering;
    what it prints goes into the folder. `started` is told of its process, `extra` is added to its environment. It
    reaches nobody but this machine, and a test in which it tried to fails."""
    port = int(extra.get("GRADIO_SERVER_PORT", 0)) or _free_port()
    running = Studio(f"http://127.0.0.1:{port}", folder / "log.txt")
    calls = folder / "calls.txt"
    environment = {
        **os.environ,
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": str(port),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT / "tests" / "cut_off"), os.environ.get("PYTHONPATH")))),
        "MCLD_TEST_CALLS": str(calls),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        **extra,
    }
    with running.log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, script], cwd=ROOT, env=environment,
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )
    if started is not None:
        started(process)
    try:
        _wait_until_it_answers(running, process)
        yield running
    finally:
        _stop(process)
    assert not calls.exists(), f"the studio called other machines:\n{calls.read_text('utf-8')}"


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The studio as it comes, one for the whole run."""
    with run_studio(tmp_path_factory.mktemp("studio"), MCLD_DRAWING="process", MCLD_FINDING="process") as running:
        yield running


@pytest.fixture(scope="session")
def studio_with_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedStudio]:
    """A studio that has a model, called "tiny": real code and random weights, so its pictures show nothing. It can be
    made to draw slowly."""
    from tiny import tiny_pipeline

    from mcld_app.checkpoints import save_pipeline

    folder = tmp_path_factory.mktemp("drawing-studio")
    with pytest.MonkeyPatch.context() as patch:  # what a model's files are like is noted down where models are kept
        patch.setenv("MCLD_CHECKPOINTS", str(folder / "checkpoints"))
        save_pipeline(tiny_pipeline(), folder / "checkpoints" / "tiny")
    pace = folder / "pace"
    surroundings = {"MCLD_CHECKPOINTS": str(folder / "checkpoints"), "MCLD_TEST_PACE": str(pace)}
    with run_studio(folder, "tests/paced_studio.py", **surroundings) as running:
        yield PacedStudio(running.url, running.log_file, pace)


@pytest.fixture
def studio_without_model(tmp_path: Path) -> Iterator[Studio]:
    """A studio that has no model at all."""
    surroundings = {"MCLD_CHECKPOINTS": str(tmp_path / "checkpoints"), "MCLD_TEST_PACE": str(tmp_path / "pace")}
    with run_studio(tmp_path, "tests/paced_studio.py", **surroundings) as running:
        yield running


@pytest.fixture(scope="session")
def studio_url(studio: Studio) -> str:
    """The address of the running studio."""
    return studio.url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium to drive."""
    path = find_chromium()
    if path is None:
        pytest.fail("No Chromium found. Run `python tests/get_chromium.py` once, or `make test`, which does.")
    return path


@pytest.fixture(scope="session")
def chromium() -> Iterator[BrowserType]:
    """What starts a Chromium."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=15_000)  # milliseconds to wait for what must come; it passes as soon as it is there
    with sync_playwright() as playwright:
        yield playwright.chromium


@pytest.fixture(scope="session")
def browser(chromium: BrowserType, chromium_path: str) -> Iterator[Browser]:
    """A headless Chromium, one for the whole run."""
    started = chromium.launch(executable_path=chromium_path, headless=True, args=BROWSER_ARGUMENTS)
    yield started
    started.close()


@pytest.fixture(scope="session")
def profile(
    chromium: BrowserType, chromium_path: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """A browser's profile on the disk, one for the whole run: it keeps the page's compiled scripts, without which every
    page takes a second longer to open."""
    context = chromium.launch_persistent_context(
        tmp_path_factory.mktemp("profile"), executable_path=chromium_path, headless=True, args=BROWSER_ARGUMENTS,
        viewport={"width": 1280, "height": 900}, accept_downloads=True,
    )  # fmt: skip
    yield context
    context.close()


@pytest.fixture
def page(profile: BrowserContext) -> Iterator[Page]:
    """A fresh page of 1280 x 900 with nothing stored; an uncaught error in the page fails the test."""
    fresh = profile.new_page()
    errors: list[str] = []
    places: set[str] = set()
    fresh.on("pageerror", lambda error: errors.append(str(error)))
    fresh.on("framenavigated", lambda frame: places.add(frame.url))
    yield fresh
    for opened in profile.pages[1:]:  # the first is the profile's own: without any, the browser ends
        opened.close()
    profile.unroute_all()
    tools = profile.new_cdp_session(profile.pages[0])
    for origin in {f"{url.scheme}://{url.netloc}" for url in map(urlsplit, places) if url.netloc}:
        tools.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": _STORED})
    tools.detach()
    assert not errors, f"the page raised: {errors}"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_until_it_answers(running: Studio, process: subprocess.Popen[bytes]) -> None:
    # Not through a proxy that the environment may name: the studio is on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"app.py stopped by itself with code {process.returncode}:\n{running.log()[-4000:]}")
        try:
            with opener.open(running.url, timeout=10):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"app.py did not answer within {START_SECONDS} s:\n{running.log()[-4000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the studio and whatever it started itself."""
    if process.poll() is not None:
        return
    if os.name == "posix":
        os.killpg(process.pid, signal.SIGTERM)  # its own group, by start_new_session
    else:
        process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=10)
