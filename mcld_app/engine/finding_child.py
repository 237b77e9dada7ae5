"""The process that finds people in photos: what runs in it. `finding_process` starts it, and says what it is told and
tells.

Of a photo nothing is left in it once all is told that was wanted. It ends with the process that started it, in the
middle of a photo, too: then there is nothing more to read.
"""

from __future__ import annotations

import gc
import io
import os
import pickle
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

from mcld_app.deployment import cores
from mcld_app.engine.child_lines import own_lines, step_behind
from mcld_app.errors import StudioError

if TYPE_CHECKING:
    import numpy as np

    from mcld_app.editing.person import Person
    from mcld_app.perception.found_people import FoundPeople

_BEHIND = 2  # nice value: after the page, before what is drawn
_MOST_BEGUN = 4  # people of whom the rest may wait for other photos: each is some ten megabytes


def serve() -> None:
    """Find people in what is read from the standard input until that ends, and tell it on the standard output."""
    asked, told = own_lines()
    import cv2

    from mcld_app.perception import detections  # noqa: F401 before there are two threads that import

    step_behind(_BEHIND)
    cv2.setNumThreads(max(1, cores() - 1))
    heard: queue.SimpleQueue[tuple[str, int, bytes]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked, heard.put), name="asked", daemon=True).start()
    photos = Photos(told)
    while True:
        while photos.are_done or not heard.empty():
            photos.hear(*heard.get())
        photos.go_on()


def _listen(asked: BinaryIO, take: Callable[[tuple[str, int, bytes]], None]) -> None:
    while True:
        try:
            take(pickle.load(asked))
        except Exception:  # nothing more to read
            os._exit(0)


class Photos:
    """The photos that were asked about: who is in them is told first, and what edits will need of the largest once no
    other photo waits, or somebody waits for it.

    Args:
        told: where the answers are written.
    """

    def __init__(self, told: BinaryIO) -> None:
        self._told = told
        self._asked: dict[int, bytes] = {}
        self._begun: dict[int, tuple[np.ndarray, FoundPeople]] = {}
        self._waited_for: set[int] = set()

    @property
    def are_done(self) -> bool:
        """Whether there is nothing to be told."""
        return not self._asked and not self._begun

    def hear(self, kind: str, number: int, content: bytes = b"") -> None:
        """Take what was said of a photo, by its number: "find" who is in it, somebody waits for the "rest", or all of
        it is to be "forgotten"."""
        if kind == "find":
            self._asked[number] = content
        elif kind == "rest":
            self._waited_for.add(number)
        else:
            self._asked.pop(number, None)
            self._begun.pop(number, None)
            self._waited_for.discard(number)

    def go_on(self) -> None:
        """Tell one thing."""
        sooner = next((number for number in self._begun if number in self._waited_for), None)
        if sooner is None and self._asked and len(self._begun) < _MOST_BEGUN:
            number = next(iter(self._asked))
            self._tell(number, self._who(number, self._asked.pop(number)))
            return
        number = next(iter(self._begun)) if sooner is None else sooner
        self._waited_for.discard(number)
        self._tell(number, _packed_rest(*self._begun.pop(number)))
        gc.collect()

    def _who(self, number: int, question: bytes) -> io.BytesIO:
        from mcld_app.engine.carrying import pack

        name, photo, stored, closer = pickle.loads(question)
        try:
            found, answer = _found(name, photo, stored, closer), io.BytesIO()
            pack((found,), answer, (photo,))
            if found is not None:
                self._begun[number] = photo, found
        except Exception as error:
            answer = io.BytesIO()
            pack(error if isinstance(error, StudioError) else None, answer, (photo,))
        return answer

    def _tell(self, number: int, content: io.BytesIO) -> None:
        pickle.dump((number, content.getvalue()), self._told, 5)
        self._told.flush()


def _found(name: str, photo: np.ndarray, stored: Any, closer: bool) -> FoundPeople | None:
    """Everybody in a photo, and all that a first look at the largest takes."""
    from mcld_app.editing import draw
    from mcld_app.editing import look as looks
    from mcld_app.perception.detections import detect_people

    found = detect_people(name, photo, stored, closer=closer)
    if found is not None:
        try:
            draw(looks.of(found.person(0)))
        except StudioError as error:  # the page meets it in its own place, and says it
            raise RuntimeError from error
    return found


def _packed_rest(photo: np.ndarray, found: FoundPeople) -> io.BytesIO:
    """What edits need of the largest of those who were found, and is not worked out yet, by the names of their
    properties."""
    from mcld_app.engine.carrying import known_of, pack

    person, answer = found.person(0), io.BytesIO()
    try:
        pack(_rest(person), answer, known_of(photo, person))
    except Exception:
        answer = io.BytesIO()
        pack({}, answer, ())
    return answer


def _rest(person: Person) -> dict[str, Any]:
    from mcld_app.editing.worn_garment import pieces_of

    before = {*vars(person)} - {"worked_out"}
    with suppress(StudioError):
        _ = person.filled, pieces_of(person)
    return {name: value for name, value in vars(person).items() if name not in before}
