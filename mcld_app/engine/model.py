"""A model as the engine is given it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mcld_app.network.preprocess import SQUEEZED, Preprocess
from mcld_app.request import STUDIO, Conditioning, Settings

if TYPE_CHECKING:  # heavy packages are imported where they are used: the page must come up without them
    from mcld_app.engine.safety import SafetyChecker
    from mcld_app.network.pipeline import MCLDPipeline


@dataclass(frozen=True)
class Model:
    """What the engine draws with.

    Attributes:
        name: what the page calls it.
        load: (device, dtype name) -> MCLDPipeline there; may raise StudioError.
        note: a sentence about what it can and cannot do.
        result: (height, width) of a result; the published network itself draws a square.
        usual: the settings it draws best with.
        identify: (photo, IUV map) -> raw identity (512,) of the face on that body, or None, for a model without a face
            encoder of its own; may raise StudioError. None where there is nothing that could.
        guard: device -> a checker that its pictures have to pass (`safety.SafetyChecker`); None where they need none.
        footprint: dtype name -> bytes that each part takes in memory, by its name; None where nobody knows.
        preprocess: how pictures come to its networks' sizes.
        conditioning: how its conditions are made of a photo.
        size: (height, width) that the network itself draws.
        additions: which of the additions for small models it has, "places" and "preview" (see `docs/training.md`).
    """

    name: str
    load: Callable[[str, str], MCLDPipeline]
    note: str = ""
    result: tuple[int, int] = (512, 352)
    usual: Settings = field(default_factory=Settings)
    identify: Callable[[np.ndarray, np.ndarray], np.ndarray | None] | None = None
    guard: Callable[[str], SafetyChecker] | None = None
    footprint: Callable[[str], Mapping[str, int]] | None = None
    preprocess: Preprocess = SQUEEZED
    conditioning: Conditioning = STUDIO
    size: tuple[int, int] = (512, 512)
    additions: frozenset[str] = frozenset()
