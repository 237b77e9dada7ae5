"""Drawing live: what of the network's picture is shown, whose turn it is, and that it is the same everywhere."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_live_network import write_live_network

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.checkpoints import BrokenWeights
from mcld_app.checkpoints.folders import bundled_folder, live_folder
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.engine import live_queue
from mcld_app.engine.live import load_live
from mcld_app.engine.live_finish import mended, outline
from mcld_app.engine.live_queue import MOST_WAITING, Busy, LiveQueue
from mcld_app.errors import Cancelled, StudioError
from mcld_app.studio.session import Session

H, W = 96, 64


def noise(seed: int, broad: float) -> np.ndarray:
    """(H, W) float32 in 0..1: as even as a Gaussian of that deviation leaves it."""
    made = np.random.default_rng(seed).normal(0, 1, (H, W)).astype(np.float32)
    made = cv2.GaussianBlur(made, (0, 0), broad) if broad else made
    return np.clip(0.5 + made / made.std() / 3, 0, 1)


def somebody() -> np.ndarray:
    """(H, W) bool: a trunk, an arm beside it with a narrow gap, and two fingers at its end."""
    covered = np.zeros((H, W), np.uint8)
    covered[20:80, 12:34], covered[20:60, 40:50] = 1, 1
    covered[60:70, 41:43], covered[60:70, 46:48] = 1, 1
    return covered > 0


# ---- what is shown ------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([0, 1.5, 4, 12]))
def test_whatever_alpha_says_the_outline_stays_near_the_preview_s(seed: int, broad: float) -> None:
    covered = somebody()
    share = outline(noise(seed, broad), covered, np.zeros((H, W), np.uint8))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    deep, far = (f(covered.astype(np.uint8), disc) for f in (cv2.erode, cv2.dilate))
    assert share[deep > 0].min() > 0.98
    assert share[far == 0].max() < 0.02
    assert share[62:68, 44].max() < 0.5 < share[62:68, 42].min()  # fingers are fingers


def test_a_soft_alpha_has_no_haze() -> None:
    covered = somebody()
    soft = cv2.GaussianBlur(covered.astype(np.float32), (0, 0), 5)
    share = outline(soft, covered, np.zeros((H, W), np.uint8))
    between = ((share > 0.1) & (share < 0.9)).sum()
    around = cv2.morphologyEx(covered.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).sum()
    assert between < around < ((soft > 0.1) & (soft < 0.9)).sum()


def test_alpha_moves_the_outline_but_not_a_face_s() -> None:
    covered = np.zeros((H, W), bool)
    covered[:, :32] = True
    wide = np.zeros((H, W), np.float32)
    wide[:, :40] = 1
    parts = np.where(covered, 2, 0).astype(np.uint8)
    assert outline(wide, covered, parts)[48].sum() > 32.8
    parts[covered] = 23
    assert outline(wide, covered, parts)[48].sum() == pytest.approx(32, abs=0.3)


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.sampled_from([0, 2, 8]))
def test_nothing_is_softer_than_the_preview(seed: int, broad: float) -> None:
    colour = (np.dstack([noise(seed + k, 0.8) for k in range(3)]) * 120 + 60).astype(np.uint8)
    drawn = np.dstack([noise(seed + 10 + k, broad) for k in range(3)]) * 80 + 80  # nothing becomes black or white
    inside = np.ones((H, W), bool)

    def gradients(picture: np.ndarray) -> float:
        return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())

    assert gradients(mended(colour, drawn, inside)) >= 0.93 * gradients(colour)
    even = np.full_like(drawn, 128)  # as soft as can be
    assert gradients(mended(colour, even, inside)) >= 0.85 * gradients(colour)


def test_broad_colours_are_the_network_s_and_outside_all_is_the_preview_s() -> None:
    colour, inside = np.full((H, W, 3), 90, np.uint8), somebody()
    drawn = np.full((H, W, 3), 130, np.float32)
    out = mended(colour, drawn, inside)
    assert (np.abs(out[inside].astype(int) - 130) <= 1).all()
    assert (out[~inside] == 90).all()
    assert (mended(colour, colour.astype(np.float32), inside) == colour).all()


# ---- whose turn it is ---------------------------------------------------------------------------------------------


class Drawer:
    """Draws a look as its own name, once it is let."""

    def __init__(self) -> None:
        self.may, self.drawn, self.thread = threading.Event(), [], 0

    def draw(self, look, *, is_over):
        self.thread = threading.get_native_id()
        while not self.may.wait(0.002):
            if is_over():
                raise Cancelled()
        self.drawn.append(look.name)
        return f"picture of {look.name}"


class Named:
    """What takes a look's place."""

    def __init__(self, name: str) -> None:
        self.name = name


def test_of_each_visitor_the_newest_look_is_drawn_in_their_turn() -> None:
    drawer = Drawer()
    queue = LiveQueue(lambda: drawer)
    first = queue.draw("ann", Named("a0"))
    while not drawer.thread:
        pass
    older, other, newer = (queue.draw(who, Named(what)) for who, what in (("ann", "a1"), ("bob", "b"), ("ann", "a2")))
    with pytest.raises(Cancelled):
        older.result(5)
    drawer.may.set()
    assert [each.result(5) for each in (first, newer, other)] == [f"picture of {name}" for name in ("a0", "a2", "b")]
    assert drawer.drawn == ["a0", "a2", "b"]


def test_what_is_over_ends_in_the_middle_and_makes_room() -> None:
    drawer, over = Drawer(), threading.Event()
    queue = LiveQueue(lambda: drawer)
    begun = queue.draw("ann", Named("a"), over.is_set)
    while not drawer.thread:
        pass
    over.set()
    with pytest.raises(Cancelled):
        begun.result(5)
    with pytest.raises(Cancelled):
        queue.draw("ann", Named("b"), lambda: True).result(5)
    drawer.may.set()
    assert queue.draw("ann", Named("c")).result(5) == "picture of c"


def test_too_many_are_told_so() -> None:
    drawer = Drawer()
    queue = LiveQueue(lambda: drawer)
    queue.draw("first", Named("x"))
    while not drawer.thread:
        pass
    for n in range(MOST_WAITING):
        queue.draw(f"visitor {n}", Named("x"))
    with pytest.raises(Busy):
        queue.draw("one more", Named("x"))
    queue.draw("visitor 3", Named("newer"))  # has a place
    drawer.may.set()


def test_a_failure_is_told_and_the_next_one_is_drawn() -> None:
    drawer, tries = Drawer(), []
    drawer.may.set()

    def load() -> Drawer:
        tries.append(1)
        if len(tries) == 1:
            raise StudioError("There are no weights.")
        return drawer

    queue = LiveQueue(load)
    with pytest.raises(StudioError, match="no weights"):
        queue.draw("ann", Named("a")).result(5)
    assert queue.draw("ann", Named("b")).result(5) == "picture of b"
    assert len(tries) == 2


def test_nothing_of_a_look_is_kept_once_it_is_drawn() -> None:
    drawer = Drawer()
    drawer.may.set()
    queue, look = LiveQueue(lambda: drawer), Named("a")
    queue.draw("ann", look).result(5)
    queue.draw("bob", Named("b")).result(5)
    gone = weakref.ref(look)
    del look
    gc.collect()
    assert gone() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives each thread a place of its own")
def test_drawing_runs_behind_everything_else() -> None:
    drawer = Drawer()
    drawer.may.set()
    LiveQueue(lambda: drawer).draw("ann", Named("a")).result(5)
    assert os.getpriority(os.PRIO_PROCESS, drawer.thread) >= 10 > os.getpriority(os.PRIO_PROCESS, 0)


def test_deleted_pictures_are_not_kept_as_what_was_begun() -> None:
    session = Session()
    session.begun = (("a person",), "a drawing of them")
    session.empty()
    assert session.begun is None


# ---- the network that is installed --------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = write_live_network(tmp_path / "checkpoints")
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return folder


def test_a_network_in_the_folder_of_weights_is_the_one_that_draws(installed: Path) -> None:
    assert live_folder() == installed
    look = looks.stand(looks.of(samples.sample_person("person:leo")), named_poses()["walking"])
    picture = LiveQueue(live_queue._installed).draw("ann", look).result(120)
    assert picture.picture.shape == (512, 352, 3)
    assert picture.alpha.max() == 255


def test_weights_that_changed_are_refused(installed: Path) -> None:
    (file,) = (installed / "live_network").glob("*.safetensors")
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(data)
    with pytest.raises(BrokenWeights):
        live_queue._installed()


_DRAW = """
import sys
import numpy as np
import torch
from pathlib import Path
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.checkpoints.folders import bundled_folder
from mcld_app.editing import look as looks, samples
from mcld_app.engine.live import load_live
torch.set_num_threads(1)
look = looks.stand(looks.of(samples.sample_person("person:leo")), named_poses()["walking"])
made = load_live(Path(sys.argv[1]), bundled_folder()).draw(look)
np.save(sys.argv[2], np.dstack([made.picture, made.alpha]))
"""


def test_the_picture_is_the_same_on_any_processor(installed: Path, tmp_path: Path, root: Path) -> None:
    plain = {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41"}
    command = [sys.executable, "-c", _DRAW, str(installed), str(tmp_path / "plain.npy")]
    subprocess.run(command, cwd=root, env={**os.environ, **plain}, check=True, timeout=300)
    look = looks.stand(looks.of(samples.sample_person("person:leo")), named_poses()["walking"])
    here = load_live(installed, bundled_folder()).draw(look)
    there = np.load(tmp_path / "plain.npy").astype(int)
    assert here.alpha.any()
    assert np.abs(np.dstack([here.picture, here.alpha]).astype(int) - there).max() <= 1
