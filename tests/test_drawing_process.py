"""Pictures are drawn in a process beside the page's: the same pictures, and nothing of anybody outlives their wish."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from test_worker import job
from tiny import tiny_pipeline

from mcld_app.checkpoints import save_pipeline
from mcld_app.deployment import draws_in_page
from mcld_app.engine import registry
from mcld_app.engine.drawing_process import ENDED, ENDED_TO_FORGET, DrawingProcess, drawing_process
from mcld_app.engine.worker import draw, drawer
from mcld_app.errors import Cancelled, StudioError
from mcld_app.request import Progress, Settings

FEW, MANY = Settings(steps=2), Settings(steps=200)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DrawingProcess]:
    """The front of a process that draws with a tiny model, as the page has it."""
    folder = tmp_path_factory.mktemp("drawing-process") / "checkpoints"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCLD_CHECKPOINTS", str(folder))
        patch.setenv("MCLD_DRAWING", "process")
        for kept in (registry.model_named, registry.engine_for):
            kept.cache_clear()
        save_pipeline(tiny_pipeline(), folder / "tiny")
        assert drawer() == drawing_process().draw
        yield drawing_process()
        drawing_process().close()
        registry.model_named.cache_clear()
        registry.engine_for.cache_clear()


def drawn(process: DrawingProcess, stop: Path, owner: str = "somebody", settings: Settings = FEW, count: int = 1):
    return list(process.draw("tiny", [job(k) for k in range(count)], settings, str(stop), owner))


def test_it_draws_the_same_picture_and_keeps_its_model(process: DrawingProcess, tmp_path: Path) -> None:
    gc.collect()  # what other tests have loaded
    stop, before = tmp_path / "stop", registry.count_loaded()
    *news, there = drawn(process, stop, count=2)
    number = process.process_id
    assert number not in (None, os.getpid()) and [n.step for n in news] == [1, 2]
    assert process.has_loaded("tiny") and registry.has_loaded("tiny") and registry.count_loaded() == before + 1
    assert not registry.engine_for("tiny").is_loaded, "the page's process has none"
    assert process.resident_bytes > 50 << 20
    *_, here = draw("tiny", [job(0), job(1)], FEW, str(stop))
    assert [np.array_equal(a.picture, b.picture) for a, b in zip(there, here, strict=True)] == [True, True]
    registry.engine_for.cache_clear()
    drawn(process, stop)
    assert process.process_id == number and not stop.exists()


def test_sentences_cross_over(process: DrawingProcess, tmp_path: Path) -> None:
    for model, jobs, said in (("tiny", [], "nothing to draw"), ("gone", [job()], "no model 'gone'")):
        with pytest.raises(StudioError, match=said):
            list(process.draw(model, jobs, FEW, str(tmp_path / "stop")))


def test_the_stop_file_stops_it_and_so_does_whoever_leaves(process: DrawingProcess, tmp_path: Path) -> None:
    stop, left = tmp_path / "stop", tmp_path / "left"
    seen = []
    with pytest.raises(Cancelled):
        for item in process.draw("tiny", [job()] * 8, MANY, str(stop)):
            seen.append(item)
            stop.touch()
    assert 0 < len(seen) < 200
    stream = process.draw("tiny", [job()] * 8, MANY, str(left))
    next(stream)
    stream.close()
    assert left.exists()
    assert len(drawn(process, tmp_path / "next")[-1]) == 1


def test_it_keeps_encodings_of_an_owner_until_they_are_forgotten(process: DrawingProcess, tmp_path: Path) -> None:
    drawn(process, tmp_path / "stop", "leaves")
    drawn(process, tmp_path / "stop", "stays")
    kept = process.count("stays")
    assert kept > 0 and process.count("leaves") == kept
    registry.forget("leaves")
    assert process.count("leaves") == 0 and process.count("stays") == kept


def test_who_is_forgotten_in_the_middle_of_a_drawing_leaves_nothing(process: DrawingProcess, tmp_path: Path) -> None:
    drawn(process, tmp_path / "stop", "stays")
    kept = process.count("stays")
    for moment in (0, 1, 3):
        owner, stop = f"leaves {moment}", tmp_path / f"stop {moment}"
        stream = process.draw("tiny", [job(k) for k in range(12)], Settings(steps=4), str(stop), owner)
        if moment == 0:
            registry.forget(owner)
        for seen, item in enumerate(stream, 1):
            if seen == moment:
                assert isinstance(item, Progress)
                assert process.count(owner) > 0
                registry.forget(owner)
                assert process.count(owner) == 0
        if moment:
            assert process.count(owner) == 0, "a second batch encodes again"
        registry.forget(owner)
    assert process.count("stays") == kept


def test_one_that_dies_in_the_middle_of_a_drawing_is_a_sentence(process: DrawingProcess, tmp_path: Path) -> None:
    drawn(process, tmp_path / "stop")
    seen = 0
    with pytest.raises(StudioError, match="machine may have too little memory") as told:
        for _ in process.draw("tiny", [job()] * 8, MANY, str(tmp_path / "stop")):
            if (seen := seen + 1) == 2:
                psutil.Process(process.process_id).kill()
    assert str(told.value) == ENDED
    assert process.process_id is None and not process.has_loaded("tiny") and process.resident_bytes == 0
    assert process.count("somebody") == 0
    process.forget("somebody")


def test_the_next_drawing_starts_another_and_one_that_does_not_answer_is_ended(
    process: DrawingProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all that it keeps."""
    said = []

    def draw_meanwhile() -> None:
        try:
            drawn(process, tmp_path / "stop", "leaves")
        except StudioError as error:
            said.append(str(error))

    drawing = threading.Thread(target=draw_meanwhile)
    drawing.start()
    while process.process_id is None:
        time.sleep(0.01)
    child = psutil.Process(process.process_id)
    assert process.count("leaves") == 0, "it answers, though it has yet to load its model"
    child.suspend()
    while child.status() != psutil.STATUS_STOPPED:  # its threads stop one by one
        time.sleep(0.01)
    monkeypatch.setattr("mcld_app.engine.drawing_process._PATIENCE", 0.2)
    registry.forget("leaves")
    assert is_gone(child)
    drawing.join()
    assert said == [ENDED_TO_FORGET]


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_when_the_page_is_killed_what_draws_ends(process: DrawingProcess, tmp_path: Path) -> None:
    """An end that is announced closes the same pipe; test_faults tells a studio to stop that draws."""
    page = (
        "import sys, threading; sys.path[:0] = sys.argv[1:3]\n"
        "from test_worker import job\n"
        "from mcld_app.engine.drawing_process import drawing_process\n"
        "from mcld_app.request import Settings\n"
        "asked = 'tiny', [job()] * 8, Settings(steps=200), sys.argv[3]\n"
        "threading.Thread(target=lambda: list(drawing_process().draw(*asked))).start()\n"
        "while drawing_process().process_id is None: pass\n"
        "drawing_process().count('somebody')\n"
        "print(drawing_process().process_id, flush=True)\n"
    )
    folder = Path(__file__).parent
    command = [sys.executable, "-c", page, str(folder.parent), str(folder), str(tmp_path / "stop")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    end = time.monotonic() + 20
    while not is_gone(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert is_gone(child)


def is_gone(process: psutil.Process) -> bool:
    """Whether a process has ended, though perhaps nobody has asked how."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_the_surroundings_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not draws_in_page({}) and draws_in_page({"MCLD_DRAWING": "Page"})
    with pytest.raises(StudioError, match="MCLD_DRAWING is 'yes'"):
        draws_in_page({"MCLD_DRAWING": "yes"})
    monkeypatch.setenv("MCLD_DRAWING", "page")
    assert drawer() is draw
