"""The page in a real Chromium, used as a visitor uses it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.browser

PICTURE = "#stage .stage-after"
SLOW = 15_000  # milliseconds; for machines with little to spare


@pytest.fixture(scope="module")
def visit(browser: Browser, studio_url: str) -> Iterator[Page]:
    """One open page for tests that only look at it or that leave it as they found it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.request_log = []  # type: ignore[attr-defined]
    page.error_log = []  # type: ignore[attr-defined]
    page.on("request", lambda request: page.request_log.append(request.url))  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.error_log.append(str(error)))  # type: ignore[attr-defined]
    _open(page, studio_url)
    yield page
    errors = page.error_log  # type: ignore[attr-defined]
    context.close()
    assert not errors, f"the page raised: {errors}"


@pytest.fixture(autouse=True)
def _as_found(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests that share the page each begin with the first sample person, as in the photo, and no message."""
    if "visit" in request.fixturenames:
        page: Page = request.getfixturevalue("visit")
        page.keyboard.press("Escape")
        page.locator("#people-picker [role=option]").first.click()
        _wait_until_answered(page)
        page.get_by_role("button", name="Reset").click()
        _wait_until_answered(page)
        page.get_by_role("button", name="Preview", exact=True).click()
        expect(page.locator("#stage .stage-after")).to_have_attribute("alt", _ends("as in the photo"), timeout=SLOW)
        _tab(page, "Pose")
    yield


def test_it_opens_with_a_person_people_to_choose_from_and_their_maps(visit: Page) -> None:
    assert visit.locator("#people-picker [role=option]").count() >= 8
    expect(visit.locator("#people-picker [aria-selected=true]")).to_have_count(1)
    assert _is_drawn(visit, PICTURE)
    assert _is_drawn(visit, "#stage .stage-iuv")
    _tab(visit, "Texture")
    expect(visit.locator(".texture-share")).to_contain_text("% of the body", timeout=SLOW)
    assert _is_drawn(visit, ".texture-map")
    assert _is_drawn(visit, ".texture-seen")


def test_choosing_another_person_shows_them(visit: Page) -> None:
    with _new_picture(visit):
        visit.locator("#people-picker [role=option]").nth(2).click()
    name = visit.locator("#people-picker [role=option]").nth(2).inner_text()
    expect(visit.locator(PICTURE)).to_have_attribute("alt", _starts(name))


def test_choosing_a_pose_redraws_the_person_in_it(visit: Page) -> None:
    expect(visit.locator("#pose-picker [role=option]")).to_have_count(25, timeout=SLOW)  # 24, and the photo's own
    with _new_picture(visit):
        visit.locator("#pose-picker").get_by_role("option", name="Arms up", exact=True).click()
    expect(visit.locator(PICTURE)).to_have_attribute("alt", _ends("Arms up"))
    expect(visit.locator("#pose-picker [aria-selected=true]")).to_have_text("Arms up")


def test_a_slider_turns_the_person_and_one_undo_takes_the_whole_drag_back(visit: Page) -> None:
    before = _source(visit, PICTURE)
    slider = visit.get_by_label("Turn", exact=True)
    _drag_slider(visit, slider, 0.74)
    expect(visit.locator(PICTURE)).to_have_attribute("alt", _ends("your own"), timeout=SLOW)
    assert float(slider.input_value()) > 20
    with _new_picture(visit):
        visit.get_by_role("button", name="Undo").click()
    assert _source(visit, PICTURE) == before


def test_after_a_quick_drag_the_picture_is_that_of_where_the_slider_stopped(visit: Page) -> None:
    slider = visit.get_by_label("Turn", exact=True)
    _drag_slider(visit, slider, 0.7)
    dragged, value = _source(visit, PICTURE), slider.input_value()
    with _new_picture(visit):
        visit.get_by_role("button", name="Undo").click()
    with _new_picture(visit):
        slider.fill(value)
    _wait_until_answered(visit)
    assert _source(visit, PICTURE) == dragged


def test_a_garment_dragged_with_the_mouse_lights_the_region_up_and_is_worn(visit: Page) -> None:
    _tab(visit, "Clothes")
    garment = visit.locator("#garment-picker [role=option]").first
    label = garment.inner_text()
    start, chest = _middle(garment), _point_on_person(visit, 0.5, 0.35)
    before = _pixels(visit)
    visit.mouse.move(*start)
    visit.mouse.down()
    visit.mouse.move(start[0] + 20, start[1] + 10, steps=3)
    visit.mouse.move(*chest, steps=8)
    expect(visit.locator("#stage .stage-frame")).to_have_attribute("data-lit", "upper")
    expect(visit.locator("#stage .stage-hint")).to_have_text("Release: Top")
    with _new_picture(visit):
        visit.mouse.up()
    expect(visit.locator("#worn .worn-label")).to_have_text([label])
    after = _pixels(visit)
    rows = np.abs(after.astype(int) - before).max(2).max(1)
    height = len(rows)
    assert rows[int(height * 0.25) : int(height * 0.45)].max() > 25, "the chest shows the garment"
    assert rows[int(height * 0.85) :].max() < 25, "the feet stay as they were"


def test_what_is_worn_can_be_taken_off_again(visit: Page) -> None:
    before = _source(visit, PICTURE)
    _wear_by_click(visit, 0, "Torso")
    with _new_picture(visit):
        visit.locator("#worn .worn-remove").click()
    expect(visit.locator("#worn .worn-label")).to_have_count(0)
    assert _source(visit, PICTURE) == before


def test_a_garment_is_worn_by_keyboard_alone(visit: Page) -> None:
    _tab(visit, "Clothes")
    visit.locator("#garment-picker [role=option][tabindex='0']").focus()
    visit.keyboard.press("ArrowRight")
    label = visit.evaluate("document.activeElement.innerText")
    visit.keyboard.press("Enter")
    assert visit.evaluate("document.activeElement.className").startswith("chip"), "the focus is on the regions"
    expect(visit.locator("#stage .stage-live")).to_contain_text("Choose a region")
    visit.keyboard.press("Home")
    visit.keyboard.press("ArrowRight")
    with _new_picture(visit):
        visit.keyboard.press("Enter")
    expect(visit.locator("#worn .worn-label")).to_have_text([label])
    expect(visit.locator("#worn .worn-region")).to_have_text(["Torso"])
    assert visit.evaluate("document.activeElement.innerText") == label, "the focus is back on the garment"


def test_the_before_after_slider_uncovers_the_photo(visit: Page) -> None:
    _choose_pose(visit, "Arms up")
    visit.get_by_role("button", name="Before / after").click()
    box = visit.locator("#stage .stage-frame").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    visit.mouse.move(*middle)
    visit.mouse.down()
    visit.mouse.move(box["x"] + box["width"] * 0.85, middle[1], steps=4)
    visit.mouse.up()
    slider = visit.get_by_label("Photo or preview")
    value = float(slider.input_value())
    assert value > 75
    cut = visit.locator("#stage .stage-cut").evaluate("e => getComputedStyle(e).clipPath")
    assert float(cut.split()[1].rstrip("%")) == pytest.approx(100 - value, abs=0.5)
    visit.keyboard.press("ArrowLeft")
    assert float(slider.input_value()) == value - 1


def test_reset_brings_the_photo_back_and_undo_the_edits(visit: Page) -> None:
    before = _source(visit, PICTURE)
    _wear_by_click(visit, 1, "Top")
    _choose_pose(visit, "Walking")
    edited = _source(visit, PICTURE)
    with _new_picture(visit):
        visit.get_by_role("button", name="Reset").click()
    assert _source(visit, PICTURE) == before
    with _new_picture(visit):
        visit.get_by_role("button", name="Undo").click()
    assert _source(visit, PICTURE) == edited


def test_a_bad_file_gives_one_sentence_and_changes_nothing_else(visit: Page, studio) -> None:
    _choose_pose(visit, "Walking")
    _wear_by_click(visit, 0, "Top")
    before, worn = _source(visit, PICTURE), visit.locator("#worn .worn-label").all_inner_texts()
    _open_upload(visit)
    _put_file(visit, "photo", "holiday.png", b"This is a shopping list, not a picture.")
    _put_file(visit, "iuv", "map.png", _png(np.full((64, 64, 3), 7, np.uint8)))
    visit.get_by_role("button", name="Use these").click()
    status = visit.locator(".upload-status.warning")
    expect(status).to_be_visible(timeout=SLOW)
    expect(status).to_be_in_viewport(ratio=0.95)  # not 1: edges lie between pixels
    sentence = status.inner_text()
    assert "Traceback" not in sentence and "Error" not in sentence and 15 < len(sentence) < 260, sentence
    assert _source(visit, PICTURE) == before
    assert visit.locator("#worn .worn-label").all_inner_texts() == worn
    assert visit.locator(".upload-slot .upload-name").all_inner_texts() == ["holiday.png", "map.png"]
    assert "Traceback" not in studio.log()


def test_a_photo_alone_is_told_what_is_missing(visit: Page) -> None:
    visit.reload()
    _wait_until_ready(visit)
    _open_upload(visit)
    _put_file(visit, "photo", "me.png", _png(np.full((160, 110, 3), 120, np.uint8)))
    visit.get_by_role("button", name="Use these").click()
    expect(visit.locator(".upload-status.warning")).to_contain_text("later version", timeout=SLOW)


def test_a_photo_with_its_iuv_map_becomes_the_person(visit: Page, sample_files: tuple[Path, Path]) -> None:
    photo, iuv = sample_files
    _open_upload(visit)
    _put_file(visit, "photo", "Maya.png", photo.read_bytes())
    _put_file(visit, "iuv", "Maya_iuv.png", iuv.read_bytes())
    with _new_picture(visit):
        visit.get_by_role("button", name="Use these").click()
    expect(visit.locator("#people-picker [aria-selected=true]")).to_have_text("Maya", timeout=SLOW)


def test_two_files_from_the_desktop_dropped_on_the_legs_are_worn_there(
    visit: Page, sample_files: tuple[Path, Path]
) -> None:
    photo, iuv = sample_files
    at = _point_on_person(visit, 0.45, 0.7)
    with _new_picture(visit):
        _drop_files(visit, at, [("iuv.png", iuv.read_bytes()), ("photo.png", photo.read_bytes())])
    expect(visit.locator("#worn .worn-region")).to_have_text(["Bottom"])


def test_one_file_from_the_desktop_is_told_what_is_missing(visit: Page, sample_files: tuple[Path, Path]) -> None:
    before = _source(visit, PICTURE)
    _drop_files(visit, _point_on_person(visit, 0.5, 0.35), [("photo.png", sample_files[0].read_bytes())])
    expect(visit.locator("#notice .notice.warning")).to_contain_text("IUV map", timeout=SLOW)
    assert _source(visit, PICTURE) == before


@pytest.mark.parametrize("name", ["Picture", "Texture map", "IUV map"])
def test_what_was_made_can_be_downloaded(visit: Page, name: str) -> None:
    with visit.expect_download(timeout=SLOW) as waiting:
        visit.locator("#downloads").get_by_role("button", name=name).click()
    picture = Image.open(waiting.value.path())
    assert picture.size == ((512, 512) if name == "Texture map" else (352, 512))
    assert len(picture.convert("RGB").getcolors(1 << 20)) > 50


def test_the_page_asks_nobody_outside_for_anything(visit: Page, studio_url: str) -> None:
    asked = [url for url in visit.request_log if not url.startswith((studio_url, "data:", "blob:"))]  # type: ignore
    assert asked == []


@pytest.mark.parametrize("width", [360, 390, 768, 1024, 1440])
def test_no_width_needs_sideways_scrolling(visit: Page, width: int) -> None:
    visit.set_viewport_size({"width": width, "height": 844})
    try:
        for tab in ("Pose", "Clothes", "Texture"):
            _tab(visit, tab)
            assert visit.evaluate("document.documentElement.scrollWidth") <= width, tab
    finally:
        visit.set_viewport_size({"width": 1280, "height": 900})


@pytest.fixture
def phone(browser: Browser, studio_url: str) -> Iterator[Page]:
    """The page on a phone, with the clothes open."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2
    )
    page = context.new_page()
    _open(page, studio_url)
    page.get_by_role("tab", name="Clothes").tap()
    yield page
    context.close()


def test_on_a_phone_a_tap_on_a_garment_and_one_on_the_person_dress_them(phone: Page) -> None:
    garment = phone.locator("#garment-picker [role=option]").first
    label = garment.inner_text()
    garment.tap()
    with _new_picture(phone):
        phone.touchscreen.tap(*_point_on_person(phone, 0.5, 0.35))
    expect(phone.locator("#worn .worn-label")).to_have_text([label])


def test_on_a_phone_a_garment_is_dragged_onto_the_person_by_finger(phone: Page) -> None:
    garment = phone.locator("#garment-picker [role=option]").nth(1)
    label = garment.inner_text()
    start = _middle(garment)
    end = _point_on_person(phone, 0.5, 0.35)
    finger = phone.context.new_cdp_session(phone)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    scrolled = phone.evaluate("window.scrollY")
    touch("touchStart", start)
    for step in range(1, 11):
        share = step / 10
        touch("touchMove", (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share))
    expect(phone.locator("#stage .stage-frame")).to_have_attribute("data-lit", "upper")
    with _new_picture(phone):
        touch("touchEnd")
    expect(phone.locator("#worn .worn-label")).to_have_text([label])
    assert phone.evaluate("window.scrollY") == scrolled, "the page did not scroll away under the finger"


def test_two_visitors_never_see_each_others_edits(
    browser: Browser, studio_url: str, sample_files: tuple[Path, Path]
) -> None:
    contexts: list[BrowserContext] = [browser.new_context(viewport={"width": 1280, "height": 900}) for _ in range(2)]
    one, other = (context.new_page() for context in contexts)
    for page in (one, other):
        _open(page, studio_url)
    untouched = _source(other, PICTURE)
    _open_upload(one)
    _put_file(one, "photo", "Secret.png", sample_files[0].read_bytes())
    _put_file(one, "iuv", "iuv.png", sample_files[1].read_bytes())
    with _new_picture(one):
        one.get_by_role("button", name="Use these").click()
    _choose_pose(other, "Walking")
    assert _source(other, PICTURE) != untouched
    assert "Secret" not in other.content()
    expect(one.locator(PICTURE)).to_have_attribute("alt", _starts("Secret"))
    for context in contexts:
        context.close()


# ---- what the tests share -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample_files() -> tuple[Path, Path]:
    """A photo and its IUV map: a sample person that is not the first one."""
    from mcld_app.body.samples import sample_people

    sample = sample_people()[3]
    return sample.photo_path, sample.iuv_path


# Counts what the page has asked the server and not been answered yet.
COUNT_QUESTIONS = """(() => {
  const ask = window.fetch;
  window.questions = { open: 0, last: 0 };
  window.fetch = async (...given) => {
    const method = (given[1]?.method || given[0]?.method || 'GET').toUpperCase();
    if (method === 'GET') return ask(...given);  // among them the lines that stay open for as long as the page
    const change = (by) => { window.questions.open += by; window.questions.last = performance.now(); };
    change(1);
    try {
      const answer = await ask(...given);
      await answer.clone().arrayBuffer();
      return answer;
    } finally { change(-1); }
  };
})()"""


class _new_picture:
    """Wait until the preview shows another picture than before, and nothing more is to come."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def __enter__(self) -> None:
        _wait_until_answered(self.page)
        self.before = _source(self.page, PICTURE)

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.page.wait_for_function(
                "([picture, before]) => document.querySelector(picture).src !== before",
                arg=[PICTURE, self.before],
                timeout=SLOW,
            )
            _wait_until_answered(self.page)


def _open(page: Page, url: str) -> None:
    page.add_init_script(COUNT_QUESTIONS)
    page.goto(url)
    _wait_until_ready(page)


def _wait_until_ready(page: Page) -> None:
    """The server has answered, and people and poses can be chosen."""
    page.wait_for_function("+document.querySelector('#stage .stage-frame')?.dataset.serial > 0", timeout=30_000)
    page.locator("#people-picker [role=option]").first.wait_for(timeout=30_000)
    page.locator("#pose-picker [role=option]").first.wait_for(timeout=30_000)


def _drag_slider(page: Page, slider, share: float) -> None:
    """Drag a slider from its middle to a share of its length, faster than pictures can follow."""
    page.mouse.move(*_middle(slider))
    box = slider.bounding_box()
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(box["x"] + box["width"] * (0.5 + (share - 0.5) * step / 20), box["y"] + box["height"] / 2)
        page.wait_for_timeout(8)
    page.mouse.up()
    _wait_until_answered(page)


def _wait_until_answered(page: Page) -> None:
    """All that the page has asked for is there, and one answer has not made it ask for another."""
    page.wait_for_function(
        "window.questions.open === 0 && performance.now() - window.questions.last > 120", timeout=SLOW
    )


def _source(page: Page, picture: str) -> str:
    return page.locator(picture).evaluate("e => e.src")


def _is_drawn(page: Page, picture: str) -> bool:
    return page.locator(picture).evaluate("e => e.complete && e.naturalWidth > 50")


def _pixels(page: Page) -> np.ndarray:
    import base64

    data = base64.b64decode(_source(page, PICTURE).split(",", 1)[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def _tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def _choose_pose(page: Page, name: str) -> None:
    _tab(page, "Pose")
    with _new_picture(page):
        page.locator("#pose-picker").get_by_role("option", name=name, exact=True).click()


def _wear_by_click(page: Page, garment: int, region: str) -> None:
    _tab(page, "Clothes")
    page.locator("#garment-picker [role=option]").nth(garment).click()
    with _new_picture(page):
        page.locator("#stage").get_by_role("button", name=region, exact=True).click()


def _middle(thing) -> tuple[float, float]:
    thing.scroll_into_view_if_needed()
    box = thing.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _point_on_person(page: Page, across: float, down: float) -> tuple[float, float]:
    box = page.locator(PICTURE).bounding_box()
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


def _open_upload(page: Page) -> None:
    if not page.locator(".upload-use").is_visible():
        page.get_by_role("button", name="Your own photo").click()
    page.locator(".upload-use").wait_for()


def _put_file(page: Page, slot: str, name: str, data: bytes) -> None:
    page.set_input_files(
        f".upload-slot[data-kind={slot}] input", {"name": name, "mimeType": "image/png", "buffer": data}
    )


def _drop_files(page: Page, at: tuple[float, float], files: list[tuple[str, bytes]]) -> None:
    """Files dragged in from the desktop: Playwright cannot drag from outside, so the events are made by hand."""
    import base64

    page.evaluate(
        """([x, y, files]) => {
          const transfer = new DataTransfer();
          files.forEach(([name, data]) => transfer.items.add(
            new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name, { type: 'image/png' })));
          const target = document.elementFromPoint(x, y);
          for (const kind of ['dragover', 'drop']) target.dispatchEvent(new DragEvent(kind,
            { bubbles: true, cancelable: true, clientX: x, clientY: y, dataTransfer: transfer }));
        }""",
        [*at, [[name, base64.b64encode(data).decode()] for name, data in files]],
    )


def _png(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


def _ends(text: str):
    import re

    return re.compile(re.escape(text) + "$")


def _starts(text: str):
    import re

    return re.compile("^" + re.escape(text))
