"""A person drawn from the photo's own pixels, in any pose and at any size, as far as the photo shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mcld_app.body.parts import part_map
from mcld_app.body.sampling import read_at
from mcld_app.body.texture.garment_line import GarmentLine, sharpness
from mcld_app.body.texture.photo_places import PhotoPlaces
from mcld_app.body.texture.texture_map import TextureMap, look_up

_FINER = 1.5  # photo pixels a drawn one may take up before a smaller copy of the photo is read
_EDGE = 3  # texels within the border of what is taken from a photo, on which the texture map takes over
_SOFT = 1.0
_JUMP = 15.0  # photo pixels from one texel's place to the next one's, beyond any stretch
_AT_LINE = 3  # texels from a garment's line, up to which its photo alone is read
_BESIDE = 4  # texels beside an island that may be read with it


@dataclass(frozen=True, eq=False)
class PhotoSource:
    """A photo from which texels can be read.

    Attributes:
        sizes: the photo, (H, W, 3) uint8 RGB, then the same at a half, a quarter ...
        places: where its texels are, in pixels of the first.
    """

    sizes: tuple[np.ndarray, ...]
    places: PhotoPlaces


def photo_source(photo: np.ndarray, places: PhotoPlaces) -> PhotoSource:
    """A photo (H, W, 3) uint8 RGB ready to be read."""
    sizes = [photo]
    while min(sizes[-1].shape[:2]) > 64 and len(sizes) < 5:
        height, width = sizes[-1].shape[:2]
        sizes.append(cv2.resize(sizes[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA))
    return PhotoSource(tuple(sizes), places)


def soft_share(texels: np.ndarray) -> np.ndarray:
    """How far each texel comes from a photo, (512, 512) uint8, from which of them do, (512, 512) bool: none beyond
    them, and a soft way down inside of their border, so that no edge is seen."""
    inner = cv2.erode(texels.astype(np.uint8), np.ones((_EDGE, _EDGE), np.uint8))
    return cv2.GaussianBlur(inner * np.uint8(255), (0, 0), _SOFT)


def draw_from(
    texture: TextureMap,
    sources: Sequence[tuple[PhotoSource, np.ndarray]],
    pixel: np.ndarray,
    texel: np.ndarray,
    size: tuple[int, int],
    lines: Sequence[GarmentLine] = (),
) -> np.ndarray:
    """A pose drawn from photos, and where they do not show a place, from the texture map.

    Args:
        texture: stands behind.
        sources: photos, each with `soft_share` of the texels taken from it.
        pixel: (N,) int, flat numbers of the pixels that show the body.
        texel: (N, 2) float32, the texel each of them shows: x, y on the texture map.
        size: (height, width) of the picture.
        lines: where garments end, sharper than texels.

    Returns:
        (height, width, 4) uint8 RGBA, as `texture_map.render`.
    """
    drawn, levels = _read(texture, sources, texel, pixel)
    for line in lines:
        which, off, inside, outside = line.crossed(texel)
        if not len(which):
            continue
        found, _ = _read(texture, sources, np.concatenate([inside, outside]), levels=levels)
        garment, beside = np.split(found, 2)
        way = np.clip(0.5 + off * sharpness(pixel, texel), 0, 1)[:, None]
        mixed = garment * way + beside * (1 - way) + np.float32(0.5)
        alone = beside[:, 3] == 0
        mixed[alone] = garment[alone] * (way[alone] >= 0.5)
        drawn[which] = np.where(garment[:, 3:] > 0, mixed, drawn[which])
    out = np.zeros(size[0] * size[1], np.uint32)
    out[pixel] = drawn.view(np.uint32)[:, 0]
    return out.view(np.uint8).reshape(*size, 4)


def _read(
    texture: TextureMap,
    sources: Sequence[tuple[PhotoSource, np.ndarray]],
    texel: np.ndarray,
    pixel: np.ndarray | None = None,
    levels: Sequence[int] = (),
) -> tuple[np.ndarray, list[int]]:
    """(N, 4) uint8 RGBA at N texels, and which of each photo's sizes was read: one of `levels`, or that for `pixel`."""
    behind, used_levels = look_up(texture, texel).view(np.uint32)[:, 0], []  # four bytes: red, green, blue, alpha
    for number, (source, share) in enumerate(sources):
        alpha = read_at(share, texel)
        used = np.flatnonzero(alpha)
        if not len(used):
            used_levels.append(levels[number] if levels else 0)
            continue
        places = read_at(source.places.xy, texel[used])
        level = levels[number] if pixel is None else _level(places, pixel[used], len(source.sizes))
        used_levels.append(level)
        scale = np.float32(0.5**level)
        colour = read_at(source.sizes[level], (places + 0.5) * scale - 0.5, cv2.INTER_CUBIC)
        own, way = behind[used].view(np.uint8).reshape(-1, 4), alpha[used]
        way = np.where(own[:, 3] > 0, way, np.where(way > 127, np.uint8(255), np.uint8(0)))
        share = way[None].astype(np.float32) / 255
        own[:, :3] = cv2.blendLinear(colour[None], own[None, :, :3].copy(), share, 1 - share)[0]
        own[:, 3] = np.where(way > 0, 255, own[:, 3])
        behind[used] = own.view(np.uint32)[:, 0]
    return behind.view(np.uint8).reshape(-1, 4), used_levels


def _level(places: np.ndarray, pixel: np.ndarray, levels: int) -> int:
    """Which of a photo's sizes to read: the one whose pixels are about as large as those drawn."""
    beside = np.flatnonzero(np.diff(pixel) == 1)[::4]  # a quarter of them tells as much
    if not len(beside):
        return 0
    step = np.linalg.norm(places[beside + 1] - places[beside], axis=1)
    ratio = float(np.median(step)) / _FINER
    return int(np.clip(np.ceil(np.log2(max(ratio, 1e-3))), 0, levels - 1))


def taken(source: PhotoSource, texels: np.ndarray, line: GarmentLine | None = None) -> np.ndarray:
    """`soft_share`, (512, 512) uint8, of those texels, (512, 512) bool, that the photo shows. Where its places go on
    beside the map's islands, their borders are none. Along a garment's line its photo is read as far as that goes."""
    if line is not None:
        near = cv2.dilate(line.crosses.astype(np.uint8), np.ones((2 * _AT_LINE + 1,) * 2, np.uint8)) > 0
        mine = line.reach(texels) & near
        return np.where(mine & ~_torn(source.places.xy), np.uint8(255), taken(source, texels))
    mine = texels & source.places.seen
    if not source.places.go_on:
        return soft_share(mine)
    torn, body = _torn(source.places.xy), part_map() > 0
    mine &= ~torn
    beside = cv2.dilate(mine.astype(np.uint8), np.ones((2 * _BESIDE + 1,) * 2, np.uint8)) > 0
    return np.where(body & ~mine, np.uint8(0), soft_share(mine | beside & ~body & ~torn))


def _torn(xy: np.ndarray) -> np.ndarray:
    """(512, 512) bool: texels beside which places (512, 512, 2) jump: there two islands touch, and between their
    places lies anything."""
    out = np.zeros(xy.shape[:2], bool)
    across, down = (_jumps(xy[..., 0], axis) | _jumps(xy[..., 1], axis) for axis in (1, 0))
    out[:, 1:] |= across
    out[:, :-1] |= across
    out[1:] |= down
    out[:-1] |= down
    return out


def _jumps(values: np.ndarray, axis: int) -> np.ndarray:
    return np.abs(np.diff(values, axis=axis)) > _JUMP
