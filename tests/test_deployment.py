"""Where the program runs: one module reads the environment, and every value has one meaning."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcld_app import deployment
from mcld_app.errors import StudioError
from mcld_app.files import cache_folder

# These set it, for libraries that read it when they are imported and for processes that are started.
SETTERS = {
    "mcld_app/studio/page.py", "mcld_app/studio/serving.py", "mcld_app/data/prepare/models.py",
    "mcld_app/data/worker_pool.py", "mcld_app/data/live_shards.py", "mcld_app/bench/own_studio.py",
    "mcld_app/cluster/connection.py", "mcld_app/cluster/own_nodes.py",
}  # fmt: skip


def environment_uses(file: Path) -> Iterator[int]:
    """Lines on which a file names the environment."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        named = isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv", "getenvb")
        imported = isinstance(node, ast.ImportFrom) and node.module == "os"
        if named or (imported and {alias.name for alias in node.names} & {"environ", "getenv"}):
            yield node.lineno


def test_one_module_reads_the_environment(root: Path):
    files = [root / "app.py", *(root / "mcld_app").rglob("*.py")]
    users = {file.relative_to(root).as_posix() for file in files if any(environment_uses(file))}
    assert users <= SETTERS | {"mcld_app/deployment.py"}


def test_one_module_asks_torch_for_a_gpu(root: Path):
    """Elsewhere a ZeroGPU Space would be forgotten, where torch sees a GPU that is not lent."""
    asking = {
        file.relative_to(root).as_posix()
        for file in (root / "mcld_app").rglob("*.py")
        if any(isinstance(n, ast.Attribute) and n.attr == "is_available" for n in ast.walk(ast.parse(file.read_text())))
    }
    assert asking == {"mcld_app/network/device.py"}


@pytest.mark.parametrize(
    ("gpu", "zerogpu", "drawn", "kept"),
    [(False, "", "cpu", "cpu"), (True, "", "cuda", "cuda"), (True, "true", "cuda", "cpu")],
    ids=["no GPU", "a GPU", "ZeroGPU"],
)
def test_a_gpu_that_is_lent_to_drawings_alone_is_for_drawing_alone(monkeypatch, gpu, zerogpu, drawn, kept):
    import torch

    from mcld_app.network.device import best_device, kept_device

    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setenv("SPACES_ZERO_GPU", zerogpu)
    assert (best_device(), kept_device()) == (drawn, kept)


def test_a_space_is_known_by_its_name():
    assert deployment.is_space({"SPACE_ID": "somebody/studio"})
    assert not deployment.is_space({}) and not deployment.is_space({"SPACE_ID": ""})


def test_folders_are_those_that_are_named(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MCLD_CHECKPOINTS", "~/weights")
    monkeypatch.setenv("MCLD_CACHE_DIR", str(tmp_path / "tables"))
    assert deployment.checkpoints_folder_named() == tmp_path / "weights"
    assert cache_folder() == tmp_path / "tables"
    monkeypatch.setenv("MCLD_CHECKPOINTS", "")
    assert deployment.checkpoints_folder_named() is None


@pytest.mark.parametrize(
    ("system", "variables", "folder"),
    [
        ("linux", {}, ".cache/mcld-studio"),
        ("linux", {"XDG_CACHE_HOME": "{home}/other"}, "other/mcld-studio"),
        ("darwin", {"XDG_CACHE_HOME": "{home}/other"}, "Library/Caches/mcld-studio"),
        ("win32", {}, "AppData/Local/mcld-studio"),
        ("win32", {"LOCALAPPDATA": "{home}/Local"}, "Local/mcld-studio"),
    ],
)
def test_each_system_keeps_tables_where_its_programs_do(tmp_path: Path, monkeypatch, system, variables, folder):
    for name in ("MCLD_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(home=tmp_path))
    monkeypatch.setattr(sys, "platform", system)
    assert cache_folder() == tmp_path / folder


@pytest.mark.parametrize("value", ["", "https://huggingface.co", "https://huggingface.co/"])
def test_the_hub_is_hugging_face_unless_a_mirror_is_named(monkeypatch, value: str):
    monkeypatch.setenv("HF_ENDPOINT", value)
    assert deployment.hub_endpoint() == "https://huggingface.co"
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example/hub/")
    assert deployment.hub_endpoint() == "http://mirror.example/hub"


def test_a_space_alone_is_served_to_others(monkeypatch):
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)
    assert deployment.server_address() == ("127.0.0.1", 7860)
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    assert deployment.server_address() == ("0.0.0.0", 7860)
    monkeypatch.setenv("GRADIO_SERVER_NAME", "10.0.0.1")
    monkeypatch.setenv("GRADIO_SERVER_PORT", "80")
    assert deployment.server_address() == ("10.0.0.1", 80)


@pytest.mark.parametrize("port", ["", "http", "-1", "65536", "7860.5"])
def test_a_port_that_is_none_is_said(monkeypatch, port: str):
    monkeypatch.setenv("GRADIO_SERVER_PORT", port)
    with pytest.raises(StudioError, match="Set it to a port's number"):
        deployment.server_address()


@pytest.mark.parametrize(("value", "count"), [("", None), ("0", None), ("4", 4), ("4,2", None), ("many", None)])
def test_threads_are_as_many_as_the_environment_allows(monkeypatch, value: str, count: int | None):
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert deployment.threads() == count
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert deployment.threads() is None


@pytest.mark.parametrize(("value", "on"), [("1", True), ("0", False), ("true", False), ("", False)])
def test_mcp_clients_are_served_where_it_is_asked_for(monkeypatch, value: str, on: bool):
    monkeypatch.delenv("GRADIO_MCP_SERVER", raising=False)
    monkeypatch.setenv("MCLD_MCP", value)
    assert deployment.serves_mcp() is on
    monkeypatch.setenv("GRADIO_MCP_SERVER", "True")
    assert deployment.serves_mcp(), "Gradio's own name for it"


def test_values_are_read_when_they_are_asked_for(monkeypatch):
    monkeypatch.setitem(os.environ, "SPACE_ID", "a/b")
    assert deployment.is_space()
    monkeypatch.delitem(os.environ, "SPACE_ID")
    assert not deployment.is_space()
