"""One hash for contents: what has the same content has the same name."""

from __future__ import annotations

import hashlib

import numpy as np


def content_hash(*parts: np.ndarray | bytes | str, size: int = 8) -> str:
    """A short name for the content of some arrays, bytes and texts, one after another: 2 * `size` hex digits of
    BLAKE2b (RFC 7693).

    Recipes carry these names, so they must stay as they are. Shapes and types do not count: add them as texts where
    they matter.
    """
    digest = hashlib.blake2b(digest_size=size)
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(np.ascontiguousarray(part))
        else:
            digest.update(part.encode() if isinstance(part, str) else part)
    return digest.hexdigest()
