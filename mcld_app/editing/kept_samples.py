"""What is costly to find of the sample people, found once on a machine and kept in the cache folder: their shells, and
their heads to be put on others. They are the same for ever."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np

from mcld_app.body.charts import cached_arrays
from mcld_app.body.parts import region_mask
from mcld_app.body.shells.shell import Shell
from mcld_app.body.shells.store import shells_from_bytes, shells_to_bytes
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.content import content_hash
from mcld_app.errors import StudioError
from mcld_app.files import cache_folder

BODY = Path(__file__).resolve().parents[1] / "body"


def kept_shells(photo: np.ndarray, iuv: np.ndarray, find: Callable[[], tuple[Shell, ...]]) -> tuple[Shell, ...]:
    """What `find()` finds, or found before of the same photo (H, W, 3) uint8 and IUV map (H, W, 3) uint8 by the same
    code. Only for pictures that are no secret: the shells' pictures stay on the disk."""

    def build() -> dict[str, np.ndarray]:
        return {"shells": np.frombuffer(shells_to_bytes(find()), np.uint8)}

    try:
        return shells_from_bytes(_kept("shells", content_hash(photo, iuv), build)["shells"].tobytes())
    except (StudioError, KeyError):  # a file that can be read and is none of ours
        return find()


def kept_head(texture: TextureMap, find: Callable[[], np.ndarray]) -> np.ndarray:
    """What `find()` makes of a texture map, or made of it before (see `kept_shells`): (512, 512, 3) uint8 RGB, of which
    only the head's texels are kept; the others are black."""
    head = region_mask("head")

    def build() -> dict[str, np.ndarray]:
        return {"texels": find()[head]}

    texels = _kept("head", content_hash(texture.image, texture.coverage.view(np.uint8)), build).get("texels")
    if texels is None or texels.shape != (np.count_nonzero(head), 3) or texels.dtype != np.uint8:
        texels = find()[head]
    out = np.zeros((*head.shape, 3), np.uint8)
    out[head] = texels
    return out


def _kept(kind: str, content: str, build: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays of that content's file, built anew where there is none by this code; files of older code go."""
    name = f"{kind}-{content}"

    def build_anew() -> dict[str, np.ndarray]:
        with contextlib.suppress(OSError):
            for older in cache_folder().glob(f"{name}-*.npz"):
                older.unlink(missing_ok=True)
        return build()

    return cached_arrays(name, _code(), build_anew)


@lru_cache(maxsize=1)
def _code() -> str:
    """A hash of everything that shells and heads are found by."""
    digest = hashlib.sha256()
    for file in sorted(BODY.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
