"""The page in a real Chromium, used as a visitor uses it."""

from __future__ import annotations

import base64
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
    drag_slider,
    drop_files,
    ends_with,
    is_drawn,
    middle_of,
    new_picture,
    open_page,
    open_tab,
    open_upload,
    pixels_of,
    png_of,
    point_on_person,
    put_file,
    source_of,
    starts_with,
    wait_for_faces,
    wait_until_answered,
    wait_until_ready,
    wear_by_click,
)
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from thorough import only_thorough, some

pytestmark = pytest.mark.browser

PASTE = """(text) => {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
  const told = { clipboardData, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new ClipboardEvent("paste", told));
}"""


@pytest.fixture(scope="module")
def session(browser: Browser, studio_url: str) -> Iterator[Page]:
    """One open page for tests that only look at it or that leave it as they found it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.request_log = []  # type: ignore[attr-defined]
    page.error_log = []  # type: ignore[attr-defined]
    page.on("request", lambda request: page.request_log.append(request.url))  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.error_log.append(str(error)))  # type: ignore[attr-defined]
    open_page(page, studio_url)
    yield page
    errors = page.error_log  # type: ignore[attr-defined]
    context.close()
    assert not errors, f"the page raised: {errors}"


@pytest.fixture(autouse=True)
def _as_found(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that share the page each begin with the first sample person, as in the photo, and no message."""
    if "session" in request.fixturenames:
        page: Page = request.getfixturevalue("session")
        page.keyboard.press("Escape")
        page.locator("#people-picker [role=option]").first.click()
        wait_until_answered(page)
        page.get_by_role("button", name="Reset").click()
        wait_until_answered(page)
        page.get_by_role("button", name="Preview", exact=True).click()
        expect(page.locator("#stage .stage-after")).to_have_attribute("alt", ends_with("as in the photo"), timeout=SLOW)
        open_tab(page, "Pose")
    yield


def test_it_opens_with_a_person_people_to_choose_from_and_their_maps(session: Page) -> None:
    assert session.locator("#people-picker [role=option]").count() >= 8
    expect(session.locator("#people-picker [aria-selected=true]")).to_have_count(1)
    assert is_drawn(session, PICTURE)
    assert is_drawn(session, "#stage .stage-iuv")
    open_tab(session, "Paint")
    expect(session.locator(".texture-share")).to_contain_text("% of the body", timeout=SLOW)
    assert is_drawn(session, ".texture-map")
    assert is_drawn(session, ".texture-seen")


def test_choosing_another_person_shows_them(session: Page) -> None:
    with new_picture(session):
        session.locator("#people-picker [role=option]").nth(2).click()
    name = session.locator("#people-picker [role=option]").nth(2).inner_text()
    expect(session.locator(PICTURE)).to_have_attribute("alt", starts_with(name))


def test_choosing_a_pose_redraws_the_person_in_it(session: Page) -> None:
    expect(session.locator("#pose-picker [role=option]")).to_have_count(25, timeout=SLOW)  # 24, and the photo's own
    with new_picture(session):
        session.locator("#pose-picker").get_by_role("option", name="Arms up", exact=True).click()
    expect(session.locator(PICTURE)).to_have_attribute("alt", ends_with("Arms up"))
    expect(session.locator("#pose-picker [aria-selected=true]")).to_have_text("Arms up")


def test_a_slider_turns_the_person_and_one_undo_takes_the_whole_drag_back(session: Page) -> None:
    before = source_of(session, PICTURE)
    slider = session.get_by_label("Turn", exact=True)
    drag_slider(session, slider, 0.74)
    expect(session.locator(PICTURE)).to_have_attribute("alt", ends_with("your own"), timeout=SLOW)
    assert float(slider.input_value()) > 20
    with new_picture(session):
        session.get_by_role("button", name="Undo").click()
    assert source_of(session, PICTURE) == before


def test_after_a_quick_drag_the_picture_is_that_of_where_the_slider_stopped(session: Page) -> None:
    slider = session.get_by_label("Turn", exact=True)
    drag_slider(session, slider, 0.7)
    dragged, value = source_of(session, PICTURE), slider.input_value()
    with new_picture(session):
        session.get_by_role("button", name="Undo").click()
    with new_picture(session):
        slider.fill(value)
    wait_until_answered(session)
    assert source_of(session, PICTURE) == dragged


def test_a_garment_dragged_with_the_mouse_lights_the_region_up_and_is_worn(session: Page) -> None:
    open_tab(session, "Clothes")
    garment = session.locator("#garment-picker [role=option]").first
    label = garment.inner_text()
    start, chest = middle_of(garment), point_on_person(session, 0.5, 0.35)
    before = pixels_of(session)
    session.mouse.move(*start)
    session.mouse.down()
    session.mouse.move(start[0] + 20, start[1] + 10, steps=3)
    session.mouse.move(*chest, steps=8)
    expect(session.locator("#stage .stage-frame")).to_have_attribute("data-lit", "upper")
    expect(session.locator("#stage .stage-hint")).to_have_text("Release: Top")
    with new_picture(session):
        session.mouse.up()
    expect(session.locator("#edits .edit-label")).to_have_text([label])
    after = pixels_of(session)
    rows = np.abs(after.astype(int) - before).max(2).max(1)
    height = len(rows)
    assert rows[int(height * 0.25) : int(height * 0.45)].max() > 25, "the chest shows the garment"
    assert rows[int(height * 0.85) :].max() < 25, "the feet stay as they were"


def test_what_is_worn_can_be_taken_off_again(session: Page) -> None:
    before = source_of(session, PICTURE)
    wear_by_click(session, 0, "Torso")
    with new_picture(session):
        session.locator("#edits .edits-remove").click()
    expect(session.locator("#edits .edit-label")).to_have_count(0)
    assert source_of(session, PICTURE) == before


def test_a_garment_is_worn_by_keyboard_alone(session: Page) -> None:
    open_tab(session, "Clothes")
    session.locator("#garment-picker [role=option][tabindex='0']").focus()
    session.keyboard.press("ArrowRight")
    label = session.evaluate("document.activeElement.innerText")
    with new_picture(session):
        session.keyboard.press("Enter")
    expect(session.locator("#edits .edit-label")).to_have_text([label])
    assert session.evaluate("document.activeElement.innerText") == label, "the focus stays on the garment"
    place = session.locator("#edits select.edit-place")
    expect(place.locator("option:checked")).to_have_text("Top")
    with new_picture(session):
        place.press("ArrowDown")
    expect(place.locator("option:checked")).to_have_text("Torso")


def test_the_before_after_slider_uncovers_the_photo(session: Page) -> None:
    choose_pose(session, "Arms up")
    session.get_by_role("button", name="Before / after").click()
    box = session.locator("#stage .stage-frame").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    session.mouse.move(*middle)
    session.mouse.down()
    session.mouse.move(box["x"] + box["width"] * 0.85, middle[1], steps=4)
    session.mouse.up()
    slider = session.get_by_label("Photo or preview")
    value = float(slider.input_value())
    assert value > 75
    cut = session.locator("#stage .stage-cut").evaluate("e => getComputedStyle(e).clipPath")
    assert float(cut.split()[1].rstrip("%")) == pytest.approx(100 - value, abs=0.5)
    session.keyboard.press("ArrowLeft")
    assert float(slider.input_value()) == value - 1


def test_reset_brings_the_photo_back_and_undo_the_edits(session: Page) -> None:
    before = source_of(session, PICTURE)
    wear_by_click(session, 1, "Top")
    choose_pose(session, "Walking")
    edited = source_of(session, PICTURE)
    with new_picture(session):
        session.get_by_role("button", name="Reset").click()
    assert source_of(session, PICTURE) == before
    with new_picture(session):
        session.get_by_role("button", name="Undo").click()
    assert source_of(session, PICTURE) == edited


def test_a_bad_file_gives_one_sentence_and_changes_nothing_else(session: Page, studio) -> None:
    choose_pose(session, "Walking")
    wear_by_click(session, 0, "Top")
    before, worn = source_of(session, PICTURE), session.locator("#edits .edit-label").all_inner_texts()
    open_upload(session)
    put_file(session, "photo", "holiday.png", b"This is a shopping list, not a picture.")
    put_file(session, "iuv", "map.png", png_of(np.full((64, 64, 3), 7, np.uint8)))
    session.get_by_role("button", name="Use this photo").click()
    status = session.locator(".upload-status.warning")
    expect(status).to_be_visible(timeout=SLOW)
    expect(status).to_be_in_viewport(ratio=0.95)  # not 1: edges lie between pixels
    sentence = status.inner_text()
    assert "Traceback" not in sentence and "Error" not in sentence and 15 < len(sentence) < 260, sentence
    assert source_of(session, PICTURE) == before
    assert session.locator("#edits .edit-label").all_inner_texts() == worn
    assert session.locator(".upload-slot .upload-name").all_inner_texts() == ["holiday.png", "map.png"]
    assert "Traceback" not in studio.log() and "ERROR" not in studio.log()


def test_over_a_photo_alone_the_mannequin_is_laid_by_hand(session: Page, sample_files: tuple[Path, Path]) -> None:
    """Drag, wheel, orbit, undo; put away; and again, to the end."""
    session.reload()
    wait_until_ready(session)
    open_upload(session)
    put_file(session, "photo", "me.png", sample_files[0].read_bytes())
    with new_picture(session):
        session.get_by_role("button", name="Body by hand").click()
    expect(session.locator(".upload-status")).to_contain_text("Lay the mannequin over the person", timeout=SLOW)
    wrist = session.locator(".joint-handle[data-id=left_wrist]")
    expect(wrist).to_be_visible()
    box = wrist.locator(".joint-dot").bounding_box()
    with new_picture(session):
        session.mouse.move(box["x"] + 5, box["y"] + 5)
        session.mouse.down()
        session.mouse.move(box["x"] + 40, box["y"] - 60, steps=4)
        session.mouse.up()
    frame = session.locator(".stage-frame").bounding_box()
    with new_picture(session):
        session.mouse.move(frame["x"] + 12, frame["y"] + 40)
        session.mouse.down()
        session.mouse.move(frame["x"] + 90, frame["y"] + 40, steps=4)
        session.mouse.up()
    zoom = session.locator("#joints input[type=range]").nth(2).input_value()
    with new_picture(session):
        session.mouse.wheel(0, -200)
        session.wait_for_timeout(400)
    assert float(session.locator("#joints input[type=range]").nth(2).input_value()) > float(zoom)
    with new_picture(session):
        session.keyboard.press("Control+z")
    with new_picture(session):
        session.get_by_role("button", name="Leave it").click()
    assert not session.locator(".stage-fitting").is_visible()
    with new_picture(session):
        session.get_by_role("button", name="Body by hand").click()
    with new_picture(session):
        session.get_by_role("button", name="Use this body").click()
    expect(session.locator("#people-picker [role=option][aria-selected=true]")).to_contain_text("me")


def test_a_photo_with_its_iuv_map_becomes_the_person(session: Page, sample_files: tuple[Path, Path]) -> None:
    photo, iuv = sample_files
    open_upload(session)
    put_file(session, "photo", "Maya.png", photo.read_bytes())
    put_file(session, "iuv", "Maya_iuv.png", iuv.read_bytes())
    with new_picture(session):
        session.get_by_role("button", name="Use this photo").click()
    expect(session.locator("#people-picker [aria-selected=true]")).to_have_text("Maya", timeout=SLOW)


def test_a_photo_and_its_map_dropped_beside_everything_are_somebody(
    session: Page, sample_files: tuple[Path, Path]
) -> None:
    photo, iuv = sample_files
    with new_picture(session):
        drop_files(session, (20, 20), [("iuv.png", iuv.read_bytes()), ("Maya.png", photo.read_bytes())])
    expect(session.locator("#people-picker [aria-selected=true]")).to_have_text("Maya", timeout=SLOW)


def test_an_iuv_map_dropped_anywhere_is_a_pose_whose_joints_can_be_dragged(
    session: Page, sample_files: tuple[Path, Path]
) -> None:
    with new_picture(session):
        drop_files(session, (20, 20), [("iuv.png", sample_files[1].read_bytes())])
    told = session.locator("#notice .notice-list .notice")
    expect(told).to_contain_text("on the map")
    expect(session.locator("#stage .joint-handle").first).to_be_attached()
    over = told.bounding_box()
    for control in ("#generate button", "#generate summary"):
        for box in (each.bounding_box() for each in session.locator(control).all() if each.is_visible()):
            apart = over["y"] >= box["y"] + box["height"] or over["y"] + over["height"] <= box["y"]
            assert apart or over["x"] >= box["x"] + box["width"] or over["x"] + over["width"] <= box["x"], control


def test_what_is_pasted_is_taken_as_what_is_dropped(session: Page, sample_files: tuple[Path, Path]) -> None:
    with new_picture(session):
        session.evaluate(PASTE, base64.b64encode(sample_files[1].read_bytes()).decode())
    expect(session.locator("#notice .notice-list .notice")).to_contain_text("on the map")


def test_two_files_from_the_desktop_dropped_on_the_legs_are_worn_there(
    session: Page, sample_files: tuple[Path, Path]
) -> None:
    photo, iuv = sample_files
    at = point_on_person(session, 0.45, 0.7)
    with new_picture(session):
        drop_files(session, at, [("iuv.png", iuv.read_bytes()), ("photo.png", photo.read_bytes())])
    expect(session.locator("#edits .edit-place")).to_have_text(["Bottom"])


def test_one_file_from_the_desktop_that_shows_nobody_is_told_what_is_missing(session: Page) -> None:
    before, nobody = source_of(session, PICTURE), io.BytesIO()
    Image.new("RGB", (300, 400), (90, 120, 160)).save(nobody, "PNG")
    drop_files(session, point_on_person(session, 0.5, 0.35), [("photo.png", nobody.getvalue())])
    # Without the body finder, an IUV map is missing; with it, a person; and it is no garment either.
    told = re.compile("(IUV map|Nobody is found).*garment")
    expect(session.locator("#notice .notice.warning")).to_contain_text(told, timeout=SLOW)
    assert source_of(session, PICTURE) == before


def test_whatever_is_brought_is_answered_by_a_sentence_and_nothing_is_lost(
    session: Page, sample_files: tuple[Path, Path]
) -> None:
    wear_by_click(session, 0)
    worn = session.locator("#edits .edit-label").all_inner_texts()
    said = session.locator("#notice .notice.warning")
    skeletons = {"people": [{"pose_keypoints_2d": [10 + k, 20, 1] * 18} for k in range(300)]}
    for name, content, sentence in (
        ("plan.pdf", b"%PDF-1.7", "a PDF document"),
        ("logo.svg", b"<svg/>", "an SVG drawing"),
        ("film.mkv", b"\x1aE\xdf\xa3" + bytes(80), "ideo"),
        ("poses.json", json.dumps({**skeletons, "more": "x"})[:-9].encode(), "no JSON"),
        ("empty.png", b"", "empty"),
    ):
        drop_files(session, point_on_person(session, 0.5, 0.35), [(name, content)])
        expect(said).to_contain_text(sentence, timeout=SLOW)
    many = [(f"{k}.png", b"GIF89a") for k in range(40)]
    drop_files(session, (20, 20), many)
    expect(said).to_contain_text("None of these 40 files shows a person, or a garment alone", timeout=SLOW)
    expect(said).to_contain_text("6 at once are the most")
    open_tab(session, "Paint")
    session.get_by_role("button", name="Person", exact=True).click()
    session.mouse.move(*point_on_person(session, 0.5, 0.35))
    session.mouse.down()
    session.evaluate(PASTE, base64.b64encode(sample_files[0].read_bytes()).decode())
    expect(said).to_contain_text("Let go of what you hold")
    with new_picture(session):
        session.mouse.up()
    expect(session.locator("#edits .edit-label")).to_have_text([*worn, "Paint"])
    session.locator("button[data-where=map]").click()


def test_keys_do_what_their_list_says(session: Page) -> None:
    session.locator("body").press("?")
    expect(session.locator("dialog.keys")).to_be_visible()
    session.keyboard.press("Escape")
    for key, tab in zip("2341", ("Clothes", "Face", "Paint", "Pose"), strict=True):
        session.locator("body").press(key)
        expect(session.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        if tab == "Face":
            wait_for_faces(session)
    choose_pose(session, "Walking")  # by the mouse: Space belongs to no button then
    session.keyboard.down("Space")
    expect(session.locator("#stage .stage.original")).to_have_count(1)
    assert session.locator(".stage-cut").evaluate("e => getComputedStyle(e).clipPath").startswith("inset(0px 0%")
    session.keyboard.up("Space")
    expect(session.locator("#stage .stage.original")).to_have_count(0)
    expect(session.locator("#stage .stage")).to_have_attribute("data-view", "preview")


def test_the_brush_shows_its_size_and_two_keys_change_it(session: Page) -> None:
    open_tab(session, "Paint")
    session.get_by_role("button", name="Person", exact=True).click()
    session.mouse.move(*point_on_person(session, 0.5, 0.4))
    session.mouse.move(*point_on_person(session, 0.5, 0.35))
    ring = session.locator("#stage .brush-ring")
    expect(ring).to_be_visible()
    size = ring.bounding_box()["width"]
    session.keyboard.press("]")
    session.keyboard.press("]")
    session.wait_for_function("([size]) => document.querySelector('#stage .brush-ring').offsetWidth > size", arg=[size])
    box, at = ring.bounding_box(), point_on_person(session, 0.5, 0.35)
    assert abs(box["x"] + box["width"] / 2 - at[0]) < 2 and abs(box["y"] + box["height"] / 2 - at[1]) < 2
    session.keyboard.press("Escape")


@pytest.mark.parametrize("name", ["Preview picture", "Texture map", "IUV map"])
def test_what_was_made_can_be_downloaded(session: Page, name: str) -> None:
    session.locator("#downloads details").evaluate("e => { e.open = true; }")
    with session.expect_download(timeout=SLOW) as waiting:
        session.locator("#downloads").get_by_role("button", name=name, exact=True).click()
    picture = Image.open(waiting.value.path())
    sizes = {"Preview picture": (704, 1024), "Texture map": (512, 512), "IUV map": (352, 512)}
    assert picture.size == sizes[name]
    assert len(picture.convert("RGB").getcolors(1 << 20)) > 50


def test_the_preview_is_looked_at_large_and_closed_again(session: Page) -> None:
    choose_pose(session, "Walking")
    session.get_by_role("button", name="Look at it large").click()
    large = session.locator(".stage-large img")
    large.wait_for()
    session.wait_for_function("document.querySelector('.stage-large img').naturalWidth > 0")
    assert large.evaluate("(img) => [img.naturalWidth, img.naturalHeight]") == [704, 1024]
    assert large.get_attribute("alt") == session.locator(".stage-after").get_attribute("alt")
    assert large.evaluate("(img) => img.offsetHeight") <= 900, "all of it is seen"
    session.get_by_role("button", name="100%").click()
    assert large.evaluate("(img) => [img.offsetWidth, img.offsetHeight]") == [704, 1024]
    at = "document.querySelector('.stage-large-view').scrollTop"
    before, (x, y) = session.evaluate(at), (640, 450)
    session.mouse.move(x, y)
    session.mouse.down()
    session.mouse.move(x, y - 40, steps=4)
    session.mouse.up()
    assert session.evaluate(at) == before + 40 and session.locator(".stage-large.actual").count() == 1
    session.mouse.click(x, y)
    assert session.locator(".stage-large.actual").count() == 0, "a click on the picture shows all of it again"
    session.keyboard.press("Escape")
    large.wait_for(state="hidden")
    assert session.evaluate("document.activeElement.className") == "stage-enlarge"


def test_the_page_asks_nobody_outside_for_anything(session: Page, studio_url: str) -> None:
    asked = [url for url in session.request_log if not url.startswith((studio_url, "data:", "blob:"))]  # type: ignore
    assert asked == []


@pytest.mark.parametrize("width", some([360, 390, 768, 1024, 1440], 3))
def test_no_width_needs_sideways_scrolling(session: Page, width: int) -> None:
    session.set_viewport_size({"width": width, "height": 844})
    try:
        for tab in ("Pose", "Clothes", "Face", "Paint"):
            open_tab(session, tab)
            assert session.evaluate("document.documentElement.scrollWidth") <= width, tab
    finally:
        session.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture
def phone(browser: Browser, studio_url: str) -> Iterator[Page]:
    """The page on a phone, with the clothes open."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2
    )
    page = context.new_page()
    open_page(page, studio_url)
    page.get_by_role("tab", name="Clothes").tap()
    page.locator("#garment-picker [role=option]").nth(1).wait_for()
    wait_until_answered(page)
    yield page
    context.close()


def test_on_a_phone_a_tap_on_a_garment_dresses_them(phone: Page) -> None:
    garment = phone.locator("#garment-picker [role=option]").first
    label = garment.inner_text()
    with new_picture(phone):
        garment.tap()
    expect(phone.locator("#edits .edit-label")).to_have_text([label])


def test_on_a_phone_a_garment_is_dragged_onto_the_person_by_finger(phone: Page) -> None:
    garment = phone.locator("#garment-picker [role=option]").nth(1)
    label = garment.inner_text()
    garment.evaluate("e => window.scrollBy(0, e.getBoundingClientRect().bottom - 700)")  # above the bar at the foot
    start = middle_of(garment)
    end = point_on_person(phone, 0.5, 0.35)
    finger = phone.context.new_cdp_session(phone)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    scrolled = phone.evaluate("window.scrollY")
    touch("touchStart", start)
    for step in range(1, 11):
        share = step / 10
        touch("touchMove", (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share))
    expect(phone.locator("#stage .stage-frame")).to_have_attribute("data-lit", "upper")
    with new_picture(phone):
        touch("touchEnd")
    expect(phone.locator("#edits .edit-label")).to_have_text([label])
    assert phone.evaluate("window.scrollY") == scrolled, "the page did not scroll away under the finger"


@only_thorough
def test_two_visitors_never_see_each_others_edits(
    browser: Browser, studio_url: str, sample_files: tuple[Path, Path]
) -> None:
    contexts: list[BrowserContext] = [browser.new_context(viewport={"width": 1280, "height": 900}) for _ in range(2)]
    one, other = (context.new_page() for context in contexts)
    for page in (one, other):
        open_page(page, studio_url)
    untouched = source_of(other, PICTURE)
    open_upload(one)
    put_file(one, "photo", "Secret.png", sample_files[0].read_bytes())
    put_file(one, "iuv", "iuv.png", sample_files[1].read_bytes())
    with new_picture(one):
        one.get_by_role("button", name="Use this photo").click()
    choose_pose(other, "Walking")
    assert source_of(other, PICTURE) != untouched
    assert "Secret" not in other.content()
    expect(one.locator(PICTURE)).to_have_attribute("alt", starts_with("Secret"))
    for context in contexts:
        context.close()


# ---- what the tests share -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample_files() -> tuple[Path, Path]:
    """A photo and its IUV map: a sample person that is not the first one."""
    from mcld_app.editing import samples

    sample = [*samples.people().values()][3]
    return sample.photo_path, sample.iuv_path
