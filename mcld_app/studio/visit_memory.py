"""What a visit takes in memory, and how it takes less: undo remembers edits rather than pictures, and where that is not
enough, what is oldest goes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from mcld_app.editing import Garment, Look
from mcld_app.editing.appearance import Appearance
from mcld_app.editing.person import Person
from mcld_app.studio.drawn_pictures import newest
from mcld_app.studio.orders import Generated
from mcld_app.studio.state import EditorState

MOST_OF_A_VISIT = 200 << 20
"""Bytes."""
_ROOM = 0.8  # of that, to which a visit is made lighter: else each action would say it again
_WORKED_OUT = ("seen", "shown_by", "shells", "changed", "donors", "_filled", "_sources")
"""Of an appearance, what its edits and the one below give again."""
_LIGHT, _SHORT = frozenset({int, float, bool, type(None), np.float32, np.float64}), 200
_QUICK = ("changed", "donors", "_filled", "_sources")
_EVERY = 8
"""Of the looks that undo remembers, each eighth keeps its texture map, so that few edits are worked out again."""
_AGAIN = (
    "pixels", "_at_hem", "_astray", "filled", "bare_head", "picture", "picture_iuv", "background", "shells", "face",
    "standing", "silhouette", "cloth", "worked_out", "_exact",
)  # fmt: skip
"""Of a person, what their photo gives again."""


def bytes_of(*things: Any) -> int:
    """Bytes of all arrays, long texts and files in some plain data, each once. What all visitors share, the samples and
    what is worked out of these alone, does not count."""
    found, shared = _sizes(things)
    common, _ = _sizes(shared, through=True)
    return sum(size for place, size in found.items() if place not in common)


def _sizes(things: Iterable[Any], *, through: bool = False) -> tuple[dict[int, int], list[Any]]:
    """The size of each thing within others, by its id, and the samples among them, which are looked into only where
    `through` is set."""
    sizes: dict[int, int] = {}
    shared: list[Any] = []
    waiting = list(things)
    while waiting:
        thing = waiting.pop()
        kind = type(thing)
        if kind in _LIGHT or (kind is str and len(thing) < _SHORT):  # thousands of them in a visit
            continue
        while kind is np.ndarray and isinstance(thing.base, np.ndarray):
            thing = thing.base
        place = id(thing)
        if place in sizes:
            continue
        sizes[place] = 0
        if kind is np.ndarray:
            sizes[place] = thing.nbytes
        elif isinstance(thing, bytes | bytearray | str):
            sizes[place] = len(thing)
        elif isinstance(thing, dict):
            waiting += thing
            waiting += thing.values()
        elif isinstance(thing, list | tuple | set | frozenset):
            waiting += thing
        elif hasattr(kind, "__dataclass_fields__"):
            if not through and _is_shared(thing):
                shared.append(thing)
            else:
                waiting += getattr(thing, "__dict__", {}).values()
    return sizes, shared


def _is_shared(thing: Any) -> bool:
    if isinstance(thing, Person):
        return bool(thing.sample)
    if isinstance(thing, Garment):
        return bool(thing.donor.sample)
    return isinstance(thing, Appearance) and not thing.edits and bool(thing.person.sample) and not thing.others


def rest(state: EditorState) -> None:
    """Let the looks that only undo and redo remember forget what is worked out again from their edits."""
    history = state.history
    now = history.now.appearance
    met, since = {now, now.below}, _EVERY
    looks = (*history.before, *history.after, history.now)
    for appearance in (look.appearance for look in looks):
        if appearance not in met and appearance.edits:
            met.add(appearance)
            keeps = since >= _EVERY and "seen" in vars(appearance)
            _forget(appearance, _QUICK if keeps else _WORKED_OUT)
            since = 1 if keeps else since + 1
    for appearance in (below for look in looks for below in _chain(look)):
        if appearance not in met and appearance.edits:
            met.add(appearance)
            _forget(appearance, _WORKED_OUT)


def rest_looks(looks: Iterable[Look], state: EditorState) -> None:
    """Let looks forget what is worked out again from their edits, but not what the visitor's own look is built on."""
    met = set(_chain(state.look))
    for appearance in (each for look in looks for each in _chain(look)):
        if appearance not in met and appearance.edits:
            met.add(appearance)
            _forget(appearance, _WORKED_OUT)


def lightened(
    state: EditorState, results: Iterable[Generated] = (), most: int | None = None
) -> tuple[EditorState, list[Generated], str]:
    """A visit that takes no more than `most` bytes, MOST_OF_A_VISIT where none are given: the oldest looks to undo go
    first, then what people's photos give again, the oldest drawn pictures, and the visitor's own people that are not on
    the page, the oldest first.

    Returns:
        The editor state, the drawn pictures, and what to say of it; "" where nothing was let go of.
    """
    results, most = list(results), MOST_OF_A_VISIT if most is None else most
    if bytes_of(state, results) <= most:
        return state, results, ""
    rest(state)
    most = int(most * _ROOM)
    steps, drawn, people = len(state.history.before), len(results), len(state.own) + len(state.own_garments)
    for lighter in _ways(state, results):
        state, results = lighter.state, lighter.results
        if bytes_of(state, results) <= most:
            break
    gone = [
        _so_many(steps - len(state.history.before), "step of undo", "steps of undo"),
        _so_many(drawn - len(results), "drawn picture", "drawn pictures"),
        _so_many(people - len(state.own) - len(state.own_garments), "photo of yours", "photos of yours"),
    ]
    told = ", ".join(each for each in gone if each)
    return state, results, f"To save memory the oldest were let go of: {told}." if told else ""


def _ways(state: EditorState, results: list[Generated]) -> Iterator[SimpleNamespace]:
    """Lighter and lighter visits."""
    history = state.history
    while history.before or history.after:
        before = history.before[max(len(history.before) // 4, 1) :]
        history = replace(history, before=before, after=() if not before else history.after)
        state = replace(state, history=history)
        rest(state)
        yield SimpleNamespace(state=state, results=results)
    on_the_page = {state.look.person, *state.look.appearance.others}
    for person in state.own:
        if person not in on_the_page:
            _forget(person, _AGAIN)
    yield SimpleNamespace(state=state, results=results)
    while len(results) > 1:
        results = newest(results, len(results) - max(len(results) // 4, 1))
        yield SimpleNamespace(state=state, results=results)
    while state.own_garments or any(person not in on_the_page for person in state.own):
        oldest = next((person for person in state.own if person not in on_the_page), None)
        own = tuple(person for person in state.own if person is not oldest)
        state = replace(state, own=own, own_garments=state.own_garments[1:])
        yield SimpleNamespace(state=state, results=results)


def _chain(look: Look) -> Iterator[Appearance]:
    appearance: Appearance | None = look.appearance
    while appearance is not None:
        yield appearance
        appearance = appearance.below


def _forget(thing: Any, names: Iterable[str]) -> None:
    for name in names:
        vars(thing).pop(name, None)


def _so_many(count: int, one: str, more: str) -> str:
    return "" if count <= 0 else f"{count} {one if count == 1 else more}"


_one_at_a_time = threading.Lock()


def give_back() -> None:
    """Give the memory that nobody uses any more back to the system, which glibc keeps else. A tenth of a second."""
    import ctypes
    import gc

    with _one_at_a_time:
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):  # another C library, which does so by itself or cannot
            ctypes.CDLL("libc.so.6").malloc_trim(0)


def resident_bytes() -> int:
    """What this process takes of main memory."""
    import psutil

    return psutil.Process().memory_info().rss
