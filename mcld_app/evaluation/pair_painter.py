"""Draw pairs of a prepared folder, and write their results: the work of one process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mcld_app.body.head_crop import crop_head
from mcld_app.body.photo import encode_png
from mcld_app.data.deepfashion import read_identity, read_map, read_picture, read_texture
from mcld_app.data.layout import Layout, Pair
from mcld_app.errors import FileError, StudioError
from mcld_app.evaluation.pairs import RESOLUTIONS, result_path
from mcld_app.evaluation.run_file import RunSettings
from mcld_app.files import write_whole, writing
from mcld_app.request import Conditions, Drawn, Face, Job

if TYPE_CHECKING:
    from mcld_app.engine.engine import Engine

_LARGEST_FIRST = sorted(RESOLUTIONS, key=lambda size: -size.height)  # a checker of pictures is shown the first
_SIZES = tuple((size.height, size.width) for size in _LARGEST_FIRST)
_TEXTURE = 512

Batch = tuple[Pair, ...]


@dataclass
class BatchOutcome:
    """The outcome of one batch.

    Attributes:
        drawn: how many of its pairs have their results now.
        failed: the others, and why.
        stop: a sentence, where nothing can be written, so that there is no point in going on; else "".
    """

    drawn: int = 0
    failed: dict[Pair, str] = field(default_factory=dict)
    stop: str = ""


class PairPainter:
    """Draws batches of pairs. One that cannot be drawn does not keep the others of its batch from it.

    Args:
        engine: what draws.
        layout: where the conditions lie.
        results: where the results belong.
        run: how they are drawn.
        heads: whether the engine's model takes faces from their heads; else from the folder's embeddings.
    """

    def __init__(self, engine: Engine, layout: Layout, results: Path, run: RunSettings, *, heads: bool) -> None:
        self._engine, self._layout, self._results, self._run, self._heads = engine, layout, results, run, heads
        self._last = ""

    def __call__(self, batch: Batch) -> BatchOutcome:
        """Draw a batch, and write what could be drawn. Errors are returned, never raised."""
        outcome = BatchOutcome()
        # Pairs come by their sources: what was encoded serves this batch, and the next where it begins with the source
        # that this one ends with.
        if batch[0].source != self._last:
            self._engine.forget()
        self._last = batch[-1].source
        jobs: dict[Pair, Job] = {}
        sources: dict[str, _Source] = {}
        for pair in batch:
            try:
                if pair.source not in sources:
                    sources[pair.source] = self._read_source(pair.source)
                pose = read_map(self._layout.densepose(pair.target))
                jobs[pair] = Job(sources[pair.source].conditions(pose), self._run.seed_of(pair))
            except Exception as error:
                outcome.failed[pair] = _why(error)
        try:
            for pair, drawn in self._draw(jobs, outcome.failed).items():
                self._write(pair, drawn)
                outcome.drawn += 1
        except FileError as error:
            outcome.stop = str(error)
        return outcome

    def _draw(self, jobs: dict[Pair, Job], failed: dict[Pair, str]) -> dict[Pair, Drawn]:
        """All at once; where that does not work, each alone."""
        if not jobs:
            return {}
        try:
            return dict(zip(jobs, self._generate(list(jobs.values())), strict=True))
        except Exception as error:
            if len(jobs) == 1:
                failed[next(iter(jobs))] = _why(error)
                return {}
        alone = (self._draw({pair: job}, failed) for pair, job in jobs.items())
        return {pair: drawn for one in alone for pair, drawn in one.items()}

    def _generate(self, jobs: Sequence[Job]) -> list[Drawn]:
        return self._engine.generate(jobs, self._run.drawing, step_pictures=False, sizes=_SIZES, need_body=False)

    def _write(self, pair: Pair, drawn: Drawn) -> None:
        """Both sizes, each whole or not at all."""
        for size, picture in zip(_LARGEST_FIRST, (drawn.picture, *drawn.others), strict=True):
            path = result_path(self._results, size, pair)
            with writing(path):
                write_whole(path, encode_png(picture))

    def _read_source(self, name: str) -> _Source:
        photo = read_picture(self._layout.photo(name))
        texture, coverage = read_texture(self._layout.texture(name), _TEXTURE)
        return _Source(photo, texture, coverage, self._face(name, photo))

    def _face(self, name: str, photo: np.ndarray) -> Face | None:
        if self._heads:
            iuv = read_map(self._layout.densepose(name))
            head = crop_head(photo, iuv) if iuv.shape == photo.shape else None
            return None if head is None else Face(head=head)
        path = self._layout.face(name)
        return Face(identity=read_identity(path)) if path.is_file() else None


@dataclass(frozen=True, eq=False)
class _Source:
    """What the pairs of one source share."""

    photo: np.ndarray
    texture: np.ndarray
    coverage: np.ndarray
    face: Face | None

    def conditions(self, pose: np.ndarray) -> Conditions:
        return Conditions(self.photo, self.texture, pose, self.face, coverage=self.coverage)


def start_painting(
    layout: Layout, results: Path, run: RunSettings, batch: int, device: str
) -> tuple[PairPainter, bool]:
    """Load the model on a device; see `data.worker_pool.Start`.

    Raises:
        StudioError: there is no such model, its weights are missing or broken, or there is no such device.
    """
    import torch

    from mcld_app.engine.engine import Engine
    from mcld_app.engine.registry import model_named

    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise StudioError(f"PyTorch has no device {device!r} here. Name one that is there by --devices.") from error
    engine = Engine(model_named(run.model), device=device, dtype=run.dtype, max_batch=batch)
    return PairPainter(engine, layout, results, run, heads=engine.reads_heads), True


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, StudioError) else f"{type(error).__name__}: {error}".splitlines()[0]
