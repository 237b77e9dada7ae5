"""A cluster of several nodes on this one machine, to measure on."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mcld_app.errors import StudioError

_STORE = 100 << 20  # bytes of the object store of each node


@contextmanager
def own_nodes(cpus: Sequence[float]) -> Iterator[str]:
    """Such a cluster, for as long as the block runs; gives its address.

    Args:
        cpus: of each node; the first one is the head.

    Raises:
        StudioError: where ray is not installed.
    """
    try:
        from ray.cluster_utils import Cluster
    except ImportError as error:
        raise StudioError("Ray is not installed: pip install -r requirements-cluster.txt") from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    given = [{"num_cpus": count, "object_store_memory": _STORE, "include_dashboard": False} for count in cpus]
    cluster = Cluster(initialize_head=True, head_node_args=given[0])
    try:
        for one in given[1:]:
            cluster.add_node(**one)
        yield cluster.address
    finally:
        cluster.shutdown()
