"""Small DensePose exports, for tests alone: real TorchScript files in both forms that people have.

`random_export` is a whole detector in small (a backbone, proposals, non-maximum suppression, RoIAlign, heads) with
seeded random weights: it finds "people" in any picture, and they mean nothing. `export_saying` returns what it is
given, so what is made of it can be checked against numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mcld_app.checkpoints import trust
from mcld_app.perception.operators import ensure_operators

Outputs = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


class Detector(nn.Module):
    """(3, H, W) uint8 BGR -> boxes (N, 4), coarse, fine, u, v (N, C, 2 S, 2 S) and scores (N,), N up to 6."""

    def __init__(self, coarse: int = 2, pooled: int = 7) -> None:
        super().__init__()
        self.pooled = pooled
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=8, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, stride=4, padding=1), nn.ReLU()
        )
        self.objectness = nn.Conv2d(8, 1, 1)
        self.coarse = nn.ConvTranspose2d(8, coarse, 4, stride=2, padding=1)
        self.fine = nn.ConvTranspose2d(8, 25, 4, stride=2, padding=1)
        self.u = nn.ConvTranspose2d(8, 25, 4, stride=2, padding=1)
        self.v = nn.ConvTranspose2d(8, 25, 4, stride=2, padding=1)
        self.register_buffer("pixel_mean", torch.tensor([103.53, 116.28, 123.675]).view(3, 1, 1), False)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        mean = self.pixel_mean
        features = self.backbone(((image.to(mean.device) - mean) / 58)[None])
        height, width = float(image.size(1)), float(image.size(2))
        scores = self.objectness(features).flatten().sigmoid()
        rows = torch.arange(features.size(2), device=mean.device, dtype=mean.dtype) * 32 + 16
        columns = torch.arange(features.size(3), device=mean.device, dtype=mean.dtype) * 32 + 16
        y = rows[:, None].expand(features.size(2), features.size(3)).flatten()
        x = columns[None].expand(features.size(2), features.size(3)).flatten()
        boxes = torch.stack([x - width / 4, y - height / 3, x + width / 4, y + height / 3], 1)
        keep = torch.ops.torchvision.nms(boxes, scores, 0.3)[:6]
        boxes, scores = boxes[keep], scores[keep]
        rois = torch.cat([torch.zeros_like(boxes[:, :1]), boxes], 1)
        each = torch.ops.torchvision.roi_align(features, rois, 1 / 32, self.pooled, self.pooled, 2, True)
        return boxes, self.coarse(each), self.fine(each), self.u(each).sigmoid(), self.v(each).sigmoid(), scores


class Said(nn.Module):
    """Returns what it was made with, whatever the picture; boxes as those of a picture of `size`, (height, width), that
    may have been scaled."""

    def __init__(
        self, size: Sequence[int], boxes: Tensor, coarse: Tensor, fine: Tensor, u: Tensor, v: Tensor, scores: Tensor
    ) -> None:
        super().__init__()
        self.height, self.width = (float(side) for side in size)
        for name, value in {"boxes": boxes, "coarse": coarse, "fine": fine, "u": u, "v": v, "scores": scores}.items():
            self.register_buffer(name, value)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        down, across = float(image.size(1)) / self.height, float(image.size(2)) / self.width
        scale = torch.tensor([across, down, across, down])
        return self.boxes * scale, self.coarse, self.fine, self.u, self.v, self.scores


class AsTuple(nn.Module):
    """The form of LayerNorm's exports: no scores."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, image: Tensor) -> Outputs:
        boxes, coarse, fine, u, v, _ = self.inner(image)
        return boxes, coarse, fine, u, v


class AsDict(nn.Module):
    """The form of dajes' exports: the keys and arguments of its `DefaultPredictor` and `detector_postprocess`."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, original_image: Tensor, bgr: bool = True) -> dict[str, Tensor]:
        if original_image.shape[2] == 3:
            original_image = original_image.permute(2, 0, 1)
        boxes, coarse, fine, u, v, scores = self.inner(original_image)
        return {
            "image_size": torch.tensor([original_image.size(1), original_image.size(2)]),
            "pred_boxes": boxes,
            "scores": scores,
            "pred_classes": torch.zeros(len(boxes), dtype=torch.int64),
            "pred_densepose_coarse_segm": coarse,
            "pred_densepose_fine_segm": fine,
            "pred_densepose_u": u,
            "pred_densepose_v": v,
        }


FORMS = {"tuple": AsTuple, "dict": AsDict}


def save(module: nn.Module, path: Path, *, trusted: bool = True) -> Path:
    """Write a module as TorchScript, and vouch for it."""
    ensure_operators()
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.jit.script(module.eval()).save(str(path))
    if trusted:
        trust(path)
    return path


def random_export(path: Path, form: str = "tuple", *, coarse: int = 2, seed: int = 0, trusted: bool = True) -> Path:
    """Save a detector with random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        detector = Detector(coarse)
        nn.init.constant_(detector.objectness.bias, 1.0)  # sure of all it sees
    return save(FORMS[form](detector), path, trusted=trusted)


def planes_of(part: np.ndarray, u: np.ndarray, v: np.ndarray, *, coarse: int = 2) -> tuple[np.ndarray, ...]:
    """What a network that is sure would say: (S, S) parts 0..24 and (S, S) U and V in 0..1 -> coarse (coarse, S, S),
    fine, u and v (25, S, S). U and V of the parts that a place does not show are 0.5."""
    numbers = np.arange(25)[:, None, None]
    shown = part[None] == numbers
    body = (part > 0).astype(np.float32)
    background = np.stack([1 - body, *[np.zeros_like(body)] * (coarse - 2), body])
    where = [np.where(shown, place[None], 0.5).astype(np.float32) for place in (u, v)]
    return background, shown.astype(np.float32), *where


def export_saying(
    path: Path,
    people: Sequence[tuple[Sequence[float], tuple[np.ndarray, ...]]],
    size: tuple[int, int],
    form: str = "tuple",
    *,
    scores: Sequence[float] | None = None,
) -> Path:
    """Save an export that always finds these people: a box x0, y0, x1, y1 in pixels of the photo of `size`, (height,
    width), however it is scaled for the network, and planes as of `planes_of`."""
    boxes = torch.tensor([box for box, _ in people], dtype=torch.float32).reshape(-1, 4)
    if people:
        planes = [torch.from_numpy(np.stack(each)).float() for each in zip(*(p for _, p in people), strict=True)]
    else:
        planes = [torch.zeros(0, channels, 4, 4) for channels in (2, 25, 25, 25)]
    said = torch.tensor(list(scores) if scores is not None else [0.9] * len(people), dtype=torch.float32)
    return save(FORMS[form](Said(size, boxes, *planes, said)), path)
