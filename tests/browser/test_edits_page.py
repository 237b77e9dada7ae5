"""Editing in a real Chromium: joints, brush, colours, faces, the list of edits, recipes, reload and deletion."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from acting import (
    PICTURE,
    SLOW,
    choose_pose,
    drop_files,
    ends_with,
    middle_of,
    new_picture,
    open_page,
    open_tab,
    open_upload,
    pixels_of,
    png_of,
    put_file,
    source_of,
    wait_until_answered,
    wait_until_ready,
    wear_by_click,
)
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from thorough import only_thorough, some

pytestmark = pytest.mark.browser

LABELS = "#edits .edit-label"


@pytest.fixture(scope="module")
def opened(browser: Browser, studio_url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(page, studio_url)
    yield page
    context.close()
    assert not errors, f"the page raised: {errors}"


@pytest.fixture
def session(opened: Page) -> Page:
    """One page for all tests that need no fresh one, with the person as in the photo."""
    reset = opened.get_by_role("button", name="Reset", exact=True)
    wait_until_answered(opened)
    if reset.is_enabled():
        reset.click()
        wait_until_answered(opened)
    open_tab(opened, "Pose")
    return opened


@pytest.fixture
def fresh(page: Page, studio_url: str) -> Page:
    """A page of its own, for what leaves much behind."""
    open_page(page, studio_url)
    return page


# ---- joints ---------------------------------------------------------------------------------------------------


def test_a_joint_is_dragged_the_preview_follows_and_one_undo_takes_it_all_back(session: Page) -> None:
    choose_pose(session, "Standing")
    before, source = pixels_of(session), source_of(session, PICTURE)
    wrist = session.locator(".joint-handle[data-id=left_wrist] .joint-dot")
    x, y = middle_of(wrist)
    session.mouse.move(x, y)
    session.mouse.down()
    session.mouse.move(x + 10, y - 90, steps=4)
    session.wait_for_function("before => document.querySelector('#stage .stage-after').src !== before",
                            arg=source, timeout=SLOW)  # fmt: skip
    session.mouse.move(x + 15, y - 190, steps=4)
    session.mouse.up()
    wait_until_answered(session)
    after = pixels_of(session)
    assert after.shape == (512, 352, 3), "full size once the hand is gone"
    changed = (np.abs(after.astype(int) - before) > 30).any(-1)
    columns = np.flatnonzero(changed.any(0))
    assert columns.min() > 352 * 0.45, "the person's left arm, on the right of the picture, and nothing else"
    assert middle_of(wrist)[1] < y - 150
    session.get_by_role("button", name="Undo").click()
    wait_until_answered(session)
    assert (pixels_of(session) == before).all()


def test_a_joint_is_moved_with_the_arrow_keys(session: Page) -> None:
    choose_pose(session, "Standing")
    handle = session.locator(".joint-handle[data-id=right_wrist]")
    y = middle_of(handle.locator(".joint-dot"))[1]
    handle.focus()
    with new_picture(session):
        session.keyboard.press("Shift+ArrowUp")
    assert middle_of(handle.locator(".joint-dot"))[1] < y - 5
    expect(handle).to_be_focused()


def test_joints_are_there_for_the_mannequin_while_its_tab_is_open(session: Page) -> None:
    expect(session.locator(".joint-handle").first).to_be_hidden()
    session.get_by_role("button", name="Pose by hand").click()
    wait_until_answered(session)
    expect(session.locator(".joint-handle").first).to_be_visible()
    open_tab(session, "Clothes")
    expect(session.locator(".joint-handle").first).to_be_hidden()


def test_a_pose_is_saved_and_opened_again(session: Page, tmp_path: Path) -> None:
    choose_pose(session, "Lunge")
    picture = source_of(session, PICTURE)
    with session.expect_download() as waiting:
        session.get_by_role("button", name="Save pose").click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    choose_pose(session, "Standing")
    with new_picture(session):
        session.set_input_files(".borrow-open input", file)
    assert source_of(session, PICTURE) == picture
    session.set_input_files(".borrow-open input", {"name": "x.json", "mimeType": "text/plain", "buffer": b"{"})
    expect(session.locator("#notice .notice.warning")).to_be_visible(timeout=SLOW)
    assert source_of(session, PICTURE) == picture


def test_the_pose_of_another_picture_is_taken_and_can_be_dragged(fresh: Page) -> None:
    with new_picture(fresh):
        fresh.get_by_label("Pose of another picture").select_option(label="Samir")
    expect(fresh.locator("#stage .joint-handle").first).to_be_attached()
    fresh.get_by_label("Exactly as its map").check()
    with new_picture(fresh):
        fresh.get_by_label("Pose of another picture").select_option(label="Samir")
    expect(fresh.locator(PICTURE)).to_have_attribute("alt", ends_with("as Samir"))
    expect(fresh.locator("#stage .joint-handle")).to_have_count(0)


# ---- brush ----------------------------------------------------------------------------------------------------


def stroke(page: Page, canvas: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    box = page.locator(canvas).bounding_box()
    x, y = box["x"], box["y"]
    page.mouse.move(x + box["width"] * start[0], y + box["height"] * start[1])
    page.mouse.down()
    page.mouse.move(x + box["width"] * end[0], y + box["height"] * end[1], steps=6)
    page.mouse.up()


def test_a_stroke_on_the_person_goes_with_the_body_into_another_pose(fresh: Page) -> None:
    open_tab(fresh, "Paint")
    fresh.locator("button[data-where=person]").click()
    fresh.locator(".brush-colour input").fill("#ff00ff")
    with new_picture(fresh):
        stroke(fresh, ".stage-brush", (0.46, 0.38), (0.56, 0.38))
    expect(fresh.locator(LABELS)).to_have_text(["Paint"])
    assert pink(fresh) > 200
    choose_pose(fresh, "Arms up")
    assert pink(fresh) > 100
    open_tab(fresh, "Paint")
    fresh.get_by_role("button", name="Eraser").click()
    with new_picture(fresh):
        for height in np.linspace(0.1, 0.9, 9):  # over all of the body
            stroke(fresh, ".stage-brush", (0.1, height), (0.9, height))
            wait_until_answered(fresh)
            if fresh.locator(LABELS).count() == 0:
                break
            fresh.locator(".brush-size input").fill("60")
    assert pink(fresh) == 0


def pink(page: Page) -> int:
    pixels = pixels_of(page).astype(int)
    return int(((pixels[..., 0] > 180) & (pixels[..., 1] < 90) & (pixels[..., 2] > 180)).sum())


def test_a_stroke_on_the_texture_map_is_seen_on_the_person(session: Page) -> None:
    open_tab(session, "Paint")
    expect(session.locator(".texture-share")).to_contain_text("% of the body", timeout=SLOW)
    session.locator(".brush-colour input").fill("#ff00ff")
    with new_picture(session):
        stroke(session, ".texture-brush", (0.25, 0.70), (0.35, 0.70))  # across the chest
    assert pink(session) > 30


def test_a_stroke_beside_the_body_is_told_and_changes_nothing(session: Page) -> None:
    open_tab(session, "Paint")
    session.locator("button[data-where=person]").click()
    before = source_of(session, PICTURE)
    stroke(session, ".stage-brush", (0.02, 0.02), (0.08, 0.05))
    expect(session.locator("#notice .notice.warning")).to_contain_text("body", timeout=SLOW)
    assert source_of(session, PICTURE) == before


def test_a_body_part_is_painted_on_the_pose(fresh: Page) -> None:
    choose_pose(fresh, "Standing")
    open_tab(fresh, "Paint")
    fresh.locator("button[data-where=pose]").click()
    fresh.get_by_role("button", name="Eraser").click()
    fresh.locator(".brush-size input").fill("60")
    before = pixels_of(fresh)
    with new_picture(fresh):
        stroke(fresh, ".stage-brush", (0.3, 0.9), (0.7, 0.9))  # feet away
    expect(fresh.locator(PICTURE)).to_have_attribute("alt", ends_with("painted"))
    rows = np.flatnonzero((np.abs(pixels_of(fresh).astype(int) - before) > 25).any((1, 2)))
    assert rows.min() > 512 * 0.75


# ---- colours, patterns, parts ---------------------------------------------------------------------------------


def test_a_region_is_coloured_and_then_worn_in_a_pattern(session: Page) -> None:
    open_tab(session, "Clothes")
    session.get_by_text("Colour or pattern", exact=True).click()
    session.locator(".cover-area select").select_option("bottom")
    session.locator(".cover-colour input").fill("#ff00ff")
    with new_picture(session):
        session.get_by_role("button", name="Colour it").click()
    plain = pink(session)
    assert plain > 1500
    expect(session.locator(LABELS)).to_have_text(["Colour #ff00ff"])
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:32] = (255, 0, 255)
    session.set_input_files(".cover-pattern input",
                          {"name": "Stripes.png", "mimeType": "image/png", "buffer": png_of(stripes)})  # fmt: skip
    with new_picture(session):
        session.get_by_role("button", name="Wear this pattern").click()
    expect(session.locator(LABELS)).to_have_text(["Stripes"])
    assert 0.2 * plain < pink(session) < 0.8 * plain
    with new_picture(session):
        session.locator("[data-name=scale]").fill("40")
    expect(session.locator(LABELS)).to_have_text(["Stripes"])


def test_a_colour_leaves_skin_out_until_all_is_asked_for(fresh: Page) -> None:
    open_tab(fresh, "Clothes")
    fresh.get_by_text("Colour or pattern", exact=True).click()
    fresh.locator(".cover-area select").select_option("sleeves")
    fresh.locator(".cover-colour input").fill("#ff00ff")
    switch = fresh.get_by_label("This garment only")
    expect(switch).to_be_checked()
    with new_picture(fresh):
        fresh.get_by_role("button", name="Colour it").click()
    sleeves = pink(fresh)
    switch.uncheck()
    with new_picture(fresh):
        fresh.get_by_role("button", name="Colour it").click()
    assert 100 < sleeves < 0.8 * pink(fresh), "bare arms are coloured, too"
    expect(fresh.locator(LABELS)).to_have_text(["Colour #ff00ff"])
    fresh.locator(".cover-area select").select_option("parts")
    expect(switch).to_be_disabled()


@only_thorough
def test_chosen_body_parts_take_a_garment(fresh: Page) -> None:
    open_tab(fresh, "Clothes")
    fresh.get_by_text("Body parts, one by one").click()
    for name in ("left upper arm, inner side", "left upper arm, outer side"):
        fresh.get_by_label(name, exact=True).check()
    wear_by_click(fresh, 4, "Chosen parts")
    expect(fresh.locator("#edits .edit-place option:checked")).to_have_text("Chosen parts")


# ---- faces ----------------------------------------------------------------------------------------------------


def test_a_face_is_swapped_mixed_and_taken_away(fresh: Page) -> None:
    before = pixels_of(fresh)
    open_tab(fresh, "Face")
    faces = fresh.locator("#face-picker")
    faces.get_by_role("option", name="Kofi", exact=True).wait_for(timeout=60_000)  # a head of everybody, made once
    with new_picture(fresh):
        faces.get_by_role("option", name="Kofi", exact=True).click()
    expect(fresh.locator(LABELS)).to_have_text(["Kofi’s face", "Kofi’s skin"])
    brown = pixels_of(fresh)
    with new_picture(fresh):
        fresh.get_by_label("Skin follows the face").uncheck()
    expect(fresh.locator(LABELS)).to_have_text(["Kofi’s face"])
    whole = pixels_of(fresh)
    assert np.flatnonzero((np.abs(brown.astype(int) - whole) > 60).any(-1).any(1)).max() > 512 * 0.45, "arms and hands"
    changed = (np.abs(whole.astype(int) - before) > 30).any(-1)
    assert np.flatnonzero(changed.any(1)).max() < 512 * 0.35, "the head, and nothing below the neck"
    with new_picture(fresh):
        fresh.locator("#mix-share").fill("0.5")
    expect(fresh.locator("#edits .edit-place")).to_have_text(["Face and head, 50%"])
    half = pixels_of(fresh)
    assert np.abs(half.astype(int) - before).mean() < np.abs(whole.astype(int) - before).mean()
    faces.get_by_role("option", name="Their own", exact=True).click()
    expect(fresh.locator(LABELS)).to_have_count(0, timeout=SLOW)
    wait_until_answered(fresh)
    assert (pixels_of(fresh) == before).all()


# ---- the list -------------------------------------------------------------------------------------------------


def test_edits_are_switched_ordered_and_deleted_and_undone(session: Page) -> None:
    untouched = source_of(session, PICTURE)
    wear_by_click(session, 3, "Top")
    wear_by_click(session, 12, "Bottom")
    both = source_of(session, PICTURE)
    with new_picture(session):
        session.locator(".edit input").first.uncheck()
    with new_picture(session):
        session.locator(".edit input").first.check()
    assert source_of(session, PICTURE) == both
    names = session.locator(LABELS).all_inner_texts()
    session.get_by_role("button", name=f"Move down: {names[0]}").click()
    expect(session.locator(LABELS)).to_have_text(names[::-1], timeout=SLOW)
    wait_until_answered(session)
    for name in names:
        session.get_by_role("button", name=f"Delete: {name}").click()
        wait_until_answered(session)
    assert source_of(session, PICTURE) == untouched
    for _ in range(3):
        session.get_by_role("button", name="Undo").click()
        wait_until_answered(session)
    expect(session.locator(LABELS)).to_have_text(names)
    assert source_of(session, PICTURE) == both


# ---- recipes --------------------------------------------------------------------------------------------------


def downloaded(page: Page, button) -> bytes:
    with page.expect_download(timeout=SLOW) as waiting:
        button.click()
    return Path(waiting.value.path()).read_bytes()


def test_a_recipe_brings_everything_back_after_the_page_is_loaded_anew(fresh: Page, studio_url: str) -> None:
    wear_by_click(fresh, 3, "Top")
    open_tab(fresh, "Face")
    with new_picture(fresh):
        fresh.locator("#face-picker").get_by_role("option", name="Leo", exact=True).click()
    choose_pose(fresh, "Waving")
    picture = source_of(fresh, PICTURE)
    recipe = downloaded(fresh, fresh.locator("#downloads").get_by_role("button", name="Recipe", exact=True))
    assert json.loads(recipe)["pictures"] == {}
    fresh.reload()
    wait_until_ready(fresh)
    assert source_of(fresh, PICTURE) != picture
    with new_picture(fresh):
        drop_files(fresh, (20, 20), [("my.json", recipe)])
    assert source_of(fresh, PICTURE) == picture
    expect(fresh.locator(LABELS)).to_have_count(3)  # a garment, a face, and the skin that follows it


@only_thorough
def test_a_drawn_picture_dropped_on_the_person_brings_its_look_back_and_draws_itself_again(fresh: Page) -> None:
    fresh.get_by_text("Settings", exact=True).click()
    fresh.get_by_label("Steps", exact=True).fill("2")
    choose_pose(fresh, "Lunge")
    generate(fresh)
    drawn = fresh.locator("#stage .stage-drawn").evaluate("e => e.src")
    file = downloaded(fresh, fresh.locator("#results").get_by_role("button", name="Download", exact=True))
    fresh.reload()
    wait_until_ready(fresh)
    with new_picture(fresh):
        drop_files(fresh, middle_of(fresh.locator(PICTURE)), [("drawn.png", file)])
    expect(fresh.locator(PICTURE)).to_have_attribute("alt", ends_with("Lunge"))
    generate(fresh)
    assert fresh.locator("#stage .stage-drawn").evaluate("e => e.src") == drawn, "with its seed and its settings"


@only_thorough
def test_a_drawn_pictures_look_is_taken_up_again(fresh: Page) -> None:
    fresh.get_by_text("Settings", exact=True).click()
    fresh.get_by_label("Steps", exact=True).fill("2")
    wear_by_click(fresh, 3, "Top")
    picture = source_of(fresh, PICTURE)
    generate(fresh)
    with new_picture(fresh):
        fresh.get_by_role("button", name="Reset").click()
    with new_picture(fresh):
        fresh.get_by_role("button", name="Use these settings").click()
    assert source_of(fresh, PICTURE) == picture
    expect(fresh.locator(LABELS)).to_have_count(1)
    open_tab(fresh, "Paint")
    expect(fresh.locator(".texture-share")).to_contain_text("% of the body", timeout=SLOW)


def test_with_its_settings_open_generate_stays_in_reach_on_a_phone(browser: Browser, studio_url: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    open_page(page, studio_url)
    page.get_by_text("Settings", exact=True).click()
    go = page.get_by_role("button", name="Generate", exact=True)
    for scroll in (0, 700):
        page.evaluate("y => window.scrollTo(0, y)", scroll)
        x, y = (round(v) for v in middle_of(go))
        assert 0 < y < 844
        assert go.evaluate("(e, [x, y]) => e === document.elementFromPoint(x, y)", [x, y]), "nothing lies over it"
    stage = page.locator("#stage").bounding_box()
    assert stage["y"] + stage["height"] <= page.locator("#generate").bounding_box()["y"], "nor over the picture"
    context.close()


def generate(page: Page) -> None:
    page.get_by_role("button", name="Generate", exact=True).click()
    expect(page.locator("#stage .stage-badge")).to_have_text("AI-generated", timeout=60_000)
    expect(page.locator(".generate")).to_have_attribute("data-state", "idle", timeout=60_000)


def test_a_file_that_is_no_recipe_is_told_in_a_sentence(session: Page) -> None:
    before = source_of(session, PICTURE)
    for name, data in (("a.json", b"{}"), ("b.json", b"\xff"), ("c.png", png_of(np.zeros((80, 80, 3), np.uint8)))):
        session.set_input_files(".recipe-open input", {"name": name, "mimeType": "", "buffer": data})
        expect(session.locator("#notice .notice.warning")).to_contain_text("recipe", timeout=SLOW)
    assert source_of(session, PICTURE) == before
    asked, told = (session.locator(each).bounding_box() for each in (".recipe-open", "#notice .notice.warning"))
    assert asked["y"] + asked["height"] <= told["y"] <= asked["y"] + asked["height"] + 40, "beside it"
    choose_pose(session, "Standing")
    expect(session.locator("#notice .notice-list .notice")).to_have_count(0)


def test_after_a_reload_the_visitor_is_offered_what_they_had_and_nobody_else_is(
    fresh: Page, browser: Browser, studio_url: str
) -> None:
    wear_by_click(fresh, 3, "Top")
    picture = source_of(fresh, PICTURE)
    fresh.reload()
    wait_until_ready(fresh)
    fresh.get_by_role("button", name="Restore").click()
    expect(fresh.locator(LABELS)).to_have_count(1, timeout=SLOW)
    wait_until_answered(fresh)
    assert source_of(fresh, PICTURE) == picture
    other = browser.new_context()
    page = other.new_page()
    open_page(page, studio_url)
    wait_until_answered(page)
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)
    other.close()


def test_two_windows_on_one_visit_lose_nothing_and_each_hears_of_a_deletion_in_the_other(fresh: Page) -> None:
    wear_by_click(fresh, 3)
    with fresh.context.expect_page() as window:
        fresh.evaluate("window.open(location.href)")
    other = window.value
    open_page(other, fresh.url)
    other.get_by_role("button", name="Restore").click()
    expect(other.locator(LABELS)).to_have_text(["Plaid shirt"], timeout=SLOW)
    wear_by_click(other, 0)
    wear_by_click(fresh, 1)
    expect(other.locator(LABELS)).to_have_text(["Star T-shirt"])
    expect(fresh.locator(LABELS)).to_have_text(["Lettered T-shirt"])
    open_upload(other)
    other.get_by_role("button", name="Delete my pictures").click()
    expect(other.locator("#notice .notice-list .notice")).to_contain_text("are deleted", timeout=SLOW)
    wear_by_click(fresh, 4)
    expect(fresh.locator("#notice .notice.warning")).to_contain_text("deleted them in another window", timeout=SLOW)
    expect(fresh.locator(LABELS)).to_have_count(0)


def test_deleting_ones_pictures_leaves_nothing(fresh: Page) -> None:
    open_upload(fresh)
    rng = np.random.default_rng(0)
    from mcld_app.editing import samples

    sample = [*samples.people().values()][3]
    photo = np.asarray(Image.open(sample.photo_path).convert("RGB")).astype(int) + rng.integers(-4, 5, 1)
    put_file(fresh, "photo", "Me.png", png_of(photo.clip(0, 255).astype(np.uint8)))
    put_file(fresh, "iuv", "iuv.png", sample.iuv_path.read_bytes())
    fresh.get_by_label("I may use these pictures of these people").check()
    with new_picture(fresh):
        fresh.get_by_role("button", name="Use this photo").click()
    assert "Me" in fresh.locator("#people-picker").inner_text()
    fresh.locator("#people-picker .picker-own summary").click()
    name = fresh.get_by_label("Name of Me")
    name.fill("My sister")
    name.press("Enter")
    expect(fresh.locator("#people-picker .picker-name").last).to_have_text("My sister")
    with new_picture(fresh):
        fresh.get_by_role("button", name="Delete my pictures").click()
    expect(fresh.locator("#notice .notice-list .notice")).to_contain_text("deleted", timeout=SLOW)
    assert "Me" not in fresh.locator("#people-picker").inner_text()
    expect(fresh.get_by_role("button", name="Undo")).to_be_disabled()
    fresh.reload()
    wait_until_ready(fresh)
    wait_until_answered(fresh)
    expect(fresh.get_by_role("button", name="Restore")).to_have_count(0)


# ---- one click, keyboard, health ------------------------------------------------------------------------------


EXAMPLES = ["All together", "Another pose", "Other clothes", "Another face"]


@pytest.mark.parametrize("name", some(EXAMPLES, 1))
def test_an_example_is_one_press_from_nothing_to_a_drawn_picture(fresh: Page, name: str) -> None:
    fresh.get_by_text("Settings", exact=True).click()
    fresh.get_by_label("Steps", exact=True).fill("2")
    fresh.locator("#examples").get_by_role("button", name=re.compile(f"^{name}")).click()
    expect(fresh.locator("#stage .stage-badge")).to_have_text("AI-generated", timeout=60_000)
    expect(fresh.locator("#results")).to_contain_text("Drawn in this visit")
    drawn = fresh.locator("#stage .stage-drawn").evaluate("e => e.src")
    assert np.asarray(Image.open(io.BytesIO(_bytes_of(drawn)))).std() > 20


def _bytes_of(url: str) -> bytes:
    import base64

    return base64.b64decode(url.split(",", 1)[1])


def test_a_pose_that_shows_what_no_picture_does_is_told_before_anything_is_drawn(session: Page) -> None:
    expect(session.locator(".diagnostics-list li")).to_have_count(0)
    choose_pose(session, "From the back")
    expect(session.locator(".diagnostics-list li").first).to_be_visible(timeout=SLOW)


def test_from_the_upload_to_the_picture_by_keyboard_alone(fresh: Page) -> None:
    from mcld_app.editing import samples

    sample = [*samples.people().values()][3]
    fresh.get_by_role("button", name="Your own photo").focus()
    fresh.keyboard.press("Enter")
    put_file(fresh, "photo", "Me.png", sample.photo_path.read_bytes())  # the browser's own dialog is not ours
    put_file(fresh, "iuv", "iuv.png", sample.iuv_path.read_bytes())
    fresh.get_by_role("button", name="Use this photo").focus()
    with new_picture(fresh):
        fresh.keyboard.press("Enter")
    fresh.get_by_role("tab", name="Clothes").focus()
    fresh.keyboard.press("Enter")
    fresh.locator("#garment-picker [role=option]").first.focus()
    with new_picture(fresh):
        fresh.keyboard.press("Enter")
    fresh.get_by_text("Settings", exact=True).focus()
    fresh.keyboard.press("Enter")
    fresh.get_by_label("Steps", exact=True).focus()
    fresh.keyboard.press("Control+A")
    fresh.keyboard.type("2")
    fresh.get_by_role("button", name="Generate", exact=True).focus()
    fresh.keyboard.press("Enter")
    expect(fresh.locator("#stage .stage-badge")).to_have_text("AI-generated", timeout=60_000)
