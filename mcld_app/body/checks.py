"""Checks of arrays that should be pictures."""

from __future__ import annotations

import numpy as np

from mcld_app.errors import PictureError, StudioError


def is_picture(value: object, channels: tuple[int, ...] = (3,)) -> bool:
    """Whether a value is an (H, W, C) uint8 array with at least one pixel and one of these numbers of channels C."""
    if not isinstance(value, np.ndarray) or value.dtype != np.uint8 or value.ndim != 3:
        return False
    return value.shape[2] in channels and value.size > 0


def check_rgb(
    value: object, wanted: str, *, error: type[StudioError] = PictureError, channels: tuple[int, ...] = (3,)
) -> None:
    """Check that a value is an (H, W, 3) uint8 RGB picture, or one of these numbers of channels.

    Args:
        value: what somebody gave.
        wanted: what was wanted, a sentence for the user without its full stop; what was given is added to it.
        error: the type of error to raise.
        channels: the numbers of channels it may have.

    Raises:
        error: for anything else.
    """
    if not is_picture(value, channels):
        given = f"{value.dtype} of shape {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        raise error(f"{wanted}; this is {given}.")
