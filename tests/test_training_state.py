"""A run's state: what comes back of it, what a kill leaves, and what is spread over processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from test_training import SIZES, UNET, a_batch, accelerate_anew, config, losses_of  # noqa: F401

from mcld_app.files import remove_leftovers, whole_folder
from mcld_app.training import loop
from mcld_app.training.config import ConfigError, Objective
from mcld_app.training.loop import Run, train
from mcld_app.training.optimiser import make_optimiser
from mcld_app.training.parts import saved_part
from mcld_app.training.state import clean, load_state, save_state

# --- fp16's scale --------------------------------------------------------------------------------------------------


@pytest.fixture
def scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Losses are scaled as on a GPU with `precision: fp16`; the scale doubles after every second step."""
    made = loop._accelerator

    def with_scaler(config):
        accelerator = made(config)
        accelerator.scaler = torch.amp.GradScaler("cpu", init_scale=256.0, growth_interval=2)
        return accelerator

    monkeypatch.setattr(loop, "_accelerator", with_scaler)


def test_the_scale_of_fp16s_losses_survives_a_stop(tmp_path: Path, scaled: None):
    whole, parted = config(tmp_path / "a"), config(tmp_path / "b")
    train(whole, quiet=True)
    train(parted, minutes=0, quiet=True)
    train(parted, quiet=True)  # with a new scaler, as in a new process
    states = [load_state(Path(run.out) / "state-mcld")[2]["scaler"] for run in (whole, parted)]
    assert states[0] == states[1] and (states[0]["scale"], states[0]["_growth_tracker"]) == (512.0, 1)
    assert losses_of(parted) == losses_of(whole)


# --- A kill while saving -------------------------------------------------------------------------------------------

_KILLED = """
import os, signal, sys, torch
from pathlib import Path
import safetensors.torch
from mcld_app.training.state import save_state
from mcld_app.files import replaced_folder
out = Path(sys.argv[1])
save_state(out / "state-mcld", 1, {"a": torch.ones(3)}, {})
if os.fork() == 0:
    with replaced_folder(out / "pose_guider") as temporary:
        (temporary / "config.json").write_text("{")
        os.kill(os.getpid(), signal.SIGKILL)
os.wait()
safetensors.torch.save_file = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
save_state(out / "state-mcld", 2, {"a": torch.ones(3)}, {})
"""


def hidden_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".*") if path.name.endswith(".part")]


@pytest.mark.skipif(sys.platform == "win32", reason="needs kill -9")
def test_what_a_kill_while_saving_leaves_is_gone_with_the_next_start(tmp_path: Path, root: Path):
    out = tmp_path / "run"
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(out)], cwd=root, capture_output=True, timeout=120)
    assert killed.returncode == -9, killed.stderr
    assert {path.parent.name for path in hidden_in(out)} == {"state-mcld", "run"}, "both writers left something"
    assert load_state(out / "state-mcld")[0] == 1
    (out / "state-mcld" / "step-0000001" / "state.json").unlink()  # of another network: this run begins anew
    (out / ".mine.part").write_text("not a writer's")
    Run(config(out))
    assert [path.name for path in hidden_in(out)] == [".mine.part"]


def test_only_the_names_asked_for_are_cleaned_up(tmp_path: Path):
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "a") as first:
        left = first.rename(first.with_name(first.name.replace(".a.", ".b.")))
        raise RuntimeError
    assert remove_leftovers(tmp_path, "a*") == [] and left.is_dir()
    assert remove_leftovers(tmp_path / "nowhere") == []
    assert remove_leftovers(tmp_path) == [left] and not left.exists()


def test_more_than_two_states_are_dropped_at_the_start_too(tmp_path: Path):
    for step in (1, 2):
        save_state(tmp_path, step, {"a": torch.ones(1)}, {})
    (tmp_path / "step-0000000").mkdir()  # killed while it was being deleted
    clean(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-0000001", "step-0000002"]


# --- 8-bit moments -------------------------------------------------------------------------------------------------

WIDE = {**UNET, "block_out_channels": [32, 64]}  # bitsandbytes leaves tensors below 4096 numbers in 32 bits
WIDER = {
    **SIZES, "denoising_unet": {"sizes": WIDE}, "reference_unet": {"sizes": {**WIDE, "sample_size": 16}},
    "pose_guider": {"channels": 32, "widths": [4, 8, 8, 8]},
}  # fmt: skip


def test_8_bit_moments_without_their_package_say_what_to_install(tmp_path: Path, monkeypatch):
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    monkeypatch.setitem(sys.modules, "bitsandbytes.optim", None)
    with pytest.raises(ConfigError, match="pip install bitsandbytes"):
        make_optimiser(config(tmp_path / "run", optimiser="adamw-8bit"), [torch.nn.Parameter(torch.ones(1))])


def test_8_bit_moments_learn_as_32_bits_do_and_come_back_exactly(tmp_path: Path):
    pytest.importorskip("bitsandbytes")
    plain = config(tmp_path / "plain", sizes=WIDER, learning_rate=2e-4)
    whole, parted = (replace(plain, out=str(tmp_path / name), optimiser="adamw-8bit") for name in "ab")
    for run in (plain, whole):
        train(run, quiet=True)
    train(parted, minutes=0, quiet=True)
    train(parted, quiet=True)
    assert losses_of(parted) == losses_of(whole)
    for step, loss in losses_of(plain).items():
        assert losses_of(whole)[step] == pytest.approx(loss, rel=1e-3)
    kinds = {value.dtype for name, value in load_state(tmp_path / "a" / "state-mcld")[1].items() if "state1" in name}
    assert torch.uint8 in kinds


# --- Spread over processes -----------------------------------------------------------------------------------------


def test_a_process_that_hides_the_texture_runs_the_same_networks_and_loses_nothing(tmp_path: Path):
    """With weights spread, all processes have to ask for those of the same networks, whatever each of them hides."""
    task = loop.make_task(config(tmp_path / "run", objective=Objective(drop_all=1.0)))
    batch, calls, found = a_batch(task), [], []
    task.reference_unet.register_forward_hook(lambda *_: calls.append(1))
    for task.lockstep in (False, True):
        task.zero_grad()
        loss = task(batch, torch.Generator().manual_seed(2))["loss"]
        loss.backward()
        gradients = {n: p.grad.clone() for n, p in task.named_parameters() if p.grad is not None and p.grad.any()}
        found.append((loss.item(), gradients))
    assert len(calls) == 1
    assert found[0][0] == found[1][0] and found[0][1].keys() == found[1][1].keys()
    assert all(torch.equal(value, found[1][1][name]) for name, value in found[0][1].items())
    learned = [p for p in task.reference_unet.unet.down_blocks.parameters() if p.requires_grad]
    assert all(p.grad is not None for p in learned), "gradients of zero, which the other processes wait for"


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("MCLD_TEST_FSDP"), reason="takes minutes: MCLD_TEST_FSDP=1 runs it")
@pytest.mark.parametrize(("precision", "of_loss", "of_weights"), [("no", 1e-4, 1e-5), ("bf16", 2e-3, 1e-2)])
def test_fsdp_learns_what_ddp_learns_and_is_taken_up_again(
    tmp_path: Path, root: Path, precision: str, of_loss: float, of_weights: float
):
    """On two CPU processes over gloo, which accelerate has to take for devices: see `processes_as_devices`."""
    settings = yaml.safe_load((root / "configs" / "accelerate" / "fsdp.yaml").read_text())["fsdp_config"]
    spread = {"ACCELERATE_USE_FSDP": "true"} | {
        name.replace("_layer", "").upper(): str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in settings.items()
    }
    spread["FSDP_TRANSFORMER_CLS_TO_WRAP"] = settings["fsdp_transformer_layer_cls_to_wrap"]
    data = {"folder": str(tmp_path / "kept"), "size": [128, 96], "texture": 128, "people": 6, "targets": 2}
    values = {"task": "mcld", "steps": 3, "batch": 1, "learning_rate": 1e-3, "sizes": SIZES, "ema": 0.9}
    values |= {"precision": precision, "checkpointing": True, "grid_every": 2, "save_every": 2, "data": data}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    for name, script, more in (("ddp", ["-m", "mcld_app"], {}), ("fsdp", ["tests/processes_as_devices.py"], spread)):
        file = tmp_path / f"{name}.yaml"
        file.write_text(yaml.safe_dump({**values, "out": str(tmp_path / name)}))
        for minutes in ("0", "9"):
            done = subprocess.run(
                [*torchrun, *script, "train", str(file), "--threads", "1", "--minutes", minutes], cwd=root,
                env={**os.environ, "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1", **more},
                capture_output=True, text=True, timeout=400,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr[-3000:]
    lines = [(tmp_path / name / "losses-mcld.jsonl").read_text().splitlines() for name in ("ddp", "fsdp")]
    ddp, fsdp = ([json.loads(line)["loss"] for line in of] for of in lines)
    assert fsdp == pytest.approx(ddp, rel=of_loss) and len(fsdp) == 3
    for part in ("denoising_unet", "reference_unet", "face_projector"):
        a, b = (saved_part(tmp_path / name, part).state_dict() for name in ("ddp", "fsdp"))
        assert all(torch.allclose(a[name], b[name], atol=of_weights) for name in a)
    assert (tmp_path / "fsdp" / "pictures-mcld" / "0000002.png").is_file()
