"""The engine: what it keeps, what it runs again, and how it behaves when things go wrong."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_pipeline

from mcld_app.engine.cache import ContentCache, content_key
from mcld_app.engine.engine import Engine
from mcld_app.engine.memory import FALLBACKS
from mcld_app.engine.model import Model
from mcld_app.errors import Cancelled, IUVError, StudioError
from mcld_app.request import Conditions, Face, Job, Settings

FAST = Settings(steps=3)


@pytest.fixture
def engine() -> Engine:
    return Engine(Model("tiny", lambda *_: tiny_pipeline(), result=(64, 44)), device="cpu")


def conditions(seed: int = 0, **changes) -> Conditions:
    rng = np.random.default_rng(seed)
    pose = np.zeros((64, 44, 3), np.uint8)
    pose[8:56, 10:34] = rng.integers(1, 25), 120, 90
    given = {
        "photo": rng.integers(0, 256, (96, 66, 3), np.uint8),
        "texture": rng.integers(0, 256, (512, 512, 3), np.uint8),
        "pose": pose,
        "face": Face(rng.normal(0, 1, 512).astype(np.float32)),
    }
    return Conditions(**(given | changes))


def count_calls(pipe) -> Counter:
    """Counts forward passes of every network of a pipeline."""
    calls: Counter = Counter()
    for name in ("image_encoder", "reference_unet", "pose_guider", "face_projector", "denoising_unet"):
        getattr(pipe, name).register_forward_hook(lambda *_, name=name: calls.update([name]))
    pipe.vae.encoder.register_forward_hook(lambda *_: calls.update(["vae encoder"]))
    return calls


def counted() -> tuple[Engine, Counter]:
    pipe = tiny_pipeline()
    engine = Engine(Model("tiny", lambda *_: pipe, result=(64, 44)), device="cpu")
    calls = count_calls(pipe)
    engine.generate([Job(conditions())], FAST)
    calls.clear()
    return engine, calls


def picture(engine: Engine, job: Job, settings: Settings = FAST) -> np.ndarray:
    return engine.generate([job], settings)[0].picture


def test_nothing_is_loaded_before_the_first_request(engine):
    assert not engine.is_loaded
    out = picture(engine, Job(conditions()))
    assert engine.is_loaded
    assert out.shape == (64, 44, 3)
    assert out.dtype == np.uint8


def test_another_seed_runs_no_encoder():
    engine, calls = counted()
    engine.generate([Job(conditions(), seed=1)], FAST)
    assert calls == {"denoising_unet": 3}


def test_another_pose_runs_the_pose_guider_only():
    engine, calls = counted()
    engine.generate([Job(conditions(pose=conditions(5).pose))], FAST)
    assert calls == {"denoising_unet": 3, "pose_guider": 1}


def test_another_face_runs_the_face_projector_only():
    engine, calls = counted()
    engine.generate([Job(conditions(face=None))], FAST)
    assert calls == {"denoising_unet": 3, "face_projector": 1}


def test_another_texture_reads_the_reference_again_but_not_the_photo():
    engine, calls = counted()
    engine.generate([Job(conditions(texture=conditions(7).texture))], FAST)
    assert calls == {"denoising_unet": 3, "image_encoder": 1, "vae encoder": 1, "reference_unet": 1}


def test_a_seed_fixes_the_picture_whatever_ran_before(engine):
    alone = picture(
        Engine(Model("tiny", lambda *_: tiny_pipeline(), result=(64, 44)), device="cpu"), Job(conditions(), seed=5)
    )
    engine.generate([Job(conditions(3), seed=9), Job(conditions(4), seed=5)], FAST)
    torch.randn(100)
    assert np.array_equal(picture(engine, Job(conditions(), seed=5)), alone)
    assert not np.array_equal(picture(engine, Job(conditions(), seed=6)), alone)


def test_a_batch_draws_what_single_requests_draw(engine):
    jobs = [
        Job(conditions(0), 1), Job(conditions(0), 2), Job(conditions(0, pose=conditions(8).pose), 1),
        Job(conditions(1), 1), Job(conditions(0, face=None), 1),
    ]  # fmt: skip
    together = engine.generate(jobs, FAST)
    for job, drawn in zip(jobs, together, strict=True):
        assert drawn.seed == job.seed
        assert drawn.batch == 5
        difference = drawn.picture.astype(int) - picture(engine, job)
        assert np.abs(difference).max() <= 1  # a matrix product rounds differently for another number of rows


def test_several_sizes_are_each_made_from_what_the_network_drew(engine):
    def drawn(*sizes: tuple[int, int]) -> list[np.ndarray]:
        one = engine.generate([Job(conditions(), 3)], FAST, sizes=sizes)[0]
        return [one.picture, *one.others]

    tiny, large, small = drawn((4, 3), (64, 44), (32, 22))  # nothing could be made from the first one
    assert [made.shape for made in (tiny, large, small)] == [(4, 3, 3), (64, 44, 3), (32, 22, 3)]
    assert np.array_equal(large, picture(engine, Job(conditions(), 3))) and np.array_equal(small, drawn((32, 22))[0])


def test_a_pose_without_a_body_is_refused_unless_it_is_wanted(engine):
    job = Job(conditions(pose=np.zeros((64, 44, 3), np.uint8)))
    with pytest.raises(StudioError, match="shows no body"):
        engine.generate([job], FAST)
    assert engine.generate([job], FAST, need_body=False)[0].picture.any()


def test_progress_counts_steps_and_shows_small_pictures(engine):
    told = []
    engine.generate([Job(conditions(), 1), Job(conditions(), 2)], FAST, on_progress=told.append)
    assert [(p.step, p.steps, p.jobs) for p in told] == [(1, 3, 2), (2, 3, 2), (3, 3, 2)]
    shown = [p.step_pictures for p in told]
    assert all(len(two) == 2 and two[0].dtype == np.uint8 and two[0].ndim == 3 for two in shown)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_cancelling_stops_at_the_next_step_and_leaves_the_engine_usable(engine, after):
    steps = []
    with pytest.raises(Cancelled):
        engine.generate(
            [Job(conditions())], FAST, on_progress=lambda p: steps.append(p.step), cancelled=lambda: len(steps) >= after
        )
    assert len(steps) == after
    assert picture(engine, Job(conditions())).shape == (64, 44, 3)


def test_cancelling_after_the_last_step_gives_the_picture(engine):
    steps = []
    out = engine.generate(
        [Job(conditions())], FAST, on_progress=lambda p: steps.append(p.step), cancelled=lambda: len(steps) >= 3
    )
    assert len(out) == 1


def test_ten_requests_at_once_each_get_their_own_picture(engine):
    alone = [picture(engine, Job(conditions(k % 2), seed=k)) for k in range(10)]
    start = threading.Barrier(10)

    def ask(k: int) -> np.ndarray:
        start.wait()
        return picture(engine, Job(conditions(k % 2), seed=k))

    with ThreadPoolExecutor(10) as pool:
        for mine, theirs in zip(pool.map(ask, range(10)), alone, strict=True):
            assert np.array_equal(mine, theirs)


def test_running_out_of_memory_steps_back_until_it_fits():
    pipe = tiny_pipeline()
    forward, rows = pipe.denoising_unet.forward, []

    def greedy(latents, *args, **kwargs):
        rows.append(len(latents))
        if len(latents) > 4:  # two pictures with guidance
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return forward(latents, *args, **kwargs)

    pipe.denoising_unet.forward = greedy
    engine = Engine(Model("tiny", lambda *_: pipe, result=(64, 44)), device="cpu", max_batch=4)
    out = engine.generate([Job(conditions(), k) for k in range(4)], FAST)
    assert [d.seed for d in out] == [0, 1, 2, 3]
    assert {d.fallback for d in out} == {FALLBACKS[1]}
    assert {d.batch for d in out} == {2}
    assert rows[0] == 8


def test_too_little_memory_for_one_picture_is_a_sentence_and_the_next_request_works():
    pipe = tiny_pipeline()
    forward, full = pipe.denoising_unet.forward, [True]

    def greedy(*args, **kwargs):
        if full[0]:
            raise RuntimeError("MPS backend out of memory")
        return forward(*args, **kwargs)

    pipe.denoising_unet.forward = greedy
    engine = Engine(Model("tiny", lambda *_: pipe, result=(64, 44)), device="cpu")
    with pytest.raises(StudioError, match="not enough memory"):
        engine.generate([Job(conditions())], FAST)
    full[0] = False
    assert picture(engine, Job(conditions())).shape == (64, 44, 3)


@pytest.mark.parametrize("scheduler", ["dpm++", "unipc"])
def test_fast_schedulers_come_close_to_many_small_steps(engine, scheduler):
    slow = picture(engine, Job(conditions(), 1), Settings(steps=80)).astype(float)
    fast = picture(engine, Job(conditions(), 1), Settings(steps=20, scheduler=scheduler)).astype(float)
    other = picture(engine, Job(conditions(), 2), Settings(steps=80)).astype(float)
    assert np.abs(fast - slow).mean() < 0.35 * np.abs(other - slow).mean()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Settings(steps=0),
        lambda: Settings(steps=2.5),
        lambda: Settings(guidance=float("nan")),
        lambda: Settings(scheduler="euler"),
        lambda: Job(conditions(), seed=2**64),
        lambda: Job(conditions(), seed=-1),
    ],
)
def test_settings_out_of_range_are_refused(make):
    with pytest.raises(StudioError):
        make()


@pytest.mark.parametrize("guidance", [0, 1, 1.5])
def test_guidance_of_nothing_one_and_more_all_draw(engine, guidance):
    assert picture(engine, Job(conditions()), Settings(steps=2, guidance=guidance)).shape == (64, 44, 3)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"face": Face(np.ones(128, np.float32))}, StudioError),
        ({"face": Face(np.full(512, np.nan, np.float32))}, StudioError),
        ({"pose": np.zeros((64, 44, 3), np.uint8)}, IUVError),
        ({"pose": np.full((64, 44, 3), 25, np.uint8)}, IUVError),
        ({"texture": np.zeros((512, 512), np.uint8)}, StudioError),
        ({"face_weight": -1}, StudioError),
    ],
)
def test_unusable_conditions_are_a_sentence_and_the_next_request_works(engine, wrong, error):
    with pytest.raises(error):
        engine.generate([Job(conditions(**wrong))], FAST)
    assert picture(engine, Job(conditions())).shape == (64, 44, 3)


def test_weights_that_are_no_numbers_are_told_from_a_bad_picture():
    pipe = tiny_pipeline()
    pipe.denoising_unet.unet.conv_out.weight.data[:] = float("nan")
    engine = Engine(Model("tiny", lambda *_: pipe, result=(64, 44)), device="cpu")
    with pytest.raises(StudioError, match="no numbers"):
        engine.generate([Job(conditions())], FAST)


def test_focus_maps_are_shares(engine):
    drawn = engine.generate([Job(conditions()), Job(conditions(1))], Settings(steps=2, focus=True))[0]
    assert set(drawn.focus) == {"reference", "photo", "texture", "face"}
    assert all(m.shape == (8, 8) and m.min() >= 0 and m.max() <= 1 for m in drawn.focus.values())
    shares = sum(drawn.focus[s] for s in ("photo", "texture", "face"))
    assert np.allclose(shares, 1, atol=1e-4)


def test_a_zeroed_face_gives_a_zero_map(engine):
    drawn = engine.generate([Job(conditions(face_weight=0))], Settings(steps=2, focus=True))[0]
    assert not drawn.focus["face"].any()
    assert np.allclose(drawn.focus["photo"] + drawn.focus["texture"], 1, atol=1e-4)


def test_each_picture_is_drawn_with_its_own_face_weight(engine):
    weights = (0.0, 0.0, 2.0, 0.5)
    together = engine.generate([Job(conditions(face_weight=w), 3) for w in weights], FAST)
    assert [one.batch for one in together] == [2, 2, 1, 1], "a batch has one weight"
    for one, weight in zip(together, weights, strict=True):
        alone = picture(engine, Job(conditions(face_weight=weight), 3))
        assert np.abs(one.picture.astype(int) - alone).max() <= 1
    assert (together[0].picture != together[2].picture).any()


def test_forgetting_empties_the_cache():
    engine, calls = counted()
    engine.forget()
    engine.generate([Job(conditions())], FAST)
    assert calls["image_encoder"] == 2


def test_the_cache_forgets_after_its_time_and_past_its_size():
    now = [0.0]
    cache = ContentCache(100, 60, len, clock=lambda: now[0])
    assert cache.get("a", lambda: b"x" * 40) == b"x" * 40
    assert cache.get("a", lambda: b"never made") == b"x" * 40
    now[0] = 30
    cache.get("b", lambda: b"y" * 40)
    cache.get("a", lambda: b"never made")
    cache.get("c", lambda: b"z" * 40)  # 120 bytes: the one used longest ago, b, goes
    assert cache.bytes_held == 80
    assert cache.get("a", lambda: b"never made") == b"x" * 40
    now[0] = 91
    cache.get("d", lambda: b"w")  # whoever comes next finds nothing of that time
    assert len(cache) == 1
    assert cache.bytes_held == 1


def test_content_keys_tell_arrays_apart_by_shape_type_and_value():
    a = np.arange(6, dtype=np.uint8)
    keys = {content_key(a), content_key(a.reshape(2, 3)), content_key(a.astype(np.int16)), content_key(a + 1)}
    assert len(keys) == 4
    assert content_key(a) == content_key(a.copy())


def test_the_cache_forgets_by_itself_when_nobody_comes_back():
    cache = ContentCache(100, 0.2, len)
    cache.get("a", lambda: b"x" * 40)
    time.sleep(0.1)
    cache.get("b", lambda: b"y" * 40)
    for _ in range(100):
        if cache.bytes_held == 0:
            break
        time.sleep(0.05)
    assert len(cache) == 0
    assert cache.bytes_held == 0


# ---- a model whose pictures are looked at first -----------------------------------------------------------------


class Guard:
    """A checker that blocks what a test says."""

    def __init__(self, *blocked: bool) -> None:
        self.answers, self.seen = list(blocked), []

    def blocked(self, pictures) -> list[bool]:
        self.seen += list(pictures)
        return [self.answers.pop(0) for _ in pictures]


def test_a_picture_that_is_held_back_is_seen_by_nobody():
    guard, told = Guard(False, True, False), []
    model = Model("guarded", lambda *_: tiny_pipeline(), result=(64, 44), guard=lambda device: guard)
    engine = Engine(model, device="cpu", max_batch=2)
    with pytest.raises(StudioError, match="held this picture back"):
        engine.generate([Job(conditions(), seed) for seed in (1, 2)], FAST, on_progress=told.append)
    assert len(guard.seen) == 2
    assert told and all(progress.step_pictures is None for progress in told), "nor is it seen coming"
    drawn = engine.generate([Job(conditions(), 3)], FAST)
    assert np.array_equal(drawn[0].picture, guard.seen[-1])


def test_a_model_without_a_face_encoder_has_the_face_looked_for_in_the_photo_once():
    """And another one's face, and no face, make other pictures."""
    looked: list[tuple[np.ndarray, np.ndarray]] = []

    def identify(photo: np.ndarray, iuv: np.ndarray) -> np.ndarray | None:
        looked.append((photo, iuv))
        return np.full(512, photo.mean() / 40 - 1, np.float32) if photo.any() else None

    engine = Engine(Model("looking", lambda *_: tiny_pipeline(), result=(64, 44), identify=identify), device="cpu")
    iuv = np.full((32, 22, 3), 23, np.uint8)

    def drawn(face: Face | None) -> np.ndarray:
        return engine.generate([Job(replace(conditions(), face=face), 1)], FAST)[0].picture

    bright, dark = (Face(photo=np.full((32, 22, 3), value, np.uint8), iuv=iuv) for value in (200, 0))
    first, none = drawn(bright), drawn(None)
    assert np.array_equal(first, drawn(bright)) and len(looked) == 1, "looked for once"
    assert looked[0][0] is bright.photo and looked[0][1] is iuv
    assert not np.array_equal(first, none)
    assert np.array_equal(drawn(dark), none), "nobody found is no face"
    given = np.full(512, 200 / 40 - 1, np.float32)
    assert np.array_equal(first, drawn(Face(given, photo=bright.photo, iuv=iuv))) and len(looked) == 2
