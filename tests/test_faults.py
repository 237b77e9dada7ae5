"""What goes wrong with a real process: it is told to stop, its home cannot be written to, its weights are damaged."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from conftest import run_studio
from test_serving import somebody_elses

from mcld_app.editing import samples
from mcld_app.studio.page import PANELS

several_starts = pytest.mark.skipif("MCLD_LOAD" not in os.environ, reason="starts the studio: set MCLD_LOAD=1")
pytestmark = pytest.mark.slow
posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")


def begin_a_drawing(url: str) -> None:
    """Ask for a picture as a page does, and do not wait for it."""
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        config = client.get("/config").json()
        target = next(p["id"] for p in config["components"] if p["props"].get("elem_id") == "generate")
        ask = next(e for e in config["dependencies"] if [target, "ask"] in [list(t) for t in e["targets"]])
        tell = next(e for e in config["dependencies"] if e.get("trigger_after") == ask["id"])
        poses = next(p["id"] for p in config["components"] if p["props"].get("elem_id") == "pose-picker")
        pick = next(e for e in config["dependencies"] if [poses, "pick"] in [list(t) for t in e["targets"]])
        asked = {"run": 1, "model": "bundled", "seed": "3", "steps": 100, "guidance": 3.5, "scheduler": "ddim"}
        for event, data in ((pick, {"id": "arms-up"}), (ask, asked)):
            body = {"fn_index": event["id"], "session_hash": "visitor", "event_data": data, "trigger_id": target,
                    "data": [None] * len(event["inputs"])}  # fmt: skip
            assert client.post("/gradio_api/run/predict", json=body).is_success
        body = {"fn_index": tell["id"], "session_hash": "visitor", "data": [None, {"run": 1, "state": "taken"}]}
        assert client.post("/gradio_api/queue/join", json=body).is_success


def time_of_children() -> float:
    """Seconds of a processor that processes which ended by now have used."""
    told = os.times()
    return told.children_user + told.children_system


@several_starts
@posix
def test_a_studio_that_is_told_to_stop_leaves_nothing_behind(tmp_path: Path) -> None:
    """Even while it draws."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    surroundings = {"TMPDIR": str(temporary), "GRADIO_TEMP_DIR": str(somebody_elses(tmp_path)),
                    "MCLD_DRAWING": "process"}  # fmt: skip
    process_id = []
    with run_studio(tmp_path, started=process_id.append, **surroundings) as running:
        begin_a_drawing(running.url)
        end = time.monotonic() + 60
        while not list(temporary.glob("mcld-stop-*")) and time.monotonic() < end:
            time.sleep(0.1)
        assert list(temporary.glob("mcld-*")), "else this test would prove nothing"
        drawing = psutil.Process(process_id[0].pid)
        while not (children := drawing.children()) and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(1)
        began = time.monotonic()
        process_id[0].send_signal(signal.SIGTERM)
        assert process_id[0].wait(20) == 0 and time.monotonic() - began < 15
        assert list(temporary.glob("mcld-*")) == []
        assert children and psutil.wait_procs(children, 10)[1] == [], "what draws ends with the page"
        assert "Traceback" not in running.log()


@several_starts
def test_the_page_is_served_where_the_home_cannot_be_written_to(tmp_path: Path) -> None:
    home = somebody_elses(tmp_path)
    folders = {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "XDG_CONFIG_HOME": str(home / "config")}
    with run_studio(tmp_path, MCLD_CACHE_DIR=str(home / "tables"), **folders) as running:
        page = httpx.get(running.url, trust_env=False, timeout=120)
        assert page.status_code == 200 and len(PANELS) > 10 and "pose-picker" in page.text
        assert "Traceback" not in running.log()


@posix
@pytest.mark.parametrize("what", ["tables", pytest.param("start", marks=several_starts)])
def test_a_full_disk_leaves_nothing_half_written(what: str, tmp_path: Path, root: Path) -> None:
    """Neither of the tables that are kept for next time, which are then worked out each time, nor of what is asked
    for."""
    code = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from pathlib import Path
from mcld_app.body.charts import charts
from mcld_app.cli.main import main
from mcld_app.errors import DiskFull
from mcld_app.files import write_whole, writing
if len(sys.argv) > 2:
    sys.exit(main(sys.argv[1:]))
assert charts().part_map.any()
try:
    with writing(Path(sys.argv[1])):
        write_whole(Path(sys.argv[1]), bytes(50_000))
except DiskFull as error:
    sys.exit(str(error))
"""
    person = next(iter(samples.people().values()))
    names = ("cache", "temporary", "out")
    for name in names:
        (tmp_path / name).mkdir()
    surroundings = {"MCLD_CACHE_DIR": str(tmp_path / "cache"), "TMPDIR": str(tmp_path / "temporary")}
    recipe = str(tmp_path / "out" / "recipe.json")
    start = ["start", str(person.photo_path), "--iuv", str(person.iuv_path), "-o", recipe]
    done = subprocess.run(
        [sys.executable, "-c", code, *(start if what == "start" else [recipe])], cwd=root,
        env={**os.environ, **surroundings}, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "became full" in done.stderr and done.stderr.count("\n") == 1, done.stderr[-600:]
    assert [path for name in names for path in (tmp_path / name).rglob("*")] == []


@several_starts
def test_a_bundled_weight_with_one_flipped_byte_is_named(tmp_path: Path, root: Path) -> None:
    """In a copy of the program: the bundled model's folder is within it."""
    copy = tmp_path / "studio"
    copy.mkdir()
    for name in ("mcld_app", "assets", "checkpoints"):
        shutil.copytree(root / name, copy / name, symlinks=True)
    weights = max((copy / "checkpoints" / "demo").rglob("*.safetensors"), key=lambda file: file.stat().st_size)
    with weights.open("r+b") as file:
        file.seek(weights.stat().st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    recipe = tmp_path / "recipe.json"
    from mcld_app.studio.api import endpoints

    recipe.write_text(endpoints(PANELS)["start"]("person:mara"), "utf-8")
    command = [sys.executable, "-m", "mcld_app", "generate", str(recipe), "-o", str(tmp_path / "picture.png")]
    busy = time_of_children()
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=180, check=False)
    assert time_of_children() - busy < 10, "seconds of a processor, for others may use this machine"
    assert done.returncode == 1 and not (tmp_path / "picture.png").exists()
    assert weights.name in done.stderr and "Traceback" not in done.stderr, done.stderr[-600:]
