"""Drawn people's heads from near by, for face encoders."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mcld_app.body.head_crop import CROP, crop_head
from mcld_app.body.mannequin.pose import Pose
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.data.generator import fingerprint
from mcld_app.data.synthetic import drawn_person
from mcld_app.files import whole_file
from mcld_app.synthetic.people import draw_person, render_view

_SIZE = (160, 112)


class DrawnHeads:
    """Several views of the heads of some people, made once and kept in memory.

    Args:
        people: how many.
        views: of each.
        first: number of the first of them.
        test: people kept for tests.
        folder: where to keep them on disk too, by generator as `disk_cache` does; None keeps none.
    """

    def __init__(
        self, people: int, views: int = 6, *, first: int = 0, test: bool = False, folder: Path | None = None
    ) -> None:
        self.people, self.views, self.first, self.test, self.folder = people, views, first, test, folder
        self._made: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return self.people * self.views

    def __getitem__(self, n: int) -> tuple[int, np.ndarray]:
        """Which of the people (0 .. people - 1), and one of their heads (64, 64, 3) uint8 RGB."""
        view, who = divmod(n, self.people)
        if who not in self._made:
            self._made[who] = self._read(self.first + who)
        return who, self._made[who][view]

    def _read(self, n: int) -> np.ndarray:
        if self.folder is None:
            return heads_of(n, self.views, test=self.test)
        folder = self.folder / fingerprint(heads=_SIZE, views=self.views, test=self.test)
        file = folder / f"{n:07d}.npy"
        try:
            return np.load(file, allow_pickle=False)
        except (OSError, ValueError):
            heads = heads_of(n, self.views, test=self.test)
        with whole_file(file, sync=False) as temporary, temporary.open("wb") as kept:
            np.save(kept, heads)
        return heads


def heads_of(n: int, views: int, *, test: bool = False) -> np.ndarray:
    """Heads (views, 64, 64, 3) uint8 RGB of drawn person n, turned and nodding, none from behind. Every other one is
    cut out by the mannequin's IUV map, which knows of no hair, as in drawn pictures; the rest by the true map."""
    rng = np.random.default_rng([n, 5])
    person = drawn_person(n, test=True) if test else draw_person(n)
    out: list[np.ndarray] = []
    while len(out) < views:
        pose = Pose(
            "head",
            {"neck.bend": rng.uniform(-15, 20), "neck.twist": rng.uniform(-20, 20), "head.side": rng.uniform(-12, 12)},
            yaw=float(np.clip(rng.normal(0, 35), -75, 75)),
            pitch=float(np.clip(rng.normal(0, 5), -15, 15)),
            zoom=3.2,
            shift_y=0.89 - 1.60 * person.height,
        )
        view = render_view(person, pose, _SIZE)
        bare = pose.of(person.body)
        head = crop_head(view.photo, draw_iuv(bare, _SIZE) if len(out) % 2 else view.iuv, CROP)
        out.append(np.zeros((CROP, CROP, 3), np.uint8) if head is None else head)
    return np.stack(out)
