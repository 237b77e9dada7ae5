"""Where weights lie: the checkpoints folder, as the authors lay it out or flat, then the Hugging Face cache, then the
folders of other programs that may have them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcld_app.checkpoints.errors import BrokenWeights
from mcld_app.checkpoints.folders import checkpoints_folder
from mcld_app.checkpoints.manifest import ChecksumManifest
from mcld_app.checkpoints.table import MCLD_FILES, NEEDED, Weight

# The authors keep two folders side by side; someone may point at the one above both.
_SUBFOLDERS = ("", "checkpoints", "pretrained_weights")


@dataclass(frozen=True)
class Found:
    """A weight that is there. Whether its content is right is another question: see `manifest` and `tensors`.

    Attributes:
        weight: which.
        path: the file.
        in_cache: it lies in the Hugging Face cache, not in the checkpoints folder.
        step: the training step in its name, or None.
    """

    weight: Weight
    path: Path
    in_cache: bool = False
    step: int | None = None


def find(weight: Weight, folder: Path | None = None, *, cache: Path | None = None) -> Found | None:
    """Where a weight lies, or None. Needs no network and reads no content. What was converted from a file that has
    changed since is passed over.

    Args:
        weight: which.
        folder: to search first; default: `checkpoints_folder()`.
        cache: the Hugging Face cache; default: that of this user.
    """
    return next(_candidates(weight, folder or checkpoints_folder(), cache), None)


def find_all(
    weights: Sequence[Weight] = NEEDED, folder: Path | None = None, *, cache: Path | None = None
) -> dict[str, Found | None]:
    """Where each weight lies, by name. MCLD's four files are taken from one training step.

    Raises:
        BrokenWeights: where files of different training steps lie there and no step has all of them.
    """
    folder = folder or checkpoints_folder()
    everywhere = {weight.name: list(_candidates(weight, folder, cache)) for weight in weights}
    best = {name: found[0] if found else None for name, found in everywhere.items()}
    steps = {best[name].step for name in MCLD_FILES if best.get(name)} - {None}
    if len(steps) < 2:
        return best
    for step in sorted(steps, reverse=True):
        of_step = {
            name: next((f for f in everywhere[name] if f.step in (None, step)), None)
            for name in MCLD_FILES
            if best.get(name)
        }
        if all(of_step.values()):
            return best | of_step
    names = ", ".join(best[name].path.name for name in MCLD_FILES if best.get(name))
    raise BrokenWeights(
        f"The weights in {folder} come from different training steps ({names}). Put all four of one step there."
    )


def _candidates(weight: Weight, folder: Path, cache: Path | None) -> Iterator[Found]:
    stepped: list[Found] = []
    manifest = ChecksumManifest()
    for path in _places(weight, [folder / sub for sub in _SUBFOLDERS]):
        if path.is_file() and not manifest.is_stale(path):
            yield Found(weight, path)
        if weight.stepped:
            stepped += (f for f in _with_steps(weight, path) if not manifest.is_stale(f.path))
    # The last step first; of the same step, the order above.
    yield from sorted(stepped, key=lambda found: -(found.step or 0))
    for name in weight.files:
        path = _in_cache(weight, name, cache)
        if path is not None:
            yield Found(weight, path, in_cache=True)
    homes = [Path(os.path.expanduser(home)) for home in weight.elsewhere]  # where there is no home, it stays as it is
    yield from (Found(weight, path) for path in _places(weight, homes) if path.is_file())


def _places(weight: Weight, folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        for stem in weight.stems:
            for extension in weight.extensions:
                yield folder / f"{stem}{extension}"


def _with_steps(weight: Weight, path: Path) -> Iterator[Found]:
    pattern = re.compile(re.escape(path.stem) + r"-(\d{1,12})" + re.escape(path.suffix))
    if path.parent.is_dir():
        for other in sorted(path.parent.iterdir()):
            if (match := pattern.fullmatch(other.name)) and other.is_file():
                yield Found(weight, other, step=int(match[1]))


def _in_cache(weight: Weight, name: str, cache: Path | None) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    for revision in dict.fromkeys((weight.revision, "main")):
        try:
            found = try_to_load_from_cache(weight.repository, name, cache_dir=cache, revision=revision)
        except OSError:  # a cache that may not be read holds nothing for us
            return None
        if isinstance(found, str) and Path(found).is_file():
            return Path(found)
    return None
