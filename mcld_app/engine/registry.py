"""Which models this machine can draw with: the bundled one, the published one, and one's own."""

from __future__ import annotations

import logging
import weakref
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.checkpoints.conditioning import conditioning_of
from mcld_app.checkpoints.folders import bundled_folder, checkpoints_folder, outline_file
from mcld_app.deployment import on_zerogpu, safety_checker_is_on
from mcld_app.engine.drawing_process import drawing_process
from mcld_app.engine.engine import Engine
from mcld_app.engine.model import Model
from mcld_app.engine.room import is_out_of_memory
from mcld_app.errors import StudioError
from mcld_app.request import Conditioning, Settings

if TYPE_CHECKING:
    import numpy as np

NO_WEIGHTS = (
    "No model is installed, so the studio shows the texture preview only. "
    "`python -m mcld_app doctor` says what is missing and where to put it."
)

BUNDLED_NOTE = (
    "A small model, trained on drawn people only: it knows no real faces, fabrics or rooms, so real photos come out "
    "wrong. For photos get the published weights: `python -m mcld_app download`."
)


def available() -> tuple[str, ...]:
    """Names of the models that are there, the best first: "published", "bundled", then folders with a
    `model_index.json` below the checkpoints folder by their names. Reads no weights and needs no network."""
    from mcld_app.checkpoints import NEEDED, find_all

    names = []
    try:
        if all(find_all(NEEDED).values()):
            names.append("published")
    except StudioError:
        pass  # broken weights: the doctor tells about them
    if (bundled_folder() / "model_index.json").is_file():
        names.append("bundled")
    own = checkpoints_folder()
    if own.is_dir():
        folders = (f for f in sorted(own.iterdir()) if f != bundled_folder())
        names += [f.name for f in folders if (f / "model_index.json").is_file()]
    return tuple(names)


def choose(wanted: str = "", recorded: str = "") -> str:
    """Which model draws: the one that was asked for, else the one that a recipe was made for, where it is here, else
    the best there is.

    Args:
        wanted: a name that somebody gave, whether there is such a model or not; "" = none.
        recorded: the name in a recipe; "" = none.

    Returns:
        Its name; "" where no model is here. `model_named` says what is wrong with a name.
    """
    if wanted:
        return wanted
    names = available()
    return recorded if recorded in names else next(iter(names), "")


@lru_cache(maxsize=8)
def model_named(name: str) -> Model:
    """The model of that name.

    Raises:
        StudioError: where there is none, with what to do.
    """
    if name not in available():
        raise StudioError(NO_WEIGHTS if not available() else f"There is no model {name!r} on this machine any more.")
    if name == "published":
        note = "Trained on fashion photos of whole people."
        if not sees_faces():
            note += " The face models are not here, so faces are drawn from the photo alone: "
            note += "`python -m mcld_app download photos`."
        guard = _checker if safety_checker_is_on() else None
        how = Conditioning("exact", "open", _outline())
        return Model(
            "MCLD, published weights",
            _loader(None),
            note,
            identify=face_in,
            guard=guard,
            footprint=_footprint(None),
            conditioning=how,
        )
    folder = _folder_of(name)
    shape = _shape(folder)
    own = name == "bundled"
    return Model(
        "MCLD demo" if own else name,
        _loader(folder),
        BUNDLED_NOTE if own else "A model of your own.",
        shape.result,
        Settings(guidance=1.0) if own else Settings(),
        None if (folder / "face_encoder").is_dir() else face_in,
        footprint=_footprint(folder),
        conditioning=_conditioning(folder),
        size=shape.size,
        additions=shape.additions,
    )


@lru_cache(maxsize=2)
def engine_for(name: str) -> Engine:
    """The engine of this process for a model, by its name in `available`: made once, loaded on first use.

    Raises:
        StudioError: where there is no such model.
    """
    engine = Engine(model_named(name))
    _engines().add(engine)
    return engine


def weights_of(name: str) -> dict[str, str]:
    """What a model is made of: of each of its weight files, the SHA-256, 64 hex digits, by the part's name. All are
    checked as if they were to be loaded.

    Raises:
        StudioError: where there is no such model, or its weights are missing, broken or not vouched for.
    """
    from mcld_app.checkpoints import NEEDED, ChecksumManifest, find_all
    from mcld_app.checkpoints.manifest import sha256_of
    from mcld_app.checkpoints.saved import verify_saved

    model_named(name)
    manifest = ChecksumManifest()
    if name == "published":
        found = {part: where for part, where in find_all(NEEDED).items() if where is not None}
        return {
            part: manifest.verify(where.path, known=where.weight.known, in_cache=where.in_cache).sha256
            for part, where in found.items()
        }
    files = verify_saved(_folder_of(name))
    known = {file: manifest.entry(file) for file in files}
    return {file.parent.name: entry.sha256 if entry else sha256_of(file) for file, entry in known.items()}


def forget(owner: str) -> None:
    """Drop all that was encoded of an owner's pictures, here and in the process that draws, whatever model it was for;
    see `Engine.forget`. Models that are not loaded have nothing, and none is loaded for this."""
    for engine in tuple(_engines()):
        engine.forget(owner)
    drawing_process().forget(owner)


def count(owner: str) -> int:
    """How many encodings this process keeps of an owner's pictures."""
    return sum(engine.count(owner) for engine in tuple(_engines()))


def has_loaded(name: str) -> bool:
    """Whether a model is in memory, here or in the process that draws.

    Raises:
        StudioError: where there is no such model.
    """
    return engine_for(name).is_loaded or drawing_process().has_loaded(name)


def count_loaded() -> int:
    """How many models are in memory, here and in the process that draws."""
    return sum(engine.is_loaded for engine in tuple(_engines())) + drawing_process().count_loaded


@lru_cache(maxsize=1)
def _engines() -> weakref.WeakSet[Engine]:
    """All engines of this process, those too that `engine_for` has let go of in the middle of a drawing."""
    return weakref.WeakSet()


def sees_faces() -> bool:
    """Whether both face models are here. Reads neither."""
    from mcld_app.checkpoints import find, weight_named

    return all(find(weight_named(name)) for name in ("face_detector", "face_identity"))


def face_in(photo: np.ndarray, iuv: np.ndarray) -> np.ndarray | None:
    """The raw identity (512,) float32 of the face on a body, by antelopev2; None where no face is found there, or the
    face models are not here.

    Args:
        photo: (H, W, 3) uint8 RGB.
        iuv: (H, W, 3) uint8 IUV map of that body.

    Raises:
        StudioError: for face models that are broken or that nobody vouched for.
    """
    from mcld_app.perception.face import face_model, face_of

    seeing = face_model()
    found = face_of(seeing.faces(photo), iuv) if seeing is not None else None
    return None if found is None else found.identity


def place_all() -> tuple[str, ...]:
    """Load every model that is there for the GPU of a ZeroGPU Space, with the checker its pictures have to pass. To be
    called in the main thread, after `spaces` was imported and before the page is served: `spaces` then writes the
    weights to disk once, and each process that is lent a GPU finds them on it.

    Returns:
        The names of the models that were loaded. One that cannot be is logged, and says why when it is asked for.
    """
    from mcld_app.network.device import best_dtype

    placed = []
    for name in available():
        try:
            model = model_named(name)
            model.load("cuda", best_dtype("cuda"))
            if model.guard is not None:
                model.guard("cuda")
            placed.append(name)
        except Exception as error:
            if not (isinstance(error, StudioError) or is_out_of_memory(error)):
                raise
            logging.getLogger(__name__).warning("%s: %s", name, error or "the memory does not suffice")
    return tuple(placed)


def _folder_of(name: str) -> Path:
    return bundled_folder() if name == "bundled" else checkpoints_folder() / name


def _loader(folder: Path | None):
    def load(device: str, dtype: str):
        return (_placed if on_zerogpu() else _loaded)(folder, device, dtype)

    return load


def _footprint(folder: Path | None):
    def footprint(dtype: str) -> dict[str, int]:
        from mcld_app.checkpoints import footprint

        return footprint(folder, dtype=dtype)

    return footprint


def _loaded(folder: Path | None, device: str, dtype: str):
    from mcld_app.checkpoints import load_pipeline

    return load_pipeline(folder, device=device, dtype=dtype)


@lru_cache(maxsize=8)
def _placed(folder: Path | None, device: str, dtype: str):
    """What `place_all` loaded: elsewhere an engine keeps its own, but there the engine is made in another process."""
    return _loaded(folder, device, dtype)


@lru_cache(maxsize=1)
def _checker(device: str):
    from mcld_app.engine.safety import load_checker

    return load_checker(device=device)


def _conditioning(folder: Path) -> Conditioning:
    """How a model's conditions are made, as its folder says; where it says nothing, as the studio shows them."""
    how = conditioning_of(folder)
    return replace(how, outline=_outline()) if how.texture == "exact" else how


def _outline() -> np.ndarray | None:
    """The authors' outline of the charts, where the owner of this machine has put it."""
    from mcld_app.body.texture.outline import read_outline

    path = outline_file()
    return None if path is None else read_outline(path)


@dataclass(frozen=True)
class _Shape:
    """What a model's configuration says: (height, width) that its network draws, and its additions."""

    size: tuple[int, int]
    additions: frozenset[str]

    @property
    def result(self) -> tuple[int, int]:
        """(height, width) of its pictures: 11:16, as high as the network's."""
        return self.size[0], round(self.size[0] * 11 / 16)


def _shape(folder: Path) -> _Shape:
    """From a model's configuration alone."""
    import json

    try:
        config = json.loads((folder / "denoising_unet" / "config.json").read_text("utf-8"))
        vae = json.loads((folder / "vae" / "config.json").read_text("utf-8"))
        cells = config["sizes"]["sample_size"]
        scale = 2 ** (len(vae["block_out_channels"]) - 1) if "block_out_channels" in vae else 8
        height, width = (int(n) * scale for n in ((cells, cells) if isinstance(cells, int) else cells))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudioError(f"The model in {folder} is not whole: its configuration cannot be read.") from error
    return _Shape((height, width), frozenset(name for name in ("places", "preview") if config.get(name)))
