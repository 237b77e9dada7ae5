"""The live network on drawn people kept for tests: what it adds to the preview, and what it takes from the photo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import mean

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mcld_app.data.live_store import LiveStore
from mcld_app.network.live import LiveNetwork
from mcld_app.training.live_batch import Hidden, draw_batch, of_targets

GROUND = 0.85
"""What stands behind the people, 0..1."""

HAIR, HANGS = 3, 4
"""Of `LiveViews.regions`."""

_LEAST = 300  # pixels of a region that make it worth a figure


@torch.inference_mode()
def measured(network: LiveNetwork, face_encoder: nn.Module, folder: Path) -> Iterator[tuple[str, dict[str, float]]]:
    """Figures of each target of a folder of shards, by what is drawn: "preview", "live", and, with what stands off the
    body taken from the preview, "open" (preview), "open live" and "open live, no photo".

    Figures: dB in "all" (the person), "hair", "hangs", "unseen"; "overlap" of alphas; "gradients" of the truth's.
    """
    store = LiveStore(folder)
    for n in range(len(store)):
        given = store.batch([n], store.views(n), torch.Generator().manual_seed(0))
        preview = of_targets(given["previews"]) / 255
        off = ((of_targets(given["poses"]) == 0) & (preview[:, 3:4] > 0.5)).bool()
        nothing = torch.zeros_like(given["iuv"][:, None], dtype=torch.bool)
        hidden = Hidden(off, nothing, torch.zeros_like(given["coverage"][:, None], dtype=torch.bool))
        pictures = {
            "preview": (preview[:, :3], preview[:, 3:4]),
            "open": (preview[:, :3], preview[:, 3:4] * ~off),
        }
        for name, hides, blank in (
            ("live", None, False), ("open live", hidden, False), ("open live, no photo", hidden, True)
        ):  # fmt: skip
            drawn = draw_batch(network, face_encoder, given, hides, blank=blank)
            pictures[name] = drawn.colour.clamp(0, 1), torch.sigmoid(drawn.alpha)
        truth, alpha = of_targets(given["truth"]) / 255, of_targets(given["alphas"]) / 255
        regions, unseen = of_targets(given["regions"]), of_targets(given["unseen"]) > 0
        for name, (colour, share) in pictures.items():
            for k in range(len(truth)):
                yield name, _figures(colour[k], share[k], truth[k], alpha[k], regions[k], unseen[k])


def table(rows: Iterable[tuple[str, dict[str, float]]]) -> str:
    """The means of `measured`, by what is drawn, as Markdown."""
    found: dict[str, dict[str, list[float]]] = {}
    for name, own in rows:
        for figure, value in own.items():
            found.setdefault(name, {}).setdefault(figure, []).append(value)
    heads = list(dict.fromkeys(figure for own in found.values() for figure in own))
    lines = [["", *heads], ["---"] + ["---:"] * len(heads)]
    for name, own in found.items():
        lines.append([name, *(f"{mean(own[head]):.3f}" if head in own else "–" for head in heads)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _figures(
    colour: Tensor, share: Tensor, truth: Tensor, alpha: Tensor, regions: Tensor, unseen: Tensor
) -> dict[str, float]:
    picture, true = (a * c + (1 - a) * GROUND for c, a in ((colour, share), (truth, alpha)))
    error = (picture - true).square().mean(0)
    person = alpha[0] > 0.5
    where = {"all": person, "hair": regions[0] == HAIR, "hangs": regions[0] == HANGS, "unseen": unseen[0] & person}
    out = {
        name: float(-10 * error[mask].mean().clamp_min(1e-9).log10())
        for name, mask in where.items()
        if int(mask.sum()) >= _LEAST
    }
    covered = share[0] > 0.5
    out["overlap"] = float((covered & person).sum() / (covered | person).sum().clamp_min(1))
    inner = F.max_pool2d((~(covered & person))[None, None].float(), 5, 1, 2)[0, 0] == 0
    if inner.any():
        out["gradients"] = float(_gradients(picture)[inner].mean() / _gradients(true)[inner].mean())
    return out


def _gradients(picture: Tensor) -> Tensor:
    grey = picture.mean(0)
    across, down = F.pad(grey.diff(dim=1).abs(), (0, 1)), F.pad(grey.diff(dim=0).abs(), (0, 0, 0, 1))
    return across + down
