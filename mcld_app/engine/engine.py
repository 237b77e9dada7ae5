"""The cached engine: the one object the page, the command line and the API talk to.

Like Segment Anything's predictor, encoding is costly and done once, generating is cheap and repeatable: what does not
change between two requests (a person's tokens, the projected reference, a pose's features) is kept by its content. How
a picture is drawn is the pipeline's matter (`MCLDPipeline.draw`), how pictures come to its size `network.preprocess`'s.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from mcld_app.checkpoints.schedulers import scheduler_named
from mcld_app.engine.cache import ContentCache
from mcld_app.engine.encoding import ConditionEncoder, bytes_of
from mcld_app.engine.memory import FALLBACKS, Loaded, load
from mcld_app.engine.model import Model
from mcld_app.engine.room import is_out_of_memory
from mcld_app.errors import Cancelled, StudioError
from mcld_app.network.device import best_device, best_dtype
from mcld_app.network.preprocess import check_conditions, generators_for, initial_noise, results
from mcld_app.request import Drawn, Job, Progress, Settings

if TYPE_CHECKING:  # heavy packages are imported where they are used: the page must come up without them
    from torch import Tensor

KEEP_SECONDS = 30 * 60
KEEP_BYTES = 2 << 30


@dataclass(frozen=True)
class _Request:
    """What `Engine.generate` was asked, besides its jobs."""

    settings: Settings
    owner: str
    on_progress: Callable[[Progress], None] | None
    cancelled: Callable[[], bool]
    step_pictures: bool
    total: int
    sizes: Sequence[tuple[int, int]]


class Engine:
    """Loads once, on first use; draws one request at a time; keeps what it encoded for a while.

    Args:
        model: what to draw with.
        device, dtype: "cuda", "mps", "cpu" and a torch dtype name; default: the best there is.
        max_batch: pictures drawn at once.
        keep_bytes, keep_seconds: limits of the cache.
    """

    def __init__(
        self,
        model: Model,
        *,
        device: str | None = None,
        dtype: str | None = None,
        max_batch: int = 8,
        keep_bytes: int = KEEP_BYTES,
        keep_seconds: float = KEEP_SECONDS,
    ) -> None:
        self.model = model
        self._device, self._dtype, self._max_batch = device, dtype, max_batch
        self._cache = ContentCache(keep_bytes, keep_seconds, bytes_of)
        self._drawing = threading.Lock()
        self._loaded: Loaded | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether the weights are in memory."""
        return self._loaded is not None

    @property
    def reads_heads(self) -> bool:
        """Whether the model takes faces from their heads, by a face encoder of its own, whose identities are not
        antelopev2's. Loads the model.

        Raises:
            StudioError: missing or broken weights.
        """
        with self._drawing:
            return self._load().pipe.face_encoder is not None

    def generate(
        self,
        jobs: Sequence[Job],
        settings: Settings | None = None,
        *,
        owner: str = "",
        noise: np.ndarray | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        step_pictures: bool = True,
        sizes: Sequence[tuple[int, int]] = (),
        need_body: bool = True,
    ) -> list[Drawn]:
        """Draw pictures.

        Args:
            jobs: what to draw; drawn in batches, in order, each of one face weight. A seed gives the same noise in
                every batch.
            settings: how; default: as the authors.
            owner: whose pictures they are: nothing that is kept of them serves another one, and `forget` drops it.
            noise: (jobs, C, h, w) float32 initial latents, to be drawn from instead of the seeds' own.
            on_progress: called after each step.
            cancelled: asked before each part that is encoded and before each step; True stops.
            step_pictures: whether progress carries small pictures.
            sizes: (height, width) of `Drawn.picture` and of `Drawn.others`; default: the model's own alone.
            need_body: whether a pose that shows no body is refused. A test list may hold such targets.

        Raises:
            Cancelled: where `cancelled` said so; the engine stays usable.
            StudioError: for conditions that cannot be used, noise of another shape, missing weights, too little
                memory, or a picture that the model's guard holds back.
        """
        if not jobs:
            raise StudioError("There is nothing to draw: give at least one pose and one seed.")
        for job in jobs:
            check_conditions(job.conditions, need_body=need_body)
        with self._drawing:
            if cancelled():
                raise Cancelled()
            loaded = self._load()
            if noise is not None and noise.shape != (shape := loaded.pipe.noise_shape(len(jobs))):
                raise StudioError(f"The noise of these pictures has the shape {shape}, not {noise.shape}.")
            watch = loaded.watch
            if watch is not None:
                watch.ready()
            shown = step_pictures and watch is None  # what is to be held back must not be seen coming
            wanted = tuple(sizes) or (self.model.result,)
            request = _Request(settings or Settings(), owner, on_progress, cancelled, shown, len(jobs), wanted)
            drawn: list[Drawn] = []
            while len(drawn) < len(jobs):
                first, most = len(drawn), loaded.batch_size(self._max_batch)
                part = slice(first, first + len(_of_one_weight(jobs[first : first + most])))
                try:
                    made = self._draw(loaded, jobs[part], None if noise is None else noise[part], request, len(drawn))
                except Exception as error:
                    if not is_out_of_memory(error):
                        raise
                    self._cache.forget()
                    loaded.step_back(error, len(jobs[part]))
                    continue
                if watch is not None and any(watch.blocked([one.picture for one in made])):
                    from mcld_app.engine.safety import BLOCKED

                    raise StudioError(BLOCKED)
                drawn += made
            return drawn

    def forget(self, owner: str | None = None) -> None:
        """Drop what was encoded from an owner's pictures; from everybody's, where None is given."""
        self._cache.forget(owner)

    def count(self, owner: str) -> int:
        """How many encodings are kept of an owner's pictures."""
        return self._cache.count(owner)

    def _load(self) -> Loaded:
        if self._loaded is None:
            device = self._device or best_device()
            self._loaded = load(self.model, device, self._dtype or best_dtype(device))
        return self._loaded

    def _draw(
        self, loaded: Loaded, jobs: Sequence[Job], noise: np.ndarray | None, request: _Request, done: int
    ) -> list[Drawn]:
        """One batch."""
        import torch

        from mcld_app.network.embeddings import Encoded

        pipe, settings = loaded.pipe, request.settings
        if settings.scheduler not in loaded.schedulers:
            loaded.schedulers[settings.scheduler] = scheduler_named(settings.scheduler, loaded.own_scheduler)
        pipe.scheduler = loaded.schedulers[settings.scheduler]
        encoder = ConditionEncoder(pipe, self.model, self._cache, request.owner, request.cancelled)
        encoded = [encoder.encode(job.conditions, show_preview=settings.preview) for job in jobs]
        generators = generators_for([job.seed for job in jobs])
        shape = pipe.noise_shape(len(jobs))
        start = initial_noise(shape, generators, pipe.device) if noise is None else torch.from_numpy(noise).float()

        def on_step(index: int, t: int, tensors: dict[str, Tensor]) -> None:
            if request.on_progress is not None:
                pictures = loaded.colours.pictures(tensors["x0"], self.model.result) if request.step_pictures else None
                step = Progress(index + 1, settings.steps, done, request.total, pictures, len(jobs))
                request.on_progress(step)
            if index + 1 < settings.steps and request.cancelled():
                raise Cancelled()

        if request.cancelled():
            raise Cancelled()
        drawing = pipe.draw(
            Encoded.joined(encoded),
            start,
            steps=settings.steps,
            guidance_scale=settings.guidance,
            face_weight=jobs[0].conditions.face_weight,
            generator=generators,
            on_step=on_step,
            focus=settings.focus,
            decode_at_once=loaded.decode_at_once,
        )
        made = zip(*(results(drawing.pictures, size) for size in request.sizes), strict=True)
        return [
            Drawn(
                picture=picture,
                seed=job.seed,
                focus={name: maps[i] for name, maps in drawing.focus.items()} if drawing.focus else None,
                device=loaded.device,
                dtype=str(pipe.denoising_unet.dtype).removeprefix("torch."),
                batch=len(jobs),
                fallback=FALLBACKS[loaded.fallback],
                others=tuple(others),
            )
            for i, (job, (picture, *others)) in enumerate(zip(jobs, made, strict=True))
        ]


def _of_one_weight(jobs: Sequence[Job]) -> list[Job]:
    """The first jobs whose face weights are the same: a batch has one."""
    weight = jobs[0].conditions.face_weight
    return list(takewhile(lambda job: job.conditions.face_weight == weight, jobs))
