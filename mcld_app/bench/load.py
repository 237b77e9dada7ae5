"""Many visitors at once: how long an edit takes until its picture is there, while others edit, upload and draw.

Each visitor opens the page and then edits at a steady pace, whether the answer before has come or not, as people do;
what follows an answer by itself (`Panel.turn`) is asked for beside it. Who draws is one more visitor, who has the next
picture drawn as soon as one is done.
"""

from __future__ import annotations

import base64
import math
import random
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException

from mcld_app.bench.machine_use import MachineUse, watched
from mcld_app.bench.own_studio import free_port, running
from mcld_app.bench.page_events import PATIENCE, EventFailed, Layout, PageEvents
from mcld_app.errors import StudioError

MOST_VISITORS = 100
MOST_SECONDS = 600
EVERY_UPLOAD = 20
"""Each so-manyth of what a visitor does is to bring a photo of their own."""

_COLOURS = ("#1d1d1f", "#2f6bb3", "#1f8a83", "#e0b13c", "#b8322f", "#6b4a8f", "#cdb899", "#3f7d46")
_DRAWING = {"model": "bundled", "steps": 50, "guidance": 3.5, "scheduler": "ddim"}
_PHOTO_HEIGHT = 1600  # pixels: what a phone's photo is made to before it is sent


@dataclass(frozen=True)
class Plan:
    """What is to happen.

    Attributes:
        visitors: how many edit.
        every: seconds from one edit of a visitor to the next.
        seconds: how long, once all have opened the page.
        drawing: whether one more visitor draws all the time.
        seed: of what they do.
    """

    visitors: int = 20
    every: float = 5.0
    seconds: float = 60.0
    drawing: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises StudioError for more than a machine should be asked for by itself."""
        if not (1 <= self.visitors <= MOST_VISITORS and 0.1 <= self.every <= 600 and 1 <= self.seconds <= MOST_SECONDS):
            raise StudioError(
                f"From 1 to {MOST_VISITORS} visitors, for at most {MOST_SECONDS} seconds, each with an edit every 0.1 "
                "to 600 seconds."
            )


@dataclass
class Heard:
    """What was measured: seconds of each answer, by what was asked, and what failed. Shared by all visitors."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    pictures_drawn: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def timed(self, what: str, work: Callable[[], Mapping[str, object]], *, wants_picture: bool = False) -> None:
        """Do something and note how long it took; or that it failed, for the page has to show a picture then."""
        begun = time.perf_counter()
        try:
            values = work()
            stage, notice = values.get("stage"), values.get("notice")
            problem = ""
            if wants_picture and not (isinstance(stage, dict) and stage.get("picture")):
                problem = f"no picture; {(notice or {}).get('text', '') if isinstance(notice, dict) else ''}"
        except (OSError, HTTPException, EventFailed) as error:
            problem = f"{type(error).__name__} {error}"
        with self.lock:
            if problem:
                self.failures.append(f"{what}: {problem}")
            else:
                self.seconds.setdefault(what, []).append(time.perf_counter() - begun)


class Guest:
    """A visitor who edits."""

    def __init__(self, layout: Layout, port: int, number: int, plan: Plan, heard: Heard) -> None:
        self._page = PageEvents(layout, port, f"load-{plan.seed}-{number}")
        self._layout, self._heard = layout, heard
        self._random = random.Random(f"{plan.seed}-{number}")
        self._done = number * 7  # so that they do not all bring their photos at the same time
        self._pose = ""
        self._following = ThreadPoolExecutor(1)

    def open(self) -> None:
        """Open the page: the page itself, and its first answer."""
        self._heard.timed("page", lambda: {"bytes": self._page.open()})
        loading = self._layout.event("", "load")
        self._heard.timed("first answer", lambda: self._page.begin(loading), wants_picture=True)
        self._page.rest(loading)

    def does_something(self) -> None:
        """An edit, or a photo of their own now and then."""
        self._done += 1
        if self._done % EVERY_UPLOAD == 0:
            self._do("upload", "upload", "agree", on=True)
            self._do("upload", "upload", "use", wants_picture=True, **self._photo())
            return
        self._do("edit", *self._random.choices(
            [self._other_pose, self._garment, self._colour], [4, 3, 3])[0](), wants_picture=True)  # fmt: skip

    def close(self) -> None:
        """Leave."""
        self._following.shutdown(cancel_futures=True)

    def _do(self, what: str, element: str, event: str, data: Mapping[str, object] | None = None, *,
            wants_picture: bool = False, **more: object) -> None:  # fmt: skip
        wired, sent = self._layout.event(element, event), {**(data or {}), **more}
        what = what if wants_picture else f"{what}: {event}"
        self._heard.timed(what, lambda: self._page.begin(wired, sent), wants_picture=wants_picture)
        self._following.submit(self._follow, wired)

    def _follow(self, event: Mapping[str, object]) -> None:
        self._heard.timed("what follows", lambda: self._page.rest(event))

    def _other_pose(self) -> tuple[str, str, dict[str, object]]:
        from mcld_app.body.mannequin.pose import named_poses

        self._pose = self._random.choice([name for name in named_poses() if name != self._pose])
        return "pose-picker", "pick", {"id": self._pose}

    def _garment(self) -> tuple[str, str, dict[str, object]]:
        from mcld_app.editing import samples

        chosen = self._random.choice(list(samples.garments()))
        return "stage", "wear", {"id": chosen, "region": samples.garments()[chosen].region}

    def _colour(self) -> tuple[str, str, dict[str, object]]:
        parts = [self._random.choice(range(1, 25))]
        return "cover", "cover", {"parts": parts, "colour": self._random.choice(_COLOURS), "scale": 12, "angle": 0}

    def _photo(self) -> dict[str, object]:
        """A photo that nobody has brought before: of a drawn person, with its map where nothing here finds people."""
        import cv2

        from mcld_app.editing import samples
        from mcld_app.perception.found_people import is_installed

        sample = self._random.choice(list(samples.people().values()))
        small = cv2.imread(str(sample.photo_path))
        large = cv2.resize(small, (round(_PHOTO_HEIGHT * small.shape[1] / small.shape[0]), _PHOTO_HEIGHT))
        large[:4] = self._random.randrange(256)
        photo = cv2.imencode(".jpg", large)[1].tobytes()
        files = {"photo": {"name": "me.jpg", "data": base64.b64encode(photo).decode()}}
        if not is_installed():
            files["iuv"] = {"name": "map.png", "data": base64.b64encode(sample.iuv_path.read_bytes()).decode()}
        return files


class Drawer:
    """A visitor who draws with the bundled model, one picture after another."""

    def __init__(self, layout: Layout, port: int, heard: Heard) -> None:
        self._page, self._layout, self._heard, self._runs = PageEvents(layout, port, "load-drawer"), layout, heard, 0

    def open(self) -> None:
        """Open the page, and stand in another pose."""
        loading = self._layout.event("", "load")
        self._page.begin(loading)
        self._page.begin(self._layout.event("pose-picker", "pick"), {"id": "arms-up"})

    def draw(self) -> None:
        """A picture, from the button to its end."""
        self._runs += 1
        ask = self._layout.event("generate", "ask")

        def whole() -> Mapping[str, object]:
            self._page.begin(ask, {"run": self._runs, "seed": str(self._runs), **_DRAWING})
            told = self._page.rest(ask).get("generate", {})
            if told.get("state") == "failed":
                raise EventFailed(told.get("text", ""))
            self._heard.pictures_drawn += told.get("state") == "done"
            return told

        self._heard.timed("drawing", whole)

    def stop(self) -> None:
        """Stop drawing."""
        with suppress(OSError, HTTPException, EventFailed):
            self._page.begin(self._layout.event("generate", "halt"), {"run": self._runs})


def measure_load(plan: Plan) -> str:
    """Start a studio, let the visitors in, and say how it went.

    Raises:
        RuntimeError: where the studio does not start.
    """
    port = free_port()
    with running(port) as process:
        return told(plan, *let_in(plan, port, process.pid))


def let_in(plan: Plan, port: int, process_id: int) -> tuple[Heard, MachineUse]:
    """Let the visitors into a studio that is served at a port of this machine, until their time is over."""
    heard, layout = Heard(), Layout.of(port)
    guests = [Guest(layout, port, number, plan, heard) for number in range(plan.visitors)]
    drawer = Drawer(layout, port, heard) if plan.drawing else None
    with ThreadPoolExecutor(4) as opening:  # they come one after another, not all in one moment
        list(opening.map(Guest.open, guests))
    if drawer is not None:
        drawer.open()
    over = time.monotonic() + plan.seconds
    editing = [threading.Thread(target=_visit, args=(guest, plan, over)) for guest in guests]
    drawing = [] if drawer is None else [threading.Thread(target=_draw, args=(drawer, over))]
    with watched(process_id) as use:
        for thread in (*drawing, *editing):
            thread.start()
        time.sleep(max(over - time.monotonic(), 0))
        if drawer is not None:
            drawer.stop()
        for thread in (*drawing, *editing):
            thread.join(2 * PATIENCE)
    for guest in guests:
        guest.close()
    return heard, use


def _visit(guest: Guest, plan: Plan, over: float) -> None:
    pause = random.Random(id(guest))
    due = time.monotonic() + pause.uniform(0, plan.every)
    while due < over:
        time.sleep(max(due - time.monotonic(), 0))
        guest.does_something()
        due += plan.every * pause.uniform(0.8, 1.2)


def _draw(drawer: Drawer, over: float) -> None:
    while time.monotonic() < over:
        drawer.draw()


def told(plan: Plan, heard: Heard, use: MachineUse) -> str:
    """The figures in words."""
    drawing = ", one more draws all the time" if plan.drawing else ""
    lines = [f"{plan.visitors} visitors for {plan.seconds:g} s, an edit every {plan.every:g} s{drawing}"]
    for what in ("page", "first answer", "edit", "upload", "what follows", "drawing"):
        if found := heard.seconds.get(what):
            lines.append(f"{what + ':':14}{_figures(found)}")
    lines += [
        f"failures: {len(heard.failures)}{''.join(f'{chr(10)}  {each[:160]}' for each in heard.failures[:5])}",
        f"pictures drawn: {heard.pictures_drawn}" if plan.drawing else "nobody drew",
        str(use),
    ]
    return "\n".join(lines)


def _figures(found: list[float]) -> str:
    middle, worst = statistics.median(found), max(found)
    return f"median {middle:6.2f} s, p95 {percentile(found, 95):6.2f} s, worst {worst:6.2f} s, {len(found)} in all"


def percentile(found: list[float], share: float) -> float:
    """The value that so many percent of some values reach at most: one of them, the nearest rank."""
    ordered = sorted(found)
    return ordered[max(math.ceil(len(ordered) * share / 100), 1) - 1]
