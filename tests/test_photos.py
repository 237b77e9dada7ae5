"""Photos as they come: who is in them, whose face it is, and that whatever goes wrong is a sentence."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import studio_actions as actions
from PIL import Image
from small_densepose import export_saying, planes_of, random_export
from small_face_models import write_detector, write_identity

from mcld_app.body.framing import person_box
from mcld_app.body.iuv import read_iuv, resize_iuv
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.photo import encode_png, read_photo
from mcld_app.checkpoints import trust
from mcld_app.editing import look as looks
from mcld_app.editing.conditioning import conditions_of
from mcld_app.editing.person import Person, make_person
from mcld_app.engine import registry
from mcld_app.errors import StudioError
from mcld_app.request import Job, Settings
from mcld_app.studio.panels.upload import api_start_with_photo
from mcld_app.studio.state import EditorState, initial_state
from mcld_app.synthetic.people import draw_person, render_person

DENSEPOSE = "densepose_r50_fpn_dl.torchscript"


pytestmark = pytest.mark.usefixtures("without_body_finder")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkpoints folder, empty; nothing of this machine's own is found."""
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


@pytest.fixture(scope="module")
def group() -> tuple[np.ndarray, list[np.ndarray]]:
    """A photo (600, 1100) of three people, the middle one nearest, the right one from behind; and each one's map."""
    photo, maps = np.full((600, 1100, 3), 205, np.uint8), []
    places = ((11, "standing", 0.62, 20), (14, "walking-front", 1.0, 330), (17, "back", 0.74, 730))
    poses = named_poses()
    for seed, name, size, left in places:
        pose = poses[name]
        height, width = int(580 * size), int(580 * size * 11 / 16)
        picture, iuv = render_person(draw_person(seed), pose, (height, width), background=False)
        top = 590 - height
        body = iuv[..., 0] > 0
        photo[top : top + height, left : left + width][body] = picture[body]
        whole = np.zeros_like(photo)
        whole[top : top + height, left : left + width] = iuv
        maps.append(whole)
    return photo, maps


def say(folder: Path, maps: list[np.ndarray]) -> None:
    """Install a DensePose that sees these people, whatever the photo."""
    people = []
    for iuv in maps:
        top, left, height, width = person_box(iuv)
        square = resize_iuv(iuv[top : top + height, left : left + width], (112, 112))
        planes = planes_of(square[..., 0], square[..., 1] / 255, square[..., 2] / 255)
        people.append(((left, top, left + width, top + height), planes))
    export_saying(folder / DENSEPOSE, people, maps[0].shape[:2])


def file_of(photo: np.ndarray, name: str = "group.png") -> dict[str, str]:
    return {"name": name, "data": base64.b64encode(encode_png(photo)).decode()}


def overlap(person: Person, iuv: np.ndarray, photo: np.ndarray) -> float:
    theirs = make_person("x", photo, iuv).iuv[..., 0] > 0
    mine = resize_iuv(person.iuv, theirs.shape)[..., 0] > 0
    return (mine & theirs).sum() / (mine | theirs).sum()


# ---- whom a photo shows -------------------------------------------------------------------------------------------


def test_the_largest_person_of_a_group_is_taken_and_another_can_be_chosen(folder: Path, group) -> None:
    photo, maps = group
    say(folder, maps)
    state = actions.use_upload(initial_state(), {"photo": file_of(photo), "iuv": None})
    assert state.fitting is None and "3 people were found" in state.note.text
    assert overlap(state.look.person, maps[1], photo) > 0.9
    shown = actions.shown("detections", state)
    assert len(shown["people"]) == 3 and shown["name"] == "group"
    second = actions.choose_body(state, {"index": 1})
    assert overlap(second.look.person, maps[2], photo) > 0.75  # far away, fingers are finer than what the network sees
    assert [p.key for p in second.own] == [state.look.person.key, second.look.person.key]
    with pytest.raises(StudioError, match="no such person"):
        actions.choose_body(state, {"index": 3})


def test_one_person_alone_is_not_asked_for(folder: Path, group) -> None:
    photo, maps = group
    say(folder, maps[:1])
    state = actions.use_upload(initial_state(), {"photo": file_of(photo), "iuv": None})
    assert state.detections is None and actions.shown("detections", state)["people"] == []


def test_a_photo_that_lies_on_its_side_stands_up_first(folder: Path, group) -> None:
    photo, maps = group
    say(folder, maps[1:2])
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(photo).transpose(Image.Transpose.ROTATE_90).save(buffer, "JPEG", quality=95, exif=exif)
    told = {"name": "phone.jpg", "data": base64.b64encode(buffer.getvalue()).decode()}
    state = actions.use_upload(initial_state(), {"photo": told, "iuv": None})
    assert overlap(state.look.person, maps[1], photo) > 0.9


def test_half_a_body_and_a_back_are_people_too(folder: Path, group) -> None:
    photo, maps = group
    upper = slice(0, 430)
    for iuv in (maps[1], maps[2]):
        say(folder, [iuv[upper]])
        state = actions.use_upload(initial_state(), {"photo": file_of(np.ascontiguousarray(photo[upper])), "iuv": None})
        assert state.fitting is None, state.note.text
        assert (state.look.person.iuv[..., 0] > 0).any()
        height, width = state.look.person.photo.shape[:2]
        assert height * 11 == width * 16


def test_clothes_and_a_face_come_from_one_photo_alone(folder: Path, group) -> None:
    photo, maps = group
    say(folder, maps[1:2])
    asked = actions.wear_files(initial_state(), {"files": [file_of(photo)], "region": "top"})
    worn = actions.answer(asked, {"name": asked.question.name, "index": 0})
    assert [edit.label for edit in worn.look.edits] == ["group’s top"]
    faced = actions.face_files(initial_state(), {"files": [file_of(photo)]})
    assert faced.look.swap.donor.name == "group"


def test_without_a_model_one_photo_is_not_enough_for_clothes(group) -> None:
    asked = actions.wear_files(initial_state(), {"files": [file_of(group[0])], "region": "top"})
    assert "One file is not enough for clothes here" in asked.question.text and not asked.look.edits


def test_programs_find_people_too(folder: Path, group) -> None:
    from mcld_app.editing.recipe import read_recipe

    photo, maps = group
    told = file_of(photo)["data"]
    with pytest.raises(StudioError, match="Or give its IUV map"):
        api_start_with_photo(told)
    say(folder, maps)
    person = read_recipe(api_start_with_photo(told, who=1)).look.person
    assert overlap(person, maps[2], photo) > 0.75  # far away, fingers are finer than what the network sees


# ---- what goes wrong ----------------------------------------------------------------------------------------------


def brought(photo: np.ndarray) -> EditorState:
    return actions.use_upload(initial_state(), {"photo": file_of(photo), "iuv": None})


def test_a_photo_without_a_person_is_told_and_can_be_done_by_hand(folder: Path, group) -> None:
    export_saying(folder / DENSEPOSE, [], (1, 1))
    state = brought(group[0])
    assert state.fitting is not None
    assert state.note.text.startswith("No person was found in the photo.") and "by hand" in state.note.text


def test_a_person_too_small_is_told_the_size_that_is_wanted(folder: Path, group) -> None:
    photo, maps = group
    tiny = np.zeros_like(photo)
    tiny[500:560, 900:940] = resize_iuv(maps[1][10:590, 330:700], (60, 40))
    say(folder, [tiny])
    state = brought(photo)
    assert "at least 128 pixels" in state.note.text and state.fitting is not None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html><html>Sign in</html>" * 9, "web page"),
        (b"", "empty"),
        (b"PK\x03\x04" + b"x" * 900, "cut short"),
    ],
)
def test_a_model_file_that_is_none_is_told_and_the_photo_is_not_lost(folder: Path, group, content, said: str) -> None:
    (folder / DENSEPOSE).write_bytes(content)
    state = brought(group[0])
    assert state.fitting is not None and state.fitting.fit.name == "group"
    assert said in state.note.text and "Traceback" not in state.note.text


def test_a_model_that_nobody_vouched_for_is_not_run(folder: Path, group) -> None:
    random_export(folder / DENSEPOSE, trusted=False)
    state = brought(group[0])
    assert "mcld_app trust" in state.note.text and state.fitting is not None


# ---- faces --------------------------------------------------------------------------------------------------------


def test_the_published_model_is_told_the_face_on_the_body_that_is_meant(folder: Path, group) -> None:
    photo, maps = group
    assert registry.face_in(photo, maps[1]) is None and not registry.sees_faces(), "no face models are here"
    for name, write in (("scrfd_10g_bnkps", write_detector), ("glintr100", write_identity)):
        (folder / "antelopev2").mkdir(exist_ok=True)
        write(folder / "antelopev2" / f"{name}.onnx")
    trust(folder / "antelopev2")
    assert registry.sees_faces()
    from small_face_models import draw

    from mcld_app.perception.face import face_model

    faced = draw(photo.shape[:2], (16, 12, 20), scale=1100 / 640)
    seen = face_model().faces(faced)
    assert len(seen) == 1
    heads = np.zeros_like(photo)
    top, left, height, width = (int(n) for n in seen[0].box)
    heads[max(top, 0) : top + height, max(left, 0) : left + width, 0] = 23
    found = registry.face_in(faced, heads)
    assert np.array_equal(found, seen[0].identity)
    elsewhere = np.zeros_like(photo)
    elsewhere[560:590, 5:40, 0] = 23
    assert registry.face_in(faced, elsewhere) is None


# ---- from a real photo to a picture -------------------------------------------------------------------------------


def test_a_real_photo_with_its_map_goes_all_the_way_to_a_picture(shared: Path) -> None:
    real = shared / "real"
    person = make_person("she", read_photo(real / "person.jpg"), read_iuv(real / "person_iuv.png"))
    look = looks.stand(looks.of(person), named_poses()["walking"])
    [drawn] = registry.engine_for("bundled").generate([Job(conditions_of(look), 1)], Settings(steps=4, guidance=1.0))
    assert drawn.picture.shape == (256, 176, 3) and drawn.picture.dtype == np.uint8
    from mcld_app.editing import draw

    preview = np.asarray(Image.fromarray(draw(look).picture).resize((176, 256)))
    assert np.abs(drawn.picture.astype(int) - preview).mean() < 25, "she is recognised, if not drawn well"
    back = person.put_back(drawn.picture, draw(look).iuv)
    assert back.shape == (1100, 762, 3)


@pytest.mark.parametrize("form", ["tuple", "dict"])
def test_a_real_photo_and_a_network_that_knows_nothing_end_in_a_sentence_or_a_person(
    folder: Path, shared: Path, form: str
) -> None:
    """Random weights see bodies that are none. Whatever they see: no traceback, and the photo is not lost."""
    random_export(folder / DENSEPOSE, form)
    data = base64.b64encode((shared / "real" / "person.jpg").read_bytes()).decode()
    state = actions.use_upload(initial_state(), {"photo": {"name": "she.jpg", "data": data}, "iuv": None})
    assert state.fitting is not None or state.look.person.name == "she"
    assert state.note.text.endswith((".", "them.")) and "Error" not in state.note.text
