"""A clip of somebody who moves becomes a series of poses: evenly chosen, without gaps, smoothed; and never too much at
once."""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import studio_actions as actions
from body_finder import need_body_finder
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mcld_app.body import clip_file
from mcld_app.body.clip_file import ClipInfo, examine, frames_of, is_clip
from mcld_app.body.mannequin.handles import joint_points
from mcld_app.body.mannequin.pose import JOINTS, Pose, named_poses
from mcld_app.body.mannequin.view import Framing, is_cut, reframed
from mcld_app.editing import samples
from mcld_app.editing.movement import evenly, smoothed, without_gaps
from mcld_app.editing.recipe import Recipe
from mcld_app.errors import PictureError, StudioError
from mcld_app.output.animation import encode_mp4
from mcld_app.perception.clip_reading import Cast, movement_of
from mcld_app.perception.people_finder import NobodyFound
from mcld_app.studio import generation
from mcld_app.studio.actions import clips
from mcld_app.studio.downloads import file_of
from mcld_app.studio.orders import Generated
from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState, initial_state


def gif_of(pictures: list[np.ndarray], milliseconds: int = 80) -> bytes:
    out = io.BytesIO()
    first, *others = (Image.fromarray(picture) for picture in pictures)
    first.save(out, "GIF", save_all=True, append_images=others, duration=milliseconds, loop=0)
    return out.getvalue()


def claimed_gif(width: int, height: int, frames: int) -> bytes:
    """A GIF that says it is so large and long, in a few bytes."""
    picture = b"\x2c" + struct.pack("<4H", 0, 0, width, height) + b"\x00\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<2H", width, height) + b"\x80\x00\x00" + bytes(6) + picture * frames + b"\x3b"


def counting(count: int, size: tuple[int, int] = (96, 72)) -> list[np.ndarray]:
    """Pictures that each have another grey."""
    return [np.full((*size, 3), 20 + 10 * k, np.uint8) for k in range(count)]


# --- Which pictures ------------------------------------------------------------------------------------------------


@given(st.integers(0, 5000), st.integers(2, 64))
def test_chosen_places_are_even_and_hold_both_ends(count: int, most: int) -> None:
    places = evenly(count, most)
    assert len(places) == min(count, most)
    assert list(places) == sorted(set(places)) and all(0 <= place < count for place in places)
    if count:
        assert places[0] == 0 and places[-1] == count - 1
    steps = np.diff(places)
    assert not len(steps) or steps.max() - steps.min() <= 1


@given(st.integers(0, 64))
def test_a_clip_of_no_more_pictures_than_are_read_keeps_all(count: int) -> None:
    assert evenly(count, 64) == tuple(range(count))


# --- Over time -----------------------------------------------------------------------------------------------------

SHOULDER = ("right_shoulder.raise", "right_shoulder.forward", "right_shoulder.twist")
KEYS = ("left_elbow.bend", "neck.twist", *SHOULDER)
ANGLES = st.fixed_dictionaries({
    key: st.floats(*JOINTS[joint].axes[axis]) for key in KEYS for joint, axis in [key.split(".")]
})  # fmt: skip
POSES = st.builds(Pose, angles=ANGLES, yaw=st.floats(-180, 180), roll=st.floats(-180, 180), zoom=st.floats(0.2, 4))
SECONDS = st.floats(0.01, 2)


@given(POSES, st.integers(1, 12), SECONDS)
def test_whoever_stands_still_goes_on_standing_still(pose: Pose, count: int, seconds: float) -> None:
    for now in smoothed([pose] * count, seconds):
        assert now.zoom == pytest.approx(pose.zoom, abs=1e-5)
        assert all(abs(now.angles.get(key, 0.0) - pose.angles.get(key, 0.0)) < 2e-3 for key in KEYS)
        assert abs((now.yaw - pose.yaw + 180) % 360 - 180) < 1e-4


@given(st.lists(POSES, max_size=12), SECONDS)
def test_smoothing_keeps_the_count_and_invents_nothing_beyond_what_was_seen(poses: list[Pose], seconds: float) -> None:
    after = smoothed(poses, seconds)
    assert len(after) == len(poses)
    for key in set(KEYS) - set(SHOULDER):
        before = [pose.angles.get(key, 0.0) for pose in poses]
        assert all(min(before) - 1e-3 <= pose.angles.get(key, 0.0) <= max(before) + 1e-3 for pose in after)


@given(st.lists(POSES, min_size=2, max_size=8), st.floats(-180, 180), SECONDS)
def test_it_does_not_matter_where_a_turn_is_counted_from(poses: list[Pose], more: float, seconds: float) -> None:
    def round_(degrees: float) -> float:
        return (degrees + 180) % 360 - 180

    steps = np.diff([pose.yaw for pose in poses])
    if (np.abs(np.abs([round_(step) for step in steps]) - 180) < 1e-6).any():
        return  # half a turn goes either way
    turned = [pose.replace(yaw=round_(pose.yaw + more)) for pose in poses]
    for one, other in zip(smoothed(poses, seconds), smoothed(turned, seconds), strict=True):
        assert abs(round_(one.yaw + more - other.yaw)) < 1e-3


def test_somebody_who_turns_past_the_back_does_not_spin_round() -> None:
    poses = [Pose(yaw=yaw) for yaw in (170, 175, 180, -175, -170)]
    assert all(abs(pose.yaw) > 165 for pose in smoothed(poses, 0.04))


def test_what_one_picture_alone_says_otherwise_is_taken_for_misread() -> None:
    poses = [Pose(angles={"left_elbow.bend": bend}, yaw=yaw) for bend, yaw in ((20, 0), (120, 178), (24, 4), (26, 6))]
    bends = [pose.angles["left_elbow.bend"] for pose in smoothed(poses, 1.0)]
    assert bends == pytest.approx([20, 22, 24, 26], abs=0.5)


def test_trembling_becomes_less_and_the_movement_stays() -> None:
    rng = np.random.default_rng(0)
    raised = np.linspace(0, 150, 30)
    shaken = raised + rng.normal(0, 4, 30)
    poses = [Pose(angles={"left_shoulder.raise": float(np.clip(degrees, 0, 170))}) for degrees in shaken]
    after = np.array([pose.angles.get("left_shoulder.raise", 0.0) for pose in smoothed(poses, 0.04)])
    assert np.abs(np.diff(after, 2)).mean() < 0.4 * np.abs(np.diff(shaken, 2)).mean()
    assert np.abs(after - raised).mean() < np.abs(shaken - raised).mean()


def test_an_arm_above_the_head_is_smoothed_whichever_way_its_angles_go_there() -> None:
    """Up in front, and up at the side: above the head they meet, and their angles are 125 degrees apart."""
    in_front, aside = ((140, 40), (150, 30), (160, 20)), ((10, 150), (5, 140), (0, 130))
    poses = [
        Pose(angles={"left_shoulder.forward": forward, "left_shoulder.raise": raised})
        for forward, raised in (*in_front, *aside)
    ]
    seen = [joint_points(pose) for pose in poses]
    after = [joint_points(pose) for pose in smoothed(poses, 0.04)]
    place = {name: k for k, name in enumerate(point.name for point in seen[0])}["left_elbow"]
    for was, now in zip(seen, after, strict=True):
        assert (now[place].x, now[place].y) == pytest.approx((was[place].x, was[place].y), abs=0.03)


def test_pictures_that_show_nobody_are_filled_in_from_both_sides() -> None:
    down, up = Pose(angles={"left_shoulder.raise": 10.0}), Pose(angles={"left_shoulder.raise": 100.0})
    filled = without_gaps([None, down, None, None, up, None])
    raised = [pose.angles["left_shoulder.raise"] for pose in filled]
    assert raised == pytest.approx([10, 10, 40, 70, 100, 100])
    assert without_gaps([None, None]) == []


def test_a_movement_is_of_one_body_in_one_frame() -> None:
    standing, frame = named_poses()["standing"], Framing(0, 0, 160, 110)
    found = [
        (standing.replace(build=0.2 * k), Framing(40, left, 320, 220)) for k, left in enumerate((50, 60, 70))
    ]
    info = ClipInfo("gif", 4, (400, 400), 0.4)
    read = movement_of([found[0], None, *found[1:]], info, "steps")
    assert len(read.poses) == 4 and read.missing == 1 and not read.goes_along and read.seconds_each == 0.1
    assert {pose.build for pose in read.poses} == {0.2} and len({pose.zoom for pose in read.poses}) == 1
    aside = [pose.shift_x for pose in read.poses]
    assert aside == sorted(aside) and aside[-1] > aside[0], "who goes to the right does so"
    far = [(standing, Framing(40, left, 320, 220)) for left in (0, 400, 800, 1200)]
    along = movement_of(far, info, "walk")
    assert along.goes_along and {round(pose.shift_x, 3) for pose in along.poses} == {0.0}
    assert reframed(reframed(standing, frame, far[0][1]), far[0][1], frame).zoom == pytest.approx(standing.zoom)
    with pytest.raises(NobodyFound):
        movement_of([found[0], None, None], info, "steps")


# --- Files ---------------------------------------------------------------------------------------------------------


def test_a_gif_is_told_by_its_pictures_and_read_one_by_one() -> None:
    pictures = counting(7)
    gif = gif_of(pictures)
    assert is_clip(gif) and not is_clip(gif_of(pictures[:1])) and not is_clip(b"GIF89a") and not is_clip(b"{}")
    info = examine(gif)
    assert (info.frames, info.size) == (7, (96, 72)) and info.seconds == pytest.approx(0.56)
    read = list(frames_of(gif, (0, 3, 6)))
    assert [int(picture.mean()) for picture in read] == [20, 50, 80] and read[0].dtype == np.uint8


def test_large_pictures_are_made_smaller_on_the_way() -> None:
    (read,) = frames_of(gif_of(counting(2, (1000, 500))), (1,))
    assert read.shape == (720, 360, 3)


@pytest.mark.parametrize(("width", "height", "frames", "said"), [
    (12_000, 100, 3, "12000 x 100"), (12_000, 12_000, 2, "12000 x 12000"), (100, 100, 10_000, "more than 3000"),
    (2000, 2000, 900, "too much at once"), (60, 60, 5, "too small"),
])  # fmt: skip
def test_what_is_too_large_or_too_long_is_refused_before_it_is_unpacked(
    width: int, height: int, frames: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_file.Image, "open", lambda *_, **__: pytest.fail("nothing is unpacked"))
    gif = claimed_gif(width, height, frames)
    assert is_clip(gif)
    with pytest.raises(PictureError, match=said):
        examine(gif)


def test_a_picture_that_reaches_beyond_its_gif_counts_as_large() -> None:
    gif = claimed_gif(200, 200, 1)[:-1] + claimed_gif(9000, 9000, 1)[19:]
    with pytest.raises(PictureError, match="9000 x 9000"):
        examine(gif)


def test_a_gif_that_is_cut_off_ends_with_a_sentence() -> None:
    noise = [np.random.default_rng(k).integers(0, 255, (96, 72, 3), np.uint8) for k in range(4)]
    gif = gif_of(noise)
    with pytest.raises(PictureError, match=r"damaged|fewer than two"):
        examine(gif[: len(gif) // 5])
        list(frames_of(gif[: len(gif) // 5], (0, 1, 2, 3)))


def test_a_video_is_read_where_av_is_installed() -> None:
    pytest.importorskip("av")
    video = encode_mp4(counting(9), 0.1, "m")
    assert is_clip(video)
    info = examine(video)
    assert (info.kind, info.frames, info.size) == ("video", 9, (96, 72)) and info.seconds == pytest.approx(0.9, abs=0.1)
    read = list(frames_of(video, (1, 8)))
    assert [round(float(picture.mean())) for picture in read] == pytest.approx([30, 100], abs=4)
    with pytest.raises(PictureError, match="damaged"):
        examine(video[:40] + bytes(400))
    with pytest.raises(PictureError, match="not known here"):
        examine(b"FLV\x01" + video)


def test_a_phones_upright_video_is_upright() -> None:
    """Such a file says by a matrix in its track's header that it is shown turned by 90 degrees."""
    pytest.importorskip("av")
    lying = np.zeros((96, 128, 3), np.uint8)
    lying[:, :32] = 220  # the left is to be the top
    video = bytearray(encode_mp4([lying] * 3, 0.1, "m"))
    matrix = video.find(b"tkhd") + 44
    video[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 96 << 16, 0, 1 << 30)
    (upright,) = frames_of(bytes(video), (1,))
    assert upright.shape == (128, 96, 3) and upright[:28].mean() > 180 and upright[40:].mean() < 40


def test_a_text_that_names_other_files_is_no_video() -> None:
    for text in (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile /etc/passwd\n"):
        assert not is_clip(text)
        with pytest.raises(PictureError):
            examine(text)


def test_without_av_a_video_ends_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(PictureError, match=r"requirements-video\.txt"):
        examine(b"\x00\x00\x00\x18ftypmp42" + bytes(64))


# --- On the page ---------------------------------------------------------------------------------------------------


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A visit to which a clip of two people was brought; who they are and how they stand is made up."""
    monkeypatch.setattr(clips.found_people, "is_installed", lambda: True)
    two = Cast((None, None), np.zeros((96, 72, 3), np.uint8), 0)
    monkeypatch.setattr(clips, "cast_of", lambda *_: two)
    monkeypatch.setattr(clips, "_portrait", lambda *_: "data:")

    def seen(data: bytes, info: ClipInfo, cast: Cast, who: int) -> Iterator[tuple[Pose, Framing]]:
        for k in range(info.frames):
            angles = {"left_shoulder.raise": 10.0 * k}
            yield Pose(angles=angles, build=1.0), Framing(0, 0, 96, 66)

    monkeypatch.setattr(clips, "sightings", seen)
    session = Session()
    session.state = brought(initial_state(), gif_of(counting(5)))
    return session


def brought(state: EditorState, data: bytes, name: str = "dance.gif", **place: str) -> EditorState:
    import base64

    return actions.bring(state, {"files": [{"name": name, "data": base64.b64encode(data).decode()}], **place})


def told(session: Session, **data: object) -> list[dict]:
    return list(clips.reading(session, {"key": session.state.clip.key, **data}))


@pytest.mark.parametrize("place", [{}, {"where": "pose"}, {"where": "person"}, {"region": "top"}])
def test_a_clip_is_a_clip_wherever_it_is_dropped(session: Session, place: dict) -> None:
    assert brought(initial_state(), gif_of(counting(3)), **place).clip.name == "dance"


def test_whose_movement_it_is_is_asked_and_then_it_becomes_the_series(session: Session) -> None:
    assert told(session)[-1]["state"] == "who" and session.state.clip.movement is None
    steps = told(session, who=1)
    assert [step["state"] for step in steps] == ["step"] * 6 + ["done"]
    assert [step["share"] for step in steps[1:6]] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    heavier = replace(session.state.look, pose=Pose(build=0.5))
    before = replace(session.state.to(heavier), series=(None,))
    state = actions.take_clip(before, {"key": before.clip.key})
    assert [pose.name for pose in state.series] == [f"dance {k}" for k in range(1, 6)]
    assert state.look.pose == state.series[0] and state.clip is None and state.pace == pytest.approx(0.08)
    assert {pose.build for pose in state.series} == {0.5}, "whoever is on the page moves so"
    assert not any(is_cut(pose) for pose in state.series) and len({pose.zoom for pose in state.series}) == 1
    assert "5 poses of “dance”" in state.note.text and "one pose that was there" in state.note.text
    assert actions.clear(state, {}).series == () and actions.clear(state, {}).pace == 0.5


def test_it_can_be_stopped_on_the_way_and_nothing_changes(session: Session) -> None:
    stream = clips.reading(session, {"key": session.state.clip.key, "who": 0})
    next(stream), next(stream)
    session.reading.touch()
    assert [step["state"] for step in stream] == ["stopped"]
    state = actions.leave_clip(session.state, {})
    assert state.clip is None and state.series == () and state.look is session.state.look


def test_what_was_deleted_meanwhile_stays_deleted(session: Session) -> None:
    stream = clips.reading(session, {"key": session.state.clip.key, "who": 0})
    next(stream), next(stream)
    with session.lock:
        session.empty()
    assert [step["state"] for step in stream] == ["stopped"] and session.state is None


def test_a_problem_is_said_and_an_old_clip_is_not_taken(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> Cast:
        raise NobodyFound("Nobody was found in this clip.")

    monkeypatch.setattr(clips, "cast_of", nobody)
    failed = told(session)[-1]
    assert failed["state"] == "failed" and "Nobody" in failed["text"]
    assert "Nobody" in actions.leave_clip(session.state, {"problem": failed["text"]}).note.text
    with pytest.raises(StudioError, match="not here any more"):
        actions.take_clip(session.state, {"key": session.state.clip.key})
    assert [step["state"] for step in clips.reading(session, {"key": "another"})] == ["stopped"]


def test_a_series_as_long_as_a_clip_is_drawn_at_its_own_pace(session: Session) -> None:
    poses = tuple(Pose(name=str(k)) for k in range(64))
    state = replace(session.state, series=poses, pace=0.1)
    order = generation.take(session, state, {
        "run": 1, "model": "", "seed": "1", "count": 1, "series": True, "steps": 1, "guidance": 1, "scheduler": "ddim",
    })  # fmt: skip
    assert len(order.looks) == 64 and order.pace == 0.1


@pytest.mark.parametrize(("pace", "milliseconds"), [(0.1, 100), (0.001, 40), (60.0, 10_000)])
def test_an_animation_runs_at_the_clips_own_pace(session: Session, pace: float, milliseconds: int) -> None:
    look = session.state.look
    session.results = [
        Generated(str(k), 1, look, picture, None, Recipe(look), "m", pace) for k, picture in enumerate(counting(3))
    ]
    *_, data = file_of(session.state, "animation", session)
    with Image.open(io.BytesIO(data)) as gif:
        assert gif.n_frames == 3 and gif.info["duration"] == milliseconds


def test_on_a_public_space_a_clip_needs_the_same_promise_as_a_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    with pytest.raises(StudioError, match="I may use these pictures"):
        brought(initial_state(), gif_of(counting(3)))


def test_a_moving_person_is_found_and_followed() -> None:
    need_body_finder()
    from mcld_app.body.photo import read_photo
    from mcld_app.perception.clip_reading import cast_of, sightings

    photo = read_photo(next(iter(samples.people().values())).photo_path.read_bytes())
    wide = np.pad(photo, ((0, 0), (0, 120), (0, 0)), mode="edge")
    data = gif_of([np.roll(wide, 30 * k, 1) for k in range(3)] + [np.full_like(wide, 200)])
    info = examine(data)
    cast = cast_of(data, info)
    found = list(sightings(data, info, cast, 0))
    assert len(cast.people) == 1 and [each is None for each in found] == [False, False, False, True]
    read = movement_of(found, info, "roll")
    aside = [pose.shift_x for pose in read.poses]
    assert read.missing == 1 and len(read.poses) == 4
    assert aside[1] - aside[0] > 0.03 and aside[2] - aside[1] > 0.03, "30 pixels of 512, each time"
