"""Memory runs out, while a model is loaded, while it draws, or while its pictures are checked.

No GPU is needed: one without room is a loader that says so, and parts that take turns do so on the processor, or on
"meta", a device that mixes with no other.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import accelerate.hooks
import diffusers.pipelines.pipeline_utils
import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from test_engine import FAST, Guard, conditions
from tiny import tiny_pipeline
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mcld_app.checkpoints import bundled_folder, footprint, load_pipeline
from mcld_app.engine import room
from mcld_app.engine.engine import Engine
from mcld_app.engine.memory import FALLBACKS
from mcld_app.engine.model import Model
from mcld_app.errors import StudioError
from mcld_app.network.device import free_memory
from mcld_app.network.embeddings import Encoded
from mcld_app.network.patch_autoencoder import PatchAutoencoder
from mcld_app.network.pipeline import MCLDPipeline
from mcld_app.request import Job

FULL = "CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 1.00 GiB"
GB = 1_000_000_000


@pytest.fixture(scope="module", autouse=True)
def _little_to_search() -> Iterator[None]:
    """What was imported is no garbage: looking through it each time would be most of what these tests take."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def here(pipe: MCLDPipeline) -> MCLDPipeline:
    """A pipeline whose parts take their turns on the processor, wherever they are told to."""
    take_turns = pipe.enable_model_cpu_offload
    pipe.enable_model_cpu_offload = lambda device=None: take_turns(device="cpu")
    return pipe


def small_gpu(device: str, dtype: str) -> MCLDPipeline:
    """A loader for a GPU that holds half a model."""
    if device == "cuda":
        raise torch.OutOfMemoryError(FULL)
    return here(tiny_pipeline())


def engine_of(load: Callable, **more) -> Engine:
    return Engine(Model("tiny", load, result=(64, 44), **more), device="cuda", dtype="float32")


def free(monkeypatch: pytest.MonkeyPatch, **bytes_free: float) -> None:
    monkeypatch.setattr(room, "free_memory", lambda device: int(bytes_free[device]))


# ---- while a model is loaded ------------------------------------------------------------------------------------


def test_a_model_too_large_for_the_gpu_draws_with_its_parts_in_turn() -> None:
    engine = engine_of(small_gpu)
    told = []
    drawn = engine.generate([Job(conditions(), 4), Job(conditions(), 5)], FAST, on_progress=told.append)
    assert {one.fallback for one in drawn} == {FALLBACKS[-1]} and {one.batch for one in drawn} == {1}
    assert told and all(progress.step_pictures for progress in told)
    plain = Engine(Model("tiny", lambda *_: tiled(tiny_pipeline()), result=(64, 44)), device="cpu", max_batch=1)
    for one, other in zip(drawn, plain.generate([Job(conditions(), 4), Job(conditions(), 5)], FAST), strict=True):
        assert np.abs(one.picture.astype(int) - other.picture).max() <= 1


def tiled(pipe: MCLDPipeline) -> MCLDPipeline:
    pipe.vae.enable_tiling()
    return pipe


def test_what_was_encoded_is_kept_though_the_parts_take_turns() -> None:
    ran = []

    def load(device: str, dtype: str) -> MCLDPipeline:
        pipe = small_gpu(device, dtype)
        for name in ("image_encoder", "reference_unet", "pose_guider", "denoising_unet"):
            getattr(pipe, name).register_forward_hook(lambda *_, name=name: ran.append(name))
        return pipe

    engine = engine_of(load)
    engine.generate([Job(conditions())], FAST)
    assert {"image_encoder", "reference_unet", "pose_guider"} < set(ran)
    ran.clear()
    engine.generate([Job(conditions(), 1)], FAST)
    assert ran == ["denoising_unet"] * 3


def test_what_a_failed_attempt_held_is_gone_before_the_next() -> None:
    held, alive = [], []

    def load(device: str, dtype: str) -> MCLDPipeline:
        if device == "cuda":
            parts = torch.zeros(1000)
            held.append(weakref.ref(parts))
            raise torch.OutOfMemoryError(FULL)
        alive.append(held[0]())
        return small_gpu(device, dtype)

    engine_of(load).generate([Job(conditions())], FAST)
    assert alive == [None]


def test_where_main_memory_is_too_small_as_well_it_says_how_much_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """And does not try: Linux would end the program without a word."""
    free(monkeypatch, cpu=3.1 * GB, cuda=0.9 * GB)
    asked = []

    def load(device: str, dtype: str) -> MCLDPipeline:
        asked.append(device)
        return small_gpu(device, dtype)

    def parts(dtype: str) -> dict[str, int]:
        return {"denoising_unet": int(1.8 * GB), "reference_unet": int(1.7 * GB), "vae": int(0.9 * GB)}

    with pytest.raises(StudioError) as caught:
        engine_of(load, footprint=parts).generate([Job(conditions())], FAST)
    said = str(caught.value)
    assert "It takes 4.4 GB in main memory, and 3.1 GB are free in main memory: 1.3 GB are missing." in said
    assert "the denoising unet, takes 1.8 GB on cuda, and 0.9 GB" in said.replace("900 MB", "0.9 GB")
    assert "Close other programs" in said and asked == ["cuda"]


def test_a_processor_without_room_says_so_and_draws_when_there_is_some(monkeypatch: pytest.MonkeyPatch) -> None:
    room_for = [False]

    def load(device: str, dtype: str) -> MCLDPipeline:
        if not room_for[0]:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.")
        return tiny_pipeline()

    engine = Engine(Model("tiny", load, result=(64, 44), footprint=lambda _: {"vae": 2 * GB}), device="cpu")
    free(monkeypatch, cpu=1.5 * GB)
    with pytest.raises(StudioError, match=r"not enough memory to load .* 500 MB are missing"):
        engine.generate([Job(conditions())], FAST)
    room_for[0] = True
    free(monkeypatch, cpu=3 * GB)
    assert engine.generate([Job(conditions())], FAST)[0].fallback == "none"


def test_another_failure_is_not_taken_for_a_lack_of_memory() -> None:
    def load(device: str, dtype: str) -> MCLDPipeline:
        raise RuntimeError("size mismatch")

    with pytest.raises(RuntimeError, match="size mismatch"):
        engine_of(load).generate([Job(conditions())], FAST)


# ---- while it draws ---------------------------------------------------------------------------------------------


def full_until_in_turn() -> MCLDPipeline:
    pipe = here(tiny_pipeline())
    forward = pipe.denoising_unet.forward

    def greedy(*args, **kwargs):
        if not getattr(pipe, "_all_hooks", None):
            raise torch.OutOfMemoryError(FULL)
        return forward(*args, **kwargs)

    pipe.denoising_unet.forward = greedy
    return pipe


def test_a_gpu_without_room_to_draw_goes_on_with_parts_in_turn_and_the_checker_leaves_it() -> None:
    asked = []

    def guard(device: str) -> Guard:
        asked.append(device)
        return Guard(False)

    engine = engine_of(lambda *_: full_until_in_turn(), guard=guard)
    (drawn,) = engine.generate([Job(conditions())], FAST)
    assert drawn.fallback == FALLBACKS[-1]
    assert asked[0] == "cuda" and set(asked[1:]) == {"cpu"}


def test_a_single_picture_is_not_tried_again_in_smaller_batches() -> None:
    tries = []

    def load(device: str, dtype: str) -> MCLDPipeline:
        pipe = tiny_pipeline()

        def full(*_, **__):
            tries.append(1)
            raise torch.OutOfMemoryError(FULL)

        pipe.denoising_unet.forward = full
        return pipe

    with pytest.raises(StudioError, match="not enough memory on cpu to draw even one picture"):
        Engine(Model("tiny", load, result=(64, 44)), device="cpu").generate([Job(conditions())], FAST)
    assert len(tries) == 2, "as it is, and with sliced decoding"


class NoMixing(TorchDispatchMode):
    """Refuses what a real GPU refuses, arithmetic between tensors of two devices. What leaves "meta" is zeros."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs, name = dict(kwargs or {}), str(func)
        tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
        if "_to_copy" in name and args[0].is_meta and str(kwargs.get("device")).startswith("cpu"):
            return torch.zeros(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
        devices = {x.device.type for x in tensors if x.dim()}
        if len(devices) > 1 and "copy" not in name:
            raise RuntimeError(f"{name} on {devices}")
        if any(product in name for product in ("mm.", "bmm.", "convolution")) and "meta" not in devices:
            raise RuntimeError(f"{name} on the CPU")
        return func(*args, **kwargs)


def moved(module: nn.Module, change: Callable, recurse: bool = True) -> nn.Module:
    """`nn.Module._apply`, for parameters of any device."""
    for part in module.modules():
        held = {name: p for name, p in part._parameters.items() if p is not None}
        part._parameters |= {name: nn.Parameter(change(p.detach()), False) for name, p in held.items()}
        part._buffers |= {name: change(b) for name, b in part._buffers.items() if b is not None}
    return module


@pytest.mark.parametrize("kind", ["the published model's autoencoder", "the bundled model's autoencoder"])
def test_parts_that_take_turns_work_on_the_device_and_wait_on_the_processor(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tiny_pipeline()
    if "bundled" in kind:
        vae = PatchAutoencoder(latent_channels=4, fine=8, coarse=8, blocks=1)
        pipe = MCLDPipeline(**pipe.components | {"vae": vae})
    finite, steps = torch.isfinite, pipe.scheduler.set_timesteps
    monkeypatch.setattr(nn.Module, "_apply", moved)
    monkeypatch.setattr(accelerate.hooks, "clear_device_cache", lambda: None)
    monkeypatch.setattr(diffusers.pipelines.pipeline_utils, "empty_device_cache", lambda _: None)
    monkeypatch.setattr(torch, "isfinite", lambda x: torch.ones(1) > 0 if x.is_meta else finite(x))
    pipe.scheduler.set_timesteps = lambda count, device: steps(count)  # numbers are read off it
    picture, none = torch.rand(1, 3, 64, 64), dict.fromkeys(weights(pipe), "cpu")

    with NoMixing(), torch.no_grad():
        pipe.enable_model_cpu_offload(device="meta")
        assert pipe._execution_device == DiffusionPipeline._execution_device.fget(pipe), "as diffusers finds it"
        person = pipe.encode_person(picture, picture, None, pipe.size)
        assert {x.device.type for pair in person.reference.values() for x in pair} == {"meta"}
        at_work = {name for name, device in weights(pipe).items() if device == "meta"}
        assert "denoising_unet" in at_work and "reference_unet" not in at_work, "never both of the large ones"
        given = Encoded(person, pipe.encode_pose(picture, pipe.size))
        noise = torch.randn(pipe.noise_shape(1))
        drawing = pipe.draw(given, noise, steps=1, guidance_scale=3.5, face_weight=0.5)
    assert drawing.pictures.shape == (1, 3, 64, 64) and weights(pipe) == none


def weights(pipe: MCLDPipeline) -> dict[str, str]:
    """Part -> the device its weights are on."""
    return {
        name: next(part.parameters()).device.type
        for name, part in pipe.components.items()
        if isinstance(part, nn.Module)
    }


# ---- while pictures are checked ---------------------------------------------------------------------------------


class Hungry:
    """A checker for which there is no room on some devices."""

    def __init__(self, full: set[str], loads: bool) -> None:
        self.full, self.loads, self.seen = full, loads, []

    def __call__(self, device: str) -> Hungry:
        self.device = device
        if device in self.full and not self.loads:
            raise torch.OutOfMemoryError(FULL)
        return self

    def blocked(self, pictures) -> list[bool]:
        if self.device in self.full:
            raise torch.OutOfMemoryError(FULL)
        self.seen += list(pictures)
        return [False for _ in pictures]


@pytest.mark.parametrize("loads", [False, True], ids=["while it is loaded", "while it looks"])
def test_a_checker_that_finds_no_room_on_the_gpu_checks_on_the_processor(loads: bool) -> None:
    checker = Hungry({"cuda"}, loads)
    engine = engine_of(lambda *_: tiny_pipeline(), guard=checker)
    (drawn,) = engine.generate([Job(conditions())], FAST)
    assert np.array_equal(checker.seen[0], drawn.picture) and drawn.fallback == "none"
    checker.full = set()
    engine.generate([Job(conditions())], FAST)
    assert checker.device == "cpu", "it stays there"


@pytest.mark.parametrize("loads", [False, True], ids=["while it is loaded", "while it looks"])
def test_where_a_checker_finds_no_room_at_all_no_picture_is_shown(loads: bool) -> None:
    engine = engine_of(lambda *_: tiny_pipeline(), guard=Hungry({"cuda", "cpu"}, loads))
    with pytest.raises(StudioError, match=r"not enough memory for the safety checker.* free in main memory"):
        engine.generate([Job(conditions())], FAST)


# ---- how much there is, and how much it takes -------------------------------------------------------------------


def test_what_a_model_takes_is_known_before_it_is_loaded() -> None:
    told = footprint(bundled_folder(), dtype="float16")
    pipe = load_pipeline(bundled_folder(), dtype="float16")
    for name, size in told.items():
        assert size == sum(x.nelement() * x.element_size() for x in getattr(pipe, name).state_dict().values())
    assert set(told) == set(weights(pipe))


def test_the_published_files_tell_what_they_will_take(tmp_path: Path) -> None:
    torch.save({"weight": torch.zeros(100_000)}, tmp_path / "pose_guider.pth")
    told = footprint(tmp_path, dtype="float16")
    assert set(told) == {"pose guider"} and 200_000 <= told["pose guider"] < 201_000


@pytest.fixture
def container(tmp_path: Path) -> Path:
    (tmp_path / "memory.current").write_text("5000\n")
    (tmp_path / "memory.stat").write_text("anon 3000\ninactive_file 1000\n")
    return tmp_path


@pytest.mark.parametrize(("limit", "left"), [("9000", 5000), ("4000", 0)])
def test_a_container_has_no_more_than_its_limit_leaves(container: Path, limit: str, left: int) -> None:
    (container / "memory.max").write_text(limit)
    assert free_memory("cpu", container=container) == left, "files that were read count as free"


def test_without_a_limit_all_that_is_free_is_there(container: Path) -> None:
    (container / "memory.max").write_text("max")
    assert free_memory("cpu", container=container) > 10_000
    assert free_memory("cpu", container=container / "none") > 10_000
