"""How pictures and seeds become what the networks read, and what they draw becomes a result. Every size, filter,
channel order and the noise is decided here, and nowhere else; the facts are in `docs/reference.md`, "Pictures".

The authors work in two layers. Their script squeezes each picture to the network's size with Pillow's default filter,
and their pipeline then finds nothing left to resize: that is `SQUEEZED`, the way of everything here. Their pipeline by
itself, given pictures of another size, resizes by Lanczos and lets the image encoder's processor cut the middle out of
each: that is `AS_GIVEN`, which none but the reference data ask for, by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from mcld_app.body.iuv import check_iuv, from_network_rgb, resize_iuv, to_network_rgb
from mcld_app.errors import StudioError
from mcld_app.request import MAX_FACE_WEIGHT, Conditions, Face, within

if TYPE_CHECKING:  # imported where it is used: a model's settings travel without torch
    from torch import Generator, Tensor

    from mcld_app.body.texture.texture_map import TextureMap

    Picture = Image.Image | list[Image.Image] | np.ndarray | Tensor
    """PIL pictures of any size, or values 0..1 of shape (B, 3, H, W)."""

HEAD = (64, 64, 3)


@dataclass(frozen=True)
class Preprocess:
    """By which filter pictures come to a network's size.

    Attributes:
        filter: Pillow's, by its lower-case name. For the VAE and the pose guider PIL pictures alone are filtered, and
            values in 0..1 are expected at the right size.
        squeeze: whether the image encoder is shown pictures squeezed to a square, or as they are. Its own processor
            resizes the shorter side to 224 and crops the middle, so that of a picture as it is the ends are not seen.
    """

    filter: str = "bicubic"
    squeeze: bool = True

    def for_image_encoder(self, picture: Picture, side: int) -> Picture:
        """What CLIP's own processor is given: RGB, 0..255, squeezed to (side, side) where `squeeze` says so. Values in
        0..1 that are square already stay as they are."""
        if isinstance(picture, (Image.Image, list)):
            pictures = picture if isinstance(picture, list) else [picture]
            return [self._square(one.convert("RGB"), side) for one in pictures] if self.squeeze else picture
        batch = picture if picture.ndim == 4 else picture[None]
        values = [_bytes(values) for values in batch]
        if not self.squeeze or batch.shape[-1] == batch.shape[-2]:
            return values
        return [self._square(Image.fromarray(one), side) for one in values]

    def _square(self, picture: Image.Image, side: int) -> Image.Image:
        return picture.resize((side, side), Image.Resampling[self.filter.upper()])

    def for_autoencoder(self, picture: Picture, size: tuple[int, int]) -> Tensor:
        """(B, 3, *size) float32 RGB in [-1, 1]."""
        return self._pixels(picture, size, normalised=True)

    def for_pose_guider(self, picture: Picture, size: tuple[int, int]) -> Tensor:
        """(B, 3, *size) float32 in 0..1, not normalised, of IUV pictures in the network's order V, U, I. A smooth
        filter blends part numbers at borders: where places are looked up too, resize the map first (`at_size`)."""
        return self._pixels(picture, size, normalised=False)

    def pose_shown(self, picture: Image.Image, size: tuple[int, int]) -> np.ndarray:
        """(*size, 3) uint8: the values of `for_pose_guider` of a picture, as bytes, without torch."""
        height, width = size
        return np.array(picture.convert("RGB").resize((width, height), Image.Resampling[self.filter.upper()]))

    def _pixels(self, picture: Picture, size: tuple[int, int], *, normalised: bool) -> Tensor:
        from diffusers.image_processor import VaeImageProcessor

        processor = VaeImageProcessor(
            vae_scale_factor=1, resample=self.filter, do_convert_rgb=True, do_normalize=normalised
        )
        return processor.preprocess(picture, *size)


SQUEEZED = Preprocess()
"""As the authors' script: squeezed by bicubic, Pillow's default."""

AS_GIVEN = Preprocess("lanczos", squeeze=False)
"""As the authors' pipeline by itself. Of a tall picture, the image encoder sees neither head nor legs."""


def _bytes(values: np.ndarray | Tensor) -> np.ndarray:
    """(3, H, W) values in 0..1 as (H, W, 3) uint8."""
    values = values.detach().float().cpu().numpy() if hasattr(values, "detach") else np.asarray(values, np.float32)
    return np.ascontiguousarray((values * 255).round().astype(np.uint8).transpose(1, 2, 0))


# --- Pictures into the networks ------------------------------------------------------------------------------------


def as_picture(array: np.ndarray) -> Image.Image:
    """(H, W, 3) uint8 RGB as a PIL picture."""
    return Image.fromarray(np.ascontiguousarray(array))


def pose_picture(iuv: np.ndarray) -> Image.Image:
    """(H, W, 3) uint8 I, U, V as the picture V, U, I that the pose guider was trained on."""
    return Image.fromarray(to_network_rgb(iuv))


def at_size(iuv: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An IUV map at (height, width), each pixel a copy of one: for models that look places up in it."""
    return resize_iuv(iuv, size)


def places_of(pose: Tensor) -> Tensor:
    """(B, 3, H, W) float32: x, y on the texture map in 0..1 and 1 on the body, of what `for_pose_guider` returns."""
    import torch

    from mcld_app.body.texture.texture_map import places

    # Parts past 24 are blends at borders, which a filter that resizes makes; texels have no entry for them.
    maps = [from_network_rgb(rgb) for rgb in pose.mul(255).round().byte().movedim(1, -1).cpu().numpy()]
    return torch.from_numpy(np.stack([places(np.where(iuv[..., :1] > 24, 0, iuv)) for iuv in maps])).movedim(-1, 1)


def head_pixels(heads: np.ndarray) -> Tensor:
    """(B, 3, 64, 64) float32 in [-1, 1] of heads' crops (B, 64, 64, 3) uint8 RGB."""
    import torch

    return torch.from_numpy(np.ascontiguousarray(heads)).movedim(-1, 1).float() / 127.5 - 1


def filled_texture(conditions: Conditions) -> TextureMap:
    """The texture map without holes, for a model that sees the preview. What was guessed already stays so."""
    from mcld_app.body.texture.filling import fill
    from mcld_app.body.texture.texture_map import TextureMap

    return fill(TextureMap(conditions.texture, known_texels(conditions) | conditions.texture.any(-1)))


def known_texels(conditions: Conditions) -> np.ndarray:
    """(512, 512) bool: the texels that were seen or put there: as said, else all that are not black."""
    return conditions.texture.any(-1) if conditions.coverage is None else conditions.coverage


def preview_pixels(filled: TextureMap, conditions: Conditions, iuv: np.ndarray) -> Tensor:
    """(1, 5, H, W) float32 in 0..1: the texture preview of a pose, see `body.texture.preview_planes`.

    Args:
        filled: the texture map without holes.
        conditions: whose photo gives the background's colour.
        iuv: (H, W, 3) the pose at the network's size.
    """
    import torch

    return torch.from_numpy(preview_shown(filled, conditions, iuv)).movedim(-1, 0)[None].float() / 255


def preview_shown(filled: TextureMap, conditions: Conditions, iuv: np.ndarray) -> np.ndarray:
    """(H, W, 5) uint8: the values of `preview_pixels`, as bytes, without torch."""
    from mcld_app.body.texture.preview_planes import background_colour, preview_planes, with_shells

    planes = preview_planes(filled, known_texels(conditions), iuv, background_colour(conditions.photo))
    return planes if conditions.stands_off is None else with_shells(planes, conditions.stands_off)


# --- Noise ---------------------------------------------------------------------------------------------------------


def generators_for(seeds: Sequence[int]) -> list[Generator]:
    """One random generator a picture, on the CPU on every device: so a seed is the same noise on all of them, and in
    every batch."""
    import torch

    return [torch.Generator("cpu").manual_seed(seed) for seed in seeds]


def initial_noise(shape: tuple[int, ...], generator: Generator | list[Generator] | None, device) -> Tensor:
    """Standard normal float32 latents of that shape (B, C, h, w) on the device: row by row where there is a generator
    for each."""
    import torch
    from diffusers.utils.torch_utils import randn_tensor

    return randn_tensor(shape, generator, torch.device(device), torch.float32)


# --- Pictures out of the networks ----------------------------------------------------------------------------------


def results(pictures: Tensor, size: tuple[int, int]) -> np.ndarray:
    """(B, *size, 3) uint8 RGB of drawn pictures (B, 3, H, W) in 0..1: back from the square by antialiased bicubic, then
    cut (not rounded) to bytes, as the authors' script does."""
    import torch.nn.functional as F

    wide = F.interpolate(pictures.float().cpu(), size, mode="bicubic", antialias=True)
    return (wide * 255).clamp(0, 255).byte().permute(0, 2, 3, 1).contiguous().numpy()


# --- What can be drawn from ----------------------------------------------------------------------------------------


def check_conditions(c: Conditions, *, need_body: bool = True) -> None:
    """Check that a picture can be drawn from these conditions; `need_body`: whether the pose has to show a body.

    Raises:
        IUVError: for a pose that is no IUV map, or an empty one.
        StudioError: for pictures, a mix of faces or an identity of the wrong kind.
    """
    check_iuv(c.pose, need_body=need_body)
    for name, picture in (("photo", c.photo), ("texture map", c.texture)):
        if (
            not isinstance(picture, np.ndarray)
            or picture.dtype != np.uint8
            or picture.ndim != 3
            or picture.shape[2] != 3
            or not picture.size
        ):
            raise StudioError(f"The {name} must be an RGB picture of 8 bits per channel.")
    if c.coverage is not None and (c.coverage.dtype != bool or c.coverage.shape != c.texture.shape[:2]):
        raise StudioError("The texture map's coverage must say yes or no for each of its texels.")
    off = c.stands_off
    if off is not None and (off.dtype != np.uint8 or off.ndim != 3 or off.shape[2] != 4 or not off.size):
        raise StudioError("What stands off the body must be an RGBA picture of 8 bits per channel.")
    within("The mix of two faces", c.face_mix, 0, 1)
    within("The face's weight", c.face_weight, 0, MAX_FACE_WEIGHT)
    for face in (c.face, c.other_face):
        if face is not None:
            _check_face(face)


def _check_face(face: Face) -> None:
    if face.head is not None and (face.head.dtype != np.uint8 or face.head.shape != HEAD):
        raise StudioError("The head's picture must be an RGB picture of 64 x 64 pixels.")
    if face.identity is None:
        return
    try:
        numbers = np.isfinite(np.asarray(face.identity, np.float32)).all()
    except (TypeError, ValueError):
        numbers = False
    if not numbers:
        raise StudioError("This face identity holds values that are no numbers. Take the face from its photo again.")
