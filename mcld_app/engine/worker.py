"""Draw with progress: the engine's call as a stream of news that ends with the pictures.

The same function serves a local GPU and any CPU, for the page in a process of its own (`drawing_process`). On a ZeroGPU
Space it runs in one that is lent: what goes in and what comes out is pickled, what is kept inside is lost, only
`gr.Error` keeps its words on the way out, and a stop must cross over, so it is a file that appears.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mcld_app.engine.drawing_process import drawing_process
from mcld_app.errors import StudioError
from mcld_app.request import Drawn, Face, Job, Progress, Settings

News = Progress | list[Drawn]
DrawFunction = Callable[[str, Sequence[Job], Settings, str, str], Iterator[News]]

# Estimates, for the published network's 512 x 512 pictures on a slice of an H200; nobody has timed it there. Too much
# is refused to visitors with little time left, too little ends a drawing before it is done.
_SECONDS_PER_STEP = 0.12  # with guidance, which takes two passes
_SECONDS_TO_ENCODE = 4.0  # a person
_SECONDS_TO_START = 10.0  # a process, and the weights' way to the GPU
_LONGEST = 300
_AT_ONCE = 24
_PUBLISHED_HEIGHT = 512

_FAULT = "Drawing failed for a reason of the program's own. Your edits are kept."
_TAKEN_AWAY = (
    "The Space's GPU was not lent, or not for long enough: {}. Your edits are kept. Try again later, or with fewer "
    "pictures or steps."
)


def seconds_needed(model: str, jobs: Sequence[Job], settings: Settings, stop: str, owner: str = "") -> int:
    """How long a GPU is asked for, in seconds: what a ZeroGPU Space reserves, and takes off the visitor's daily quota.
    Same arguments as `draw`. A model of smaller pictures is asked for less time, by their area.

    Raises:
        StudioError: where there is no such model.
    """
    from mcld_app.engine.registry import model_named

    area = (model_named(model).result[0] / _PUBLISHED_HEIGHT) ** 2
    people = len({id(job.conditions.photo) for job in jobs})
    passes = 2 if settings.guidance > 1 else 1
    drawing = len(jobs) * settings.steps * passes / 2 * _SECONDS_PER_STEP
    return int(min(_SECONDS_TO_START + area * (_SECONDS_TO_ENCODE * people + drawing), _LONGEST))


def draw(model: str, jobs: Sequence[Job], settings: Settings, stop: str, owner: str = "") -> Iterator[News]:
    """Draw pictures and tell how it goes.

    Args:
        model: a name of `registry.available`.
        jobs, settings: see `Engine.generate`.
        stop: path of a file; once it exists, drawing stops at the next step. It is created where the caller closes
            this iterator early.
        owner: whom the engine keeps its encodings for.

    Yields:
        `Progress` after each step, and in the end the list of `Drawn`.

    Raises:
        Cancelled: where the file appeared.
        StudioError: see `Engine.generate`.
    """
    _, news = _begin(model, jobs, settings, Path(stop), owner)
    try:
        yield from _told(news)
    except GeneratorExit:
        Path(stop).touch()
        raise


def draw_apart(
    model: str, jobs: Sequence[Job], settings: Settings, stop: str, owner: str = ""
) -> Iterator[News | StudioError]:
    """`draw` in a process that is lent a GPU. It ends no sooner than the drawing does, because then the GPU goes back;
    and it forgets what it encoded, because a visitor who deletes their pictures cannot reach it here.

    Nothing encoded is handed back for the next call either. Of the published model that would be 46 MB a person in
    half precision, nearly all of it the reference's keys and values. Through a pipe and back, on two busy cores, that
    took 5.6 to 9.3 s: more than the time that is reserved for encoding a person.

    Yields:
        As `draw`; in place of raising a `StudioError`, it is the last item.
    """
    from mcld_app.engine.registry import engine_for

    worker, news = _begin(model, jobs, settings, Path(stop), owner)
    try:
        yield from _told(news)
    except StudioError as error:
        yield error
    except GeneratorExit:
        Path(stop).touch()
        raise
    finally:
        worker.join()
        with suppress(StudioError):  # where there is no such model, it kept nothing
            engine_for(model).forget()


def across(apart: Callable[..., Iterator[News | StudioError]]) -> DrawFunction:
    """`draw` made of a `draw_apart` that runs in another process, whatever runs it there."""

    def drawing(model: str, jobs: Sequence[Job], settings: Settings, stop: str, owner: str = "") -> Iterator[News]:
        stream, failed = apart(model, jobs, settings, stop, owner), None
        try:
            for item in stream:
                if isinstance(item, StudioError):
                    failed = item  # raised when the other side has come to its end and given back the GPU
                else:
                    yield item
        except GeneratorExit:
            Path(stop).touch()
            stream.close()
            raise
        except StudioError:
            raise
        except Exception as error:  # of the `spaces` package: no quota, no GPU, or the process is gone
            raise StudioError(_of_spaces(error)) from error
        if failed is not None:
            raise failed

    return drawing


def identified(model: str, jobs: Sequence[Job]) -> list[Job]:
    """The same jobs, whose faces have their identities: a process that is lent a GPU would load the face models anew
    each time, and the GPU would wait for them.

    Raises:
        StudioError: where there is no such model, or its face models are broken.
    """
    from mcld_app.engine.registry import model_named

    identify = model_named(model).identify
    if identify is None:
        return list(jobs)
    known: dict[int, Face | None] = {}

    def seen(face: Face | None) -> Face | None:
        if face is None or face.identity is not None or face.photo is None:
            return face
        if id(face.photo) not in known:
            identity = identify(face.photo, face.iuv)
            known[id(face.photo)] = None if identity is None else Face(identity)
        return known[id(face.photo)]

    told = [job.conditions for job in jobs]
    told = [replace(given, face=seen(given.face), other_face=seen(given.other_face)) for given in told]
    return [Job(given, job.seed) for given, job in zip(told, jobs, strict=True)]


def drawer() -> DrawFunction:
    """What draws for the page: `draw` in a process of its own, see `drawing_process`, which hands it on where MCLD_RAY
    names a cluster; on a ZeroGPU Space in one that gets a GPU for as long as `seconds_needed` says; and in this very
    process where MCLD_DRAWING says so."""
    from mcld_app.deployment import draws_in_page, on_zerogpu, ray_address

    if not on_zerogpu():
        if draws_in_page():
            return draw
        if ray_address():
            with suppress(StudioError):  # the first drawing says it again
                drawing_process().begin()  # it says now whether the cluster is there, not to the first visitor
        return drawing_process().draw
    import spaces

    lent = across(spaces.GPU(duration=seconds_needed)(draw_apart))
    return lambda model, jobs, settings, stop, owner="": lent(model, identified(model, jobs), settings, stop, owner)


def drawings_at_once() -> int:
    """How many drawings the page hands on at once. One; where MCLD_RAY names a cluster, so many that it can be fair
    between their visitors (each drawing holds one of the page's 40 threads meanwhile), until it turns out that the
    cluster cannot be used."""
    from mcld_app.deployment import ray_address

    return _AT_ONCE if ray_address() and not drawing_process().draws_alone else 1


def _begin(
    model: str, jobs: Sequence[Job], settings: Settings, flag: Path, owner: str
) -> tuple[threading.Thread, queue.SimpleQueue[News | BaseException]]:
    """Draw in a thread, so that each step can be told while the next is under way."""
    news: queue.SimpleQueue[News | BaseException] = queue.SimpleQueue()

    def work() -> None:
        try:
            from mcld_app.engine.registry import engine_for

            engine = engine_for(model)
            news.put(engine.generate(jobs, settings, on_progress=news.put, cancelled=flag.exists, owner=owner))
        except BaseException as error:  # handed on to the caller's thread
            news.put(error)

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    return worker, news


def _told(news: queue.SimpleQueue[News | BaseException]) -> Iterator[News]:
    while True:
        item = news.get()
        if isinstance(item, StudioError):
            raise item
        if isinstance(item, BaseException):
            raise StudioError(_FAULT) from item
        yield item
        if isinstance(item, list):
            return


def _of_spaces(error: Exception) -> str:
    """What is said of an error of the `spaces` package: `gr.Error` has its words in `message`, HTML for the page and
    plain as `str`; anything else is a fault."""
    words = str(getattr(error, "message", "")).strip().rstrip(".")
    return _TAKEN_AWAY.format(words) if words else _FAULT

