"""Live examples on disk: one file a person, quick to read, drawn by several processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path

import numpy as np

from mcld_app.body.fitting.rest_places import body_places
from mcld_app.data.live_views import LiveViews, live_views
from mcld_app.data.worker_pool import WorkerPool
from mcld_app.errors import FileError, StudioError
from mcld_app.files import remove_leftovers, whole_file, writing

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass
class Written:
    """What became of the people asked for.

    Attributes:
        total: how many there are.
        there: how many had a file already.
        made: how many were drawn now.
        failed: number -> why, of those who were left out.
    """

    total: int
    there: int = 0
    made: int = 0
    failed: dict[int, str] = field(default_factory=dict)


def shard_file(folder: Path, n: int, *, test: bool = False) -> Path:
    """The file of the person of that number; about 12 MB with four targets."""
    return folder / f"{'test' if test else 'person'}-{n:06d}.safetensors"


def write_shard(
    folder: Path,
    numbers: Iterable[int],
    *,
    test: bool = False,
    targets: int = 4,
    workers: int = 1,
    on_person: Callable[[Written], None] | None = None,
) -> Written:
    """Draw people and write each to a file; those that have one are left as they are. A person who cannot be drawn, or
    not be found in their own photo, is left out.

    Args:
        folder: where to; it is made. Nobody else may be writing there now.
        numbers: of `live_views`.
        test: people kept for tests.
        targets: of each person.
        workers: processes.
        on_person: told how far it is: at the beginning and after each.

    Raises:
        DiskFull, FileError: where a file cannot be written.
        StudioError: fewer than one worker, or they cannot start.
    """
    wanted = sorted(set(numbers))
    if workers < 1:
        raise StudioError("At least one worker is needed.")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    left = [n for n in wanted if not shard_file(folder, n, test=test).exists()]
    state = Written(len(wanted), there=len(wanted) - len(left))
    tell = on_person or (lambda state: None)
    tell(state)
    for n, why in _worked(partial(_write, folder, test, targets), left, workers):
        if why:
            state.failed[n] = why
        else:
            state.made += 1
        tell(state)
    return state


def read_views(file: Path) -> LiveViews:
    """The example of a file of `write_shard`.

    Raises:
        FileError: where it cannot be read, or is no such file.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays = load_file(file)
        return LiveViews(**{each.name: arrays[each.name] for each in fields(LiveViews)})
    except (OSError, SafetensorError, KeyError) as error:
        raise FileError(f"{file} holds no drawn person. Delete it; `prepare-live` draws it again.") from error


def _write(folder: Path, test: bool, targets: int, n: int) -> tuple[int, str]:
    """Draw one person; returns their number and why they were left out, "" where they were not."""
    from safetensors.numpy import save_file

    try:
        views = live_views(n, test=test, targets=targets)
    except StudioError as error:
        return n, str(error)
    except Exception as error:  # one odd person must not end hours of work
        return n, f"{type(error).__name__}: {error}"
    file = shard_file(folder, n, test=test)
    with writing(file), whole_file(file, sync=False) as temporary:
        save_file(_arrays(views), temporary)
    return n, ""


def _arrays(views: LiveViews) -> dict[str, np.ndarray]:
    """All of an example, and the places that its maps show: float16, see `rest_places.body_places`."""
    arrays = {each.name: getattr(views, each.name) for each in fields(LiveViews)}
    places = np.stack([body_places(iuv) for iuv in views.poses])
    return {**arrays, "places": places, "source_places": body_places(views.iuv)}


def _worked(write: Callable[[int], tuple[int, str]], numbers: list[int], workers: int) -> Iterator[tuple[int, str]]:
    if workers == 1:
        yield from map(write, numbers)
        return
    for name in _THREADS:  # processes that all use every core are slower together; theirs begin with these
        os.environ.setdefault(name, "1")
    with WorkerPool(partial(_start, write), ["cpu"] * min(workers, max(len(numbers), 1)), _lost) as pool:
        yield from pool.work(numbers)


def _start(write: Callable[[int], tuple[int, str]], device: str) -> tuple[Callable[[int], tuple[int, str]], bool]:
    import cv2

    cv2.setNumThreads(1)
    return write, True


def _lost(n: int, why: str) -> tuple[int, str]:
    return n, why
