"""Train MCLD itself: denoising UNet, ReferenceNet, pose guider and face projector (paper, section 3.3)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from mcld_app.body.texture.texture_map import places
from mcld_app.data.example import Example
from mcld_app.network.attention import Focus
from mcld_app.network.face_projector import FaceProjector
from mcld_app.network.focus import FocusPlan
from mcld_app.network.places import cell_places
from mcld_app.network.unets import Guide, ReferenceUNet
from mcld_app.training.config import Config
from mcld_app.training.objective import (
    cell_mask,
    draw_noise,
    draw_timesteps,
    face_mask,
    losses,
    min_snr_weights,
    yes_or_no,
)
from mcld_app.training.parts import SCHEDULE, drawn_schedule, new_part
from mcld_app.training.preprocessing import clip_pixels
from mcld_app.training.starting_points import load_parts
from mcld_app.training.tasks.task import Task, grid_of, pixels

_BLANK = 127
_TO_MEASURE = 128  # examples over which the spread of I is measured


class MCLDTask(Task):
    """The paper's four networks. One pass of the ReferenceNet serves all targets of a person."""

    trains = ("denoising_unet", "reference_unet", "pose_guider", "face_projector")

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        from diffusers import DDIMScheduler

        frozen = ["vae", "image_encoder"]
        if "face_encoder" in config.sizes:
            frozen.append("face_encoder")
        for name, part in load_parts([*self.trains, *frozen], config, trained=set(self.trains)).items():
            setattr(self, name, part)
        self.scale = getattr(self.vae, "scale", None) or 2 ** (len(self.vae.config.block_out_channels) - 1)
        self.alphas = DDIMScheduler(**SCHEDULE).alphas_cumprod
        self.plan = self.denoising_unet.plan
        freeze_unused(self.plan, self.reference_unet, self.face_projector)
        if config.checkpointing:
            self.denoising_unet.unet.enable_gradient_checkpointing()
            self.reference_unet.unet.enable_gradient_checkpointing()
        self.register_buffer("kept_spread", torch.zeros(self.image_encoder.config.projection_dim))

    def prepare(self) -> None:
        """Measure the spread of the I embedding, which its noise is a share of."""
        data = self.dataset()
        count = min(_TO_MEASURE, len(data))
        square, side = self.settings.data.size[0], self.image_encoder.config.image_size
        with torch.no_grad():
            embeddings = [
                self.image_encoder(clip_pixels([data[n].photo], side, square)).image_embeds.float()
                for n in range(count)
            ]
        self.kept_spread.copy_(torch.cat(embeddings).std(0) if count > 1 else torch.zeros_like(self.kept_spread))

    def collate(self, items: list[Example]) -> dict[str, Tensor]:
        """Pictures as uint8 (P people, K targets each), CLIP pixels, faces, and places on the texture map."""
        side, square = self.image_encoder.config.image_size, self.settings.data.size[0]
        batch = {
            "photo": np.stack([item.photo for item in items]),
            "texture": np.stack([item.texture for item in items]),
            "targets": np.stack([item.targets for item in items]),
            "poses": np.stack([item.poses for item in items]),
            "identity": np.stack([item.identity for item in items]),
            "faced": np.array([item.face is not None for item in items]),
            "face": np.stack([np.zeros((64, 64, 3), np.uint8) if item.face is None else item.face for item in items]),
        }
        if items[0].previews is not None:
            batch["previews"] = np.stack([item.previews for item in items])
        if items[0].alphas is not None:
            batch["alphas"] = np.stack([item.alphas for item in items])
        out = {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in batch.items()}
        out["photo_clip"] = clip_pixels([item.photo for item in items], side, square)
        out["texture_clip"] = clip_pixels([item.texture for item in items], side, square)
        if self.denoising_unet.config.places:
            where = [[places(pose) for pose in item.poses] for item in items]
            out["places"] = torch.from_numpy(np.array(where)).movedim(-1, 2)
        return out

    def forward(self, batch: Mapping[str, Tensor], generator: torch.Generator) -> dict[str, Tensor]:
        """One step of denoising, all its randomness from the generator."""
        objective = self.settings.objective
        batch = blank_heads(batch, objective.drop_head, generator)
        drop_all = float(torch.rand((), generator=generator)) < objective.drop_all
        drop_photo = float(torch.rand((), generator=generator)) < objective.drop_photo
        hidden = torch.rand(batch["targets"].shape[:2], generator=generator) < objective.drop_preview
        with torch.no_grad():
            target = self.latents(batch["targets"], generator if objective.sample_latents else None)
        focus, pose, guide = self.conditions(
            batch,
            photo=not (drop_all or drop_photo),
            rest=not drop_all,
            hidden=hidden | drop_all,
            generator=generator,
        )
        t = draw_timesteps(len(target), objective, generator).to(target.device)
        noise = draw_noise(target.shape, objective, generator).to(target.device)
        a = self.alphas.to(target.device)[t][:, None, None, None]
        noisy = a.sqrt() * target + (1 - a).sqrt() * noise
        wanted = a.sqrt() * noise - (1 - a).sqrt() * target
        weights = min_snr_weights(self.alphas.to(t.device), t, objective.snr_gamma)
        own = torch.rand(len(t), generator=generator).to(t.device) < objective.own_guess
        if own.any():
            steps = int(torch.randint(objective.guess_steps, (), generator=generator)) + 1
            noisy = torch.where(own[:, None, None, None], self.guessed(noise, t, focus, pose, guide, steps), noisy)
            wanted = (a.sqrt() * noisy - target) / (1 - a).sqrt()  # the v that leads from there to the truth
            weights = torch.where(own, 1 - a[:, 0, 0, 0], weights)  # every error of the clean latents counts the same
        predicted = self.denoising_unet(noisy, t, focus, pose, guide)
        size = target.shape[-2:]
        poses = batch["poses"].flatten(0, 1)
        person = cell_mask(batch["alphas"].flatten(0, 1) / 255, size) if "alphas" in batch else None
        return losses(predicted, wanted, weights, yes_or_no(face_mask(poses), size), person, objective)

    @torch.no_grad()
    def guessed(
        self, noise: Tensor, t: Tensor, focus: Focus, pose: Tensor, guide: Guide | None, steps: int = 1
    ) -> Tensor:
        """Latents at the timesteps (R,) as drawing arrives there: by DDIM from pure noise, in steps of one length, with
        the network's own guesses. A network that only ever saw the truth's noisy latents takes its own first haze for a
        finding."""
        alphas, last = self.alphas.to(t.device), len(self.alphas) - 1
        z, at = noise, torch.full_like(t, last)
        for step in range(steps):
            v = self.denoising_unet(z, at, focus, pose, guide).float()
            a = alphas[at][:, None, None, None]
            clean, rest = a.sqrt() * z - (1 - a).sqrt() * v, a.sqrt() * v + (1 - a).sqrt() * z
            at = last - (last - t) * (step + 1) // steps
            a = alphas[at][:, None, None, None]
            z = a.sqrt() * clean + (1 - a).sqrt() * rest
        return z

    def latents(self, pictures: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Scaled latents of uint8 pictures (..., H, W, 3): sampled with a generator, else the mean."""
        found = self.vae.encode(pixels(pictures)).latent_dist
        out = found.mean.float()
        if generator is not None:
            out = out + found.std.float() * torch.randn(out.shape, generator=generator).to(out.device)
        return out * self.vae.config.scaling_factor

    def conditions(
        self,
        batch: Mapping[str, Tensor],
        *,
        photo: bool = True,
        rest: bool = True,
        hidden: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[Focus, Tensor, Guide | None]:
        """What the denoising UNet is given for every target of a batch, P * K rows.

        Args:
            batch: from `collate`.
            photo, rest: whether I is seen; whether A and the reference are.
            hidden: (P, K) bool, for which targets the preview is not shown.
            generator: for sampled textures and the noise on I; None takes means and adds none.
        """
        targets = batch["targets"].shape[1]
        with torch.no_grad():
            clip = torch.cat([batch["photo_clip"] * float(photo), batch["texture_clip"] * float(rest)])
            token, texture = self.image_encoder(clip).image_embeds.float()[:, None].chunk(2)
            if generator is not None and self.settings.objective.photo_noise:
                spread = self.settings.objective.photo_noise * self.kept_spread
                token = token + spread * torch.randn(token.shape, generator=generator).to(token.device)
            identity = batch["identity"]
            if hasattr(self, "face_encoder"):
                seen = self.face_encoder(pixels(batch["face"])).float()
                identity = torch.where(batch["faced"][:, None], seen, identity)
            sample = generator if self.settings.objective.sample_latents else None
            latent = self.latents(batch["texture" if self.plan.reference == "texture" else "photo"], sample)
        tokens = {"photo": token, "texture": texture}
        if self.plan.uses_face:
            tokens["face"] = self.face_projector(identity)
        reference = None
        if rest or self.lockstep:
            seen = token if self.plan.reference_sees_photo else torch.zeros_like(token)
            bank, _ = self.reference_unet(latent, seen)
            kept = self.denoising_unet.project_reference(bank)
            reference = {name: tuple(x.repeat_interleave(targets, 0) for x in pair) for name, pair in kept.items()}
        if not rest and reference is not None:  # run, as in the other processes, and not seen
            tokens["photo"] = token + 0 * sum(x.sum() for pair in kept.values() for x in pair)
            reference = None
        tokens = {slot: value.repeat_interleave(targets, 0) for slot, value in tokens.items()}
        iuv = batch["poses"].flatten(0, 1).flip(-1).movedim(-1, 1).float() / 255  # the network's order: V, U, I
        return Focus(tokens, reference), self.pose_guider(iuv), self.guide(batch, hidden)

    def guide(self, batch: Mapping[str, Tensor], hidden: Tensor | None) -> Guide | None:
        """What the additions read, for all targets."""
        config = self.denoising_unet.config
        if not (config.preview or config.places):
            return None
        size = tuple(n // self.scale for n in self.settings.data.size)
        seen = None
        if config.preview:
            with torch.no_grad():
                planes = batch["previews"].flatten(0, 1)
                latent = self.latents(planes[..., :3])
                seen = torch.cat([latent, cell_mask(planes[..., 3].float() / 255, size)], 1)
                if hidden is not None:
                    seen = seen * (~hidden).flatten()[:, None, None, None].to(seen)
        return Guide(seen, cell_places(batch["places"].flatten(0, 1), size) if config.places else None)

    @torch.no_grad()
    def sample(self, batch: Mapping[str, Tensor], *, steps: int, hidden: Tensor | None = None, seed: int = 0) -> Tensor:
        """Latents (P * K, C, h, w) drawn without guidance, by DDIM."""
        from diffusers import DDIMScheduler

        scheduler = DDIMScheduler(**drawn_schedule(self.settings.drawn_schedule))
        scheduler.set_timesteps(steps)
        focus, pose, guide = self.conditions(batch, hidden=hidden)
        generator = torch.Generator().manual_seed(seed)
        h, w = (n // self.scale for n in self.settings.data.size)
        shape = (len(pose), self.denoising_unet.config.sizes["in_channels"], h, w)
        z = torch.randn(shape, generator=generator).to(pose.device)
        for t in scheduler.timesteps:
            v = self.denoising_unet(z, t, focus, pose, guide)
            z = scheduler.step(v.float(), t, z, return_dict=False)[0]
        return z

    def show(self, batch: Mapping[str, Tensor]) -> np.ndarray:
        """For three people: photo; then of each target the pose, the real picture and the drawn one, and for a network
        that sees the preview the one drawn without it."""
        batch = {name: value[:3] for name, value in batch.items()}
        people, targets = batch["targets"].shape[:2]
        columns = [_seen_pose(batch["poses"]), pixels(batch["targets"]), self._drawn(batch)]
        if self.denoising_unet.config.preview:
            columns.append(self._drawn(batch, torch.ones(people, targets, dtype=torch.bool, device=columns[1].device)))
        first = min(1, targets - 1)  # a drawn person's first target is the photo itself; a pair has one target alone
        rows = []
        for p in range(people):
            row = [pixels(batch["photo"][p : p + 1])[0]]
            for k in range(first, min(targets, 4)):
                row += [column[p * targets + k].to(columns[1].device) for column in columns]
            rows.append(row)
        return grid_of(rows)

    def _drawn(self, batch: Mapping[str, Tensor], hidden: Tensor | None = None) -> Tensor:
        return self.vae.decode(self.sample(batch, steps=10, hidden=hidden) / self.vae.config.scaling_factor)[0]


def _seen_pose(poses: Tensor) -> Tensor:
    """IUV maps (P, K, H, W, 3) uint8 as pictures (P * K, 3, H, W) in [-1, 1]: U and V as colours, the part as blue."""
    parts = (poses[..., :1].float() * (255 / 24)).clamp(max=255).byte()
    return pixels(torch.cat([poses[..., 1:], parts], -1))


def blank_heads(batch: Mapping[str, Tensor], share: float, generator: torch.Generator) -> dict[str, Tensor]:
    """A copy of the batch in which some people's heads are grey, on the texture map and in the preview, so that the
    face's identity alone says who they are."""
    out = dict(batch)
    if not share:
        return out
    blank = torch.rand(len(batch["texture"]), generator=generator) < share
    if not blank.any():
        return out
    blank = blank.to(batch["texture"].device)
    head = head_texels(batch["texture"].shape[1]).to(blank.device)
    out["texture"] = batch["texture"].masked_fill((blank[:, None, None] & head)[..., None], _BLANK)
    if "previews" in batch:
        planes = batch["previews"].clone()
        heads = (batch["poses"][..., 0] >= 23) & blank[:, None, None, None]
        planes[..., :3] = planes[..., :3].masked_fill(heads[..., None], _BLANK)
        planes[..., 4] = planes[..., 4].masked_fill(heads, 255)  # put there on purpose
        out["previews"] = planes
    return out


def head_texels(side: int) -> Tensor:
    """The head's texels on a texture map of that side: (side, side) bool."""
    import cv2

    from mcld_app.body.parts import region_mask

    mask = region_mask("head").astype(np.uint8)
    return torch.from_numpy(cv2.resize(mask, (side, side), interpolation=cv2.INTER_NEAREST) > 0)


def freeze_unused(plan: FocusPlan, reference: ReferenceUNet, projector: FaceProjector) -> None:
    """What is not trained: the ReferenceNet's last up block (docs/reference.md), and the face projector in an ablation
    that does not see the face."""
    reference.unet.up_blocks[-1].requires_grad_(False)
    if not plan.uses_face:
        projector.requires_grad_(False)


def trainable(config: Config) -> int:
    """How many parameters of the four networks a run of MCLD would train; needs no memory for them."""
    from accelerate import init_empty_weights

    with init_empty_weights():
        networks = {name: new_part(name, config) for name in MCLDTask.trains}
        freeze_unused(networks["denoising_unet"].plan, networks["reference_unet"], networks["face_projector"])
    return sum(p.numel() for network in networks.values() for p in network.parameters() if p.requires_grad)
