"""Drawing with a model: from what a visitor asks for to what their page is told, step by step, and what is kept."""

from __future__ import annotations

import math
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from mcld_app.deployment import on_zerogpu
from mcld_app.editing import Look
from mcld_app.editing.recipe import Recipe
from mcld_app.editing.series import series_of
from mcld_app.engine import registry
from mcld_app.engine.worker import DrawFunction
from mcld_app.errors import Cancelled, StudioError
from mcld_app.request import MAX_COUNT, MAX_PICTURES, MAX_SEED, MAX_SERIES, Drawn, Progress, Settings, within
from mcld_app.studio.drawn_pictures import newest, result_of
from mcld_app.studio.messages import NOT_UNDERSTOOD, sentence
from mcld_app.studio.orders import Generated, Order
from mcld_app.studio.pictures import jpeg
from mcld_app.studio.session import Session
from mcld_app.studio.state import FITTING, EditorState

MOST_WAITING = 3
_SECONDS_BETWEEN = 0.05  # news that come faster than anybody can look at them only keep the line busy

VARIATIONS = 4
"""Seeds that a drawn picture is varied with."""

def take(session: Session, state: EditorState, data: Mapping[str, Any]) -> Order:
    """Note down what the page asks for: the look in the editor state with the fields of the page, or a drawn picture
    with other seeds, see `_variation`.

    Raises:
        StudioError: where it asks for something that cannot be, or for too much at once.
    """
    run = run_of(session, data)
    if "vary" in data:
        order = session.orders[run] = _variation(session, run, data)
        return order
    model = registry.choose(str(data.get("model") or ""))
    registry.model_named(model)  # says so where there is none
    settings = settings_of(state, data)
    looks, chosen = _looks(state, data), seeds_of(data)
    count = len(chosen)
    most = MAX_SERIES if len(looks) > 1 else MAX_PICTURES
    if len(looks) * count > most:
        raise StudioError(f"That would be {len(looks) * count} pictures; at most {most} are drawn at once.")
    seeds = tuple(seed for seed in chosen for _ in looks)
    order = order_of(model, settings, state.look, tuple(looks) * count, seeds, run, session.owner)
    order = replace(order, pace=state.pace)
    session.orders[run] = order
    return order


def run_of(session: Session, data: Mapping[str, Any]) -> int:
    """The page's number for what it asks for; StudioError where there is none, or too much is waiting already."""
    if len(session.orders) >= MOST_WAITING:
        raise StudioError("Several pictures of yours are waiting already. Wait for one, then ask for the next.")
    run = data.get("run")
    if not isinstance(run, int) or not 0 <= run < 2**53:
        raise StudioError(NOT_UNDERSTOOD)
    return run


def _variation(session: Session, run: int, data: Mapping[str, Any]) -> Order:
    """A drawn picture once more, {vary: its id, seed}, with seeds of its own; by the same model, drawn as it was.

    Raises:
        StudioError: where it, or its model, is not there any more.
    """
    result = result_of(session, {"id": str(data["vary"])})
    recipe = result.recipe
    usual = registry.model_named(recipe.model).usual
    first = seed_of(data.get("seed"))
    seeds = tuple((first + k) % (MAX_SEED + 1) for k in range(VARIATIONS))
    looks = (recipe.look,) * VARIATIONS
    return order_of(recipe.model, recipe.settings_for(usual), None, looks, seeds, run, session.owner)


def settings_of(state: EditorState, data: Mapping[str, Any]) -> Settings:
    """The settings as the page's fields stand.

    Raises:
        StudioError: where one is out of range.
    """
    return Settings(
        steps=data.get("steps"),
        guidance=data.get("guidance"),
        scheduler=data.get("scheduler"),
        focus=data.get("focus") is True,
        fill_holes=data.get("fill_holes") is True,
    )


def seeds_of(data: Mapping[str, Any]) -> tuple[int, ...]:
    """The seeds of all pictures asked for: the one in the page's field, and those after it.

    Raises:
        StudioError: where the field holds none, or so many pictures are not drawn.
    """
    first, count = seed_of(data.get("seed")), data.get("count", 1)
    within("The number of pictures", count, 1, MAX_COUNT, whole=True)
    return tuple((first + k) % (MAX_SEED + 1) for k in range(count))


def order_of(
    model: str,
    settings: Settings,
    asked: Look | None,
    looks: tuple[Look, ...],
    seeds: tuple[int, ...],
    run: int = 0,
    owner: str = "",
) -> Order:
    """An order with a stop file of its own: one look for each seed, all of the look that was asked for; where that is
    None, each picture was asked for by itself."""
    return Order(run, model, settings, asked, looks, seeds, new_stop(), owner)


def _looks(state: EditorState, data: Mapping[str, Any]) -> list[Look]:
    """The look in the editor state, or in all poses of the series."""
    if state.fitting is not None:
        raise StudioError(FITTING)
    if data.get("series") is not True:
        return [state.look]
    poses = series_of(state.series, state.between)
    if len(poses) < 2:
        raise StudioError("A series wants two poses at least. Add poses to it under “Pose”, then generate it.")
    return [replace(state.look, pose=pose) for pose in poses]


def stop(session: Session, data: Mapping[str, Any]) -> None:
    """Stop drawing, or do not begin."""
    order = session.orders.get(data.get("run"))
    if order is not None:
        order.stop.touch()


def news(session: Session, run: object, drawing: DrawFunction) -> Iterator[dict[str, Any]]:
    """Draw what was asked for, and what the page is told meanwhile. Whatever happens, it is told an end: "done",
    "stopped" or "failed". Whoever closes this stream stops the drawing."""
    order = session.orders.get(run) if isinstance(run, int) else None
    if order is None:
        yield {"run": run, "state": "stopped"}
        return
    session.drawing += 1
    try:
        if order.stop.exists():
            raise Cancelled()
        yield {"run": run, "state": "start", "loading": _loads(order.model)}
        yield from _steps(session, order, drawing)
    except GeneratorExit:
        order.stop.touch()  # and there it stays: the one who draws has yet to see it
        raise
    except Cancelled:
        yield {"run": run, "state": "stopped"}
    except Exception as error:
        yield {"run": run, "state": "failed", "text": sentence(error)}
    finally:
        session.drawing -= 1
        if session.orders.get(order.run) is order:  # the session may have been emptied, and have another of that number
            session.orders.pop(order.run, None)
    order.stop.unlink(missing_ok=True)


def _loads(model: str) -> bool:
    """Whether drawing begins with loading, as far as this process can tell: on ZeroGPU it cannot."""
    return not on_zerogpu() and not registry.has_loaded(model)


def _steps(session: Session, order: Order, drawing: DrawFunction) -> Iterator[dict[str, Any]]:
    first = told = begun = 0.0
    for item in drawing(order.model, order.jobs(), order.settings, str(order.stop), order.owner):
        now = time.monotonic()
        if isinstance(item, Progress):
            first = first or now
            if now - told < _SECONDS_BETWEEN and item.step < item.steps:
                continue
            told = now
            begun = begun or item.share
            rate = (item.share - begun) / (now - first) if now > first else 0.0
            yield {
                "run": order.run,
                "state": "step",
                "step": item.step,
                "steps": item.steps,
                "done": item.done,
                "jobs": item.jobs,
                "share": item.share,
                "left": math.ceil((1 - item.share) / rate) if rate else None,
                "preview": jpeg(item.step_pictures[0]) if item.step_pictures else None,
            }
        else:
            yield {"run": order.run, "state": "done", "results": _finished(session, order, item)}


def _finished(session: Session, order: Order, drawn: list[Drawn]) -> list[dict[str, Any]]:
    """Keep what was drawn, and say it to the page: the first picture first.

    Raises:
        Cancelled: where the drawing was stopped, or the session emptied, while the pictures were on their way.
    """
    label, made = registry.model_named(order.model).name, []
    for look, one in zip(order.looks, drawn, strict=True):
        told = {name: getattr(one, name) for name in ("device", "dtype", "batch", "fallback")}
        recipe = Recipe(look, replace(order.settings, focus=False), (one.seed,), order.model, told)
        asked = order.asked or look
        made.append(Generated(uuid.uuid4().hex, order.run, asked, one.picture, one.focus, recipe, label, order.pace))
    with session.lock:
        if order.stop.exists():  # `Session.empty`, too, makes it, with the same lock held
            raise Cancelled()
        session.results = newest([*session.results, *made])
    return [result.for_page() for result in made]


def seed_of(said: object) -> int:
    """The seed as the page sends it, in digits: a browser's own numbers end at 2**53."""
    text = str(said).strip()
    if not (text.isdecimal() and len(text) <= 19 and int(text) <= MAX_SEED):
        raise StudioError(f"A seed is a whole number from 0 to {MAX_SEED}.")
    return int(text)


def new_stop() -> Path:
    """A file that is not there yet: once it is, something long has to stop."""
    return _stops() / uuid.uuid4().hex


@lru_cache(maxsize=1)
def _stop_folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="mcld-stop-", ignore_cleanup_errors=True)


def _stops() -> Path:
    """The folder of stop files, for as long as the studio runs. A file, because on ZeroGPU another process looks."""
    return Path(_stop_folder().name)
