"""Many small pieces of work on the machines of a cluster, by Ray Data: a class that is made once in each actor, one
block for each piece. Ray Data does a piece again whose machine died, and replaces the actor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from mcld_app.cluster.fitting import Pool

Work = Callable[[str], str]


class _Worker:
    def __init__(self, make: Callable[[], Work]) -> None:
        self._work = make()

    def __call__(self, batch: dict) -> dict:
        return {"told": [self._work(asked) for asked in batch["asked"]]}


def spread(make: Callable[[], Work], pieces: Sequence[str], pool: Pool) -> Iterator[str]:
    """Do pieces of work; yields what each told, in the order they are done.

    Args:
        make: makes what does a piece, once in each actor; picklable by name, as `functools.partial` of a function is.
        pieces: texts. They are handed to Ray as blocks that lie there already, so no task reads them that would have to
            wait for a CPU, and actors may take all.
        pool: the actors.

    Raises:
        ray.exceptions.RayError: as `connection.connected` turns into a sentence.
    """
    import ray

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # here: the import above sets it, too
    data = ray.data.from_items([{"asked": piece} for piece in pieces], override_num_blocks=len(pieces))
    done = data.map_batches(
        _Worker,
        fn_constructor_args=(make,),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(min_size=min(pool.least, len(pieces)), max_size=min(pool.most, len(pieces))),
        num_cpus=pool.cpus,
        num_gpus=pool.gpus or None,
    )
    for row in done.iter_rows():
        yield row["told"]
