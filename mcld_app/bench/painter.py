"""One picture, drawn in one way after another, and timed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from mcld_app.bench.random_model import random_conditions, random_pipeline
from mcld_app.bench.results import Measured, most_memory, start_counting
from mcld_app.bench.variants import Variant
from mcld_app.checkpoints import Sizes
from mcld_app.engine.room import is_cuda, tidy
from mcld_app.network import preprocess
from mcld_app.network.embeddings import Encoded
from mcld_app.network.pipeline import Drawing, MCLDPipeline
from mcld_app.request import Conditions, Settings

_RUNS = 2  # of each way, after one that is not counted; the faster one counts


@dataclass
class Painter:
    """Draws the same picture in many ways, with one pipeline at a time.

    Attributes:
        device, sizes: of the networks.
        steps: of the picture.
        given: its conditions.
    """

    device: str
    sizes: Sizes
    steps: int
    given: Conditions = field(default_factory=random_conditions)
    _held: tuple[str, MCLDPipeline] | None = None

    def rows(self, variant: Variant) -> Iterator[Measured]:
        """The row of a way to draw: seconds, the most memory, and the latents to compare."""
        pipe, times = self._pipeline(variant.dtype), []
        with variant.way(pipe) as drawing:
            start_counting(self.device)
            for _ in range(_RUNS + 1):
                times.append(self._picture(drawing))
        seconds, step, drawn = min(times[1:], key=lambda found: found[0])
        yield Measured(variant.name, seconds, step, most_memory(self.device), drawn.latents.cpu())

    def drop(self) -> None:
        """Let go of the pipeline."""
        self._held = None
        tidy(self.device)

    def _pipeline(self, dtype: str) -> MCLDPipeline:
        if self._held is None or self._held[0] != dtype:
            self.drop()
            self._held = dtype, random_pipeline(self.device, dtype, self.sizes)
            self._held[1].set_progress_bar_config(disable=True)
        return self._held[1]

    def _picture(self, pipe: MCLDPipeline) -> tuple[float, float, Drawing]:
        """Seconds for a picture from its conditions on, for each of its steps, and the picture."""
        given, size = self.given, pipe.size
        noise = torch.from_numpy(np.random.default_rng(1).normal(0, 1, pipe.noise_shape(1)).astype(np.float32))
        moments = [self._now()]
        photo, texture = preprocess.as_picture(given.photo), preprocess.as_picture(given.texture)
        person = pipe.encode_person(photo, texture, given.face.identity[None], size)
        encoded = Encoded(person, pipe.encode_pose(preprocess.pose_picture(given.pose), size))
        moments.append(self._now())
        usual = Settings()
        drawn = pipe.draw(
            encoded, noise, steps=self.steps, guidance_scale=usual.guidance, face_weight=given.face_weight,
            decoded=False,
        )  # fmt: skip
        moments.append(self._now())
        pipe.decode(drawn.latents)
        return self._now() - moments[0], (moments[2] - moments[1]) / self.steps, drawn

    def _now(self) -> float:
        if is_cuda(self.device):
            torch.cuda.synchronize(self.device)
        return time.perf_counter()
