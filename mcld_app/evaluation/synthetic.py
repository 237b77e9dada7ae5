"""Measure a model on the fixed cases of drawn people: pose transfer, clothing swap, identity swap.

The pictures come from the engine, as the studio's do. Identity is judged by a second face encoder that is never a
condition.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mcld_app.body.head_crop import crop_head
from mcld_app.engine.engine import Engine
from mcld_app.evaluation import cases as c
from mcld_app.evaluation.metrics import foreground_psnr, psnr, ssim
from mcld_app.evaluation.table import Table, measured_row, picture_grid, to_csv, to_markdown, write_tables
from mcld_app.request import Conditions, Job, Settings

_SMALL_WINDOW = 7
_BATCH = 8
_SHOWN = 12

Judge = Callable[[Sequence[np.ndarray]], np.ndarray]
"""Heads' crops (64, 64, 3) uint8 to normalised identity vectors (N, D)."""


@dataclass
class Means:
    """Means of named figures, each over the cases that have it."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, **figures: float | None) -> None:
        """Note a case's figures; None is left out."""
        for name, value in figures.items():
            if value is not None and np.isfinite(value):
                self.values.setdefault(name, []).append(float(value))

    def __getitem__(self, name: str) -> float | None:
        return float(np.mean(self.values[name])) if self.values.get(name) else None

    def count(self, name: str) -> int:
        """Over how many cases."""
        return len(self.values.get(name, ()))


@dataclass(frozen=True, eq=False)
class DrawnEvaluation:
    """What was measured.

    Attributes:
        tables: pose transfer, clothing swap, identity swap.
        means: all figures by name.
        grid: some cases as pictures, a PIL picture.
    """

    tables: tuple[Table, ...]
    means: Means
    grid: object

    def markdown(self) -> str:
        """The tables."""
        return to_markdown(self.tables)

    def write(self, folder: Path) -> list[Path]:
        """Write `drawn.md`, `drawn.csv` and `drawn.png` into a folder, which is made if need be.

        Raises:
            StudioError: where the folder cannot be written.
        """
        texts = {"drawn.md": self.markdown(), "drawn.csv": to_csv(self.tables)}
        return write_tables(folder, texts, self.grid, "drawn.png")


def evaluate_drawn(
    engine: Engine,
    judge: Judge | None,
    listed: Sequence[c.Case],
    settings: Settings,
    *,
    alone: bool = True,
    on_progress: Callable[[str, int, int], None] = lambda *_: None,
) -> DrawnEvaluation:
    """Draw every case four times (pose, clothes, face, face by F alone) and measure.

    Args:
        engine: with the model.
        judge: the second face encoder; None leaves identity out.
        listed: the cases.
        settings: how they are drawn.
        alone: False leaves out the fourth drawing and its figures.
        on_progress: called as (what, done, total).
    """
    means, rows, seconds = Means(), [], 0.0
    kinds = (c.conditions, c.dressed, c.faced, *([c.faced_by_identity_alone] if alone else []))
    for start in range(0, len(listed), _BATCH):
        rendered = [c.render_case(case) for case in listed[start : start + _BATCH]]
        began = time.perf_counter()
        drawn = [_draw(engine, [kind(case) for case in rendered], settings, start) for kind in kinds]
        seconds += time.perf_counter() - began
        for k, case in enumerate(rendered):
            pictures = [row[k] for row in drawn]
            _measure(means, case, judge, *pictures)
            if len(rows) < _SHOWN:
                rows.append(_shown(case, *pictures))
            on_progress("drawn cases", start + k + 1, len(listed))
    heads = ("source", "target", "preview", "pose", "garment", "swap, true", "clothes", "face of", "face", "F alone")
    seconds /= max(1, len(kinds) * len(listed))
    tables = _tables(means, len(listed), settings, seconds)
    return DrawnEvaluation(tables, means, picture_grid(heads if alone else heads[:-1], rows, height=256))


def load_judge(folder: Path) -> Judge:
    """The second face encoder of a model's folder.

    Raises:
        StudioError: where the folder has none.
    """
    import torch

    from mcld_app.checkpoints.saved import verify_part
    from mcld_app.training.parts import saved_part

    verify_part(folder, "face_judge")
    net = saved_part(folder, "face_judge").eval()

    def judge(heads: Sequence[np.ndarray]) -> np.ndarray:
        with torch.no_grad():
            pixels = torch.from_numpy(np.stack(heads)).movedim(-1, 1).float() / 127.5 - 1
            return torch.nn.functional.normalize(net(pixels), dim=-1).numpy()

    return judge


def judge_apart(judge: Judge, people: int = 100) -> tuple[float, float]:
    """The judge's own averages over test people's heads: cosine of two views of one person, and of two people."""
    from mcld_app.data.heads import heads_of

    embeddings = np.stack([judge(list(heads_of(n, 2, test=True))) for n in range(people)])
    across = embeddings[:, 0] @ embeddings[:, 1].T
    other = across[~np.eye(people, dtype=bool)]
    return float(np.diag(across).mean()), float(other.mean())


def _draw(engine: Engine, given: Sequence[Conditions], settings: Settings, seed: int) -> list[np.ndarray]:
    jobs = [Job(one, seed + k) for k, one in enumerate(given)]
    return [drawn.picture for drawn in engine.generate(jobs, settings, step_pictures=False)]


def _measure(means: Means, p: c.RenderedCase, judge: Judge | None, posed, dressed, faced, alone=None) -> None:
    person, preview = p.alpha > 127, c.preview(p)
    for name, picture in (("ours", posed), ("preview", preview), ("copy", _copy(p))):
        means.add(**{
            f"{name} PSNR": psnr(picture, p.truth),
            f"{name} SSIM": ssim(picture, p.truth),
            f"{name} SSIM 7": ssim(picture, p.truth, _SMALL_WINDOW),
            f"{name} foreground": foreground_psnr(picture, p.truth, person),
        })  # fmt: skip
    cloth = c.clothing_region(p)
    if cloth.any():
        outside = ~_grown(cloth)
        means.add(
            clothes_edited=foreground_psnr(dressed, p.dressed, cloth),
            clothes_unedited=foreground_psnr(posed, p.dressed, cloth),
            clothes_outside=foreground_psnr(dressed, p.dressed, outside),
            clothes_outside_unedited=foreground_psnr(posed, p.truth, outside),
        )
    head = c.head_region(p)
    if head.any() and p.face.head is not None:
        means.add(
            face_outside=foreground_psnr(faced, p.truth, ~head),
            face_outside_unedited=foreground_psnr(posed, p.truth, ~head),
        )
    _identity(means, p, judge, posed, faced, alone)


def _identity(means: Means, p: c.RenderedCase, judge: Judge | None, posed, faced, alone) -> None:
    if judge is None or p.source.head is None or p.face.head is None:
        return
    pictures = (posed, faced, p.truth, p.faced, *([] if alone is None else [alone]))
    heads = [crop_head(picture, p.pose) for picture in pictures]
    if any(head is None for head in heads):
        return
    embeddings = judge([p.source.head, p.face.head, *heads])
    old, new = embeddings[:2]
    means.add(
        same=float(embeddings[2] @ old),
        swap_new=float(embeddings[3] @ new),
        swap_old=float(embeddings[3] @ old),
        truth_same=float(embeddings[4] @ old),
        truth_new=float(embeddings[5] @ new),
        truth_old=float(embeddings[5] @ old),
    )
    if alone is not None:
        means.add(alone_new=float(embeddings[6] @ new), alone_old=float(embeddings[6] @ old))


def _grown(mask: np.ndarray) -> np.ndarray:
    """A mask and 8 pixels around it: an edit's own edge counts as edited."""
    import cv2

    return cv2.dilate(mask.astype(np.uint8), np.ones((17, 17), np.uint8)) > 0


def _copy(p: c.RenderedCase) -> np.ndarray:
    import cv2

    return cv2.resize(p.source.person.photo, c.SIZE[::-1], interpolation=cv2.INTER_AREA)


def _shown(p: c.RenderedCase, posed, dressed, faced, *alone) -> list[np.ndarray]:
    import cv2

    def small(picture: np.ndarray) -> np.ndarray:
        return cv2.resize(picture, c.SIZE[::-1], interpolation=cv2.INTER_AREA)

    source, clothes, face = (small(one.person.photo) for one in (p.source, p.clothes, p.face))
    return [source, p.truth, c.preview(p), posed, clothes, p.dressed, dressed, face, faced, *alone]


def _tables(m: Means, count: int, settings: Settings, seconds: float) -> tuple[Table, ...]:
    how = f"{count} cases, {settings.steps} steps, guidance {settings.guidance:g}, 256 x 176"
    how += "" if settings.preview else ", preview hidden"
    pose = Table(
        "Pose transfer, drawn people",
        ("PSNR", "SSIM", "SSIM 7", "foreground PSNR"),
        tuple(
            measured_row(label, {
                "PSNR": m[f"{name} PSNR"], "SSIM": m[f"{name} SSIM"], "SSIM 7": m[f"{name} SSIM 7"],
                "foreground PSNR": m[f"{name} foreground"],
            }, note=how)
            for name, label in (("copy", "copy of the source"), ("preview", "texture preview"), ("ours", "model"))
        ),
        ("SSIM with the authors' window of 51 pixels; SSIM 7 with scikit-image's usual one.",
         f"Drawing took {seconds:.2f} s a picture here, in batches of {_BATCH}."),
    )  # fmt: skip
    clothes = Table(
        "Clothing swap, drawn people",
        ("in the region", "outside of it"),
        (
            measured_row(
                "unedited", {"in the region": m["clothes_unedited"], "outside of it": m["clothes_outside_unedited"]}
            ),
            measured_row("edited", {"in the region": m["clothes_edited"], "outside of it": m["clothes_outside"]}),
        ),
        ("PSNR in dB to the true swap; outside the region the unedited picture is held against its own truth.",),
    )
    face = Table(
        "Identity swap, drawn people",
        ("new person", "old person", "outside the head"),
        (
            measured_row("unedited", {"old person": m["same"], "outside the head": m["face_outside_unedited"]}),
            measured_row("face and head texels", {"new person": m["swap_new"], "old person": m["swap_old"],
                                                  "outside the head": m["face_outside"]}),
            *([] if m["alone_new"] is None else [
                measured_row("face alone, head texels blanked",
                             {"new person": m["alone_new"], "old person": m["alone_old"]})
            ]),
            measured_row("true pictures", {"new person": m["truth_new"], "old person": m["truth_old"]}),
        ),
        (f"Cosine by a second face encoder, over the {m.count('swap_new')} cases in which all faces are seen.",),
    )  # fmt: skip
    return pose, clothes, face
