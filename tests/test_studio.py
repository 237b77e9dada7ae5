"""What the page's actions do with what a browser sends: nothing of it is trusted, and nothing is lost."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import socket
import struct
import subprocess
import sys
import zlib
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import studio_actions as actions
from PIL import Image
from thorough import some

from mcld_app.body.mannequin.pose import JOINTS, named_poses
from mcld_app.editing import samples
from mcld_app.editing.person import make_person
from mcld_app.errors import StudioError
from mcld_app.studio import dispatcher, downloads, pictures, pose_sliders, regions
from mcld_app.studio.messages import UNEXPECTED
from mcld_app.studio.page import PANELS, build, launch_options
from mcld_app.studio.panels.garments import garment_items
from mcld_app.studio.panels.poses import AS_IN_PHOTO, pose_items
from mcld_app.studio.picker import people_items
from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState, initial_state


@pytest.fixture
def state() -> EditorState:
    return initial_state()


@pytest.fixture
def session() -> Session:
    ready = Session()
    actions.run(ready, actions.as_it_is, {}, whole=True)
    return ready


GARMENT = next(iter(samples.garments()))
SAMPLES = [*samples.people().values()]
FILES = {
    "photo": {"name": "Maya.png", "data": base64.b64encode(SAMPLES[1].photo_path.read_bytes()).decode()},
    "iuv": {"name": "Maya_iuv.png", "data": base64.b64encode(SAMPLES[1].iuv_path.read_bytes()).decode()},
}


# ---- actions --------------------------------------------------------------------------------------------------


def test_a_visit_begins_with_the_first_sample_as_in_their_photo(state: EditorState) -> None:
    assert state.look.person.name == SAMPLES[0].label
    assert state.look.pose is None and state.look.edits == ()


@pytest.mark.parametrize(
    ("act", "data"),
    [
        (actions.choose_person, {}),
        (actions.choose_person, {"id": "person:nobody"}),
        (actions.choose_person, {"id": ["person:mara"]}),
        (actions.choose_person, {"id": "../../etc/passwd"}),
        (actions.choose_pose, {"id": "levitating"}),
        (actions.wear, {"id": GARMENT}),
        (actions.wear, {"id": GARMENT, "region": "face"}),
        (actions.wear, {"id": GARMENT, "region": "body"}),
        (actions.wear, {"id": "own:0000", "region": "top"}),
        (actions.remove, {"index": 0}),
        (actions.remove, {"index": "0"}),
        (actions.turn, {"values": None}),
        (actions.mirror, {}),
        (actions.use_upload, {}),
        (actions.use_upload, {"photo": {"name": "x", "data": "not base64!"}, "iuv": {"name": "y", "data": ""}}),
        (actions.use_upload, {"photo": {"name": "x"}, "iuv": {"name": "y"}}),
        (actions.wear_files, {"files": []}),
        (actions.wear_files, {"files": [{"name": "a", "data": "AAAA"}] * 3, "region": "top"}),
    ],
)
def test_what_makes_no_sense_is_answered_with_a_sentence(state: EditorState, act, data: dict) -> None:
    with pytest.raises(StudioError) as told:
        act(state, data)
    sentence = str(told.value)
    assert sentence[0].isupper() and sentence.endswith((".", "!", "?"))
    assert len(sentence) < 300


def test_an_upload_becomes_the_person_and_stays_in_the_list(state: EditorState) -> None:
    after = actions.use_upload(state, FILES)
    assert after.look.person.name == "Maya"
    assert [person.name for person in after.own] == ["Maya"]
    again = actions.use_upload(after, FILES)
    assert len(again.own) == 1
    back = actions.choose_person(actions.choose_person(again, {"id": next(iter(samples.people()))}), {
        "id": f"own:{after.look.person.key}"
    })  # fmt: skip
    assert back.look.person.name == "Maya"


def test_another_body_of_the_same_person_on_the_same_photo_takes_the_older_ones_place(state: EditorState) -> None:
    person = samples.sample_person(next(iter(samples.people())))
    lower, neighbour = np.roll(person.iuv, 6, axis=0), np.roll(person.iuv, 140, axis=1)
    own = state
    for iuv in (person.iuv, lower, neighbour):
        own = own.with_own(make_person("Me", person.photo, iuv))
    assert [len(own.own), np.array_equal(own.own[0].iuv, lower)] == [2, True]


def test_a_file_over_20_mb_is_refused_before_it_is_decoded(state: EditorState) -> None:
    heavy = {"name": "x.png", "data": "A" * (28 * 2**20)}
    with pytest.raises(StudioError, match="20 MB"):
        actions.use_upload(state, {"photo": heavy, "iuv": FILES["iuv"]})


@pytest.mark.parametrize("names", some([("b_iuv.png", "a.png"), ("a.png", "b.png"), ("IMG_1.png", "densepose.png")], 1))
@pytest.mark.parametrize("swap", [False, True])
def test_two_dropped_files_are_told_apart_whatever_their_order_and_names(state: EditorState, names, swap: bool) -> None:
    photo, iuv = FILES["photo"]["data"], FILES["iuv"]["data"]
    if any("iuv" in name or "dense" in name for name in names):
        by_name = sorted(names, key=lambda name: "iuv" in name or "dense" in name)
        files = [{"name": by_name[0], "data": photo}, {"name": by_name[1], "data": iuv}]
    else:
        files = [{"name": names[0], "data": photo}, {"name": names[1], "data": iuv}]
    after = actions.wear_files(state, {"files": files[::-1] if swap else files, "region": "bottom"})
    assert [edit.area for edit in after.look.edits] == ["bottom"]


def test_dropped_clothes_stay_in_the_list_when_they_missed_the_person(state: EditorState) -> None:
    after = actions.wear_files(state, {"files": [FILES["photo"], FILES["iuv"]], "region": None})
    assert after.look.edits == () and len(after.own) == 1
    assert after.note.text


def test_names_of_files_lose_their_folders_and_their_length(state: EditorState) -> None:
    photo = {**FILES["photo"], "name": "C:\\Users\\me\\secret\\" + "x" * 200 + ".png"}
    name = actions.use_upload(state, {"photo": photo, "iuv": FILES["iuv"]}).look.person.name
    assert "secret" not in name and len(name) <= 40


def test_sliders_beyond_their_ends_and_unknown_ones_do_no_harm(state: EditorState) -> None:
    values = {"yaw": 1e9, "left_elbow.bend": -500, "third_arm.bend": 3, "zoom": float("nan"), "pitch": "up"}
    pose = actions.turn(state, {"values": values, "gesture": 7}).look.pose
    assert pose.yaw == 180
    assert pose.angles.get("left_elbow.bend", 0) == JOINTS["left_elbow"].axes["bend"][0]
    assert pose.zoom == pose_sliders.resting().zoom


def test_a_slider_being_dragged_gets_small_pictures_and_a_full_one_when_let_go(session: Session) -> None:
    values = {**pose_sliders.to_sliders(None), "yaw": 30.0}
    sizes = []
    for live in (True, True, False):
        values["yaw"] += 5 if live else 0
        answer = actions.run(session, actions.turn, {"values": values, "gesture": "a", "live": live})
        data = base64.b64decode(answer["stage"]["picture"].split(",")[1])
        sizes.append(Image.open(io.BytesIO(data)).size)
    assert sizes == [(176, 256), (176, 256), (352, 512)]
    assert session.state.history.undo().now.pose is None, "one drag, one step to undo"


def test_every_named_pose_goes_through_the_sliders_unchanged() -> None:
    for pose in named_poses().values():
        back = pose_sliders.from_sliders(pose_sliders.to_sliders(pose))
        assert back.replace(name=pose.name) == pose


def test_every_joint_and_setting_has_a_slider_within_its_limits() -> None:
    sliders = {row["id"]: row for group in pose_sliders.groups() for row in group["sliders"]}
    assert sliders.keys() == pose_sliders.to_sliders(None).keys()
    for joint in JOINTS.values():
        for axis, limits in joint.axes.items():
            assert (sliders[f"{joint.name}.{axis}"]["min"], sliders[f"{joint.name}.{axis}"]["max"]) == limits


def test_reset_keeps_the_person_and_can_be_undone(state: EditorState) -> None:
    edited = actions.choose_pose(actions.wear(state, {"id": GARMENT, "region": "upper"}), {"id": "arms-up"})
    plain = actions.reset(edited, {})
    assert plain.look.person is edited.look.person
    assert plain.look.pose is None and plain.look.edits == ()
    assert actions.undo(plain, {}).look is edited.look
    assert actions.redo(actions.undo(plain, {}), {}).look is plain.look


def test_choosing_what_is_chosen_already_leaves_nothing_to_undo(state: EditorState) -> None:
    same = actions.choose_person(state, {"id": next(iter(samples.people()))})
    assert actions.choose_pose(same, {"id": AS_IN_PHOTO}).history.before == ()


@pytest.mark.parametrize("region", ["upper", "top"])
def test_a_garment_taken_in_hand_first_is_worn_just_the_same(state: EditorState, region: str) -> None:
    data = {"id": GARMENT, "region": region}
    at_once = actions.wear(state, data)
    held = actions.wear(actions.lift(state, data), data)
    assert [edit.area for edit in held.look.edits] == [region]
    assert (held.look.texture.image == at_once.look.texture.image).all()
    assert held.in_hand is None


def test_what_was_worked_out_for_one_look_is_not_put_on_another(state: EditorState) -> None:
    other = "garment:jeans"
    held = actions.lift(state, {"id": GARMENT})
    changed = replace(actions.wear(state, {"id": other, "region": "bottom"}), in_hand=held.in_hand)
    worn = actions.wear(changed, {"id": GARMENT, "region": "upper"})
    assert [edit.area for edit in worn.look.edits] == ["bottom", "upper"]


def test_a_region_lies_under_every_part_and_is_one_that_clothes_can_go_to() -> None:
    under = regions.under_pointer()
    assert set(under) == {str(part) for part in range(1, 25)}
    assert set(under.values()) <= set(regions.CLOTHES)
    assert {under["2"], under["16"], under["9"], under["5"]} == {"upper", "sleeves", "bottom", "shoes"}


# ---- files that are wrong -------------------------------------------------------------------------------------


def _file(data: bytes, name: str = "photo.png") -> dict:
    return {"name": name, "data": base64.b64encode(data).decode()}


def _saved(array: np.ndarray | Image.Image, kind: str = "PNG", **how) -> bytes:
    out = io.BytesIO()
    picture = array if isinstance(array, Image.Image) else Image.fromarray(array)
    picture.save(out, kind, **how)
    return out.getvalue()


PHOTO = np.asarray(Image.open(SAMPLES[1].photo_path).convert("RGB"))
MAP = np.asarray(Image.open(SAMPLES[1].iuv_path).convert("RGB"))  # V, U, I, as Pillow reads it
PHOTO_PNG, MAP_PNG = _saved(PHOTO), _saved(MAP)
PART_25 = MAP.copy()
PART_25[200:220, 150:170, 2] = 25


def _png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + b"\0\0\0\0IEND"


WRONG = {
    "text renamed to .png": (b"Dear diary, today I made no picture.", MAP_PNG),
    "nothing": (b"", MAP_PNG),
    "a truncated JPEG": (_saved(PHOTO, "JPEG")[:900], MAP_PNG),
    "a PNG that claims 40,000 x 40,000": (_png_header(40_000, 40_000), MAP_PNG),
    "one pixel": (_saved(PHOTO[:1, :1]), _saved(MAP[:1, :1])),
    "a map of another size": (PHOTO_PNG, _saved(MAP[:-40])),
    "a map with part 25": (PHOTO_PNG, _saved(PART_25)),
    "an empty map": (PHOTO_PNG, _saved(MAP * 0)),
    "a map saved as JPEG": (PHOTO_PNG, _saved(MAP, "JPEG", quality=90)),
    "a map that was a JPEG once": (PHOTO_PNG, _saved(Image.open(io.BytesIO(_saved(MAP, "JPEG", quality=90))))),
    "the two files swapped": (MAP_PNG, PHOTO_PNG),
    "the photo twice": (PHOTO_PNG, PHOTO_PNG),
    "the map twice": (MAP_PNG, MAP_PNG),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_one_sentence_or_two_and_nothing_made_is_lost(session: Session, case: str) -> None:
    actions.run(session, actions.wear, {"id": GARMENT, "region": "upper"})
    before = session.state
    photo, iuv = WRONG[case]
    answer = actions.run(session, actions.use_upload, {"photo": _file(photo), "iuv": _file(iuv, "iuv.png")})
    told = answer["notice"]
    assert told["kind"] == "warning" and told["text"] != UNEXPECTED
    assert 20 < len(told["text"]) < 320 and told["text"].endswith((".", "?")), told["text"]
    assert not any(word in told["text"] for word in ("Error", "Traceback", "None", "array"))
    assert (session.state.look, session.state.own) == (before.look, before.own)
    assert set(answer) == {"session", "notice"}


def _turned(photo: np.ndarray) -> bytes:
    """As a phone stores an upright photo: lying on its side, with a note that says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return _saved(np.rot90(photo), "JPEG", quality=95, exif=exif)


ODD = {
    "grey": _saved(Image.fromarray(PHOTO).convert("L")),
    "a palette": _saved(Image.fromarray(PHOTO).quantize(64)),
    "16 bits": _saved(Image.fromarray(PHOTO[..., 1].astype(np.uint16) * 257)),
    "CMYK": _saved(Image.fromarray(PHOTO).convert("CMYK"), "JPEG", quality=95),
    "transparency": _saved(np.dstack([PHOTO, np.full(PHOTO.shape[:2], 255, np.uint8)])),
    "turned by EXIF": _turned(PHOTO),
    "WebP": _saved(PHOTO, "WEBP", quality=95),
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_but_good_photo_becomes_the_person(state: EditorState, case: str) -> None:
    person = actions.use_upload(state, {"photo": _file(ODD[case]), "iuv": _file(MAP_PNG)}).look.person
    expected = actions.use_upload(state, {"photo": _file(PHOTO_PNG), "iuv": _file(MAP_PNG)}).look.person
    grey = case in ("grey", "16 bits")
    wanted = PHOTO_GREY if grey else expected.photo
    assert np.abs(person.photo.astype(int) - wanted).mean() < 6


PHOTO_GREY = np.repeat(np.asarray(Image.fromarray(PHOTO).convert("L"))[..., None], 3, 2)


# ---- answers --------------------------------------------------------------------------------------------------


def test_an_action_that_fails_says_why_and_leaves_everything_as_it_was(session: Session) -> None:
    actions.run(session, actions.choose_pose, {"id": "arms-up"})
    before = session.state
    answer = actions.run(session, actions.choose_pose, {"id": "nonsense"})
    assert session.state.look is before.look
    assert answer["notice"]["kind"] == "warning" and "pose" in answer["notice"]["text"]
    assert "stage" not in answer


def test_an_unexpected_error_is_one_sentence_and_the_log_learns_nothing_of_the_picture(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(state: EditorState, data: dict) -> EditorState:
        raise RuntimeError(f"cannot handle {data['name']}")

    before = session.state.look
    with caplog.at_level(logging.DEBUG):
        answer = actions.run(session, broken, {"name": "passport of Jane.png"})
    assert answer["notice"]["text"] == UNEXPECTED
    assert session.state.look is before
    assert "RuntimeError" in caplog.text and "Jane" not in caplog.text


def test_an_error_while_drawing_leaves_the_editor_state_as_it_was(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = session.state.look
    monkeypatch.setattr("mcld_app.studio.panels.stage.values.draw", lambda look, **how: 1 / 0)
    answer = actions.run(session, actions.choose_pose, {"id": "arms-up"})
    assert answer["notice"]["text"] == UNEXPECTED
    assert session.state.look is before


def test_an_answer_holds_what_changed_and_no_more(session: Session) -> None:
    pose = actions.run(session, actions.choose_pose, {"id": "arms-up"})
    assert set(pose) == {"session", "notice", "stage", "joints", "poses", "library"}
    assert pose["stage"]["before"] is None, "the photo is on the page already"
    clothes = actions.run(session, actions.wear, {"id": GARMENT, "region": "upper"})
    assert set(clothes) == {"session", "notice", "stage", "edits"}
    face = actions.run(session, actions.choose_face, {"id": "person:kofi"})
    assert set(face) == {"session", "notice", "stage", "edits", "faces", "face"}
    person = actions.run(session, actions.choose_person, {"id": "person:leo"})
    assert set(person) == {"session", "notice", "stage", "people"}
    nothing = actions.run(session, actions.choose_pose, {"id": "arms-up"})
    assert set(nothing) == {"session", "notice"}


def test_answers_can_be_put_in_order(session: Session) -> None:
    serials = [actions.run(session, actions.undo, {})["notice"]["serial"] for _ in range(3)]
    assert serials == sorted(set(serials))


def test_a_visitor_the_server_has_forgotten_is_told_and_nothing_is_done_in_their_name() -> None:
    session = Session()
    answer = actions.run(session, actions.choose_pose, {"id": "arms-up"}, known=41)
    assert answer["notice"]["text"] == dispatcher.EXPIRED and answer["notice"]["stale"]
    assert session.state.look.pose is None
    assert answer["notice"]["serial"] > 41, "else the page would take it for an old answer"


def test_each_visitor_gets_a_visit_of_their_own(session: Session) -> None:
    other = deepcopy(session)
    assert other is not session and other.state is None


def test_answers_are_plain_values_that_a_page_can_take(session: Session) -> None:
    answer = actions.run(session, actions.as_it_is, {}, whole=True)
    answer.pop("session")
    assert set(answer) == {
        "notice", "stage", "joints", "poses", "edits", "faces", "face", "people", "garments", "series", "detections",
        "pieces", "adjust", "question", "clip", "library", "posing", "ground", "sheet",
    }  # fmt: skip
    json.dumps(answer)
    json.dumps([actions.shown("texture", session.state), people_items(), garment_items(), pose_items()])
    json.dumps([regions.for_page(), regions.under_pointer(), pose_sliders.groups()])


def test_the_map_of_parts_arrives_exactly(state: EditorState) -> None:
    sent = pictures.runs(state.look.person.picture_iuv)
    pairs = np.frombuffer(base64.b64decode(sent["runs"]), np.uint8).reshape(-1, 2)
    parts = np.repeat(pairs[:, 0], pairs[:, 1]).reshape(sent["height"], sent["width"])
    from mcld_app.body.iuv import resize_iuv

    assert (parts == resize_iuv(state.look.person.picture_iuv, parts.shape)[..., 0]).all()


def test_the_thumbnails_name_things_that_can_be_chosen(state: EditorState) -> None:
    assert len(people_items()) >= 8 and len(pose_items()) == 25
    for item in some(people_items(), 4):
        actions.choose_person(state, item)
    for item in some(pose_items(), 7):
        actions.choose_pose(state, item)
    for item in some(garment_items(), 7):
        assert item["region"] in regions.CLOTHES
        actions.wear(state, item)


@pytest.mark.parametrize("what", ["picture", "texture", "iuv"])
def test_downloads_are_pngs_without_metadata(state: EditorState, what: str) -> None:
    name, kind, data = downloads.file_of(replace(state), what)
    assert kind == "image/png" and name.endswith(".png") and data.startswith(b"\x89PNG")
    assert not any(chunk in data for chunk in (b"tEXt", b"iTXt", b"zTXt", b"eXIf"))


def test_the_downloaded_iuv_map_reads_back_as_the_pose_it_is(state: EditorState) -> None:
    from mcld_app.body.iuv import read_iuv
    from mcld_app.editing import draw

    posed = actions.choose_pose(state, {"id": "walking"})
    assert (read_iuv(downloads.file_of(posed, "iuv")[2]) == draw(posed.look).iuv).all()


def test_every_script_and_style_sheet_of_the_studio_reaches_the_page(root: Path) -> None:
    scripts = [block.js_on_load for block in build().blocks.values() if getattr(block, "js_on_load", None)]
    studio = root / "mcld_app" / "studio"
    for path in [*studio.rglob("*.js"), *studio.rglob("*.css")]:
        text = path.read_text(encoding="utf-8").strip()
        where = scripts if path.suffix == ".js" else [launch_options()["head"]]
        assert any(text in one for one in where), f"nobody loads {path.name}"


def test_each_panel_has_a_folder_and_each_folder_is_a_panel(root: Path) -> None:
    folders = {path.parent.name for path in (root / "mcld_app" / "studio" / "panels").glob("*/__init__.py")}
    names = [panel.name for panel in PANELS]
    assert len(set(names)) == len(names)
    assert set(names) == folders | {"faces"}, "the faces to choose from belong to the face's folder"


def test_a_port_that_is_taken_is_one_sentence_and_no_traceback(root: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        environment = {**os.environ, "GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": port}
        done = subprocess.run(
            [sys.executable, "app.py"], cwd=root, env=environment, capture_output=True, text=True, timeout=120
        )
    assert done.returncode == 1
    assert port in done.stderr and "Traceback" not in done.stderr


def test_mcp_without_its_package_is_one_sentence_and_no_traceback(root: Path, tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['mcp'] = None"  # one that is installed is not found
    (tmp_path / "sitecustomize.py").write_text(hidden, "utf-8")
    environment = {**os.environ, "MCLD_MCP": "1", "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=root, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert 'pip install "mcp>=1.21,<2"' in done.stderr and "Traceback" not in done.stderr


def test_the_page_starts_and_shows_what_the_model_sees_without_the_heavy_libraries(root: Path) -> None:
    code = (
        "import sys, app; sys.path.append('tests'); import studio_actions; from mcld_app.studio.session import Session;"
        "session = Session(); studio_actions.run(session, studio_actions.as_it_is, {}, whole=True);"
        "from mcld_app.studio.panels.generate import view;"  # what the model sees
        "assert len(view(session.state, {'model': 'bundled'})) >= 3;"
        "print([m for m in ('torch', 'diffusers', 'transformers', 'torchvision', 'insightface') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
