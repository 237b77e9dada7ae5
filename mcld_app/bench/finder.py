"""How well and how fast people are found in photos: `python -m mcld_app.bench body --finder [FOLDER]`.

FOLDER holds `pictures/people/*.jpg`, people each in a photo; `pictures/pairs/*/*.jpg`, of each folder one person in
several poses; and `real/person.jpg` with the DensePose map `person_iuv.png`. What is not there is left out.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import TypeVar

import numpy as np

from mcld_app.bench.rim import POSES, rim_share
from mcld_app.body.charts import TEXTURE
from mcld_app.body.fitting.map_fit import fit_map
from mcld_app.body.iuv import read_iuv
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.photo import read_photo
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.photo_reading import PhotoSource, draw_from
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.editing import look as looks
from mcld_app.editing.person import Person
from mcld_app.errors import StudioError
from mcld_app.perception.found_people import find_in, is_installed

_ROOT = Path(__file__).resolve().parents[2]
FOLDER = _ROOT.parent / "shared"
"""Where such pictures lie beside the program, if they do."""

T = TypeVar("T")

# The first photo of a process: what it takes, and how much memory comes to stay.
_FIRST = """
import json, sys, time
import cv2, numpy, psutil
from mcld_app.body.charts import charts
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.photo import read_photo
import mcld_app.perception.found_people as found
charts(), body_mesh()
photo = read_photo(sys.argv[1])
memory = lambda: psutil.Process().memory_info().rss / 1e6
before, wall, own = memory(), time.perf_counter(), time.thread_time()
found.find_in("first", photo).person(0)
print(json.dumps([time.perf_counter() - wall, time.thread_time() - own, memory() - before]))
"""


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: what was measured.
        value: the figure.
        unit: behind it.
        least, most: what it has to be; None where no bar is set.
    """

    what: str
    value: float
    unit: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        """Whether it is as it has to be."""
        high = self.most is None or self.value <= self.most
        return high and (self.least is None or self.value >= self.least)

    def __str__(self) -> str:
        bar = f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}" if self.most is not None else ""
        verdict = ("met" if self.met else "MISSED") if bar else ""
        return f"{self.what:<64}{self.value:>9.3g} {self.unit:<4} {bar:>8}  {verdict}".rstrip()


@dataclass(frozen=True, eq=False)
class Looked:
    """A photo that was looked at: who was found, and the seconds that took, of this thread and by the clock."""

    path: Path
    person: Person
    own: float
    wall: float


def bench_finder(folder: Path = FOLDER) -> list[Figure]:
    """Measure all that the folder has pictures for.

    Raises:
        StudioError: nothing is installed that finds people, or the folder holds no such pictures.
    """
    if not is_installed():
        raise StudioError("The body finder is not installed here. Type `python -m mcld_app download body`.")
    people = sorted((folder / "pictures" / "people").glob("*.jpg"))
    real = folder / "real" / "person.jpg"
    photos = [*people, *([real] if real.is_file() else [])]
    if not photos:
        raise StudioError(f"There are no pictures/people/*.jpg and no real/person.jpg in {folder}.")
    looked = [_looked(path) for path in photos]
    figures = [*_first(photos[0]), *_times(looked), *_overlaps(looked)]
    if real.is_file() and real.with_name("person_iuv.png").is_file():
        figures += _against_densepose(looked[-1].person, read_iuv(real.with_name("person_iuv.png")))
    figures += _pairs(folder / "pictures" / "pairs")
    figures += _rims([one.person for one in looked])
    return figures


def _looked(path: Path) -> Looked:
    photo = read_photo(path)
    wall, own = time.perf_counter(), time.thread_time()
    person = find_in(path.stem, photo).person(0)
    return Looked(path, person, time.thread_time() - own, time.perf_counter() - wall)


def _first(path: Path) -> Iterator[Figure]:
    done = subprocess.run(
        [sys.executable, "-c", _FIRST, str(path.absolute())], capture_output=True, text=True, check=True, cwd=_ROOT
    )
    wall, own, memory = json.loads(done.stdout.splitlines()[-1])
    yield Figure("first photo of a process, by the clock", wall, "s", most=1.5)
    yield Figure("first photo of a process, time of its thread", own, "s", most=1.5)
    yield Figure("memory it adds", memory, "MB", most=150)


def _times(looked: list[Looked]) -> Iterator[Figure]:
    later = looked[1:] or looked
    median = float(np.median([x.wall for x in later]))
    yield Figure(f"then, median of {len(later)}, by the clock", median, "s", most=0.6)
    yield Figure("then, worst, by the clock", max(x.wall for x in later), "s", most=1.5)
    yield Figure("then, median, time of the thread", float(np.median([x.own for x in later])), "s", most=0.6)
    yield Figure("then, worst, time of the thread", max(x.own for x in later), "s", most=1.5)


def _overlaps(looked: list[Looked]) -> Iterator[Figure]:
    fits = [one.person.fit for one in looked]
    masks = [fit.sighting.outline >= 128 for fit in fits]
    bare = [overlap(fit.drawn[..., 0] > 0, mask) for fit, mask in zip(fits, masks, strict=True)]
    snapped = [overlap(fit.snapped[..., 0] > 0, mask) for fit, mask in zip(fits, masks, strict=True)]
    cloth = [overlap(fit.iuv[..., 0] > 0, mask) for fit, mask in zip(fits, masks, strict=True)]
    yield Figure(f"mannequin and outline, IoU, mean of {len(fits)}", float(np.mean(bare)), least=0.83)
    yield Figure("the same, worst", min(bare))
    yield Figure("snapped map and outline, IoU, mean", float(np.mean(snapped)), least=0.91)
    yield Figure("the same, worst", min(snapped))
    yield Figure("with what stands off as loose cloth, mean", float(np.mean(cloth)))


def _against_densepose(person: Person, known: np.ndarray) -> Iterator[Figure]:
    """The found body, and the mannequin fitted to the map itself, beside a real DensePose map of the whole photo."""
    if known.shape != person.iuv.shape:
        raise StudioError("The real photo was cut around the person, so its map is not comparable.")
    both, same, apart = agreement(person.iuv, known)
    yield Figure("found body and DensePose's map, IoU", both, least=0.86)
    yield Figure("the same part", 100 * same, "%", least=87)
    yield Figure("median distance of places on the body", apart, "cm", most=3)
    seconds, fitted = _timed(lambda: fit_map(known))
    both, same, apart = agreement(draw_iuv(fitted.pose, known.shape[:2]), known)
    yield Figure("mannequin fitted to that map, IoU", both, least=0.80)
    yield Figure("the same part", 100 * same, "%")
    yield Figure("median distance of places on the body", apart, "cm")
    yield Figure("time of the thread for that", seconds, "s", most=1.5)


def _pairs(folder: Path) -> Iterator[Figure]:
    """Each person drawn by the preview in the pose of another photo of them, beside that photo."""
    inside, agreeing = [], []
    for group in sorted(folder.glob("*")):
        people = [find_in(path.stem, read_photo(path)).person(0) for path in sorted(group.glob("*.jpg"))]
        for source, target in permutations(people, 2):
            texels = texels_seen(target.iuv)
            drawn = draw_from(source.filled, _sources(source), *texels, target.iuv.shape[:2])
            mask, seen = target.fit.sighting.outline >= 128, drawn[..., 3] > 0
            picture = np.where(seen[..., None], drawn[..., :3], _ground(target))
            inside.append(_psnr(picture, target.photo, mask))
            agreeing.append(_psnr(picture, target.photo, mask & seen & (target.fit.snapped[..., 0] > 0)))
    if inside:
        yield Figure(f"preview in another photo's pose, in the outline, {len(inside)} pairs", float(np.mean(inside)),
                     "dB", least=14.3)  # fmt: skip
        yield Figure("the same, where outline and snapped map agree", float(np.mean(agreeing)), "dB", least=17)


def _rims(people: list[Person]) -> Iterator[Figure]:
    share = rim_share(people)
    what = f"ground on the body in {len(POSES)} poses, mean of {len(people)}"
    yield Figure(f"{what}; a part has several colours", 100 * share.several, "%", most=4)
    yield Figure("the same of the photos' own pixels well inside", 100 * share.floor_several, "%")
    yield Figure(f"{what}; one colour a part", 100 * share.single, "%")
    yield Figure("the same of the photos' own pixels well inside", 100 * share.floor_single, "%")


def _sources(person: Person) -> tuple[tuple[PhotoSource, np.ndarray], ...]:
    return looks.of(person).appearance.sources("smooth")


def _ground(person: Person) -> np.ndarray:
    return person.background[0, 0]


def _psnr(a: np.ndarray, b: np.ndarray, where: np.ndarray) -> float:
    error = np.mean((a[where].astype(np.float64) - b[where]) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Of two masks, the pixels in common by those of either."""
    return float((a & b).sum() / max((a | b).sum(), 1))


def agreement(iuv: np.ndarray, known: np.ndarray) -> tuple[float, float, float]:
    """Two IUV maps of one size: the overlap of their bodies; of the pixels in common, the share that shows the same
    part, and how far apart the places are that they show on the resting body, median, centimetres."""
    a, b = iuv[..., 0] > 0, known[..., 0] > 0
    both = a & b
    apart = np.linalg.norm(_places(iuv)[both] - _places(known)[both], axis=1)
    return overlap(a, b), float((iuv[..., 0] == known[..., 0])[both].mean()), float(np.nanmedian(apart)) * 100


def _places(iuv: np.ndarray) -> np.ndarray:
    """(H, W, 3) float32, metres: the place of the resting body that each pixel shows; NaN where it shows none."""
    surface = rest_surface()
    pixel, xy = texels_seen(iuv)
    column, row = np.minimum(np.round(xy), TEXTURE - 1).astype(np.int64).T
    out = np.full((iuv.shape[0] * iuv.shape[1], 3), np.nan, np.float32)
    out[pixel] = np.stack([axis[row, column] for axis in (surface.x, surface.y, surface.z)], 1)
    return out.reshape(*iuv.shape[:2], 3)


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    own = time.thread_time()
    made = work()
    return time.thread_time() - own, made


def table(figures: list[Figure]) -> str:
    """The figures as text."""
    return "\n".join(map(str, figures))
