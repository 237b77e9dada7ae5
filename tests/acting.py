"""What the browser tests do on the page, and wait for."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image
from playwright.sync_api import Page

PICTURE = "#stage .stage-after"
SLOW = 15_000  # milliseconds; for machines with little to spare

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


class new_picture:
    """Wait until the preview shows another picture than before, and nothing more is to come."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def __enter__(self) -> None:
        wait_until_answered(self.page)
        self.before = source_of(self.page, PICTURE)

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.page.wait_for_function(
                "([picture, before]) => document.querySelector(picture).src !== before",
                arg=[PICTURE, self.before],
                timeout=SLOW,
            )
            wait_until_answered(self.page)


def open_page(page: Page, url: str) -> None:
    page.add_init_script(COUNT_QUESTIONS)
    page.goto(url)
    wait_until_ready(page)


def wait_until_ready(page: Page) -> None:
    """The server has answered, and people and poses can be chosen."""
    page.wait_for_function("+document.querySelector('#stage .stage-frame')?.dataset.serial > 0", timeout=30_000)
    page.locator("#people-picker [role=option]").first.wait_for(timeout=30_000)
    page.locator("#pose-picker [role=option]").first.wait_for(timeout=30_000)


def drag_slider(page: Page, slider, share: float) -> None:
    """Drag a slider from its middle to a share of its length, faster than pictures can follow."""
    page.mouse.move(*middle_of(slider))
    box = slider.bounding_box()
    page.mouse.down()
    for step in range(1, 21):
        page.mouse.move(box["x"] + box["width"] * (0.5 + (share - 0.5) * step / 20), box["y"] + box["height"] / 2)
        page.wait_for_timeout(8)
    page.mouse.up()
    wait_until_answered(page)


def wait_until_answered(page: Page) -> None:
    """All that the page has asked for is there, and one answer has not made it ask for another."""
    page.wait_for_function(
        "window.questions.open === 0 && performance.now() - window.questions.last > 120", timeout=SLOW
    )


def source_of(page: Page, picture: str) -> str:
    return page.locator(picture).evaluate("e => e.src")


def is_drawn(page: Page, picture: str) -> bool:
    return page.locator(picture).evaluate("e => e.complete && e.naturalWidth > 50")


def pixels_of(page: Page) -> np.ndarray:
    import base64

    data = base64.b64decode(source_of(page, PICTURE).split(",", 1)[1])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    if name == "Face":
        wait_for_faces(page)


def wait_for_faces(page: Page) -> None:
    """Of all sample people, whose photos are read for it."""
    page.locator("#face-picker [role=option]").first.wait_for(timeout=90_000)
    page.wait_for_function("window.questions.open === 0", timeout=90_000)


def choose_pose(page: Page, name: str) -> None:
    open_tab(page, "Pose")
    with new_picture(page):
        page.locator("#pose-picker").get_by_role("option", name=name, exact=True).click()


def wear_by_click(page: Page, garment: int, region: str = "") -> None:
    """Press a garment of the list; where it then is worn elsewhere than on `region`, say so in the list of edits."""
    open_tab(page, "Clothes")
    with new_picture(page):
        page.locator("#garment-picker [role=option]").nth(garment).click()
    if not region:
        return
    place = page.locator("#edits select.edit-place").last
    if place.locator("option:checked").inner_text() != region:
        with new_picture(page):
            place.select_option(label=region)


def middle_of(thing) -> tuple[float, float]:
    thing.scroll_into_view_if_needed()
    box = thing.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def point_on_person(page: Page, across: float, down: float) -> tuple[float, float]:
    box = page.locator(PICTURE).bounding_box()
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


def open_upload(page: Page) -> None:
    if not page.locator(".upload-use").is_visible():
        page.get_by_role("button", name="Your own photo").click()
    page.locator(".upload-use").wait_for()


def put_file(page: Page, slot: str, name: str, data: bytes) -> None:
    page.set_input_files(
        f".upload-slot[data-kind={slot}] input", {"name": name, "mimeType": "image/png", "buffer": data}
    )


def drop_files(page: Page, at: tuple[float, float], files: list[tuple[str, bytes]]) -> None:
    """Files dragged in from the desktop: Playwright cannot drag from outside, so the events are made by hand."""
    import base64

    page.evaluate(
        """([x, y, files]) => {
          const transfer = new DataTransfer();
          files.forEach(([name, data]) => transfer.items.add(
            new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name,
              { type: name.endsWith('.jpg') ? 'image/jpeg' : 'image/png' })));
          const target = document.elementFromPoint(x, y);
          for (const kind of ['dragover', 'drop']) target.dispatchEvent(new DragEvent(kind,
            { bubbles: true, cancelable: true, clientX: x, clientY: y, dataTransfer: transfer }));
        }""",
        [*at, [[name, base64.b64encode(data).decode()] for name, data in files]],
    )


def png_of(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


def ends_with(text: str):
    import re

    return re.compile(re.escape(text) + "$")


def starts_with(text: str):
    import re

    return re.compile("^" + re.escape(text))
