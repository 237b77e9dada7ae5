"""`python -m mcld_app`: a table of commands, each of which imports what it needs and no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

import pytest

from mcld_app.cli import generate
from mcld_app.cli.main import COMMANDS, Command, main

HEAVY = {"torch", "gradio", "diffusers", "transformers", "insightface", "onnxruntime", "scipy", "cv2", "numpy", "PIL"}

# Runs the words given, then tells what it imported.
_RUN = """
import json, sys
from mcld_app.cli.main import main
try:
    status = main(sys.argv[1:])
except SystemExit as stop:
    status = stop.code
print("\\n" + json.dumps([status, sorted(sys.modules)]))
"""


def run_alone(root: Path, words: list[str], **variables: str) -> tuple[int, set[str], str]:
    """A command in an interpreter of its own: its status, the modules it imported, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *words], cwd=root, env={**os.environ, **variables},
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    said, _, told = done.stdout.rstrip().rpartition("\n")
    status, modules = json.loads(told)
    return status, set(modules), said


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def rooms(modules: set[str]) -> set[str]:
    """The project's own packages and modules below `mcld_app`."""
    return {name.split(".")[1] for name in modules if name.startswith("mcld_app.")}


def test_the_list_of_commands_imports_none_of_them(root: Path):
    status, modules, said = run_alone(root, ["--help"])
    assert status == 0 and all(command.name in said and command.help in said for command in COMMANDS)
    assert rooms(modules) == {"cli", "errors"} and {n for n in modules if n.startswith("mcld_app.cli.")} == {
        "mcld_app.cli.main"
    }


@pytest.mark.parametrize("command", COMMANDS, ids=[command.name for command in COMMANDS])
def test_a_commands_help_imports_nothing_heavy_and_no_other_command(root: Path, command: Command):
    status, modules, said = run_alone(root, [command.name, "--help"])
    assert status == 0 and f"python -m mcld_app {command.name}" in said
    assert not packages(modules) & HEAVY
    assert {n for n in modules if n.startswith("mcld_app.cli.")} - {"mcld_app.cli.long_work"} == {
        "mcld_app.cli.main", command.module}  # what commands share is none
    assert not rooms(modules) & {"studio", "training", "evaluation", "engine", "network", "bench"}


@pytest.mark.parametrize("words", [["trust", "nothing.pth"], ["download", "photos"], ["space", "{folder}/space"]])
def test_commands_that_draw_nothing_import_nothing_that_draws(root: Path, tmp_path: Path, words: list[str]):
    status, modules, _ = run_alone(
        root, [word.format(folder=tmp_path) for word in words],
        HF_ENDPOINT="http://127.0.0.1:9", MCLD_CHECKPOINTS=str(tmp_path), HF_HUB_CACHE=str(tmp_path / "hub"),
    )  # fmt: skip
    assert status == (0 if words[0] == "space" else 1)
    assert not packages(modules) & (HEAVY - {"numpy"}), "safetensors imports numpy"


def test_every_command_has_a_module_with_both_functions():
    from importlib import import_module

    assert len({command.name for command in COMMANDS}) == len(COMMANDS)
    for command in COMMANDS:
        module = import_module(command.module)
        assert callable(module.arguments) and callable(module.run)


@pytest.mark.parametrize("words", [[], ["draw"], ["doctor", "--what"], ["--folder", "x", "doctor"]])
def test_words_that_are_no_command_are_told_with_status_2(words: list[str], capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2 and "usage: python -m mcld_app" in capsys.readouterr().err


def test_the_watermark_has_its_name_and_its_old_one():
    parser = ArgumentParser()
    generate.arguments(parser)
    words = ["recipe.json", "--out", "x.png"]
    assert not parser.parse_args(words).watermark
    assert parser.parse_args([*words, "--watermark"]).watermark and parser.parse_args([*words, "--mark"]).watermark


def test_ctrl_c_is_one_line_and_status_130(monkeypatch, capsys):
    def interrupted(chosen) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("mcld_app.cli.doctor.run", interrupted)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "\nStopped.\n"


def test_the_module_runs_the_same_commands(root: Path):
    done = subprocess.run(
        [sys.executable, "-m", "mcld_app", "trust", "nothing.pth"], cwd=root, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1 and done.stderr == "There is no file nothing.pth.\n"


def test_a_reader_that_leaves_early_gets_no_traceback(root: Path) -> None:
    command = [sys.executable, "-m", "mcld_app", "doctor"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 1
