"""How a folder of results was drawn: `run.json` in it. A run goes on only with the settings it began with."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mcld_app import __version__
from mcld_app.content import content_hash
from mcld_app.data.layout import DataError, Pair
from mcld_app.evaluation.pairs import RESOLUTIONS
from mcld_app.files import write_whole, writing
from mcld_app.request import MAX_SEED, Settings, within

RUN = "run.json"
DTYPES = ("float32", "bfloat16", "float16")

_PACKAGES = ("torch", "diffusers", "transformers", "pillow", "numpy")


@dataclass(frozen=True)
class RunSettings:
    """All that a result depends on, besides the weights, the pair's files, and the last digits of a processor's sums.

    Attributes:
        model: a name of `registry.available`.
        split: whose photos, "train" or "test".
        steps, guidance, scheduler: see `request.Settings`.
        seed: what the pairs' own seeds are made of, see `seed_of`.
        dtype: torch's name of the precision; the authors draw in float32.
    """

    model: str
    split: str = "test"
    steps: int = 20
    guidance: float = 3.5
    scheduler: str = "ddim"
    seed: int = 0
    dtype: str = "float32"

    def __post_init__(self) -> None:
        """Raises StudioError for a value out of range."""
        within("The seed", self.seed, 0, MAX_SEED, whole=True)
        if self.dtype not in DTYPES:
            raise DataError(f"There is no precision {self.dtype!r}. Choose one of: {', '.join(DTYPES)}.")
        _ = self.drawing

    @property
    def drawing(self) -> Settings:
        """What the engine is told."""
        return Settings(self.steps, self.guidance, self.scheduler)

    def seed_of(self, pair: Pair) -> int:
        """A pair's seed, 0 .. 2**63 - 1: by its two names and the run's seed alone, so that neither order, nor batch,
        device or an interruption changes its noise."""
        return int(content_hash(f"{self.seed}", "\0", pair.source, "\0", pair.target), 16) >> 1


def check_run(results: Path, run: RunSettings, weights: Mapping[str, str]) -> None:
    """That a run may draw into a folder: it is new, or was drawn into with these settings and weights.

    Raises:
        DataError: naming what differs, or that nobody knows how the pictures in it were drawn.
    """
    if results.is_file():
        raise DataError(f"{results} is a file. Name a folder to write to.")
    before = _read(results / RUN)
    if before is None:
        if any(next((results / size.folder).glob("*.png"), None) for size in RESOLUTIONS):
            raise DataError(
                f"{results} holds pictures and no {RUN}, so nobody knows how they were drawn. Name another folder."
            )
        return
    now = asdict(run)
    differs = [f"{name} {before['settings'].get(name)} (now {now[name]})" for name in now
               if before["settings"].get(name) != now[name]]  # fmt: skip
    if not differs and before["weights"] != dict(weights):
        differs = ["other weights"]
    if differs:
        raise DataError(
            f"The results in {results} were drawn with other settings: {', '.join(differs)}. Go on with the same ones, "
            "or name another folder."
        )


def write_run(
    results: Path, run: RunSettings, weights: Mapping[str, str], *, devices: Sequence[str], batch: int
) -> str:
    """Write `run.json`, or add to it with which versions and on what the run goes on.

    Returns:
        A sentence where versions differ from those that the run began with; else "".

    Raises:
        FileError: where it cannot be written.
    """
    here = {"versions": _versions(), "devices": list(devices), "batch": batch}
    parts = (_read(results / RUN) or {}).get("parts", [])
    if here not in parts:
        told = {"settings": asdict(run), "weights": dict(weights), "parts": [*parts, here]}
        with writing(results / RUN):
            write_whole(results / RUN, json.dumps(told, indent=1, ensure_ascii=False).encode())
    first = parts[0]["versions"] if parts else here["versions"]
    other = [f"{name} {first.get(name)} then, {number} now" for name, number in here["versions"].items()
             if first.get(name) != number]  # fmt: skip
    return f"The run began with other versions: {', '.join(other)}." if other else ""


def _read(path: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(path.read_text("utf-8"))
        whole = all(isinstance(told[name], kind) for name, kind in
                    (("settings", dict), ("weights", dict), ("parts", list)))  # fmt: skip
        whole = whole and all(isinstance(part["versions"], dict) for part in told["parts"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise DataError(f"{path} cannot be read, so nobody knows how these results were drawn. Name another folder.")
    return told


def _versions() -> dict[str, str]:
    found = {"mcld-studio": __version__}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
