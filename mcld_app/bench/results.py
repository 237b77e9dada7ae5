"""What was measured on a GPU, as a Markdown table, beside the goals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mcld_app.engine.room import is_cuda

TIMES = 6.0
"""Goal: how many times faster than the authors' order of work in float32, as shipped."""

HALF_GB, OFFLOADED_GB = 6.0, 4.0
"""Goals: the most memory in half precision, and with the parts in turn."""

_NONE = "–"
_ON_CPU = "not measured on a CPU"


@dataclass(frozen=True, eq=False)
class Measured:
    """A row.

    Attributes:
        what: was measured.
        seconds: for a picture; step: for one of its steps.
        memory: the most bytes on the GPU; None where there is none.
        latents: of the picture, to be compared.
        remark: for the reader; the reason, where nothing could be measured.
    """

    what: str
    seconds: float | None = None
    step: float | None = None
    memory: int | None = None
    latents: Tensor | None = None
    remark: str = ""


def start_counting(device: str) -> None:
    """Count the most memory from now on."""
    if is_cuda(device):
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)


def most_memory(device: str) -> int | None:
    """The most bytes of the GPU that torch held at once since `start_counting`; None on a CPU."""
    return torch.cuda.max_memory_allocated(device) if is_cuda(device) else None


def difference(latents: Tensor, exact: Tensor) -> float:
    """The largest difference between two pictures' latents, as a share of the largest value."""
    return ((latents.float() - exact.float()).abs().max() / exact.float().abs().max()).item()


def table(rows: Sequence[Measured], *, authors: str, exact: str) -> str:
    """The rows as Markdown.

    Args:
        rows: in order.
        authors: the row whose seconds the others' are compared with.
        exact: the row whose latents the others' are compared with.
    """
    by_name = {row.what: row for row in rows}
    base, true = by_name.get(authors), by_name.get(exact)
    lines = ["| what | s a picture | ms a step | x the authors' | most memory | differs by | |"]
    lines.append(f"|---|{'--:|' * 5}---|")
    for row in rows:
        cells = [_NONE] * 5
        if row.seconds is not None:
            cells[0] = f"{row.seconds:.2f}"
            if base is not None and base.seconds is not None:
                cells[2] = f"{base.seconds / row.seconds:.2f}"
        if row.step is not None:
            cells[1] = f"{row.step * 1000:.1f}"
        if row.memory is not None:
            cells[3] = f"{row.memory / 1e9:.2f} GB"
        elif row.seconds is not None or row.what.startswith("memory"):
            cells[3] = _ON_CPU
        if row.latents is not None and true is not None and true.latents is not None:
            cells[4] = f"{difference(row.latents, true.latents):.1e}"
        remark = row.remark.replace("|", "/").replace("\n", " ")
        lines.append(f"| {row.what} | {' | '.join(cells)} | {remark} |")
    return "\n".join(lines)


def goals(rows: Sequence[Measured], *, authors: str, shipped: str, half: str, offloaded: str) -> str:
    """The goals, and whether they are met, as a Markdown list. Arguments name the rows that tell."""
    by_name = {row.what: row for row in rows}

    def of(name: str, value: str) -> float | None:
        return getattr(by_name[name], value) if name in by_name else None

    plain, ours = of(authors, "seconds"), of(shipped, "seconds")
    times = None if plain is None or ours is None else plain / ours
    verdict = _verdict(times, " x", TIMES, more=True)
    lines = [f"- as shipped, {TIMES:g} x as fast as the authors' order of work in float32: {verdict}"]
    for what, name, most in (("in half precision", half, HALF_GB), ("with parts in turn", offloaded, OFFLOADED_GB)):
        memory = of(name, "memory")
        found = None if memory is None else memory / 1e9
        lines.append(f"- {what}, at most {most:g} GB: {_verdict(found, ' GB', most, more=False)}")
    return "\n".join(lines)


def _verdict(found: float | None, unit: str, goal: float, *, more: bool) -> str:
    if found is None:
        return "not measured"
    met = found >= goal if more else found <= goal
    return f"{found:.2f}{unit}, {'met' if met else 'MISSED'}"
