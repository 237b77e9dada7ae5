"""DensePose without detectron2: a photo -> the people in it, each with an IUV map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from mcld_app.body.checks import check_rgb
from mcld_app.body.framing import person_box
from mcld_app.checkpoints import Found, find, weight_named
from mcld_app.errors import PictureError
from mcld_app.perception.densepose_export import Export, load_export
from mcld_app.perception.densepose_output import DensePoseOutput, inside, is_usable, iuv_of, whole_box

WEIGHTS = ("densepose_r101", "densepose")
"""Names in the table of weights, the better one first."""

MIN_SCORE = 0.5  # of a person, where the export gives scores
MIN_PERSON = 128  # pixels on the longer side of what is seen: half as much as the data set's small pictures are high
MAX_PEOPLE = 12  # the largest are taken of a group

# What detectron2's configurations scale a photo to; exports that do so themselves only scale up again.
_SHORT_SIDE, _LONG_SIDE = 800, 1333


class NoPerson(PictureError):
    """A photo in which nobody is found, or nobody large enough."""


@dataclass(frozen=True, eq=False)
class DetectedBody:
    """One person in a photo.

    Attributes:
        box: (top, left, height, width) in pixels, inside the photo.
        score: how sure the network is, 0..1, or None where the export does not say.
        iuv: (H, W, 3) uint8 I, U, V of the photo's size, of this person alone; 0 elsewhere.
    """

    box: tuple[int, int, int, int]
    score: float | None
    iuv: np.ndarray


@dataclass(frozen=True, eq=False)
class DensePose:
    """DensePose, loaded; safe to be used from several threads."""

    export: Export

    @classmethod
    def load(
        cls, path: Path, device: str | None = None, *, known: tuple[str, ...] = (), in_cache: bool = False
    ) -> DensePose:
        """Load an export that the owner of this machine put there; never an uploaded file.

        Args:
            path: its file.
            device: "cpu" or "cuda"; default: CUDA where this process has one, else the CPU.
            known, in_cache: as in `ChecksumManifest.verify`.

        Raises:
            UntrustedWeights: nobody has vouched for it.
            BrokenWeights: cut short, a web page, no TorchScript, or TorchScript of something else.
        """
        return cls(load_export(path, device, known=known, in_cache=in_cache))

    def bodies(self, photo: np.ndarray) -> tuple[DetectedBody, ...]:
        """The people in a photo, (H, W, 3) uint8 RGB, the largest (by what is seen of the body) first.

        People of whom less than `MIN_PERSON` pixels are seen on the longer side are left out, and of a group all but
        the `MAX_PEOPLE` with the largest boxes. Where two overlap, each has a map of its own.

        Raises:
            NoPerson: nobody is found, or nobody large enough.
            PictureError: no such photo.
            BrokenWeights: the model fails, or gives something else than DensePose does.
            StudioError: the memory does not suffice.
        """
        check_rgb(photo, "People can only be found in RGB pictures of 8 bits per channel")
        seen = [body for body in self._found(photo) if body.iuv[..., 0].any()]
        if not seen:
            raise NoPerson("No person was found in the photo. Choose one that shows a real person clearly.")
        seen.sort(key=lambda body: -np.count_nonzero(body.iuv[..., 0]))
        large = tuple(body for body in seen if max(_extent(body)) >= MIN_PERSON)
        if not large:
            height, width = _extent(seen[0])
            raise NoPerson(
                f"The largest person in the photo is only {width} x {height} pixels, too small to be drawn from. "
                f"Choose a photo in which the person is at least {MIN_PERSON} pixels tall or wide."
            )
        return large

    def _found(self, photo: np.ndarray) -> list[DetectedBody]:
        size = photo.shape[:2]
        given = _scaled_down(photo)
        found = self.export.instances(given)
        boxes = found.boxes * np.array([size[1] / given.shape[1], size[0] / given.shape[0]] * 2, np.float32)
        scores = [None] * len(boxes) if found.scores is None else found.scores.tolist()
        places = {
            number: inside(whole_box(box), size)
            for number, (box, score) in enumerate(zip(boxes, scores, strict=True))
            if is_usable(box, size) and (score is None or score >= MIN_SCORE)
        }
        largest = sorted(places, key=lambda number: -places[number][2] * places[number][3])[:MAX_PEOPLE]
        bodies = []
        for number in largest:
            charts = DensePoseOutput(boxes[number], *(plane[number].float().cpu().numpy() for plane in found.planes))
            bodies.append(DetectedBody(places[number], scores[number], iuv_of(charts, size)))
        return bodies


def estimator(folder: Path | None = None, device: str | None = None) -> DensePose | None:
    """The DensePose of this machine, the better one where there are two: loaded once, kept for the process, and loaded
    again where its file has changed. None where there is none.

    Args:
        folder: where its weights lie; default: the checkpoints folder, and then the Hugging Face cache.
        device: as in `DensePose.load`.

    Raises:
        UntrustedWeights, BrokenWeights: as `DensePose.load`.
    """
    found = next((there for name in WEIGHTS if (there := find(weight_named(name), folder))), None)
    if found is None:
        return None
    stat = found.path.stat()
    return _loaded(found, device, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=1)
def _loaded(found: Found, device: str | None, _size: int, _mtime_ns: int) -> DensePose:
    return DensePose.load(found.path, device, known=found.weight.known, in_cache=found.in_cache)


def _scaled_down(photo: np.ndarray) -> np.ndarray:
    """A photo no larger than the network was trained on; a smaller one as it is."""
    height, width = photo.shape[:2]
    scale = min(1.0, _SHORT_SIDE / min(height, width), _LONG_SIDE / max(height, width))
    if scale == 1:
        return photo
    smaller = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(photo, smaller, interpolation=cv2.INTER_AREA)


def _extent(body: DetectedBody) -> tuple[int, int]:
    """(height, width) of what is seen of a body, in pixels."""
    box = person_box(body.iuv)
    return box[2:] if box else (0, 0)
