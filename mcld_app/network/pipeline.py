"""MCLD as a diffusers pipeline: conditions in, pictures out.

Each condition has its own `encode_...` method, and `draw` makes pictures of conditions that are encoded already. All
who draw go this way: `__call__` from pictures as they are given, the engine from conditions that it keeps encoded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from diffusers import AutoencoderKL, DiffusionPipeline
from diffusers.utils import BaseOutput
from PIL import Image
from torch import Tensor
from transformers import CLIPImageProcessorPil, CLIPVisionModelWithProjection

from mcld_app.errors import StudioError
from mcld_app.network.attention import Focus, FocusRecord, Reference
from mcld_app.network.embeddings import Encoded, PersonEmbeddings, common_rows
from mcld_app.network.face_encoder import FaceEncoder
from mcld_app.network.face_projector import FaceProjector
from mcld_app.network.patch_autoencoder import PatchAutoencoder
from mcld_app.network.places import cell_places
from mcld_app.network.pose_guider import PoseGuider
from mcld_app.network.preprocess import SQUEEZED, Preprocess, head_pixels, initial_noise, places_of
from mcld_app.network.refiner import DetailRefiner
from mcld_app.network.unets import DenoisingUNet, Guide, ReferenceUNet
from mcld_app.request import MAX_FACE_WEIGHT, MAX_GUIDANCE, MAX_STEPS, Conditions, Settings, within

OUTPUTS = ("pil", "np", "pt", "latent")
"""What `MCLDPipeline` can return."""

Picture = Image.Image | list[Image.Image] | np.ndarray | Tensor
"""PIL pictures of any size, or values 0..1 of shape (B, 3, H, W)."""

T = TypeVar("T")

Keep = Callable[[str, tuple[str, ...], Callable[[], T]], T]
"""Called with a part's name, the names of the inputs it depends on, and what encodes it; returns the part."""


def encode_anew(name: str, inputs: tuple[str, ...], encode: Callable[[], T]) -> T:
    """A `Keep` that keeps nothing."""
    return encode()


@dataclass(frozen=True, eq=False)
class Drawing:
    """What `MCLDPipeline.draw` makes.

    Attributes:
        latents: (R, C, h, w), scaled.
        pictures: (R, 3, H, W) float32 in 0..1; None where they were not to be decoded.
        focus: None, or "reference", "photo", "texture", "face" -> (R, h, w) float32, where each was looked at.
    """

    latents: Tensor
    pictures: Tensor | None
    focus: dict[str, np.ndarray] | None


@dataclass
class MCLDOutput(BaseOutput):
    """What a call returns.

    Attributes:
        images: PIL pictures, (B, H, W, 3) float array, (B, 3, H, W) tensor in 0..1, or latents, as asked for.
        focus: None, or "reference", "photo", "texture", "face" -> (B, H/8, W/8) float32, where each was looked at.
    """

    images: Any
    focus: dict[str, np.ndarray] | None = None


class MCLDPipeline(DiffusionPipeline):
    """Draws a person in a pose.

    Args:
        vae: Stable Diffusion's autoencoder (or a smaller one).
        image_encoder: CLIP vision model with projection, for I and A.
        denoising_unet, reference_unet, pose_guider, face_projector: the four trained networks.
        scheduler: DDIM as the authors; others may be put in its place.
        feature_extractor: CLIP's preprocessing on Pillow pictures (named explicitly: another one may be picked, and
            change the picture, where torchvision is installed).
        face_encoder: from a head's crop to F, for a model that brings its own; the published one takes antelopev2's.
        refiner: addition, not in the paper: the decoder's second half, which sees the texture preview.
    """

    _optional_components: ClassVar[list[str]] = ["face_encoder", "refiner"]  # diffusers wants a list

    model_cpu_offload_seq = (
        "image_encoder->face_encoder->face_projector->pose_guider->reference_unet->denoising_unet->vae->refiner"
    )
    _callback_tensor_inputs = ("latents", "x0")

    def __init__(
        self,
        vae: AutoencoderKL | PatchAutoencoder,
        image_encoder: CLIPVisionModelWithProjection,
        denoising_unet: DenoisingUNet,
        reference_unet: ReferenceUNet,
        pose_guider: PoseGuider,
        face_projector: FaceProjector,
        scheduler: Any,
        feature_extractor: CLIPImageProcessorPil,
        face_encoder: FaceEncoder | None = None,
        refiner: DetailRefiner | None = None,
    ) -> None:
        super().__init__()
        self.register_modules(
            vae=vae,
            image_encoder=image_encoder,
            denoising_unet=denoising_unet,
            reference_unet=reference_unet,
            pose_guider=pose_guider,
            face_projector=face_projector,
            scheduler=scheduler,
            feature_extractor=feature_extractor,
            face_encoder=face_encoder,
            refiner=refiner,
        )
        self.vae_scale = getattr(vae, "scale", None) or 2 ** (len(vae.config.block_out_channels) - 1)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pictures this model was trained to draw."""
        return self._pixels(self.denoising_unet)

    @property
    def reference_size(self) -> tuple[int, int]:
        """(height, width) of the picture its ReferenceNet was trained to read."""
        return self._pixels(self.reference_unet)

    @property
    def takes_preview(self) -> bool:
        """Whether it sees the texture preview (an addition to the paper); then its texture maps have no holes."""
        return bool(self.denoising_unet.config.preview)

    @property
    def reads_places(self) -> bool:
        """Whether it looks places up in a pose (an addition to the paper), whose parts must then not be blended."""
        return self.takes_preview or bool(self.denoising_unet.config.places)

    def noise_shape(self, rows: int, size: tuple[int, int] | None = None) -> tuple[int, int, int, int]:
        """(rows, C, h, w) of the latents of pictures of (height, width); default: the network's own size."""
        height, width = size or self.size
        channels = self.denoising_unet.config.sizes["in_channels"]
        return rows, channels, height // self.vae_scale, width // self.vae_scale

    @property
    def _execution_device(self) -> torch.device:
        """Where parts work. diffusers looks for it through every module of every part, which at full size takes 16 ms
        and is asked for seven times a picture; on a GPU, and where whole parts take turns there, it is known."""
        if getattr(self, "_all_hooks", None):
            return self._offload_device
        device = self.device
        return device if device.type not in ("cpu", "meta") else super()._execution_device

    def _pixels(self, unet: DenoisingUNet | ReferenceUNet) -> tuple[int, int]:
        cells = unet.config.sizes["sample_size"]
        height, width = (cells, cells) if isinstance(cells, int) else cells
        return height * self.vae_scale, width * self.vae_scale

    # --- Conditions ------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def encode_picture(self, picture: Picture, *, side: int | None = None, preprocess: Preprocess = SQUEEZED) -> Tensor:
        """CLIP token (B, 1, C) of a photo (I) or a texture map (A), seen whole: squeezed to a square of `side`,
        by default the height of the network's pictures, unless `preprocess` says otherwise."""
        shown = preprocess.for_image_encoder(picture, side or self.size[0])
        pixels = self.feature_extractor(shown, return_tensors="pt").pixel_values
        embeds = self.image_encoder(pixels.to(self._execution_device, self.image_encoder.dtype)).image_embeds
        return embeds[:, None].to(self.denoising_unet.dtype)

    @torch.no_grad()
    def encode_latent(self, picture: Picture, size: tuple[int, int], *, preprocess: Preprocess = SQUEEZED) -> Tensor:
        """VAE latent (B, 4, H/8, W/8), mean, scaled, of a picture (a texture map, as a rule) resized to (H, W)."""
        pixels = preprocess.for_autoencoder(picture, size).to(self._execution_device, self.vae.dtype)
        return self.vae.encode(pixels).latent_dist.mean * self.vae.config.scaling_factor

    @torch.no_grad()
    def encode_face(self, identity: Tensor | np.ndarray | None, batch: int = 1) -> Tensor:
        """Tokens F (B, T, C) of raw identity vectors (B, 512); None (no face) counts as zeros.

        Raises:
            StudioError: for vectors of another length, or values that are not finite.
        """
        length = self.face_projector.config.identity
        if identity is None:
            identity = torch.zeros(batch, length)
        vectors = torch.as_tensor(np.asarray(identity) if not isinstance(identity, Tensor) else identity)
        vectors = vectors.reshape(-1, vectors.shape[-1]) if vectors.ndim else vectors.reshape(1, 1)
        if vectors.shape[-1] != length:
            raise StudioError(f"A face identity has {length} numbers; this one has {vectors.shape[-1]}.")
        if not torch.isfinite(vectors).all():
            raise StudioError(
                "This face identity holds values that are no numbers. Take the face from its photo again."
            )
        return self.face_projector(vectors.to(self._execution_device, self.face_projector.dtype)).to(
            self.denoising_unet.dtype
        )

    @torch.no_grad()
    def encode_pose(self, pose: Picture, size: tuple[int, int], *, preprocess: Preprocess = SQUEEZED) -> Tensor:
        """Pose features (B, C, H/8, W/8) of an IUV picture in the network's order V, U, I."""
        pixels = preprocess.for_pose_guider(pose, size).to(self._execution_device, self.pose_guider.dtype)
        return self.pose_guider(pixels)

    @torch.no_grad()
    def encode_head(self, heads: np.ndarray) -> Tensor:
        """Identity vectors (B, 512) of heads' crops (B, 64, 64, 3) uint8 RGB, by the model's own face encoder.

        Raises:
            StudioError: where the model has none.
        """
        if self.face_encoder is None:
            raise StudioError("This model has no face encoder of its own. Give the face's identity instead.")
        return self.face_encoder(head_pixels(heads).to(self._execution_device, self.face_encoder.dtype)).float()

    @torch.no_grad()
    def encode_guide(
        self,
        pose: Picture,
        size: tuple[int, int],
        preview: Tensor | None = None,
        *,
        preprocess: Preprocess = SQUEEZED,
    ) -> Guide | None:
        """What the additions for small models read; None for a model without any.

        Args:
            pose: as for `encode_pose`: which texel each pixel shows is read from it.
            size: (H, W).
            preview: (B, 5, H, W) in 0..1, see `preprocess.preview_pixels`; None hides it.
        """
        if not self.reads_places:
            return None
        places = places_of(preprocess.for_pose_guider(pose, size))
        cells = tuple(n // self.vae_scale for n in size)
        device, dtype = self._execution_device, self.denoising_unet.dtype
        config = self.denoising_unet.config
        seen = where = None
        if config.preview:
            channels = config.sizes["in_channels"]
            seen = torch.zeros(len(places), channels + 1, *cells, device=device, dtype=dtype)
            if preview is not None:
                seen[:, :channels] = self.encode_latent(preview[:, :3], preview.shape[-2:])
                seen[:, channels:] = torch.nn.functional.adaptive_avg_pool2d(preview[:, 3:4].to(seen), cells)
        if config.places:
            where = cell_places(places.to(device), cells).to(dtype)
        return Guide(seen, where)

    @torch.no_grad()
    def encode_reference(self, latent: Tensor, photo: Tensor, *, bank_dtype: torch.dtype | None = None) -> Reference:
        """Keys and values of the reference, projected once for all steps.

        Args:
            latent: from `encode_latent`.
            photo: token I, which the ReferenceNet's cross-attention sees.
            bank_dtype: the authors cast the bank to float16; give that to do as they do.
        """
        plan = self.denoising_unet.plan
        tokens = photo if plan.reference_sees_photo else torch.zeros_like(photo)
        bank, _ = self.reference_unet(latent.to(self.reference_unet.dtype), tokens)
        if bank_dtype is not None:
            bank = {name: x.to(bank_dtype) for name, x in bank.items()}
        return self.denoising_unet.project_reference(bank)

    def encode_person(
        self,
        photo: Picture,
        texture: Picture,
        identity: Tensor | np.ndarray | None,
        size: tuple[int, int],
        *,
        preprocess: Preprocess = SQUEEZED,
        bank_dtype: torch.dtype | None = None,
        keep: Keep = encode_anew,
    ) -> PersonEmbeddings:
        """All of a person: photo (I), texture map (A) and face identity (F).

        Args:
            photo, texture: the pictures.
            identity: see `encode_face`.
            size: (height, width) of the pictures to be drawn.
            preprocess: how pictures come to that size.
            bank_dtype: see `encode_reference`.
            keep: called as keep(name, inputs, encode) for each part, where inputs are those of "photo", "texture" and
                "identity" that the part depends on; it returns what encode() returns, or returned before.
        """
        tokens = keep("token", ("photo",), lambda: self.encode_picture(photo, side=size[0], preprocess=preprocess))
        texture_tokens = keep(
            "token", ("texture",), lambda: self.encode_picture(texture, side=size[0], preprocess=preprocess)
        )
        face = keep("face", ("identity",), lambda: self.encode_face(identity))
        rows = common_rows(photos=len(tokens), texture_maps=len(texture_tokens), faces=len(face))
        read = self.denoising_unet.plan.reference
        # A model may be trained to read a map of another shape than its pictures; at sizes of one's own both are alike.
        read_size = self.reference_size if size == self.size else size

        def reference() -> Reference:
            picture = texture if read == "texture" else photo
            latent = keep("latent", (read,), lambda: self.encode_latent(picture, read_size, preprocess=preprocess))
            return self.encode_reference(_rows(latent, rows), _rows(tokens, rows), bank_dtype=bank_dtype)

        kept = keep("reference", ("photo", "texture"), reference)
        return PersonEmbeddings(_rows(tokens, rows), _rows(texture_tokens, rows), _rows(face, rows), kept)

    # --- Drawing ---------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def draw(
        self,
        conditions: Encoded,
        noise: Tensor,
        *,
        steps: int,
        guidance_scale: float,
        face_weight: float,
        generator: torch.Generator | list[torch.Generator] | None = None,
        on_step: Callable[[int, int, dict[str, Tensor]], dict | None] | None = None,
        focus: bool = False,
        decoded: bool = True,
        decode_at_once: int | None = None,
    ) -> Drawing:
        """Pictures of conditions that are encoded already: the one way all pictures are drawn.

        Args:
            conditions: of R pictures.
            noise: (R, 4, h, w), standard normal.
            steps, guidance_scale, face_weight, generator, on_step: see `denoise`.
            focus: also say where the network looked.
            decoded: whether pictures are wanted, or the latents alone.
            decode_at_once: how many pictures are decoded together; default: all.

        Raises:
            StudioError: where the picture turns into values that are no numbers.
        """
        rows = len(noise)
        record = FocusRecord(tuple(noise.shape[-2:])) if focus else None
        try:
            latents = self.denoise(
                conditions.person,
                conditions.pose,
                noise.to(self._execution_device),
                steps=steps,
                guidance_scale=guidance_scale,
                face_weight=face_weight,
                generator=generator,
                on_step=on_step,
                record=record,
                guide=conditions.guide,
            )
            pictures = None
            if decoded:
                at_once, preview = decode_at_once or rows, conditions.preview
                parts = [slice(start, start + at_once) for start in range(0, rows, at_once)]
                pictures = torch.cat([self.decode(latents[p], None if preview is None else preview[p]) for p in parts])
        finally:
            self.maybe_free_model_hooks()  # parts that wait on the CPU for their turn go back there
        maps = {name: (total / record.counts[name]).numpy() for name, total in record.sums.items()} if record else None
        return Drawing(latents, pictures, maps)

    @torch.no_grad()
    def denoise(
        self,
        person: PersonEmbeddings,
        pose: Tensor,
        latents: Tensor,
        *,
        steps: int,
        guidance_scale: float,
        face_weight: float,
        generator: torch.Generator | list[torch.Generator] | None = None,
        on_step: Callable[[int, int, dict[str, Tensor]], dict | None] | None = None,
        record: FocusRecord | None = None,
        guide: Guide | None = None,
    ) -> Tensor:
        """The denoising loop.

        Args:
            person: embeddings of B people (or of one, for all rows).
            pose: (B, C, h, w) from `encode_pose`.
            latents: (B, 4, h, w), standard normal noise.
            steps: how many.
            guidance_scale: classifier-free guidance; 1 or less does without.
            face_weight: weight of F.
            generator: for schedulers that add noise.
            on_step: called after each step with (step, timestep, {"latents", "x0"}); may return {"latents": ...}.
            record: filled with where the network looked.
            guide: from `encode_guide`, for models with additions.

        Returns:
            latents (B, 4, h, w).

        Raises:
            StudioError: where the picture turns into values that are no numbers.
        """
        guided = guidance_scale > 1.0
        rows = len(latents)
        focus = Focus(
            tokens={"photo": person.photo, "texture": person.texture, "face": person.face},
            reference=person.reference,
            unconditional=rows if guided else 0,
            face_weight=face_weight,
            record=record,
        )
        self.scheduler.set_timesteps(steps, device=self._execution_device)
        latents = latents * self.scheduler.init_noise_sigma
        extra = {"generator": generator} if "generator" in _arguments(self.scheduler.step) else {}
        features = torch.cat([pose, pose]) if guided else pose
        if guided and guide is not None:  # unconditional rows see neither the preview nor the reference
            seen, where = guide.preview, guide.places
            guide = Guide(
                None if seen is None else torch.cat([torch.zeros_like(seen), seen]),
                None if where is None else torch.cat([where, where]),
            )
        for index, t in enumerate(self.scheduler.timesteps):
            sample = self.scheduler.scale_model_input(latents, t)
            sample = torch.cat([sample, sample]) if guided else sample
            v = self.denoising_unet(sample.to(self.denoising_unet.dtype), t, focus, features, guide)
            if guided:
                free, bound = v.chunk(2)
                v = free + guidance_scale * (bound - free)
            before = latents
            latents = self.scheduler.step(v, t, latents, **extra, return_dict=False)[0]
            if on_step is not None:
                changed = on_step(index, int(t), {"latents": latents, "x0": self._clean(v, t, before)}) or {}
                latents = changed.get("latents", latents)
        if not torch.isfinite(latents).all():
            raise StudioError(
                "The network gave values that are no numbers. Are its weights whole, and its precision right?"
            )
        return latents

    @torch.no_grad()
    def decode(self, latents: Tensor, preview: Tensor | None = None) -> Tensor:
        """Pictures (B, 3, H, W) float32 in 0..1 from latents; with a refiner, the preview (B, 5, H, W) in 0..1 adds
        its detail (None hides it)."""
        pixels = self.vae.decode(latents.to(self.vae.dtype) / self.vae.config.scaling_factor, return_dict=False)[0]
        if self.refiner is not None:
            shown = torch.zeros_like(pixels[:, :1]).repeat(1, 5, 1, 1) if preview is None else preview.to(pixels)
            if preview is not None:
                shown = torch.cat([shown[:, :3] * 2 - 1, shown[:, 3:]], 1)
            pixels = self.refiner(pixels, latents.to(pixels.dtype), shown)
        return (pixels.float() / 2 + 0.5).clamp(0, 1)

    @torch.no_grad()
    def __call__(
        self,
        photo: Picture,
        texture: Picture,
        pose: Picture,
        identity: Tensor | np.ndarray | None = None,
        *,
        height: int | None = None,
        width: int | None = None,
        num_inference_steps: int = Settings.steps,
        guidance_scale: float = Settings.guidance,
        face_weight: float = Conditions.face_weight,
        generator: torch.Generator | list[torch.Generator] | None = None,
        latents: Tensor | None = None,
        output_type: str = "pil",
        callback_on_step_end: Callable | None = None,
        bank_dtype: torch.dtype | None = None,
        return_focus: bool = False,
        preview: Tensor | None = None,
        preprocess: Preprocess = SQUEEZED,
    ) -> MCLDOutput:
        """Draw.

        Args:
            photo: whole photo of the person (I): PIL picture(s), or (B, 3, H, W) values in 0..1.
            texture: texture map (A), the same kinds.
            pose: IUV picture in the network's channel order (V, U, I), the same kinds.
            identity: (B, 512) raw ArcFace vectors (F); None = no face.
            height, width: of the result; default: the network's own size.
            num_inference_steps, guidance_scale, face_weight, generator: see `denoise`.
            latents: (B, 4, H/8, W/8) initial noise; default: drawn from `generator`.
            output_type: "pil", "np", "pt" or "latent".
            callback_on_step_end: called as callback(pipeline, step, timestep, {"latents", "x0"}), as diffusers does.
            bank_dtype: see `encode_reference`.
            return_focus: also say where the network looked.
            preview: (B, 5, H, W) in 0..1, for a model that sees the texture preview; None hides it.
            preprocess: how pictures come to the networks' sizes; by default squeezed, so that CLIP sees all of them.

        Raises:
            StudioError: for a number of steps, a size or an identity that cannot be used.
        """
        size = (height or self.size[0], width or self.size[1])
        step = self.vae_scale * 2 ** (len(self.denoising_unet.config.sizes["block_out_channels"]) - 1)
        within("The number of steps", num_inference_steps, 1, MAX_STEPS, whole=True)
        within("Guidance", guidance_scale, 0, MAX_GUIDANCE)
        within("The face's weight", face_weight, 0, MAX_FACE_WEIGHT)
        if output_type not in OUTPUTS:
            raise StudioError(f"There is no output type {output_type!r}. Choose one of: {', '.join(OUTPUTS)}.")
        if size[0] % self.vae_scale or size[1] % self.vae_scale or min(size) < step:
            raise StudioError(f"Height and width must be whole multiples of {self.vae_scale}, and at least {step}.")
        person = self.encode_person(photo, texture, identity, size, preprocess=preprocess, bank_dtype=bank_dtype)
        features = self.encode_pose(pose, size, preprocess=preprocess)
        guide = self.encode_guide(pose, size, preview, preprocess=preprocess)
        conditions = Encoded(person, features, guide, preview)
        previews = 1 if preview is None else len(preview)
        rows = common_rows(people=len(person.photo), poses=len(conditions.pose), previews=previews)
        if isinstance(generator, list) and len(generator) != rows:
            raise StudioError(f"Give one generator, or one for each of the {rows} pictures, not {len(generator)}.")
        shape = self.noise_shape(rows, size)
        if latents is not None and tuple(latents.shape) != shape:
            raise StudioError(f"Latents of these pictures have the shape {shape}, not {tuple(latents.shape)}.")
        if latents is None:
            latents = initial_noise(shape, generator, self._execution_device)
        callback = None
        if callback_on_step_end is not None:

            def callback(index: int, t: int, tensors: dict[str, Tensor]) -> dict | None:
                return callback_on_step_end(self, index, t, tensors)

        drawing = self.draw(
            conditions.rows(rows),
            latents,
            steps=num_inference_steps,
            guidance_scale=guidance_scale,
            face_weight=face_weight,
            generator=generator,
            on_step=callback,
            focus=return_focus,
            decoded=output_type != "latent",
        )
        return MCLDOutput(images=_as_type(drawing, output_type), focus=drawing.focus)

    def _clean(self, v: Tensor, t: Tensor, noisy: Tensor) -> Tensor:
        """The picture the network expects in the end: x0 = sqrt(a) z - sqrt(1 - a) v (Salimans and Ho, 2022)."""
        a = self.scheduler.alphas_cumprod.to(noisy.device)[t.long()]
        return a.sqrt() * noisy - (1 - a).sqrt() * v


def _as_type(drawing: Drawing, output_type: str) -> Any:
    """A drawing's pictures as one of `OUTPUTS`."""
    if output_type == "latent":
        return drawing.latents
    if output_type == "pt":
        return drawing.pictures
    arrays = drawing.pictures.permute(0, 2, 3, 1).cpu().numpy()
    if output_type == "np":
        return arrays
    return [Image.fromarray((array * 255).round().astype(np.uint8)) for array in arrays]


def _rows(x: Tensor, count: int) -> Tensor:
    """`x` itself where it has that many rows (so that people are still told apart by it), else its one row for all."""
    return x if len(x) == count else x.expand(count, *x.shape[1:])


def _arguments(function: Callable) -> set[str]:
    import inspect

    return set(inspect.signature(function).parameters)
