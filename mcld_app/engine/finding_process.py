"""People found in photos by a process beside the page's: a photo costs a second of one core, and edits need not share
Python's lock with it.

It starts with the studio, else with the first photo, and stays, with its models, but keeps nothing of any photo. It
finds in one photo after another; where it cannot be had, or ends meanwhile, the photo is looked at in this very
process. After somebody found it goes on with what edits need of the largest, once no other photo waits or whoever wants
them sooner waits for that (`Person.filled`); of who is no longer wanted here, it forgets the rest.

Said is a pickle of (what, the photo's number, a pickle of the question), where what is "find", and the question (name,
photo, stored, closer); "rest", which somebody waits for; or "forget". Told is a pickle of (number, content). Content is
`carrying`'s: first of (what was found, ), of an error for the visitor, or of None where something went wrong; then, of
somebody found, of the properties that were worked out.
"""

from __future__ import annotations

import atexit
import io
import itertools
import pickle
import queue
import subprocess
import sys
import threading
import weakref
from concurrent.futures import Future
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import numpy as np

from mcld_app.body.photo import PhotoFile
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.deployment import finds_in_page
from mcld_app.editing.person import Person
from mcld_app.engine.carrying import known_of, unpack
from mcld_app.engine.child_lines import resident_bytes
from mcld_app.engine.turns import elsewhere
from mcld_app.errors import StudioError
from mcld_app.perception.densepose import estimator
from mcld_app.perception.detections import Detections, detect_people
from mcld_app.perception.found_people import FoundPeople, is_installed

_PATIENCE = 120.0  # seconds for a photo, a crowd looked at closely included
_FAREWELL = 3.0
_MOST_FAILURES = 3  # in a row: then it is left alone
_MOST_BYTES = 1 << 30  # of main memory, past which it ends after an answer, and the next photo starts a fresh one
_ROOT = Path(__file__).resolve().parents[2]
_CODE = "import sys; sys.path.insert(0, sys.argv[1]); from mcld_app.engine.finding_child import serve; serve()"
"""Not by `multiprocessing`: its new process imports the main module first, which is the whole page."""


def people_in(
    name: str, photo: np.ndarray, stored: PhotoFile | None = None, *, closer: bool = False
) -> Detections | FoundPeople | None:
    """As `detections.detect_people`, beside this process where the body finder alone looks at photos here."""
    if _is_beside():
        with suppress(_NotHad), elsewhere():
            return finding_process().find(name, photo, stored, closer)
    return detect_people(name, photo, stored, closer=closer)


def make_ready() -> None:
    """Start the process before the first photo comes, which would wait for it: it is shown one on which there is
    nobody."""
    if _is_beside():
        with suppress(_NotHad, StudioError):
            finding_process().find("", np.zeros((96, 66, 3), np.uint8), None, False)


def _is_beside() -> bool:
    return not finds_in_page() and is_installed() and estimator() is None


@lru_cache(maxsize=1)
def finding_process() -> FindingProcess:
    """The one of this process."""
    made = FindingProcess()
    atexit.register(made.close)
    return made


class _NotHad(Exception):
    """There is no such process, or it ended."""


class FindingProcess:
    """This process's front of the one that finds people."""

    def __init__(self) -> None:
        self._line: _Line | None = None
        self._lock = threading.Lock()
        self._failures = 0

    def find(
        self, name: str, photo: np.ndarray, stored: PhotoFile | None, closer: bool
    ) -> Detections | FoundPeople | None:
        """As `detections.detect_people`.

        Raises:
            StudioError: as there. _NotHad: where the other process cannot be asked.
        """
        line = None
        try:
            line = self._running()
            number, first, rest = line.find(name, photo, stored, closer)
            said = unpack(io.BytesIO(first.result(_PATIENCE)), (photo,))
        except Exception as error:  # it ended, or told what cannot be read
            self._failed(line)
            raise _NotHad from error
        self._failures = 0
        found = said[0] if isinstance(said, tuple) else None
        if found is None:
            self._told_all(line, number)
        else:
            self._let_go_on(line, number, rest, photo, found.person(0))
        if said is None:
            raise _NotHad
        if isinstance(said, StudioError):
            raise said
        return found

    @property
    def process_id(self) -> int | None:
        """Of the other process; None where none runs."""
        line = self._line
        return line.process.pid if line is not None and line.is_open else None

    @property
    def resident_bytes(self) -> int:
        """What the other process takes of main memory."""
        return resident_bytes(self.process_id)

    def close(self) -> None:
        """End the other process; the next photo would start another."""
        with self._lock:
            line, self._line = self._line, None
        if line is not None:
            line.close()

    def _running(self) -> _Line:
        with self._lock:
            if self._failures >= _MOST_FAILURES:
                raise _NotHad
            if self._line is None or not self._line.is_open:
                self._line = _Line()
            return self._line

    def _failed(self, line: _Line | None) -> None:
        """End a process, and count that: once, however many waited for it."""
        with self._lock:
            if line is None:  # none could be started; another thread may have had better luck since
                self._failures += 1
            elif line is self._line:
                self._failures += 1
                self._line = None
        if line is not None:
            line.end()

    def _told_all(self, line: _Line, number: int) -> None:
        """All of a photo is told: let its process end where it takes too much memory."""
        line.asked.pop(number, None)
        with self._lock:
            if line.asked or resident_bytes(line.process.pid) <= _MOST_BYTES:
                return
            if line is self._line:
                self._line = None
        line.end()

    def _let_go_on(
        self, line: _Line, number: int, rest: Future[bytes], photo: np.ndarray, person: Person
    ) -> None:
        """Take what is told of a person afterwards, unless nobody holds them any more."""
        come, of = threading.Event(), weakref.ref(person)

        def filled() -> TextureMap | None:
            line.say("rest", number)
            with elsewhere():
                come.wait(_PATIENCE)
            there = of()
            return None if there is None else vars(there).get("filled")

        def take(told: Future[bytes]) -> None:
            there = of()
            try:
                if there is not None:
                    worked_out = unpack(io.BytesIO(told.result()), known_of(photo, there))
                    for name, value in worked_out.pop("worked_out", {}).items():
                        there.worked_out.setdefault(name, value)
                    for name, value in worked_out.items():
                        vars(there).setdefault(name, value)
            except Exception:  # it ended: what is missing is worked out here
                line.end()
            finally:
                if there is not None:
                    there.worked_out.pop("filled", None)
                come.set()
                self._told_all(line, number)

        person.worked_out["filled"] = filled
        weakref.finalize(person, line.forget, number).atexit = False
        rest.add_done_callback(take)


class _Line:
    """One process that finds people.

    Attributes:
        asked: what it has still to tell of each photo, by its number.

    Raises:
        OSError: where no process can be started.
    """

    def __init__(self) -> None:
        command = [sys.executable, "-c", _CODE, str(_ROOT)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.asked: dict[int, list[Future[bytes]]] = {}
        self._numbers = itertools.count()
        self._heard_to_the_end = False
        # Said by a thread of its own: whoever says something may be in the middle of anything, where a person is freed.
        self._to_say: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        threading.Thread(target=self._say, name="finding-said", daemon=True).start()
        threading.Thread(target=self._hear, name="finding-told", daemon=True).start()

    @property
    def is_open(self) -> bool:
        return not self._heard_to_the_end and self.process.poll() is None

    def find(self, *question: object) -> tuple[int, Future[bytes], Future[bytes]]:
        """Ask who is in a photo: its number, and what will be told of it first and afterwards."""
        number, first, rest = next(self._numbers), Future(), Future()
        self.asked[number] = [first, rest]
        # Twice, so that whoever listens there takes it in one piece and it is opened where the work is done.
        self.say("find", number, pickle.dumps(question, 5))
        if self._heard_to_the_end:
            self._give_up()
        return number, first, rest

    def say(self, *what: object) -> None:
        """Say something of a photo."""
        self._to_say.put(pickle.dumps(what, 5))

    def forget(self, number: int) -> None:
        """Nobody wants any more what is still to be told."""
        if self.asked.pop(number, None) is not None:
            self.say("forget", number)

    def close(self) -> None:
        """Let the process end by itself, or end it."""
        self._to_say.put(None)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_FAREWELL)
        self.end()

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        self._to_say.put(None)

    def _say(self) -> None:
        with suppress(OSError, ValueError), self.process.stdin as line:
            while (said := self._to_say.get()) is not None:
                line.write(said)
                line.flush()

    def _hear(self) -> None:
        with suppress(Exception), self.process.stdout as line:
            while True:
                number, content = pickle.load(line)
                if self.asked.get(number):
                    self.asked[number].pop(0).set_result(content)
        self._heard_to_the_end = True
        self._give_up()

    def _give_up(self) -> None:
        for awaited in [*self.asked.values()]:
            while awaited:
                awaited.pop(0).set_exception(_NotHad())
