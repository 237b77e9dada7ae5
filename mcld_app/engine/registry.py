"""Which models this machine can draw with: the bundled one, the published one, and one's own."""

from __future__ import annotations

import logging
import weakref
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mcld_app.checkpoints.folders import bundled_folder, checkpoints_folder
from mcld_app.deployment import on_zerogpu, safety_checker_is_on
from mcld_app.engine.engine import Engine
from mcld_app.engine.model import Model
from mcld_app.engine.room import is_out_of_memory
from mcld_app.errors import StudioError
from mcld_app.request import Settings

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
        return Model(
            "MCLD, published weights", _loader(None), note, identify=face_in, guard=guard, footprint=_footprint(None)
        )
    folder = bundled_folder() if name == "bundled" else checkpoints_folder() / name
    if name == "bundled":
        usual = Settings(guidance=1.0)
        return Model(
            "MCLD demo", _loader(folder), BUNDLED_NOTE, _result_size(folder), usual, footprint=_footprint(folder)
        )
    identify = None if (folder / "face_encoder").is_dir() else face_in
    note, result = "A model of your own.", _result_size(folder)
    return Model(name, _loader(folder), note, result, identify=identify, footprint=_footprint(folder))


@lru_cache(maxsize=2)
def engine_for(name: str) -> Engine:
    """The engine of this process for a model, by its name in `available`: made once, loaded on first use.

    Raises:
        StudioError: where there is no such model.
    """
    engine = Engine(model_named(name))
    _engines().add(engine)
    return engine


def forget(owner: str) -> None:
    """Drop all that this process has encoded of an owner's pictures, whatever model it was for; see `Engine.forget`.
    Models that are not loaded have nothing, and none is loaded for this."""
    for engine in tuple(_engines()):
        engine.forget(owner)


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


def _result_size(folder: Path) -> tuple[int, int]:
    """(height, width) of a model's pictures, 11:16: as high as its square, from its configuration alone."""
    import json

    try:
        sizes = json.loads((folder / "denoising_unet" / "config.json").read_text("utf-8"))["sizes"]
        vae = json.loads((folder / "vae" / "config.json").read_text("utf-8"))
        cells = sizes["sample_size"]
        scale = 2 ** (len(vae["block_out_channels"]) - 1) if "block_out_channels" in vae else 8
        side = int(cells if isinstance(cells, int) else cells[0]) * scale
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudioError(f"The model in {folder} is not whole: its configuration cannot be read.") from error
    return side, round(side * 11 / 16)
