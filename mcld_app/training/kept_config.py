"""The configuration of a run, kept in its folder: what became of a run depends on it, and `bundle` asks for it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mcld_app.errors import StudioError
from mcld_app.files import write_whole
from mcld_app.training.config import Config


@dataclass(frozen=True)
class KeptConfig:
    """What of a run's configuration says how to put its model together.

    Attributes:
        base, init, plan, sizes, drawn_schedule: see `Config`.
        source: of its examples, see `DataConfig`.
    """

    base: str = ""
    init: str = ""
    plan: str = "ours"
    sizes: dict[str, Any] = field(default_factory=dict)
    drawn_schedule: str = "scaled_linear"
    source: str = "drawn"

    def as_config(self, out: Path) -> Config:
        """A configuration that finds the same parts. It needs no training data to be there."""
        return Config("mcld", str(out), base=self.base, init=self.init, plan=self.plan, sizes=self.sizes)


def keep_config(config: Config) -> None:
    """Write a run's configuration into its folder, as JSON with all of its keys."""
    text = json.dumps(asdict(config), indent=1) + "\n"
    write_whole(_place(Path(config.out), config.task), text.encode())


def kept_config(run: Path, task: str = "mcld") -> KeptConfig:
    """What `keep_config` wrote; the defaults for a run that kept none.

    Raises:
        StudioError: where the file cannot be read.
    """
    place = _place(run, task)
    try:
        values = json.loads(place.read_text("utf-8"))
        named = {name: values[name] for name in ("base", "init", "plan", "sizes", "drawn_schedule")}
        return KeptConfig(**named, source=values["data"]["source"])
    except FileNotFoundError:
        return KeptConfig()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudioError(f"{place} is damaged. Start the run once more, which writes it anew.") from error


def _place(run: Path, task: str) -> Path:
    return run / f"config-{task}.json"
