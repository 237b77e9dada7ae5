"""What fits on the machines of a cluster. Knows nothing of Ray."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mcld_app.errors import StudioError

_BETWEEN_LOOKS = 2.0  # seconds


@dataclass(frozen=True)
class Need:
    """What is asked of a cluster.

    Attributes:
        gpus, cpus: of each actor, fractions too; None for the GPUs is one where the cluster has any, else none.
        least, most: actors; 0 for the most is as many as fit.
        wait: seconds that the head, and machines that hold the least, are waited for.
    """

    gpus: float | None = None
    cpus: float = 1.0
    least: int = 1
    most: int = 0
    wait: float = 0.0


class TooFew(StudioError):
    """Machines do not suffice, which others that join may mend.

    Attributes:
        there: how many do what, in a few words.
    """

    def __init__(self, sentence: str, there: str) -> None:
        super().__init__(sentence)
        self.there = there


@dataclass(frozen=True)
class Node:
    """A machine: its id, what people call it, and its CPUs and GPUs."""

    id: str
    name: str
    cpus: float = 0.0
    gpus: float = 0.0

    def holds(self, gpus: float, cpus: float) -> int:
        """How many actors fit on it."""
        each = [int(have / need + 1e-9) for have, need in ((self.gpus, gpus), (self.cpus, cpus)) if need > 0]
        return min(each, default=1)


@dataclass(frozen=True)
class Pool:
    """Actors to start.

    Attributes:
        gpus, cpus: of each.
        least, most: how many.
        nodes: the machines that can hold one.
        told: what all of them said, see `Report.told`.
    """

    gpus: float
    cpus: float
    least: int
    most: int
    nodes: tuple[Node, ...]
    told: str = ""


def pool_for(need: Need, nodes: Sequence[Node]) -> Pool:
    """The actors that are started for a need.

    Raises:
        StudioError: where a number makes no sense.
        TooFew: the machines do not hold the least.
    """
    if need.least < 1 or need.most < 0 or need.cpus < 0 or (need.gpus or 0) < 0 or 0 < need.most < need.least:
        raise StudioError("There is at least one actor, at most as many as asked for, and none with less than no GPU.")
    if not 0 <= need.wait < math.inf:
        raise StudioError("Machines are waited for so many seconds, from 0 on.")
    there = sum(node.gpus for node in nodes)
    gpus = need.gpus if need.gpus is not None else float(there > 0)
    if gpus > 0 and not there:
        raise TooFew(f"The cluster has no GPU, and {gpus:g} is asked for each actor. Leave it out; CPUs draw too.",
                     f"There is no GPU on {_machines(nodes)} yet")  # fmt: skip
    holding = tuple(node for node in nodes if node.holds(gpus, need.cpus))
    fit = sum(node.holds(gpus, need.cpus) for node in holding)
    if fit < need.least:
        raise TooFew(
            f"There is room for {fit} actors of {gpus:g} GPUs and {need.cpus:g} CPUs each on {_machines(nodes)}, "
            f"and {need.least} are asked for: {need.least - fit} are missing. Ask for fewer, or give each less.",
            f"There is room for {fit} of {need.least} actors on {_machines(nodes)}",
        )
    return Pool(gpus, need.cpus, need.least, min(need.most or fit, fit), holding)


def _machines(nodes: Sequence[Node]) -> str:
    return "one machine" if len(nodes) == 1 else f"{len(nodes)} machines"


def awaited_pool(
    need: Need,
    nodes: Callable[[], Sequence[Node]],
    told: Callable[[str], object],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Pool:
    """The actors that are started for a need, once enough machines are there: they join one after another.

    Args:
        need: see there.
        nodes: the machines that are there.
        told: told what is waited for, whenever that changes.
        clock, sleep: the time, and how it passes, in seconds.

    Raises:
        StudioError: as `pool_for` says; what is missing, when it was waited for long enough.
    """
    end, said = clock() + need.wait, ""
    while True:
        try:
            return pool_for(need, nodes())
        except TooFew as error:
            left = end - clock()
            if left <= 0:
                waited = f" More machines were waited for, {need.wait:.0f} s." if need.wait else ""
                raise StudioError(f"{error}{waited}") from error
            if error.there != said:
                said = error.there
                told(f"{said}. Others are waited for, {left:.0f} s at most.")
        sleep(min(_BETWEEN_LOOKS, left))


def page_need(nodes: Sequence[Node]) -> Need:
    """What draws for visitors: an actor for each GPU; where there is none, one for each machine, with all CPUs of the
    smallest but one."""
    if any(node.gpus >= 1 for node in nodes):
        return Need(gpus=1.0)
    able = [node.cpus for node in nodes if node.cpus >= 1]
    return Need(gpus=0.0, cpus=max(1.0, min(able, default=1.0) - 1), most=len(able))
