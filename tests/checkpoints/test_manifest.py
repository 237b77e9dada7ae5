"""The checksum manifest: which files may be loaded, and which are plainly no weights."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from hub import HTML
from safetensors.torch import save_file
from tiny import sizes_of, tiny_pipeline
from weight_files import (
    write_authors,
)

from mcld_app import checkpoints
from mcld_app.checkpoints import (
    BrokenWeights,
    ChecksumManifest,
    UntrustedWeights,
    WeightsError,
    load_pipeline,
    trust,
)
from mcld_app.checkpoints.formats import recognise
from mcld_app.checkpoints.tensors import read_tensors


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


def test_the_manifest_moves_with_the_folder(folder: Path, tmp_path: Path, tiny, monkeypatch):
    write_authors(folder, tiny)
    trust(folder)
    folder.rename(tmp_path / "elsewhere")
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "elsewhere"))
    load_pipeline(sizes=sizes_of(tiny))


def test_a_manifest_that_comes_along_with_a_strangers_folder_counts_for_nothing(tmp_path: Path, tiny, monkeypatch):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    write_authors(theirs, tiny)
    with monkeypatch.context() as context:
        context.setenv("MCLD_CHECKPOINTS", str(theirs))
        trust(theirs)
    assert (theirs / "ledger.json").is_file()
    with pytest.raises(UntrustedWeights):
        load_pipeline(theirs, sizes=sizes_of(tiny))


def test_a_broken_manifest_is_said(folder: Path, tiny):
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



# --- Files that are no weights ---------------------------------------------------------------------------------------

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
