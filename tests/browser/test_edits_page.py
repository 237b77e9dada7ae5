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

pytestmark = pytest.mark.browser

LABELS = "#edits .edit-label"


@pytest.fixture
def visit(browser: Browser, studio_url: str) -> Iterator[Page]:
    """A page of its own for each test: they leave much behind."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(page, studio_url)
    yield page
    context.close()
    assert not errors, f"the page raised: {errors}"


# ---- joints ---------------------------------------------------------------------------------------------------


def test_a_joint_is_dragged_the_preview_follows_and_one_undo_takes_it_all_back(visit: Page) -> None:
    choose_pose(visit, "Standing")
    before, source = pixels_of(visit), source_of(visit, PICTURE)
    wrist = visit.locator(".joint-handle[data-id=left_wrist] .joint-dot")
    x, y = middle_of(wrist)
    visit.mouse.move(x, y)
    visit.mouse.down()
    visit.mouse.move(x + 10, y - 90, steps=4)
    visit.wait_for_function("before => document.querySelector('#stage .stage-after').src !== before",
                            arg=source, timeout=SLOW)  # fmt: skip
    visit.mouse.move(x + 15, y - 190, steps=4)
    visit.mouse.up()
    wait_until_answered(visit)
    after = pixels_of(visit)
    assert after.shape == (512, 352, 3), "full size once the hand is gone"
    changed = (np.abs(after.astype(int) - before) > 30).any(-1)
    columns = np.flatnonzero(changed.any(0))
    assert columns.min() > 352 * 0.45, "the person's left arm, on the right of the picture, and nothing else"
    assert middle_of(wrist)[1] < y - 150
    visit.get_by_role("button", name="Undo").click()
    wait_until_answered(visit)
    assert (pixels_of(visit) == before).all()


def test_a_joint_is_moved_with_the_arrow_keys(visit: Page) -> None:
    choose_pose(visit, "Standing")
    handle = visit.locator(".joint-handle[data-id=right_wrist]")
    y = middle_of(handle.locator(".joint-dot"))[1]
    handle.focus()
    with new_picture(visit):
        visit.keyboard.press("Shift+ArrowUp")
    assert middle_of(handle.locator(".joint-dot"))[1] < y - 5
    expect(handle).to_be_focused()


def test_joints_are_there_for_the_mannequin_while_its_tab_is_open(visit: Page) -> None:
    expect(visit.locator(".joint-handle").first).to_be_hidden()
    visit.get_by_role("button", name="Pose by hand").click()
    wait_until_answered(visit)
    expect(visit.locator(".joint-handle").first).to_be_visible()
    open_tab(visit, "Clothes")
    expect(visit.locator(".joint-handle").first).to_be_hidden()


def test_a_pose_is_saved_and_opened_again(visit: Page, tmp_path: Path) -> None:
    choose_pose(visit, "Lunge")
    picture = source_of(visit, PICTURE)
    with visit.expect_download() as waiting:
        visit.get_by_role("button", name="Save pose").click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    choose_pose(visit, "Standing")
    with new_picture(visit):
        visit.set_input_files(".borrow-open input", file)
    assert source_of(visit, PICTURE) == picture
    visit.set_input_files(".borrow-open input", {"name": "x.json", "mimeType": "text/plain", "buffer": b"{"})
    expect(visit.locator("#notice .notice.warning")).to_be_visible(timeout=SLOW)
    assert source_of(visit, PICTURE) == picture


def test_the_pose_of_another_picture_is_taken(visit: Page) -> None:
    with new_picture(visit):
        visit.get_by_label("Pose of another picture").select_option(label="Samir")
    expect(visit.locator(PICTURE)).to_have_attribute("alt", ends_with("as Samir"))


# ---- brush ----------------------------------------------------------------------------------------------------


def stroke(page: Page, canvas: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    box = page.locator(canvas).bounding_box()
    x, y = box["x"], box["y"]
    page.mouse.move(x + box["width"] * start[0], y + box["height"] * start[1])
    page.mouse.down()
    page.mouse.move(x + box["width"] * end[0], y + box["height"] * end[1], steps=6)
    page.mouse.up()


def test_a_stroke_on_the_person_goes_with_the_body_into_another_pose(visit: Page) -> None:
    open_tab(visit, "Paint")
    visit.locator("button[data-where=person]").click()
    visit.locator(".brush-colour input").fill("#ff00ff")
    with new_picture(visit):
        stroke(visit, ".stage-brush", (0.46, 0.38), (0.56, 0.38))
    expect(visit.locator(LABELS)).to_have_text(["Paint"])
    assert pink(visit) > 200
    choose_pose(visit, "Arms up")
    assert pink(visit) > 100
    open_tab(visit, "Paint")
    visit.get_by_role("button", name="Eraser").click()
    with new_picture(visit):
        for height in np.linspace(0.1, 0.9, 9):  # over all of the body
            stroke(visit, ".stage-brush", (0.1, height), (0.9, height))
            wait_until_answered(visit)
            if visit.locator(LABELS).count() == 0:
                break
            visit.locator(".brush-size input").fill("60")
    assert pink(visit) == 0


def pink(page: Page) -> int:
    pixels = pixels_of(page).astype(int)
    return int(((pixels[..., 0] > 180) & (pixels[..., 1] < 90) & (pixels[..., 2] > 180)).sum())


def test_a_stroke_on_the_texture_map_is_seen_on_the_person(visit: Page) -> None:
    open_tab(visit, "Paint")
    expect(visit.locator(".texture-share")).to_contain_text("% of the body", timeout=SLOW)
    visit.locator(".brush-colour input").fill("#ff00ff")
    with new_picture(visit):
        stroke(visit, ".texture-brush", (0.25, 0.70), (0.35, 0.70))  # across the chest
    assert pink(visit) > 30


def test_a_stroke_beside_the_body_is_told_and_changes_nothing(visit: Page) -> None:
    open_tab(visit, "Paint")
    visit.locator("button[data-where=person]").click()
    before = source_of(visit, PICTURE)
    stroke(visit, ".stage-brush", (0.02, 0.02), (0.08, 0.05))
    expect(visit.locator("#notice .notice.warning")).to_contain_text("body", timeout=SLOW)
    assert source_of(visit, PICTURE) == before


def test_a_body_part_is_painted_on_the_pose(visit: Page) -> None:
    choose_pose(visit, "Standing")
    open_tab(visit, "Paint")
    visit.locator("button[data-where=pose]").click()
    visit.get_by_role("button", name="Eraser").click()
    visit.locator(".brush-size input").fill("60")
    before = pixels_of(visit)
    with new_picture(visit):
        stroke(visit, ".stage-brush", (0.3, 0.9), (0.7, 0.9))  # feet away
    expect(visit.locator(PICTURE)).to_have_attribute("alt", ends_with("painted"))
    rows = np.flatnonzero((np.abs(pixels_of(visit).astype(int) - before) > 25).any((1, 2)))
    assert rows.min() > 512 * 0.75


# ---- colours, patterns, parts ---------------------------------------------------------------------------------


def test_a_region_is_coloured_and_then_worn_in_a_pattern(visit: Page) -> None:
    open_tab(visit, "Clothes")
    visit.get_by_text("Colour or pattern", exact=True).click()
    visit.locator(".cover-area select").select_option("bottom")
    visit.locator(".cover-colour input").fill("#ff00ff")
    with new_picture(visit):
        visit.get_by_role("button", name="Colour it").click()
    plain = pink(visit)
    assert plain > 1500
    expect(visit.locator(LABELS)).to_have_text(["Colour #ff00ff"])
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:32] = (255, 0, 255)
    visit.set_input_files(".cover-pattern input",
                          {"name": "Stripes.png", "mimeType": "image/png", "buffer": png_of(stripes)})  # fmt: skip
    with new_picture(visit):
        visit.get_by_role("button", name="Wear this pattern").click()
    expect(visit.locator(LABELS)).to_have_text(["Stripes"])
    assert 0.2 * plain < pink(visit) < 0.8 * plain
    with new_picture(visit):
        visit.locator("[data-name=scale]").fill("40")
    expect(visit.locator(LABELS)).to_have_text(["Stripes"])


def test_chosen_body_parts_take_a_garment(visit: Page) -> None:
    open_tab(visit, "Clothes")
    visit.get_by_text("Body parts, one by one").click()
    for name in ("left upper arm, inner side", "left upper arm, outer side"):
        visit.get_by_label(name, exact=True).check()
    wear_by_click(visit, 4, "Chosen parts")
    expect(visit.locator("#edits .edit-place")).to_have_text(["2 body parts"])


# ---- faces ----------------------------------------------------------------------------------------------------


def test_a_face_is_swapped_mixed_and_taken_away(visit: Page) -> None:
    before = pixels_of(visit)
    open_tab(visit, "Face")
    faces = visit.locator("#face-picker")
    with new_picture(visit):
        faces.get_by_role("option", name="Kofi", exact=True).click()
    expect(visit.locator(LABELS)).to_have_text(["Kofi’s face"])
    whole = pixels_of(visit)
    changed = (np.abs(whole.astype(int) - before) > 30).any(-1)
    assert np.flatnonzero(changed.any(1)).max() < 512 * 0.35, "the head, and nothing below the neck"
    with new_picture(visit):
        visit.locator("#mix-share").fill("0.5")
    expect(visit.locator("#edits .edit-place")).to_have_text(["Face and head, 50%"])
    half = pixels_of(visit)
    assert np.abs(half.astype(int) - before).mean() < np.abs(whole.astype(int) - before).mean()
    faces.get_by_role("option", name="No face", exact=True).click()
    expect(visit.locator(LABELS)).to_have_text(["No face"], timeout=SLOW)
    faces.get_by_role("option", name="Their own", exact=True).click()
    expect(visit.locator(LABELS)).to_have_count(0, timeout=SLOW)
    wait_until_answered(visit)
    assert (pixels_of(visit) == before).all()


# ---- the list -------------------------------------------------------------------------------------------------


def test_edits_are_switched_ordered_and_deleted_and_undone(visit: Page) -> None:
    untouched = source_of(visit, PICTURE)
    wear_by_click(visit, 3, "Top")
    wear_by_click(visit, 8, "Bottom")
    both = source_of(visit, PICTURE)
    with new_picture(visit):
        visit.locator(".edit input").first.uncheck()
    with new_picture(visit):
        visit.locator(".edit input").first.check()
    assert source_of(visit, PICTURE) == both
    names = visit.locator(LABELS).all_inner_texts()
    visit.get_by_role("button", name=f"Move down: {names[0]}").click()
    expect(visit.locator(LABELS)).to_have_text(names[::-1], timeout=SLOW)
    wait_until_answered(visit)
    for name in names:
        visit.get_by_role("button", name=f"Delete: {name}").click()
        wait_until_answered(visit)
    assert source_of(visit, PICTURE) == untouched
    for _ in range(3):
        visit.get_by_role("button", name="Undo").click()
        wait_until_answered(visit)
    expect(visit.locator(LABELS)).to_have_text(names)
    assert source_of(visit, PICTURE) == both


# ---- recipes --------------------------------------------------------------------------------------------------


def downloaded(page: Page, button) -> bytes:
    with page.expect_download(timeout=SLOW) as waiting:
        button.click()
    return Path(waiting.value.path()).read_bytes()


def test_a_recipe_brings_everything_back_after_the_page_is_loaded_anew(visit: Page, studio_url: str) -> None:
    wear_by_click(visit, 3, "Top")
    open_tab(visit, "Face")
    with new_picture(visit):
        visit.locator("#face-picker").get_by_role("option", name="Leo", exact=True).click()
    choose_pose(visit, "Waving")
    picture = source_of(visit, PICTURE)
    recipe = downloaded(visit, visit.locator("#downloads").get_by_role("button", name="Recipe", exact=True))
    assert json.loads(recipe)["pictures"] == {}
    visit.reload()
    wait_until_ready(visit)
    assert source_of(visit, PICTURE) != picture
    with new_picture(visit):
        drop_files(visit, (20, 20), [("my.json", recipe)])
    assert source_of(visit, PICTURE) == picture
    expect(visit.locator(LABELS)).to_have_count(2)


def test_a_drawn_picture_dropped_on_the_person_brings_its_look_back_and_draws_itself_again(visit: Page) -> None:
    visit.get_by_text("Settings", exact=True).click()
    visit.get_by_label("Steps", exact=True).fill("2")
    choose_pose(visit, "Lunge")
    generate(visit)
    drawn = visit.locator("#stage .stage-drawn").evaluate("e => e.src")
    file = downloaded(visit, visit.locator("#results").get_by_role("button", name="Download", exact=True))
    visit.reload()
    wait_until_ready(visit)
    with new_picture(visit):
        drop_files(visit, middle_of(visit.locator(PICTURE)), [("drawn.png", file)])
    expect(visit.locator(PICTURE)).to_have_attribute("alt", ends_with("Lunge"))
    generate(visit)
    assert visit.locator("#stage .stage-drawn").evaluate("e => e.src") == drawn, "with its seed and its settings"


def test_a_drawn_pictures_look_is_taken_up_again(visit: Page) -> None:
    visit.get_by_text("Settings", exact=True).click()
    visit.get_by_label("Steps", exact=True).fill("2")
    wear_by_click(visit, 3, "Top")
    picture = source_of(visit, PICTURE)
    generate(visit)
    with new_picture(visit):
        visit.get_by_role("button", name="Reset").click()
    with new_picture(visit):
        visit.get_by_role("button", name="Use this look").click()
    assert source_of(visit, PICTURE) == picture
    expect(visit.locator(LABELS)).to_have_count(1)
    open_tab(visit, "Paint")
    expect(visit.locator(".texture-share")).to_contain_text("% of the body", timeout=SLOW)


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


def test_a_file_that_is_no_recipe_is_told_in_a_sentence(visit: Page) -> None:
    before = source_of(visit, PICTURE)
    for name, data in (("a.json", b"{}"), ("b.json", b"\xff"), ("c.png", png_of(np.zeros((80, 80, 3), np.uint8)))):
        visit.set_input_files(".recipe-open input", {"name": name, "mimeType": "", "buffer": data})
        expect(visit.locator("#notice .notice.warning")).to_contain_text("recipe", timeout=SLOW)
        visit.locator("#notice .notice-close").click()
    assert source_of(visit, PICTURE) == before


def test_after_a_reload_the_visitor_is_offered_what_they_had_and_nobody_else_is(
    visit: Page, browser: Browser, studio_url: str
) -> None:
    wear_by_click(visit, 3, "Top")
    picture = source_of(visit, PICTURE)
    visit.reload()
    wait_until_ready(visit)
    visit.get_by_role("button", name="Restore").click()
    expect(visit.locator(LABELS)).to_have_count(1, timeout=SLOW)
    wait_until_answered(visit)
    assert source_of(visit, PICTURE) == picture
    other = browser.new_context()
    page = other.new_page()
    open_page(page, studio_url)
    wait_until_answered(page)
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)
    other.close()


def test_deleting_ones_pictures_leaves_nothing(visit: Page) -> None:
    open_upload(visit)
    rng = np.random.default_rng(0)
    from mcld_app.body.samples import sample_people

    sample = sample_people()[3]
    photo = np.asarray(Image.open(sample.photo_path).convert("RGB")).astype(int) + rng.integers(-4, 5, 1)
    put_file(visit, "photo", "Me.png", png_of(photo.clip(0, 255).astype(np.uint8)))
    put_file(visit, "iuv", "iuv.png", sample.iuv_path.read_bytes())
    visit.get_by_label("I may use these pictures of these people").check()
    with new_picture(visit):
        visit.get_by_role("button", name="Use this photo").click()
    assert "Me" in visit.locator("#people-picker").inner_text()
    with new_picture(visit):
        visit.get_by_role("button", name="Delete my pictures").click()
    expect(visit.locator("#notice .notice")).to_contain_text("deleted", timeout=SLOW)
    assert "Me" not in visit.locator("#people-picker").inner_text()
    expect(visit.get_by_role("button", name="Undo")).to_be_disabled()
    visit.reload()
    wait_until_ready(visit)
    wait_until_answered(visit)
    expect(visit.get_by_role("button", name="Restore")).to_have_count(0)


# ---- one click, keyboard, health ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Another pose", "Other clothes", "Another face", "All together"])
def test_an_example_is_one_press_from_nothing_to_a_drawn_picture(visit: Page, name: str) -> None:
    visit.get_by_text("Settings", exact=True).click()
    visit.get_by_label("Steps", exact=True).fill("2")
    visit.locator("#examples").get_by_role("button", name=re.compile(f"^{name}")).click()
    expect(visit.locator("#stage .stage-badge")).to_have_text("AI-generated", timeout=60_000)
    expect(visit.locator("#results")).to_contain_text("Drawn in this visit")
    drawn = visit.locator("#stage .stage-drawn").evaluate("e => e.src")
    assert np.asarray(Image.open(io.BytesIO(_bytes_of(drawn)))).std() > 20


def _bytes_of(url: str) -> bytes:
    import base64

    return base64.b64decode(url.split(",", 1)[1])


def test_a_pose_that_shows_what_no_picture_does_is_told_before_anything_is_drawn(visit: Page) -> None:
    expect(visit.locator(".checkup-list li")).to_have_count(0)
    choose_pose(visit, "From the back")
    expect(visit.locator(".checkup-list li").first).to_be_visible(timeout=SLOW)


def test_from_the_upload_to_the_picture_by_keyboard_alone(visit: Page) -> None:
    from mcld_app.body.samples import sample_people

    sample = sample_people()[3]
    visit.get_by_role("button", name="Your own photo").focus()
    visit.keyboard.press("Enter")
    put_file(visit, "photo", "Me.png", sample.photo_path.read_bytes())  # the browser's own window for files is not ours
    put_file(visit, "iuv", "iuv.png", sample.iuv_path.read_bytes())
    visit.get_by_role("button", name="Use this photo").focus()
    with new_picture(visit):
        visit.keyboard.press("Enter")
    visit.get_by_role("tab", name="Clothes").focus()
    visit.keyboard.press("Enter")
    visit.locator("#garment-picker [role=option]").first.focus()
    visit.keyboard.press("Enter")
    with new_picture(visit):
        visit.keyboard.press("Enter")  # the region the focus went to
    visit.get_by_text("Settings", exact=True).focus()
    visit.keyboard.press("Enter")
    visit.get_by_label("Steps", exact=True).focus()
    visit.keyboard.press("Control+A")
    visit.keyboard.type("2")
    visit.get_by_role("button", name="Generate", exact=True).focus()
    visit.keyboard.press("Enter")
    expect(visit.locator("#stage .stage-badge")).to_have_text("AI-generated", timeout=60_000)
