"""Which models are there, and drawing as a stream of news."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from paced_studio import paced
from small_densepose import random_export
from thorough import only_thorough
from tiny import tiny_pipeline

from mcld_app.checkpoints import checkpoints_folder, save_pipeline, weight_named
from mcld_app.deployment import on_zerogpu
from mcld_app.engine import registry
from mcld_app.engine.engine import Engine
from mcld_app.engine.worker import across, draw, draw_apart, seconds_needed
from mcld_app.errors import Cancelled, StudioError
from mcld_app.request import Conditions, Face, Job, Progress, Settings


@pytest.fixture
def own_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A tiny random model saved where an owner would put a model of theirs."""
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    _forget()
    save_pipeline(tiny_pipeline(), tmp_path / "checkpoints" / "tiny")
    yield "tiny"
    _forget()


def _forget() -> None:
    for kept in (registry.model_named, registry.engine_for):
        getattr(kept, "cache_clear", lambda: None)()  # a test may have put something else in its place


def job(seed: int = 0) -> Job:
    rng = np.random.default_rng(0)
    pose = np.zeros((64, 44, 3), np.uint8)
    pose[8:56, 10:34] = 2, 120, 90
    photo, texture = rng.integers(0, 256, (96, 66, 3), np.uint8), rng.integers(0, 256, (512, 512, 3), np.uint8)
    return Job(Conditions(photo, texture, pose), seed)


def test_a_model_of_ones_own_is_found_and_draws(own_model: str, tmp_path: Path):
    assert own_model in registry.available()
    *news, pictures = draw(own_model, [job(1), job(2)], Settings(steps=3), str(tmp_path / "stop"))
    assert [n.step for n in news] == [1, 2, 3]
    assert all(isinstance(n, Progress) for n in news)
    assert [p.picture.shape for p in pictures] == [(64, 44, 3)] * 2
    assert not (tmp_path / "stop").exists()


def test_without_weights_the_sentence_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(registry, "bundled_folder", lambda: tmp_path / "none")
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
    monkeypatch.setattr(registry, "engine_for", lambda name: 1 / 0)
    with pytest.raises(StudioError, match="Your edits are kept"):
        list(draw(own_model, [job()], Settings(steps=1), str(tmp_path / "stop")))


_END = b"end"


def _worker(requests, news, halt) -> None:
    """What a ZeroGPU worker does with each request, by the source of the `spaces` package (zero/wrappers.py): news are
    pickled one by one, of an exception only its name gets out, and after a stop nothing does."""
    for request in iter(requests.get, None):
        halt.clear()
        try:
            stream = draw_apart(*pickle.loads(request))
            for item in stream:
                if halt.is_set():
                    stream.close()
                    break
                news.put(pickle.dumps(item))
        except Exception as error:
            news.put(pickle.dumps(RuntimeError(type(error).__name__)))
        news.put(_END)


@pytest.fixture(scope="module")
def zerogpu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Callable, str]]:
    """`draw_apart` in a process of its own, and the name of a model it finds there."""
    folder = tmp_path_factory.mktemp("zerogpu") / "checkpoints"
    context = multiprocessing.get_context("spawn")
    requests, news, halt = context.SimpleQueue(), context.SimpleQueue(), context.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCLD_CHECKPOINTS", str(folder))
        save_pipeline(tiny_pipeline(), folder / "tiny")
        worker = context.Process(target=_worker, args=(requests, news, halt), daemon=True)
        worker.start()

    def apart(*request) -> Iterator:
        requests.put(pickle.dumps(request))
        for data in iter(news.get, _END):
            item = pickle.loads(data)
            if isinstance(item, RuntimeError):
                assert news.get() == _END
                raise item
            try:
                yield item
            except GeneratorExit:
                halt.set()
                while news.get() != _END:  # `spaces`, too, waits here until the other side is done
                    pass
                raise

    yield apart, "tiny"
    requests.put(None)
    worker.join(20)


def test_another_process_draws_the_same_picture_and_tells_each_step(zerogpu, own_model: str, tmp_path: Path):
    apart, model = zerogpu
    *_, here = draw(own_model, [job(3)], Settings(steps=2), str(tmp_path / "stop"))
    *news, there = across(apart)(model, [job(3)], Settings(steps=2), str(tmp_path / "stop"))
    assert [n.step for n in news] == [1, 2]
    assert np.array_equal(there[0].picture, here[0].picture)


def test_a_sentence_crosses_over_and_the_process_goes_on(zerogpu, tmp_path: Path):
    apart, model = zerogpu
    drawing = across(apart)
    for name, jobs, sentence in ((model, [], "nothing to draw"), ("gone", [job()], "no model 'gone'")):
        with pytest.raises(StudioError, match=sentence):
            list(drawing(name, jobs, Settings(steps=1), str(tmp_path / "stop")))
    *_, pictures = drawing(model, [job()], Settings(steps=1), str(tmp_path / "stop"))
    assert len(pictures) == 1


def test_the_stop_file_stops_another_process(zerogpu, tmp_path: Path):
    apart, model = zerogpu
    seen = []
    with pytest.raises(Cancelled):
        for item in across(apart)(model, [job()] * 8, Settings(steps=200), str(tmp_path / "stop")):
            seen.append(item)
            (tmp_path / "stop").touch()
    assert 0 < len(seen) < 200


def test_closing_the_stream_stops_another_process_before_its_gpu_goes_back(zerogpu, tmp_path: Path):
    apart, model = zerogpu
    stream = across(apart)(model, [job()] * 8, Settings(steps=200), str(tmp_path / "stop"))
    next(stream)
    stream.close()
    assert (tmp_path / "stop").exists()
    *_, pictures = across(apart)(model, [job()], Settings(steps=1), str(tmp_path / "other"))
    assert len(pictures) == 1


def test_what_a_lent_process_encoded_it_forgets(own_model: str, tmp_path: Path):
    kept = registry.engine_for(own_model)._cache
    list(draw(own_model, [job()], Settings(steps=1), str(tmp_path / "stop")))
    assert kept.bytes_held > 0
    list(draw_apart(own_model, [job()], Settings(steps=1), str(tmp_path / "stop")))
    assert kept.bytes_held == 0
    stream = draw_apart(own_model, [job()] * 8, Settings(steps=200), str(tmp_path / "stop"))
    next(stream)
    stream.close()
    assert kept.bytes_held == 0, "though it was in the middle of a step"


class _Refused(Exception):
    """As `gr.Error` has it: the words are in `message`."""

    message = "You have exceeded your ZeroGPU quota (40s requested vs. 12s left). Try again in 0:10:00. "


@pytest.mark.parametrize(
    ("error", "said"), [(_Refused(), "12s left.*Your edits are kept"), (RuntimeError("x"), "reason of the program's")]
)
def test_no_gpu_is_a_sentence(error: Exception, said: str, own_model: str, tmp_path: Path):
    def apart(*_) -> Iterator:
        raise error
        yield

    with pytest.raises(StudioError, match=said):
        list(across(apart)(own_model, [job()], Settings(steps=1), str(tmp_path / "stop")))


@only_thorough
@pytest.mark.slow
def test_it_draws_by_way_of_the_spaces_package(own_model: str, tmp_path: Path):
    """With its real emulation of CUDA and its real worker process, see zerogpu.py."""
    random_export(checkpoints_folder() / weight_named("densepose").place)
    (tmp_path / "cgroup").write_text("0::/space\n", "utf-8")
    surroundings = {
        **os.environ,
        "SPACES_ZERO_GPU": "true",
        "ZEROGPU_OFFLOAD_DIR": str(tmp_path / "offload"),
        "ZEROGPU_PROC_SELF_CGROUP_PATH": str(tmp_path / "cgroup"),
    }
    command = [sys.executable, str(Path(__file__).with_name("zerogpu.py")), own_model, str(tmp_path / "stop")]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["placed"] == [own_model]
    assert told["torch sees a GPU"] and told["people found on"] == "cpu", "none is lent to the page's process"
    assert told["devices"] == ["cuda:0"] and told["same"] and told["packed"] > 0, "weights wait for the GPU"
    assert told["steps"] == [1, 2] and told["shape"] == [64, 44, 3]
    assert not told["kept here"], "drawn in another process"
    assert told["missing"].startswith("StudioError: There is nothing to draw")
    assert told["stopped"].startswith("Cancelled: ")
    assert told["asked"].count("/schedule") == told["asked"].count("/release") == 3
    assert all(10 <= int(said.split("=")[1]) <= 40 for said in told["seconds"])


def test_the_time_asked_for_grows_with_the_work_and_has_an_end():
    few = seconds_needed("bundled", [job()], Settings(steps=20), "")
    many = seconds_needed("bundled", [job(k) for k in range(8)], Settings(steps=50), "")
    assert 10 < few < many <= 300
    assert seconds_needed("bundled", [job(k) for k in range(100)], Settings(steps=200), "") == 300


def test_less_time_is_asked_for_without_guidance_and_for_smaller_pictures(own_model: str):
    asked = [job(k) for k in range(8)]
    guided = seconds_needed("bundled", asked, Settings(steps=100), "")
    assert seconds_needed("bundled", asked, Settings(steps=100, guidance=1), "") < guided
    assert seconds_needed(own_model, asked, Settings(steps=100), "") < guided, "64 pixels high, not 256"


@pytest.mark.parametrize(("said", "is_one"), [("true", True), ("1", True), ("false", False), ("", False)])
def test_a_space_says_itself_whether_it_is_zerogpu(said: str, is_one: bool):
    assert on_zerogpu({"SPACES_ZERO_GPU": said}) is is_one
    assert not on_zerogpu({})


def test_faces_are_looked_for_before_a_gpu_is_lent_once_for_each_photo(monkeypatch: pytest.MonkeyPatch):
    from mcld_app.engine.model import Model
    from mcld_app.engine.worker import identified

    looked = []

    def identify(photo: np.ndarray, iuv: np.ndarray) -> np.ndarray | None:
        looked.append(photo)
        return np.full(512, photo.mean(), np.float32) if photo.any() else None

    model = Model("looking", lambda *_: None, identify=identify)
    monkeypatch.setattr("mcld_app.engine.registry.model_named", lambda name: model)
    iuv = np.zeros((8, 8, 3), np.uint8)
    bright, dark = (Face(photo=np.full((8, 8, 3), value, np.uint8), iuv=iuv) for value in (9, 0))
    given = [Conditions(None, None, None, face, other_face=other) for face, other in ((bright, dark), (bright, None))]
    first, second = (job.conditions for job in identified("x", [Job(c, seed) for seed, c in enumerate(given)]))
    assert first.face.identity[0] == 9 and first.face.photo is None and first.other_face is None
    assert second.face is first.face and len(looked) == 2
    ready = [Job(first, 3)]
    assert identified("x", ready)[0].conditions.face is first.face and len(looked) == 2
