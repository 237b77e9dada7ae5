"""From files to a pipeline: nothing in a file is run, and every tensor is where it belongs."""

from __future__ import annotations

import errno
import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny import sizes_of, tiny_pipeline
from weight_files import (
    everything_in,
    files_at_most,
    picture,
    same_weights,
    states_of,
    write_authors,
)

from mcld_app.checkpoints import (
    BrokenWeights,
    DiskFull,
    MissingWeights,
    UntrustedWeights,
    WeightsError,
    load_pipeline,
    save_pipeline,
    trust,
)
from mcld_app.checkpoints.tensors import convert, read_tensors


class Bomb:
    """A pickle that makes a folder when it is opened carelessly."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("zipped", [True, False], ids=["torch's format", "torch's old format"])
def test_code_in_a_pickle_is_never_run_even_if_the_owner_vouched_for_it(folder: Path, tiny, tmp_path, zipped: bool):
    write_authors(folder, tiny)
    path, proof = folder / "pose_guider.pth", tmp_path / "boom"
    state = dict(tiny.pose_guider.state_dict()) | {"x": Bomb(proof)}
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    trust(folder)
    with pytest.raises(BrokenWeights, match="more than tensors"):
        load_pipeline(sizes=sizes_of(tiny))
    assert not proof.exists()
    pickle.loads(pickle.dumps(Bomb(proof)))  # the bomb is real
    assert proof.exists()


@pytest.mark.parametrize("stored", [[1, 2], {}, {"a": 3}, {"step": 60000, "a": torch.zeros(1)}, torch.zeros(3)])
def test_a_file_without_a_table_of_tensors_is_refused(tmp_path: Path, stored):
    torch.save(stored, tmp_path / "x.pth")
    with pytest.raises(BrokenWeights, match="not what this place is for"):
        read_tensors(tmp_path / "x.pth")


def test_the_old_format_of_torch_is_read(folder: Path, tiny):
    write_authors(folder, tiny)
    torch.save(tiny.pose_guider.state_dict(), folder / "pose_guider.pth", _use_new_zipfile_serialization=False)
    trust(folder)
    assert same_weights(load_pipeline(sizes=sizes_of(tiny)), tiny)



# --- Strictness ------------------------------------------------------------------------------------------------------

def spoilt(folder: Path, tiny, change) -> BrokenWeights:
    """What is said after the ReferenceNet's tensors were changed."""
    write_authors(folder, tiny)
    state = {k: v.clone() for k, v in states_of(tiny)["reference_unet"].items()}
    change(state)
    torch.save(state, folder / "reference_unet.pth")
    trust(folder)
    with pytest.raises(BrokenWeights) as error:
        load_pipeline(sizes=sizes_of(tiny))
    return error.value


def test_a_missing_tensor_is_named(folder: Path, tiny):
    error = spoilt(folder, tiny, lambda state: state.pop("conv_in.weight"))
    assert "conv_in.weight, of shape (8, 4, 3, 3), is missing." in str(error)


def test_an_extra_tensor_is_named(folder: Path, tiny):
    error = spoilt(folder, tiny, lambda state: state.update({"conv_out.bias": torch.zeros(4)}))
    assert "conv_out.bias, of shape (4), does not belong" in str(error)


def test_a_tensor_of_another_shape_is_named_with_both_shapes(folder: Path, tiny):
    error = spoilt(folder, tiny, lambda state: state.update({"conv_in.bias": torch.zeros(9)}))
    assert "conv_in.bias has the shape (9) and should have (8)" in str(error)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_value_that_is_not_finite_is_refused_with_the_tensors_name(folder: Path, tiny, value: float):
    def change(state: dict) -> None:
        state["mid_block.resnets.0.conv1.weight"][1, 2, 0, 0] = value

    assert "mid_block.resnets.0.conv1.weight that are not finite" in str(spoilt(folder, tiny, change))


def test_whole_numbers_in_place_of_a_weight_are_refused(folder: Path, tiny):
    error = spoilt(folder, tiny, lambda state: state.update({"conv_in.bias": torch.zeros(8, dtype=torch.int64)}))
    assert "conv_in.bias holds int64" in str(error)


def test_the_face_keys_may_not_be_missing(folder: Path, tiny):
    """A lenient load would draw without the face, and nobody would know."""
    write_authors(folder, tiny)
    state = {k: v for k, v in states_of(tiny)["denoising_unet"].items() if "to_k_ip" not in k}
    torch.save(state, folder / "denoising_unet.pth")
    trust(folder)
    with pytest.raises(BrokenWeights, match=r"attn2\.processor\.to_k_ip\.weight.* is missing"):
        load_pipeline(sizes=sizes_of(tiny))


def test_a_value_too_large_for_half_precision_is_said(folder: Path, tiny):
    write_authors(folder, tiny)
    state = {k: v.clone() for k, v in tiny.pose_guider.state_dict().items()}
    state["conv_in.bias"][0] = 1e6
    torch.save(state, folder / "pose_guider.pth")
    trust(folder)
    load_pipeline(sizes=sizes_of(tiny))
    with pytest.raises(BrokenWeights, match=r"conv_in\.bias too large for float16"):
        load_pipeline(sizes=sizes_of(tiny), dtype="float16")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", torch.float32])
def test_weights_are_loaded_as_the_asked_type(folder: Path, tiny, dtype):
    write_authors(folder, tiny)
    trust(folder)
    pipe = load_pipeline(sizes=sizes_of(tiny), dtype=dtype)
    wanted = getattr(torch, dtype) if isinstance(dtype, str) else dtype
    for part in (pipe.vae, pipe.image_encoder, pipe.denoising_unet, pipe.reference_unet, pipe.pose_guider):
        assert {p.dtype for p in part.parameters()} == {wanted}
        assert not any(t.is_meta for t in (*part.parameters(), *part.buffers()))
    assert pipe.image_encoder.vision_model.embeddings.position_ids.tolist() == [list(range(50))]


def test_the_autoencoders_old_names_are_understood(folder: Path, tiny):
    """The published sd-vae-ft-mse names its attention query, key, value and proj_attn."""
    write_authors(folder, tiny)
    old = {}
    for name, tensor in tiny.vae.state_dict().items():
        for new, was in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
            name = name.replace(f".attentions.0.{new}.", f".attentions.0.{was}.")
        old[name] = tensor
    assert sum(".query." in name for name in old) == 4
    save_file(old, folder / "sd-vae-ft-mse" / "diffusion_pytorch_model.safetensors")
    trust(folder)
    assert same_weights(load_pipeline(sizes=sizes_of(tiny)), tiny)



# --- Conversion ------------------------------------------------------------------------------------------------------

def test_a_pickle_is_converted_once_and_may_be_deleted_then(folder: Path, tiny, monkeypatch):
    write_authors(folder, tiny)
    trust(folder)
    load_pipeline(sizes=sizes_of(tiny))
    assert load_file(folder / "pose_guider.safetensors").keys() == tiny.pose_guider.state_dict().keys()
    assert (folder / "image_encoder" / "pytorch_model.safetensors").is_file()
    monkeypatch.setattr(torch, "load", lambda *a, **k: pytest.fail("a pickle was opened again"))
    load_pipeline(sizes=sizes_of(tiny))
    for pickled in (*folder.glob("*.pth"), *folder.rglob("*.bin")):
        pickled.unlink()
    assert same_weights(load_pipeline(sizes=sizes_of(tiny)), tiny)


def test_what_was_converted_from_a_replaced_file_is_not_used(folder: Path, tiny):
    write_authors(folder, tiny)
    trust(folder)
    load_pipeline(sizes=sizes_of(tiny))
    other = tiny_pipeline(seed=3)
    torch.save(other.pose_guider.state_dict(), folder / "pose_guider.pth")
    with pytest.raises(BrokenWeights, match="changed"):
        load_pipeline(sizes=sizes_of(tiny))
    trust(folder / "pose_guider.pth")
    for _ in range(2):
        pipe = load_pipeline(sizes=sizes_of(tiny))
        assert torch.equal(pipe.pose_guider.conv_in.weight, other.pose_guider.conv_in.weight)


def test_a_converted_file_that_was_changed_is_refused(folder: Path, tiny):
    write_authors(folder, tiny)
    trust(folder)
    load_pipeline(sizes=sizes_of(tiny))
    state = {k: v * 2 for k, v in tiny.pose_guider.state_dict().items()}
    save_file(state, folder / "pose_guider.safetensors")
    with pytest.raises(BrokenWeights, match="changed"):
        load_pipeline(sizes=sizes_of(tiny))


def test_views_of_one_memory_become_tensors_of_their_own(tmp_path: Path):
    base = torch.arange(12.0).reshape(3, 4)
    torch.save({"a": base, "b": base[1:], "c": base.T, "d": base}, tmp_path / "x.pth")
    convert(tmp_path / "x.pth", tmp_path / "x.safetensors")
    made = load_file(tmp_path / "x.safetensors")
    assert all(torch.equal(made[k], v) for k, v in {"a": base, "b": base[1:], "c": base.T, "d": base}.items())


def test_a_folder_that_may_not_be_written_to_is_loaded_all_the_same(folder: Path, tiny, monkeypatch):
    write_authors(folder, tiny)
    trust(folder)
    monkeypatch.setattr(os, "access", lambda *a: False)
    before = everything_in(folder)
    assert same_weights(load_pipeline(sizes=sizes_of(tiny)), tiny)
    assert everything_in(folder) == before


def test_too_little_space_is_said_before_anything_is_written(folder: Path, tiny, monkeypatch):
    write_authors(folder, tiny)
    trust(folder)
    before = everything_in(folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda p: shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(DiskFull, match=r"not enough space in .* 1\.0 kB are free"):
        load_pipeline(sizes=sizes_of(tiny))
    assert everything_in(folder) == before


def test_a_disk_that_becomes_full_while_converting_leaves_nothing_half_written(folder: Path, tiny):
    write_authors(folder, tiny)
    trust(folder)
    before = everything_in(folder)
    with files_at_most(20_000), pytest.raises(DiskFull, match="became full"):
        load_pipeline(sizes=sizes_of(tiny))
    assert everything_in(folder) == before
    assert same_weights(load_pipeline(sizes=sizes_of(tiny)), tiny)


def test_the_systems_no_space_left_is_said_too(folder: Path, tiny, monkeypatch):
    path = folder / "pose_guider.pth"
    torch.save(tiny.pose_guider.state_dict(), path)

    def full(tensors, target) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(DiskFull, match="became full"):
        convert(path, folder / "pose_guider.safetensors")
    assert everything_in(folder) == ["pose_guider.pth"]



# --- diffusers' layout -----------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def saved(tiny, tmp_path_factory) -> Path:
    """A model as `save_pretrained` writes it; copy it before changing it."""
    path = tmp_path_factory.mktemp("saved") / "model"
    tiny.save_pretrained(path, safe_serialization=True)
    return path


def test_saving_and_loading_gives_the_same_picture_bit_for_bit(folder: Path, tiny):
    save_pipeline(tiny, folder / "mine")
    assert not list((folder / "mine").rglob("*.bin"))
    pipe = load_pipeline(folder / "mine")
    assert np.array_equal(picture(pipe), picture(tiny))
    assert pipe.scheduler.config.prediction_type == "v_prediction" and pipe.scheduler.config.rescale_betas_zero_snr


def test_diffusers_own_loader_gives_the_same_picture_too(saved: Path, tiny):
    from mcld_app.network.pipeline import MCLDPipeline

    pipe = MCLDPipeline.from_pretrained(saved, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    assert np.array_equal(picture(pipe), picture(tiny))


@pytest.mark.parametrize("plan", ["B1", "B4"])
def test_an_ablation_comes_back_as_the_ablation_it_was(folder: Path, plan: str):
    pipe = tiny_pipeline(plan)
    save_pipeline(pipe, folder / plan)
    back = load_pipeline(folder / plan)
    assert back.denoising_unet.plan == pipe.denoising_unet.plan
    assert np.array_equal(picture(back), picture(pipe))


def test_a_folder_from_elsewhere_needs_the_owners_word(saved: Path, tiny):
    with pytest.raises(UntrustedWeights, match=f"python -m mcld_app trust {saved}"):
        load_pipeline(saved)
    trust(saved)
    assert same_weights(load_pipeline(saved), tiny)


def test_the_bundled_model_brings_its_hashes(tmp_path: Path, tiny, monkeypatch):
    bundled = tmp_path / "program" / "demo"
    save_pipeline(tiny, bundled, bundled=True)
    (tmp_path / "checkpoints" / "ledger.json").unlink()
    with pytest.raises(UntrustedWeights):
        load_pipeline(bundled)  # a hashes.json in just any folder proves nothing
    monkeypatch.setattr("mcld_app.checkpoints.saved.bundled_folder", lambda: bundled)
    assert same_weights(load_pipeline(bundled), tiny)
    file = bundled / "pose_guider" / "diffusion_pytorch_model.safetensors"
    save_file({k: v * 2 for k, v in load_file(file).items()}, file)
    with pytest.raises(BrokenWeights, match="not the file that came with the program"):
        load_pipeline(bundled)


@pytest.mark.parametrize(
    "value", [["os", "system"], ["mcld_app.network.unets", "nn.Module"], "AutoencoderKL", ["diffusers", "FluxPipeline"],
              ["mcld_app.network.unets", "DenoisingUNet"], ["diffusers", "DDIMScheduler"]],
)  # fmt: skip
def test_a_folder_may_name_only_the_parts_of_mcld(saved: Path, tmp_path: Path, value):
    folder = tmp_path / "model"
    shutil.copytree(saved, folder)
    index = json.loads((folder / "model_index.json").read_text())
    (folder / "model_index.json").write_text(json.dumps(index | {"vae": value}))
    trust(folder)
    with pytest.raises(BrokenWeights, match="no part of MCLD"):
        load_pipeline(folder)


def test_a_part_that_is_missing_is_said(saved: Path, tmp_path: Path):
    folder = tmp_path / "model"
    shutil.copytree(saved, folder)
    index = json.loads((folder / "model_index.json").read_text())
    del index["vae"]
    (folder / "model_index.json").write_text(json.dumps(index))
    trust(folder)
    with pytest.raises(BrokenWeights, match="vae"):
        load_pipeline(folder)


def test_a_folder_that_lost_a_file_or_a_tensor_is_refused(saved: Path, tmp_path: Path):
    folder = tmp_path / "model"
    shutil.copytree(saved, folder)
    file = folder / "denoising_unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(file)
    tensors.pop("unet.conv_in.weight")
    save_file(tensors, file)
    trust(folder)
    with pytest.raises(BrokenWeights, match=r"unet\.conv_in\.weight.* is missing"):
        load_pipeline(folder)
    file.unlink()
    with pytest.raises(MissingWeights, match="denoising_unet"):
        load_pipeline(folder)


@pytest.mark.parametrize("text", ["{", "[]", '{"sizes": {"block_out_channels": [7]}}', '{"sizes": 3}'])
def test_a_configuration_without_sense_is_refused(saved: Path, tmp_path: Path, text: str):
    folder = tmp_path / "model"
    shutil.copytree(saved, folder)
    (folder / "denoising_unet" / "config.json").write_text(text)
    trust(folder)
    with pytest.raises(BrokenWeights):
        load_pipeline(folder)


def test_saving_over_something_is_refused_and_a_full_disk_leaves_nothing(folder: Path, tiny, monkeypatch):
    (folder / "mine").mkdir()
    (folder / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(WeightsError, match="in use"):
        save_pipeline(tiny, folder / "mine")
    monkeypatch.setattr(shutil, "disk_usage", lambda p: shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(DiskFull):
        save_pipeline(tiny, folder / "other")
    monkeypatch.undo()
    with files_at_most(20_000), pytest.raises(DiskFull):
        save_pipeline(tiny, folder / "other")
    assert everything_in(folder) == ["mine/notes.txt"]


def test_the_shared_engine_draws_with_a_loaded_pipeline(folder: Path, tiny):
    from mcld_app.engine.engine import Engine
    from mcld_app.engine.model import Model

    save_pipeline(tiny, folder / "mine")
    engine = Engine(Model("tiny", lambda device, dtype: load_pipeline(folder / "mine", device=device, dtype=dtype)))
    engine._load()
    assert same_weights(engine._loaded.pipe, tiny)
