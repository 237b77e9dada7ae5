"""Open the examples that a configuration's `data` names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mcld_app.data.config import DataConfig
from mcld_app.data.example import Example


def open_source(data: DataConfig, *, test: bool = False) -> Sequence[Example]:
    """The data set of a configuration.

    Args:
        data: where examples come from.
        test: the part kept for tests.

    Raises:
        StudioError: where the prepared folder is not whole.
    """
    height, width = data.size
    if data.source == "folder":
        from mcld_app.data.deepfashion import PreparedFolder

        split = "test" if test else "train"
        return PreparedFolder(Path(data.folder), split, (height, width), texture_size=data.texture)
    from mcld_app.data.disk_cache import Cached
    from mcld_app.data.synthetic import DrawnPeople

    drawn = DrawnPeople((height, width), data.texture, data.targets, data.people or None, test=test)
    return Cached(drawn, Path(data.folder)) if data.folder else drawn
