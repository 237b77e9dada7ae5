"""On the page: a shop's picture of a garment is dropped, adjusted by two points, and seen worn; what is unclear is
asked."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from acting import (
    PICTURE,
    SLOW,
    drop_files,
    middle_of,
    new_picture,
    open_page,
    open_tab,
    pixels_of,
    png_of,
    point_on_person,
    source_of,
    wait_until_answered,
)
from flat_garments import shape, tee
from playwright.sync_api import Browser, Page, expect
from thorough import THOROUGH, only_thorough

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def opened(browser: Browser, studio_url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(page, studio_url)
    drop(page, tee().picture)
    yield page
    context.close()
    assert not errors, f"the page raised: {errors}"


@pytest.fixture
def dressed(opened: Page) -> Page:
    """A page whose person wears a dropped T-shirt as it was laid, with Adjust open. One for all tests: each leaves it
    so."""
    if not opened.locator(".adjust-point").first.is_visible():
        open_adjust(opened)
    return opened


def drop(page: Page, picture: np.ndarray, across: float = 0.5, down: float = 0.35) -> None:
    open_tab(page, "Clothes")
    with new_picture(page):
        drop_files(page, point_on_person(page, across, down), [("My tee.png", png_of(picture))])


def open_adjust(page: Page) -> None:
    page.locator(".stage-adjust-garment").click()
    page.locator(".adjust-point").first.wait_for()
    wait_until_answered(page)


def point(page: Page, name: str):
    return page.locator(f".adjust-point[data-id={name}]")


def place_of(page: Page, name: str) -> tuple[float, float]:
    return middle_of(point(page, name).locator(".adjust-dot"))


def drag(page: Page, name: str, right: float, down: float) -> None:
    x, y = place_of(page, name)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=6)
    with new_picture(page):
        page.mouse.up()


def is_red(picture: np.ndarray) -> np.ndarray:
    colours = picture.astype(int)
    return (colours[..., 0] > 150) & (colours[..., 1] < 90)


def test_two_points_are_dragged_and_the_result_is_seen_worn(dressed: Page) -> None:
    before, listed = pixels_of(dressed), dressed.locator("#garment-picker").get_by_role("option", name="My tee")
    thumb = listed.locator("img").get_attribute("src")
    assert is_red(before).sum() > 100, "the print is on the person's chest"
    top_before = np.flatnonzero(is_red(before).any(1)).max()
    drag(dressed, "left_hem", 0, -40)
    drag(dressed, "right_hem", 0, -40)
    after = pixels_of(dressed)
    assert np.flatnonzero(is_red(after).any(1)).max() > top_before or is_red(after).sum() != is_red(before).sum()
    assert np.abs(after.astype(int) - before).max() > 60
    expect(dressed.locator("#edits .edit-label")).to_have_text(["My tee"])
    assert listed.locator("img").get_attribute("src") != thumb, "the list shows it as it is now"
    for _ in range(2):  # one step to undo for each drag
        with new_picture(dressed):
            dressed.locator("[data-act=undo]").click()
    assert np.array_equal(pixels_of(dressed), before)
    expect(dressed.locator(".adjust-again")).to_be_disabled()


def test_while_a_point_is_held_the_person_wears_it_as_it_lies(dressed: Page) -> None:
    x, y = place_of(dressed, "left_hem")
    before = source_of(dressed, PICTURE)
    dressed.mouse.move(x, y)
    dressed.mouse.down()
    dressed.mouse.move(x + 5, y - 90, steps=3)
    dressed.wait_for_function(
        "([picture, before]) => document.querySelector(picture).src !== before", arg=[PICTURE, before], timeout=SLOW
    )
    expect(point(dressed, "left_hem")).to_have_class("adjust-point held")
    with new_picture(dressed):
        dressed.mouse.up()
    with new_picture(dressed):
        dressed.locator("[data-act=undo]").click()
    assert source_of(dressed, PICTURE) == before


@only_thorough
def test_a_point_is_moved_with_the_arrow_keys_as_one_step(dressed: Page) -> None:
    before = source_of(dressed, PICTURE)
    point(dressed, "neckline").focus()
    expect(dressed.locator(".adjust-hint")).to_have_text("Front of the neckline")
    with new_picture(dressed):
        for _ in range(4):
            dressed.keyboard.press("Shift+ArrowDown")
    expect(point(dressed, "neckline")).to_be_focused()
    with new_picture(dressed):
        dressed.locator("[data-act=undo]").click()
    assert source_of(dressed, PICTURE) == before


def test_sleeves_kind_brush_start_again_and_done(dressed: Page) -> None:
    first = source_of(dressed, PICTURE)
    with new_picture(dressed):
        dressed.locator(".adjust-sleeves input").check()
    expect(dressed.locator(".adjust-point")).to_have_count(7)
    with new_picture(dressed):
        dressed.locator(".adjust-kind select").select_option("dress")
    expect(dressed.locator("#edits .edit-place")).to_have_text(["Whole body"])
    dressed.locator(".adjust [data-tool=less]").click()
    x, y = middle_of(dressed.locator(".adjust-frame"))
    outline = "document.querySelector('.adjust-outline').getAttribute('d')"
    before = dressed.evaluate(outline)
    dressed.mouse.move(x, y + 30)
    dressed.mouse.down()
    dressed.mouse.move(x + 110, y + 40, steps=4)  # past the garment's side
    with new_picture(dressed):
        dressed.mouse.up()
    assert dressed.evaluate(outline) != before
    with new_picture(dressed):
        dressed.locator(".adjust-again").click()
    assert source_of(dressed, PICTURE) == first
    dressed.locator(".adjust-done").click()
    wait_until_answered(dressed)
    expect(dressed.locator(".adjust")).to_be_hidden()
    expect(dressed.locator("#edits .edit-label")).to_have_text(["My tee"])


@only_thorough
def test_adjust_is_opened_from_the_list_of_edits_and_from_the_garments(dressed: Page) -> None:
    dressed.locator(".adjust-done").click()
    wait_until_answered(dressed)
    dressed.locator(".edits-adjust").click()
    dressed.locator(".adjust-point").first.wait_for()
    with new_picture(dressed):
        dressed.locator("#edits .edits-remove").click()
    dressed.locator(".adjust-done").click()
    wait_until_answered(dressed)
    expect(dressed.locator(".stage-adjust-garment")).to_be_hidden()
    with new_picture(dressed):
        dressed.locator("#garment-picker").get_by_role("option", name="My tee").click()
    dressed.get_by_role("button", name="Adjust the garment").click()
    dressed.locator(".adjust-point").first.wait_for()
    wait_until_answered(dressed)
    drag(dressed, "left_hem", 0, -30)
    expect(dressed.locator("#edits .edit-label")).to_have_text(["My tee"])


def test_dropped_beside_the_person_it_is_asked_what_it_is(page: Page, studio_url: str) -> None:
    open_page(page, studio_url)
    open_tab(page, "Clothes")
    before = source_of(page, PICTURE)
    drop_files(page, point_on_person(page, 0.03, 0.03), [("Shop.png", png_of(tee().picture))])
    answers = page.locator(".question-answer")
    expect(answers.first).to_have_text("Top", timeout=SLOW)
    expect(answers.first).to_be_focused()
    if THOROUGH:
        page.keyboard.press("Escape")
        wait_until_answered(page)
        expect(page.locator(".question")).to_be_hidden()
        expect(page.locator("#garment-picker").get_by_role("option", name="Shop")).to_be_visible()
        assert source_of(page, PICTURE) == before
        drop_files(page, point_on_person(page, 0.03, 0.03), [("Shop.png", png_of(tee().picture))])
        answers.first.wait_for(timeout=SLOW)
    with new_picture(page):
        answers.first.click()
    expect(page.locator("#edits .edit-label")).to_have_text(["Shop"])


@only_thorough
def test_a_folded_shirt_is_marked_by_hand(page: Page, studio_url: str) -> None:
    open_page(page, studio_url)
    open_tab(page, "Clothes")
    folded = shape([(220, 250), (500, 250), (500, 640), (220, 640)])
    drop_files(page, point_on_person(page, 0.5, 0.35), [("folded.png", png_of(folded))])
    expect(page.locator(".question")).to_contain_text("folded", timeout=SLOW)
    page.locator(".question-answer").click()
    expect(page.locator(".adjust-say")).to_contain_text("Add")
    expect(page.locator(".adjust [data-tool=add]")).to_have_attribute("aria-pressed", "true")
    page.locator(".adjust [data-tool=points]").click()
    drag(page, "left_armpit", -20, 10)
    expect(page.locator("#edits .edit-label")).to_have_text(["folded"])
    expect(page.locator(".adjust-say")).to_be_hidden()


@pytest.fixture
def phone(browser: Browser, studio_url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(page, studio_url)
    yield page
    context.close()
    assert not errors, f"the page raised: {errors}"


def finger_on(page: Page):
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in places]})

    return touch


def test_a_finger_drags_a_joint_of_the_mannequin_up_and_not_the_page(phone: Page) -> None:
    with new_picture(phone):
        phone.locator("#pose-picker").get_by_role("option").nth(1).click()
    x, y = middle_of(phone.locator(".joint-handle[data-id=left_wrist] .joint-dot"))
    touch = finger_on(phone)
    touch("touchStart", (x, y))
    for step in range(1, 7):
        touch("touchMove", (x, y - 8 * step))
    expect(phone.locator(".joint-handle.held")).to_have_count(1)
    with new_picture(phone):
        touch("touchEnd")


@only_thorough
def test_on_a_phone_a_finger_drags_a_point_and_the_person_stays_in_sight(phone: Page) -> None:
    drop(phone, tee().picture)
    open_adjust(phone)
    phone.wait_for_timeout(400)  # the panel scrolls to where it is seen
    x, y = place_of(phone, "left_hem")
    touch = finger_on(phone)
    scrolled = phone.evaluate("scrollY")
    touch("touchStart", (x, y))
    for step in range(1, 7):
        touch("touchMove", (x, y - 8 * step))
    with new_picture(phone):
        touch("touchEnd")
    assert phone.evaluate("scrollY") == scrolled, "a drag scrolls nothing"
    stage, marks = phone.locator(PICTURE).bounding_box(), phone.locator(".adjust-frame").bounding_box()
    assert stage["y"] >= 0 and stage["y"] + stage["height"] <= marks["y"] + 8, "both are seen, one above the other"
    assert place_of(phone, "left_hem")[1] == pytest.approx(y - 48, abs=4)
