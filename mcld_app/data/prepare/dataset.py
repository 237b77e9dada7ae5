"""Prepare all photos of a download: build the missing files, and write the lists of pairs of the prepared ones."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from mcld_app.body.texture.outline import read_outline
from mcld_app.data.layout import LISTS, SPLITS, DataError, Layout, read_pairs
from mcld_app.data.prepare.lists import Lists, is_ours, pairs_as_csv, pairs_for, read_lists, split_by_id
from mcld_app.data.prepare.models import ModelsFactory, load_models
from mcld_app.data.prepare.on_ray import RayPool
from mcld_app.data.prepare.photo import PhotoJob, PhotoOutcome, put, start_preparing
from mcld_app.data.prepare.photos import Photos, find_maps, find_photos
from mcld_app.data.prepare.shards import (
    LOCKS,
    Shard,
    begin_shard,
    list_lock,
    merge_lists,
    sort_lines,
    whole_lines,
)  # fmt: skip
from mcld_app.data.worker_pool import Start, WorkerPool
from mcld_app.errors import DiskFull
from mcld_app.files import PART, writing

REPORT = "report.csv"
"""Failed photos and reasons, written anew by each run; only the first line where nothing failed."""

NO_FACE = "no_face.txt"
"""Photos on which no face was seen, a name in each line, so that the next run need not look again."""

_Told = Callable[["Outcome"], None]


@dataclass
class Outcome:
    """A run's counts, failures and notes. Filled while the run goes on, so that a stopped run can be reported too.

    Attributes:
        total: photos that are for training or tests.
        there: how many of these were complete before.
        made: how many were prepared now.
        failed: flattened name -> reason.
        pairs: by split, how many pairs there are.
        notes: other sentences for the user.
    """

    total: int = 0
    there: int = 0
    made: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    pairs: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def prepare(
    source: Path,
    folder: Path,
    *,
    lists: Path | None = None,
    densepose: Path | None = None,
    faces: bool = True,
    copy: bool = False,
    outline: Path | None = None,
    devices: Sequence[str] = ("cpu",),
    shard: Shard | None = None,
    workers: Callable[[Start], RayPool] | None = None,
    make: ModelsFactory | None = None,
    outcome: Outcome | None = None,
    on_photo: _Told = lambda _: None,
) -> Outcome:
    """Bring DeepFashion's pictures into the authors' layout. What is there is left as it is.

    Args:
        source: what the download was unpacked into.
        folder: where to write, see `layout`. One run at a time, but for shards.
        lists: folder of the benchmark's lists; default: `source`, else `folder`, else a rule.
        densepose: folder of IUV maps made elsewhere, in either order (see `read_iuv`), named as the photos are.
        faces: whether faces are looked for, where there is a model for it.
        copy: copy photos; by default they are linked where the disk can do that.
        outline: the authors' own outline of the charts, see `read_outline`; default: the one made from the charts.
        devices: one for each process.
        shard: the part of all photos that is prepared; the lists are those of all photos prepared so far, and once
            each shard came to its end they are byte for byte what one run writes. None: all photos.
        workers: makes what works in place of this machine's processes, see `RayPool`.
        make: loads the models in a process; default: those in the checkpoints folder.
        outcome: the outcome to fill in, for a caller who wants it of a stopped run too.
        on_photo: told how far it is, before the first photo and after each.

    Returns:
        The outcome; a photo that failed is listed there and stops nothing.

    Raises:
        DataError: the source, the folder or the lists cannot be used.
        DiskFull: the disk became full; all that was written is whole.
        StudioError: models that are wanted are not there, or the outline is none.
    """
    outcome = Outcome() if outcome is None else outcome
    if outline is not None:
        read_outline(outline)  # here, not once for each photo: it may be none
    source, folder = source.absolute(), folder.absolute()
    _check_places(source, folder)
    photos = find_photos(source, leave_out=folder)
    known = _lists(lists, source, folder) or split_by_id(photos.named)
    given = find_maps(densepose) if densepose else {}
    chosen = shard.of(known.split) if shard else known.split
    outcome.total = len(chosen)
    outcome.notes += _notes(photos, known)
    _change_sides(folder, chosen)

    no_face = folder / (shard.file(NO_FACE) if shard else NO_FACE)
    there, faceless, jobs = _there(folder), {*whole_lines(folder / NO_FACE), *_mended(no_face)}, []
    locks = folder / LOCKS if shard else None
    for name, side in chosen.items():
        if name not in photos.named:
            outcome.failed[name] = f"It is in the lists, and there is no such picture in {source}."
            continue
        look = faces and name not in faceless
        lock = locks and locks / name
        job = PhotoJob(name, photos.named[name], Layout(folder, side), given.get(name), look, copy, outline, lock)
        if _lacks_any(job, there):
            jobs.append(job)
    maps = densepose is None and any(str(job.layout.densepose(job.name)) not in there for job in jobs)
    make = make or partial(load_models, maps=maps, faces=faces)
    start = partial(start_preparing, make)
    mine = WorkerPool(start, devices[: len(jobs)], _lost) if workers is None or not jobs else workers(start)
    with mine as pool:  # before anything is written: it may lack its models
        if jobs and faces and not pool.able:
            outcome.notes.append("There is no face model, so faces are left out. With one, the same command adds them.")
            jobs = [job for job in (replace(job, face=False) for job in jobs) if _lacks_any(job, there)]
        outcome.there = outcome.total - len(outcome.failed) - len(jobs)
        _make_folders(folder, shard)
        on_photo(outcome)
        ended = False
        try:
            _work(pool, jobs, no_face, outcome, on_photo)
            ended = True
        finally:
            with list_lock(folder) if shard else contextlib.nullcontext():
                _write_pairs(folder, known, outcome)
                report = report_text(known, photos, outcome)
                if shard:
                    merge_lists(folder, shard, known.split, NO_FACE, REPORT, report, ended=ended)
                else:
                    _write_if_new(folder / REPORT, report.encode())
                    sort_lines(folder / NO_FACE)
    return outcome


def _lost(job: PhotoJob, why: str) -> PhotoOutcome:
    return PhotoOutcome(job.name, why)


def _work(
    pool: WorkerPool[PhotoJob, PhotoOutcome] | RayPool, jobs: list[PhotoJob], no_face: Path, outcome: Outcome,
    on_photo: _Told,
) -> None:
    for done in pool.work(jobs):
        if done.full:
            raise DiskFull(done.why)
        if done.why:
            outcome.failed[done.name] = done.why
        else:
            outcome.made += 1
        if done.no_face:
            with writing(no_face), no_face.open("a", encoding="utf-8") as file:
                file.write(f"{done.name}\n")
        on_photo(outcome)


# --- the input ------------------------------------------------------------------------------------------------------


def _check_places(source: Path, folder: Path) -> None:
    if folder.is_file():
        raise DataError(f"{folder} is a file. Name a folder to write to.")
    if source.resolve() == folder.resolve():
        raise DataError(f"{source} is both what is read and what is written. Name another folder to write to.")
    for own in _folders(folder):
        if source.resolve().is_relative_to(own.resolve()):
            raise DataError(f"{source} is a folder that is written to. Name the folder of the downloaded pictures.")


def _lists(named: Path | None, source: Path, folder: Path) -> Lists | None:
    if named is None:
        return read_lists(source) or read_lists(folder)
    found = read_lists(named)
    if found is None:
        names = ", ".join(name.format(split="train") for name in ("{split}.lst", *LISTS))
        raise DataError(f"There are no lists in {named}: {names} are looked for there, and the same for test.")
    return found


def _notes(photos: Photos, known: Lists) -> Iterator[str]:
    sides = list(known.split.values())
    counts = " and ".join(f"{sides.count(side)} for {side}" for side in SPLITS)
    yield f"Photos: {counts}, by {known.origin}."
    if unlisted := [name for name in photos.named if name not in known.split]:
        yield f"{len(unlisted)} photos are in no list and left out, such as {unlisted[0]}."
    if photos.strangers:
        yield f"{len(photos.strangers)} pictures have no name of DeepFashion's and are left out: {photos.strangers[0]}."
    if photos.twice:
        yield f"{photos.twice} photos are there more than once; the largest file of each is taken."


# --- the files so far -----------------------------------------------------------------------------------------------


def _files(name: str, layout: Layout) -> tuple[Path, Path, Path, Path]:
    return layout.photo(name), layout.densepose(name), layout.texture(name), layout.face(name)


def _folders(folder: Path) -> list[Path]:
    return [path.parent for side in SPLITS for path in _files("any.jpg", Layout(folder, side))]


def _there(folder: Path) -> set[str]:
    """All files of a prepared folder, by path: eight listings, where asking for each would be 200,000 questions."""
    return {entry.path for place in _folders(folder) if place.is_dir() for entry in os.scandir(place)}


def _lacks_any(job: PhotoJob, there: Container[str]) -> bool:
    *needed, face = map(str, _files(job.name, job.layout))
    return any(path not in there for path in needed) or (job.face and face not in there)


def _mended(path: Path) -> list[str]:
    """The lines of a list that this run goes on with; one that was killed may have left half a line."""
    lines = whole_lines(path)
    if path.is_file() and not path.read_bytes().endswith(b"\n"):
        put(path, "".join(f"{line}\n" for line in lines).encode())
    return lines


def _change_sides(folder: Path, split: Mapping[str, str]) -> None:
    """Move the files of photos that were on the other side when they were prepared: training must not see tests."""
    there = _there(folder)
    for name, side in split.items():
        other = next(each for each in SPLITS if each != side)
        for old, new in zip(_files(name, Layout(folder, other)), _files(name, Layout(folder, side)), strict=True):
            if str(old) in there:
                with writing(new):
                    new.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(old, new)


def _make_folders(folder: Path, shard: Shard | None) -> None:
    if shard is not None:
        with list_lock(folder):
            begin_shard(folder, shard)
    for place in _folders(folder):
        with writing(place):
            place.mkdir(parents=True, exist_ok=True)
            for left in place.glob(f".*{PART}") if shard is None else ():  # of a run that was killed, not of another's
                left.unlink()


# --- lists and report ----------------------------------------------------------------------------------------------


def _write_pairs(folder: Path, known: Lists, outcome: Outcome) -> None:
    there = _there(folder)
    for side in SPLITS:
        layout, path = Layout(folder, side), folder / f"{side}.csv"
        mine = (name for name, where in known.split.items() if where == side)
        usable = {name for name in mine if all(str(file) in there for file in _files(name, layout)[:3])}
        pairs = pairs_for(known, side, usable)
        outcome.pairs[side] = len(pairs)
        if left_out := len(known.pairs.get(side, pairs)) - len(pairs):
            outcome.notes.append(f"{left_out} pairs of the {side} list are left out: their photos are not prepared.")
        if path.is_file() and not is_ours(path):
            with contextlib.suppress(DataError):
                if read_pairs(path) == pairs:
                    continue
            outcome.notes.append(
                f"{path} was not written by this command and is left as it is. Move it away, and the same command "
                f"writes the {len(pairs)} pairs of prepared photos there."
            )
        elif pairs:
            _write_if_new(path, pairs_as_csv(pairs))
        else:
            path.unlink(missing_ok=True)


def report_text(known: Lists, photos: Photos, outcome: Outcome) -> str:
    """What failed, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("photo", "split", "file", "why"))
    for name, why in sorted(outcome.failed.items()):
        writer.writerow((name, known.split[name], photos.named.get(name, ""), why))
    return text.getvalue()


def _write_if_new(path: Path, data: bytes) -> None:
    if not path.is_file() or path.read_bytes() != data:
        put(path, data)
