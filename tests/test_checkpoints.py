"""Checkpoints: small weights in exactly the layouts people have, and everything that goes wrong with large files."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pickle
import shutil
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from hub import HTML, Hub
from safetensors.torch import load_file, save_file
from tiny import sizes_of, tiny_pipeline

from mcld_app import checkpoints
from mcld_app.checkpoints import (
    PUBLISHED,
    TABLE,
    BrokenWeights,
    ChecksumManifest,
    DiskFull,
    DownloadError,
    MissingWeights,
    UntrustedWeights,
    WeightsError,
    download,
    find,
    find_all,
    load_pipeline,
    save_pipeline,
    trust,
    weight_named,
)
from mcld_app.checkpoints.formats import recognise
from mcld_app.checkpoints.tensors import convert, read_tensors
from mcld_app.errors import Cancelled

NOWHERE = "http://127.0.0.1:9"  # the port of "discard", where nobody listens


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, an empty Hugging Face cache, and a checkpoints folder of the test's own."""
    monkeypatch.setenv("HF_ENDPOINT", NOWHERE)
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "checkpoints").mkdir()


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small only wait for each other's threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The checkpoints folder."""
    return tmp_path / "checkpoints"


@pytest.fixture(scope="module")
def tiny():
    """The model that all the small weights here belong to."""
    return tiny_pipeline()


def states_of(pipe) -> dict[str, dict[str, torch.Tensor]]:
    """What the authors' files hold, by the weight's name."""
    return {
        "denoising_unet": pipe.denoising_unet.unet.state_dict(),
        "reference_unet": pipe.reference_unet.unet.state_dict(),
        "pose_guider": pipe.pose_guider.state_dict(),
        "image_proj_model": pipe.face_projector.state_dict(),
        "vae": pipe.vae.state_dict(),
        "image_encoder": pipe.image_encoder.state_dict(),
    }


def write_authors(folder: Path, pipe, names: dict[str, str] | None = None) -> None:
    """The authors' layout: their four `.pth`, and the base parts as their own repositories publish them."""
    names = names or {}
    states = states_of(pipe)
    for name in ("denoising_unet", "reference_unet", "pose_guider", "image_proj_model"):
        torch.save(states[name], folder / names.get(name, f"{name}.pth"))
    vae, encoder = folder / "sd-vae-ft-mse", folder / "image_encoder"
    vae.mkdir()
    encoder.mkdir()
    save_file(states["vae"], vae / "diffusion_pytorch_model.safetensors")
    # The published CLIP file also stores its counter of positions.
    positions = {"vision_model.embeddings.position_ids": torch.arange(50)[None]}
    torch.save(states["image_encoder"] | positions, encoder / "pytorch_model.bin")


def picture(pipe) -> np.ndarray:
    """What a pipeline draws from fixed conditions, (1, 64, 64, 3) float32."""
    grey = torch.linspace(0, 1, 64 * 64 * 3).reshape(1, 3, 64, 64)
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    face = torch.linspace(-1, 1, 512)[None]
    return pipe(grey, grey.flip(2), grey, face, num_inference_steps=2, latents=noise, output_type="np").images


def same_weights(a, b) -> bool:
    ours, theirs = states_of(a), states_of(b)
    return all(torch.equal(ours[n][k], theirs[n][k]) for n in ours for k in ours[n])


@contextlib.contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """The system lets no file grow beyond that: a disk that really becomes full in the middle of writing."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def everything_in(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")


# --- The table -----------------------------------------------------------------------------------------------------


def test_the_table_says_of_every_weight_where_it_is_from_and_under_which_licence():
    assert len({weight.name for weight in TABLE}) == len(TABLE)
    for weight in TABLE:
        assert weight.repository.count("/") == 1 and weight.licence and weight.files and weight.place
        assert all(len(known) == 64 for known in weight.known)


def test_a_download_lands_where_it_is_looked_for(folder: Path):
    for weight in checkpoints.NEEDED + checkpoints.OPTIONAL + checkpoints.READERS:
        path = folder / weight.place
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        assert find(weight).path == path


def test_the_sizes_in_the_table_are_those_of_the_networks(reference: Path):
    """At full size, without memory: bytes in float32, and for the authors' files their key names and shapes."""
    from mcld_app.checkpoints.modules import without_memory
    from mcld_app.checkpoints.published import makers

    published = json.loads((reference / "full_keys.json").read_text("utf-8"))
    for name, make in makers(PUBLISHED).items():
        module = without_memory(lambda make=make: make(Path("nowhere/x")))
        state = getattr(module, "unet", module).state_dict()
        weight = weight_named("image_proj_model" if name == "face_projector" else name)
        total = sum(t.numel() * 4 for t in state.values())
        assert 0 <= weight.size - total < 200_000, (name, weight.size, total)
        if not weight.known:
            assert total == weight.size
            assert {k: list(v.shape) for k, v in state.items()} == published[f"{weight.name}.pth"]


# --- Finding -------------------------------------------------------------------------------------------------------


def test_the_authors_layout_loads_as_it_is(folder: Path, tiny):
    write_authors(folder, tiny)
    trust(folder)
    pipe = load_pipeline(sizes=sizes_of(tiny))
    assert same_weights(pipe, tiny)
    assert np.array_equal(picture(pipe), picture(tiny))
    assert not any(p.requires_grad for p in pipe.denoising_unet.parameters()) and not pipe.denoising_unet.training


@pytest.mark.parametrize(
    "names",
    [
        {"image_proj_model": "image_projector.pth"},
        {n: f"{n}-60000.pth" for n in ("denoising_unet", "reference_unet", "pose_guider", "image_proj_model")},
        {"denoising_unet": "denoising_unet-500.pth", "image_proj_model": "image_projector-500.pth"},
    ],
    ids=["the readme's projector", "training's step", "only some with a step"],
)
def test_every_name_the_authors_use_is_accepted(folder: Path, tiny, names: dict[str, str]):
    write_authors(folder, tiny, names)
    trust(folder)
    assert same_weights(load_pipeline(sizes=sizes_of(tiny)), tiny)


def test_the_authors_two_folders_side_by_side_are_accepted(tmp_path: Path, folder: Path, tiny):
    write_authors(folder, tiny)
    (tmp_path / "pretrained_weights").mkdir()
    for name in ("sd-vae-ft-mse", "image_encoder"):
        shutil.move(folder / name, tmp_path / "pretrained_weights" / name)
    assert all(find_all(folder=tmp_path).values())
    trust(tmp_path)
    assert same_weights(load_pipeline(tmp_path, sizes=sizes_of(tiny)), tiny)


def test_a_flat_folder_is_accepted(folder: Path, tiny):
    """As a browser leaves them when they are downloaded one by one; the config.json is the last one's."""
    write_authors(folder, tiny)
    for name in ("sd-vae-ft-mse/diffusion_pytorch_model.safetensors", "image_encoder/pytorch_model.bin"):
        shutil.move(folder / name, folder / Path(name).name)
    (folder / "config.json").write_text(json.dumps({"_class_name": "UNet2DConditionModel"}))
    trust(folder)
    assert same_weights(load_pipeline(sizes=sizes_of(tiny)), tiny)


def test_the_golden_folder_is_a_flat_folder(reference: Path):
    from golden import Folder, unet_sizes
    from golden import load_pipeline as load_golden

    golden = Folder(reference)
    config = golden.config()
    theirs = load_golden(golden)
    trust(golden.path)
    sizes = replace(
        sizes_of(theirs), unet=unet_sizes(config["denoising_unet"]), reference=unet_sizes(config["reference_unet"])
    )
    assert same_weights(load_pipeline(golden.path, sizes=sizes), theirs)


def test_the_config_beside_the_weights_tells_their_sizes(folder: Path, tiny):
    write_authors(folder, tiny)
    sizes = sizes_of(tiny)
    tiny.vae.save_config(folder / "sd-vae-ft-mse")
    (folder / "image_encoder" / "config.json").write_text(tiny.image_encoder.config.to_json_string())
    trust(folder)
    wrong = replace(sizes, vae=PUBLISHED.vae, image_encoder=PUBLISHED.image_encoder)
    assert same_weights(load_pipeline(sizes=wrong), tiny)


def test_the_last_training_step_that_has_all_four_is_taken(folder: Path, tiny):
    write_authors(folder, tiny, {n: f"{n}-900.pth" for n in states_of(tiny)})
    for name in ("denoising_unet", "reference_unet", "pose_guider", "image_proj_model"):
        shutil.copy(folder / f"{name}-900.pth", folder / f"{name}-1000.pth")
        shutil.copy(folder / f"{name}-900.pth", folder / f"{name}-9.pth")
    (folder / "pose_guider-1000.pth").unlink()  # training was stopped while it saved
    assert {found.step for found in find_all().values()} == {900, None}


def test_files_of_different_steps_are_not_mixed(folder: Path, tiny):
    write_authors(folder, tiny, {"denoising_unet": "denoising_unet-20.pth", "reference_unet": "reference_unet-10.pth"})
    with pytest.raises(BrokenWeights, match=r"different training steps .*denoising_unet-20.pth"):
        find_all()


def in_hub(tmp_path: Path, name: str, file: str, content: bytes, blob: str | None = None) -> Path:
    """A file in the Hugging Face cache, as huggingface_hub keeps it there."""
    home = tmp_path / "hub" / ("models--" + weight_named(name).repository.replace("/", "--"))
    for sub in ("blobs", "refs", "snapshots/abc"):
        (home / sub).mkdir(parents=True, exist_ok=True)
    (home / "refs" / "main").write_text("abc")
    stored = home / "blobs" / (blob or sha256(content).hexdigest())
    stored.write_bytes(content)
    link = home / "snapshots" / "abc" / file
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(stored)
    return link


def pth_bytes(tmp_path: Path, state: dict) -> bytes:
    path = tmp_path / "state.pth"
    torch.save(state, path)
    return path.read_bytes()


def test_the_checkpoints_folder_goes_before_the_hugging_face_cache(tmp_path: Path, folder: Path, tiny):
    content = pth_bytes(tmp_path, tiny.pose_guider.state_dict())
    link = in_hub(tmp_path, "pose_guider", "pose_guider.pth", content)
    found = find(weight_named("pose_guider"))
    assert found.in_cache and found.path == link
    (folder / "pose_guider.pth").write_bytes(content)
    assert find(weight_named("pose_guider")).path == folder / "pose_guider.pth"


def test_what_lies_in_the_cache_under_its_own_hash_needs_nobodys_word(tmp_path: Path, folder: Path, tiny):
    write_authors(folder, tiny)
    content = (folder / "pose_guider.pth").read_bytes()
    in_hub(tmp_path, "pose_guider", "pose_guider.pth", content)
    (folder / "pose_guider.pth").unlink()
    trust(folder)
    assert same_weights(load_pipeline(sizes=sizes_of(tiny)), tiny)
    assert find(weight_named("pose_guider")).path == folder / "pose_guider.safetensors"  # converted, once


def test_a_damaged_file_in_the_cache_is_refused(tmp_path: Path, tiny):
    content = pth_bytes(tmp_path, tiny.pose_guider.state_dict())
    link = in_hub(tmp_path, "pose_guider", "pose_guider.pth", content, blob="0" * 64)
    with pytest.raises(BrokenWeights, match="damaged"):
        ChecksumManifest().verify(link, in_cache=True)


def test_what_is_missing_is_said_with_its_address_and_its_place(folder: Path, tiny):
    write_authors(folder, tiny)
    (folder / "reference_unet.pth").unlink()
    with pytest.raises(MissingWeights) as error:
        load_pipeline()
    assert "ReferenceNet" in str(error.value) and "denoising UNet" not in str(error.value)
    assert str(folder / "reference_unet.pth") in str(error.value) and "Lotior/mcld/resolve" in str(error.value)


# --- Trust ---------------------------------------------------------------------------------------------------------


def test_a_file_put_there_by_hand_needs_the_owners_word_once(folder: Path, tiny):
    write_authors(folder, tiny)
    with pytest.raises(UntrustedWeights, match=r"python -m mcld_app trust .*denoising_unet\.pth"):
        load_pipeline(sizes=sizes_of(tiny))
    trust(folder)
    load_pipeline(sizes=sizes_of(tiny))
    load_pipeline(sizes=sizes_of(tiny))


def test_a_published_hash_is_as_good_as_the_owners_word(folder: Path, tiny):
    torch.save(tiny.pose_guider.state_dict(), folder / "pose_guider.pth")
    digest = sha256((folder / "pose_guider.pth").read_bytes()).hexdigest()
    assert ChecksumManifest().verify(folder / "pose_guider.pth", known=("0" * 64, digest)).how == "published"


def test_a_file_that_changed_is_refused_until_the_owner_speaks_again(folder: Path, tiny):
    path = folder / "pose_guider.pth"
    torch.save(tiny.pose_guider.state_dict(), path)
    trust(path)
    torch.save(tiny_pipeline(seed=7).pose_guider.state_dict(), path)
    with pytest.raises(BrokenWeights, match="SHA-256 has changed"):
        ChecksumManifest().verify(path)
    trust(path)
    ChecksumManifest().verify(path)


def test_an_unchanged_file_is_hashed_once_and_a_touched_one_again(folder: Path, tiny, monkeypatch):
    path = folder / "pose_guider.pth"
    torch.save(tiny.pose_guider.state_dict(), path)
    trust(path)
    hashed = []
    original = checkpoints.manifest.sha256_of
    monkeypatch.setattr(checkpoints.manifest, "sha256_of", lambda p, *a: hashed.append(p) or original(p, *a))
    ChecksumManifest().verify(path)
    assert hashed == []
    os.utime(path, (1, 1))
    ChecksumManifest().verify(path)
    ChecksumManifest().verify(path)
    assert hashed == [path]


def test_a_flipped_bit_with_the_old_size_and_a_new_time_is_noticed(folder: Path, tiny):
    path = folder / "pose_guider.pth"
    torch.save(tiny.pose_guider.state_dict(), path)
    trust(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BrokenWeights, match="changed"):
        ChecksumManifest().verify(path)


def test_the_ledger_moves_with_the_folder(folder: Path, tmp_path: Path, tiny, monkeypatch):
    write_authors(folder, tiny)
    trust(folder)
    folder.rename(tmp_path / "elsewhere")
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "elsewhere"))
    load_pipeline(sizes=sizes_of(tiny))


def test_a_ledger_that_comes_along_with_a_strangers_folder_counts_for_nothing(tmp_path: Path, tiny, monkeypatch):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    write_authors(theirs, tiny)
    with monkeypatch.context() as context:
        context.setenv("MCLD_CHECKPOINTS", str(theirs))
        trust(theirs)
    assert (theirs / "ledger.json").is_file()
    with pytest.raises(UntrustedWeights):
        load_pipeline(theirs, sizes=sizes_of(tiny))


def test_a_broken_ledger_is_said(folder: Path, tiny):
    write_authors(folder, tiny)
    (folder / "ledger.json").write_text('{"files": 3')
    with pytest.raises(WeightsError, match=r"ledger\.json cannot be read"):
        load_pipeline(sizes=sizes_of(tiny))


@pytest.mark.parametrize("given", ["nothing.pth", "empty"])
def test_there_must_be_something_to_vouch_for(tmp_path: Path, given: str):
    (tmp_path / "empty").mkdir()
    with pytest.raises(WeightsError, match="no "):
        trust(tmp_path / given)


def test_nothing_here_takes_bytes():
    """No weights come from a visitor: what is public here takes paths, and refuses what a page could hand over."""
    verify = lambda b: ChecksumManifest().verify(b)  # noqa: E731
    for function in (recognise, read_tensors, verify, trust, lambda b: load_pipeline(b)):
        with pytest.raises((TypeError, AttributeError, WeightsError)):
            function(b"PK\x03\x04")


# --- Files that are no weights -------------------------------------------------------------------------------------

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4f72\nsize 265000000\n"


@pytest.mark.parametrize("suffix", [".pth", ".bin", ".safetensors", ".onnx", ".torchscript"])
@pytest.mark.parametrize(
    ("content", "said"), [(HTML, "web page"), (b"\n  " + HTML, "web page"), (POINTER, "Git LFS"), (b"", "empty")]
)
def test_a_file_that_is_plainly_something_else_is_named(tmp_path: Path, content: bytes, said: str, suffix: str):
    path = tmp_path / f"denoising_unet{suffix}"
    path.write_bytes(content)
    with pytest.raises(BrokenWeights, match=said):
        recognise(path)
    with pytest.raises(BrokenWeights, match=said):
        trust(path)


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 0.9999])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_file_cut_short_is_noticed_before_anything_is_loaded(tmp_path: Path, tiny, suffix: str, share: float):
    path = tmp_path / f"pose_guider{suffix}"
    (torch.save if suffix == ".pth" else save_file)(tiny.pose_guider.state_dict(), path)
    recognise(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BrokenWeights, match=r"cut short|damaged"):
        recognise(path)


def test_bytes_behind_the_end_of_a_safetensors_file_are_noticed(tmp_path: Path, tiny):
    path = tmp_path / "pose_guider.safetensors"
    save_file(tiny.pose_guider.state_dict(), path)
    path.write_bytes(path.read_bytes() + b"\0" * 8)
    with pytest.raises(BrokenWeights, match="behind its end"):
        recognise(path)


def test_a_zip_of_something_else_is_no_weights(tmp_path: Path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "weights.pth", "w") as archive:
        archive.writestr("antelopev2/glintr100.onnx", b"x")
    with pytest.raises(BrokenWeights, match="zip archive"):
        recognise(tmp_path / "weights.pth")


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


# --- Strictness ----------------------------------------------------------------------------------------------------


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


# --- Conversion ----------------------------------------------------------------------------------------------------


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


# --- Download ------------------------------------------------------------------------------------------------------


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()
    monkeypatch.setenv("HF_ENDPOINT", hub.url + "/")
    yield hub
    hub.server.shutdown()
    hub.server.server_close()


@pytest.fixture(scope="module")
def guider_bytes(tiny, tmp_path_factory) -> bytes:
    return pth_bytes(tmp_path_factory.mktemp("guider"), tiny.pose_guider.state_dict())


def test_a_download_is_put_in_place_with_its_hash_and_then_loads(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    seen = []
    assert download([weight], on_progress=seen.append) == [folder / "pose_guider.pth"]
    assert (folder / "pose_guider.pth").read_bytes() == guider_bytes
    assert ChecksumManifest().verify(folder / "pose_guider.pth").how == "downloaded"
    assert (seen[0].done, seen[-1].done, seen[-1].total) == (0, len(guider_bytes), len(guider_bytes))
    assert everything_in(folder) == ["ledger.json", "pose_guider.pth"]


def test_what_is_there_is_not_downloaded_again(hub: Hub, tmp_path: Path, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    in_hub(tmp_path, "pose_guider", "pose_guider.pth", guider_bytes)
    download([weight])
    assert hub.asked == [] and everything_in(folder) == []


def test_a_missing_model_is_downloaded_and_drawn_with(hub: Hub, folder: Path, tiny, tmp_path, monkeypatch):
    """The whole way: an empty folder, six files on a server, a pipeline."""
    source = tmp_path / "source"
    source.mkdir()
    write_authors(source, tiny)
    weights = tuple(hub.publish(w.name, (source / w.place).read_bytes()) for w in checkpoints.NEEDED)
    monkeypatch.setattr("mcld_app.checkpoints.published.NEEDED", weights)
    parts = []
    pipe = load_pipeline(sizes=sizes_of(tiny), fetch_missing=True, on_part=parts.append)
    assert np.array_equal(picture(pipe), picture(tiny))
    assert "denoising UNet" in parts and len(hub.asked) == 6


def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.break_after = [5000, 0, 7000]
    download([weight], wait=0)
    assert hub.ranges == [None, "bytes=5000-", "bytes=5000-", "bytes=12000-"]
    assert (folder / "pose_guider.pth").read_bytes() == guider_bytes


def test_a_download_that_was_stopped_goes_on_the_next_time(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.break_after = [6000] + [0] * 10

    def stop(fetched) -> None:
        if fetched.done:
            raise Cancelled()

    with pytest.raises(Cancelled):
        download([weight], on_progress=stop, wait=0)
    kept = list((folder / ".partial").glob("*.part"))
    assert len(kept) == 1 and 0 < kept[0].stat().st_size <= 6000 and find(weight) is None
    size = kept[0].stat().st_size
    hub.break_after = []
    download([weight], wait=0)
    assert hub.ranges[-1] == f"bytes={size}-"
    assert (folder / "pose_guider.pth").read_bytes() == guider_bytes
    assert not (folder / ".partial").exists()


def test_what_was_begun_of_an_older_version_is_dropped(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", b"\0" * 20_000 + guider_bytes)
    hub.break_after = [10_000] + [0] * 10
    with pytest.raises(DownloadError):
        download([weight], wait=0)
    hub.break_after = []
    weight = hub.publish("pose_guider", guider_bytes)
    download([weight], wait=0)
    assert hub.ranges[-1] is None
    assert everything_in(folder) == ["ledger.json", "pose_guider.pth"]


def test_a_server_that_ignores_ranges_is_read_from_the_start(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.break_after, hub.ignore_ranges = [5000], True
    download([weight], wait=0)
    assert (folder / "pose_guider.pth").read_bytes() == guider_bytes


def test_a_mirror_that_says_no_hash_is_accepted_and_its_files_are_noted(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.plain, hub.break_after = True, [5000]
    download([weight], wait=0)
    assert ChecksumManifest().entry(folder / "pose_guider.pth").sha256 == sha256(guider_bytes).hexdigest()


def test_a_busy_server_is_asked_again(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.status = [503, 429, 500]
    download([weight], wait=0)
    assert len(hub.asked) == 4


def test_a_connection_that_never_holds_is_given_up_and_what_came_is_kept(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.break_after = [5000] + [0] * 10
    with pytest.raises(DownloadError, match="What has come so far is kept"):
        download([weight], wait=0)
    assert len(hub.asked) == 5 and find(weight) is None


def test_damage_on_the_way_is_noticed(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.damage = True
    with pytest.raises(BrokenWeights, match="not the published file"):
        download([weight], wait=0)
    assert everything_in(folder) == []


def test_a_file_that_is_not_the_one_in_the_table_is_refused(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = replace(hub.publish("pose_guider", guider_bytes), known=("0" * 64,))
    with pytest.raises(BrokenWeights, match="instead of 0000"):
        download([weight], wait=0)
    assert everything_in(folder) == []


def test_a_web_page_instead_of_the_file_is_said(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.web_page = True
    with pytest.raises(DownloadError, match="web page came"):
        download([weight], wait=0)
    assert everything_in(folder) == []


def test_a_web_page_published_under_the_name_is_said(hub: Hub, folder: Path):
    weight = hub.publish("pose_guider", HTML)
    with pytest.raises(BrokenWeights, match="web page"):
        download([weight], wait=0)
    assert everything_in(folder) == []


def test_a_file_that_is_gone_is_said(hub: Hub, folder: Path):
    with pytest.raises(DownloadError, match="not there any more"):
        download([weight_named("pose_guider")], wait=0)


def test_without_a_network_one_sentence_says_what_to_do(folder: Path):
    with pytest.raises(DownloadError) as error:
        download([weight_named("pose_guider")], wait=0)
    said = str(error.value)
    assert "no connection to http://127.0.0.1:9" in said and "Traceback" not in said
    assert f"put it at {folder / 'pose_guider.pth'}" in said and "python -m mcld_app trust" in said
    assert everything_in(folder) == []


def test_too_little_space_is_said_before_the_download_begins(hub: Hub, folder: Path, guider_bytes: bytes, monkeypatch):
    weight = replace(hub.publish("pose_guider", guider_bytes), size=None)  # only the server knows
    monkeypatch.setattr(shutil, "disk_usage", lambda p: shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(DiskFull, match="not enough space"):
        download([weight], wait=0)
    with pytest.raises(DiskFull, match="not enough space"):
        download(wait=0)
    assert hub.asked == [] and everything_in(folder) == []


def test_a_disk_that_becomes_full_during_the_download_leaves_nothing(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    with files_at_most(len(guider_bytes) // 2), pytest.raises(DiskFull, match="became full"):
        download([weight], wait=0)
    assert everything_in(folder) == []


def test_two_downloads_of_one_file_do_not_write_into_each_other(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    said = []

    def again(fetched) -> None:
        if not said:
            with pytest.raises(DownloadError, match="downloaded already") as error:
                download([weight], wait=0)
            said.append(error)

    download([weight], on_progress=again, wait=0)
    assert said and (folder / "pose_guider.pth").read_bytes() == guider_bytes


# --- diffusers' layout ---------------------------------------------------------------------------------------------


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
    "value", [["os", "system"], ["mcld_app.network.unets", "nn.Module"], "AutoencoderKL", ["diffusers", "FluxPipeline"]]
)
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
