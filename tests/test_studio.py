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
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mcld_app.body.mannequin import JOINTS, named_poses
from mcld_app.body.samples import sample_people
from mcld_app.editing import catalogue
from mcld_app.errors import StudioError
from mcld_app.studio import acts, answers, downloads, posing, regions, view
from mcld_app.studio.acts.poses import AS_IN_PHOTO
from mcld_app.studio.desk import Desk, Visit, fresh_desk


@pytest.fixture
def desk() -> Desk:
    return fresh_desk()


@pytest.fixture
def visit() -> Visit:
    ready = Visit()
    answers.run(ready, answers.as_it_is, {}, whole=True)
    return ready


GARMENT = next(iter(catalogue.garments()))
FILES = {
    "photo": {"name": "Maya.png", "data": base64.b64encode(sample_people()[1].photo_path.read_bytes()).decode()},
    "iuv": {"name": "Maya_iuv.png", "data": base64.b64encode(sample_people()[1].iuv_path.read_bytes()).decode()},
}


# ---- actions --------------------------------------------------------------------------------------------------


def test_a_visit_begins_with_the_first_sample_as_in_their_photo(desk: Desk) -> None:
    assert desk.look.person.name == sample_people()[0].label
    assert desk.look.pose is None and desk.look.edits == ()


@pytest.mark.parametrize(
    ("act", "data"),
    [
        (acts.choose_person, {}),
        (acts.choose_person, {"id": "person:nobody"}),
        (acts.choose_person, {"id": ["person:mara"]}),
        (acts.choose_person, {"id": "../../etc/passwd"}),
        (acts.choose_pose, {"id": "levitating"}),
        (acts.wear, {"id": GARMENT}),
        (acts.wear, {"id": GARMENT, "region": "face"}),
        (acts.wear, {"id": GARMENT, "region": "body"}),
        (acts.wear, {"id": "own:0000", "region": "top"}),
        (acts.remove, {"index": 0}),
        (acts.remove, {"index": "0"}),
        (acts.turn, {"values": None}),
        (acts.mirror, {}),
        (acts.use_upload, {}),
        (acts.use_upload, {"photo": {"name": "x", "data": "not base64!"}, "iuv": {"name": "y", "data": ""}}),
        (acts.use_upload, {"photo": {"name": "x"}, "iuv": {"name": "y"}}),
        (acts.wear_files, {"files": []}),
        (acts.wear_files, {"files": [{"name": "a", "data": "AAAA"}] * 3, "region": "top"}),
    ],
)
def test_what_makes_no_sense_is_answered_with_a_sentence(desk: Desk, act, data: dict) -> None:
    with pytest.raises(StudioError) as told:
        act(desk, data)
    sentence = str(told.value)
    assert sentence[0].isupper() and sentence.endswith((".", "!", "?"))
    assert len(sentence) < 300


def test_an_upload_becomes_the_person_and_stays_in_the_list(desk: Desk) -> None:
    after = acts.use_upload(desk, FILES)
    assert after.look.person.name == "Maya"
    assert [person.name for person in after.own] == ["Maya"]
    again = acts.use_upload(after, FILES)
    assert len(again.own) == 1
    back = acts.choose_person(acts.choose_person(again, {"id": next(iter(catalogue.people()))}), {
        "id": f"own:{after.look.person.key}"
    })  # fmt: skip
    assert back.look.person.name == "Maya"


def test_a_file_over_20_mb_is_refused_before_it_is_decoded(desk: Desk) -> None:
    heavy = {"name": "x.png", "data": "A" * (28 * 2**20)}
    with pytest.raises(StudioError, match="20 MB"):
        acts.use_upload(desk, {"photo": heavy, "iuv": FILES["iuv"]})


@pytest.mark.parametrize("names", [("a.png", "b.png"), ("b_iuv.png", "a.png"), ("IMG_1.png", "densepose.png")])
@pytest.mark.parametrize("swap", [False, True])
def test_two_dropped_files_are_told_apart_whatever_their_order_and_names(desk: Desk, names, swap: bool) -> None:
    photo, iuv = FILES["photo"]["data"], FILES["iuv"]["data"]
    if any("iuv" in name or "dense" in name for name in names):
        by_name = sorted(names, key=lambda name: "iuv" in name or "dense" in name)
        files = [{"name": by_name[0], "data": photo}, {"name": by_name[1], "data": iuv}]
    else:
        files = [{"name": names[0], "data": photo}, {"name": names[1], "data": iuv}]
    after = acts.wear_files(desk, {"files": files[::-1] if swap else files, "region": "bottom"})
    assert [edit.area for edit in after.look.edits] == ["bottom"]


def test_dropped_clothes_stay_in_the_list_when_they_missed_the_person(desk: Desk) -> None:
    after = acts.wear_files(desk, {"files": [FILES["photo"], FILES["iuv"]], "region": None})
    assert after.look.edits == () and len(after.own) == 1
    assert after.note.text


def test_names_of_files_lose_their_folders_and_their_length(desk: Desk) -> None:
    photo = {**FILES["photo"], "name": "C:\\Users\\me\\secret\\" + "x" * 200 + ".png"}
    name = acts.use_upload(desk, {"photo": photo, "iuv": FILES["iuv"]}).look.person.name
    assert "secret" not in name and len(name) <= 40


def test_sliders_beyond_their_ends_and_unknown_ones_do_no_harm(desk: Desk) -> None:
    values = {"yaw": 1e9, "left_elbow.bend": -500, "third_arm.bend": 3, "zoom": float("nan"), "pitch": "up"}
    pose = acts.turn(desk, {"values": values, "gesture": 7}).look.pose
    assert pose.yaw == 180
    assert pose.angles.get("left_elbow.bend", 0) == JOINTS["left_elbow"].axes["bend"][0]
    assert pose.zoom == posing.resting().zoom


def test_a_slider_being_dragged_gets_small_pictures_and_a_full_one_when_let_go(visit: Visit) -> None:
    values = {**posing.to_sliders(None), "yaw": 30.0}
    sizes = []
    for live in (True, True, False):
        values["yaw"] += 5 if live else 0
        answer = answers.run(visit, acts.turn, {"values": values, "gesture": "a", "live": live})
        data = base64.b64decode(answer["stage"]["picture"].split(",")[1])
        sizes.append(Image.open(io.BytesIO(data)).size)
    assert sizes == [(176, 256), (176, 256), (352, 512)]
    assert visit.desk.history.undo().now.pose is None, "one drag, one step to undo"


def test_every_named_pose_goes_through_the_sliders_unchanged() -> None:
    for pose in named_poses().values():
        back = posing.from_sliders(posing.to_sliders(pose))
        assert back.replace(name=pose.name) == pose


def test_every_joint_and_setting_has_a_slider_within_its_limits() -> None:
    sliders = {row["id"]: row for group in posing.groups() for row in group["sliders"]}
    assert sliders.keys() == posing.to_sliders(None).keys()
    for joint in JOINTS.values():
        for axis, limits in joint.axes.items():
            assert (sliders[f"{joint.name}.{axis}"]["min"], sliders[f"{joint.name}.{axis}"]["max"]) == limits


def test_reset_keeps_the_person_and_can_be_undone(desk: Desk) -> None:
    edited = acts.choose_pose(acts.wear(desk, {"id": GARMENT, "region": "upper"}), {"id": "arms-up"})
    plain = acts.reset(edited, {})
    assert plain.look.person is edited.look.person
    assert plain.look.pose is None and plain.look.edits == ()
    assert acts.undo(plain, {}).look is edited.look
    assert acts.redo(acts.undo(plain, {}), {}).look is plain.look


def test_choosing_what_is_chosen_already_leaves_nothing_to_undo(desk: Desk) -> None:
    same = acts.choose_person(desk, {"id": next(iter(catalogue.people()))})
    assert acts.choose_pose(same, {"id": AS_IN_PHOTO}).history.before == ()


@pytest.mark.parametrize("region", ["upper", "top"])
def test_a_garment_taken_in_hand_first_is_worn_just_the_same(desk: Desk, region: str) -> None:
    data = {"id": GARMENT, "region": region}
    at_once = acts.wear(desk, data)
    held = acts.wear(acts.lift(desk, data), data)
    assert [edit.area for edit in held.look.edits] == [region]
    assert (held.look.texture.image == at_once.look.texture.image).all()
    assert held.in_hand is None


def test_what_was_worked_out_for_one_look_is_not_put_on_another(desk: Desk) -> None:
    other = "garment:jeans"
    held = acts.lift(desk, {"id": GARMENT})
    changed = replace(acts.wear(desk, {"id": other, "region": "bottom"}), in_hand=held.in_hand)
    worn = acts.wear(changed, {"id": GARMENT, "region": "upper"})
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


PHOTO = np.asarray(Image.open(sample_people()[1].photo_path).convert("RGB"))
MAP = np.asarray(Image.open(sample_people()[1].iuv_path).convert("RGB"))  # V, U, I, as Pillow reads it
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
def test_a_wrong_file_is_one_sentence_or_two_and_nothing_made_is_lost(visit: Visit, case: str) -> None:
    answers.run(visit, acts.wear, {"id": GARMENT, "region": "upper"})
    before = visit.desk
    photo, iuv = WRONG[case]
    answer = answers.run(visit, acts.use_upload, {"photo": _file(photo), "iuv": _file(iuv, "iuv.png")})
    told = answer["notice"]
    assert told["kind"] == "warning" and told["text"] != answers.UNEXPECTED
    assert 20 < len(told["text"]) < 320 and told["text"].endswith((".", "?")), told["text"]
    assert not any(word in told["text"] for word in ("Error", "Traceback", "None", "array"))
    assert (visit.desk.look, visit.desk.own) == (before.look, before.own)
    assert set(answer) == {"visit", "notice"}


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
def test_an_odd_but_good_photo_becomes_the_person(desk: Desk, case: str) -> None:
    person = acts.use_upload(desk, {"photo": _file(ODD[case]), "iuv": _file(MAP_PNG)}).look.person
    expected = acts.use_upload(desk, {"photo": _file(PHOTO_PNG), "iuv": _file(MAP_PNG)}).look.person
    grey = case in ("grey", "16 bits")
    wanted = PHOTO_GREY if grey else expected.photo
    assert np.abs(person.photo.astype(int) - wanted).mean() < 6


PHOTO_GREY = np.repeat(np.asarray(Image.fromarray(PHOTO).convert("L"))[..., None], 3, 2)


# ---- answers --------------------------------------------------------------------------------------------------


def test_an_action_that_fails_says_why_and_leaves_everything_as_it_was(visit: Visit) -> None:
    answers.run(visit, acts.choose_pose, {"id": "arms-up"})
    before = visit.desk
    answer = answers.run(visit, acts.choose_pose, {"id": "nonsense"})
    assert visit.desk.look is before.look
    assert answer["notice"]["kind"] == "warning" and "pose" in answer["notice"]["text"]
    assert "stage" not in answer


def test_an_unexpected_error_is_one_sentence_and_the_log_learns_nothing_of_the_picture(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(desk: Desk, data: dict) -> Desk:
        raise RuntimeError(f"cannot handle {data['name']}")

    before = visit.desk.look
    with caplog.at_level(logging.DEBUG):
        answer = answers.run(visit, broken, {"name": "passport of Jane.png"})
    assert answer["notice"]["text"] == answers.UNEXPECTED
    assert visit.desk.look is before
    assert "RuntimeError" in caplog.text and "Jane" not in caplog.text


def test_an_error_while_drawing_leaves_the_desk_as_it_was(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    before = visit.desk.look
    monkeypatch.setattr(view, "draw", lambda look, **how: 1 / 0)
    answer = answers.run(visit, acts.choose_pose, {"id": "arms-up"})
    assert answer["notice"]["text"] == answers.UNEXPECTED
    assert visit.desk.look is before


def test_an_answer_holds_what_changed_and_no_more(visit: Visit) -> None:
    pose = answers.run(visit, acts.choose_pose, {"id": "arms-up"})
    assert set(pose) == {"visit", "notice", *answers.POSE}
    assert pose["stage"]["before"] is None, "the photo is on the page already"
    clothes = answers.run(visit, acts.wear, {"id": GARMENT, "region": "upper"})
    assert set(clothes) == {"visit", "notice", *answers.EDITS}
    face = answers.run(visit, acts.choose_face, {"id": "person:kofi"})
    assert set(face) == {"visit", "notice", *answers.FACES}
    person = answers.run(visit, acts.choose_person, {"id": "person:leo"})
    assert set(person) <= {"visit", "notice", *answers.PERSON}
    nothing = answers.run(visit, acts.choose_pose, {"id": "arms-up"})
    assert set(nothing) == {"visit", "notice"}


def test_answers_can_be_put_in_order(visit: Visit) -> None:
    serials = [answers.run(visit, acts.undo, {})["notice"]["serial"] for _ in range(3)]
    assert serials == sorted(set(serials))


def test_a_visitor_the_server_has_forgotten_is_told_and_nothing_is_done_in_their_name() -> None:
    visit = Visit()
    answer = answers.run(visit, acts.choose_pose, {"id": "arms-up"}, known=41)
    assert answer["notice"]["text"] == answers.EXPIRED and answer["notice"]["stale"]
    assert visit.desk.look.pose is None
    assert answer["notice"]["serial"] > 41, "else the page would take it for an old answer"


def test_each_visitor_gets_a_visit_of_their_own(visit: Visit) -> None:
    other = deepcopy(visit)
    assert other is not visit and other.desk is None


def test_answers_are_plain_values_that_a_page_can_take(visit: Visit) -> None:
    answer = answers.run(visit, answers.as_it_is, {}, whole=True)
    answer.pop("visit")
    assert set(answer) == {"notice", *answers.EVERYTHING}
    json.dumps(answer)
    json.dumps([view.texture(visit.desk.look), view.people_items(), view.shelf_items(), view.pose_items()])
    json.dumps([regions.for_page(), regions.under_pointer(), posing.groups()])


def test_the_map_of_parts_arrives_exactly(desk: Desk) -> None:
    sent = view.runs(desk.look.person.picture_iuv)
    pairs = np.frombuffer(base64.b64decode(sent["runs"]), np.uint8).reshape(-1, 2)
    parts = np.repeat(pairs[:, 0], pairs[:, 1]).reshape(sent["height"], sent["width"])
    from mcld_app.body.iuv import resize_iuv

    assert (parts == resize_iuv(desk.look.person.picture_iuv, parts.shape)[..., 0]).all()


def test_the_thumbnails_name_things_that_can_be_chosen(desk: Desk) -> None:
    assert len(view.people_items()) >= 8 and len(view.pose_items()) == 25
    for item in view.people_items():
        acts.choose_person(desk, item)
    for item in view.pose_items():
        acts.choose_pose(desk, item)
    for item in view.shelf_items():
        assert item["region"] in regions.CLOTHES
        acts.wear(desk, item)


@pytest.mark.parametrize("what", ["picture", "texture", "iuv"])
def test_downloads_are_pngs_without_metadata(desk: Desk, what: str) -> None:
    name, kind, data = downloads.file_of(replace(desk), what)
    assert kind == "image/png" and name.endswith(".png") and data.startswith(b"\x89PNG")
    assert not any(chunk in data for chunk in (b"tEXt", b"iTXt", b"zTXt", b"eXIf"))


def test_the_downloaded_iuv_map_reads_back_as_the_pose_it_is(desk: Desk) -> None:
    from mcld_app.body.iuv import read_iuv
    from mcld_app.editing import draw

    posed = acts.choose_pose(desk, {"id": "walking"})
    assert (read_iuv(downloads.file_of(posed, "iuv")[2]) == draw(posed.look).iuv).all()


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


@pytest.mark.skipif(find_spec("mcp") is not None, reason="mcp is installed here")
def test_mcp_without_its_package_is_one_sentence_and_no_traceback(root: Path) -> None:
    environment = {**os.environ, "MCLD_MCP": "1"}
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=root, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert 'pip install "gradio[mcp]"' in done.stderr and "Traceback" not in done.stderr


def test_the_page_starts_without_the_heavy_libraries(root: Path) -> None:
    code = (
        "import sys, app; from mcld_app.studio import answers; from mcld_app.studio.desk import Visit;"
        "answers.run(Visit(), answers.as_it_is, {}, whole=True);"
        "print([m for m in ('torch', 'diffusers', 'transformers', 'torchvision', 'insightface') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr
