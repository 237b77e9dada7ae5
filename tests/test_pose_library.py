"""Poses that a visitor keeps in their browser: what a file of them holds, and what is refused of one."""

from __future__ import annotations

import base64
import json

import pytest
import studio_actions as actions
from hypothesis import given
from hypothesis import strategies as st

from mcld_app.body.mannequin.pose import BodyShape, Pose, named_poses
from mcld_app.body.skeleton_file import write_skeleton
from mcld_app.editing.look import stand
from mcld_app.editing.pose_library import LARGEST_FILE, MOST_POSES, kept, read_poses, write_poses
from mcld_app.errors import PoseError, StudioError
from mcld_app.studio.panels.library import drawn, opened
from mcld_app.studio.state import initial_state

NAMES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=60)


@given(st.lists(st.tuples(st.sampled_from(sorted(named_poses())), NAMES), max_size=8))
def test_what_is_written_is_read_again(chosen: list[tuple[str, str]]) -> None:
    poses = tuple(kept(named_poses()[pose], name) for pose, name in chosen)
    assert read_poses("mine", write_poses(poses).encode()) == poses


def test_how_somebody_stands_is_kept_and_nothing_of_their_body() -> None:
    theirs = named_poses()["walking"].replace(height=1.1, build=0.7, shape=(1.0, -0.5))
    assert kept(theirs, "  my   walk ") == named_poses()["walking"].replace(name="my walk")
    with pytest.raises(PoseError, match="needs a name"):
        kept(theirs, "  ")
    state = initial_state()
    shown = actions.shown("library", state.to(stand(state.look, theirs)))
    assert Pose.from_json(shown["pose"]).body == BodyShape() and shown["name"] == "Walking"
    assert actions.shown("library", state)["pose"] is None, "a photo's own pose is known by its map alone"


def test_a_kept_pose_is_held_by_whoever_is_on_the_page() -> None:
    state = initial_state()
    state = state.to(stand(state.look, Pose(height=1.1, build=0.5)))
    text = kept(named_poses()["sitting"], "on a wall").to_json()
    after = actions.use_kept(state, {"pose": text}).look.pose
    assert after.body == BodyShape(1.1, 0.5) and after.name == "on a wall"
    assert after.angles == named_poses()["sitting"].angles
    for bad in ("", "{}", '{"angles": {"left_elbow.bend": 900}}', "[" * 10_000, '{"zoom": NaN}'):
        with pytest.raises(PoseError):
            actions.use_kept(state, {"pose": bad})
    with pytest.raises(StudioError):
        actions.use_kept(state, {"pose": 5})


def test_other_files_are_read_as_poses_too() -> None:
    walking = named_poses()["walking"]
    (single,) = read_poses("file", walking.to_json().encode())
    assert single == walking
    (skeleton,) = read_poses("from ControlNet", write_skeleton(walking, "openpose-18").encode())
    assert skeleton.name == "from ControlNet" and skeleton.body == BodyShape()


def collection(**changes: object) -> bytes:
    told = {"format": "mcld-poses", "version": 1, "poses": [json.loads(Pose().to_json())]}
    return json.dumps({**told, **changes}).encode()


@pytest.mark.parametrize(("file", "said"), [
    (b"\x89PNG\r\n\x1a\n", "not JSON"), (b"", "not JSON"), (b"[" * 100_000, "not JSON"), (b"{}", "no poses in"),
    (b'{"format": "mcld-recipe"}', "no poses in"), (b" " * (LARGEST_FILE + 1), "larger than 2 MB"),
    (collection(version=2), "newer version"), (collection(poses={}), "damaged"), (collection(poses=[1]), "damaged"),
    (collection(poses=[json.loads(Pose().to_json())] * (MOST_POSES + 1)), "holds 201 poses"),
    (collection(poses=[{"name": "x", "angles": {"tail.wag": 1}}]), "no angle called"),
    (collection(poses=[{"name": "x", "picture": "…"}]), "not a pose file"),
    (b'{"people": []}', "nobody in this file"), (collection(poses=[{"name": "x" * 101}]), "at most 100"),
])  # fmt: skip
def test_what_is_no_file_of_poses_is_refused_with_its_name(file: bytes, said: str) -> None:
    with pytest.raises(PoseError, match=said) as refused:
        read_poses("those of mine", file)
    assert "those of mine" in str(refused.value)


def test_the_server_draws_and_reads_what_the_browser_sends_and_no_more_at_once() -> None:
    text = Pose().to_json()
    told = drawn({"poses": [text, "no pose", 7, *[text] * 30]})
    assert len(told) == 12 and told[0]["src"].startswith("data:image/jpeg")
    assert "problem" in told[1] and "problem" in told[2]
    two = base64.b64encode(write_poses([Pose(name="x"), Pose(name="y")]).encode()).decode()
    read = opened({"files": [{"name": "a/two.json", "data": two}, {"name": "b.txt", "data": "AAAA"}, "nothing"]})
    assert [pose["name"] for pose in read["poses"]] == ["x", "y"] and len(read["problems"]) == 1
    for nonsense in (None, [], {"files": 3}, {"poses": "x"}):
        assert opened(nonsense) == {"poses": [], "problems": []} and drawn(nonsense) == []


def test_a_collection_that_is_dropped_on_the_page_says_where_it_is_opened() -> None:
    data = base64.b64encode(write_poses([Pose()]).encode()).decode()
    with pytest.raises(StudioError, match="Your poses"):
        actions.bring(initial_state(), {"files": [{"name": "mcld-poses.json", "data": data}]})
