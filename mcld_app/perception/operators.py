"""The two torchvision operators that DensePose's exports call: non-maximum suppression and RoIAlign.

torchvision has to match torch's build exactly, and where it does not, its import fails. So it is used where it imports,
and else the two operators are registered under its names, written here in torch's own functions.
"""

from __future__ import annotations

import importlib
import sys
import threading
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor
    from torch.library import Library

Origin = Literal["torchvision", "here"]

_SCHEMAS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "roi_align": (
        "(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, "
        "int sampling_ratio, bool aligned) -> Tensor"
    ),
}
_NMS_BLOCK = 256  # boxes compared with all others in one go
_SAMPLES = 1 << 24  # of RoIAlign held at once: 64 MB

_ONE_AT_A_TIME = threading.Lock()


def ensure_operators() -> Origin:
    """Make `torchvision::nms` and `torchvision::roi_align` known to torch, once; safe to call from any thread.

    Returns whose they are. Where they are ours, torchvision cannot be imported any more in this process: it would
    register the same names again, which ends the process. It is used from the next start on.
    """
    with _ONE_AT_A_TIME:
        return "here" if _registered() else "torchvision"


@cache  # what is registered stays so for as long as the library that did it lives
def _registered() -> Library | None:
    import torch

    try:
        importlib.import_module("torchvision")
    except Exception:  # not there, or for another torch: then it raises nearly anything
        sys.modules["torchvision"] = None  # type: ignore[assignment]
    missing = [name for name in _SCHEMAS if not hasattr(torch.ops.torchvision, name)]
    if not missing:
        return None
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in missing:
        library.define(name + _SCHEMAS[name])
        # Made of torch's functions alone, so that it runs on every device and has a gradient.
        library.impl(name, {"nms": nms, "roi_align": roi_align}[name], "CompositeImplicitAutograd")
    return library


def nms(dets: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Non-maximum suppression: the best box stays, those that overlap it too much go, and so on with what is left.

    Two boxes overlap too much where the intersection of their areas is more than `iou_threshold` of the union. Of
    equal scores the first comes first.

    Args:
        dets: (N, 4) boxes x0, y0, x1, y1.
        scores: (N,).

    Returns:
        (K,) int64: which boxes stay, the best first.

    Raises:
        RuntimeError: for other shapes.
    """
    import torch

    if dets.dim() != 2 or dets.size(1) != 4 or scores.shape != dets.shape[:1]:
        raise RuntimeError(f"nms: boxes (N, 4) and scores (N,) are needed, not {(*dets.shape,)} and {(*scores.shape,)}")
    # On the CPU: one decision hangs on the last, and a GPU would be waited for at each.
    boxes = dets.detach().cpu()
    boxes = boxes if boxes.dtype == torch.float64 else boxes.float()
    alive = scores.detach().cpu().float().sort(descending=True, stable=True).indices
    kept = []
    while alive.numel():
        block = alive[:_NMS_BLOCK]
        # In double, as torchvision compares: 0.3 in single precision is more than 0.3.
        overlaps = _shared(boxes[block], boxes[alive]).double() > iou_threshold
        stays = torch.ones(len(block), dtype=torch.bool)
        rows, inside = overlaps.numpy(), stays.numpy()
        for i in range(len(block)):
            if inside[i]:
                inside[i + 1 :] &= ~rows[i, i + 1 : len(block)]
        kept.append(block[stays])
        alive = alive[len(block) :][~overlaps[stays, len(block) :].any(0)]
    return torch.cat(kept).to(dets.device) if kept else torch.empty(0, dtype=torch.int64, device=dets.device)


def _shared(one: Tensor, other: Tensor) -> Tensor:
    """(N, 4), (M, 4) -> (N, M): intersection over union; not a number where both boxes are empty."""
    import torch

    def area(boxes: Tensor) -> Tensor:
        return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])

    low = torch.maximum(one[:, None, :2], other[None, :, :2])
    high = torch.minimum(one[:, None, 2:], other[None, :, 2:])
    inter = (high - low).clamp(min=0).prod(-1)
    return inter / (area(one)[:, None] + area(other)[None] - inter)


def roi_align(
    input: Tensor,
    rois: Tensor,
    spatial_scale: float,
    pooled_height: int,
    pooled_width: int,
    sampling_ratio: int,
    aligned: bool,
) -> Tensor:
    """RoIAlign (He et al., "Mask R-CNN", 2017, section 3), with the borders of torchvision's kernel.

    Each box is cut into bins, and each bin is the mean of a grid of samples, read between the cells by bilinear
    interpolation. A sample up to one cell outside reads the nearest cell; farther away it is 0.

    Args:
        input: (N, C, H, W) features.
        rois: (K, 5) batch index, x0, y0, x1, y1 in pixels of the picture.
        spatial_scale: cells per pixel.
        sampling_ratio: samples per bin, each way; 0 or less: as many as the bin has cells, rounded up.
        aligned: a cell's value belongs to its centre, half a cell from its corner; without, to the corner, and a box is
            at least one cell large.

    Returns:
        (K, C, pooled_height, pooled_width) of the input's dtype. Boxes that are not finite, or of no picture, give 0.

    Raises:
        RuntimeError: for other shapes.
    """
    import torch

    if input.dim() != 4 or rois.dim() != 2 or rois.size(1) != 5:
        raise RuntimeError(f"roi_align: (N, C, H, W) and (K, 5) are needed, not {(*input.shape,)} and {(*rois.shape,)}")
    pooled = (int(pooled_height), int(pooled_width))
    features = input if input.dtype == torch.float64 else input.float()
    boxes = rois.to(features.dtype)
    out = features.new_zeros(len(boxes), features.size(1), *pooled)
    if not out.numel() or not features.numel():
        return out.to(input.dtype)
    offset = 0.5 if aligned else 0.0
    start = boxes[:, [2, 1]] * spatial_scale - offset  # (K, 2): y, x
    size = boxes[:, [4, 3]] * spatial_scale - offset - start
    if not aligned:
        size = size.clamp(min=1)
    bins = size / features.new_tensor(pooled)
    grids = torch.full_like(bins, sampling_ratio) if sampling_ratio > 0 else bins.ceil()
    grids = torch.where(bins.isfinite(), grids, 0).clamp(min=0).long()
    # Boxes of the same picture and the same grid of samples go together.
    kinds, kind = torch.cat([boxes[:, :1].long(), grids], 1).unique(dim=0, return_inverse=True)
    for number, (picture, down, across) in enumerate(kinds.tolist()):
        if not 0 <= picture < len(features) or not down * across:
            continue
        each = features.size(1) * pooled[0] * down * pooled[1] * across
        for some in (kind == number).nonzero()[:, 0].split(max(1, _SAMPLES // each)):
            out[some] = _pooled(features[picture], start[some], bins[some], pooled, (down, across))
    return out.to(input.dtype)


def _pooled(feature: Tensor, start: Tensor, bins: Tensor, pooled: tuple[int, int], grid: tuple[int, int]) -> Tensor:
    """(C, H, W), (K, 2) corners and sizes of a bin in cells -> (K, C, *pooled)."""
    import torch
    from torch.nn.functional import grid_sample

    places, inside = [], []
    for axis, cells in enumerate(feature.shape[1:]):
        bin_numbers = torch.arange(pooled[axis], device=feature.device, dtype=feature.dtype)[None, :, None]
        shares = (torch.arange(grid[axis], device=feature.device, dtype=feature.dtype) + 0.5)[None, None]
        length = bins[:, axis, None, None]
        at = (start[:, axis, None, None] + bin_numbers * length + shares * length / grid[axis]).flatten(1)
        within = (at >= -1) & (at <= cells)
        at = torch.where(within, at, 0).clamp(0, cells - 1)
        places.append(at * (2 / max(cells - 1, 1)) - 1)  # as grid_sample counts: -1..1 from first cell to last
        inside.append(within)
    (y, x), (y_inside, x_inside) = places, inside
    shape = (len(start), y.size(1), x.size(1))
    points = torch.stack([x[:, None].expand(shape), y[..., None].expand(shape)], -1)
    read = grid_sample(feature[None], points.flatten(0, 1)[None], padding_mode="border", align_corners=True)
    read = torch.where(y_inside[..., None] & x_inside[:, None], read.view(-1, *shape), 0)
    return read.unflatten(3, (pooled[1], grid[1])).unflatten(2, (pooled[0], grid[0])).mean((3, 5)).transpose(0, 1)
