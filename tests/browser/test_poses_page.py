"""Poses on the page: by hand, in a library of one's own, and out of a clip."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from acting import (
    choose_pose,
    drop_files,
    middle_of,
    new_picture,
    open_page,
    wait_until_answered,
    wait_until_ready,
)
from PIL import Image
from playwright.sync_api import Page, expect

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.photo import read_photo
from mcld_app.editing import samples

pytestmark = pytest.mark.browser
DOT = ".joint-handle[data-id={}] .joint-dot"


def drag(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    for share in (0.3, 0.6, 1.0):
        page.mouse.move(start[0] + by[0] * share, start[1] + by[1] * share)
    page.mouse.up()


def test_a_near_miss_means_the_handle_pins_hold_and_the_frame_follows(page: Page, studio_url: str) -> None:
    open_page(page, studio_url)
    choose_pose(page, "Standing")
    x, y = middle_of(page.locator(DOT.format("left_wrist")))
    with new_picture(page):
        drag(page, (x + 24, y + 10), (90, -130))
    expect(page.locator("#joint-yaw")).to_have_value("0")
    assert float(page.locator("#joint-left_shoulder-raise").input_value()) > 30
    expect(page.locator(".posing-cut span")).to_have_text("")
    page.locator(DOT.format("right_hand")).dblclick()
    foot = page.locator("#posing").get_by_role("button", name="Right foot")
    foot.click()
    wait_until_answered(page)
    expect(foot).to_have_attribute("aria-pressed", "true")
    pinned = page.locator(".joint-handle.pinned")
    assert {node.get_attribute("data-pin") for node in pinned.all()} == {"right_hand", "right_foot"}
    page.locator(".posing-follow").uncheck()
    wait_until_answered(page)
    before = middle_of(page.locator(DOT.format("right_ankle")))
    with new_picture(page):
        drag(page, middle_of(page.locator(DOT.format("pelvis"))), (50, 12))
    assert middle_of(page.locator(DOT.format("right_ankle"))) == pytest.approx(before, abs=6)
    expect(page.locator(".posing-cut span")).to_have_text("The frame cuts off the left hand.")
    with new_picture(page):
        page.get_by_role("button", name="Show all of it").click()
    expect(page.locator(".posing-cut span")).to_have_text("")
    page.locator(".posing-handles").uncheck()
    expect(page.locator(".stage-joints")).to_be_hidden()
    page.locator(".posing-handles").check()
    expect(page.locator(".stage-joints")).to_be_visible()


def test_poses_are_kept_in_the_browser_found_renamed_deleted_and_taken_along(
    page: Page, studio_url: str, tmp_path: Path
) -> None:
    open_page(page, studio_url)
    page.locator(".library summary").click()
    expect(page.get_by_role("button", name="Keep this pose")).to_be_disabled()
    for pose, name in (("Walking", "to the bus"), ("Sitting", ""), ("Sitting", "on a wall")):
        choose_pose(page, pose) if page.locator("#pose-picker [aria-selected=true]").inner_text() != pose else None
        page.get_by_label("A name for this pose").fill(name)
        page.get_by_role("button", name="Keep this pose").click()
    names = page.locator(".library-list .picker-name")
    expect(names).to_have_text(["on a wall", "Sitting", "to the bus"])
    told = json.loads(page.evaluate("localStorage.getItem('mcld-poses')"))
    assert [set(one) for one in told] == [{"id", "name", "pose"}] * 3, "no picture of anybody"
    page.reload()
    wait_until_ready(page)
    page.locator(".library summary").click()
    expect(page.locator(".library-list img")).to_have_count(3)
    page.get_by_label("Search your poses").fill("WALL")
    expect(names).to_have_text(["on a wall"])
    with new_picture(page):
        page.locator(".library-use").click()
    page.get_by_role("button", name="Rename “on a wall”").click()
    page.get_by_label("The new name").fill("sitting")
    page.get_by_label("The new name").press("Enter")
    page.get_by_label("Search your poses").fill("")
    expect(names).to_have_text(["sitting (2)", "Sitting", "to the bus"])
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download all").click()
    file = tmp_path / "mcld-poses.json"
    saved.value.save_as(file)
    assert [pose["name"] for pose in json.loads(file.read_text())["poses"]] == ["sitting (2)", "Sitting", "to the bus"]
    for name in ("Sitting", "to the bus"):
        page.get_by_role("button", name=f"Delete “{name}”", exact=True).click()
    page.locator(".library-undo").click()
    expect(names).to_have_text(["sitting (2)", "to the bus"])
    other = tmp_path / "other.json"
    other.write_text("{}")
    page.get_by_label("Open files").set_input_files([file, other])
    expect(names).to_have_text(["Sitting", "sitting (2)", "to the bus"])
    expect(page.locator("#notice .notice.warning")).to_contain_text("no poses in “other”")
    folder = tmp_path / "folder"
    (folder / "within").mkdir(parents=True)
    (folder / "notes.txt").write_text("nothing")
    for name, pose in (("folder/walk", "walking"), ("folder/within/arms", "arms-up")):
        (tmp_path / f"{name}.json").write_text(named_poses()[pose].to_json())
    page.locator(".library-folder input").set_input_files(folder)
    expect(names).to_have_count(5)
    expect(page.locator(".library-said")).to_contain_text("2 poses are here now.")


@pytest.mark.usefixtures("body_finder")
def test_of_a_clip_dropped_on_the_poses_somebody_is_chosen_and_their_movement_is_the_series(
    page: Page, studio_url: str
) -> None:
    left, right = (read_photo(sample.photo_path) for sample in [*samples.people().values()][:2])
    frames = [Image.fromarray(np.concatenate([np.roll(left, 6 * k, 1), right], 1)) for k in range(3)]
    clip = io.BytesIO()
    frames[0].save(clip, "GIF", save_all=True, append_images=frames[1:], duration=100)
    open_page(page, studio_url)
    poses = middle_of(page.locator("#pose-picker"))
    drop_files(page, poses, [("steps.gif", clip.getvalue())])
    people = page.locator(".clip-people button")
    expect(people).to_have_count(2, timeout=30_000)
    people.nth(0).click()
    expect(page.locator(".series-list li")).to_have_count(3, timeout=30_000)
    expect(page.locator(".clip")).to_be_hidden()
    expect(page.locator("#notice .notice")).to_contain_text("3 poses of “steps” are the series now")
    expect(page.locator(".stage-after")).to_have_attribute("alt", re.compile("steps 1"))
    wait_until_answered(page)
    drop_files(page, poses, [("steps.gif", clip.getvalue())])
    expect(people).to_have_count(2, timeout=30_000)
    page.locator(".clip-stop").click()
    expect(page.locator(".clip")).to_be_hidden()
    expect(page.locator(".series-list li")).to_have_count(3)
