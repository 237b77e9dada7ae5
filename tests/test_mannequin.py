"""The mannequin: it lies as a real person's IUV map does, has no holes, moves as its joints say, and reads poses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joint_positions import joint_positions

from mcld_app.body.charts import touching_parts
from mcld_app.body.iuv import check_iuv
from mcld_app.body.mannequin.pose import JOINTS, POSE_FOLDER, SETTINGS, Pose, named_poses
from mcld_app.body.mannequin.rendering import (
    body_faces,
    draw_iuv,
    kept_drawing,
    posed_vertices,
    to_picture,
)
from mcld_app.body.parts import MIRRORED_U, MIRRORED_V, PARTS
from mcld_app.body.raster import rasterise
from mcld_app.errors import PoseError

NAMES = list(named_poses())
SIZE = (512, 352)


@st.composite
def poses(draw: st.DrawFn) -> Pose:
    """Any pose within the limits: every joint, build and camera."""
    angles = {
        f"{j.name}.{axis}": draw(st.floats(low, high, width=32))
        for j in JOINTS.values() for axis, (low, high) in j.axes.items() if draw(st.booleans())
    }  # fmt: skip
    numbers = {n: draw(st.floats(*SETTINGS[n][:2])) for n in ("height", "build", "yaw", "pitch", "roll")}
    return Pose(angles=angles, **numbers)


def zoomed(joint: str, pose: Pose, size: int = 512, zoom: float = 4.0) -> tuple[np.ndarray, float]:
    """The IUV map around a joint, and how many pixels a centimetre has there."""
    pose = pose.replace(zoom=zoom, shift_x=0.0, shift_y=0.0)
    x, y = joint_positions(pose, (size, size))[joint]
    metre = size / 2 * zoom
    middle = (size - 1) / 2
    moved = pose.replace(shift_x=(middle - x) / metre, shift_y=(y - middle) / metre)
    return draw_iuv(moved, (size, size)), metre / 100


# --- as on a real person -------------------------------------------------------------------------------------------


def slopes(iuv: np.ndarray, part: int) -> tuple[float, float, float, float]:
    """dU/dx, dU/dy, dV/dx, dV/dy over a part, by least squares."""
    y, x = np.nonzero(iuv[..., 0] == part)
    assert len(x) > 100, f"part {part} is not seen"
    where = np.stack([x, y, np.ones(len(x))], 1).astype(float)
    (ux, uy), (vx, vy) = (np.linalg.lstsq(where, iuv[y, x, k].astype(float), rcond=None)[0][:2] for k in (1, 2))
    return ux, uy, vx, vy


@pytest.fixture(scope="module")
def second_table(shared: Path) -> dict[int, tuple[int, ...]]:
    """Chart -> its four slopes on a real person, arms down, facing the camera."""
    row = re.compile(r"\| (\d+) [^|]+\| [\d.]+, [\d.]+ \|" + r" ([+-]\d+) \|" * 4)
    text = (shared / "densepose-charts.md").read_text(encoding="utf-8")
    found = {int(m[1]): tuple(int(m[k]) for k in range(2, 6)) for m in row.finditer(text)}
    assert len(found) == 15, "the table was not read"
    return found


@pytest.mark.parametrize("size", [(1100, 762), (512, 352)], ids=str)
def test_charts_lie_as_on_a_real_person(second_table: dict[int, tuple[int, ...]], size: tuple[int, int]) -> None:
    """Straight, arms down, facing the camera: wherever the table's slope is 10 or more, ours has its sign."""
    iuv = draw_iuv(Pose(), size)
    names = ("dU/dx", "dU/dy", "dV/dx", "dV/dy")
    wrong = [
        f"chart {part}: {name} is {ours:+.4f} per pixel, the table says {theirs:+d}"
        for part, row in second_table.items()
        for name, ours, theirs in zip(names, slopes(iuv, part), row, strict=True)
        if abs(theirs) >= 10 and ours * theirs <= 0
    ]
    assert not wrong, "\n".join(wrong)


def test_the_right_hand_is_on_the_left_of_the_picture() -> None:
    iuv = draw_iuv(Pose(), SIZE)
    for part, twin in ((3, 4), (9, 10), (13, 14), (16, 15), (23, 24)):
        assert np.nonzero(iuv[..., 0] == part)[1].mean() < np.nonzero(iuv[..., 0] == twin)[1].mean()
    from_behind = draw_iuv(Pose(yaw=180), SIZE)
    for part, twin in ((3, 4), (7, 8), (11, 12)):
        assert np.nonzero(from_behind[..., 0] == part)[1].mean() > np.nonzero(from_behind[..., 0] == twin)[1].mean()
    assert (iuv[..., 0] == 2).sum() > 50 * (iuv[..., 0] == 1).sum()
    assert (from_behind[..., 0] == 1).sum() > 10 * (from_behind[..., 0] == 2).sum()


def depth_map(pose: Pose, size: tuple[int, int]) -> np.ndarray:
    """How near each pixel is, in metres, by a plain z-buffer over the body's vertices' triangles."""
    xyz = to_picture(posed_vertices(pose)[0], pose, size)
    corners = xyz[body_faces()]
    order = np.argsort(corners[..., 2].sum(1), kind="stable")
    seen = rasterise(corners[order][..., :2], size)
    return np.where(seen >= 0, corners[order][..., 2].mean(1)[seen], -9.0)


def neighbours(iuv: np.ndarray, depth: np.ndarray, near: float) -> dict[tuple[int, int], list[np.ndarray]]:
    """(a, b) -> [I, U, V of the pixel of part a] for pixels side by side that are close in depth too."""
    out: dict[tuple[int, int], list[np.ndarray]] = {}
    for a, b, da, db in (
        (iuv[:, :-1], iuv[:, 1:], depth[:, :-1], depth[:, 1:]),
        (iuv[:-1], iuv[1:], depth[:-1], depth[1:]),
    ):
        border = (a[..., 0] != b[..., 0]) & (a[..., 0] > 0) & (b[..., 0] > 0) & (np.abs(da - db) < near)
        for p, q in zip(a[border], b[border], strict=True):
            out.setdefault((int(p[0]), int(q[0])), []).append(p)
            out.setdefault((int(q[0]), int(p[0])), []).append(q)
    return out


@pytest.fixture(scope="module")
def meetings() -> dict[tuple[int, int], list[np.ndarray]]:
    """What meets what, seen from all sides, arms and legs apart."""
    found: dict[tuple[int, int], list[np.ndarray]] = {}
    spread = {"left_shoulder.raise": 60.0, "right_shoulder.raise": 60.0, "left_hip.side": 20.0, "right_hip.side": 20.0}
    for yaw in (0, 45, 90, 135, 180, -135, -90, -45):
        pose = Pose(angles=spread, yaw=yaw)
        for pair, pixels in neighbours(draw_iuv(pose, (768, 768)), depth_map(pose, (768, 768)), 0.015).items():
            found.setdefault(pair, []).extend(pixels)
    return found


def test_parts_meet_those_they_touch_and_no_others(meetings: dict) -> None:
    touching = touching_parts()
    counts = {pair: len(pixels) for pair, pixels in meetings.items()}
    strange = {pair: n for pair, n in counts.items() if not touching[pair]}
    assert sum(strange.values()) < 0.01 * sum(counts.values()), strange  # a hand before a leg may come that near
    chains = [(23, 2), (2, 17), (17, 21), (21, 4), (15, 19), (18, 22), (22, 3), (16, 20), (2, 9), (9, 13), (13, 6),
              (2, 10), (10, 14), (14, 5), (1, 7), (7, 11), (11, 6), (1, 8), (8, 12), (12, 5), (1, 23), (1, 24),
              (23, 24), (1, 2), (9, 7), (10, 8), (11, 13), (12, 14), (15, 17), (16, 18), (19, 21),
              (20, 22)]  # fmt: skip
    missing = [pair for pair in chains if counts.get(pair, 0) < 8]
    assert not missing


def test_parts_meet_at_the_places_of_the_first_table(meetings: dict, shared: Path) -> None:
    """Where two parts meet, U and V are those of the table's row: this fixes which way every chart lies."""
    row = re.compile(
        r"\| (\d+) \| [^|]+ \| \d+ \| (\d+) [^|]+ \| \d+ \| ([\d.]+)\.\.([\d.]+) [^|]+ \| ([\d.]+)\.\.([\d.]+) "
    )
    text = (shared / "densepose-charts.md").read_text(encoding="utf-8")
    table = {(int(m[1]), int(m[2])): [float(m[k]) for k in range(3, 7)] for m in row.finditer(text)}
    assert len(table) > 80
    checked = 0
    for pair, (u0, u1, v0, v1) in table.items():
        if len(meetings.get(pair, [])) < 12:
            continue
        _, u, v = np.array(meetings[pair]).T / 255.0
        inside = (u > u0 - 0.08) & (u < u1 + 0.08) & (v > v0 - 0.08) & (v < v1 + 0.08)
        assert inside.mean() > 0.9, (pair, inside.mean())
        checked += 1
    assert checked > 60


@pytest.mark.parametrize(("part", "joint"), [(4, "left_wrist"), (3, "right_wrist")])
def test_a_hand_has_five_fingers_and_one_is_a_thumb(part: int, joint: str) -> None:
    """Four deep notches run into a hand's outline; one lies between a fingertip and a tip much nearer to the wrist."""
    iuv, cm = zoomed(joint, Pose(angles={"left_shoulder.raise": 30.0, "right_shoulder.raise": 30.0}))
    hand = (iuv[..., 0] == part).astype(np.uint8)
    contour = max(cv2.findContours(hand, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], key=len).reshape(-1, 2)
    reach = np.linalg.norm(contour - 255.5, axis=1) / cm
    assert 17 < reach.max() < 21, "from wrist to fingertip"
    notches = cv2.convexityDefects(contour, cv2.convexHull(contour, returnPoints=False)).reshape(-1, 4)
    tips = [sorted((reach[a], reach[b])) for a, b, _, depth in notches if depth / 256 / cm > 2]
    assert len(tips) == 4
    assert sum(far - near > 4 for near, far in tips) == 1, tips


@pytest.mark.parametrize(("yaw", "part", "joint"), [(90, 6, "right_ankle"), (-90, 5, "left_ankle")])
def test_a_foot_has_heel_and_toe(yaw: float, part: int, joint: str) -> None:
    iuv, cm = zoomed(joint, Pose(yaw=yaw))
    y, x = np.nonzero(iuv[..., 0] == part)
    forward = (x - 255.5) / cm * np.sign(yaw)
    assert 14 < forward.max() < 22, "toe"
    assert 3 < -forward.min() < 8, "heel"
    height = [np.ptp(y[np.abs(forward - f) < 0.5]) / cm for f in (0, 6, 10, 14)]
    assert height[0] > 6 and height == sorted(height, reverse=True), "from instep to toes it gets flatter"
    sole = [y[np.abs(forward - f) < 0.5].max() / cm for f in (-3, 0, 6, 12)]
    assert np.ptp(sole) < 1.0, "the sole is flat"


# --- no holes ------------------------------------------------------------------------------------------------------

# UV_Processed.mat lacks two triangles, one in each foot beside the little toe: `charts` closes the surface.


def holes(pose: Pose, size: tuple[int, int]) -> list[tuple[int, int, set[int]]]:
    """Pixels that some triangle covers, from whichever side, but that show background: a closed skin has none, and a
    crack between two parts would let the far side through."""
    xyz = to_picture(posed_vertices(pose)[0], pose, size)
    covered = rasterise(xyz[body_faces()][..., :2], size) >= 0
    part = draw_iuv(pose, size)[..., 0]
    found = np.argwhere(covered & (part == 0))
    return [
        (int(x), int(y), set(np.unique(part[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]).tolist()) - {0})
        for y, x in found
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_named_pose_has_holes(name: str) -> None:
    pose = named_poses()[name]
    for size in ((512, 352), (768, 528)):
        assert holes(pose, size) == []
    for turned in (90, 180, 270):  # from all four sides
        assert holes(pose.replace(yaw=(pose.yaw + turned + 180) % 360 - 180), (384, 264)) == []


@given(poses())
@settings(max_examples=20)
def test_no_pose_has_holes(pose: Pose) -> None:
    assert holes(pose, SIZE) == []


def test_feet_have_no_holes_either() -> None:
    """Close to the feet from behind, where a hole of millimetres shows."""
    for joint in ("left_toes", "right_toes"):
        near = Pose(yaw=180, zoom=4.0)
        x, y = joint_positions(near, SIZE)[joint]
        metre = SIZE[0] * 2
        assert holes(near.replace(shift_x=(175.5 - x) / metre, shift_y=(y - 255.5) / metre), SIZE) == []


def specks(part: np.ndarray) -> list[tuple[int, int]]:
    """Background enclosed by body that is smaller than 4 pixels."""
    _, label, stats, _ = cv2.connectedComponentsWithStats((part == 0).astype(np.uint8), connectivity=8)
    small = [k for k in range(1, len(stats)) if stats[k, cv2.CC_STAT_AREA] < 4]
    h, w = part.shape
    inner = [k for k in small if stats[k, 0] > 0 and stats[k, 0] + stats[k, 2] < w
             and stats[k, 1] > 0 and stats[k, 1] + stats[k, 3] < h]  # fmt: skip
    return [tuple(np.argwhere(label == k)[0].tolist()) for k in inner]


@pytest.mark.parametrize("name", NAMES)
def test_a_speck_of_background_is_a_true_gap(name: str) -> None:
    """Between two fingers there may be a gap of a pixel. Seen five times as large, it must be a gap still."""
    pose = named_poses()[name]
    small = specks(draw_iuv(pose, SIZE)[..., 0])
    if not small:
        return
    large = draw_iuv(pose, (SIZE[0] * 5, SIZE[1] * 5))[..., 0]
    _, label, stats, _ = cv2.connectedComponentsWithStats((large == 0).astype(np.uint8), connectivity=8)
    for y, x in small:
        gap = label[y * 5 + 2, x * 5 + 2]
        assert gap and stats[gap, cv2.CC_STAT_AREA] > 16, f"a hole at {x}, {y}"


@pytest.mark.parametrize("name", NAMES)
def test_no_cracks_show_what_lies_behind(name: str) -> None:
    """A crack scatters specks of a far part over a near one: pieces of under 4 pixels with one other part all round."""
    part = draw_iuv(named_poses()[name], (768, 528))[..., 0]
    found = []
    for number in np.unique(part[part > 0]):
        n, label, stats, _ = cv2.connectedComponentsWithStats((part == number).astype(np.uint8), connectivity=8)
        for k in (k for k in range(1, n) if stats[k, cv2.CC_STAT_AREA] < 4):
            mine = (label == k).astype(np.uint8)
            ring = np.unique(part[(cv2.dilate(mine, np.ones((3, 3))) > 0) & (mine == 0)])
            if len(ring) == 1 and ring[0] > 0:
                found.append((int(number), int(ring[0])))
    assert len(found) <= 1, found  # where a hand dips into a leg, one may be real


# --- IUV maps of any pose and size ---------------------------------------------------------------------------------


def test_24_poses_ship_with_the_studio() -> None:
    assert len(NAMES) == 24 == len(list(POSE_FOLDER.glob("*.json")))
    assert {"standing", "walking", "sitting", "arms-up", "side", "back"} <= set(NAMES)
    assert len({p.name for p in named_poses().values()}) == 24
    maps = {draw_iuv(p, (128, 88)).tobytes() for p in named_poses().values()}
    assert len(maps) == 24, "two names for one pose"


@pytest.mark.parametrize("name", NAMES)
def test_named_poses_are_whole_people_in_the_picture(name: str) -> None:
    iuv = draw_iuv(named_poses()[name], SIZE)
    assert iuv.shape == (*SIZE, 3) and iuv.dtype == np.uint8
    check_iuv(iuv)
    body = iuv[..., 0] > 0
    assert not iuv[~body].any()
    assert 0.05 < body.mean() < 0.5
    assert len(np.unique(iuv[..., 0])) >= 10


@pytest.mark.parametrize(
    "name",
    NAMES,
)  # fmt: skip
def test_no_named_pose_is_cut_off(name: str) -> None:
    body = draw_iuv(named_poses()[name], SIZE)[..., 0] > 0
    assert not np.concatenate([body[0], body[-1], body[:, 0], body[:, -1]]).any()


@given(poses(), st.integers(64, 700), st.integers(64, 700))
@settings(max_examples=15)
def test_any_pose_at_any_size_is_a_true_map(pose: Pose, height: int, width: int) -> None:
    iuv = draw_iuv(pose, (height, width))
    assert iuv.shape == (height, width, 3) and iuv.dtype == np.uint8
    check_iuv(iuv)
    assert not iuv[iuv[..., 0] == 0].any()


def test_the_same_pose_twice_as_large_shows_the_same() -> None:
    small, large = draw_iuv(Pose(), (256, 176)), draw_iuv(Pose(), (768, 528))
    middle = large[1::3, 1::3]  # pixel centres of the small picture
    both = (small[..., 0] > 0) | (middle[..., 0] > 0)
    assert (small[..., 0] == middle[..., 0])[both].mean() > 0.99


def test_u_and_v_run_without_jumps_inside_a_part() -> None:
    iuv = draw_iuv(Pose(), (768, 528)).astype(int)
    for part in (2, 9, 10, 13, 14, 17, 18):
        mine = iuv[..., 0] == part
        for a, b in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
            side_by_side = mine[a] & mine[b]
            step = np.abs(iuv[a][side_by_side] - iuv[b][side_by_side]).max(-1)
            assert (step < 24).mean() > 0.99


# --- mirrored ------------------------------------------------------------------------------------------------------


def mirror_image(iuv: np.ndarray) -> np.ndarray:
    """What a mirror shows: left and right change places, in the picture and on the body."""
    out = iuv[:, ::-1].copy()
    part = out[..., 0].copy()
    out[..., 0] = np.array([0] + [PARTS[k].mirror for k in range(1, 25)], np.uint8)[part]
    for channel, turned in ((1, MIRRORED_U), (2, MIRRORED_V)):
        where = np.isin(part, list(turned))
        out[..., channel][where] = 255 - out[..., channel][where]
    return out


@pytest.mark.parametrize(
    "name",
    NAMES,
)  # fmt: skip
def test_a_mirrored_pose_is_the_mirror_image(name: str) -> None:
    pose = named_poses()[name]
    there, back = draw_iuv(pose, SIZE), mirror_image(draw_iuv(pose.mirrored(), SIZE))
    body = (there[..., 0] > 0) | (back[..., 0] > 0)
    same = there[..., 0] == back[..., 0]
    assert same[body].mean() >= 0.97
    apart = np.abs(there[same & body].astype(int) - back[same & body]).max(-1)
    assert np.percentile(apart, 95) <= 16


@given(poses(), st.floats(-1, 1))
@settings(max_examples=30)
def test_mirroring_twice_changes_nothing(pose: Pose, shift: float) -> None:
    pose = pose.replace(shift_x=shift)
    assert pose.mirrored().mirrored() == pose


# --- joints do what they say ---------------------------------------------------------------------------------------


def places(yaw: float = 0.0, **angles: float) -> dict[str, tuple[float, float]]:
    """Joints in centimetres; keyword left_elbow__bend=90 turns "left_elbow.bend"."""
    turned = {name.replace("__", "."): value for name, value in angles.items()}
    found = joint_positions(Pose(angles=turned, yaw=yaw), (400, 400))
    return {name: (x / 2, y / 2) for name, (x, y) in found.items()}


def test_joints_move_the_way_their_names_say() -> None:
    rest, side = places(), places(90)  # from the side the person faces the picture's right edge
    assert places(left_shoulder__raise=90)["left_wrist"][0] > rest["left_wrist"][0] + 30
    assert places(right_shoulder__raise=90)["right_wrist"][0] < rest["right_wrist"][0] - 30
    assert places(90, left_shoulder__forward=90)["left_wrist"][0] > side["left_wrist"][0] + 30
    assert places(90, left_elbow__bend=90)["left_wrist"][0] > side["left_wrist"][0] + 15
    assert places(90, left_knee__bend=90)["left_ankle"][0] < side["left_knee"][0] - 30
    assert places(90, left_hip__forward=90)["left_knee"][0] > side["left_knee"][0] + 30
    assert places(left_hip__side=30)["left_ankle"][0] > rest["left_ankle"][0] + 30
    assert places(90, spine__bend=40)["head"][0] > side["head"][0] + 20
    assert places(spine__side=30)["head"][0] > rest["head"][0] + 15
    toes = [places(90, left_ankle__bend=a) for a in (-30, 0, 30)]
    lift = [t["left_ankle"][1] - t["left_toes"][1] for t in toes]
    assert lift == sorted(lift), "toes up for a positive angle"


def test_the_camera_does_what_its_settings_say() -> None:
    def box(**settings_: float) -> tuple[int, int, int, int]:
        y, x = np.nonzero(draw_iuv(Pose(**settings_), (400, 400))[..., 0])
        return x.min(), x.max(), y.min(), y.max()

    x0, x1, y0, y1 = box()
    assert (y1 - y0) / 200 == pytest.approx(1.78, abs=0.03), "1.78 m on a picture of 2 m"
    assert abs(x0 + x1 - 399) <= 4, "in the middle"
    bottom, top = box(height=1.2, zoom=0.8)[3], box(height=1.2, zoom=0.8)[2]
    assert (bottom - top) / 160 == pytest.approx(1.78 * 1.2, abs=0.04)
    assert box(shift_x=0.3)[0] - x0 == pytest.approx(60, abs=1)
    assert y0 - box(shift_y=0.05)[2] == pytest.approx(10, abs=1)
    widths = [(draw_iuv(Pose(build=b), (400, 400))[..., 0] == 2).sum() for b in (-1, 0, 1, 2)]
    assert widths == sorted(set(widths))
    turned = box(roll=90)
    assert turned[1] - turned[0] > 1.5 * (turned[3] - turned[2])
    side = joint_positions(Pose(yaw=90), SIZE)
    assert side["left_toes"][0] > side["left_ankle"][0], "yaw 90 faces the picture's right edge"
    clockwise = joint_positions(Pose(roll=90), SIZE)
    assert clockwise["head"][0] > clockwise["pelvis"][0]


@pytest.mark.parametrize("name", NAMES)
def test_joint_positions_lie_on_the_parts_they_carry(name: str) -> None:
    pose = named_poses()[name]
    iuv, at = draw_iuv(pose, SIZE), joint_positions(pose, SIZE)
    assert set(at) == {name for name in JOINTS if not name.endswith("_fingers")} | {"pelvis"}, "fingers have no bones"
    pixels = SIZE[0] / 2 * pose.zoom * pose.height
    for joint, part, reach in (("left_wrist", 4, 0.14), ("right_wrist", 3, 0.14), ("left_ankle", 5, 0.16),
                               ("right_ankle", 6, 0.16)):  # fmt: skip
        y, x = np.nonzero(iuv[..., 0] == part)
        if len(x) > 30:
            away = np.hypot(x.mean() - at[joint][0], y.mean() - at[joint][1])
            assert away < reach * pixels, f"{joint} is {away:.0f} pixels from its part"


# --- pose files ----------------------------------------------------------------------------------------------------


@given(poses())
@settings(max_examples=30)
def test_json_gives_the_pose_back(pose: Pose) -> None:
    again = Pose.from_json(pose.to_json())
    assert again == pose
    assert again.to_json() == pose.to_json()


@pytest.mark.parametrize("name", NAMES)
def test_named_poses_survive_json_and_stay_small(name: str) -> None:
    pose = named_poses()[name]
    assert Pose.from_json(pose.to_json().encode()) == pose
    assert len(pose.to_json()) < 2000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not valid JSON"),
        ("{", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        ("[" * 60_000, "not valid JSON"),
        ("[" * 100_000, "larger than 64 kB"),
        ('{"a":' * 50_000 + "1" + "}" * 50_000, "not "),
        ("[]", "not a pose file of this studio"),
        ("null", "not a pose file of this studio"),
        ('"standing"', "not a pose file of this studio"),
        ('{"colour": 3}', "colour"),
        ('{"__class__": "x", "name": "a"}', "__class__"),
        ('{"angles": {"left_elbow.bend": 20}, "zoom": "large"}', "zoom must be a number"),
        ('{"name": 7}', "name"),
        (json.dumps({"name": "x" * 101}), "name"),
        ('{"angles": [1, 2]}', "table of names"),
        ('{"angles": null}', "table of names"),
        ('{"angles": {"tail.bend": 20}}', "no angle called 'tail.bend'"),
        ('{"angles": {"left_elbow": 20}}', "no angle called 'left_elbow'"),
        ('{"angles": {"left_elbow.raise": 20}}', "no angle called"),
        ('{"angles": {"left_elbow.bend.bend": 20}}', "no angle called"),
        ('{"angles": {"left_elbow.bend": 146}}', "left_elbow.bend is 146, but it may only go from 0 to 145"),
        ('{"angles": {"left_elbow.bend": -1}}', "left_elbow.bend is -1"),
        ('{"angles": {"left_elbow.bend": NaN}}', "left_elbow.bend must be a number"),
        ('{"angles": {"left_elbow.bend": Infinity}}', "left_elbow.bend must be a number"),
        ('{"angles": {"left_elbow.bend": true}}', "left_elbow.bend must be a number"),
        ('{"angles": {"left_elbow.bend": "20"}}', "left_elbow.bend must be a number"),
        ('{"angles": {"left_elbow.bend": [20]}}', "left_elbow.bend must be a number"),
        ('{"angles": {"left_elbow.bend": 1%s}}' % ("0" * 400), "left_elbow.bend"),
        ('{"zoom": 0}', "zoom is 0, but it may only go from 0.2 to 4"),
        ('{"yaw": 1e999}', "yaw must be a number"),
        ('{"height": null}', "height must be a number"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_pose_file_is_a_sentence(text: str | bytes, says: str) -> None:
    with pytest.raises(PoseError) as caught:
        Pose.from_json(text)
    sentence = str(caught.value)
    assert says in sentence
    assert sentence.endswith(".") and len(sentence) < 400


def test_zero_is_always_allowed_and_means_nothing() -> None:
    assert Pose(angles={f"{j.name}.{axis}": 0 for j in JOINTS.values() for axis in j.axes}) == Pose()
    assert len(JOINTS) >= 20
    for low, high, default in SETTINGS.values():
        assert low < default < high


def test_a_pose_cannot_be_changed_in_place() -> None:
    pose = named_poses()["standing"]
    with pytest.raises(TypeError):
        pose.angles["left_elbow.bend"] = 90  # type: ignore[index]
    turned = pose.turned("left_elbow.bend", 90)
    assert turned.angles["left_elbow.bend"] == 90 and pose.angles["left_elbow.bend"] != 90
    with pytest.raises(PoseError):
        pose.turned("left_elbow.bend", 1000)
    with pytest.raises(PoseError):
        pose.replace(zoom=99)


def test_a_pose_is_drawn_once_and_what_was_drawn_cannot_be_changed() -> None:
    pose = Pose(yaw=33.0)
    first = kept_drawing(pose, (128, 88)).iuv
    assert kept_drawing(pose, (128, 88)).iuv is first and np.array_equal(first, draw_iuv(pose, (128, 88)))
    assert kept_drawing(pose, (64, 44)).iuv.shape == (64, 44, 3)
    with pytest.raises(ValueError, match="read-only"):
        first[0, 0] = 1
    other = pose.replace(yaw=34.0)
    assert not np.array_equal(kept_drawing(other, (128, 88)).iuv, first) and pose == Pose(yaw=33.0)
