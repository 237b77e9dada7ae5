"""Live views that are drawn already, read into memory for training: a folder that may still be growing.

One file a person, as `live_shards` writes them. What a network is given is put together from them in batches of whole
people, on the device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from mcld_app.errors import StudioError

SUFFIX = ".safetensors"

OF_PEOPLE = frozenset({"photo", "outline", "iuv", "texture", "coverage", "face", "source_places"})
"""Arrays that are of a person; the others are of each of their targets."""


class LiveStore:
    """The people of a folder of shards, each by the names of `LiveViews`; of maps the parts alone.

    Args:
        folder: of the shards.
        device: where their tensors lie.
        most: people read at most; 0 is all there are.

    Raises:
        StudioError: where the folder holds none.
    """

    def __init__(self, folder: Path, device: torch.device | str = "cpu", most: int = 0) -> None:
        self.folder, self.device, self._most = Path(folder), torch.device(device), most
        self._read: set[str] = set()
        self._people: list[dict[str, Tensor]] = []
        self.refresh()
        if not self._people:
            raise StudioError(
                f"There are no drawn views in {self.folder}. Draw some first: `python -m mcld_app prepare-live`."
            )

    def __len__(self) -> int:
        return len(self._people)

    def views(self, n: int) -> int:
        """How many targets a person has."""
        return len(self._people[n]["truth"])

    def refresh(self, most: int = 0) -> int:
        """Read files that have come since, `most` of them (0: all), in the order of their names; how many came."""
        found = sorted(p for p in self.folder.glob("*" + SUFFIX) if p.name not in self._read)
        room = len(found) if not self._most else max(self._most - len(self._people), 0)
        found = found[: min(room, most or room)]
        for path in found:
            arrays = load_file(path)
            arrays |= {name: arrays[name][..., 0].contiguous() for name in ("iuv", "poses")}  # parts are enough
            self._people.append({name: value.to(self.device) for name, value in arrays.items()})
            self._read.add(path.name)
        return len(found)

    def batch(self, people: Sequence[int], views: int, generator: torch.Generator) -> Mapping[str, Tensor]:
        """Some people, each in `views` of their targets, by chance.

        Returns:
            The shards' arrays stacked: of people (P, ...), of targets (P, views, ...), as uint8, places as float16.
        """
        chosen = [self._people[n % len(self._people)] for n in people]
        count = chosen[0]["truth"].shape[0]
        picks = torch.stack([torch.randperm(count, generator=generator)[:views] for _ in chosen])
        rows = torch.arange(len(chosen), device=self.device)[:, None], picks.to(self.device)
        return {
            name: together if name in OF_PEOPLE else together[rows]
            for name in chosen[0]
            for together in [torch.stack([one[name] for one in chosen])]
        }
