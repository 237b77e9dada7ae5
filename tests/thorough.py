"""Whether tests try all examples they have, and not only enough of them: `MCLD_THOROUGH=1 make test`, some minutes
longer."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")

THOROUGH = "MCLD_THOROUGH" in os.environ


def some(cases: Iterable[T], most: int) -> list[T]:
    """Of the cases of a test as many as are enough each time, evenly chosen; when thorough, all."""
    every = list(cases)
    count = len(every) if THOROUGH else min(most, len(every))
    return [every[k * len(every) // count] for k in range(count)]


only_thorough = pytest.mark.skipif(not THOROUGH, reason="takes long and rarely tells more: set MCLD_THOROUGH=1")
