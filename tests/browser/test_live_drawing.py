"""The live network in a real Chromium: its picture comes by itself, after the preview, and never in anybody's way. The
network is tiny and random, the way to its pictures is the real one."""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from acting import PICTURE, choose_pose, middle_of, open_page, open_tab, pixels_of, source_of, wait_until_answered
from conftest import PacedStudio, run_studio
from playwright.sync_api import Browser, Page
from small_live_network import write_live_network

from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.checkpoints.folders import bundled_folder
from mcld_app.editing import look as looks
from mcld_app.editing import preview, samples

pytestmark = pytest.mark.browser

SLOW = 60_000  # milliseconds; the first picture waits for torch to be imported
SETTLED = "() => document.querySelector('#stage .stage-frame').dataset.drawn"
LOG = """() => {
  window.shown = [];
  new MutationObserver(() => window.shown.push(document.querySelector("#stage .stage-after").src)).observe(
    document.querySelector("#stage .stage-after"), { attributes: true, attributeFilter: ["src"] });
}"""


@pytest.fixture(scope="module")
def live_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedStudio]:
    folder = tmp_path_factory.mktemp("live-studio")
    write_live_network(folder / "checkpoints")
    pace = folder / "pace"
    surroundings = {"MCLD_CHECKPOINTS": str(folder / "checkpoints"), "MCLD_TEST_PACE": str(pace)}
    with run_studio(folder, "tests/paced_studio.py", **surroundings) as running:
        yield PacedStudio(running.url, running.log_file, pace)


@pytest.fixture(scope="module")
def opened(browser: Browser, live_studio: PacedStudio) -> Iterator[list[Page]]:
    """Two visitors, each with a page of their own, which open once."""
    contexts = [browser.new_context(viewport={"width": 1280, "height": 900}) for _ in range(2)]
    pages, errors = [context.new_page() for context in contexts], []
    for page in pages:
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_page(page, live_studio.url)
        page.evaluate(LOG)
        open_tab(page, "Pose")
    yield pages
    for context in contexts:
        context.close()
    assert not errors, f"the page raised: {errors}"


@pytest.fixture
def visitors(opened: list[Page]) -> list[Page]:
    """Both as they came: in the photo's pose, of which nothing is drawn."""
    for page in opened:
        own = page.locator("#pose-picker").get_by_role("option", name="As in the photo", exact=True)
        if own.get_attribute("aria-selected") != "true":
            pick(page, "As in the photo")
        wait_until_answered(page)
        page.evaluate("window.shown.length = 0")
    return opened


def pick(page: Page, pose: str) -> None:
    """Choose a pose, and wait for its preview alone."""
    before = source_of(page, PICTURE)
    page.locator("#pose-picker").get_by_role("option", name=pose, exact=True).click()
    page.wait_for_function("before => document.querySelector('#stage .stage-after').src !== before", arg=before)


def wait_until_drawn(page: Page) -> None:
    page.wait_for_function(SETTLED, timeout=SLOW)


def first_look(pose: Pose):
    return looks.stand(looks.of(samples.sample_person(next(iter(samples.people())))), pose)


def as_shown(picture: np.ndarray) -> np.ndarray:
    """As a JPEG shows it."""
    data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1].astype(int)


def test_the_drawn_picture_takes_the_preview_s_place(live_studio: PacedStudio, visitors: list[Page]) -> None:
    from mcld_app.engine.live import load_live

    page, _ = visitors
    look = first_look(named_poses()["walking"])
    with live_studio.pace(0.5):
        pick(page, "Walking")
        first = pixels_of(page)
        assert not page.evaluate(SETTLED)
        wait_until_drawn(page)
    folder = live_studio.pace_file.parent / "checkpoints" / "live"
    picture = load_live(folder, bundled_folder()).draw(look)
    drawn = picture.before(preview.ground(look.person, picture.iuv))
    before = preview.draw(look).picture
    assert np.abs(drawn.astype(int) - before).max() > 20, "or this test would tell nothing"
    assert np.abs(first - as_shown(before)).max() <= 3
    assert np.abs(pixels_of(page) - as_shown(drawn)).max() <= 3
    assert len(page.evaluate("window.shown")) == 2  # one preview, one picture


def test_a_newer_edit_ends_an_older_drawing(live_studio: PacedStudio, visitors: list[Page]) -> None:
    page, _ = visitors
    with live_studio.pace(math.inf):
        pick(page, "Walking")
        page.wait_for_timeout(300)
        pick(page, "Arms up")
        page.wait_for_timeout(300)
        pick(page, "Standing")
    wait_until_drawn(page)
    shown = page.evaluate("window.shown")
    assert len(shown) == 4  # three previews, and the picture of the last
    assert shown[-1] == source_of(page, PICTURE)


def test_nobody_waits_for_the_drawing_of_another(live_studio: PacedStudio, visitors: list[Page]) -> None:
    one, other = visitors
    with live_studio.pace(math.inf):
        pick(one, "Walking")
        one.wait_for_timeout(300)
        for pose in ("Arms up", "Standing", "Walking"):
            pick(other, pose)  # the preview comes all the same
        assert not one.evaluate(SETTLED) and not other.evaluate(SETTLED)
    for page in visitors:
        wait_until_drawn(page)


def test_a_hand_on_a_joint_has_the_preview_and_at_rest_the_picture(visitors: list[Page]) -> None:
    page, _ = visitors
    pick(page, "Standing")
    wait_until_drawn(page)
    x, y = middle_of(page.locator(".joint-handle[data-id=left_wrist] .joint-dot"))
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(x + 2 * step, y - 3 * step)
        page.wait_for_timeout(40)
    page.wait_for_timeout(400)
    assert not page.evaluate(SETTLED), "a hand that rests is still a hand"
    page.mouse.up()
    wait_until_drawn(page)


def test_in_the_photo_s_own_pose_nothing_is_drawn(visitors: list[Page]) -> None:
    page, _ = visitors
    choose_pose(page, "Standing")
    wait_until_drawn(page)
    pick(page, "As in the photo")
    page.wait_for_timeout(500)
    assert not page.evaluate(SETTLED)


def test_a_hand_that_leaves_everything_as_it_was_has_the_picture_back(visitors: list[Page]) -> None:
    """Then the stage has no new value, and nothing else would ask for the picture again."""
    page, _ = visitors
    pick(page, "Standing")
    for _ in range(2):  # the first time the pose gets a name of its own
        wait_until_drawn(page)
        x, y = middle_of(page.locator(".joint-handle[data-id=left_wrist] .joint-dot"))
        page.mouse.move(x, y)
        page.mouse.down()
        for step in (*range(8), *reversed(range(8))):
            page.mouse.move(x + 2 * step, y - 3 * step)
            page.wait_for_timeout(40)
        page.wait_for_timeout(300)
        assert not page.evaluate(SETTLED)
        page.mouse.up()
    wait_until_drawn(page)
