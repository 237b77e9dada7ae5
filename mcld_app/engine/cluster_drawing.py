"""Drawing for the page on the machines of a Ray cluster: an actor for each GPU, or, where there is none, one for each
machine. The process beside the page's does the asking (`drawing_child`), so the page outlives the cluster."""

from __future__ import annotations

import itertools
import json
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcld_app.cluster.connection import LOCAL, connect, connected, disconnect, nodes
from mcld_app.cluster.fitting import Pool, page_need
from mcld_app.cluster.nodes import able_pool
from mcld_app.cluster.remote import Gone, Remote
from mcld_app.content import content_hash
from mcld_app.engine.drawing_pool import Died, DrawingPool
from mcld_app.errors import Cancelled, StudioError
from mcld_app.request import Drawn, Job, Progress, Settings

if TYPE_CHECKING:
    from mcld_app.engine.engine import Engine


def cluster_pool(address: str) -> tuple[DrawingPool, str]:
    """Connect to a cluster, see that its machines have this program and these weights, and start the actors.

    Args:
        address: see `cluster.connection.connect`.

    Returns:
        The actors, and a sentence about them.

    Raises:
        StudioError: no cluster is there, or a machine cannot do the work; then nothing is left connected.
    """
    connect(address, private=True)
    try:
        pool = able_pool(page_need(nodes()), models_here)
        return DrawingPool(partial(_started, pool), pool.most), in_words(pool, address)
    except BaseException:
        disconnect()
        raise


def leave() -> None:
    """End the connection, and with it the actors, and a cluster of this machine's own."""
    disconnect()


def in_words(pool: Pool, address: str) -> str:
    """How many draw, and where."""
    at = "a cluster of this machine's own" if address == LOCAL else f"the cluster at {address}"
    each = f"with {pool.gpus:g} GPU" if pool.gpus else "without a GPU"
    actors = f"{pool.most} {'actor draws' if pool.most == 1 else 'actors draw'}"
    machines = f"{len(pool.nodes)} {'machine' if len(pool.nodes) == 1 else 'machines'}"
    return f"{actors} for visitors on {machines} of {at}, each {each} (MCLD_RAY)"


def told_of(address: str) -> str:
    """How many would draw, for the doctor, who starts none.

    Raises:
        StudioError: no cluster is there, or a machine cannot do the work.
    """
    if address == LOCAL:
        return "the page starts a cluster of this machine's own, with an actor for each GPU, or one (MCLD_RAY)"
    with connected(address):
        return in_words(able_pool(page_need(nodes()), models_here), address)


def models_here() -> str:
    """A hash of this machine's models and their weights."""
    from mcld_app.engine.registry import available, weights_of

    found: dict[str, Any] = {}
    for name in available():
        try:
            found[name] = weights_of(name)
        except StudioError:
            found[name] = None  # broken: it says so itself when it is asked for
    return content_hash(json.dumps(found, sort_keys=True))


def _started(pool: Pool) -> ClusterDrawer:
    return ClusterDrawer(Remote(ActorDrawing, pool))


class ClusterDrawer:
    """This process's front of an actor that draws; see `drawing_pool.Drawer`."""

    def __init__(self, remote: Remote) -> None:
        self._remote, self._numbers = remote, itertools.count()
        self.loaded: frozenset[str] = frozenset()

    def draw(
        self, model: str, jobs: Sequence[Job], settings: Settings, stop: str, owner: str
    ) -> Iterator[Progress | list[Drawn]]:
        """See there. The stop file is on this machine: the actor is told of it."""
        number, flag, told = next(self._numbers), Path(stop), False

        def look() -> None:
            nonlocal told
            if not told and flag.exists():
                told = True
                self._remote.tell("stop", number)

        end: object = None
        try:
            for item in self._remote.stream("draw", number, model, list(jobs), settings, owner, meanwhile=look):
                if isinstance(item, Progress):
                    yield item
                else:
                    end, self.loaded = item
        except Gone as error:
            if flag.exists():
                raise Cancelled() from error
            raise Died(str(error)) from error
        except GeneratorExit:
            self._remote.tell("stop", number)
            raise
        if isinstance(end, StudioError):
            raise end
        yield end

    def forget(self, owner: str) -> None:
        """See there."""
        self._asked("forget", owner)

    def count(self, owner: str) -> int:
        """See there."""
        return self._asked("count", owner)

    def close(self) -> None:
        """See there."""
        self._remote.end()

    def _asked(self, what: str, *given: Any) -> Any:
        try:
            return self._remote.ask(what, *given)
        except Gone as error:
            raise Died(str(error)) from error


class ActorDrawing:
    """What draws in an actor."""

    def __init__(self) -> None:
        from mcld_app.engine import registry  # here, before there are two threads that import

        self._registry = registry
        self._engines: weakref.WeakValueDictionary[str, Engine] = weakref.WeakValueDictionary()
        self._flags = tempfile.TemporaryDirectory(prefix="mcld-stop-", ignore_cleanup_errors=True)

    def draw(
        self, number: int, model: str, jobs: list[Job], settings: Settings, owner: str
    ) -> Iterator[Progress | tuple[list[Drawn] | StudioError, frozenset[str]]]:
        """The news of a drawing, and last its end with the models that are in memory then."""
        from mcld_app.engine.worker import draw

        flag, end = self._flag(number), None
        try:
            for item in draw(model, jobs, settings, str(flag), owner):
                if isinstance(item, Progress):
                    yield item
                else:
                    end = item
        except StudioError as error:
            end = error
        flag.unlink(missing_ok=True)
        with suppress(StudioError):
            self._engines[model] = self._registry.engine_for(model)
        yield end, frozenset(name for name, engine in self._engines.items() if engine.is_loaded)

    def stop(self, number: int) -> None:
        """Stop the drawing of that number, or let it not begin."""
        self._flag(number).touch()

    def forget(self, owner: str) -> None:
        """See `registry.forget`."""
        self._registry.forget(owner)

    def count(self, owner: str) -> int:
        """See `registry.count`."""
        return self._registry.count(owner)

    def _flag(self, number: int) -> Path:
        return Path(self._flags.name) / str(number)
