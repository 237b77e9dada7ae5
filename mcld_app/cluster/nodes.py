"""Whether each machine of a cluster can do the work, asked before anything is begun."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from mcld_app import __version__
from mcld_app.cluster.connection import nodes
from mcld_app.cluster.fitting import Need, Node, Pool, awaited_pool
from mcld_app.cluster.reports import Report, check_reports, unable
from mcld_app.content import content_hash
from mcld_app.errors import StudioError

_PATIENCE = 180.0  # seconds: a machine may have to import the program from a slow disk first
_PACKAGE = Path(__file__).resolve().parents[1]


def able_pool(need: Need, examine: Callable[[], str], told: Callable[[str], object] = lambda _: None) -> Pool:
    """The actors for some work, after each machine that is to hold one was asked.

    Args:
        need: see there.
        examine: run once on each machine; says what must be the same on all of them, and raises a StudioError where
            something is missing there. Picklable by name.
        told: told what is waited for, where the need says that it is.

    Raises:
        StudioError: machines do not suffice, have another version, or lack something; each is named.
    """
    pool = awaited_pool(need, nodes, told)
    reports = _reports(pool.nodes, examine)
    check_reports(reports, __version__, code_hash())
    return replace(pool, told=reports[0].told)


@lru_cache(maxsize=1)
def code_hash() -> str:
    """A hash of the program's source in this process."""
    files = sorted(_PACKAGE.rglob("*.py"))
    parts = [part for file in files for part in (file.relative_to(_PACKAGE).as_posix(), file.read_bytes())]
    return content_hash(*parts)


def _reports(there: tuple[Node, ...], examine: Callable[[], str]) -> list[Report]:
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    ask = ray.remote(max_calls=1)(_report)  # in a process that ends: models it looked at may have hidden the GPUs
    asked = [
        ask.options(
            num_cpus=0, max_retries=0, scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False)
        ).remote(node.name, examine)
        for node in there
    ]
    out = []
    for node, answer in zip(there, asked, strict=True):
        try:
            out.append(ray.get(answer, timeout=_PATIENCE))
        except ray.exceptions.GetTimeoutError:
            out.append(Report(node.name, fault=f"It did not answer within {_PATIENCE:.0f} s."))
        except ray.exceptions.RayError as error:
            out.append(Report(node.name, fault=unable(str(error), _PACKAGE.parent)))
    return out


def _report(name: str, examine: Callable[[], str]) -> Report:
    try:
        return Report(name, __version__, code_hash(), examine())
    except StudioError as error:
        return Report(name, __version__, code_hash(), fault=str(error))
