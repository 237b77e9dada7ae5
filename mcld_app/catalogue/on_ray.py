"""Rows drawn on the machines of a Ray cluster."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from mcld_app.catalogue.drawing import Options, Outcome, RowDrawer
from mcld_app.catalogue.place import Place
from mcld_app.catalogue.plan import groups
from mcld_app.catalogue.row import Row
from mcld_app.catalogue.run import Draw
from mcld_app.cluster.fitting import Need
from mcld_app.content import content_hash


def on_ray(
    root: Place, out: Place, options: Options, need: Need, address: str = "", *, again: bool = False,
    told: Callable[[str], object] = lambda _: None,
) -> Draw:  # fmt: skip
    """Rows drawn by actors, each of which loads its engine once. Both folders are seen by all machines under the same
    name.

    Args:
        root, out, options, again: as for `run.here`.
        need: of machines.
        address: see `cluster.connection.connect`.
        told: told which machines are waited for.
    """

    def draw(rows: Sequence[Row]) -> Iterator[Outcome]:
        from mcld_app.cluster.connection import connected
        from mcld_app.cluster.nodes import able_pool
        from mcld_app.cluster.spread import DIED, spread

        with connected(address, need.wait, told):
            pool = able_pool(need, partial(weights_here, options.model_for()), told)
            pieces = [json.dumps(group) for group in groups(rows, pool.most)]
            missing = dict.fromkeys(rows)
            for done in spread(partial(row_worker, root, out, options, again), pieces, pool):
                for outcome in map(Outcome.of, json.loads(done)):
                    missing.pop(outcome.row, None)
                    yield outcome
            yield from (Outcome(row, DIED) for row in missing)

    return draw


def weights_here(model: str) -> str:
    """A hash of a model's weights on this machine; StudioError where they are not there."""
    from mcld_app.engine.registry import weights_of

    return content_hash(json.dumps(weights_of(model), sort_keys=True))


def row_worker(root: Place, out: Place, options: Options, again: bool):
    """What draws a group of rows, JSON to JSON, in an actor. Where the disk is full, the rest of the group is left."""
    drawer = RowDrawer(root, out, options, again=again)

    def work(asked: str) -> str:
        done = []
        for values in json.loads(asked):
            done.append(drawer(Row(*values)))
            if done[-1].full:
                break
        return json.dumps([outcome.told for outcome in done])

    return work
