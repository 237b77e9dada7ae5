"""Which models are there, and drawing as a stream of news."""

from __future__ import annotations

import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest
from paced_studio import paced
from tiny import tiny_pipeline

from mcld_app import models
from mcld_app.checkpoints import save_pipeline
from mcld_app.drawing import draw, seconds_needed
from mcld_app.engine import Engine
from mcld_app.errors import Cancelled, StudioError
from mcld_app.request import Conditions, Job, Progress, Settings


@pytest.fixture
def own_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A tiny random model saved where an owner would put a model of theirs."""
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    _forget()
    save_pipeline(tiny_pipeline(), tmp_path / "checkpoints" / "tiny")
    yield "tiny"
    _forget()


def _forget() -> None:
    for kept in (models.model_named, models.engine_for):
        getattr(kept, "cache_clear", lambda: None)()  # a test may have put something else in its place


def job(seed: int = 0) -> Job:
    rng = np.random.default_rng(0)
    pose = np.zeros((64, 44, 3), np.uint8)
    pose[8:56, 10:34] = 2, 120, 90
    photo, texture = rng.integers(0, 256, (96, 66, 3), np.uint8), rng.integers(0, 256, (512, 512, 3), np.uint8)
    return Job(Conditions(photo, texture, pose), seed)


def test_a_model_of_ones_own_is_found_and_draws(own_model: str, tmp_path: Path):
    assert own_model in models.available()
    *news, pictures = draw(own_model, [job(1), job(2)], Settings(steps=3), str(tmp_path / "stop"))
    assert [n.step for n in news] == [1, 2, 3]
    assert all(isinstance(n, Progress) for n in news)
    assert [p.picture.shape for p in pictures] == [(64, 44, 3)] * 2
    assert not (tmp_path / "stop").exists()


def test_without_weights_the_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(models, "bundled_folder", lambda: tmp_path / "none")
    _forget()
    with pytest.raises(StudioError, match="mcld_app doctor"):
        list(draw("published", [job()], Settings(steps=1), str(tmp_path / "stop")))


def test_the_stop_file_stops_it(own_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    stop, pace = tmp_path / "stop", tmp_path / "pace"
    pace.write_text("inf")  # it waits after its first step until it is stopped
    monkeypatch.setattr(Engine, "generate", paced(Engine.generate, pace))
    seen = []
    with pytest.raises(Cancelled):
        for item in draw(own_model, [job()], Settings(steps=150), str(stop)):
            seen.append(item)
            stop.touch()
    assert len(seen) == 1


def test_closing_the_stream_stops_the_drawing_and_the_next_one_works(own_model: str, tmp_path: Path):
    stream = draw(own_model, [job()], Settings(steps=200), str(tmp_path / "stop"))
    next(stream)
    stream.close()
    assert (tmp_path / "stop").exists()
    *_, pictures = draw(own_model, [job()], Settings(steps=2), str(tmp_path / "other"))
    assert len(pictures) == 1


def test_a_fault_of_the_program_is_a_sentence(own_model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(models, "engine_for", lambda name: 1 / 0)
    with pytest.raises(StudioError, match="Your edits are kept"):
        list(draw(own_model, [job()], Settings(steps=1), str(tmp_path / "stop")))


def _in_another_process(request: bytes, out) -> None:
    *news, pictures = draw(*pickle.loads(request))
    out.put(pickle.dumps((len(news), pictures)))


def test_it_works_by_the_rules_of_zerogpu(own_model: str, tmp_path: Path):
    """Another process, arguments and news pickled, and the same picture as here."""
    request = (own_model, [job(3)], Settings(steps=2), str(tmp_path / "stop"))
    *_, here = draw(*request)
    context = multiprocessing.get_context("spawn")
    out = context.Queue()
    worker = context.Process(target=_in_another_process, args=(pickle.dumps(request), out))
    worker.start()
    steps, there = pickle.loads(out.get(timeout=120))
    worker.join()
    assert steps == 2
    assert np.array_equal(there[0].picture, here[0].picture)


def test_the_time_asked_for_grows_with_the_work_and_has_an_end():
    few = seconds_needed("m", [job()], Settings(steps=4), "")
    many = seconds_needed("m", [job(k) for k in range(8)], Settings(steps=20), "")
    assert 10 < few < many <= 300
    assert seconds_needed("m", [job(k) for k in range(100)], Settings(steps=200), "") == 300
