"""Pictures of drawn people: posed, lit, laid over a ground, with the true map of the body.

Drawn at twice the size and averaged. Light is worked out per vertex: from all sides, dimmed where surfaces lie close
together, and a key light with its shadows. Space as in `mannequin.rendering`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import body_faces, draw_surface, to_picture
from mcld_app.body.raster import interpolate
from mcld_app.synthetic.drawn.figure import Figure, figure
from mcld_app.synthetic.drawn.lighting import lit_and_shine
from mcld_app.synthetic.drawn.parts import HAIR, HANGING
from mcld_app.synthetic.drawn.posing import Posed, posed
from mcld_app.synthetic.drawn.setting import Light, Setting, ground_of, light_of, linear
from mcld_app.synthetic.drawn.spec import DrawnPerson
from mcld_app.synthetic.drawn.strands import hair_over

_STEPS = 1024  # of linear light in the table of tones
FINE_STEPS = 16384
"""Steps with which dark cloth shows no bands."""

_TONES_END = 2.5


@dataclass(frozen=True, eq=False)
class View:
    """One picture of a drawn person, (H, W) pixels.

    Attributes:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8, the true IUV map. It follows cloth up to 4 cm off the body; hair and hanging cloth are
            not in it.
        alpha: (H, W) uint8, how much of a pixel the person covers: 0..255.
        shows: (H, W) uint8, what a pixel shows: 1 + one of the kinds of `parts`, 0 for the ground.
        wears: (H, W) uint8, 1 + the number of the person's garment a pixel shows, 0 where it shows none.
    """

    photo: np.ndarray
    iuv: np.ndarray
    alpha: np.ndarray
    shows: np.ndarray
    wears: np.ndarray


def draw(person: DrawnPerson, pose: Pose, setting: Setting, size: tuple[int, int] = (512, 352)) -> View:
    """Draw a person.

    Args:
        person: who.
        pose: joints and camera; its height, build and shape are replaced by the person's own.
        setting: light and ground.
        size: (height, width) in pixels.
    """
    cut = cut_out(person, pose, setting, size)
    photo = toned(cut.light[..., :3] + cut.ground * (1 - cut.light[..., 3:]), person.seed if setting.grain else None)
    alpha = (cut.light[..., 3] * 255 + 0.5).astype(np.uint8)
    return View(photo, cut.iuv, alpha, cut.shows & 15, cut.shows >> 4)


@dataclass(frozen=True, eq=False)
class CutOut:
    """A drawn person apart from what is behind them, (H, W) pixels.

    Attributes:
        light: (H, W, 4) float32, linear light times alpha, and alpha, 0..1.
        ground: (H, W, 3) float32, linear light: what is behind, with the person's shadow.
        iuv: (H, W, 3) uint8, as `View.iuv`.
        shows: (H, W) uint8, as `View.shows`, and 16 times `View.wears`.
        triangles: (2H, 2W) int32, the number of the figure's triangle at each quarter of a pixel; -1 for hair and
            ground.
        now: the figure as it stands.
    """

    light: np.ndarray
    ground: np.ndarray
    iuv: np.ndarray
    shows: np.ndarray
    triangles: np.ndarray
    now: Posed


def cut_out(person: DrawnPerson, pose: Pose, setting: Setting, size: tuple[int, int] = (512, 352)) -> CutOut:
    """A person drawn apart from the ground; the arguments are `draw`'s."""
    pose = pose.of(person.body)
    ready, light = figure(person), light_of(setting)
    whole = posed(ready, pose, (size[0] * 2, size[1] * 2))
    window = _window(whole, size)
    behind = _with_shadow(ground_of(setting, size, _floor_row(pose, size)), whole, pose, size, light.key)
    lit, iuv = np.zeros((*size, 4), np.float32), np.zeros((*size, 3), np.uint8)
    shows, triangles = np.zeros(size, np.uint8), np.full((size[0] * 2, size[1] * 2), -1, np.int32)
    if window is not None:
        rows, columns = window
        now = whole.shifted(2 * columns.start, 2 * rows.start)
        part = (rows.stop - rows.start, columns.stop - columns.start)
        lit[window], shown, faces = _person(ready, now, light, part)
        iuv[window] = _true_map(now, shown, part)
        shows[window] = shown[1::2, 1::2]
        double = slice(2 * rows.start, 2 * rows.stop), slice(2 * columns.start, 2 * columns.stop)
        triangles[double] = np.where(shown == 1 + HAIR, -1, faces)
    return CutOut(lit, behind, iuv, shows, triangles, whole)


def _window(now: Posed, size: tuple[int, int]) -> tuple[slice, slice] | None:
    """The rows and columns of a picture that a person may be in; None where they are outside of it."""
    low, high = now.seen[:, :2].min(0) / 2, now.seen[:, :2].max(0) / 2
    left, top = (int(max(0, np.floor(v) - 2)) for v in low)
    right, bottom = (int(min(n, np.ceil(v) + 3)) for n, v in zip(size[::-1], high, strict=True))
    return (slice(top, bottom), slice(left, right)) if top < bottom and left < right else None


def _person(
    ready: Figure, now: Posed, light: Light, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(H, W, 4) float32, linear light times alpha, and alpha; (2H, 2W) uint8, `Figure.solid_labels` at each; and
    (2H, 2W) int, which of `Figure.solid` lies there, hair or not, -1 for none."""
    double = (size[0] * 2, size[1] * 2)
    corners, drawn, seen = draw_surface(now.seen, ready.solid, double)
    light_on = np.column_stack(lit_and_shine(now, ready, light, (ready.solid, drawn, seen)))
    values = np.concatenate([ready.solid_places[drawn], light_on[ready.solid[drawn]]], 2)
    pixel, found = interpolate(corners, values, seen)
    frame = np.zeros((double[0] * double[1], 4), np.float32)
    frame[pixel, :3] = _lit_colour(ready, found)
    frame[pixel, 3] = 1
    shown = np.zeros(double[0] * double[1], np.uint8)
    shown[pixel] = ready.solid_labels[drawn[seen.ravel()[pixel]]]
    if len(ready.solid) < len(ready.faces):
        depth = now.seen[ready.solid[drawn], 2].mean(1)
        at, strands = hair_over(ready, now, light_on, seen, depth, double)
        frame[at, :3] = _lit_colour(ready, strands)
        frame[at, 3] = 1
        shown[at] = 1 + HAIR
    small = cv2.resize(frame.reshape(*double, 4), size[::-1], interpolation=cv2.INTER_AREA)
    return small, shown.reshape(double), np.append(drawn, -1)[seen]


def toned(light: np.ndarray, seed: int | None, steps: int = _STEPS) -> np.ndarray:
    """Linear light (H, W, 3) float32 as a camera keeps it: (H, W, 3) uint8 sRGB, with a little grain if there is a
    seed for it. `steps` of light are told apart, at most 32768."""
    place = np.minimum(light * (steps / _TONES_END), steps - 1).astype(np.int16)
    if seed is None:
        return _tones(steps)[place]
    grain = np.roll(_grain(light.shape[:2]), seed * 7919, axis=0)
    return cv2.add(_tones(steps)[place], grain, dtype=cv2.CV_8U)


@lru_cache(maxsize=8)
def _grain(size: tuple[int, int]) -> np.ndarray:
    """(H, W, 3) int16: what a sensor adds."""
    noise = np.random.default_rng(0).normal(0, 1.3, size).round().astype(np.int16)
    return np.ascontiguousarray(np.repeat(noise[..., None], 3, 2))


@lru_cache(maxsize=2)
def _tones(steps: int) -> np.ndarray:
    """(steps,) uint8: sRGB for steps of linear light."""
    x = np.arange(steps) / steps * _TONES_END
    x = x * (1 + x / 9) / (1 + 0.28 * x)  # bright places end softly
    return (255 * np.clip(x, 0, 1) ** (1 / 2.2) + 0.5).astype(np.uint8)


def _lit_colour(ready: Figure, found: np.ndarray) -> np.ndarray:
    """(P, 3) float32 linear: what the picture shows at places (P, :2) in the light (P, 2:5) with its shine (P, 5)."""
    if not len(found):
        return np.zeros((0, 3), np.float32)
    rows = -(-len(found) // 512)
    where = np.zeros((rows * 512, 2), np.float32)
    where[: len(found)] = found[:, :2]
    colour = cv2.remap(ready.picture, where.reshape(rows, 512, 2), None, cv2.INTER_LINEAR)
    colour = linear(colour.reshape(-1, 4)[: len(found), :3])
    return colour * found[:, 2:5] + found[:, 5:6]


def _floor_row(pose: Pose, size: tuple[int, int]) -> int:
    return int(to_picture(np.zeros((1, 3), np.float32), pose, size)[0, 1])


def _with_shadow(ground: np.ndarray, now: Posed, pose: Pose, size: tuple[int, int], key: np.ndarray) -> np.ndarray:
    """The ground with the shadow of who stands on it: wide and soft, and dark where soles touch."""
    floor, scale = _floor_row(pose, size), size[0] / 2 * pose.zoom
    if floor > size[0] * 1.15:
        return ground
    low = now.seen[now.points[:, 1] < 0.07 * pose.height, 0] / 2
    if not len(low):
        return ground
    first = int(np.clip(floor - 0.25 * scale, 0, size[0]))
    y = np.arange(first, size[0], dtype=np.float32)[:, None]
    x = np.arange(size[1], dtype=np.float32)[None]
    middle = (low.min() + low.max()) / 2
    wide = np.ptp(low) / 2 + 0.12 * scale
    dark = 0.42 * np.exp(-(((x - middle + key[0] * 0.12 * scale) / wide) ** 2) - ((y - floor) / (0.055 * scale)) ** 2)
    for foot in (low[low < middle], low[low >= middle]):
        if len(foot):
            away = (x - (foot.min() + foot.max()) / 2) / (np.ptp(foot) / 2 + 0.02 * scale)
            dark = np.maximum(dark, 0.72 * np.exp(-(away**4) - ((y - floor + 0.004 * scale) / (0.02 * scale)) ** 2))
    out = ground.copy()
    out[first:] *= (1 - dark)[..., None]
    return out


def _true_map(now: Posed, shown: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The IUV map, of the pixels that show nothing but body and the cloth that lies on it."""
    c = charts()
    half = now.seen[: int(c.body_vertex.max()) + 1].copy()
    half[:, :2] = (half[:, :2] - 0.5) / 2
    corners, drawn, seen = draw_surface(half, body_faces(), size)
    what = shown & 15
    on_body = (what > 0) & (what != 1 + HAIR) & (what != 1 + HANGING)
    whole = on_body[::2, ::2] & on_body[1::2, ::2] & on_body[::2, 1::2] & on_body[1::2, 1::2]
    pixel, uv = interpolate(corners, (c.uv[c.faces] * 255)[drawn], np.where(whole, seen, -1))
    out = np.zeros((size[0] * size[1], 3), np.uint8)
    out[pixel, 0] = c.face_part[drawn[seen.ravel()[pixel]]]
    out[pixel, 1:] = uv + 0.5
    return out.reshape(*size, 3)
