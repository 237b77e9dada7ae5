"""The picture first: how the page lies in windows of usual sizes, and that nothing moves while it loads."""

from __future__ import annotations

import pytest
from acting import SLOW, choose_pose, open_page, open_tab, wear_by_click
from playwright.sync_api import Page, expect
from thorough import some

pytestmark = pytest.mark.browser

WINDOWS = [(1280, 720), (1440, 900), (1920, 1080)]
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((shift) => window.shifts.push({
  value: shift.value,
  moved: shift.sources.map(({ node }) => node?.id || node?.className || node?.nodeName || "gone").join(", "),
}))).observe({ type: "layout-shift", buffered: true });
"""
INSIDE = """(selector) => {
  const box = document.querySelector(selector).getBoundingClientRect();
  const at = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 12));
  return box.top >= 0 && box.left >= 0 && box.right <= innerWidth && box.bottom <= innerHeight
    && document.querySelector(selector).contains(at);
}"""


@pytest.mark.parametrize(("width", "height"), some(WINDOWS, 1))
def test_the_picture_is_the_largest_thing_and_what_is_needed_is_beside_it(
    page: Page, studio_url: str, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_page(page, studio_url)
    wear_by_click(page, 1)
    assert page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [
        width, height,
    ], "the page itself scrolls nowhere"  # fmt: skip
    needed = (".stage-frame", ".stage-bar", ".generate-go", "#edits .edit", "#downloads [data-what=picture]")
    for selector in needed:
        assert page.evaluate(INSIDE, selector), f"{selector} is in view"
    page.locator("#area-edit").evaluate("e => e.scrollTo(0, e.scrollHeight)")
    page.locator("#area-person").evaluate("e => e.scrollTo(0, e.scrollHeight)")
    for selector in needed:
        assert page.evaluate(INSIDE, selector), f"{selector} stays where it is while tools scroll"
    frame = page.locator(".stage-frame").bounding_box()
    assert frame["height"] > 0.58 * height
    shown = page.evaluate("""() => [...document.querySelectorAll("img, .picker-frame, canvas")]
      .filter((e) => !e.closest(".stage-frame, dialog, details:not([open])"))
      .map((e) => e.getBoundingClientRect()).map((box) => box.width * box.height)""")
    assert max(shown) < frame["width"] * frame["height"] / 4, "no other picture is a quarter as large"


@pytest.mark.parametrize(("width", "height"), some([(390, 844), (1280, 720)], 1))
def test_nothing_moves_while_the_page_loads(page: Page, studio_url: str, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    if width < 500:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})  # parts come one by one
    page.add_init_script(SHIFTS)
    open_page(page, studio_url)
    expect(page.locator("#pose-picker [role=option]").first).to_be_visible(timeout=SLOW)
    page.wait_for_timeout(500)
    shifts = page.evaluate("window.shifts")
    assert [shift for shift in shifts if shift["value"] > 0.0005] == []


def test_the_first_view_needs_no_words_that_have_to_be_learnt(page: Page, studio_url: str) -> None:
    open_page(page, studio_url)
    words = page.evaluate("document.body.innerText")
    for jargon in ("IUV", "DensePose", "texel", "UV", "latent"):
        assert jargon not in words, f"“{jargon}” stands in the first view"


def test_what_the_model_sees_is_one_press_away(page: Page, studio_url: str) -> None:
    open_page(page, studio_url)
    choose_pose(page, "Walking")
    open_tab(page, "Pose")
    page.get_by_text("What the model sees", exact=True).click()
    expect(page.locator(".stage-iuv")).to_be_visible()
    assert page.evaluate(INSIDE, ".stage-sees figure")
