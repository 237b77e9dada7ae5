"""What is there, what is missing and where it belongs, line by line, for the command line and the page.

Needs no network, loads no weights and imports no torch.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from mcld_app import __version__
from mcld_app.checkpoints.downloads import source_and_place
from mcld_app.checkpoints.errors import BrokenWeights, MissingWeights, UntrustedWeights, WeightsError
from mcld_app.checkpoints.find import Found, find, find_all
from mcld_app.checkpoints.folders import bundled_folder, checkpoints_folder
from mcld_app.checkpoints.manifest import COLOURS, ChecksumManifest, Entry
from mcld_app.checkpoints.saved import is_model_folder, verify_saved
from mcld_app.checkpoints.table import NEEDED, OPTIONAL, PICKLED, READERS, TABLE, Weight
from mcld_app.checkpoints.wheel_models import BODY, WheelFile, load, places
from mcld_app.deployment import safety_checker_is_on
from mcld_app.errors import StudioError
from mcld_app.files import free_bytes, in_words

OK, MISSING, UNCONFIRMED, BROKEN, NOTE = "ok", "missing", "unconfirmed", "broken", ""


@dataclass(frozen=True)
class Line:
    """One thing that was looked at.

    Attributes:
        state: "ok", "missing", "unconfirmed" (there, but the owner has not vouched for it), "broken", or "" for a note.
        what: in a few words.
        text: what was found.
        todo: what to do about it, line by line.
    """

    state: str
    what: str
    text: str
    todo: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([f"{self.state:<12}{self.what:<20} {self.text}", *(" " * 33 + line for line in self.todo)])


def examine(folder: Path | None = None, *, cache: Path | None = None) -> Iterator[Line]:
    """Everything worth knowing, one line after the other.

    Args:
        folder: where weights are kept; default: `checkpoints_folder()`.
        cache: the Hugging Face cache; default: that of this user.
    """
    folder = folder or checkpoints_folder()
    system = platform.platform(terse=True)
    yield Line(NOTE, "program", f"MCLD Studio {__version__}, Python {platform.python_version()}, {system}")
    yield Line(NOTE, "weights", f"looked for in {folder}, then in the Hugging Face cache; without a network")
    yield bundled_line()
    yield from body_lines()
    weights = list(published_lines(folder, cache))
    yield from (line for _, line in weights)
    readers = list(reader_lines(folder, cache))
    yield from (line for _, line in readers)
    missing = [weight for weight, line in weights + readers if line.state == MISSING]
    if missing:
        total = in_words(sum(weight.size or 0 for weight in missing))
        vouch = "or put the files there by hand, and vouch for them: `python -m mcld_app trust FILE ...`"
        yield Line(NOTE, "to do", f"`python -m mcld_app download` fetches all of it, {total};", (vouch,))
    yield from optional_lines(folder, cache, published=all(line.state == OK for _, line in weights))
    yield from resource_lines(folder, missing, cache)


def bundled_line() -> Line:
    """The model that comes with the program."""
    folder = bundled_folder()
    if not is_model_folder(folder):
        return Line(NOTE, "bundled model", "none comes with this version of the program")
    try:
        files = verify_saved(folder)
    except WeightsError as error:
        return _trouble("bundled model", error)
    return Line(OK, "bundled model", f"{in_words(sum(file.stat().st_size for file in files))}, {folder}")


def body_lines() -> Iterator[Line]:
    """The body finder: its models, and what runs them."""
    if find_spec("ai_edge_litert") is None:
        yield Line(MISSING, BODY.label, "the package ai-edge-litert is not installed here", (
            "type     python -m pip install -r requirements.txt",
            "It exists for Linux, Windows and Macs with Apple silicon; elsewhere lay the mannequin by hand.",
        ))  # fmt: skip
    yield from map(_body_line, BODY.files)


def _body_line(file: WheelFile) -> Line:
    try:
        load(file)
    except MissingWeights:
        todo = ("type     python -m mcld_app download body", f"licence  {BODY.licence}")
        return Line(MISSING, file.label, f"{in_words(file.size)}, to find people in photos", todo)
    except WeightsError as error:
        return _trouble(file.label, error)
    path = next(path for path in places(file) if path.is_file())
    return Line(OK, file.label, f"{in_words(file.size)}, {path}; SHA-256 known to this program")


def published_lines(folder: Path | None = None, cache: Path | None = None) -> Iterator[tuple[Weight, Line]]:
    """The published model's files, each with its line. A file whose hash is known, and that was not looked at since it
    changed, is hashed, which takes some seconds for a large one."""
    manifest = ChecksumManifest()
    try:
        found = find_all(NEEDED, folder, cache=cache)
    except WeightsError as error:
        yield NEEDED[0], _trouble("training steps", error)
        return
    for weight in NEEDED:
        where = found[weight.name]
        if where is None:
            yield weight, Line(MISSING, weight.label, in_words(weight.size), _how_to_get(weight, folder))
        else:
            yield weight, _line_of(where, manifest)


def optional_lines(folder: Path | None = None, cache: Path | None = None, *, published: bool = False) -> Iterator[Line]:
    """What may stand beside the published model. It is missing only where that model is there, whole (`published`), and
    its pictures are to be checked."""
    try:
        wanted = safety_checker_is_on() and published
    except StudioError as error:
        yield Line(BROKEN, "safety checker", str(error))
        return
    manifest = ChecksumManifest()
    for weight in OPTIONAL:
        where = find(weight, folder, cache=cache)
        if where is None:
            text = in_words(weight.size) + ("" if wanted else ", not here; optional, for the published weights alone")
            yield Line(MISSING if wanted else NOTE, weight.label, text, _how_to_get(weight, folder))
        else:
            yield _line_of(where, manifest)


def reader_lines(folder: Path | None = None, cache: Path | None = None) -> Iterator[tuple[Weight, Line]]:
    """What reads photos that people bring. One DensePose model is enough; it is the better one that is
    recommended."""
    manifest = ChecksumManifest()
    found = {weight.name: find(weight, folder, cache=cache) for weight in READERS}
    bodies = {"densepose", "densepose_r101"}
    reads_bodies = any(found[name] for name in bodies)
    for weight in READERS:
        where = found[weight.name]
        if where is not None:
            yield weight, _line_of(where, manifest)
        elif weight.name in bodies and reads_bodies:
            if not weight.optional:
                text = f"{in_words(weight.size)}, not here; the authors used it, though the one that is here serves too"
                yield weight, Line(NOTE, weight.label, text, _how_to_get(weight, folder))
        elif not weight.optional:
            text = f"{in_words(weight.size)}, to use photos of your own"
            yield weight, Line(MISSING, weight.label, text, _how_to_get(weight, folder))


def _how_to_get(weight: Weight, folder: Path | None) -> tuple[str, ...]:
    source, target = source_and_place(weight, folder)
    return (f"get      {source}", f"put it   {target}", f"licence  {weight.licence}")


def _line_of(found: Found, manifest: ChecksumManifest) -> Line:
    try:
        entry = manifest.verify(found.path, known=found.weight.known, in_cache=found.in_cache)
    except WeightsError as error:
        return _trouble(found.weight.label, error)
    more = [_whose_word(entry, found.weight)]
    if found.path.suffix in PICKLED:
        more.append("converted to safetensors when it is first loaded")
    if entry.colours:
        more.append(COLOURS.get(entry.colours, COLOURS["either"]))
    return Line(OK, found.weight.label, "; ".join([f"{in_words(found.path.stat().st_size)}, {found.path}", *more]))


def _whose_word(entry: Entry, weight: Weight) -> str:
    """What a file was checked against when it came."""
    if entry.sha256 in weight.known:
        return "SHA-256 known to this program"
    return {
        "downloaded": "SHA-256 checked against the server's own word",
        "cached": "SHA-256 checked against its name in the cache, the server's own word",
        "unchecked": "downloaded unchecked: the server said no SHA-256",
        "trusted": "by your own word",
        "converted": "converted here",
        "saved": "written here",
    }.get(entry.how, f"SHA-256 noted as {entry.how}")


def resource_lines(folder: Path, missing: list[Weight], cache: Path | None = None) -> Iterator[Line]:
    """Disk and memory, and what is not needed."""
    total = sum(weight.size or 0 for weight in NEEDED)
    fetch = sum(weight.size or 0 for weight in missing)
    convert = sum(weight.size or 0 for weight in missing if weight.place.endswith(PICKLED))
    try:
        for found in find_all(NEEDED, folder, cache=cache).values():
            if found is not None and found.path.suffix != ".safetensors":
                convert += found.path.stat().st_size
    except (WeightsError, OSError):  # said elsewhere
        pass
    try:
        free = free_bytes(folder)
        state = NOTE if free > fetch + convert else MISSING
        text = f"{in_words(free)} free in {folder}; {in_words(fetch)} to download"
        text += f", {in_words(convert)} for safetensors made from pickles (which may be deleted then)"
        yield Line(state, "disk", text)
    except OSError as error:
        yield Line(NOTE, "disk", f"cannot be asked: {error.strerror or error}")
    weights = f"the published weights take {in_words(total)} in float32, {in_words(total / 2)} in half precision"
    try:
        from psutil import virtual_memory

        memory = virtual_memory()
        yield Line(NOTE, "memory", f"{in_words(memory.available)} of {in_words(memory.total)} free; {weights}")
    except ImportError:
        yield Line(NOTE, "memory", weights)
    unused = ", ".join(weight.label for weight in TABLE if not weight.used)
    yield Line(NOTE, "not needed", f"{unused}: nothing to download for these")


def _trouble(what: str, error: WeightsError) -> Line:
    states = {MissingWeights: MISSING, UntrustedWeights: UNCONFIRMED, BrokenWeights: BROKEN}
    return Line(states.get(type(error), BROKEN), what, str(error))
