"""The published model rehearsed at full size: random weights in the published layout, loaded and drawn with exactly as
the real ones are. It shows what loading takes and that everything fits together; the picture shows nothing.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from mcld_app.bench.random_model import random_tensor
from mcld_app.checkpoints import PUBLISHED, Sizes, load_pipeline, trust, weight_named
from mcld_app.checkpoints.modules import without_memory
from mcld_app.checkpoints.parts import PUBLISHED_PARTS
from mcld_app.errors import StudioError
from mcld_app.files import need_room
from mcld_app.request import Progress, Settings


def write_random_weights(folder: Path, *, sizes: Sizes = PUBLISHED, on_part: Callable[[str], None] = print) -> None:
    """Write every file of the published model under its name and its keys, with random numbers, and vouch for them.

    Args:
        folder: a checkpoints folder to fill; real weights there would be in the way.
        sizes: of the networks.
        on_part: told what is written.

    Raises:
        StudioError: where the folder holds weights already.
        DiskFull: where there is no room.
    """
    from safetensors.torch import save_file

    generator = torch.Generator().manual_seed(0)
    for part in PUBLISHED_PARTS:
        weight = weight_named(part.weight)
        path = folder / weight.place
        if path.exists():
            raise StudioError(f"{path} is there already. Give an empty folder: nothing real is written over.")
        module = without_memory(lambda part=part, path=path: part.published(path, sizes))
        named = part.target(module).state_dict()
        need_room(folder, sum(4 * x.nelement() for x in named.values()), f"the {weight.label}")
        tensors = {key: random_tensor(key, x, generator) for key, x in named.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, path) if path.suffix == ".safetensors" else torch.save(tensors, path)
        on_part(f"written: {path}, {path.stat().st_size / 1e9:.2f} GB")
        del tensors
    trust(folder)


def rehearse(
    folder: Path, *, steps: int = 20, device: str | None = None, picture: Path | None = None, sizes: Sizes = PUBLISHED
) -> str:
    """Load what lies in the folder and draw one picture with guidance; says how long each took, and the memory.

    Args:
        folder: with weights, real or random.
        steps: of the picture.
        device: "cuda", "mps" or "cpu"; default: the best there is.
        picture: where to write it, as PNG.
        sizes: of the networks.
    """
    from mcld_app.body.mannequin.pose import named_poses
    from mcld_app.body.photo import encode_png
    from mcld_app.editing import look as looks
    from mcld_app.editing import samples
    from mcld_app.editing.conditioning import conditions_of
    from mcld_app.engine.engine import Engine
    from mcld_app.engine.model import Model
    from mcld_app.network.device import best_device, best_dtype
    from mcld_app.request import AUTHORS, Face, Job

    device = device or best_device()
    dtype = best_dtype(device)
    begun = time.perf_counter()

    def load(device: str, dtype: str):
        return load_pipeline(folder, device=device, dtype=dtype, sizes=sizes)

    pipe = load(device, dtype)
    loaded = time.perf_counter()
    engine = Engine(Model("rehearsal", lambda *_: pipe), device=device, dtype=dtype)
    person = samples.sample_person(next(iter(samples.people())))
    given = conditions_of(looks.stand(looks.of(person), named_poses()["walking"]), AUTHORS)
    identity = np.random.default_rng(0).normal(0, 1, 512).astype(np.float32)
    from dataclasses import replace

    moments: list[float] = []

    def on_progress(progress: Progress) -> None:
        moments.append(time.perf_counter())
        print(f"step {progress.step} of {progress.steps}", file=sys.stderr, flush=True)

    job = Job(replace(given, face=Face(identity)), 1)
    [drawn] = engine.generate([job], Settings(steps=steps), on_progress=on_progress, step_pictures=False)
    ended = time.perf_counter()
    if picture is not None:
        picture.write_bytes(encode_png(drawn.picture))
    each = (moments[-1] - moments[0]) / max(len(moments) - 1, 1)
    lines = [
        f"device {device}, {dtype}; fallback: {drawn.fallback}",
        f"loading: {loaded - begun:.0f} s",
        f"one picture of {pipe.size[0]} x {pipe.size[1]}, {steps} steps with guidance: {ended - loaded:.0f} s "
        f"({each:.1f} s a step)",
        f"most memory of this process: {_peak():.1f} GB",
    ]
    if device == "cuda":
        lines.append(f"most memory on the GPU: {torch.cuda.max_memory_allocated() / 1e9:.1f} GB")
    return "\n".join(lines)


def _peak() -> float:
    """Gigabytes of main memory this process has held at once."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e9
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e9 if sys.platform == "darwin" else 1e6)
