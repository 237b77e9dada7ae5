"""The folder of a Hugging Face Space, and the Space's settings in README.md."""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mcld_app.checkpoints import NEEDED, find, find_all, wanted, weight_named
from mcld_app.cli.space import LARGEST_IN_GIT, MARKER, TORCH, arguments, front_matter, run, write_space
from mcld_app.errors import StudioError

ROOT = Path(__file__).resolve().parents[1]

# Serves a folder's page as a Space does, asks for it, and tells which of the repository's own files it imported.
_SERVE = """
import json, os, runpy, sys, threading, time, urllib.request
def ask():
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    address = f"http://127.0.0.1:{os.environ['GRADIO_SERVER_PORT']}"
    while True:
        try:
            page = opener.open(address, timeout=60).read().decode()
            settings = json.loads(opener.open(address + "/config", timeout=60).read())
            break
        except OSError:
            time.sleep(0.2)
    files = sorted(str(m.__file__) for m in list(sys.modules.values()) if getattr(m, "__file__", None))
    print(json.dumps({"page": page, "components": len(settings["components"]), "files": files}), flush=True)
    os._exit(0)
threading.Thread(target=ask, daemon=True).start()
sys.path[0] = os.getcwd()  # as for `python app.py`
runpy.run_path("app.py", run_name="__main__")
"""


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Space's folder as the command writes it."""
    folder = tmp_path_factory.mktemp("space") / "mcld-studio"
    write_space(folder)
    return folder


def settings(readme: Path) -> dict[str, str]:
    lines = front_matter(readme.read_text("utf-8")).splitlines()
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def pinned(requirements: Path, name: str) -> str:
    return re.search(rf"^{name}==(\S+)", requirements.read_text("utf-8"), re.MULTILINE)[1]


def test_the_space_runs_the_gradio_that_the_requirements_pin() -> None:
    assert settings(ROOT / "README.md")["sdk_version"] == pinned(ROOT / "requirements.txt", "gradio")


def test_the_space_is_told_what_it_needs_to_start() -> None:
    told = settings(ROOT / "README.md")
    assert told["sdk"] == "gradio" and told["python_version"].startswith("3.12")
    assert (ROOT / told["app_file"]).is_file()
    assert told["license"] == "apache-2.0" and "Apache License" in (ROOT / "LICENSE").read_text("utf-8")
    assert len(told["short_description"]) <= 60, "the Hub takes 60 characters"


def test_the_first_thing_after_the_settings_is_still_the_picture() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    after = readme.removeprefix(f"---\n{front_matter(readme)}---\n").lstrip()
    assert after.startswith("![")
    assert (ROOT / re.match(r"!\[.*?\]\((.*?)\)", after)[1]).is_file()


def test_the_folder_holds_what_the_studio_runs_on_and_nothing_else(space: Path) -> None:
    assert {path.name for path in space.iterdir()} == {
        "README.md", "LICENSE", "app.py", "requirements.txt", "packages.txt", ".gitattributes", MARKER,
        "mcld_app", "assets", "checkpoints", "docs",
    }  # fmt: skip
    assert {path.name for path in (space / "checkpoints").iterdir()} == {"demo"}
    assert not list(space.rglob("__pycache__")) and not list(space.rglob("*.pyc"))
    for name in ("app.py", "mcld_app/engine/engine.py", "assets/samples.json", "checkpoints/demo/hashes.json"):
        assert (space / name).read_bytes() == (ROOT / name).read_bytes()
    assert settings(space / "README.md") == settings(ROOT / "README.md")


def test_only_torch_is_required_otherwise_than_elsewhere(space: Path) -> None:
    here = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    there = (space / "requirements.txt").read_text("utf-8").splitlines()
    assert [(a, b) for a, b in zip(here, there, strict=True) if a != b] == [
        (next(line for line in here if line.startswith("torch")), f"torch=={TORCH}")
    ]
    low, high = re.search(r"^torch>=([\d.]+),<=([\d.]+)$", "\n".join(here), re.MULTILINE).groups()
    assert version(low) <= version(TORCH) <= version(high), "what the requirements allow"


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def test_files_that_plain_git_may_not_send_are_left_to_lfs(space: Path) -> None:
    patterns = re.findall(r"^\*(\.\w+) filter=lfs", (space / ".gitattributes").read_text("utf-8"), re.MULTILINE)
    large = [path for path in space.rglob("*") if path.is_file() and path.stat().st_size > LARGEST_IN_GIT]
    assert large, "the bundled model's UNet is one"
    assert {path.suffix for path in large} <= set(patterns)


def test_the_command_lists_every_file_and_how_to_upload_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    arguments(parser)
    assert run(parser.parse_args([str(tmp_path / "new"), "--published", "--without-body"])) == 0
    said = capsys.readouterr()
    listed = set(re.findall(r"^ *[\d.]+ k?M?B  (\S+)$", said.out, re.MULTILINE))
    there = {p.relative_to(tmp_path / "new").as_posix() for p in (tmp_path / "new").rglob("*") if p.is_file()}
    assert listed == there - {MARKER}
    assert f"hf upload YOUR_NAME/mcld-studio {tmp_path / 'new'} --repo-type space" in said.out
    for weight in wanted("everything", checked=True):
        assert weight.licence in said.out, "licences of weights are named before anybody has them"
    assert "denoising_unet" in said.err and "plain git" in said.err
    readme = (tmp_path / "new" / "README.md").read_text("utf-8")
    assert "preload_from_hub:\n  - Lotior/mcld denoising_unet.pth\n" in front_matter(readme)


def test_a_space_of_the_published_model_finds_all_it_needs_in_the_hubs_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The networks, the checker, and what reads photos: DensePose and both face models, so that F is a face."""
    from mcld_app.engine import registry

    write_space(tmp_path / "space", published=True)
    readme = (tmp_path / "space" / "README.md").read_text("utf-8")
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    assert not registry.sees_faces()
    for repository, name in re.findall(r"^  - (\S+) (\S+)", front_matter(readme), re.MULTILINE):
        preloaded(tmp_path / "hub", repository, name)
    assert all(find_all(NEEDED).values()) and find(weight_named("safety_checker"))
    assert registry.sees_faces() and (find(weight_named("densepose")) or find(weight_named("densepose_r101")))
    for name in ("face_identity", "densepose", "denoising_unet"):
        assert weight_named(name).licence in readme, "visitors are told too"
    assert "non-commercial research" in readme


def preloaded(cache: Path, repository: str, name: str) -> None:
    """A file where the Hub puts what a Space asks for."""
    home = cache / f"models--{repository.replace('/', '--')}"
    file = home / "snapshots" / ("0" * 40) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"weights")
    (home / "refs").mkdir(exist_ok=True)
    (home / "refs" / "main").write_text("0" * 40)


def test_a_new_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    root = tmp_path / "program"
    for folder in ("mcld_app", "assets", "checkpoints/demo"):
        (root / folder).mkdir(parents=True)
    for name in ("README.md", "requirements.txt", "LICENSE"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    with pytest.raises(StudioError, match=r"cannot be written: .*app\.py"):
        write_space(tmp_path / "space", root=root)
    assert [path.name for path in tmp_path.iterdir()] == ["program"]


def test_the_body_finders_models_come_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mcld_app.checkpoints import wheel_models

    monkeypatch.setattr(wheel_models, "is_there", lambda: True)
    monkeypatch.setattr(wheel_models, "load", lambda file: file.name.encode())
    write_space(tmp_path / "new", body=True)
    there = {path.name: path.read_bytes() for path in (tmp_path / "new" / "checkpoints" / "body").iterdir()}
    assert there == {file.file_name: file.name.encode() for file in wheel_models.BODY.files}
    listed = (tmp_path / "new" / ".gitattributes").read_text("utf-8")
    assert "*.tflite filter=lfs" in listed


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    with pytest.raises(StudioError, match="in use"):
        write_space(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(StudioError, match="no folder"):
        write_space(tmp_path / "mine.txt")
    with pytest.raises(StudioError, match="part of the program"):
        write_space(ROOT / "assets" / "space")


def test_written_again_it_is_as_new_and_what_others_put_there_stays(tmp_path: Path) -> None:
    folder = tmp_path / "space"
    first = write_space(folder)
    marker = folder / MARKER
    marker.write_text(marker.read_text("utf-8") + "mcld_app/gone.py\n../outside.txt\n", "utf-8")
    for name in ("mcld_app/gone.py", "../outside.txt", "notes.txt"):
        (folder / name).write_text("x", "utf-8")
    (folder / "app.py").write_text("changed", "utf-8")
    assert write_space(folder) == first
    assert (folder / "app.py").read_bytes() == (ROOT / "app.py").read_bytes()
    assert not (folder / "mcld_app/gone.py").exists(), "of an earlier version of the program"
    assert (folder / "notes.txt").exists() and (tmp_path / "outside.txt").exists()


@pytest.mark.slow
def test_the_folder_serves_its_page_alone(space: Path, tmp_path: Path) -> None:
    """A fresh interpreter in that folder, as the Hub starts it, imports nothing of this repository."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "OMP_NUM_THREADS", "SYSTEMROOT") if name in os.environ}
    surroundings = {
        **kept, "SPACE_ID": "somebody/mcld-studio", "GRADIO_SERVER_PORT": port, "HF_HUB_OFFLINE": "1",
        "GRADIO_TEMP_DIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", _SERVE], cwd=space, env=surroundings, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert "MCLD Studio" in told["page"] and told["components"] > 20
    ours = [Path(file) for file in told["files"] if "site-packages" not in file]
    assert space / "mcld_app" / "studio" / "page.py" in ours
    assert not [file for file in ours if file.is_relative_to(ROOT)]
