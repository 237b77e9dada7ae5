"""Faces: small networks in antelopev2's form, whose answers can be worked out, from their files to faces in a photo."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_face_models import (
    DETECTOR,
    IDENTITY,
    box_of,
    draw,
    identity_of,
    points_of,
    write_detector,
    write_identity,
)

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.checkpoints import BrokenWeights, MissingWeights, UntrustedWeights, trust
from mcld_app.errors import IUVError, PictureError
from mcld_app.perception.face import FaceModel, SeenFace, face_model, face_of
from mcld_app.perception.face_align import TEMPLATE, aligned, similarity


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home, a Hugging Face cache and a checkpoints folder of the test's own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where both files belong, and lie, vouched for."""
    made = tmp_path / "checkpoints" / "antelopev2"
    write_detector(made / DETECTOR)
    write_identity(made / IDENTITY)
    trust(made)
    return made


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> FaceModel:
    """Both small networks, loaded."""
    made = tmp_path_factory.mktemp("faces")
    write_detector(made / DETECTOR)
    write_identity(made / IDENTITY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCLD_CHECKPOINTS", str(made))
        trust(made)
        return FaceModel.load()


# --- Where faces are -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_a_face_is_where_the_detector_says_in_pixels_of_the_photo(model: FaceModel, stride: int) -> None:
    (face,) = model.faces(draw((640, 640), (stride, 7, 12)))
    assert face.box == box_of(stride, 7, 12)
    assert np.array_equal(face.points, points_of(stride, 7, 12)) and face.points.dtype == np.float32
    assert face.score == pytest.approx(1 / (1 + np.exp(-(4 * 382.5 / 128 - 10.5))), abs=1e-2)


@settings(max_examples=20)
@given(height=st.sampled_from([200, 352, 640]), row=st.integers(2, 20), column=st.integers(2, 70))
def test_a_face_that_moves_in_a_photo_of_any_shape_takes_its_box_along(
    model: FaceModel, height: int, row: int, column: int
) -> None:
    (face,) = model.faces(draw((height, 640), (8, row, column)), thorough=False)
    assert face.box == box_of(8, row, column)
    assert np.array_equal(face.points, points_of(8, row, column))


@pytest.mark.parametrize("size", [(1280, 1280), (1280, 700), (500, 1280)])
def test_a_photo_larger_than_the_detectors_input_gives_places_at_its_own_size(
    model: FaceModel, size: tuple[int, int]
) -> None:
    (face,) = model.faces(draw(size, (16, 6, 9), scale=2), thorough=False)
    assert face.box == pytest.approx(box_of(16, 6, 9, 2))
    assert np.allclose(face.points, points_of(16, 6, 9, 2))


def test_a_small_photo_is_enlarged_to_the_detectors_input_first(model: FaceModel) -> None:
    photo = cv2.resize(draw((640, 640), (32, 7, 12)), (320, 320), interpolation=cv2.INTER_AREA)
    (face,) = model.faces(photo)
    assert face.box == pytest.approx(box_of(32, 7, 12, 0.5))


def test_the_largest_face_comes_first_however_sure_the_detector_is(model: FaceModel) -> None:
    photo = draw((640, 640), (8, 40, 40), (32, 4, 4), (16, 30, 10))
    photo[photo[..., 2] == 255] = (0, 0, 235)  # the large one is the palest
    faces = model.faces(photo)
    assert [face.box for face in faces] == [box_of(32, 4, 4), box_of(16, 30, 10), box_of(8, 40, 40)]
    assert faces[0].score < faces[1].score


def test_of_many_faces_the_largest_are_identified(model: FaceModel) -> None:
    photo = draw((640, 640), (32, 10, 10), *((8, 10, 10 + 6 * n) for n in range(3)))
    assert [face.box for face in model.faces(photo, most=2)] == [box_of(32, 10, 10), box_of(8, 10, 10)]


def test_boxes_that_lie_over_each_other_are_one_face(model: FaceModel) -> None:
    photo = draw((640, 640), (8, 20, 20), (8, 20, 21), (8, 21, 20), (8, 40, 20))
    assert {face.box for face in model.faces(photo)} == {box_of(8, 20, 20), box_of(8, 40, 20)}


def test_a_photo_without_a_face_has_none(model: FaceModel) -> None:
    assert model.faces(draw((300, 200))) == ()
    assert model.faces(np.random.default_rng(1).integers(0, 256, (900, 700, 3)).astype(np.uint8)) == ()


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (1500, 1), (1, 3000)])
def test_a_photo_of_hardly_any_pixels_has_no_face(model: FaceModel, size: tuple[int, int]) -> None:
    assert model.faces(draw(size)) == ()


def test_a_face_that_fills_the_photo_is_found_with_room_around_it(model: FaceModel) -> None:
    close_up = np.full((640, 640, 3), (0, 0, 255), np.uint8)
    assert model.faces(close_up, thorough=False) == ()
    face, *_ = model.faces(close_up)
    top, left, height, width = face.box
    assert (height, width) == (4 * 32 * 2, 3 * 32 * 2)  # half as large as the photo's own pixels
    assert -height < top < 640 and -width < left < 640
    for other in model.faces(close_up):  # the places of cells that the photo fills, in its own pixels
        row, column = (other.box[0] / 64 + 1.5), (other.box[1] / 64 + 1.0)
        assert (row, column) == (round(row), round(column)) and 0 <= row < 10 and 0 <= column < 10
        assert np.allclose(other.points, points_of(64, row, column))


def test_a_face_too_small_for_the_first_look_is_found_at_twice_the_size(model: FaceModel) -> None:
    photo = draw((1280, 1280), (8, 50, 60))  # the first look halves it
    assert model.faces(photo, thorough=False) == ()
    (face,) = model.faces(photo)
    assert face.box == box_of(8, 50, 60)


def test_a_look_that_found_something_is_the_last(model: FaceModel) -> None:
    photo = draw((1280, 1280), (8, 50, 60))
    photo[320:384, 320:384] = (0, 0, 255)
    assert [face.box for face in model.faces(photo)] == [box_of(32, 5, 5, 2)]


@pytest.mark.parametrize(
    "photo",
    [np.zeros(shape, np.uint8) for shape in [(64, 64), (64, 64, 4), (0, 9, 3)]] + [np.zeros((64, 64, 3))],
)
def test_only_rgb_photos_of_8_bits_are_looked_at(model: FaceModel, photo: np.ndarray) -> None:
    with pytest.raises(PictureError, match="RGB photos of 8 bits"):
        model.faces(photo)


# --- Whose they are --------------------------------------------------------------------------------------------------


def test_an_identity_is_the_raw_embedding_of_the_aligned_face_in_rgb(model: FaceModel) -> None:
    photo = draw((640, 640), (32, 7, 12), ground=4)
    (face,) = model.faces(photo)
    assert face.identity.shape == (512,) and face.identity.dtype == np.float32
    assert np.allclose(face.identity, identity_of(aligned(photo, face.points)), rtol=1e-3, atol=1e-2)
    assert np.linalg.norm(face.identity) > 50, "an embedding that was normalised has length 1"
    swapped = identity_of(aligned(photo, face.points)[..., ::-1])
    assert not np.allclose(face.identity, swapped, rtol=0.1, atol=1)


def test_two_faces_differ_and_the_same_photo_gives_the_same(model: FaceModel) -> None:
    photo = draw((640, 640), (32, 4, 4), (32, 12, 12), ground=5)
    first, second = model.faces(photo)
    assert np.array_equal(model.faces(photo)[0].identity, first.identity)
    assert np.linalg.norm(first.identity - second.identity) > 20


@given(
    scale=st.floats(0.1, 20), angle=st.floats(-3.1, 3.1), shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500))
)
def test_alignment_takes_back_any_turn_scale_and_shift(
    scale: float, angle: float, shift: tuple[float, float]
) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = TEMPLATE.astype(np.float64) @ turn.T + shift
    back = np.c_[moved, np.ones(5)] @ similarity(moved).T
    assert np.allclose(back, TEMPLATE, atol=1e-6)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_alignment_is_insightfaces_own(seed: int) -> None:
    from insightface.utils.face_align import arcface_dst, estimate_norm

    points = np.random.default_rng(seed).uniform(0, 500, (5, 2)).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # scikit-image's, and why we have our own
        theirs = estimate_norm(points)
    if np.linalg.norm(theirs[:, :2]) > 1e-3:  # else no similarity fits, and both only round
        assert np.allclose(similarity(points), theirs, rtol=1e-3, atol=1e-3)
    assert np.array_equal(arcface_dst, TEMPLATE)


@pytest.mark.parametrize("size", [0.2, 0.5, 1.0, 1.7, 4.0])
def test_a_face_of_any_size_is_cut_out_as_insightface_cuts_it(size: float) -> None:
    """Small ones too, which are enlarged. To the byte here; another processor may round a last bit of the turn."""
    from insightface.utils.face_align import norm_crop

    rng = np.random.default_rng(round(size * 10))
    photo = rng.integers(0, 256, (500, 500, 3), np.uint8)
    for angle in (0.0, -0.6, 2.5):
        turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = (TEMPLATE @ turn.T + 60 + rng.normal(0, 2 * size, (5, 2))).astype(np.float32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            theirs = norm_crop(photo, points)
        apart = np.abs(aligned(photo, points).astype(int) - theirs)
        assert apart.max() <= 1 and np.mean(apart > 0) < 0.005
        cubic = cv2.warpAffine(photo, similarity(points), (112, 112), flags=cv2.INTER_CUBIC)
        assert np.abs(cubic.astype(int) - theirs).max() > 20, "another filter would be seen"


def test_faces_are_those_of_insightfaces_own_face_analysis(model: FaceModel, folder: Path) -> None:
    from insightface.app import FaceAnalysis

    analysis = FaceAnalysis(name=str(folder), providers=["CPUExecutionProvider"])
    analysis.prepare(ctx_id=-1, det_size=(640, 640))
    photo = draw((1600, 2240), (32, 4, 4), (32, 10, 13), (16, 20, 10), ground=7, scale=3.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        theirs = analysis.get(photo[..., ::-1])
    theirs.sort(key=lambda face: -np.prod(face.bbox[2:] - face.bbox[:2]))
    ours = model.faces(photo)
    assert len(ours) == len(theirs) == 3
    for mine, other in zip(ours, theirs, strict=True):
        x, y, right, bottom = other.bbox
        assert mine.box == pytest.approx((y, x, bottom - y, right - x), abs=1e-3)
        assert mine.score == pytest.approx(other.det_score) and np.allclose(mine.points, other.kps)
        assert np.allclose(mine.identity, other.embedding, rtol=1e-2, atol=0.5)


# --- Whose body they belong to ---------------------------------------------------------------------------------------


def standing(left: int = 100) -> np.ndarray:
    """A drawn person's IUV map of 512 x 352, moved sideways in a wider picture."""
    wide = np.zeros((512, 900, 3), np.uint8)
    wide[:, left : left + 352] = draw_iuv(named_poses()["standing"])
    return wide


def head_box(iuv: np.ndarray) -> tuple[int, int, int, int]:
    rows, columns = (np.flatnonzero((iuv[..., 0] >= 23).any(axis)) for axis in (1, 0))
    return rows[0], columns[0], np.ptp(rows) + 1, np.ptp(columns) + 1


def seen(box: tuple[float, float, float, float]) -> SeenFace:
    return SeenFace(box, 0.9, np.zeros((5, 2), np.float32), np.zeros(512, np.float32))


def test_the_face_of_a_body_lies_on_its_head() -> None:
    one, other = standing(100), standing(500)
    theirs = [seen(head_box(other)), seen(head_box(one))]
    assert face_of(theirs, one) is theirs[1] and face_of(theirs, other) is theirs[0]


def test_a_large_face_around_a_head_is_not_preferred_to_the_one_that_fits_it() -> None:
    iuv = standing()
    top, left, height, width = head_box(iuv)
    fits = seen((top + 0.1 * height, left + 0.1 * width, 0.65 * height, 0.8 * width))
    around = seen((top - 0.08 * height, left - 0.08 * width, 1.16 * height, 1.16 * width))
    assert face_of([around], iuv) is around
    assert face_of([around, fits], iuv) is fits


def test_a_head_from_behind_takes_nobody_elses_face() -> None:
    iuv = standing()
    top, left, height, width = head_box(iuv)
    beside = seen((top, left + 0.9 * width, height, width))
    assert face_of([beside], iuv) is None
    assert face_of([], iuv) is None


def test_a_body_without_a_head_has_no_face() -> None:
    iuv = standing()
    whole = seen((0, 0, 512, 900))
    iuv[iuv[..., 0] >= 23] = 0
    assert face_of([whole], iuv) is None


def test_a_face_that_reaches_over_the_photos_edge_belongs_to_the_head_there() -> None:
    iuv = standing()
    top, _, height, _ = head_box(iuv)
    cut = iuv[round(top + height / 2) :]
    mine = seen((-height / 2, *head_box(cut)[1:2], height, head_box(cut)[3]))
    assert face_of([mine, seen((-300, -300, 100, 100))], cut) is mine


def test_what_is_no_iuv_map_has_no_face_to_give() -> None:
    with pytest.raises(IUVError):
        face_of([seen((0, 0, 5, 5))], np.zeros((20, 20, 3), np.uint8))


# --- The files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["checkpoints", ".insightface"])
@pytest.mark.parametrize("sub", ["", "antelopev2", "antelopev2/antelopev2"])
def test_both_files_are_found_wherever_people_have_them(tmp_path: Path, place: str, sub: str) -> None:
    base = tmp_path / "checkpoints" if place == "checkpoints" else tmp_path / "home" / ".insightface" / "models"
    trust(write_detector(base / sub / DETECTOR))
    trust(write_identity(base / sub / IDENTITY))
    model = face_model()
    assert model is not None and len(model.faces(draw((640, 640), (8, 20, 20)))) == 1


def test_without_either_file_there_is_no_model_and_loading_says_where_both_come_from() -> None:
    assert face_model() is None
    with pytest.raises(MissingWeights) as caught:
        FaceModel.load()
    said = str(caught.value)
    assert "neither is here" in said and said.count("https://") == 2 and DETECTOR in said and IDENTITY in said


@pytest.mark.parametrize(("there", "missing"), [(DETECTOR, IDENTITY), (IDENTITY, DETECTOR)])
def test_one_file_without_the_other_is_said(folder: Path, there: str, missing: str) -> None:
    (folder / missing).unlink()
    with pytest.raises(MissingWeights) as caught:
        face_model()
    said = str(caught.value)
    assert f"only {folder / there} is here" in said and f"put it at {folder / missing}" in said
    assert f"put it at {folder / there}" not in said


def test_nothing_of_a_file_is_loaded_that_nobody_vouched_for(folder: Path) -> None:
    other = folder.parent / DETECTOR  # no network at all: loading it would say so
    other.write_bytes(b"\x08\x07 not a network")
    (folder / DETECTOR).unlink()
    with pytest.raises(UntrustedWeights, match=r"mcld_app trust .*scrfd_10g_bnkps\.onnx"):
        face_model()


@pytest.mark.parametrize("name", [DETECTOR, IDENTITY])
def test_a_file_that_changed_is_not_loaded(folder: Path, name: str) -> None:
    (folder / name).write_bytes((folder / name).read_bytes() + b"x")
    with pytest.raises(BrokenWeights, match=rf"{name} is not the file it was"):
        face_model()


@pytest.mark.parametrize("name", [DETECTOR, IDENTITY])
@pytest.mark.parametrize("share", [0.3, 0.95])
def test_a_file_cut_short_is_said_in_a_sentence_and_nowhere_else(
    folder: Path, name: str, share: float, capfd: pytest.CaptureFixture[str]
) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(share * len(data))])
    trust(folder / name)
    with pytest.raises(BrokenWeights, match=rf"{name} is cut short or damaged.*get it again"):
        face_model()
    assert capfd.readouterr() == ("", "")


def test_a_web_page_saved_as_a_network_is_said(folder: Path) -> None:
    (folder / IDENTITY).write_text("<!DOCTYPE html><html><body>Sign in</body></html>", "utf-8")
    with pytest.raises(BrokenWeights, match=r"glintr100\.onnx is a web page"):
        face_model()


def test_another_network_is_named_with_what_was_expected(folder: Path) -> None:
    (folder / DETECTOR).replace(folder / "kept")
    (folder / IDENTITY).replace(folder / DETECTOR)
    (folder / "kept").replace(folder / IDENTITY)
    trust(folder)
    with pytest.raises(BrokenWeights, match=rf"{DETECTOR} is not the face detector.*1 x 3 x 640 x 640.*12800 x 10"):
        face_model()
    write_detector(folder / DETECTOR)
    trust(folder)
    with pytest.raises(BrokenWeights, match=rf"{IDENTITY} is not the face identity.*1 x 3 x 112 x 112.*1 x 512"):
        face_model()


def test_a_detector_without_points_and_an_identity_of_another_length_are_others(folder: Path) -> None:
    trust(write_identity(folder / IDENTITY, numbers=256))
    with pytest.raises(BrokenWeights, match="1 x 512"):
        face_model()
    trust(write_detector(folder / DETECTOR, heads=6))
    with pytest.raises(BrokenWeights, match="is not the face detector"):
        face_model()


def test_the_model_is_kept_until_its_files_change(folder: Path) -> None:
    first = face_model()
    assert face_model() is first
    write_identity(folder / IDENTITY)
    os.utime(folder / IDENTITY, ns=(1, 1))
    trust(folder)
    assert face_model() is not first


def test_it_prints_nothing_and_loads_nothing_heavy_before_it_is_used(root: Path, folder: Path) -> None:
    script = (
        "import sys; from mcld_app.perception.face import face_model; import numpy as np\n"
        "heavy = {'torch', 'insightface', 'onnxruntime', 'onnx', 'skimage', 'gradio'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "face_model().faces(np.full((1500, 1400, 3), 128, np.uint8))\n"
    )
    command = [sys.executable, "-W", "always::FutureWarning", "-c", script]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
