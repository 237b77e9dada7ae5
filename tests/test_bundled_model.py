"""The model that comes with the program: that it is whole, and that it does what its card says: with
MCLD_THOROUGH=1 on 16 of the 256 cases, in as many steps as it usually takes. The bars are looser than the card's
figures, so that another processor's rounding does not matter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from thorough import only_thorough

from mcld_app.checkpoints import bundled_folder, load_pipeline
from mcld_app.checkpoints.saved import HASHES, verify_part, verify_saved
from mcld_app.engine.engine import Engine
from mcld_app.engine.registry import model_named
from mcld_app.evaluation.cases import conditions, read_cases, render_case
from mcld_app.evaluation.synthetic import DrawnEvaluation, evaluate_drawn, load_judge
from mcld_app.request import Face, Job, Settings

pytestmark = pytest.mark.slow

DEMO = bundled_folder()
CASES, STEPS = 16, model_named("bundled").usual.steps
FOREGROUND_GAIN, CLOTHES_GAIN = 1.5, 4.0  # dB; the card says 3.9 and 7.9 over all cases
# Cosine; the card says 0.69, of the generator's first version. It has seen no face of the second, whose eyes and mouths
# are where real ones are: 0.34 on 16 cases in 20 steps, until it is trained anew.
FACE_GAIN = 0.25
MOVES = {"I": 0.2, "A": 0.8, "F": 0.5, "P": 6.0}  # grey levels on average, with the preview hidden


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(model_named("bundled"), device="cpu")


@pytest.fixture(scope="module")
def measured(engine: Engine) -> Iterator[DrawnEvaluation]:
    how = replace(model_named("bundled").usual, steps=STEPS)
    yield evaluate_drawn(engine, load_judge(DEMO), read_cases()[:CASES], how, alone=False)


def test_it_is_small_and_whole():
    files = [file for file in DEMO.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 40_000_000
    assert all(file.suffix in (".safetensors", ".json", ".md", ".png", ".csv") for file in files)
    checked = [*verify_saved(DEMO), verify_part(DEMO, "face_judge")]
    assert {f.relative_to(DEMO).as_posix() for f in checked} == set(json.loads((DEMO / HASHES).read_text()))


def test_it_is_an_mcld_pipeline_with_the_papers_plan():
    pipe = load_pipeline(DEMO)
    plan = pipe.denoising_unet.plan
    assert (plan.encoder, plan.middle, plan.decoder) == (("photo",), ("photo", "texture"), ("texture",))
    assert plan.face_added and plan.reference == "texture"
    assert pipe.size[0] >= 256 and pipe.size[0] * 11 == pipe.size[1] * 16


@only_thorough
def test_another_pose_comes_nearer_to_the_truth_than_the_preview(measured: DrawnEvaluation):
    m = measured.means
    assert m["ours PSNR"] > m["preview PSNR"]
    assert m["ours foreground"] > m["preview foreground"] + FOREGROUND_GAIN
    assert m["ours SSIM"] > m["preview SSIM"]


@only_thorough
def test_another_top_is_worn(measured: DrawnEvaluation):
    m = measured.means
    assert m["clothes_edited"] > m["clothes_unedited"] + CLOTHES_GAIN
    assert m["clothes_outside"] > m["clothes_outside_unedited"] - 1.5


@only_thorough
def test_another_face_is_worn(measured: DrawnEvaluation):
    m = measured.means
    assert m["swap_new"] > m["swap_old"] + FACE_GAIN
    assert m.count("swap_new") >= 3


def test_every_condition_alone_moves_the_picture(engine: Engine):
    first, second = (render_case(case) for case in read_cases()[:2])
    given, other = conditions(first), conditions(second)
    hidden = Settings(steps=4, guidance=1.0, preview=False)

    def drawn(**changes) -> np.ndarray:
        return engine.generate([Job(replace(given, **changes), 1)], hidden)[0].picture.astype(float)

    before = drawn()
    moved = {
        "I": drawn(photo=other.photo),
        "A": drawn(texture=other.texture, coverage=other.coverage),
        "F": drawn(face=Face(head=second.face.head)),
        "P": drawn(pose=other.pose),
    }
    for name, picture in moved.items():
        assert np.abs(picture - before).mean() > MOVES[name], name
