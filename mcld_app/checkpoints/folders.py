"""The two folders that weights are kept in."""

from __future__ import annotations

import os
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def checkpoints_folder() -> Path:
    """Where weights are kept: MCLD_CHECKPOINTS, else `checkpoints/` beside the program."""
    named = os.environ.get("MCLD_CHECKPOINTS")
    return Path(named).expanduser().resolve() if named else _ROOT / "checkpoints"


def bundled_folder() -> Path:
    """The small model that comes with the program. (Wherever MCLD_CHECKPOINTS points: it is part of the program.)"""
    return _ROOT / "checkpoints" / "demo"
