"""Write the folder of a Hugging Face Space: `python -m mcld_app space FOLDER`.

It holds what the studio runs on and nothing else, with requirements that a ZeroGPU Space can install, so that one
`hf upload` makes the Space. docs/spaces.md tells the rest.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.errors import StudioError
from mcld_app.files import whole_folder, write_whole

if TYPE_CHECKING:
    from mcld_app.checkpoints import Weight

TORCH = "2.11.0"
"""The newest torch in ZeroGPU's list of August 2026. Newer ones join it later: see docs/spaces.md."""

LARGEST_IN_GIT = 10_000_000
"""Bytes of a file that the Hub takes in plain git; larger ones go through LFS, as `hf upload` does by itself."""

MARKER = ".mcld-space"
"""Stands in a folder that this command wrote, and names the files of it that it may replace or delete."""

_ROOT = Path(__file__).resolve().parents[2]
_FILES = ("app.py", "LICENSE", "packages.txt", "docs/licences.md")
_FOLDERS = ("mcld_app", "assets", "checkpoints/demo")
_LARGE_KINDS = ("safetensors", "onnx", "torchscript", "pth", "bin", "tflite")
_BODY_FOLDER = "checkpoints/body"
_ATTRIBUTES = "".join(f"*.{kind} filter=lfs diff=lfs merge=lfs -text\n" for kind in _LARGE_KINDS)

_ABOUT = """
# MCLD Studio

Take a person from a photo, give them another pose, other clothes or another face, and watch the picture follow. A
studio for *Multi-focal Conditioned Latent Diffusion* ([CVPR 2025](https://arxiv.org/abs/2503.15686)).

Bring only pictures that you may use, of people who agreed to it, and say that a picture is edited where others see it.
What is drawn here says so itself, in its file and by a mark in its corner. Pictures are kept in memory for a visit,
at most two hours after its last action; “Delete my pictures” lets go of them at once.

{model}

The code is [Apache-2.0](LICENSE). The body's charts and the models have terms of their own, some of them
non-commercial: see [docs/licences.md](docs/licences.md).
"""
_BUNDLED = """The small model that comes with it was trained on drawn people only: real people come out wrong. See
[its page](checkpoints/demo/README.md)."""
_PUBLISHED = """It draws with the MCLD authors' published weights, and reads the photos you bring with DensePose and
InsightFace's antelopev2. The Hub puts them all here when the Space is built; each has a licence of its own, and some
allow **non-commercial research only**:

{licences}

The small bundled model was trained on drawn people only: real people come out wrong with it. See
[its page](checkpoints/demo/README.md)."""


@dataclass(frozen=True)
class Written:
    """A file of the Space's folder.

    Attributes:
        name: relative to the folder, with "/".
        size: in bytes.
    """

    name: str
    size: int

    @property
    def is_large(self) -> bool:
        """Whether the Hub refuses it in plain git."""
        return self.size > LARGEST_IN_GIT


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("folder", type=Path, help="what to write: a new folder, or one this command wrote")
    parser.add_argument(
        "--published",
        action="store_true",
        help="have the Hub put the published weights into the Space, with those that read photos (11 GB)",
    )
    parser.add_argument("--without-body", action="store_true", help="leave the body finder's models out (9 MB)")


def run(chosen: argparse.Namespace) -> int:
    """Write the folder and list its files; returns the exit status."""
    from mcld_app.files import in_words

    written = write_space(chosen.folder, published=chosen.published, body=not chosen.without_body)
    for file in written:
        print(f"{in_words(file.size):>8}  {file.name}")
    print(f"{in_words(sum(file.size for file in written)):>8}  in {len(written)} files")
    if chosen.published:
        print("The Hub puts these there, under their own licences (docs/licences.md):")
        for weight in _weights():
            print(f"  {weight.label}, {in_words(weight.size)}, {weight.page}\n    {weight.licence}")
    large = [file for file in written if file.is_large]
    if large:
        print(
            f"Over {in_words(LARGEST_IN_GIT)}, which the Hub refuses in plain git: "
            f"{', '.join(file.name for file in large)}. `hf upload` sends them right; with git, run "
            "`git lfs install` first.",
            file=sys.stderr,
        )
    print(f"Upload it: hf upload YOUR_NAME/mcld-studio {chosen.folder} --repo-type space")
    return 0


def write_space(folder: Path, *, published: bool = False, body: bool = False, root: Path = _ROOT) -> list[Written]:
    """Write the Space's folder: a new one whole or not at all, one that is there file by file, each in one step.

    Args:
        folder: to write; must not exist, be empty, or have been written by this function. In the last case, files
            that are no longer of the Space are deleted, and those that somebody else put there are left alone.
        body: put the body finder's models there, downloading them where they are not on this machine yet.
        published: name the published weights in its README, so that the Hub puts them there.
        root: the program's own folder.

    Returns:
        What was written, by name.

    Raises:
        StudioError: the folder is in use, lies inside the program's own, or cannot be written; a file of the program
            is missing; a download fails.
    """
    folder = folder.expanduser().resolve()
    if folder == root or any(folder.is_relative_to(root / part) for part in _FOLDERS):
        raise StudioError(f"{folder} is part of the program. Choose a folder outside of it.")
    try:
        before = _names_in(folder) if folder.exists() else ()
        texts = _texts(root, published)
        copied = {name: root / name for name in _program(root)}
        files = {name: text.encode() for name, text in texts.items()} | (_body_finder() if body else {})
        names = sorted({*files, *copied})
        folder.parent.mkdir(parents=True, exist_ok=True)
        with whole_folder(folder) if not before else nullcontext(folder) as target:
            # While files are replaced one by one, the old ones and the new are this command's.
            _write_marker(target, sorted({*names, *before}))
            written = []
            for name in names:
                data = files[name] if name in files else copied[name].read_bytes()
                write_whole(target / name, data, sync=False)
                written.append(Written(name, len(data)))
            for name in set(before) - set(names):
                (target / name).unlink(missing_ok=True)
            _write_marker(target, names)
    except OSError as error:
        raise StudioError(f"The Space's folder cannot be written: {error.filename}: {error.strerror}.") from error
    return written


def _write_marker(folder: Path, names: Iterable[str]) -> None:
    write_whole(folder / MARKER, "".join(f"{name}\n" for name in names).encode(), sync=False)


def front_matter(readme: str) -> str:
    """The YAML block a README begins with, its lines alone.

    Raises:
        StudioError: there is none.
    """
    found = re.match(r"---\n(.*?)^---$", readme, re.DOTALL | re.MULTILINE)
    if found is None:
        raise StudioError("README.md does not begin with the Space's settings between two lines of ---.")
    return found[1]


def _texts(root: Path, published: bool) -> dict[str, str]:
    """What is written for the Space, by name."""
    settings = front_matter((root / "README.md").read_text("utf-8"))
    if published:
        settings += "preload_from_hub:\n" + "".join(f"  - {_preloaded(weight)}\n" for weight in _weights())
    about = _ABOUT.format(model=_PUBLISHED.format(licences=_licences()) if published else _BUNDLED)
    requirements, count = re.subn(
        r"^torch[^\w-].*$", f"torch=={TORCH}", (root / "requirements.txt").read_text("utf-8"), flags=re.MULTILINE
    )
    if count != 1:
        raise StudioError("requirements.txt does not name torch in one line, which is to be pinned for the Space.")
    return {
        "README.md": f"---\n{settings}---\n{about}",
        "requirements.txt": requirements,
        ".gitattributes": _ATTRIBUTES,
    }


def _program(root: Path) -> Iterator[str]:
    """Names of the program's files that the Space runs on."""
    yield from _FILES
    for part in _FOLDERS:
        if not (root / part).is_dir():
            raise StudioError(f"{root / part} is missing. Install the program again.")
        for path in sorted((root / part).rglob("*")):
            below = path.relative_to(root)
            hidden = any(name.startswith(".") or name == "__pycache__" for name in below.parts)
            if path.is_file() and not hidden and path.suffix != ".pyc":
                yield below.as_posix()


def _body_finder() -> dict[str, bytes]:
    """The body finder's models, by their names in the Space's folder."""
    from mcld_app.checkpoints import wheel_models

    if not wheel_models.is_there():
        wheel_models.fetch()
    files = wheel_models.BODY.files
    return {f"{_BODY_FOLDER}/{file.file_name}": wheel_models.load(file) for file in files}


def _names_in(folder: Path) -> tuple[str, ...]:
    """What this command wrote there before; none of an empty folder."""
    if not folder.is_dir():
        raise StudioError(f"{folder} is no folder. Choose one that is empty or does not exist.")
    if (folder / MARKER).is_file():
        names = (folder / MARKER).read_text("utf-8", errors="replace").splitlines()
        return tuple(n for n in names if n and not os.path.isabs(n) and ".." not in Path(n).parts)
    if any(folder.iterdir()):
        raise StudioError(f"{folder} is in use, and not by this command. Choose one that is empty or does not exist.")
    return ()


def _weights() -> tuple[Weight, ...]:
    """What the published model needs on a public Space, its safety checker included, and what reads photos."""
    from mcld_app.checkpoints.table import wanted

    return wanted("everything", checked=True)


def _preloaded(weight: Weight) -> str:
    """A line of `preload_from_hub`: repository, file, and the revision where it is not the newest."""
    return f"{weight.repository} {weight.files[0]}" + (f" {weight.revision}" if weight.revision != "main" else "")


def _licences() -> str:
    """A list of the weights and their licences, each repository once."""
    lines = {f"- [{weight.repository}]({weight.page}): {weight.licence}" for weight in _weights()}
    return "\n".join(sorted(lines, key=str.lower))
