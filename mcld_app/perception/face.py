"""Faces in a photo, and who they are: insightface's antelopev2, as the published model was trained with.

SCRFD finds faces (Guo et al., "Sample and Computation Redistribution for Efficient Face Detection", 2021), and an
ArcFace network says whose they are (Deng et al., 2019). Nothing is downloaded here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from mcld_app.body.iuv import check_iuv
from mcld_app.checkpoints import Found, MissingWeights, find, weight_named
from mcld_app.checkpoints.downloads import by_hand
from mcld_app.errors import PictureError
from mcld_app.perception.face_align import SIDE, aligned
from mcld_app.perception.face_onnx import open_network

if TYPE_CHECKING:
    from insightface.model_zoo import SCRFD
    from onnxruntime import InferenceSession

IDENTITY = 512
"""Numbers of an identity."""

DETECTOR_SIDE = 640
"""The square that the detector sees, in pixels: the authors' setting and insightface's."""

MOST = 8
"""Faces of one photo that are identified unless more are asked for: each costs the larger network once."""

_SURE = 0.5  # insightface's threshold on scores
_STRIDES, _ANCHORS = (8, 16, 32), 2
_NUMBERS = (1, 4, 10)  # of one anchor: score, box, five points
_HEADS = tuple((_ANCHORS * (DETECTOR_SIDE // stride) ** 2, numbers) for numbers in _NUMBERS for stride in _STRIDES)
# Of a face's box: what lies less on a head is beside it. On a real photo a face's own box lies on its head by 0.98, and
# by 0.08 when moved aside by its width.
_ON_HEAD = 0.5


@dataclass(frozen=True, eq=False)
class SeenFace:
    """A face in a photo.

    Attributes:
        box: (top, left, height, width) in pixels of the photo, not rounded; it may reach over the photo's edge.
        score: how sure the detector is, 0.5..1.
        points: (5, 2) float32, x, y in pixels: eyes, nose, mouth's corners, the picture's left one first.
        identity: (512,) float32, raw: not normalised, as the published model takes it (F).
    """

    box: tuple[float, float, float, float]
    score: float
    points: np.ndarray
    identity: np.ndarray


@dataclass(frozen=True, eq=False)
class FaceModel:
    """antelopev2's two networks, loaded. Several threads may use one."""

    detector: SCRFD
    recogniser: InferenceSession

    @classmethod
    def load(cls, folder: Path | None = None) -> FaceModel:
        """Load `scrfd_10g_bnkps.onnx` and `glintr100.onnx`, each from the first place that has it: the checkpoints
        folder, the Hugging Face cache, then `~/.insightface/models`, where insightface keeps its own. In either folder
        they may lie in `antelopev2/`, in `antelopev2/antelopev2/` (one too deep, as the published archive unpacks), or
        in the folder itself.

        Each must have been vouched for, wherever it lies (see `checkpoints.manifest`), and never comes from a visitor.

        Args:
            folder: to search instead of `checkpoints_folder()`.

        Raises:
            MissingWeights: one or both are not there.
            UntrustedWeights, BrokenWeights: a file is not vouched for; or cut short, changed, or another network.
            StudioError: insightface or onnxruntime is not installed.
        """
        detector, identity = _find(folder)
        missing = [
            by_hand(weight_named(name), folder)
            for name, found in (("face_detector", detector), ("face_identity", identity))
            if found is None
        ]
        if detector is None or identity is None:
            there = detector or identity
            raise MissingWeights(
                "Faces take two files, "
                + (f"and only {there.path} is here" if there else "and neither is here")
                + f": {'; '.join(missing)}."
            )
        scrfd = open_network(detector, (1, 3, DETECTOR_SIDE, DETECTOR_SIDE), _HEADS)
        arcface = open_network(identity, (1, 3, SIDE, SIDE), [(1, IDENTITY)])
        from insightface.model_zoo import SCRFD

        # Without the file's name: else it builds one more session from it for each size of input.
        return cls(SCRFD(session=scrfd), arcface)

    def faces(self, photo: np.ndarray, *, most: int = MOST, thorough: bool = True) -> tuple[SeenFace, ...]:
        """The faces in a photo, largest first; empty where there is none, as in a drawing or from behind.

        The first look is the authors': the photo scaled to fit 640 x 640, black beyond it, scores from 0.5. Where it
        finds nothing, two more may: the photo at half that size with a black border around it, because SCRFD misses
        faces that fill the picture (deepinsight/insightface, issue 1518); and the photo scaled to fit 1280 x 1280, if
        the first look had to make it smaller, because that loses small faces.

        Args:
            photo: (H, W, 3) uint8 RGB.
            most: how many are identified, the largest ones; the others are left out.
            thorough: False keeps to the first look, for what must be the authors' own result.

        Raises:
            PictureError: for another array.
        """
        if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3 or 0 in photo.shape:
            raise PictureError(
                f"Faces are looked for in RGB photos of 8 bits, not in {photo.dtype} of shape {photo.shape}."
            )
        boxes, points = self._detect(np.ascontiguousarray(photo[..., ::-1]), thorough)  # insightface takes BGR
        sides = boxes[:, 2:4] - boxes[:, :2]
        order = np.argsort(-sides.prod(1), kind="stable")[:most]
        return tuple(
            SeenFace(
                box=(float(boxes[n, 1]), float(boxes[n, 0]), float(sides[n, 1]), float(sides[n, 0])),
                score=float(boxes[n, 4]),
                points=points[n],
                identity=self._identify(aligned(photo, points[n])),
            )
            for n in order
        )

    def _detect(self, bgr: np.ndarray, thorough: bool) -> tuple[np.ndarray, np.ndarray]:
        """Boxes and scores (N, 5) as x, y, x, y, score, and points (N, 5, 2), in pixels of the photo."""
        boxes, points = self._look(bgr, DETECTOR_SIDE)
        if len(boxes) or not thorough:
            return boxes, points
        border = max(bgr.shape[:2]) // 2
        bordered = cv2.copyMakeBorder(bgr, border, border, border, border, cv2.BORDER_CONSTANT)
        boxes, points = self._look(bordered, DETECTOR_SIDE)
        boxes[:, :4] -= border
        points -= border
        if len(boxes) or max(bgr.shape[:2]) <= DETECTOR_SIDE:
            return boxes, points
        return self._look(bgr, 2 * DETECTOR_SIDE)

    def _look(self, bgr: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
        if min(bgr.shape[:2]) * side < max(bgr.shape[:2]):  # a strip that scaled so has no pixel left
            return np.empty((0, 5), np.float32), np.empty((0, 5, 2), np.float32)
        boxes, points = self.detector.detect(bgr, input_size=(side, side), det_thresh=_SURE)
        usable = np.isfinite(boxes).all(1) & np.isfinite(points).all((1, 2)) & (np.ptp(points, axis=1) > 0).all(1)
        return boxes[usable], np.float32(points[usable])

    def _identify(self, face: np.ndarray) -> np.ndarray:
        """(112, 112, 3) uint8 RGB to (512,) float32: as insightface's `ArcFaceONNX.get_feat`, whose class would read
        the 260 MB once more to guess this scale."""
        pixels = (np.float32(face.transpose(2, 0, 1)[None]) - np.float32(127.5)) / np.float32(127.5)
        name = self.recogniser.get_inputs()[0].name
        return self.recogniser.run(None, {name: pixels})[0][0]


def face_model(folder: Path | None = None) -> FaceModel | None:
    """The model that is there, loaded once and kept for the process until its files change; None where neither file is.

    Args:
        folder: to search instead of `checkpoints_folder()`.

    Raises:
        MissingWeights, UntrustedWeights, BrokenWeights, StudioError: as `FaceModel.load`.
    """
    found = [each.path for each in _find(folder) if each is not None]
    if not found:
        return None
    return _kept(folder, tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in found))


def face_of(faces: Sequence[SeenFace], iuv: np.ndarray) -> SeenFace | None:
    """The face that belongs to a body: the one whose box and the body's head agree best (their pixels in common by
    those of either). None where no face lies on the head by at least half of its box, as from behind.

    Args:
        faces: of a photo.
        iuv: (H, W, 3) uint8, one person's IUV map at that photo's size.

    Raises:
        IUVError: for what is no IUV map.
    """
    check_iuv(iuv)
    head = iuv[..., 0] >= 23
    pixels = np.count_nonzero(head)
    best, agreement = None, 0.0
    for face in faces:
        top, left, height, width = face.box
        rows, columns = (slice(max(0, round(a)), max(0, round(a + b))) for a, b in ((top, height), (left, width)))
        inside = head[rows, columns]
        common = np.count_nonzero(inside)
        share = common / max(1, inside.size + pixels - common)
        if common >= _ON_HEAD * inside.size and share > agreement:
            best, agreement = face, share
    return best


@lru_cache(maxsize=1)
def _kept(folder: Path | None, files: tuple[tuple[Path, int, int], ...]) -> FaceModel:
    return FaceModel.load(folder)


def _find(folder: Path | None) -> tuple[Found | None, Found | None]:
    """Detector and identity, each where it is first found."""
    return find(weight_named("face_detector"), folder), find(weight_named("face_identity"), folder)
