"""Every test here has an empty checkpoints folder and cache of its own, and no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from tiny import tiny_pipeline

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
