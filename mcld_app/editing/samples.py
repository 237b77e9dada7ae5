"""The people and garments that ship with the studio: drawn by `tools/make_samples.py`, listed in its samples.json.

Pictures are read on first use and then shared: they never change.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mcld_app.body.parts import REGIONS
from mcld_app.body.texture.dressing import garment_extent
from mcld_app.editing.garment import Garment
from mcld_app.editing.person import Person, read_sample
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
def people() -> dict[str, SamplePerson]:
    """The sample people by the page's id, such as "person:mara", in the order of the list.

    Raises:
        StudioError: where assets/samples.json is missing or damaged.
    """
    return {f"person:{e['id']}": SamplePerson(e["id"], e["label"], *_pair("people", e["id"])) for e in _list("people")}


@lru_cache(maxsize=1)
def garments() -> dict[str, SampleGarment]:
    """The sample garments by the page's id, such as "garment:jeans", in the order of the list.

    Raises:
        StudioError: where assets/samples.json is missing or damaged.
    """
    return {
        f"garment:{e['id']}": SampleGarment(e["id"], e["label"], e["region"], *_pair("garments", e["id"]))
        for e in _list("garments")
    }


def sample_person(choice: str) -> Person:
    """The sample person of that id."""
    sample = people()[choice]
    return read_sample(choice, sample.label, sample.photo_path, sample.iuv_path)


@lru_cache(maxsize=64)
def sample_garment(choice: str) -> Garment:
    """The sample garment of that id."""
    garment = garments()[choice]
    donor = read_sample(choice, garment.label, garment.photo_path, garment.iuv_path)
    return Garment(garment.label, donor, garment.region, garment_extent(donor.texture))


def make_ready() -> None:
    """Work out now what editing needs of the sample people and garments, one after another: a second each the first
    time on a machine, a tenth of one after that. Meant for a thread of its own, which it makes a humble one where the
    system lets it."""
    with contextlib.suppress(AttributeError, OSError):  # of this thread alone, on Linux
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)
    with contextlib.suppress(StudioError):  # the page says what is wrong with the samples
        for choice in people():
            person = sample_person(choice)
            _ = person.shells, person.pixels, person.bare_head, person.face
            time.sleep(0.02)  # whoever waits for Python's lock gets it
        for choice in garments():
            garment = sample_garment(choice)
            _ = garment.layer(garment.region), garment.donor.pixels
            time.sleep(0.02)


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
