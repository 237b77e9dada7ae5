"""Real people in another real pose: somebody found in two photos, drawn from the first in the pose of the second.

Blurring a preview brings it nearer to any truth in PSNR and SSIM, since what does not fit exactly costs less. So the
preview stands in the table blurred, too, and beside these figures stands how much of the truth's gradients a picture
has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import permutations
from pathlib import Path

import cv2
import numpy as np

from mcld_app.body.photo import read_photo
from mcld_app.editing import look as looks
from mcld_app.editing import preview
from mcld_app.editing.look import Look, pose_as
from mcld_app.editing.person import PICTURE_SIZE, Person
from mcld_app.engine.live import outline_of
from mcld_app.errors import StudioError
from mcld_app.evaluation.metrics import foreground_psnr
from mcld_app.perception.found_people import find_in

BLURS = (1, 2, 3)
"""Deviations, pixels, of the Gaussians that the preview is blurred by."""

Method = Callable[[Look, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From a look and the colour (3,) uint8 of the ground to a picture (512, 352, 3) uint8 RGB and its alpha, (512, 352)
uint8."""


@dataclass(frozen=True, eq=False)
class Pair:
    """One person, whose photo `source` is drawn as they stand in `target`."""

    who: str
    source: Person
    target: Person


@dataclass(frozen=True)
class Figures:
    """Of one picture beside the truth.

    Attributes:
        mask_psnr, mask_ssim: inside the outline of the truth; dB and -1..1.
        both_psnr, both_ssim: where outline and map agree, and the preview shows something.
        gradients: of the truth's inside of both outlines.
        overlap: of the outlines, pixels in common by those of either.
    """

    mask_psnr: float
    mask_ssim: float
    both_psnr: float
    both_ssim: float
    gradients: float
    overlap: float


def read_pairs(folder: Path) -> tuple[Pair, ...]:
    """The pairs of a folder that holds a folder for each person, with two or more of their photos.

    Raises:
        StudioError: where there are none.
    """
    pairs = []
    for group in sorted(path for path in Path(folder).glob("*") if path.is_dir()):
        people = [find_in(path.stem, read_photo(path)).person(0) for path in sorted(group.glob("*.jpg"))]
        pairs += [Pair(group.name, a, b) for a, b in permutations(people, 2)]
    if not pairs:
        raise StudioError(f"{folder} holds no pairs. Give a folder with one for each person, of two photos or more.")
    return tuple(pairs)


def measured(pairs: Sequence[Pair], methods: Mapping[str, Method]) -> Iterator[tuple[Pair, str, Figures, np.ndarray]]:
    """Each pair drawn by each method: the figures, and the picture."""
    for pair in pairs:
        look = looks.stand(looks.of(pair.source), pose_as(pair.target))
        truth, ground = pair.target.picture, pair.target.background[0, 0]
        mask = outline_of(pair.target) >= 128
        seen = preview.drawn(look)[..., 3] > 0
        both = mask & seen & (pair.target.picture_iuv[..., 0] > 0)
        for name, method in methods.items():
            picture, alpha = method(look, ground)
            yield pair, name, figures(picture, alpha, truth, mask, both), picture


def figures(picture: np.ndarray, alpha: np.ndarray, truth: np.ndarray, mask: np.ndarray, both: np.ndarray) -> Figures:
    """Of a picture (H, W, 3) uint8 RGB with its alpha (H, W) uint8, beside the truth; the masks are (H, W) bool."""
    alike = _ssim_map(picture, truth)
    covered = alpha >= 128
    inner = cv2.erode((both & covered).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return Figures(
        foreground_psnr(picture, truth, mask),
        float(alike[mask].mean()),
        foreground_psnr(picture, truth, both),
        float(alike[both].mean()),
        float(_gradients(picture)[inner].mean() / max(_gradients(truth)[inner].mean(), 1e-6)),
        float((covered & mask).sum() / max((covered | mask).sum(), 1)),
    )


def table(rows: Sequence[tuple[Pair, str, Figures]]) -> str:
    """Means by method as Markdown, and each method's PSNR where outline and map agree for each of the people."""
    people = list(dict.fromkeys(pair.who for pair, _, _ in rows))
    heads = ["", "in the mask: PSNR", "SSIM", "agreeing: PSNR", "SSIM", "gradients", "overlap", *people]
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1)]
    for method in dict.fromkeys(name for _, name, _ in rows):
        mine = [(pair.who, found) for pair, name, found in rows if name == method]
        means = [float(np.mean([getattr(found, each.name) for _, found in mine])) for each in fields(Figures)]
        own = [float(np.mean([found.both_psnr for who, found in mine if who == person])) for person in people]
        digits = (2, 3, 2, 3, 3, 3, *[2] * len(people))
        lines.append([method, *(f"{value:.{n}f}" for value, n in zip(means + own, digits, strict=True))])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def by_preview(look: Look, ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The preview itself, see `Method`."""
    drawn = preview.cut_out(look)
    return preview.laid(drawn, np.broadcast_to(ground, (*PICTURE_SIZE, 3))), drawn[..., 3]


def by_blurred(sigma: float) -> Method:
    """The preview, blurred inside of its own edge, so that no ground gets in."""

    def method(look: Look, ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        drawn = preview.drawn(look)
        share = (drawn[..., 3] > 0).astype(np.float32)
        colours = cv2.GaussianBlur(drawn[..., :3] * share[..., None], (0, 0), sigma)
        soft = colours / np.maximum(cv2.GaussianBlur(share, (0, 0), sigma), 1e-3)[..., None]
        return np.where(share[..., None] > 0, (soft + 0.5).astype(np.uint8), ground), drawn[..., 3]

    return method


def by_live(folder: Path, faces: Path) -> Method:
    """The live network of a folder, see `engine.live.load_live`."""
    from mcld_app.engine.live import load_live

    drawer = load_live(folder, faces)

    def method(look: Look, ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        drawn = drawer.draw(look)
        return drawn.before(ground), drawn.alpha

    return method


def by_model(name: str) -> Method:
    """A model of this machine, in one step, its alpha being what is not the ground's colour."""
    from mcld_app.editing.conditioning import conditions_of
    from mcld_app.engine.registry import engine_for
    from mcld_app.request import Job, Settings

    engine = engine_for(name)

    def method(look: Look, ground: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        settings = Settings(steps=1)
        (drawn,) = engine.generate([Job(conditions_of(look), 0)], settings, step_pictures=False)
        picture = cv2.resize(np.asarray(drawn.picture), PICTURE_SIZE[::-1], interpolation=cv2.INTER_CUBIC)
        return picture, preview.drawn(look)[..., 3]

    return method


def _ssim_map(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(H, W) float32: structural similarity around each pixel (Wang et al., 2004), of grey pictures."""
    x, y = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255 for p in (a, b))

    def mean(p: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(p, (11, 11), 1.5)

    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    return ((2 * mx * my + c1) * (2 * cov + c2)) / ((mx**2 + my**2 + c1) * (vx + vy + c2))


def _gradients(picture: np.ndarray) -> np.ndarray:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
