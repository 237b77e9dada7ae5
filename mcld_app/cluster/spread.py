"""Many small pieces of work on the machines of a cluster, by Ray Data: a class that is made once in each actor, one
block for each piece. Ray Data does a piece again whose machine died, and replaces the actor; a piece whose process ends
each time is given up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

from mcld_app.cluster.fitting import Pool

Work = Callable[[str], str]

DIED = "The process that was at it ended each time it was tried: it may take more memory than there is."
"""What became of a piece that was given up."""

_MORE_TRIES = 8  # a machine that dies takes some of them


class _Worker:
    def __init__(self, make: Callable[[], Work]) -> None:
        self._work = make()

    def __call__(self, batch: dict) -> dict:
        return {"told": [self._work(asked) for asked in batch["asked"]]}


def spread(make: Callable[[], Work], pieces: Sequence[str], pool: Pool) -> Iterator[str]:
    """Do pieces of work; yields what each told, in the order they are done, and nothing of those that were given up.

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
    context.max_errored_blocks = -1  # errors of the program's own are told, not raised: these are processes that ended
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # here: the import above sets it, too
    data = ray.data.from_items([{"asked": piece} for piece in pieces], override_num_blocks=len(pieces))
    done = data.map_batches(
        _Worker,
        fn_constructor_args=(make,),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(min_size=min(pool.least, len(pieces)), max_size=min(pool.most, len(pieces))),
        num_cpus=pool.cpus,
        num_gpus=pool.gpus or None,
        max_task_retries=_MORE_TRIES,  # else forever
    )
    for row in done.iter_rows():
        yield row["told"]
