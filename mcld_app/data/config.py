"""The `data` group of a training configuration: where examples come from."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

STRICT = ConfigDict(strict=True, extra="forbid")
"""Of all groups of a configuration: no type is converted, no unknown key passed over."""


@dataclass(frozen=True, config=STRICT)
class DataConfig:
    """Where examples come from.

    Attributes:
        source: "drawn" (endless drawn people) or "folder" (a prepared folder in the authors' DeepFashion layout).
        folder: of the prepared data; for drawn people a folder to keep them in once drawn ("" keeps none).
        size: [height, width] of photos and targets.
        texture: side of the texture map.
        people: how many drawn people; 0 is endless.
        targets: pictures of each drawn person, the source picture among them.
        workers: processes that make examples; 0 makes them in the training process.
    """

    source: Literal["drawn", "folder"] = "drawn"
    folder: str = ""
    size: tuple[int, ...] = (512, 512)
    texture: int = 512
    people: int = 0
    targets: int = 5
    workers: int = 0
