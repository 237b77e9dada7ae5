"""The process that finds people in photos: what runs in it. `finding_process` starts it, and says what it is told and
tells.

Of a photo nothing is left in it once its answer is told. It ends with the process that started it, in the middle of a
photo, too: then there is nothing more to read.
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
from mcld_app.engine.child_lines import own_lines, resident_bytes, step_behind
from mcld_app.errors import StudioError

if TYPE_CHECKING:
    from mcld_app.editing.person import Person
    from mcld_app.perception.found_people import FoundPeople

MOST_BYTES = 1 << 30
"""Of main memory, past which the process ends after an answer: the next photo starts a fresh one."""

_BEHIND = 2  # nice value: after the page, before what is drawn


def serve() -> None:
    """Find people in what is read from the standard input until that ends, and tell it on the standard output."""
    asked, told = own_lines()
    import cv2

    from mcld_app.perception import detections  # noqa: F401 before there are two threads that import

    step_behind(_BEHIND)
    cv2.setNumThreads(max(1, cores() - 1))
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(asked, waiting.put), name="asked", daemon=True).start()
    while True:
        if _answer(waiting.get(), told):
            os._exit(0)


def _listen(asked: BinaryIO, take: Callable[[bytes], None]) -> None:
    while True:
        try:
            take(pickle.load(asked))
        except Exception:  # nothing more to read
            os._exit(0)


def _answer(question: bytes, told: BinaryIO) -> bool:
    """Tell who is in a photo, and then what edits will need of the largest; whether the process is to end then."""
    from mcld_app.engine.carrying import known_of, pack

    name, photo, stored, closer = pickle.loads(question)
    del question
    answer, found = io.BytesIO(), None
    try:
        found = _found(name, photo, stored, closer)
        pack((found,), answer, (photo,))
    except Exception as error:
        answer, found = io.BytesIO(), None
        pack(error if isinstance(error, StudioError) else None, answer, (photo,))
    told.write(answer.getbuffer())
    told.flush()
    if found is None:
        return False
    answer, person = io.BytesIO(), found.person(0)
    try:
        pack(_rest(person), answer, known_of(photo, person))
    except Exception:
        answer = io.BytesIO()
        pack({}, answer, ())
    del found, person, photo, stored
    content = answer.getbuffer()
    gc.collect()
    ends = resident_bytes(os.getpid()) + len(content) > MOST_BYTES
    told.write(pickle.dumps(ends))
    told.write(content)
    told.flush()
    return ends


def _found(name: str, photo: Any, stored: Any, closer: bool) -> FoundPeople | None:
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


def _rest(person: Person) -> dict[str, Any]:
    """What edits need of a person that is not worked out yet, by the names of their properties."""
    from mcld_app.editing.worn_garment import pieces_of

    before = {*vars(person)} - {"worked_out"}
    with suppress(StudioError):
        _ = person.filled, pieces_of(person)
    return {name: value for name, value in vars(person).items() if name not in before}
