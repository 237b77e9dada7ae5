"""How a saved model's conditions are made: a small file in its folder, beside the index."""

from __future__ import annotations

import json
from pathlib import Path

from mcld_app.checkpoints.errors import BrokenWeights
from mcld_app.checkpoints.modules import read_json
from mcld_app.files import write_whole
from mcld_app.request import AUTHORS, STUDIO, Conditioning

FILE = "conditioning.json"

_VALUES = {"texture": ("fast", "exact"), "holes": ("filled", "open")}


def note_conditioning(folder: Path, how: Conditioning) -> None:
    """Write down in a model's folder how its conditions are made. The outline is the machine's, not the model's."""
    told = {name: getattr(how, name) for name in _VALUES}
    write_whole(folder / FILE, (json.dumps(told, indent=1) + "\n").encode())


def conditioning_of(folder: Path) -> Conditioning:
    """How the conditions of a model in diffusers' layout are made.

    What its folder says counts. Where that says nothing, a model that sees the texture preview, an addition of this
    project, is given what the studio shows; any other one is taken for the paper's, and given what the authors give.

    Raises:
        BrokenWeights: where the folder says something that cannot be.
    """
    if not (folder / FILE).is_file():
        return STUDIO if read_json(folder / "denoising_unet" / "config.json").get("preview") else AUTHORS
    told = read_json(folder / FILE)
    if set(told) != set(_VALUES) or any(told[name] not in values for name, values in _VALUES.items()):
        choices = "; ".join(f"{name}: {' or '.join(values)}" for name, values in _VALUES.items())
        raise BrokenWeights(f"{folder / FILE} does not say how the model's conditions are made. It takes {choices}.")
    return Conditioning(told["texture"], told["holes"])
