"""The options of commands that can work on a Ray cluster."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcld_app.cluster.fitting import Need


def add_cluster_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them, in a group of their own."""
    own = parser.add_argument_group("on a Ray cluster (requirements-cluster.txt, docs/scale.md)")
    own.add_argument("--ray", nargs="?", const="", metavar="ADDRESS", help="HOST:PORT of the head; without an address "
                     "the cluster that runs on this machine, else one of its own, which `local` always is")  # fmt: skip
    own.add_argument("--gpus", type=float, help="GPUs of each actor, fractions too (default: 1 where there are any)")
    own.add_argument("--cpus", type=float, default=1.0, help="CPUs of each actor (default 1)")
    own.add_argument("--actors", type=int, default=0, help="at most so many (default: as many as fit)")
    own.add_argument("--least-actors", type=int, default=1, help="begin with so many (default 1)")


def need_of(chosen: argparse.Namespace) -> Need:
    """What is asked of the cluster."""
    from mcld_app.cluster.fitting import Need

    return Need(chosen.gpus, chosen.cpus, chosen.least_actors, chosen.actors)
