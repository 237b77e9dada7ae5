"""Prepare one photo: copy the photo, and build its IUV map, its texture map, and its face where one is seen. Existing
files are left alone, and each is written whole or not at all, so a killed run goes on with the missing ones."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from mcld_app.body.iuv import check_iuv, encode_iuv, read_iuv
from mcld_app.body.photo import encode_png, read_photo
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.outline import read_outline
from mcld_app.data.layout import Layout
from mcld_app.data.prepare.models import ModelsFactory, PhotoModels
from mcld_app.errors import DiskFull, StudioError
from mcld_app.files import whole_file, write_whole, writing

_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True)
class PhotoJob:
    """A photo to prepare.

    Attributes:
        name: its flattened name.
        source: its file.
        layout: where its files belong.
        given: its IUV map made elsewhere, in either order (see `read_iuv`); None: made from the photo.
        face: whether its face is to be looked for.
        copy: never link the photo's file, always copy it.
        outline: the authors' own outline of the charts; None: the one made from the charts.
        lock: a file that is held meanwhile, where others may prepare the same photo; None: nobody does.
    """

    name: str
    source: Path
    layout: Layout
    given: Path | None = None
    face: bool = True
    copy: bool = False
    outline: Path | None = None
    lock: Path | None = None


@dataclass(frozen=True)
class PhotoOutcome:
    """The outcome of one photo.

    Attributes:
        name: its flattened name.
        why: a sentence, where it failed; else "".
        full: the disk is full, so there is no point in going on.
        no_face: its face was looked for, and none was seen.
    """

    name: str
    why: str = ""
    full: bool = False
    no_face: bool = False


def start_preparing(make: ModelsFactory, device: str) -> tuple[Callable[[PhotoJob], PhotoOutcome], bool]:
    """What prepares photos in a worker process, and whether it reads faces."""
    import cv2

    cv2.setNumThreads(1)  # there is a process for each core
    models = make(device)
    return partial(prepare_photo, models=models), models.faces


def prepare_photo(job: PhotoJob, models: PhotoModels) -> PhotoOutcome:
    """Build the missing files of one photo. A photo's errors are returned, never raised."""
    try:
        with _held(job.lock):  # whoever waits for it finds the files there
            return PhotoOutcome(job.name, no_face=_prepare(job, models))
    except DiskFull as error:
        return PhotoOutcome(job.name, str(error), full=True)
    except StudioError as error:
        return PhotoOutcome(job.name, str(error))
    except Exception as error:  # a decoder's or a model's own: the other photos want to be prepared all the same
        return PhotoOutcome(job.name, f"{type(error).__name__}: {error}".splitlines()[0])


def _held(lock: Path | None) -> contextlib.AbstractContextManager:
    from filelock import FileLock

    return contextlib.nullcontext() if lock is None else FileLock(lock)


def _prepare(job: PhotoJob, models: PhotoModels) -> bool:
    """Returns whether a face was looked for and not seen."""
    photo = read_photo(job.source, max_side=None)
    if not (path := job.layout.photo(job.name)).is_file():
        _keep_photo(job, photo, path)
    if (path := job.layout.densepose(job.name)).is_file():
        iuv = read_iuv(path, order="network", max_side=None)
    else:
        iuv = models.iuv(photo) if job.given is None else read_iuv(job.given, max_side=None)
        check_iuv(iuv, photo)
        put(path, encode_iuv(iuv))
    if not (path := job.layout.texture(job.name)).is_file():
        outline = None if job.outline is None else read_outline(job.outline)
        put(path, encode_png(extract(photo, iuv, mode="exact", outline=outline).image))
    if not job.face or (path := job.layout.face(job.name)).is_file():
        return False
    identity = models.identity(photo, iuv)
    if identity is not None:
        buffer = io.BytesIO()
        np.save(buffer, np.asarray(identity, np.float32).reshape(-1), allow_pickle=False)
        put(path, buffer.getvalue())
    return identity is None


def put(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all.

    Raises:
        DiskFull: the disk is full. StudioError: the file may not be written.
    """
    with writing(path):
        write_whole(path, data)


def _keep_photo(job: PhotoJob, photo: np.ndarray, path: Path) -> None:
    with job.source.open("rb") as file:
        is_jpeg = file.read(3) == _JPEG
    if not is_jpeg:
        buffer = io.BytesIO()
        Image.fromarray(photo).save(buffer, "JPEG", quality=95, subsampling=0)
        put(path, buffer.getvalue())
        return
    if not job.copy:
        # Another disk, or one that knows no links: then it is copied.
        with contextlib.suppress(OSError), whole_file(path, sync=False) as temporary:
            os.link(job.source.resolve(), temporary)
            return
    with writing(path), whole_file(path) as temporary:
        shutil.copyfile(job.source, temporary)
