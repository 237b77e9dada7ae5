"""A Ray cluster of several nodes on this machine, for tests: where ray is installed, and MCLD_CLUSTER=1 says so."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

WHY_NOT = (
    "a cluster on one machine does not run on Windows" if sys.platform == "win32"
    else "ray is not installed: pip install -r requirements-cluster.txt" if find_spec("ray") is None
    else "takes minutes: set MCLD_CLUSTER=1" if "MCLD_CLUSTER" not in os.environ
    else ""
)  # fmt: skip

needs_ray = [pytest.mark.cluster, pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "never")]


@contextmanager
def nodes_of(*cpus: float, checkpoints: dict[int, Path] | None = None, weights: Path | None = None) -> Iterator:
    """A cluster: the head has the first number of CPUs, and so on.

    Args:
        cpus: of each node.
        checkpoints: MCLD_CHECKPOINTS of a node, by its place.
        weights: MCLD_CHECKPOINTS of all others.
    """
    from ray.cluster_utils import Cluster

    def given(k: int) -> dict:
        named = (checkpoints or {}).get(k, weights)
        env = {} if named is None else {"MCLD_CHECKPOINTS": str(named)}
        return {"num_cpus": cpus[k], "object_store_memory": 100 << 20,
                "include_dashboard": False, "env_vars": env}  # fmt: skip

    cluster = Cluster(initialize_head=True, head_node_args=given(0))
    try:
        cluster.others = [cluster.add_node(**given(k)) for k in range(1, len(cpus))]
        yield cluster
    finally:
        cluster.shutdown()
