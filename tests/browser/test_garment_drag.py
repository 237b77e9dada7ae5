"""A garment is dragged onto the person, by any hand: fast or slow, from any edge of its thumbnail, by mouse or finger;
and however a drag ends, nothing of it sticks to the page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from acting import new_picture, open_page, open_tab, point_on_person, wait_until_answered
from playwright.sync_api import Browser, CDPSession, Locator, Page, expect
from thorough import THOROUGH, some

pytestmark = pytest.mark.browser

EDGES = {"left": (0.0, 0.5), "right": (1.0, 0.5), "top": (0.5, 0.0), "bottom": (0.5, 1.0)}
Point = tuple[float, float]


def each_edge(fast: int, slow: int) -> list[tuple[str, int]]:
    """An upright edge and a level one, fast and slow; when thorough every edge at both speeds."""
    speeds = (fast, slow)
    if THOROUGH:
        return [(edge, moves) for edge in EDGES for moves in speeds]
    return [(edge, speeds[k]) for k, edge in enumerate(some(EDGES, 2))]


@pytest.fixture(scope="module")
def shelf(browser: Browser, studio_url: str) -> Iterator[Page]:
    """One open page, on the clothes."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(page, studio_url)
    open_tab(page, "Clothes")
    yield page
    context.close()
    assert not errors, f"the page raised: {errors}"


@pytest.fixture(scope="module", params=some(["phone", "tablet"], 1))
def touched(browser: Browser, studio_url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page under fingers. A phone's list of garments scrolls across, a tablet's goes down with the page."""
    size = {"width": 390, "height": 844} if request.param == "phone" else {"width": 1100, "height": 800}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=request.param == "phone")
    page = context.new_page()
    open_page(page, studio_url)
    page.get_by_role("tab", name="Clothes").tap()
    page.locator("#garment-picker [role=option]").first.wait_for()
    yield page
    context.close()


@pytest.fixture(autouse=True)
def _undressed(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    for name in {"shelf", "touched"} & set(request.fixturenames):
        page: Page = request.getfixturevalue(name)
        page.keyboard.press("Escape")
        while page.locator("#edits .edits-remove").count():
            with new_picture(page):
                page.locator("#edits .edits-remove").first.click()


def garment_of(page: Page, number: int = 0) -> Locator:
    garment = page.locator("#garment-picker [role=option]").nth(number)
    garment.scroll_into_view_if_needed()
    if is_phone(page):  # else the bar at the foot of the screen lies over its lower edge
        garment.evaluate("e => window.scrollBy(0, e.getBoundingClientRect().bottom - 700)")
    return garment


def near(garment: Locator, edge: str, inside: float = 1.5) -> Point:
    """A point so many pixels inside an edge of the thumbnail."""
    box = garment.bounding_box()
    x, y = (box[side] + inside + share * (box[length] - 2 * inside)
            for side, length, share in zip("xy", ("width", "height"), EDGES[edge], strict=True))  # fmt: skip
    return x, y


def beyond(garment: Locator, edge: str, outside: float = 3) -> Point:
    return near(garment, edge, -outside)


def worn(page: Page) -> list[str]:
    return page.locator("#edits .edit-label").all_inner_texts()


def is_dragging(page: Page) -> bool:
    return page.evaluate("document.querySelector('.mcld-ghost, html.mcld-carrying') !== null")


def assert_nothing_sticks(page: Page) -> None:
    """Neither now, nor when the mouse passes over the garments later."""
    assert not is_dragging(page)
    expect(page.locator("#stage .stage.target")).to_have_count(0)
    for number in range(3):
        box = page.locator("#garment-picker [role=option]").nth(number).bounding_box()
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 5, steps=4)
        assert not is_dragging(page), "a hover drags nothing"


# ---- by mouse -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("edge", "moves"), each_edge(1, 30))
def test_a_garment_is_dragged_from_near_every_edge(shelf: Page, edge: str, moves: int) -> None:
    garment = garment_of(shelf)
    label = garment.inner_text()
    shelf.mouse.move(*near(garment, edge))
    shelf.mouse.down()
    shelf.mouse.move(*beyond(garment, edge))  # less than decides, and already off the thumbnail
    shelf.mouse.move(*point_on_person(shelf, 0.5, 0.35), steps=moves)
    expect(shelf.locator("#stage .stage-hint")).to_have_text("Release: Top")
    assert is_dragging(shelf)
    with new_picture(shelf):
        shelf.mouse.up()
    assert worn(shelf) == [label]
    assert_nothing_sticks(shelf)


def test_a_garment_is_flicked(shelf: Page) -> None:
    garment = garment_of(shelf)
    label = garment.inner_text()
    start, chest = near(garment, "right"), point_on_person(shelf, 0.5, 0.35)
    shelf.mouse.move(*start)
    with new_picture(shelf):
        shelf.mouse.down()
        shelf.mouse.move(*chest)
        shelf.mouse.up()
    assert worn(shelf) == [label]
    assert_nothing_sticks(shelf)


@pytest.mark.parametrize("edge", EDGES)
def test_a_press_that_slips_off_the_thumbnail_is_over_when_it_is_released(shelf: Page, edge: str) -> None:
    garment = garment_of(shelf)
    shelf.mouse.move(*near(garment, edge))
    shelf.mouse.down()
    shelf.mouse.move(*beyond(garment, edge, 2))
    shelf.mouse.up()
    assert_nothing_sticks(shelf)
    assert worn(shelf) == []


@pytest.mark.parametrize("place", [(-60, 300), (700, -60), (1400, 400), (600, 1000)])
def test_released_outside_the_window_nothing_is_put_on(shelf: Page, place: Point) -> None:
    garment = garment_of(shelf)
    shelf.mouse.move(*near(garment, "left"))
    shelf.mouse.down()
    shelf.mouse.move(*point_on_person(shelf, 0.5, 0.35), steps=5)
    assert is_dragging(shelf)
    shelf.mouse.move(*place, steps=3)
    shelf.mouse.up()
    shelf.mouse.move(400, 400)
    assert_nothing_sticks(shelf)
    assert worn(shelf) == []


@pytest.mark.parametrize(
    "ending",
    [
        "window.dispatchEvent(new Event('blur'))",
        "document.querySelector('#garment-picker [role=option]').dispatchEvent("
        "new PointerEvent('pointercancel', { pointerId: 1, bubbles: true }))",
        "document.querySelector('#garment-picker [role=option]').releasePointerCapture(1)",
    ],
    ids=["blur", "cancel", "lost capture"],
)
def test_whatever_ends_a_drag_lets_go_of_it(shelf: Page, ending: str) -> None:
    assert_it_lets_go(shelf, ending)


def test_a_drag_ends_where_the_list_is_drawn_anew(page: Page, studio_url: str) -> None:
    open_page(page, studio_url)
    open_tab(page, "Clothes")
    assert_it_lets_go(page, "document.querySelector('#garment-picker [role=option]').remove()")


def assert_it_lets_go(page: Page, ending: str) -> None:
    """Whatever the page's script is told in the middle of a drag."""
    garment = garment_of(page)
    page.mouse.move(*near(garment, "right"))
    page.mouse.down()
    page.mouse.move(*point_on_person(page, 0.5, 0.35), steps=5)
    assert is_dragging(page)
    page.evaluate(ending)
    page.mouse.move(*point_on_person(page, 0.5, 0.5), steps=3)
    assert not is_dragging(page)
    page.mouse.up()
    wait_until_answered(page)
    assert worn(page) == []
    assert_nothing_sticks(page)


def test_a_release_that_nobody_heard_is_noticed_with_the_next_move(shelf: Page) -> None:
    """As when a dialogue of the system stood in front."""
    garment = garment_of(shelf)
    shelf.mouse.move(*near(garment, "right"))
    shelf.mouse.down()
    shelf.mouse.move(*point_on_person(shelf, 0.5, 0.35), steps=5)
    assert is_dragging(shelf)
    shelf.evaluate(
        "window.dispatchEvent(new PointerEvent('pointermove', { pointerId: 1, buttons: 0, clientX: 9, clientY: 9 }))"
    )
    assert not is_dragging(shelf)
    shelf.mouse.up()
    assert worn(shelf) == []


def test_after_a_drag_a_click_still_wears(shelf: Page) -> None:
    """Pressed, taken away, brought back: nothing is put on. Then a plain click: it is."""
    garment = garment_of(shelf, 1)
    label = garment.inner_text()
    shelf.mouse.move(*near(garment, "top", 20))
    shelf.mouse.down()
    shelf.mouse.move(*near(garment, "bottom", 20), steps=4)
    shelf.mouse.up()
    assert worn(shelf) == []
    assert_nothing_sticks(shelf)
    shelf.wait_for_timeout(100)
    with new_picture(shelf):
        garment.click()
    assert worn(shelf) == [label]


# ---- by finger ----------------------------------------------------------------------------------------------------


def finger_on(page: Page) -> Callable[..., None]:
    session: CDPSession = page.context.new_cdp_session(page)

    def touch(kind: str, *points: Point) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    return touch


def slide(touch: Callable[..., None], start: Point, end: Point, steps: int) -> None:
    touch("touchStart", start)
    for step in range(1, steps + 1):
        share = step / steps
        touch("touchMove", (start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share))


def is_phone(page: Page) -> bool:
    return page.viewport_size["width"] < 500


@pytest.mark.parametrize(("edge", "steps"), each_edge(3, 20))
def test_a_finger_drags_from_near_every_edge(touched: Page, edge: str, steps: int) -> None:
    garment = garment_of(touched, 1)
    label, touch = garment.inner_text(), finger_on(touched)
    start, chest = near(garment, edge), point_on_person(touched, 0.5, 0.35)
    # Off the list first, across the way in which it scrolls.
    away = (start[0], start[1] - 40) if is_phone(touched) else (start[0] + 60, start[1])
    slide(touch, start, away, steps)
    for step in range(1, steps + 1):
        share = step / steps
        touch("touchMove", (away[0] + (chest[0] - away[0]) * share, away[1] + (chest[1] - away[1]) * share))
    expect(touched.locator("#stage .stage-frame")).to_have_attribute("data-lit", "upper")
    with new_picture(touched):
        touch("touchEnd")
    assert worn(touched) == [label]
    assert not is_dragging(touched)


def test_the_list_scrolls_under_a_finger_and_nothing_is_dragged(touched: Page) -> None:
    garment, touch = garment_of(touched, 2), finger_on(touched)
    box = garment.bounding_box()
    start = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    offset = "[document.scrollingElement.scrollTop + document.querySelector('#area-edit').scrollTop, "
    offset += "Math.max(...[...document.querySelectorAll('#garment-picker .picker-grid')].map((e) => e.scrollLeft))]"
    before = touched.evaluate(offset)
    end = (start[0] - 150, start[1]) if is_phone(touched) else (start[0], start[1] - 150)
    slide(touch, start, end, 15)
    assert not is_dragging(touched)
    touch("touchEnd")
    touched.wait_for_timeout(300)
    after = touched.evaluate(offset)
    scrolled = after[1] - before[1] if is_phone(touched) else after[0] - before[0]
    assert scrolled > 40
    assert not is_dragging(touched) and worn(touched) == []


def test_a_touch_that_the_system_takes_back_lets_go(touched: Page) -> None:
    garment, touch = garment_of(touched), finger_on(touched)
    start = near(garment, "top", 10)
    away = (start[0], start[1] - 60) if is_phone(touched) else (start[0] + 80, start[1])
    slide(touch, start, away, 8)
    assert is_dragging(touched)
    touch("touchCancel")
    touched.wait_for_function("!document.querySelector('.mcld-ghost')")
    assert not is_dragging(touched) and worn(touched) == []


def test_a_tap_wears(touched: Page) -> None:
    garment = garment_of(touched, 1)
    with new_picture(touched):
        garment.tap()
    assert worn(touched) == [garment.inner_text()] and not is_dragging(touched)
