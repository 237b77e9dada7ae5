"""What memory training takes: the arithmetic against real tensors, and what checkpointing saves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from test_training import SIZES, a_batch, accelerate_anew, config  # noqa: F401
from thorough import only_thorough

from mcld_app.cli.main import main
from mcld_app.training import simulated
from mcld_app.training.config import ConfigError, read_config
from mcld_app.training.loop import Run, make_task
from mcld_app.training.memory import parameters, ways
from mcld_app.training.simulated import BytesHeld, activation_bytes

STOCK = {**SIZES, "vae": {  # a stock autoencoder and UNets, as at full size: only those recompute
    "block_out_channels": [8] * 4, "norm_num_groups": 4, "latent_channels": 4, "layers_per_block": 1,
    "down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4,
}}  # fmt: skip


def held(tensors) -> int:
    return sum(value.numel() * value.element_size() for value in tensors)


def test_the_papers_run_holds_what_the_arithmetic_says(root: Path, tmp_path: Path):
    """28.8 GB of weights, gradients and moments, 1.6 of fixed weights, 7.2 for DDP's buckets."""
    paper = read_config(root / "configs" / "paper.yaml", {"data.folder": str(tmp_path)})
    counted = parameters(paper)
    learned, fixed = sum(p.learned for p in counted.values()), sum(p.fixed for p in counted.values())
    assert learned / 1e6 == pytest.approx(1800.8, abs=0.1)
    assert 16 * learned / 1e9 == pytest.approx(28.8, abs=0.05)
    assert 4 * fixed / 1e9 == pytest.approx(1.6, abs=0.05)
    alone, two, small, _, spread = ways(paper, counted)
    assert alone.total == pytest.approx(16 * learned + 4 * fixed)
    assert two.total - alone.total == pytest.approx(7.2e9, rel=0.01)
    assert small.moments == pytest.approx(alone.moments / 4, rel=0.02)
    assert spread.total < two.total - 15e9


def test_a_real_steps_tensors_are_those_of_the_arithmetic(tmp_path: Path):
    run = Run(config(tmp_path / "run", ema=0.9))
    counted = parameters(run.config)
    for batch in run.batches():
        run._prepared.zero_grad = lambda **_: None  # so that the gradients can be counted
        run.learn(batch)
        break
    task = run.weights.task
    averaged = [run.weights.average[name] for name, _ in task.named_parameters() if name in run.weights.average]
    weights = held(task.parameters()) + held(averaged)
    gradients = held(p.grad for p in run.weights.learned)
    moments = held(v for values in run._optimiser.state.values() for v in values.values() if v.ndim)
    alone = next(ways(run.config, counted))
    assert (alone.weights, alone.gradients, alone.moments) == (weights, gradients, moments)


def real_step(run) -> tuple[int, dict[str, torch.Tensor]]:
    """A step's activations in bytes, and its gradients."""
    torch.manual_seed(0)
    task = make_task(run)
    batch = a_batch(task)
    with BytesHeld([*task.parameters(), *task.buffers(), *batch.values()]) as held:
        for parameter in task.parameters():
            if parameter.requires_grad:
                parameter.register_post_accumulate_grad_hook(held.leave_out)
        task(batch, torch.Generator().manual_seed(1))["loss"].backward()
    return held.most, {name: p.grad for name, p in task.named_parameters() if p.grad is not None}


@only_thorough
def test_checkpointing_takes_less_memory_as_simulated_and_finds_the_same_gradients(tmp_path: Path):
    run = config(tmp_path / "run", sizes=STOCK)
    found = {}
    for checkpointing in (False, True):
        changed = replace(run, checkpointing=checkpointing)
        found[checkpointing] = real_step(changed)
    assert activation_bytes(changed) == pytest.approx(found[True][0], rel=0.25)
    (most, gradients), (less, again) = found[False], found[True]
    assert less < 0.8 * most
    assert gradients and gradients.keys() == again.keys()
    assert all(torch.allclose(value, again[name], atol=1e-6, rtol=1e-4) for name, value in gradients.items())


def test_the_command_prints_both_tables_and_trains_nothing(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.setattr(simulated, "activation_bytes", lambda run: 2e9 if run.checkpointing else 3e9)
    file = tmp_path / "run.yaml"
    data = {"size": [128, 96], "texture": 128, "people": 4, "targets": 2}
    values = {"task": "mcld", "out": str(tmp_path / "x"), "batch": 2, "sizes": SIZES, "data": data}
    file.write_text(yaml.safe_dump(values))
    assert main(["train", str(file), "--memory"]) == 0
    said = capsys.readouterr().out
    assert "| denoising_unet |" in said and "(FSDP)" in said and "| float32 | 3.0 | 2.0 |" in said
    assert not (tmp_path / "x").exists()


def test_only_mcld_itself_is_worked_out(tmp_path: Path):
    with pytest.raises(ConfigError, match="task: mcld"):
        parameters(config(tmp_path / "run", task="autoencoder"))
