"""The cached engine: the one object the page, the command line and the API talk to.

Like Segment Anything's predictor, encoding is costly and done once, generating is cheap and repeatable: what does not
change between two requests (a person's tokens, the projected reference, a pose's features) is kept by its content.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mcld_app.engine.cache import ContentCache, content_key
from mcld_app.engine.identity import between
from mcld_app.errors import Cancelled, StudioError
from mcld_app.request import Conditions, Drawn, Face, Job, Progress, Settings, check_conditions

if TYPE_CHECKING:  # heavy packages are imported where they are used: the page must come up without them
    from torch import Tensor

    from mcld_app.body.texture.texture_map import TextureMap
    from mcld_app.engine.safety import SafetyChecker
    from mcld_app.network.embeddings import PersonEmbeddings
    from mcld_app.network.pipeline import MCLDPipeline
    from mcld_app.network.unets import Guide

KEEP_SECONDS = 30 * 60
KEEP_BYTES = 2 << 30


@dataclass(frozen=True)
class Model:
    """What the engine draws with.

    Attributes:
        name: what the page calls it.
        load: (device, dtype name) -> MCLDPipeline there; may raise StudioError.
        note: a sentence about what it can and cannot do.
        result: (height, width) of a result; the published network itself draws a square.
        usual: the settings it draws best with.
        identify: (photo, IUV map) -> raw identity (512,) of the face on that body, or None, for a model without a face
            encoder of its own; may raise StudioError. None where there is nothing that could.
        guard: device -> a checker that its pictures have to pass (`safety.SafetyChecker`); None where they need none.
    """

    name: str
    load: Callable[[str, str], MCLDPipeline]
    note: str = ""
    result: tuple[int, int] = (512, 352)
    usual: Settings = field(default_factory=Settings)
    identify: Callable[[np.ndarray, np.ndarray], np.ndarray | None] | None = None
    guard: Callable[[str], SafetyChecker] | None = None


# What is tried, in order, when memory runs out.
FALLBACKS = ("none", "half batch", "one at a time", "sliced decoding", "parts on the CPU in turn")


@dataclass
class _Loaded:
    pipe: MCLDPipeline
    device: str
    to_rgb: Tensor  # (channels + 1, 3): a linear map from a latent to its colour
    fallback: int = 0
    schedulers: dict[str, Any] = field(default_factory=dict)


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
        self._cache = ContentCache(keep_bytes, keep_seconds, _bytes_of)
        self._drawing = threading.Lock()
        self._owner = ""  # of the drawing under way
        self._loaded: _Loaded | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether the weights are in memory."""
        return self._loaded is not None

    def generate(
        self,
        jobs: Sequence[Job],
        settings: Settings | None = None,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        previews: bool = True,
        owner: str = "",
    ) -> list[Drawn]:
        """Draw pictures.

        Args:
            jobs: what to draw; drawn in batches, in order. A seed gives the same noise in every batch.
            settings: how; default: as the authors.
            on_progress: called after each step.
            cancelled: asked before each step; True stops.
            previews: whether progress carries small pictures.
            owner: whom the cache keeps what is encoded for; "" is nobody in particular. See `forget`.

        Raises:
            Cancelled: where `cancelled` said so; the engine stays usable.
            StudioError: for conditions that cannot be used, missing weights, too little memory, or a picture that the
                model's guard holds back.
        """
        if not jobs:
            raise StudioError("There is nothing to draw: give at least one pose and one seed.")
        settings = settings or Settings()
        for job in jobs:
            check_conditions(job.conditions)
        with self._drawing:
            self._owner = owner
            if cancelled():
                raise Cancelled()
            loaded = self._load()
            checker = self.model.guard(loaded.device) if self.model.guard else None
            drawn: list[Drawn] = []
            while len(drawn) < len(jobs):
                batch = list(jobs[len(drawn) : len(drawn) + self._batch_size(loaded)])
                try:
                    shown = previews and checker is None  # what is to be held back must not be seen coming
                    made = self._draw(loaded, batch, settings, on_progress, cancelled, shown, len(drawn), len(jobs))
                except Exception as error:
                    if not _is_out_of_memory(error):
                        raise
                    self._step_back(loaded, error)
                    continue
                if checker is not None and any(checker.blocked([one.picture for one in made])):
                    from mcld_app.engine.safety import BLOCKED

                    raise StudioError(BLOCKED)
                drawn += made
            return drawn

    def forget(self, owner: str | None = None) -> None:
        """Drop everything that was encoded from an owner's pictures, or from everybody's (None). Of a named owner
        nothing is kept again, a drawing under way included."""
        self._cache.forget(owner)

    def _keep(self, key: str, make: Callable[[], Any]) -> Any:
        return self._cache.get(key, make, owner=self._owner)

    # --- Loading ---------------------------------------------------------------------------------------------------

    def _load(self) -> _Loaded:
        if self._loaded is None:
            device = self._device or best_device()
            pipe = self.model.load(device, self._dtype or best_dtype(device))
            pipe.set_progress_bar_config(disable=True)
            self._loaded = _Loaded(pipe, device, _fit_latent_to_rgb(pipe))
        return self._loaded

    def _batch_size(self, loaded: _Loaded) -> int:
        if loaded.fallback >= 2:
            return 1
        return max(1, self._max_batch // (2 if loaded.fallback == 1 else 1))

    def _step_back(self, loaded: _Loaded, error: Exception) -> None:
        """Memory ran out: go on with less of it, or say so."""
        import torch

        if loaded.fallback + 1 >= len(FALLBACKS) or (loaded.fallback + 1 == 4 and loaded.device != "cuda"):
            raise StudioError(
                f"There is not enough memory on {loaded.device} to draw even one picture. "
                "Close other programs that use it, or draw on another device."
            ) from error
        loaded.fallback += 1
        if loaded.fallback == 3:
            loaded.pipe.vae.enable_slicing()
            loaded.pipe.vae.enable_tiling()
        elif loaded.fallback == 4:
            loaded.pipe.enable_model_cpu_offload()
        self._cache.forget()
        gc.collect()
        if loaded.device == "cuda":
            torch.cuda.empty_cache()

    # --- Drawing ---------------------------------------------------------------------------------------------------

    def _draw(self, loaded, jobs, settings, on_progress, cancelled, previews, done, total) -> list[Drawn]:
        import torch

        from mcld_app.network.attention import FocusRecord
        from mcld_app.network.embeddings import PersonEmbeddings
        from mcld_app.network.unets import Guide

        pipe = loaded.pipe
        pipe.scheduler = _scheduler(loaded, settings.scheduler)
        person = PersonEmbeddings.joined([self._person(pipe, job.conditions, cancelled) for job in jobs])
        posed = [self._pose(pipe, job.conditions, settings.preview) for job in jobs]
        poses, guides, previews_of = zip(*posed, strict=True)
        preview = torch.cat(previews_of) if previews_of[0] is not None else None
        channels, cells = pipe.denoising_unet.config.sizes["in_channels"], [n // pipe.vae_scale for n in pipe.size]
        generators = [torch.Generator("cpu").manual_seed(job.seed) for job in jobs]
        noise = torch.cat([torch.randn(1, channels, *cells, generator=g) for g in generators]).to(pipe.device)
        record = FocusRecord(tuple(cells)) if settings.focus else None

        def on_step(index: int, t: int, tensors: dict[str, Tensor]) -> None:
            if on_progress is not None:
                pictures = self._preview(loaded, tensors["x0"]) if previews else None
                on_progress(Progress(index + 1, settings.steps, done, total, pictures, len(jobs)))
            if index + 1 < settings.steps and cancelled():
                raise Cancelled()

        if cancelled():
            raise Cancelled()
        latents = pipe.denoise(
            person,
            torch.cat(poses),
            noise,
            steps=settings.steps,
            guidance_scale=settings.guidance,
            face_scale=settings.face_scale,
            generator=generators,
            on_step=on_step,
            record=record,
            guide=None if guides[0] is None else Guide.joined(guides),
        )
        step = 1 if loaded.fallback >= 3 else len(jobs)
        parts = [slice(i, i + step) for i in range(0, len(jobs), step)]
        pictures = torch.cat([pipe.decode(latents[p], None if preview is None else preview[p]) for p in parts])
        focus = {k: (v / record.counts[k]).numpy() for k, v in record.sums.items()} if record else None
        return [
            Drawn(
                picture=_unsqueezed(picture, self.model.result),
                seed=job.seed,
                focus={k: v[i] for k, v in focus.items()} if focus else None,
                device=loaded.device,
                dtype=str(pipe.denoising_unet.dtype).removeprefix("torch."),
                batch=len(jobs),
                fallback=FALLBACKS[loaded.fallback],
            )
            for i, (job, picture) in enumerate(zip(jobs, pictures.float().cpu().numpy(), strict=True))
        ]

    def _person(self, pipe, conditions: Conditions, cancelled: Callable[[], bool]) -> PersonEmbeddings:
        """Codes of a person, each part kept under the content it depends on."""
        from mcld_app.network.embeddings import PersonEmbeddings

        photo, texture = conditions.photo, conditions.texture
        if pipe.takes_preview:
            texture = self._filled(conditions).image
        square = (pipe.size[0], pipe.size[0])  # what the image encoder sees is squeezed, as the authors do
        photo_key, texture_key = content_key("photo", photo), content_key("texture", texture)
        token = self._keep(photo_key, lambda: pipe.encode_picture([_squeezed(photo, square)]))
        texture_token = self._keep(texture_key, lambda: pipe.encode_picture([_squeezed(texture, square)]))

        tokens = self._face(pipe, conditions)
        reads_texture = pipe.denoising_unet.plan.reference == "texture"
        read = texture if reads_texture else photo

        def reference():
            if cancelled():
                raise Cancelled()
            latent = self._keep(
                content_key("latent", texture_key if reads_texture else photo_key),
                lambda: pipe.encode_latent([_pil(_squeezed(read, pipe.reference_size))], pipe.reference_size),
            )
            return pipe.encode_reference(latent, token)

        kept = self._keep(content_key("reference", photo_key, texture_key), reference)
        return PersonEmbeddings(token, texture_token, tokens, kept)

    def _face(self, pipe, conditions: Conditions) -> Tensor:
        """Tokens F: of the face, of one between two faces, or of none."""
        first = self._identity(pipe, conditions.face)
        mix = conditions.face_mix if conditions.other_face is not None else 0.0
        if mix:
            other = self._identity(pipe, conditions.other_face)
            none = np.zeros(pipe.face_projector.config.identity, np.float32)
            first = between(none if first is None else first, none if other is None else other, mix)
        return self._keep(content_key("face", first), lambda: pipe.encode_face(_row(first)))

    def _identity(self, pipe, face: Face | None) -> np.ndarray | None:
        """A face's raw identity, where none is given by the model's own face encoder or from the photo; None is no
        face."""
        if face is not None and face.identity is not None:
            return np.asarray(face.identity, np.float32)
        if face is not None and face.head is not None and pipe.face_encoder is not None:
            key = content_key("head", face.head)
            return self._keep(key, lambda: pipe.encode_head(face.head[None])[0].cpu()).numpy()
        if face is None or face.photo is None or pipe.face_encoder is not None or self.model.identify is None:
            return None
        key = content_key("face in photo", face.photo, face.iuv)
        found = self._keep(key, lambda: _kept(self.model.identify(face.photo, face.iuv)))
        return found if found.size else None

    def _pose(self, pipe, conditions: Conditions, shown: bool) -> tuple[Tensor, Guide | None, Tensor | None]:
        """Of a pose: its features, and what a model with additions reads besides; the preview in 0..1."""
        import torch

        from mcld_app.body.iuv import resize_iuv, resize_like_authors, to_network_rgb
        from mcld_app.body.texture.preview_planes import ground_colour, preview_planes
        from mcld_app.body.texture.texture_map import places

        added = pipe.takes_preview or pipe.denoising_unet.config.places

        def encode() -> Tensor:
            # Parts must not blend at borders where the map is also looked things up in.
            resize = resize_iuv if added else resize_like_authors
            return pipe.encode_pose([_pil(to_network_rgb(resize(conditions.pose, pipe.size)))], pipe.size)

        features = self._keep(content_key("pose", conditions.pose, pipe.size), encode)
        if not added:
            return features, None, None
        iuv = resize_iuv(conditions.pose, pipe.size)
        preview = None
        if pipe.takes_preview and shown:
            filled, ground = self._filled(conditions), ground_colour(conditions.photo)
            planes = preview_planes(filled, _seen(conditions), iuv, ground)
            preview = torch.from_numpy(planes).movedim(-1, 0)[None].float().to(pipe.device) / 255
        where = torch.from_numpy(places(iuv)).movedim(-1, 0)[None]
        return features, pipe.encode_guide(where, preview), preview

    def _filled(self, conditions: Conditions) -> TextureMap:
        """The texture map without holes, for a model that sees the preview. What was guessed already stays so."""
        from mcld_app.body.texture.dressing import fill
        from mcld_app.body.texture.texture_map import TextureMap

        known = _seen(conditions) | conditions.texture.any(-1)
        key = content_key("filled", conditions.texture, known)
        return self._keep(key, lambda: fill(TextureMap(conditions.texture, known)))

    def _preview(self, loaded: _Loaded, x0: Tensor) -> list[np.ndarray]:
        import cv2

        colours = x0.float().movedim(1, -1) @ loaded.to_rgb[:-1] + loaded.to_rgb[-1]
        small = (colours.clamp(0, 1) * 255).byte().cpu().numpy()
        h, w = self.model.result
        tall = small.shape[1] * 2
        return [cv2.resize(s, (round(tall * w / h), tall), interpolation=cv2.INTER_LINEAR) for s in small]


def best_device() -> str:
    """ "cuda", "mps" or "cpu"."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def best_dtype(device: str) -> str:
    """The name of the torch dtype used on a device: half precision on a GPU, float32 elsewhere (half is slow on most
    CPUs, and on Apple's GPUs this network overflows in it)."""
    return "float16" if device == "cuda" else "float32"


def _scheduler(loaded: _Loaded, name: str):
    """The named scheduler for the network's own noise schedule (v-prediction, zero terminal SNR, trailing steps)."""
    if name not in loaded.schedulers:
        from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, UniPCMultistepScheduler

        kinds = {"ddim": DDIMScheduler, "dpm++": DPMSolverMultistepScheduler, "unipc": UniPCMultistepScheduler}
        extra = {} if name == "ddim" else {"solver_order": 2, "final_sigmas_type": "zero"}
        loaded.schedulers[name] = kinds[name].from_config(loaded.pipe.scheduler.config, **extra)
    return loaded.schedulers[name]


def _fit_latent_to_rgb(pipe: MCLDPipeline) -> Tensor:
    """A linear map from latents to colours, (channels + 1, 3): least squares over one encoded sheet of colours, so it
    fits whatever autoencoder is loaded."""
    import torch
    import torch.nn.functional as F

    generator = torch.Generator("cpu").manual_seed(0)
    side = 16 * pipe.vae_scale
    sheet = F.interpolate(torch.rand(1, 3, 8, 8, generator=generator), (side, side), mode="nearest")
    latent = pipe.encode_latent(sheet, (side, side)).float()
    x = latent[0].flatten(1).T
    x = torch.cat([x, torch.ones_like(x[:, :1])], 1)
    y = F.interpolate(sheet, latent.shape[-2:], mode="area")[0].flatten(1).T.to(x.device)
    gram = x.T @ x + 1e-3 * torch.eye(x.shape[1], device=x.device)
    return torch.linalg.solve(gram.cpu(), (x.T @ y).cpu()).to(x.device)


def _squeezed(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Squeezed to (height, width) with Pillow's default filter, as the authors do (`mcld-facts`, 9)."""
    from PIL import Image

    return np.asarray(Image.fromarray(np.ascontiguousarray(picture)).resize(size[::-1]))


def _seen(conditions: Conditions) -> np.ndarray:
    """Which texels hold something: as said, else all that are not black."""
    return conditions.texture.any(-1) if conditions.coverage is None else conditions.coverage


def _pil(picture: np.ndarray):
    from PIL import Image

    return Image.fromarray(picture)


def _unsqueezed(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(3, H, W) in 0..1 back to 11:16: antialiased bicubic, then cut to bytes, as the authors do."""
    import torch
    import torch.nn.functional as F

    wide = F.interpolate(torch.from_numpy(picture)[None], size, mode="bicubic", antialias=True)[0]
    return (wide * 255).clamp(0, 255).byte().permute(1, 2, 0).numpy()


def _kept(identity: np.ndarray | None) -> np.ndarray:
    """An identity as the cache keeps it: that no face was found is worth keeping, too."""
    return np.zeros(0, np.float32) if identity is None else np.asarray(identity, np.float32)


def _row(identity: np.ndarray | None) -> np.ndarray | None:
    return None if identity is None else identity.reshape(1, -1)


def _bytes_of(value: Any) -> int:
    if hasattr(value, "nelement"):
        return value.nelement() * value.element_size()
    if isinstance(value, np.ndarray):
        return value.nbytes
    if hasattr(value, "coverage"):  # a texture map
        return value.image.nbytes + value.coverage.nbytes
    values = value.values() if isinstance(value, dict) else value
    return sum(map(_bytes_of, values))


def _is_out_of_memory(error: Exception) -> bool:
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "out of memory" in str(error).lower()
