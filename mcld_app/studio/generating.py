"""Drawing with a model: from what a visitor asks for to what their page is told, step by step."""

from __future__ import annotations

import math
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mcld_app import models
from mcld_app.body.head import crop_head
from mcld_app.editing import Look, draw
from mcld_app.errors import Cancelled, StudioError
from mcld_app.request import MAX_SEED, Conditions, Drawn, Job, Progress, Settings
from mcld_app.studio import view
from mcld_app.studio.answers import sentence
from mcld_app.studio.desk import Desk, Visit

MOST_WAITING = 3
_SECONDS_BETWEEN = 0.05  # news that come faster than anybody can look at them only keep the line busy

Drawing = Callable[[str, list[Job], Settings, str], Iterator[Progress | list[Drawn]]]


@dataclass(frozen=True, eq=False)
class Order:
    """A picture asked for: all that it needs, as it was when the button was pressed.

    Attributes:
        run: the page's number for it.
        model, job, settings: see `drawing.draw`.
        look: what `view.look_key` says of the look it shows.
        stop: once this file exists, nobody wants the picture any more.
    """

    run: int
    model: str
    job: Job
    settings: Settings
    look: str
    stop: Path


@dataclass(frozen=True, eq=False)
class Generated:
    """The last picture a model drew for a visitor: (H, W, 3) uint8 RGB, and what its file says about it."""

    picture: np.ndarray = field(repr=False)
    model: str
    details: str


def conditions_of(look: Look) -> Conditions:
    """What the network is given for a look: the photo with the clothes that were put on painted over it, the texture
    map and which of it is no guess, the pose, and the head for a model that takes the face from it itself."""
    photo = draw(replace(look, pose=None)).picture if look.worn else look.person.photo
    head, seen = crop_head(look.person.photo, look.person.iuv), look.outfit.seen.coverage
    return Conditions(photo, look.texture.image, draw(look).iuv, head=head, coverage=seen)


def take(visit: Visit, desk: Desk, data: Mapping[str, Any]) -> Order:
    """Note down what the page asks for.

    Raises:
        StudioError: where it asks for something that cannot be, or for too much at once.
    """
    if len(visit.orders) >= MOST_WAITING:
        raise StudioError("Several pictures of yours are waiting already. Wait for one, then ask for the next.")
    run = data.get("run")
    if not isinstance(run, int) or not 0 <= run < 2**53:
        raise StudioError("The page sent something the studio does not understand. Reload the page.")
    model = str(data.get("model") or "")
    models.model_named(model)  # says so where there is none
    settings = Settings(
        steps=data.get("steps"),
        guidance=data.get("guidance"),
        face_scale=data.get("face"),
        scheduler=data.get("scheduler"),
    )
    order = Order(
        run=run,
        model=model,
        job=Job(conditions_of(desk.look), _seed(data.get("seed"))),
        settings=settings,
        look=view.look_key(desk.look, draw(desk.look)),
        stop=_stops() / uuid.uuid4().hex,
    )
    visit.orders[run] = order
    return order


def stop(visit: Visit, data: Mapping[str, Any]) -> None:
    """Stop drawing, or do not begin."""
    order = visit.orders.get(data.get("run"))
    if order is not None:
        order.stop.touch()


def news(visit: Visit, run: object, drawing: Drawing) -> Iterator[dict[str, Any]]:
    """Draw what was asked for, and what the page is told meanwhile. Whatever happens, it is told an end: "done",
    "stopped" or "failed". Whoever closes this stream stops the drawing."""
    order = visit.orders.get(run) if isinstance(run, int) else None
    if order is None:
        yield {"run": run, "state": "stopped"}
        return
    try:
        if order.stop.exists():
            raise Cancelled()
        yield {"run": run, "state": "start", "loading": not models.engine_for(order.model).is_loaded}
        yield from _steps(visit, order, drawing)
    except GeneratorExit:
        order.stop.touch()  # and there it stays: the one who draws has yet to see it
        raise
    except Cancelled:
        yield {"run": run, "state": "stopped"}
    except Exception as error:
        yield {"run": run, "state": "failed", "text": sentence(error)}
    finally:
        visit.orders.pop(order.run, None)
    order.stop.unlink(missing_ok=True)


def _steps(visit: Visit, order: Order, drawing: Drawing) -> Iterator[dict[str, Any]]:
    first = told = 0.0
    for item in drawing(order.model, [order.job], order.settings, str(order.stop)):
        now = time.monotonic()
        if isinstance(item, Progress):
            first = first or now
            if now - told < _SECONDS_BETWEEN and item.step < item.steps:
                continue
            told = now
            left = (now - first) / (item.step - 1) * (item.steps - item.step) if item.step > 1 else None
            yield {
                "run": order.run,
                "state": "step",
                "step": item.step,
                "steps": item.steps,
                "left": None if left is None else math.ceil(left),
                "preview": view.jpeg(item.previews[0]) if item.previews else None,
            }
        else:
            label = models.model_named(order.model).name
            visit.drawn = Generated(item[0].picture, label, _details(order))
            yield {
                "run": order.run,
                "state": "done",
                "picture": view.jpeg(item[0].picture, 95),
                "look": order.look,
                "alt": f"Drawn by {label}, seed {item[0].seed}",
            }


def _details(order: Order) -> str:
    settings = order.settings
    return (
        f"seed {order.job.seed}, {settings.steps} steps, guidance {settings.guidance:g}, "
        f"face weight {settings.face_scale:g}, {settings.scheduler}"
    )


def _seed(said: object) -> int:
    """The seed as the page sends it, in digits: a browser's own numbers end at 2**53."""
    text = str(said).strip()
    if not (text.isdecimal() and len(text) <= 19 and int(text) <= MAX_SEED):
        raise StudioError(f"A seed is a whole number from 0 to {MAX_SEED}.")
    return int(text)


@lru_cache(maxsize=1)
def _stop_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="mcld-stop-", ignore_cleanup_errors=True)


def _stops() -> Path:
    """The folder of stop files, for as long as the studio runs. A file, because on ZeroGPU another process looks."""
    return Path(_stop_folder().name)
