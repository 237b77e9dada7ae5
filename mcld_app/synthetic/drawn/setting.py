"""Where a drawn person stands: the light that falls on them and the ground behind them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.errors import StudioError
from mcld_app.synthetic.drawn.spec import Colour
from mcld_app.synthetic.drawn.store import lights, picture

STUDIO = "studio"
"""The name of a photographer's light: a large lamp from the upper left, a bright room."""


@dataclass(frozen=True)
class Setting:
    """Light and ground.

    Attributes:
        light: `STUDIO` or a name of `light_names`.
        ground: a plain wall's colour, or None for the surroundings the light comes from.
        strength: how bright the key light is, 1 as it usually is.
        grain: what a camera's sensor adds; a picture without it takes half the bytes.
    """

    light: str = STUDIO
    ground: Colour | None = (226, 227, 229)
    strength: float = 1.0
    grain: bool = True


@dataclass(frozen=True, eq=False)
class Light:
    """What falls on a person, seen by the camera: x to the right, y up, z to the camera.

    Attributes:
        around: (9, 3) float32, spherical harmonics of the light from all sides, linear RGB, of mean 1.
        key: (3,) float32, where the brightest light comes from, of length 1.
        colour: (3,) float32, its colour times its strength.
    """

    around: np.ndarray
    key: np.ndarray
    colour: np.ndarray

    def falling_on(self, normals: np.ndarray) -> np.ndarray:
        """(N, 3) float32: light from all sides on surfaces that face `normals` (N, 3)."""
        x, y, z = normals.T
        terms = np.stack([np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y], 1)
        return np.maximum(terms @ self.around, 0.05)


def light_names() -> tuple[str, ...]:
    """The names of lights that come from surroundings."""
    return tuple(lights())


@lru_cache(maxsize=32)
def light_of(setting: Setting) -> Light:
    """The light of a setting.

    Raises:
        StudioError: where there is no light of that name.
    """
    if setting.light == STUDIO:
        around = np.zeros((9, 3), np.float32)
        around[0], around[1], around[2], around[3] = 1.0, 0.22, 0.18, -0.10
        key = np.array([-0.50, 0.55, 0.67], np.float32)
        return Light(around, key / np.linalg.norm(key), np.full(3, 0.62 * setting.strength, np.float32))
    if setting.light not in lights():
        known = ", ".join((STUDIO, *lights()))
        raise StudioError(f"There is no light “{setting.light}”. There are: {known}.")
    told = lights()[setting.light]
    return Light(told["around"] * np.float32(1.15), told["key"], told["colour"] * np.float32(0.75 * setting.strength))


@lru_cache(maxsize=32)
def ground_of(setting: Setting, size: tuple[int, int], floor: int) -> np.ndarray:
    """(H, W, 3) float32 linear RGB: what is behind a person who stands on row `floor` of the picture. Read-only."""
    height, width = size
    if setting.ground is None:
        seen = cv2.resize(picture(f"ground-{setting.light}"), (width, height), interpolation=cv2.INTER_CUBIC)
        out = cv2.GaussianBlur(linear(seen), (0, 0), height / 130)  # takes away the stored picture's blocks
    else:
        x = np.linspace(-1, 1, width, dtype=np.float32)[None]
        y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
        row = np.arange(height, dtype=np.float32)[:, None]
        shade = 1.04 - 0.10 * (x + 0.25) ** 2 - 0.05 * (y + 0.3) ** 2
        # Wall and floor meet in a soft bend behind the feet.
        bend = np.clip((row - floor + 0.16 * height) / (0.12 * height), 0, 1)
        shade = shade * (1 - 0.10 * bend * bend * (3 - 2 * bend))
        out = linear(np.array(setting.ground, np.uint8)) * shade[..., None]
    out.setflags(write=False)
    return out


_LINEAR = ((np.arange(256) / 255) ** 2.2).astype(np.float32)


def linear(picture: np.ndarray) -> np.ndarray:
    """uint8 sRGB to float32 linear 0..1, of the same shape."""
    return _LINEAR[picture]
