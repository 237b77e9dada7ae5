"""What a visitor is told of an error.

Of an unexpected error it is always the same sentence; the log gets the kind of error and the place in the code, never
its message, because a message may hold a file's name or what is in it.
"""

from __future__ import annotations

import logging
import traceback

from mcld_app.errors import StudioError

NOT_UNDERSTOOD = "The page sent something the studio does not understand. Reload the page."
UNEXPECTED = "Something went wrong on our side, and nothing of yours was lost. Try again, or try it another way."

_log = logging.getLogger(__name__)


def sentence(error: Exception) -> str:
    """What the visitor is told of an error; an unexpected one is logged, without its message."""
    if isinstance(error, StudioError):
        return str(error)
    _log.error("%s in %s", type(error).__name__, _place(error))
    return UNEXPECTED


def _place(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"
