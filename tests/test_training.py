"""Training: what is minimised, how a configuration is read, and that a run can be taken up again exactly."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from thorough import only_thorough
from weight_files import everything_in, files_at_most

from mcld_app.cli.main import main
from mcld_app.data.config import DataConfig
from mcld_app.errors import DiskFull, StudioError
from mcld_app.network.focus import PLANS
from mcld_app.training.config import Config, ConfigError, Objective, read_config, schema
from mcld_app.training.loop import learning_rate, make_task, train
from mcld_app.training.memory import parameters
from mcld_app.training.objective import (
    cell_mask,
    draw_noise,
    draw_timesteps,
    face_mask,
    losses,
    min_snr_weights,
    yes_or_no,
)
from mcld_app.training.order import ENDLESS, batch_of
from mcld_app.training.parts import SCHEDULE, new_part, saved_part
from mcld_app.training.state import load_state, save_state
from mcld_app.training.task_table import TASKS as TASK_TABLE
from mcld_app.training.tasks.mcld import blank_heads, head_texels, trainable
from mcld_app.training.weights import TrainingError

UNET = {
    "sample_size": [16, 12], "in_channels": 4, "out_channels": 4, "layers_per_block": 1,
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    "block_out_channels": [8, 16], "cross_attention_dim": 16, "attention_head_dim": 2, "norm_num_groups": 4,
}  # fmt: skip
SIZES = {
    "vae": {"latent_channels": 4, "fine": 8, "coarse": 8, "blocks": 1},
    "image_encoder": {
        "hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
        "projection_dim": 16, "image_size": 32, "patch_size": 16,
    },
    "face_encoder": {"widths": [8, 8, 8, 8], "identity": 512},
    "face_projector": {"dim": 16, "depth": 1, "heads": 2, "head_dim": 8, "tokens": 4, "output": 16, "ff_mult": 2},
    "pose_guider": {"channels": 8, "widths": [4, 8, 8, 8]},
    "denoising_unet": {"sizes": UNET},
    "reference_unet": {"sizes": {**UNET, "sample_size": 16}},
    "refiner": {"latent_channels": 4, "widths": [8, 8, 8]},
}  # fmt: skip
ADDED = {"skip": 0.01, "preview": True, "places": True, "sizes": {**UNET, "out_channels": 8}}


@pytest.fixture(autouse=True)
def accelerate_anew():
    """accelerate keeps its precision for the length of a process; here one process makes many runs."""
    from accelerate.state import AcceleratorState, GradientState

    yield
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()


def config(out: Path, **changes) -> Config:
    """A run on a few drawn people that takes seconds; all runs of these tests keep them in one folder."""
    values = {
        "task": "mcld", "out": str(out), "steps": 3, "batch": 2, "learning_rate": 1e-3, "sizes": SIZES, "save_every": 2,
        "grid_every": 0, "data": DataConfig("drawn", str(out.parent.parent / "kept"), (128, 96), 128, 6, 2),
    }  # fmt: skip
    return Config(**{**values, **changes})


def losses_of(run: Config) -> dict[int, float]:
    lines = (Path(run.out) / f"losses-{run.task}.jsonl").read_text().splitlines()
    return {line["step"]: line["loss"] for line in map(json.loads, lines)}


# --- The objective -------------------------------------------------------------------------------------------------


def alphas() -> torch.Tensor:
    from diffusers import DDIMScheduler

    return DDIMScheduler(**SCHEDULE).alphas_cumprod


def test_the_last_step_has_no_signal_and_still_counts():
    assert float(alphas()[-1]) == 0
    assert float(min_snr_weights(alphas(), torch.tensor([999]), 5.0)) == pytest.approx(1.0)


def test_min_snr_follows_its_formula():
    t = torch.tensor([50, 400, 800])
    snr = (alphas()[t] / (1 - alphas()[t])).double()
    expected = torch.minimum(snr + 1, torch.tensor(5.0)) / (snr + 1)
    assert torch.allclose(min_snr_weights(alphas(), t, 5.0).double(), expected, rtol=1e-5)


def test_the_face_is_parts_23_and_24_and_nothing_else():
    poses = torch.zeros(1, 8, 8, 3, dtype=torch.uint8)
    poses[0, 0, :, 0] = torch.tensor([0, 1, 2, 3, 22, 23, 24, 0])
    assert face_mask(poses)[0, 0].tolist() == [False] * 5 + [True, True, False]
    assert not face_mask(poses)[0, 1:].any()


def test_the_faces_error_is_averaged_over_the_whole_picture():
    predicted = torch.ones(1, 4, 4, 4)
    face = torch.zeros(1, 1, 4, 4)
    face[..., 0, :] = 1
    out = losses(predicted, torch.zeros_like(predicted), torch.ones(1), face, None, Objective())
    assert out["mse"] == 1
    assert out["face"] == pytest.approx(0.25)
    assert out["loss"] == pytest.approx(1.25)


def test_a_mask_at_latent_size_says_how_much_of_a_cell_it_covers():
    mask = torch.zeros(1, 16, 16)
    mask[:, :4, :8] = 1
    assert cell_mask(mask, (2, 2))[0, 0].tolist() == [[0.5, 0], [0, 0]]


def test_the_faces_mask_at_latent_size_says_yes_or_no_by_each_cells_first_pixel():
    mask = torch.zeros(1, 16, 16, dtype=torch.bool)
    mask[:, :4, :4] = True  # a quarter of the first cell, its first pixel among them
    mask[:, 9:, 9:] = True  # most of the last cell, without its first pixel
    assert yes_or_no(mask, (2, 2))[0, 0].tolist() == [[1, 0], [0, 0]]


def test_noise_is_offset_by_channel():
    objective = Objective(noise_offset=0.5)
    noise = draw_noise(torch.Size((64, 4, 32, 32)), objective, torch.Generator().manual_seed(0))
    means = noise.mean((2, 3))
    assert means.std() == pytest.approx(0.5, abs=0.06)
    plain = draw_noise(torch.Size((64, 4, 32, 32)), Objective(noise_offset=0.0), torch.Generator().manual_seed(0))
    assert plain.mean((2, 3)).std() < 0.05


@given(st.floats(0, 1), st.integers(0, 99))
def test_timesteps_are_those_of_the_schedule(late: float, seed: int):
    t = draw_timesteps(64, Objective(late_steps=late), torch.Generator().manual_seed(seed))
    assert t.dtype == torch.int64
    assert 0 <= int(t.min()) <= int(t.max()) < 1000
    if late == 1:
        assert int(t.min()) >= 900


# --- What sees what ------------------------------------------------------------------------------------------------


def a_batch(task) -> dict[str, torch.Tensor]:
    data = task.dataset()
    return task.collate([data[0], data[1]])


def seen_by(task, batch, **changes) -> torch.Tensor:
    """The prediction for fixed noise and time, with some of the batch changed."""
    torch.manual_seed(0)
    task.eval()
    with torch.no_grad():
        focus, pose, guide = task.conditions({**batch, **changes})
        z = torch.randn(len(pose), 4, 16, 12)
        return task.denoising_unet(z, torch.full((len(z),), 500), focus, pose, guide)


@pytest.mark.parametrize("plan", PLANS)
def test_an_ablation_is_trained_on_its_own_conditions_only(tmp_path: Path, plan: str):
    sizes = {**SIZES, "reference_unet": {"sizes": UNET}} if plan == "B1" else SIZES
    task = make_task(config(tmp_path / "run", plan=plan, sizes=sizes))
    batch = a_batch(task)
    before = seen_by(task, batch)
    slots = {"ours": "IAF", "B1": "I", "B2": "IA", "B3": "IAF", "B4": "AF", "B5": "IA"}[plan]
    noise = torch.randn_like(batch["photo_clip"])
    changes = {
        "I": {"photo_clip": noise, "photo": batch["photo"].flip(2)},
        "A": {"texture_clip": noise, "texture": batch["texture"].flip(2)},
        "F": {"face": batch["face"].flip(1), "faced": torch.ones_like(batch["faced"])},
    }
    for slot, change in changes.items():
        moved = (seen_by(task, batch, **change) - before).abs().max() > 1e-6
        assert bool(moved) == (slot in slots), slot


def test_a_batch_that_drops_everything_sees_no_texture_and_no_photo(tmp_path: Path):
    task = make_task(config(tmp_path / "run", objective=Objective(drop_all=1.0)))
    batch = a_batch(task)
    other = {**batch, "photo_clip": batch["photo_clip"] + 1, "texture_clip": batch["texture_clip"] + 1}
    other["texture"] = batch["texture"].flip(1)
    first, second = (task(b, torch.Generator().manual_seed(3))["loss"] for b in (batch, other))
    assert first.item() == second.item()
    faces = {**batch, "face": batch["face"].flip(1), "faced": torch.ones_like(batch["faced"])}
    assert task(faces, torch.Generator().manual_seed(3))["loss"].item() != first.item(), "F is kept"


def test_a_batch_that_drops_the_photo_still_sees_the_texture(tmp_path: Path):
    task = make_task(config(tmp_path / "run", objective=Objective(drop_all=0.0, drop_photo=1.0)))
    batch = a_batch(task)

    def loss(b) -> float:
        return task(b, torch.Generator().manual_seed(3))["loss"].item()

    assert loss(batch) == loss({**batch, "photo_clip": batch["photo_clip"] + 1})
    assert loss(batch) != loss({**batch, "texture": batch["texture"].flip(1)})


def test_blanked_heads_are_grey_on_the_map_and_in_the_preview(tmp_path: Path):
    task = make_task(config(tmp_path / "run", sizes={**SIZES, "denoising_unet": ADDED}))
    batch = a_batch(task)
    out = blank_heads(batch, 1.0, torch.Generator().manual_seed(0))
    head = head_texels(128)
    assert (out["texture"][:, head] == 127).all()
    assert (out["texture"][:, ~head] == batch["texture"][:, ~head]).all()
    heads = batch["poses"][..., 0] >= 23
    assert heads.any()
    assert (out["previews"][heads][:, :3] == 127).all()
    assert (out["previews"][~heads] == batch["previews"][~heads]).all()
    assert blank_heads(batch, 0.0, torch.Generator())["texture"] is batch["texture"]


def test_a_hidden_preview_leaves_no_trace(tmp_path: Path):
    objective = Objective(drop_preview=1.0, drop_all=0.0)
    task = make_task(config(tmp_path / "run", sizes={**SIZES, "denoising_unet": ADDED}, objective=objective))
    batch = a_batch(task)
    torch.nn.init.normal_(task.denoising_unet.guide_in.weight)
    first = task(batch, torch.Generator().manual_seed(1))["loss"]
    second = task({**batch, "previews": 255 - batch["previews"]}, torch.Generator().manual_seed(1))["loss"]
    assert first.item() == second.item()


@pytest.mark.parametrize(("t", "steps"), [(949, 1), (899, 1), (499, 1), (799, 2), (699, 3)])
def test_drawing_arrives_at_a_timestep_by_the_networks_own_guesses(tmp_path: Path, t: int, steps: int):
    from diffusers import DDIMScheduler

    task = make_task(config(tmp_path / "run", sizes={**SIZES, "denoising_unet": ADDED})).eval()
    focus, pose, guide = task.conditions(a_batch(task))
    noise = torch.randn(len(pose), 4, 16, 12)
    torch.nn.init.normal_(task.denoising_unet.unet.conv_out.weight, std=0.1)
    length = (999 - t) // steps
    scheduler = DDIMScheduler(**SCHEDULE)
    scheduler.num_inference_steps = 1000 // length  # so that its steps are that long
    expected = noise
    for at in range(999, t, -length):
        with torch.no_grad():
            v = task.denoising_unet(expected, at, focus, pose, guide)
        expected = scheduler.step(v, at, expected, return_dict=False)[0]
    got = task.guessed(noise, torch.full((len(noise),), t), focus, pose, guide, steps)
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-3)


def test_from_its_own_guess_the_way_leads_to_the_truth_and_every_error_counts_the_same(tmp_path: Path, monkeypatch):
    objective = Objective(own_guess=1.0, drop_all=0.0, face_weight=0.0, sample_latents=False)
    task = make_task(config(tmp_path / "run", objective=objective))
    batch, scale = a_batch(task), task.alphas

    def always_half(z, t, *_):
        a = scale[t][:, None, None, None]
        return (a.sqrt() * z - 0.5) / (1 - a).sqrt()  # the v of clean latents that are 0.5 everywhere

    monkeypatch.setattr(task.denoising_unet, "forward", always_half)
    truth = task.latents(batch["targets"])
    found = task(batch, torch.Generator().manual_seed(5))["loss"].item()
    assert found == pytest.approx(((truth - 0.5) ** 2).mean().item(), rel=1e-3)


# Trainable parameters in millions of 2^20: the paper's table 3, and what was counted in the authors' code.
COUNTS = {"ours": 1717.4, "B1": 1622.5, "B2": 1622.5, "B3": 1699.1, "B4": 1710.8, "B5": 1622.5}


@pytest.mark.parametrize("plan", COUNTS)
def test_as_many_parameters_learn_as_in_the_paper(tmp_path: Path, root: Path, plan: str):
    run = read_config(root / "configs" / "ablations" / f"{plan}.yaml", {"data.folder": str(tmp_path)})
    assert trainable(run) / 2**20 == pytest.approx(COUNTS[plan], abs=0.06)


# --- What a step is, in the paper's words --------------------------------------------------------------------------


def denoiser_sees(task, monkeypatch) -> list[dict[str, object]]:
    """What the denoising UNet is given at each call; it answers with zeros."""
    seen: list[dict[str, object]] = []

    def note(z, t, focus, pose, guide):
        seen.append({"z": z, "t": t, "focus": focus, "pose": pose})
        return torch.zeros_like(z)

    monkeypatch.setattr(task.denoising_unet, "forward", note)
    return seen


def test_the_pose_is_given_as_v_u_i_as_when_a_picture_is_drawn(tmp_path: Path, monkeypatch):
    from mcld_app.body.iuv import to_network_rgb

    task = make_task(config(tmp_path / "run"))
    batch, seen = a_batch(task), []

    def note(picture: torch.Tensor) -> torch.Tensor:
        seen.append(picture)
        return torch.zeros(len(picture), 8, 16, 12)

    monkeypatch.setattr(task.pose_guider, "forward", note)
    task(batch, torch.Generator().manual_seed(0))
    maps = batch["poses"].flatten(0, 1).numpy()
    expected = np.stack([to_network_rgb(iuv) for iuv in maps]).transpose(0, 3, 1, 2) / 255
    assert np.allclose(seen[0].numpy(), expected, atol=1e-6)
    assert not np.allclose(expected, expected[:, ::-1], atol=0.1), "the order of channels can be told"


def test_a_denoiser_that_finds_diffusers_velocity_has_nothing_to_learn(tmp_path: Path, monkeypatch):
    from diffusers import DDIMScheduler

    plain = Objective(drop_all=0.0, drop_photo=0.0, sample_latents=False)
    task = make_task(config(tmp_path / "run", objective=plain))
    batch, scheduler = a_batch(task), DDIMScheduler(**SCHEDULE)
    truth = task.latents(batch["targets"])

    def knowing(z, t, *_):
        a = scheduler.alphas_cumprod[t][:, None, None, None]
        noise = (z - a.sqrt() * truth) / (1 - a).sqrt()
        return scheduler.get_velocity(truth, noise, t)

    monkeypatch.setattr(task.denoising_unet, "forward", knowing)
    for seed in range(3):
        assert task(batch, torch.Generator().manual_seed(seed))["loss"].item() < 1e-6


def test_targets_are_sampled_from_the_autoencoders_distribution_or_are_its_mean(tmp_path: Path, monkeypatch):
    """A denoiser that knows the mean is right where means are asked for, and off by the samples' spread elsewhere."""
    from types import SimpleNamespace

    found = {}
    for sampled in (True, False):
        run = config(tmp_path / "run", objective=Objective(sample_latents=sampled, noise_offset=0.0, face_weight=0.0))
        task = make_task(run)
        zero = torch.zeros(4, 4, 16, 12)
        wide = SimpleNamespace(mean=zero, std=torch.ones_like(zero))

        def encoded(pictures, wide=wide):
            some = SimpleNamespace(mean=wide.mean[: len(pictures)], std=wide.std[: len(pictures)])
            return SimpleNamespace(latent_dist=some)

        def knowing_zero(z, t, *_, scale=task.alphas):
            a = scale[t][:, None, None, None]
            return a.sqrt() * z / (1 - a).sqrt()  # the v of clean latents that are zero everywhere

        batch = a_batch(task)
        monkeypatch.setattr(task.vae, "encode", encoded)
        monkeypatch.setattr(task.denoising_unet, "forward", knowing_zero)
        found[sampled] = task(batch, torch.Generator().manual_seed(4))["loss"].item()
    assert found[False] < 1e-8
    assert found[True] > 0.1 * task.vae.config.scaling_factor**2


def test_textures_are_sampled_too(tmp_path: Path, monkeypatch):
    seen: dict[bool, list[torch.Tensor]] = {True: [], False: []}
    for sampled, latents in seen.items():
        task = make_task(config(tmp_path / "run", objective=Objective(sample_latents=sampled, drop_all=0.0)))
        batch, forward = a_batch(task), task.reference_unet.forward

        def note(latent, tokens, latents=latents, forward=forward):
            latents.append(latent)
            return forward(latent, tokens)

        monkeypatch.setattr(task.reference_unet, "forward", note)
        for seed in range(2):
            task(batch, torch.Generator().manual_seed(seed))
    assert torch.equal(*seen[False])
    assert not torch.equal(*seen[True])


def test_noise_is_added_to_i_in_proportion_to_its_spread_and_to_nothing_else(tmp_path: Path, monkeypatch):
    objective = Objective(drop_all=0.0, drop_photo=0.0, photo_noise=0.05, sample_latents=False)
    task = make_task(config(tmp_path / "run", objective=objective)).eval()
    task.kept_spread.copy_(torch.linspace(0, 30, len(task.kept_spread)))
    batch, seen = a_batch(task), denoiser_sees(task, monkeypatch)
    clean = task.conditions(batch)[0].tokens
    for seed in range(25):
        task(batch, torch.Generator().manual_seed(seed))
    added = torch.stack([call["focus"].tokens["photo"] - clean["photo"] for call in seen])
    got = added[:, ::2].std((0, 1, 2), correction=0)  # two targets of a person share it
    assert torch.allclose(got, 0.05 * task.kept_spread, rtol=0.4)
    assert torch.equal(added[:, 0], added[:, 1])
    for other in ("texture", "face"):
        assert all(torch.equal(call["focus"].tokens[other], clean[other]) for call in seen)


def test_each_process_draws_noise_of_its_own(tmp_path: Path, monkeypatch):
    """Two processes with the very same examples have different losses; the same process again has the same."""
    from accelerate import Accelerator

    from mcld_app.training.tasks.mcld import MCLDTask

    example = make_task(config(tmp_path / "any")).dataset()[0]
    monkeypatch.setattr(MCLDTask, "dataset", lambda self: [example] * 8)
    monkeypatch.setattr(Accelerator, "num_processes", 2)
    found = []
    for n, rank in enumerate((0, 1, 1)):
        monkeypatch.setattr(Accelerator, "process_index", rank)
        run = config(tmp_path / f"run-{n}", steps=1)
        train(run, quiet=True)
        found.append(losses_of(run)[1])
    assert found[0] != found[1] == found[2]


# --- Steps ---------------------------------------------------------------------------------------------------------

TASKS = {
    "mcld": {},
    "mcld, all additions": {"sizes": {**SIZES, "denoising_unet": ADDED}},
    "mcld, accumulated and checkpointed": {"accumulate": 2, "checkpointing": True, "ema": 0.9},
    "mcld, bf16": {"precision": "bf16"},
    "autoencoder": {"task": "autoencoder"},
    "image_encoder": {"task": "image_encoder"},
    "face_encoder": {"task": "face_encoder"},
    "refiner": {"task": "refiner", "sizes": {**SIZES, "denoising_unet": ADDED}},
}


@pytest.mark.parametrize("name", TASKS)
def test_every_task_makes_steps_and_leaves_its_parts_behind(tmp_path: Path, name: str):
    run = config(tmp_path / "run", **TASKS[name])
    assert train(run, quiet=True)
    assert len(losses_of(run)) == 3
    for part in make_task(run).trains:
        assert (tmp_path / "run" / part / "config.json").is_file()
        saved_part(tmp_path / "run", part)


@pytest.mark.parametrize("plan", [plan for plan in PLANS if plan != "ours"])
def test_every_ablation_makes_a_step(tmp_path: Path, plan: str):
    sizes = {**SIZES, "reference_unet": {"sizes": UNET}} if plan == "B1" else SIZES
    assert train(config(tmp_path / "run", plan=plan, sizes=sizes, steps=1), quiet=True)


def test_a_prepared_folder_is_trained_on_as_drawn_people_are(tmp_path: Path):
    run = config(tmp_path / "run", data=DataConfig("folder", str(prepared(tmp_path)), (128, 96), 128))
    assert train(run, quiet=True)
    assert all(np.isfinite(loss) for loss in losses_of(run).values())


def prepared(tmp_path: Path) -> Path:
    """Two drawn people, two pictures each, in the authors' layout."""
    from PIL import Image

    from mcld_app.body.iuv import to_network_rgb
    from mcld_app.data.synthetic import DrawnPeople

    root = tmp_path / "fashion"
    for kind in ("train", "train_densepose", "train_texture", "train_face"):
        (root / kind).mkdir(parents=True)
    pairs = ["from,to"]
    for n in range(2):
        example = DrawnPeople((256, 176), 128, 2)[n]
        for k in range(2):
            Image.fromarray(example.targets[k]).save(root / "train" / f"p{n}_{k}.jpg")
            Image.fromarray(to_network_rgb(example.poses[k])).save(root / "train_densepose" / f"p{n}_{k}.png")
            Image.fromarray(example.texture).save(root / "train_texture" / f"p{n}_{k}.png")
        np.save(root / "train_face" / f"p{n}_0.npy", np.random.default_rng(n).normal(size=512))
        pairs += [f"p{n}_0.jpg,p{n}_1.jpg", f"p{n}_1.jpg,p{n}_0.jpg"]
    (root / "train.csv").write_text("\n".join(pairs) + "\n")
    return root


def test_the_loss_falls_on_one_batch(tmp_path: Path):
    task = make_task(config(tmp_path / "run", objective=Objective(drop_all=0, drop_photo=0, noise_offset=0)))
    batch = a_batch(task)
    optimiser = torch.optim.AdamW([p for p in task.parameters() if p.requires_grad], lr=3e-3)
    seen = []
    for _ in range(25):
        loss = task(batch, torch.Generator().manual_seed(0))["loss"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        seen.append(loss.item())
    assert seen[-1] < 0.7 * seen[0]


def test_the_reference_nets_last_block_stays_as_it_is(tmp_path: Path):
    task = make_task(config(tmp_path / "run"))
    last = {n: p.requires_grad for n, p in task.reference_unet.named_parameters() if "up_blocks.1." in n}
    assert last and not any(last.values())
    assert all(p.requires_grad for n, p in task.reference_unet.named_parameters() if "up_blocks.0." in n)


def test_only_the_parts_of_a_task_learn(tmp_path: Path):
    task = make_task(config(tmp_path / "run"))
    learning = {name.split(".")[0] for name, p in task.named_parameters() if p.requires_grad}
    assert learning == set(task.trains)


def test_a_run_goes_on_from_another_models_parts(tmp_path: Path):
    first = config(tmp_path / "first", task="autoencoder")
    train(first, quiet=True)
    second = config(tmp_path / "second", task="autoencoder", init=first.out)
    for a, b in zip(make_task(second).vae.parameters(), saved_part(Path(first.out), "vae").parameters(), strict=True):
        assert torch.equal(a, b)


# --- Stopping and going on -----------------------------------------------------------------------------------------


def test_a_run_that_was_stopped_goes_on_exactly(tmp_path: Path):
    whole, parted = config(tmp_path / "a", steps=4, ema=0.9), config(tmp_path / "b", steps=4, ema=0.9)
    train(whole, quiet=True)
    assert not train(parted, minutes=0, quiet=True), "stopped after one step"
    assert train(parted, quiet=True)
    assert losses_of(parted) == losses_of(whole)
    for part in ("denoising_unet", "face_projector"):
        a, b = (saved_part(Path(run.out), part).state_dict() for run in (whole, parted))
        assert all(torch.equal(a[k], b[k]) for k in a)


def test_a_disk_that_becomes_full_while_a_state_is_saved_costs_nothing_but_that_state(tmp_path: Path):
    whole, full = config(tmp_path / "a", steps=4), config(tmp_path / "b", steps=4)
    train(whole, quiet=True)
    assert not train(full, minutes=0, quiet=True), "stopped after one step, and saved"
    states = Path(full.out) / "state-mcld"
    before = everything_in(states)
    with files_at_most(20_000), pytest.raises(DiskFull, match="became full"):
        train(full, quiet=True)
    assert everything_in(states) == before and [path.name for path in states.iterdir()] == ["step-0000001"]
    assert load_state(states)[0] == 1
    assert train(full, quiet=True)
    assert losses_of(full) == losses_of(whole)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs kill -9")
@pytest.mark.parametrize("kills", [1, pytest.param(10, marks=only_thorough)])
def test_a_run_killed_at_random_moments_has_the_same_losses_as_one_that_was_not(
    kills: int, tmp_path: Path, root: Path
):
    """While it makes steps, saves, or reads what was saved; the moments differ each time."""
    steps = 8 if kills == 1 else 24
    whole = config(tmp_path / "a", steps=steps)
    train(whole, quiet=True)
    killed = config(tmp_path / "b", steps=steps)
    data = {"folder": str(tmp_path.parent / "kept"), "size": [128, 96], "texture": 128, "people": 6, "targets": 2}
    values = {"task": "mcld", "out": killed.out, "steps": steps, "batch": 2, "learning_rate": 1e-3, "sizes": SIZES}
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump({**values, "save_every": 2, "grid_every": 0, "data": data}))
    command = [sys.executable, "-m", "mcld_app", "train", str(file), "--threads", str(torch.get_num_threads())]
    log = Path(killed.out) / "losses-mcld.jsonl"
    for n in range(1, kills + 1):
        process = subprocess.Popen(command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        give_up, until = time.monotonic() + 120, 3 if kills == 1 else 2 * n
        while not (log.is_file() and len(log.read_text().splitlines()) >= until) and time.monotonic() < give_up:
            time.sleep(0.02)
        time.sleep(random.uniform(0, 0.2))
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert load_state(Path(killed.out) / "state-mcld") is not None
    assert main(command[3:]) == 0
    assert losses_of(killed) == losses_of(whole)


@pytest.mark.slow
@only_thorough
@pytest.mark.skipif(sys.platform == "win32", reason="gloo, which processes talk through, is for Linux and macOS")
def test_two_processes_train_one_network(tmp_path: Path, root: Path):
    data = {"folder": str(tmp_path.parent / "kept"), "size": [128, 96], "texture": 128, "people": 6, "targets": 2}
    values = {"task": "mcld", "out": str(tmp_path / "run"), "steps": 3, "batch": 1, "learning_rate": 1e-3}
    values |= {"sizes": SIZES, "checkpointing": True, "accumulate": 2, "grid_every": 2, "save_every": 2, "data": data}
    file = tmp_path / "run.yaml"
    file.write_text(yaml.safe_dump(values))
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*command, "-m", "mcld_app", "train", str(file), "--threads", "1"],
        cwd=root, env={**os.environ, "ACCELERATE_USE_CPU": "true"}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    lines = (tmp_path / "run" / "losses-mcld.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3], "one process keeps the log"
    assert (tmp_path / "run" / "pictures-mcld" / "0000002.png").is_file()
    saved_part(tmp_path / "run", "denoising_unet")


def test_a_loss_that_is_no_number_stops_the_run_and_says_what_to_do(tmp_path: Path):
    run = config(tmp_path / "run", learning_rate=1e30, clip=0.0, steps=40)
    with pytest.raises(TrainingError, match=r"At step \d+ the loss is no number.*learning_rate"):
        train(run, quiet=True)


def test_a_state_of_another_configuration_is_refused(tmp_path: Path):
    train(config(tmp_path / "run", steps=2), quiet=True)
    other = {**SIZES, "face_projector": {**SIZES["face_projector"], "dim": 32}}
    with pytest.raises(TrainingError, match="another configuration"):
        train(config(tmp_path / "run", steps=4, sizes=other), quiet=True)


def test_a_damaged_state_is_named(tmp_path: Path):
    save_state(tmp_path, 3, {"a": torch.ones(4)}, {})
    (tmp_path / "step-0000003" / "state-000.safetensors").write_bytes(b"nothing")
    with pytest.raises(StudioError, match="damaged"):
        load_state(tmp_path)


def test_a_state_comes_back_in_shards_and_the_last_two_are_kept(tmp_path: Path):
    tensors = {f"t{n}": torch.randn(3, 1 << 20) for n in range(3)}
    for step in (1, 2, 3):
        save_state(tmp_path, step, tensors, {"task": "x"})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["step-0000002", "step-0000003"]
    assert max(f.stat().st_size for f in (tmp_path / "step-0000003").glob("*.safetensors")) < 16 << 20
    step, held, facts = load_state(tmp_path)
    assert (step, facts) == (3, {"task": "x"})
    assert all(torch.equal(held[k], v) for k, v in tensors.items())


@given(st.integers(1, 40), st.integers(1, 9), st.integers(0, 5))
def test_every_item_comes_once_an_epoch(length: int, batch: int, seed: int):
    steps = -(-2 * length // batch)
    order = [n for step in range(steps) for n in batch_of(step, batch, length, seed)]
    for epoch in (order[:length], order[length : 2 * length]):
        assert sorted(epoch) == list(range(length))


def test_endless_people_are_each_seen_once():
    order = [n for step in range(50) for n in batch_of(step, 4, ENDLESS, 1)]
    assert len(set(order)) == 200


# --- Configurations ------------------------------------------------------------------------------------------------


def written(tmp_path: Path, **values) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump({"task": "mcld", "out": "runs/x", **values}))
    return path


BAD = {
    "unknown key": ({"leraning_rate": 1}, "no key `leraning_rate`.*learning_rate"),
    "unknown key inside": ({"objective": {"snr": 5}}, "no key `objective.snr`.*snr_gamma"),
    "wrong type": ({"steps": "many"}, "`steps` must be a whole number, not 'many'"),
    "not true or false": ({"checkpointing": 3}, "`checkpointing` must be true or false"),
    "no group": ({"data": 3}, "`data` must be a group of keys"),
    "no such choice": ({"precision": "half"}, "`precision` must be one of no, bf16, fp16"),
    "no such plan": ({"plan": "B9"}, "`plan` must be one of ours, B1"),
    "out of range": ({"ema": 1.5}, "`ema` must be from 0 to below 1"),
    "size": ({"data": {"size": [100, 100]}}, "`data.size` must be"),
    "no number": ({"learning_rate": "slow"}, "`learning_rate` must be a number, not 'slow'"),
    "true is no whole number": ({"steps": True}, "`steps` must be a whole number, not True"),
    "half a step": ({"steps": 2.5}, "`steps` must be a whole number, not 2.5"),
    "no list": ({"data": {"size": 256}}, "`data.size` must be a list, not 256"),
    "a list of texts": ({"data": {"size": ["a", 64]}}, "`data.size` must be a list"),
    "too few": ({"batch": 0}, "`batch` must be at least 1, not 0"),
    "no rate": ({"learning_rate": 0.0}, "`learning_rate` must be above 0, not 0.0"),
    "no share": ({"objective": {"drop_all": -0.5}}, "`objective.drop_all` is a share: it must be from 0 to 1"),
    "no guess": ({"objective": {"guess_steps": 0}}, "`objective.guess_steps` must be at least 1, not 0"),
    "no such task": ({"task": "poet"}, "`task` must be one of mcld, autoencoder, .*, refiner, live, not 'poet'"),
    "a date for a key": ({"sizes": {dt.date(2026, 1, 1): 1}}, "holds what no configuration can"),
    "batch larger than data": ({"batch": 9, "data": {"people": 4}}, "`batch` is 9, but `data.people` only 4"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_configuration_names_the_key_and_the_cure(tmp_path: Path, case: str):
    values, says = BAD[case]
    with pytest.raises(ConfigError, match=says):
        read_config(written(tmp_path, **values))


def test_a_run_whose_data_is_not_there_does_not_begin_and_its_memory_is_worked_out_all_the_same(tmp_path: Path):
    data = {"source": "folder", "folder": "nowhere"}
    config = read_config(written(tmp_path, out=str(tmp_path / "x"), sizes=SIZES, data=data))
    with pytest.raises(ConfigError, match=r"`data\.folder`: there is no folder 'now"):
        train(config, quiet=True)
    assert not (tmp_path / "x").exists()
    assert parameters(config)["denoising_unet"]


def test_files_that_are_no_configuration_are_told(tmp_path: Path):
    for text, says in (("- 1", "must be a table"), ("a: [", "not valid YAML"), ("extends: run.yaml", "extends itself")):
        (tmp_path / "run.yaml").write_text(text)
        with pytest.raises(ConfigError, match=says):
            read_config(tmp_path / "run.yaml")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path / "none.yaml")
    (tmp_path / "run.yaml").write_text("out: x")
    with pytest.raises(ConfigError, match="`task` is missing"):
        read_config(tmp_path / "run.yaml")


def test_numbers_as_yaml_1_1_reads_them_are_numbers(tmp_path: Path):
    (tmp_path / "run.yaml").write_text("task: mcld\nout: x\nlearning_rate: 1e-3\nclip: 1\nprecision: no\n")
    read = read_config(tmp_path / "run.yaml")
    assert (read.learning_rate, read.clip, read.precision) == (0.001, 1.0, "no")


def test_a_configuration_does_not_change(tmp_path: Path):
    read = read_config(written(tmp_path))
    with pytest.raises(dataclasses.FrozenInstanceError):
        read.steps = 3


def test_the_published_schema_is_that_of_the_configuration(root: Path):
    assert json.loads((root / "configs" / "schema.json").read_text()) == schema()


def test_every_task_of_the_table_is_there():
    from importlib import import_module

    for name, place in TASK_TABLE.items():
        module, kind = place.split(".")
        assert issubclass(getattr(import_module(f"mcld_app.training.tasks.{module}"), kind), torch.nn.Module), name


def test_a_key_is_changed_from_the_command_line(tmp_path: Path):
    read = read_config(written(tmp_path, steps=5), {"steps": "7", "data.people": "12"})
    assert (read.steps, read.data.people) == (7, 12)


def test_parts_of_a_bundled_model_are_trained_on_in_full_precision(root: Path):
    for name in ("image_encoder", "face_encoder", "vae"):
        part = saved_part(root / "checkpoints" / "demo", name)
        assert {p.dtype for p in part.parameters()} == {torch.float32}, name


def test_a_part_that_is_neither_trained_nor_there_is_named(tmp_path: Path):
    with pytest.raises(ConfigError, match="The part vae is neither in `out`"):
        make_task(config(tmp_path / "run", base=str(tmp_path / "nothing")))
    with pytest.raises(ConfigError, match=r"`sizes\.face_projector` cannot be built"):
        new_part("face_projector", config(tmp_path / "run", sizes={"face_projector": {"wide": 3}}))


CONFIGURATIONS = [
    file for file in sorted(Path(__file__).parents[1].glob("configs/**/*.yaml")) if file.parent.name != "accelerate"
]  # those are accelerate's own


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda p: p.stem)
def test_every_configuration_of_the_repository_can_be_read(file: Path, tmp_path: Path):
    changes = {}
    if yaml.safe_load(file.read_text()).get("data", {}).get("source") == "folder" or "paper" in file.read_text():
        changes = {"data.folder": str(tmp_path)}
    read_config(file, changes)


def test_the_rate_rises_and_falls():
    run = Config("mcld", "x", steps=100, warmup=10, learning_rate=1.0, schedule="cosine")
    rates = [learning_rate(run, step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == 1.0 == rates[9]
    assert rates[-1] < 0.05
    assert all(a >= b for a, b in itertools.pairwise(rates[10:]))
    assert learning_rate(Config("mcld", "x", learning_rate=0.5), 12345) == 0.5
