"""Light and grounds of Poly Haven's panoramas, as @pmndrs/assets has them.

Light: nine spherical harmonics of what falls on a surface, and the brightest patch as a key light. Grounds: what an
unsharp camera sees behind the person.
"""

from __future__ import annotations

import base64
import json
import re
import tempfile
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

PANORAMAS = (
    "apartment", "bridge", "city", "dawn", "esplanade", "forest", "hall", "lobby", "park", "studio", "sunset",
    "venice", "warehouse", "workshop",
)  # fmt: skip
_LEFT_OUT = ("lobby-150",)  # a yellow wall
TURNS = (0, 150)  # degrees; each panorama is looked at from two sides
GROUND = (176, 121)  # height and width of a ground's picture


def write_lights(folder: Path, goal: Path) -> None:
    """Write `lights.json` and `ground-NAME.webp`."""
    table = {}
    for name in PANORAMAS:
        picture = read_panorama(folder / f"{name}.exr.js")
        for turn in TURNS:
            seen = np.roll(picture, int(turn / 360 * picture.shape[1]), 1)
            label = f"{name}-{turn}"
            if label in _LEFT_OUT:
                continue
            table[label] = light_of(seen)
            Image.fromarray(ground_of(seen)).save(goal / f"ground-{label}.webp", quality=80, method=6)
    (goal / "lights.json").write_text(json.dumps(table, indent=1) + "\n", "utf-8")


def read_panorama(file: Path) -> np.ndarray:
    """(256, 512, 3) float32 linear RGB; the middle column is what a camera sees behind a person."""
    import OpenEXR

    text = file.read_text("utf-8")
    data = max(re.findall(r"[A-Za-z0-9+/=]{1000,}", text), key=len)
    with tempfile.NamedTemporaryFile(suffix=".exr") as opened:
        opened.write(base64.b64decode(data))
        opened.flush()
        with OpenEXR.File(opened.name) as exr:
            channels = exr.channels()
            first = next(iter(channels.values())).pixels
            picture = first if first.ndim == 3 else np.stack([channels[c].pixels for c in "RGB"], -1)
    return np.ascontiguousarray(picture[..., :3]).astype(np.float32)


def light_of(picture: np.ndarray) -> dict[str, list]:
    """What falls on a white surface: "around", nine harmonics x RGB, of mean 1; "key", where the brightest light comes
    from (x right, y up, z to the camera), and its "colour"."""
    small = cv2.resize(picture, (64, 32), interpolation=cv2.INTER_AREA)
    down = (np.arange(32) + 0.5) / 32 * np.pi
    side = ((np.arange(64) + 0.5) / 64 - 0.5) * 2 * np.pi
    down, side = np.meshgrid(down, side, indexing="ij")
    x, y, z = np.sin(down) * np.sin(side), np.cos(down), -np.sin(down) * np.cos(side)
    share = np.sin(down) * (np.pi / 32) * (2 * np.pi / 64)
    bright = np.minimum(small, np.percentile(small, 99.2, axis=(0, 1)))
    terms = (np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y)
    basis = np.array([0.282095, *[0.488603] * 3, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274])
    kernel = np.array([np.pi, *[2 * np.pi / 3] * 3, *[np.pi / 4] * 5]) / np.pi
    around = np.stack([(bright * (t * share)[..., None]).sum((0, 1)) for t in terms]) * (basis**2 * kernel)[:, None]
    around /= around[0].mean()
    around /= (around[0] / around[0].mean()) ** 0.8  # a camera takes most of the colour cast away
    light = cv2.GaussianBlur(np.minimum(small.mean(-1), 20), (0, 0), 1.5) * (z > -0.1) * (y > -0.1)
    k = np.unravel_index(light.argmax(), light.shape)
    key = np.array([x[k], max(y[k], 0.3), max(z[k], 0.3)])
    colour = small[k] / max(float(small[k].max()), 1e-6)
    contrast = float(np.clip(light.max() / max(np.median(small), 1e-3) / 12, 0.25, 1.0))
    return {
        "around": np.round(around, 4).tolist(), "key": np.round(key / np.linalg.norm(key), 4).tolist(),
        "colour": np.round((0.7 + 0.3 * colour) * contrast, 4).tolist(),
    }  # fmt: skip


def ground_of(picture: np.ndarray, view: float = 40.0) -> np.ndarray:
    """(176, 121, 3) uint8 sRGB: the panorama's middle as an unsharp picture."""
    height, width = GROUND
    far = height / 2 / np.tan(np.radians(view / 2))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    across, down = (x - width / 2) / far, (y - height * 0.45) / far
    u = (np.arctan(across) / (2 * np.pi) + 0.5) * picture.shape[1]
    v = (np.arctan(down / np.sqrt(1 + across**2)) / np.pi + 0.5) * picture.shape[0]
    middle = picture / max(float(np.median(picture)) * 2.2, 1e-4)
    seen = cv2.remap(
        cv2.GaussianBlur(np.minimum(middle, 4), (0, 0), 0.8),
        u.astype(np.float32),
        v.astype(np.float32),
        cv2.INTER_CUBIC,
    )
    seen = cv2.GaussianBlur(seen.clip(0, None), (0, 0), 1.6)
    seen = seen * (1 + seen / 6) / (1 + seen * 0.8)  # bright places end softly
    return (np.clip(seen, 0, 1) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)
