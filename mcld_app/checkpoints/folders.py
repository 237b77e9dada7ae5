"""The folders that weights are kept in."""

from __future__ import annotations

from pathlib import Path

from mcld_app.deployment import checkpoints_folder_named

_ROOT = Path(__file__).resolve().parents[2]


def checkpoints_folder() -> Path:
    """Where weights are kept: MCLD_CHECKPOINTS, else `checkpoints/` beside the program."""
    return checkpoints_folder_named() or _ROOT / "checkpoints"


def outline_file() -> Path | None:
    """The authors' own outline of the charts, which comes with their code and not with ours: `outline.png` in the
    checkpoints folder. None where nobody has put it there."""
    path = checkpoints_folder() / "outline.png"
    return path if path.is_file() else None


def live_folder() -> Path | None:
    """Where the live network lies: `live` in the checkpoints folder, else beside the bundled model, with the program.
    None where it is in neither."""
    for folder in (checkpoints_folder(), bundled_folder().parent):
        if (folder / "live" / "live_network" / "config.json").is_file():
            return folder / "live"
    return None


def bundled_folder() -> Path:
    """The small model that comes with the program. (Wherever MCLD_CHECKPOINTS points: it is part of the program.)"""
    return _ROOT / "checkpoints" / "demo"
