"""Whether a face stayed: the authors' figures on face embeddings, averaged over the pairs where both have a face.

Cosine similarity (the paper's FS) and Euclidean distance (dist) of the generated face to the source's and to the true
target's, on embeddings as the encoder gives them, not normalised. The authors' encoder is InsightFace's buffalo_s with
a detector input of 512 x 352: figures of another encoder are not comparable with theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcld_app.evaluation.metrics import MetricError
from mcld_app.evaluation.pretrained import Skipped

Embeddings = np.ndarray | Sequence[np.ndarray | None]
"""(N, D) floats, D = 512 as a rule; a row of zeros, or None in a sequence, where no face was found."""


@dataclass(frozen=True)
class FaceMatch:
    """Generated faces against true ones.

    Attributes:
        cosine: mean cosine similarity, -1..1; None where no pair has two faces.
        distance: mean Euclidean distance; None likewise.
        compared: pairs that have two faces.
        left_out: pairs that have not, which no mean counts.
    """

    cosine: float | None
    distance: float | None
    compared: int
    left_out: int

    def __str__(self) -> str:
        if self.cosine is None:
            return f"no faces to compare in {self.left_out} pairs"
        return (
            f"cosine {self.cosine:.3f}, distance {self.distance:.2f} over {self.compared} pairs, "
            f"{self.left_out} without a face left out"
        )


@dataclass(frozen=True)
class FaceScores:
    """Generated faces against the source's (the paper's "ref") and the true target's ("tgt")."""

    source: FaceMatch
    target: FaceMatch


def face_scores(generated: Embeddings, source: Embeddings, target: Embeddings) -> FaceScores:
    """Both matches of the paper's table 2.

    Args:
        generated: embeddings of the generated pictures, row by row those of `source` and `target`.
        source: of the source photos.
        target: of the true target photos.

    Raises:
        MetricError: another number of rows or of dimensions, or values that are not finite.
    """
    return FaceScores(match(generated, source), match(generated, target))


def match(generated: Embeddings, true: Embeddings) -> FaceMatch:
    """Generated faces against true ones, row by row; rows where either has no face are counted and left out.

    Raises:
        MetricError: another number of rows or of dimensions, or values that are not finite.
    """
    a, b = _rows(generated), _rows(true)
    if len(a) != len(b):
        raise MetricError(f"There are {len(a)} generated faces and {len(b)} true ones: give one row for each pair.")
    both = [(x, y) for x, y in zip(a, b, strict=True) if x is not None and y is not None]
    left_out = len(a) - len(both)
    if not both:
        return FaceMatch(None, None, 0, left_out)
    if len({row.shape for pair in both for row in pair}) > 1:
        raise MetricError("The face embeddings differ in length. Make all of them with one encoder.")
    x, y = (np.stack(rows) for rows in zip(*both, strict=True))
    lengths = np.linalg.norm(x, axis=1) * np.linalg.norm(y, axis=1)
    cosine = float(np.mean((x * y).sum(1) / lengths))
    return FaceMatch(cosine, float(np.mean(np.linalg.norm(x - y, axis=1))), len(both), left_out)


def _rows(embeddings: Embeddings) -> list[np.ndarray | None]:
    rows: list[np.ndarray | None] = []
    for n, row in enumerate(embeddings):
        row = None if row is None else np.asarray(row, np.float64)
        if row is not None and (row.ndim != 1 or not np.isfinite(row).all()):
            raise MetricError(f"Face embedding {n} is not a row of finite numbers. Make it again.")
        rows.append(row if row is not None and row.any() else None)
    return rows


Encoder = Callable[[np.ndarray], np.ndarray | None]
"""(H, W, 3) uint8 RGB to the embedding (D,) of its largest face, or None where it finds none."""


def load_encoder(folder: Path | None = None) -> Encoder | Skipped:
    """The authors' encoder, InsightFace's buffalo_s with a detector input of 512 x 352; nothing is downloaded.

    Args:
        folder: of buffalo_s; default: where InsightFace keeps it, ~/.insightface/models/buffalo_s.
    """
    folder = folder or Path.home() / ".insightface" / "models" / "buffalo_s"
    if not any(folder.glob("*.onnx")):
        return Skipped(
            f"faces need InsightFace's buffalo_s (non-commercial research only), and {folder} holds no .onnx files. "
            "Put its unpacked files there, or name their folder with --faces."
        )
    try:
        from insightface.app import FaceAnalysis

        analysis = FaceAnalysis(name=str(folder), allowed_modules=["detection", "recognition"])
        analysis.prepare(ctx_id=0, det_size=(512, 352))
        if "recognition" not in analysis.models:
            return Skipped(f"{folder} holds no face recognition model. Put all of buffalo_s there.")
    except Exception as error:  # a damaged file, no detector among them, another version of the library
        return Skipped(f"the face encoder in {folder} cannot be loaded ({type(error).__name__}: {error}).")

    def encode(picture: np.ndarray) -> np.ndarray | None:
        faces = analysis.get(np.ascontiguousarray(picture[..., ::-1]))  # it takes BGR
        if not faces:
            return None
        return max(faces, key=lambda face: (face.bbox[2] - face.bbox[0]) * (face.bbox[3] - face.bbox[1])).embedding

    return encode
