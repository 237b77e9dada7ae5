"""What a training run is made of: a YAML file, read strictly into frozen dataclasses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from mcld_app.data.config import STRICT, DataConfig
from mcld_app.errors import StudioError
from mcld_app.training.task_table import TASKS


class ConfigError(StudioError):
    """A configuration that cannot be used; the sentence names the key and what to do."""


def _number(value: Any) -> Any:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Number = Annotated[float, BeforeValidator(_number)]
"""A number; YAML 1.1 reads 1e-5 as a text."""

Share = Annotated[Number, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
TaskName = Literal[tuple(TASKS)]


def _no(value: Any) -> Any:
    return "no" if value is False else value  # which is how YAML 1.1 reads a bare no


@dataclass(frozen=True, config=STRICT)
class Objective:
    """What is minimised, see `training.objective`. The defaults are the paper's and its code's.

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
        keep_preview: of the live network: what it costs to draw anew where the preview agrees with the truth.
        critic: of the live network: weight of a critic of patches; 0 trains without one.
        sharp_edge: of the live network: weight of alpha's own error and of the colours around the outline; with 0,
            alpha is learnt by cross entropy, and is soft wherever outlines are not certain.
    """

    face_weight: Number = 1.0
    foreground_weight: Number = 0.0
    snr_gamma: Number = 5.0
    noise_offset: Number = 0.05
    drop_all: Share = 0.1
    drop_photo: Share = 0.1
    photo_noise: Number = 0.05
    drop_head: Share = 0.0
    drop_preview: Share = 0.0
    late_steps: Share = 0.0
    own_guess: Share = 0.0
    guess_steps: Count = 1
    sample_latents: bool = True
    keep_preview: Number = 0.0
    critic: Number = 0.0
    sharp_edge: Number = 0.0


@dataclass(frozen=True, config=STRICT)
class Config:
    """A training run.

    Attributes:
        task: what is trained, a key of `task_table.TASKS`.
        out: folder for the trained parts, the run's state, pictures and logs.
        init: folder of a model in diffusers' layout to start from ("" starts anew; for the paper's configuration see
            `base`).
        base: where the parts that are not trained come from: such a folder, or "stable-diffusion" for the published
            ones that the paper starts from.
        seed: of everything random.
        steps: optimiser steps in all.
        batch: people per step and process.
        accumulate: steps whose gradients are added up before the optimiser moves.
        optimiser: "adamw", or "adamw-8bit": its moments in 8 bits, by bitsandbytes (requirements-train.txt).
        learning_rate, schedule, warmup, weight_decay, clip: AdamW's; warmup in steps, clip of the gradient's norm.
        ema: decay of the averaged weights that are saved; 0 saves the weights themselves.
        guard: a loss so many times its running mean takes the run back to its last good weights; 0 never does.
        precision: "no" (float32), "bf16" or "fp16", accelerate's mixed precision.
        checkpointing: recompute activations backwards to save memory.
        save_every, grid_every, log_every: steps between states, sample pictures, and lines in the log; 0 is never.
        drawn_schedule: the noise schedule that the trained model draws with. Training's is always scaled_linear; the
            authors' inference is linear (docs/reference.md), and so are the paper's configurations.
        plan: which conditions are seen where: "ours" or an ablation of table 3.
        sizes: of the networks, by part, see `parts.new_part`; {} is full size.
        data, objective: see `DataConfig` and `Objective`.
    """

    task: TaskName
    out: str
    init: str = ""
    base: str = ""
    seed: Annotated[int, Field(ge=0)] = 0
    steps: Count = 60_000
    batch: Count = 12
    accumulate: Count = 1
    optimiser: Literal["adamw", "adamw-8bit"] = "adamw"
    learning_rate: Annotated[Number, Field(gt=0)] = 1e-5
    schedule: Literal["constant", "cosine"] = "constant"
    warmup: Annotated[int, Field(ge=0)] = 0
    weight_decay: Number = 1e-2
    clip: Number = 1.0
    ema: Annotated[Number, Field(ge=0, lt=1)] = 0.0
    guard: Annotated[Number, Field(ge=0)] = 0.0
    precision: Annotated[Literal["no", "bf16", "fp16"], BeforeValidator(_no)] = "no"
    checkpointing: bool = False
    save_every: int = 2000
    grid_every: int = 1000
    log_every: int = 10
    drawn_schedule: Literal["scaled_linear", "linear"] = "scaled_linear"
    plan: Literal["ours", "B1", "B2", "B3", "B4", "B5"] = "ours"
    sizes: dict[str, Any] = Field(default_factory=dict)
    data: DataConfig = Field(default_factory=DataConfig)
    objective: Objective = Field(default_factory=Objective)

    def __post_init__(self) -> None:
        """Raises ConfigError where values do not go together."""
        if len(self.data.size) != 2 or any(n % 8 or n < 64 for n in self.data.size):
            raise ConfigError(f"`data.size` must be [height, width], multiples of 8 from 64, not {self.data.size}.")
        if self.data.source == "drawn" and 0 < self.data.people < self.batch:
            raise ConfigError(
                f"`batch` is {self.batch}, but `data.people` only {self.data.people}: give more people, or 0 for "
                "endless ones, or a smaller batch."
            )

    def check_data(self) -> None:
        """Raises ConfigError where the folder of the data is not there: asked where a run begins, for what a
        configuration says can be worked out without any data."""
        if self.data.source == "folder" and not Path(self.data.folder).is_dir():
            raise ConfigError(
                f"`data.folder`: there is no folder {self.data.folder!r}. Give the folder that holds `train` and "
                "`train_densepose`, or set `data.source: drawn`."
            )


_CONFIG = TypeAdapter(Config)


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
    try:
        # As JSON, where a list may become a tuple although no type is converted.
        return _CONFIG.validate_json(json.dumps(values, default=str))
    except ValidationError as error:
        raise ConfigError(_sentence(error, values)) from None
    except (TypeError, ValueError) as error:  # a date as a key, or a group that holds itself
        raise ConfigError(f"{path} holds what no configuration can: {error}.") from error


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


def schema() -> dict[str, Any]:
    """The configuration's JSON schema, as `configs/schema.json` publishes it. Any file may also have `extends`."""
    return _CONFIG.json_schema()


_KINDS = {
    "int_type": "a whole number", "float_type": "a number", "string_type": "a text", "bool_type": "true or false",
    "tuple_type": "a list", "dict_type": "a group of keys", "dataclass_type": "a group of keys",
}  # fmt: skip
_FIRST = ("unexpected_keyword_argument", "missing")  # what is misspelt is the cause of what is missing


def _sentence(error: ValidationError, values: Mapping[str, Any]) -> str:
    """The first thing that is wrong, by its key."""
    wrong = error.errors(include_url=False)
    first = min(wrong, key=lambda one: _FIRST.index(one["type"]) if one["type"] in _FIRST else len(_FIRST))
    path = [step for step in first["loc"] if isinstance(step, str)]  # a place in a list is left out
    groups = path[:-1]
    key, kind, limits = ".".join(path), first["type"], first.get("ctx", {})
    if kind == "unexpected_keyword_argument":
        known = {"data": DataConfig, "objective": Objective}[groups[0]] if groups else Config
        return f"There is no key `{key}`. Keys here are: {', '.join(known.__dataclass_fields__)}."
    if kind == "missing":
        return f"The key `{key}` is missing."
    value = _at(values, path)
    if key == "ema" and kind in ("greater_than_equal", "less_than"):
        return f"`ema` must be from 0 to below 1, not {value}. 0 turns averaging off."
    if "le" in limits or (groups == ["objective"] and limits.get("ge") == 0):
        return f"`{key}` is a share: it must be from 0 to 1."
    if kind == "greater_than_equal":
        return f"`{key}` must be at least {limits['ge']}, not {value}."
    if kind == "greater_than":
        return f"`{key}` must be above {limits['gt']:g}, not {value}."
    if kind == "literal_error":
        choices = limits["expected"].replace(" or ", ", ").replace("'", "")
        return f"`{key}` must be one of {choices}, not {value!r}."
    if path != list(first["loc"]):  # one of a list's numbers
        kind = "tuple_type"
    return f"`{key}` must be {_KINDS.get(kind, 'something else')}, not {value!r}."


def _at(values: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = values
    for step in path:
        value = value[step]
    return value


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1))
