"""A connection to a Ray cluster."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mcld_app.cluster.fitting import Node
from mcld_app.errors import StudioError

LOCAL = "local"
"""In place of an address: a cluster of this machine's own, for as long as it is needed."""

_ROOT = Path(__file__).resolve().parents[2]
_PATIENCE = 5.0
_BETWEEN_LOOKS = 1.0
_TOKEN = (
    "RAY_AUTH_MODE has to be the same here as where `ray start` ran: since there is a file ~/.ray/auth_token there, a "
    "cluster may want that token (docs/scale.md)."
)
_NO_RAY = "Ray is not installed. pip install -r requirements-cluster.txt installs it, on each machine of the cluster."


def is_installed() -> bool:
    """Whether ray can be imported."""
    from importlib.util import find_spec

    return find_spec("ray") is not None


class NoHead(StudioError):
    """Nothing answers where the head of a cluster is said to be."""


@contextmanager
def connected(
    address: str = "", wait: float = 0.0, told: Callable[[str], object] = lambda _: None
) -> Iterator[None]:
    """Connected to a cluster while the block runs; then actors and, of a cluster of this process's own, all end.

    Args:
        address: see `connect`.
        wait: seconds that a head is waited for which does not answer yet.
        told: told that it is waited for.

    Raises:
        StudioError: see `connect`; and where the cluster goes away meanwhile.
    """
    end, said = time.monotonic() + wait, False
    while True:
        try:
            connect(address)
            break
        except NoHead:
            if time.monotonic() >= end:
                raise
            if not said:
                said = True
                told(f"No cluster answers at {address} yet. It is waited for, {wait:.0f} s at most.")
            time.sleep(_BETWEEN_LOOKS)
    import ray

    try:
        yield
    except (ray.exceptions.RayError, ConnectionError) as error:
        raise StudioError(
            f"The cluster broke off: {str(error).strip().splitlines()[0][:300]} What is done is kept; the same command "
            "goes on with the rest."
        ) from error
    finally:
        disconnect()


def connect(address: str = "", *, private: bool = False) -> None:
    """Connect this process.

    Args:
        address: HOST:PORT of the head; "local"; or "" for RAY_ADDRESS, else the cluster that runs on this machine,
            else one of its own.
        private: a cluster that is started here writes nothing of what it is given to disk.

    Raises:
        StudioError: where ray is not installed, or no cluster answers there.
    """
    try:
        import ray
    except ImportError as error:
        raise StudioError(_NO_RAY) from error
    if "://" in address:
        raise StudioError(f"{address} is no address of a head. Give HOST:PORT, such as 10.0.0.1:6379, from a machine "
                          "of the cluster.")  # fmt: skip
    if address and address not in (LOCAL, "auto"):
        _answers(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # of a cluster that is started here: nothing is sent anywhere
    own = {"include_dashboard": False} if address == LOCAL else {}
    if own and private:
        own["_system_config"] = {"automatic_object_spilling_enabled": False}
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")]))
    try:
        ray.init(
            address or None, log_to_driver=False, logging_level=logging.ERROR,
            runtime_env={"env_vars": {"PYTHONPATH": path, "MCLD_RAY": ""}}, **own,  # an actor asks no other one
        )  # fmt: skip
    except (ConnectionError, RuntimeError, ValueError) as error:
        why = str(error).strip().splitlines()[0][:300]
        at, hint = (f" at {address}", f" {_TOKEN}") if address and address != LOCAL else ("", "")
        raise StudioError(f"No connection to a Ray cluster{at}: {why.rstrip('.')}.{hint}") from error


def disconnect() -> None:
    """End the connection, and what was started for it."""
    import ray

    with suppress(Exception):  # its head may be gone
        ray.shutdown()


def nodes() -> list[Node]:
    """The machines of the cluster that are alive."""
    import ray

    return [
        Node(
            told["NodeID"],
            f"{told['NodeManagerHostname']} ({told['NodeManagerAddress']}, node {told['NodeID'][:6]})",
            told["Resources"].get("CPU", 0.0),
            told["Resources"].get("GPU", 0.0),
        )
        for told in ray.nodes()
        if told["Alive"]
    ]


def _answers(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, ValueError, OverflowError) as error:
        raise NoHead(f"No Ray cluster answers at {address}. Is its head up (ray start --head), and the address "
                          "HOST:PORT?") from error  # fmt: skip
