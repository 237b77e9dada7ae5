"""The page's panel of models and weights: what it says, whom it lets fetch, and how a download goes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from hub import Hub

from mcld_app.checkpoints import wanted
from mcld_app.checkpoints.wheel_models import BODY
from mcld_app.studio import generation
from mcld_app.studio.panels import weights


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    yield hub
    hub.close()


def asked_from(host: str | None, **headers: str):
    return SimpleNamespace(client=SimpleNamespace(host=host) if host else None, headers=headers)


def test_what_is_missing_is_said_with_its_place_and_its_licence_before_anything_is_fetched(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcld_app.checkpoints.wheel_models.is_there", lambda *_: True)
    told = weights.told(True)
    body = {file.label for file in BODY.files}  # whether they are here hangs on which tests ran before
    missing = [line["what"] for line in told["lines"] if line["state"] == "missing" and line["what"] not in body]
    assert missing[:2] == ["denoising UNet", "ReferenceNet"]
    assert any(str(folder) in text for line in told["lines"] for text in line["todo"])
    offers = told["offers"]
    assert offers["everything"]["size"] == "9.4 GB" and offers["photos"]["size"] == "620 MB"
    assert {file["label"] for file in offers["photos"]["files"]} == {weight.label for weight in wanted("photos")}
    assert all(file["licence"] and file["page"].startswith("https://") for file in offers["everything"]["files"])


@pytest.mark.parametrize(
    ("request_", "owner"),
    [
        (asked_from("127.0.0.1"), True),
        (asked_from("::1"), True),
        (asked_from("192.168.1.20"), False),
        (asked_from("127.0.0.1", **{"x-forwarded-for": "10.0.0.1"}), False),
        (asked_from(None), False),
        (None, False),
    ],
)
def test_only_who_sits_at_the_machine_may_fetch(request_, owner: bool) -> None:
    assert weights.is_owner(request_) is owner


def test_on_a_space_nobody_fetches_and_nobody_sees_its_folders(folder: Path, monkeypatch) -> None:
    monkeypatch.setenv("SPACE_ID", "a/b")
    assert not weights.is_owner(asked_from("127.0.0.1"))
    told = weights.told(False)
    assert told["lines"] == [] and told["offers"] == {} and str(folder) not in str(told)


def guider(hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> bytes:
    """A pose guider on the server, which is all that is wanted."""
    import torch

    file = tmp_path / "guider.pth"
    torch.save({"a": torch.arange(900_000)}, file)
    weight = hub.publish("pose_guider", file.read_bytes())
    monkeypatch.setattr(weights, "wanted", lambda what, checked: (weight,))
    return file.read_bytes()


def test_a_download_tells_how_far_it_is_and_ends(folder: Path, hub: Hub, monkeypatch, tmp_path: Path) -> None:
    content = guider(hub, monkeypatch, tmp_path)
    told = list(weights.fetched("model", generation.new_stop()))
    assert told[-1]["state"] == "done" and (folder / "pose_guider.pth").read_bytes() == content
    steps = [step for step in told if step["state"] == "step"]
    assert steps[-1]["share"] == 1 and "1 of 1: pose guider" in steps[-1]["text"]
    assert weights.told(True)["offers"]["model"]["files"] == []


def test_a_download_that_is_stopped_keeps_what_came_and_goes_on_from_there(
    folder: Path, hub: Hub, monkeypatch, tmp_path: Path
) -> None:
    content = guider(hub, monkeypatch, tmp_path)
    hub.break_after = [2 << 20, 3 << 20]
    monkeypatch.setattr("mcld_app.checkpoints.downloads.time.sleep", lambda seconds: stop.touch())
    stop = generation.new_stop()
    told = list(weights.fetched("model", stop))
    assert told[-1]["state"] == "stopped" and "goes on from there" in told[-1]["text"]
    [part] = (folder / ".partial").glob("*.part")
    assert 0 < part.stat().st_size < len(content)
    hub.break_after, hub.asked = [], []
    assert list(weights.fetched("model", generation.new_stop()))[-1]["state"] == "done"
    assert hub.ranges[0] is not None, "it went on and did not begin anew"
    assert (folder / "pose_guider.pth").read_bytes() == content


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        (lambda hub: setattr(hub, "web_page", True), "web page"),
        (lambda hub: setattr(hub, "damage", True), "not the published file"),
        (lambda hub: hub.files.clear(), "not there any more"),
        (lambda hub: hub.close(), "no connection"),
    ],
)
def test_trouble_is_a_sentence(folder: Path, hub: Hub, monkeypatch, tmp_path: Path, trouble, said: str) -> None:
    guider(hub, monkeypatch, tmp_path)
    monkeypatch.setattr("mcld_app.checkpoints.downloads.time.sleep", lambda seconds: None)
    with contextlib.suppress(Exception):
        trouble(hub)
    told = list(weights.fetched("model", generation.new_stop()))
    assert told[-1]["state"] == "failed" and said in told[-1]["text"] and "Traceback" not in told[-1]["text"]
    assert not (folder / "pose_guider.pth").exists()


def test_nonsense_is_not_fetched(folder: Path) -> None:
    [told] = weights.fetched("../../etc", generation.new_stop())
    assert told["state"] == "failed" and "nothing of that name" in told["text"]
