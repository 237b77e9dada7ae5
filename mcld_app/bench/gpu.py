"""All that a GPU has to show, in one go and in limited time: `python -m mcld_app.bench gpu`.

Random weights of the published sizes are made on the device; the table is Markdown. A row that fails says why. On Linux
and macOS a row that takes too long is stopped; elsewhere it is waited for. Written where no GPU was at hand.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch

from mcld_app.bench import shipped
from mcld_app.bench.painter import Painter
from mcld_app.bench.results import Measured, goals, table
from mcld_app.bench.time_limit import OutOfTime, at_most
from mcld_app.bench.variants import AUTHORS, EXACT, HALF, IN_FULL, IN_HALF, Variant
from mcld_app.checkpoints import PUBLISHED, Sizes
from mcld_app.engine.room import is_cuda, let_go, tidy
from mcld_app.request import Settings


@dataclass(frozen=True)
class _Task:
    """Rows that are measured in one go.

    Attributes:
        name: of the task, or of its one row.
        work: measures them.
        least: seconds it takes: with less left it is not begun.
        limit: seconds after which it is stopped.
    """

    name: str
    work: Callable[[], Iterator[Measured]]
    least: float = 15.0
    limit: float = 90.0


def _tasks(painter: Painter) -> Iterator[_Task]:
    """In the order of what matters, so that what time does not allow matters least."""

    def drawn(variant: Variant) -> _Task:
        return _Task(variant.name, partial(painter.rows, variant), variant.least, variant.limit)

    def alone(name: str, work: Callable[[], Iterator[Measured]], **limits: float) -> _Task:
        def dropping() -> Iterator[Measured]:
            painter.drop()
            yield from work()

        return _Task(name, dropping, **limits)

    device, sizes = painter.device, painter.sizes
    yield from map(drawn, IN_FULL)
    yield alone(shipped.SHIPPED, partial(shipped.as_shipped, device, sizes, painter.steps))
    yield drawn(IN_HALF[0])
    yield alone("memory at each fallback", partial(shipped.at_each_fallback, device, sizes))
    for limit in shipped.LIMITS:
        yield alone(f"at most {limit} GB", partial(shipped.with_at_most, device, sizes, limit), limit=60)
    yield from map(drawn, IN_HALF[1:])


def bench_gpu(
    device: str,
    *,
    seconds: float = 450,
    steps: int = Settings.steps,
    sizes: Sizes = PUBLISHED,
    tell: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> str:
    """Measure what there is time for.

    Args:
        device: "cuda"; any other one is for trying the benchmark itself.
        seconds: for everything together.
        steps: of each picture.
        sizes: of the networks.
        tell: told what is measured, and each row as it comes.

    Returns:
        Markdown: the device, the table, the goals, and what was left out.
    """
    until = time.monotonic() + seconds
    rows: list[Measured] = []
    left_out = []
    for task in _tasks(Painter(device, sizes, steps)):
        left = until - time.monotonic()
        if left < task.least:
            left_out.append(task.name)
            continue
        tell(f"{task.name} ({left:.0f} s left)")
        try:
            with at_most(min(task.limit, left)):
                for row in task.work():
                    rows.append(row)
                    tell(table([row], authors=AUTHORS.name, exact=EXACT.name).splitlines()[-1])
        except (OutOfTime, Exception) as error:
            let_go(error)
            rows.append(Measured(task.name, remark=_reason(error)))
        tidy(device)
    told = [_machine(device, steps), table(rows, authors=AUTHORS.name, exact=EXACT.name)]
    if is_cuda(device):
        names = {"authors": AUTHORS.name, "shipped": shipped.SHIPPED, "half": HALF.name, "offloaded": shipped.OFFLOADED}
        told.append(f"Goals:\n\n{goals(rows, **names)}")
    told.append(f"Left out for lack of time: {'; '.join(left_out) if left_out else 'nothing'}.")
    return "\n\n".join(told)


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    said = lines[0][:160] if lines else ""
    return said if isinstance(error, OutOfTime) else f"{type(error).__name__}: {said}".rstrip(": ")


def _machine(device: str, steps: int) -> str:
    what = f"a picture of {steps} steps with guidance, encoding and decoding included; torch {torch.__version__}"
    if not is_cuda(device):
        return f"On {device}, {what}."
    card = torch.cuda.get_device_properties(device)
    return (
        f"On {card.name} ({card.total_memory / 1e9:.0f} GB, compute capability {card.major}.{card.minor}), {what}, "
        f"CUDA {torch.version.cuda}. Single precision is torch's own: TF32 in convolutions, "
        f"{'on' if torch.backends.cudnn.allow_tf32 else 'off'}; in matrix products, "
        f"{'on' if torch.backends.cuda.matmul.allow_tf32 else 'off'}."
    )
