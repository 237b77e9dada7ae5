"""The people and garments that ship with the studio: drawn by `tools/make_samples.py`, listed in its samples.json."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mcld_app.body.parts import REGIONS
from mcld_app.errors import StudioError

ASSETS = Path(__file__).resolve().parents[2] / "assets"


@dataclass(frozen=True)
class SamplePerson:
    """A sample person: 512 x 352 photo (RGB PNG) and IUV map (PNG in the network's order, see `iuv.read_iuv`)."""

    id: str
    label: str
    photo_path: Path
    iuv_path: Path


@dataclass(frozen=True)
class SampleGarment:
    """A sample garment, shown as if worn by nobody: the IUV map holds the garment's pixels only.

    Attributes:
        region: the key of `parts.REGIONS` it is usually worn on.
    """

    id: str
    label: str
    region: str
    photo_path: Path
    iuv_path: Path


@lru_cache(maxsize=1)
def sample_people() -> tuple[SamplePerson, ...]:
    """The sample people, in the order of the list.

    Raises:
        StudioError: where assets/samples.json is missing or damaged.
    """
    return tuple(SamplePerson(e["id"], e["label"], *_pair("people", e["id"])) for e in _list("people"))


@lru_cache(maxsize=1)
def sample_garments() -> tuple[SampleGarment, ...]:
    """The sample garments, in the order of the list.

    Raises:
        StudioError: where assets/samples.json is missing or damaged.
    """
    entries = _list("garments")
    return tuple(SampleGarment(e["id"], e["label"], e["region"], *_pair("garments", e["id"])) for e in entries)


def _pair(folder: str, name: str) -> tuple[Path, Path]:
    return ASSETS / folder / f"{name}.png", ASSETS / folder / f"{name}_iuv.png"


def _list(kind: str) -> list[dict]:
    try:
        entries = json.loads((ASSETS / "samples.json").read_text("utf-8"))[kind]
        if all({"id", "label"} <= set(e) and e.get("region", "body") in REGIONS for e in entries):
            return entries
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise StudioError("The list of samples, assets/samples.json, is missing or damaged. Draw them again: make samples")
