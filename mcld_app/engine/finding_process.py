"""People found in photos by a process beside the page's: a photo costs a second of one core, and edits need not share
Python's lock with it.

It starts with the studio, else with the first photo, and stays, with its models, but keeps nothing of any photo. It
finds in one photo after another; where it cannot be had, or ends meanwhile, the photo is looked at in this very
process. Asked is a pickle of
(name, photo, stored, closer), told is `carrying`'s of (what was found, ), of an error for the visitor, or of None where
something went wrong. After somebody found it goes on with what edits need of the largest: told is a pickle of whether
it ends now, then `carrying`'s of these properties. Whoever wants them sooner waits for that (`Person.filled`).
"""

from __future__ import annotations

import atexit
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


@contextmanager
def _watched(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process that takes too long."""
    watch = threading.Timer(_PATIENCE, process.kill)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


class FindingProcess:
    """This process's front of the one that finds people."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = threading.Lock()
        self._failures = 0

    def find(
        self, name: str, photo: np.ndarray, stored: PhotoFile | None, closer: bool
    ) -> Detections | FoundPeople | None:
        """As `detections.detect_people`.

        Raises:
            StudioError: as there. _NotHad: where the other process cannot be asked.
        """
        self._one_at_a_time.acquire()
        goes_on = False
        try:
            if self._failures >= _MOST_FAILURES:
                raise _NotHad
            said = self._asked(name, photo, stored, closer)
            self._failures = 0
            if isinstance(said, tuple) and said[0] is not None:
                self._let_go_on(photo, said[0].person(0))
                goes_on = True
        except Exception as error:  # it ended, or told what cannot be read
            self._end()
            self._failures += 1
            raise _NotHad from error
        finally:
            if not goes_on:
                self._one_at_a_time.release()
        if said is None:
            raise _NotHad
        if isinstance(said, StudioError):
            raise said
        return said[0]

    @property
    def process_id(self) -> int | None:
        """Of the other process; None where none runs."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    @property
    def resident_bytes(self) -> int:
        """What the other process takes of main memory."""
        return resident_bytes(self.process_id)

    def close(self) -> None:
        """End the other process; the next photo would start another."""
        process = self._process
        if process is None:
            return
        with suppress(OSError):
            process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_FAREWELL)
        self._end()

    def _asked(self, *question: object) -> tuple[Detections | FoundPeople | None] | StudioError | None:
        process = self._running()
        with _watched(process):
            # Twice, so that whoever listens there takes it in one piece and it is opened where the work is done.
            process.stdin.write(pickle.dumps(pickle.dumps(question, 5), 5))
            process.stdin.flush()
            return unpack(process.stdout, (question[1],))

    def _let_go_on(self, photo: np.ndarray, person: Person) -> None:
        """Take what is told of a person afterwards, in a thread of its own; nothing else is asked meanwhile."""
        come = threading.Event()

        def filled() -> TextureMap | None:
            with elsewhere():
                come.wait(_PATIENCE)
            return vars(person).get("filled")

        def take() -> None:
            try:
                with _watched(self._process):
                    ends = pickle.load(self._process.stdout)
                    rest = unpack(self._process.stdout, known_of(photo, person))
                for name, value in rest.pop("worked_out", {}).items():
                    person.worked_out.setdefault(name, value)
                for name, value in rest.items():
                    vars(person).setdefault(name, value)
                if ends:
                    self._end()
            except Exception:  # it ended: what is missing is worked out here
                self._end()
            finally:
                person.worked_out.pop("filled", None)
                come.set()
                self._one_at_a_time.release()

        person.worked_out["filled"] = filled
        threading.Thread(target=take, name="found", daemon=True).start()

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process_id is None:
            self._end()
            command = [sys.executable, "-c", _CODE, str(_ROOT)]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for line in (process.stdin, process.stdout):
                with suppress(OSError):
                    line.close()
