"""What a training run is made of: a YAML file, read strictly into frozen dataclasses."""

from __future__ import annotations

import contextlib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from mcld_app.errors import StudioError

TASKS = ("mcld", "autoencoder", "image_encoder", "face_encoder", "refiner")
_CHOICES = {
    "task": TASKS,
    "source": ("drawn", "folder"),
    "precision": ("no", "bf16", "fp16"),
    "schedule": ("constant", "cosine"),
    "plan": ("ours", "B1", "B2", "B3", "B4", "B5"),
}


class ConfigError(StudioError):
    """A configuration that cannot be used; the sentence names the key and what to do."""


@dataclass(frozen=True)
class Data:
    """Where examples come from.

    Attributes:
        source: "drawn" (endless drawn people) or "folder" (a prepared folder in the authors' DeepFashion layout).
        folder: of the prepared data; for drawn people a folder to keep them in once drawn ("" keeps none).
        size: [height, width] of photos and targets.
        texture: side of the texture map.
        people: how many drawn people; 0 is endless.
        targets: pictures of each drawn person, the source picture among them.
        workers: processes that make examples; 0 makes them in the training process.
    """

    source: str = "drawn"
    folder: str = ""
    size: tuple[int, ...] = (512, 512)
    texture: int = 512
    people: int = 0
    targets: int = 5
    workers: int = 0


@dataclass(frozen=True)
class Objective:
    """What is minimised, see `objective`. The defaults are the paper's and its code's.

    Attributes:
        face_weight: of L_face (paper, section 3.3): the error within parts 23 and 24.
        foreground_weight: addition, 0 in the paper: the same for the error on the person.
        snr_gamma: Min-SNR's gamma.
        noise_offset: of the noise's mean, per channel.
        drop_all: how often a batch sees all-zero pixels as I and A, and no reference.
        drop_photo: how often a batch sees all-zero pixels as I.
        photo_noise: noise always added to the I embedding, in deviations of each dimension.
        drop_head: addition: how often the head's texels are blanked, so that F has something to say.
        drop_preview: addition: how often the texture preview is hidden.
        late_steps: addition: share of the timesteps drawn from 900 to 999; the rest is uniform.
        own_guess: addition: share of the targets whose noisy latents are made from the network's own guess, as they are
            when a picture is drawn, and not from the truth.
        guess_steps: with `own_guess`, at most so many steps of drawing lead there; how many is drawn for each batch.
        sample_latents: targets and textures are sampled from the autoencoder's distribution; else its mean.
    """

    face_weight: float = 1.0
    foreground_weight: float = 0.0
    snr_gamma: float = 5.0
    noise_offset: float = 0.05
    drop_all: float = 0.1
    drop_photo: float = 0.1
    photo_noise: float = 0.05
    drop_head: float = 0.0
    drop_preview: float = 0.0
    late_steps: float = 0.0
    own_guess: float = 0.0
    guess_steps: int = 1
    sample_latents: bool = True


@dataclass(frozen=True)
class Config:
    """A training run.

    Attributes:
        task: what is trained, one of `TASKS`.
        out: folder for the trained parts, the run's state, pictures and logs.
        init: folder of a model in diffusers' layout to start from ("" starts anew; for the paper's configuration see
            `base`).
        base: where the parts that are not trained come from: such a folder, or "stable-diffusion" for the published
            ones that the paper starts from.
        seed: of everything random.
        steps: optimiser steps in all.
        batch: people per step and process.
        accumulate: steps whose gradients are added up before the optimiser moves.
        learning_rate, schedule, warmup, weight_decay, clip: AdamW's; warmup in steps, clip of the gradient's norm.
        ema: decay of the averaged weights that are saved; 0 saves the weights themselves.
        precision: "no" (float32), "bf16" or "fp16", accelerate's mixed precision.
        checkpointing: recompute activations backwards to save memory.
        save_every, grid_every, log_every: steps between states, sample pictures, and lines in the log; 0 is never.
        plan: which conditions are seen where: "ours" or an ablation of table 3.
        sizes: of the networks, see `build`; {} is full size.
        data, objective: see there.
    """

    task: str
    out: str
    init: str = ""
    base: str = ""
    seed: int = 0
    steps: int = 60_000
    batch: int = 12
    accumulate: int = 1
    learning_rate: float = 1e-5
    schedule: str = "constant"
    warmup: int = 0
    weight_decay: float = 1e-2
    clip: float = 1.0
    ema: float = 0.0
    precision: str = "no"
    checkpointing: bool = False
    save_every: int = 2000
    grid_every: int = 1000
    log_every: int = 10
    plan: str = "ours"
    sizes: dict[str, Any] = field(default_factory=dict)
    data: Data = field(default_factory=Data)
    objective: Objective = field(default_factory=Objective)

    def __post_init__(self) -> None:
        """Raises ConfigError for values out of range."""
        for name, low in (("steps", 1), ("batch", 1), ("accumulate", 1), ("warmup", 0), ("seed", 0)):
            if getattr(self, name) < low:
                raise ConfigError(f"`{name}` must be at least {low}, not {getattr(self, name)}.")
        if not 0 <= self.ema < 1:
            raise ConfigError(f"`ema` must be from 0 to below 1, not {self.ema}. 0 turns averaging off.")
        if self.learning_rate <= 0:
            raise ConfigError(f"`learning_rate` must be above 0, not {self.learning_rate}.")
        if len(self.data.size) != 2 or any(n % 8 or n < 64 for n in self.data.size):
            raise ConfigError(f"`data.size` must be [height, width], multiples of 8 from 64, not {self.data.size}.")
        if self.data.source == "folder" and not Path(self.data.folder).is_dir():
            raise ConfigError(
                f"`data.folder`: there is no folder {self.data.folder!r}. Give the folder that holds `train` and "
                "`train_densepose`, or set `data.source: drawn`."
            )
        if self.data.source == "drawn" and 0 < self.data.people < self.batch:
            raise ConfigError(
                f"`batch` is {self.batch}, but `data.people` only {self.data.people}: give more people, or 0 for "
                "endless ones, or a smaller batch."
            )
        for name in ("drop_all", "drop_photo", "drop_head", "drop_preview", "late_steps", "own_guess"):
            if not 0 <= getattr(self.objective, name) <= 1:
                raise ConfigError(f"`objective.{name}` is a share: it must be from 0 to 1.")
        if self.objective.guess_steps < 1:
            raise ConfigError(f"`objective.guess_steps` must be at least 1, not {self.objective.guess_steps}.")


def read_config(path: Path, changes: Mapping[str, str] | None = None) -> Config:
    """The run of a YAML file. `extends: OTHER.yaml` takes another file (beside it) as its base.

    Args:
        path: of the file.
        changes: "key" or "part.key" -> YAML value, laid over it.

    Raises:
        ConfigError: for a file that cannot be read, an unknown key, a value of the wrong type or out of range.
    """
    import yaml

    values = _read(Path(path), ())
    for key, text in (changes or {}).items():
        *where, last = key.split(".")
        place = values
        for step in where:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise ConfigError(f"`{key}`: `{step}` is not a group of keys.")
        try:
            place[last] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ConfigError(f"`{key}`: {text!r} is no YAML value.") from error
    return _typed(Config, values, "")


def _read(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    import yaml

    if path.resolve() in seen:
        raise ConfigError(f"{path} extends itself.")
    try:
        values = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"The configuration {path} cannot be read. configs/ holds those that there are.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid YAML: {str(error).splitlines()[0]}.") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must be a table of keys and values.")
    below = values.pop("extends", None)
    return _over(_read(path.parent / str(below), (*seen, path.resolve())), values) if below else values


def _over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(below)
    for key, value in above.items():
        both = isinstance(value, Mapping) and isinstance(out.get(key), Mapping)
        out[key] = _over(out[key], value) if both else value
    return out


def _typed(kind: type, values: Mapping[str, Any], prefix: str) -> Any:
    hints = typing.get_type_hints(kind)
    known = [f.name for f in fields(kind)]
    for key in values:
        if key not in known:
            raise ConfigError(f"There is no key `{prefix}{key}`. Keys here are: {', '.join(known)}.")
    for name in ("task", "out"):
        if name in known and name not in values:
            raise ConfigError(f"The key `{name}` is missing.")
    return kind(**{key: _value(hints[key], value, f"{prefix}{key}") for key, value in values.items()})


def _value(hint: Any, value: Any, key: str) -> Any:
    if is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise ConfigError(f"`{key}` must be a group of keys, not {value!r}.")
        return _typed(hint, value, f"{key}.")
    kind = typing.get_origin(hint) or hint
    if isinstance(kind, types.UnionType):
        raise TypeError(f"no unions in configurations: {key}")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if kind is tuple and isinstance(value, list) and all(isinstance(v, int) for v in value):
        value = tuple(value)
    if kind is float and isinstance(value, str):  # YAML 1.1 reads 1e-5 as a text
        with contextlib.suppress(ValueError):
            value = float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        names = {int: "a whole number", float: "a number", str: "a text", bool: "true or false", tuple: "a list"}
        raise ConfigError(f"`{key}` must be {names.get(kind, 'a group of keys')}, not {value!r}.")
    last = key.rsplit(".", 1)[-1]
    if last in _CHOICES and value not in _CHOICES[last]:
        raise ConfigError(f"`{key}` must be one of {', '.join(_CHOICES[last])}, not {value!r}.")
    return value
