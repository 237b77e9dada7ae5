"""In which order an export takes colours, where neither its form nor a page says so: by what it finds.

Two of the drawn people that come with the program are shown to it in either order, and the order in which it finds more
body is its own. Nobody's photo is used for that: one visitor's picture would decide for all others, and several
processes that prepare a data set could decide differently. What was found is kept in the checksum manifest beside the
file's hash, so it is looked for once for each file.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import lru_cache

import numpy as np

from mcld_app.body.photo import read_photo
from mcld_app.checkpoints.manifest import COLOURS, ChecksumManifest
from mcld_app.editing.samples import people
from mcld_app.errors import StudioError
from mcld_app.perception.densepose_export import Export, Instances, Order
from mcld_app.perception.densepose_input import at_network_size
from mcld_app.perception.densepose_output import inside, is_usable, whole_box

PEOPLE = 2
"""How many of the drawn people are shown."""

CLEARLY = 1.05
"""How many times as much body the better order finds at least; where it is less, the usual order stays."""

_log = logging.getLogger(__name__)


def in_its_order(export: Export) -> Export:
    """The export, given pictures in its own order from now on. One whose form says the order comes back as it is."""
    if export.form == "dict":
        return export
    manifest = ChecksumManifest()
    entry = manifest.entry(export.path)
    if entry is None or entry.colours is None:
        try:
            colours = better_order(export)
        except StudioError:  # it cannot be run at all: the photo that somebody brings will say why
            return export
        _log.info("%s %s", export.path.name, COLOURS[colours])
        if entry is not None:
            manifest.note_colours(export.path, colours)
    else:
        colours = entry.colours
    return replace(export, order="RGB" if colours == "RGB" else "BGR")


def better_order(export: Export) -> str:
    """"BGR", "RGB", or "either" where it makes no clear difference.

    Raises:
        BrokenWeights, StudioError: the model fails (see `Export.instances`), or the drawn people are not there.
    """
    found = {}
    for order in ("BGR", "RGB"):
        tried = replace(export, order=order)
        found[order] = sum(body_found(tried.instances(picture), picture.shape[:2]) for picture in _pictures())
    best: Order = max(found, key=lambda order: found[order])
    return best if found[best] > CLEARLY * min(found.values()) else "either"


def body_found(found: Instances, size: tuple[int, int]) -> float:
    """How much body was found in a picture of (height, width): pixels times the score of each person, or times 1 where
    the export gives none."""
    import torch

    if not len(found.boxes):
        return 0.0
    shares = (torch.nan_to_num(found.planes[0].float()).argmax(1) > 0).float().mean((1, 2)).tolist()
    scores = np.ones(len(shares)) if found.scores is None else np.nan_to_num(found.scores)
    total = 0.0
    for box, share, score in zip(found.boxes, shares, scores, strict=True):
        if is_usable(box, size):
            *_, height, width = inside(whole_box(box), size)
            total += height * width * share * float(score)
    return total


@lru_cache(maxsize=1)
def _pictures() -> tuple[np.ndarray, ...]:
    chosen = list(people().values())[:PEOPLE]
    return tuple(at_network_size(read_photo(person.photo_path)) for person in chosen)
