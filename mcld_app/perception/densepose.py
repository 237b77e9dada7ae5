"""DensePose without detectron2: a photo -> the people in it, each with an IUV map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from mcld_app.body.checks import check_rgb
from mcld_app.body.framing import person_box
from mcld_app.checkpoints import Found, find, weight_named
from mcld_app.errors import PictureError
from mcld_app.perception.densepose_export import Export, Instances, load_export
from mcld_app.perception.densepose_input import at_network_size
from mcld_app.perception.densepose_output import DensePoseOutput, inside, is_usable, iuv_of, whole_box
from mcld_app.perception.densepose_probe import in_its_order

WEIGHTS = ("densepose_r101", "densepose")
"""Names in the table of weights, the better one first, which the authors used too (with the DeepLab head)."""

MIN_SCORE = 0.5  # of a person, where the export gives scores
AS_SURE = 0.05  # scores this near to the highest say no more: people who are plainly there get 0.95 to 1
MIN_PERSON = 128  # pixels on the longer side of what is seen: half as much as the data set's small pictures are high
MAX_PEOPLE = 12  # the largest are taken of a group


_NOBODY = "No person was found in the photo. Choose one that shows a real person clearly."


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
        return cls(in_its_order(load_export(path, device, known=known, in_cache=in_cache)))

    def bodies(self, photo: np.ndarray) -> tuple[DetectedBody, ...]:
        """The people in a photo, (H, W, 3) uint8 RGB, the one who is meant most likely first.

        Where the export gives scores, that is the surest; of all within `AS_SURE` of the highest score it is the
        largest (by what is seen of the body), for a person far away may get 0.999 where the one in front gets 0.998.
        The others follow by their scores. Without scores, the largest comes first.

        People of whom less than `MIN_PERSON` pixels are seen on the longer side are left out, and of a group all but
        the `MAX_PEOPLE` with the largest boxes. Where two overlap, each has a map of its own.

        Raises:
            NoPerson: nobody is found, or nobody large enough.
            PictureError: no such photo.
            BrokenWeights: the model fails, or gives something else than DensePose does.
            StudioError: the memory does not suffice.
        """
        look = self._look(photo)
        sure = [number for number in look.usable if (score := look.score(number)) is None or score >= MIN_SCORE]
        sure = sorted(sure, key=lambda number: -look.area(number))[:MAX_PEOPLE]
        seen = [body for body in map(look.body, sure) if body.iuv[..., 0].any()]
        if not seen:
            raise NoPerson(_NOBODY)
        seen.sort(key=_pixels, reverse=True)
        large = [body for body in seen if max(_extent(body)) >= MIN_PERSON]
        if not large:
            height, width = _extent(seen[0])
            raise NoPerson(
                f"The largest person in the photo is only {width} x {height} pixels, too small to be drawn from. "
                f"Choose a photo in which the person is at least {MIN_PERSON} pixels tall or wide."
            )
        highest = max(body.score or 0.0 for body in large)
        # Sorting keeps the order of equals, which is by size.
        large.sort(key=lambda body: -min(body.score or 0.0, highest - AS_SURE))
        return tuple(large)

    def surest(self, photo: np.ndarray) -> DetectedBody:
        """The one person whom the authors took when they prepared their data: the one with the highest score, however
        low and however small; where the export gives no scores, the one of whom most is seen.

        Raises:
            as `bodies`; NoPerson only where nobody is found.
        """
        look = self._look(photo)
        if look.found.scores is None:
            bodies = sorted(map(look.body, look.usable), key=_pixels, reverse=True)
        else:
            bodies = [look.body(max(look.usable, key=look.score))] if look.usable else []
        if not bodies or not _pixels(bodies[0]):
            raise NoPerson(_NOBODY)
        return bodies[0]

    def _look(self, photo: np.ndarray) -> _Look:
        check_rgb(photo, "People can only be found in RGB pictures of 8 bits per channel")
        height, width = photo.shape[:2]
        given = at_network_size(photo)
        found = self.export.instances(given)
        scale = np.array([width / given.shape[1], height / given.shape[0]] * 2, np.float32)
        return _Look(found, found.boxes * scale, (height, width))


@dataclass(frozen=True, eq=False)
class _Look:
    """What the network found in a photo of `size` (height, width), with boxes (N, 4) in the photo's pixels."""

    found: Instances
    boxes: np.ndarray
    size: tuple[int, int]

    @property
    def usable(self) -> list[int]:
        """The numbers of those with a box in the photo, and a score that is a number."""
        scored = [True] * len(self.boxes) if self.found.scores is None else np.isfinite(self.found.scores)
        return [n for n, box in enumerate(self.boxes) if scored[n] and is_usable(box, self.size)]

    def score(self, number: int) -> float | None:
        return None if self.found.scores is None else float(self.found.scores[number])

    def place(self, number: int) -> tuple[int, int, int, int]:
        return inside(whole_box(self.boxes[number]), self.size)

    def area(self, number: int) -> int:
        *_, height, width = self.place(number)
        return height * width

    def body(self, number: int) -> DetectedBody:
        planes = (plane[number].float().cpu().numpy() for plane in self.found.planes)
        iuv = iuv_of(DensePoseOutput(self.boxes[number], *planes), self.size)
        return DetectedBody(self.place(number), self.score(number), iuv)


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


def _pixels(body: DetectedBody) -> int:
    return np.count_nonzero(body.iuv[..., 0])


def _extent(body: DetectedBody) -> tuple[int, int]:
    """(height, width) of what is seen of a body, in pixels."""
    box = person_box(body.iuv)
    return box[2:] if box else (0, 0)
