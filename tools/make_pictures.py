"""Photograph the page for README: a studio is started, driven in Chromium, and looked at.

    PYTHONPATH=.:tests python tools/make_pictures.py

Writes docs/images/{studio.jpg, phone.jpg, face-dark.jpg, pose-drag.gif}. The bundled model draws what they show.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from acting import choose_pose, middle_of, new_picture, open_page, open_tab, wait_until_answered, wear_by_click
from conftest import find_chromium, run_studio
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

OUT = Path(__file__).resolve().parents[1] / "docs" / "images"
DRAGS = {"left_wrist": (40, -150), "right_wrist": (-60, -40), "left_knee": (36, -40)}  # pixels of a window 1280 wide
PERSON, FACE = "Leo", "Samir"
STEPS, MILLISECONDS = 9, 300


def main() -> None:
    """Take all four pictures."""
    with tempfile.TemporaryDirectory() as folder, run_studio(Path(folder)) as studio, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        whole_page(browser, studio.url)
        on_a_phone(browser, studio.url)
        in_the_dark(browser, studio.url)
        joints_dragged(browser, studio.url)
        browser.close()


def whole_page(browser: Browser, url: str) -> None:
    page = opened(browser, url, width=1280, height=900)
    page.get_by_role("button", name="All together").click()
    wait_until_answered(page)
    expect(page.locator("#stage .stage-badge")).to_have_text("AI-generated", timeout=240_000)  # it is drawn at once
    wait_until_answered(page)
    page.evaluate("scrollTo(0, 0)")
    page.mouse.move(640, 60)
    save(page.screenshot(), "studio.jpg")
    page.context.close()


def on_a_phone(browser: Browser, url: str) -> None:
    page = opened(browser, url, width=390, height=844, scale=2)
    choose_pose(page, "Walking")
    save(page.screenshot(), "phone.jpg")
    page.context.close()


def in_the_dark(browser: Browser, url: str) -> None:
    page = opened(browser, url, width=1024, height=900, dark=True)
    with new_picture(page):
        page.locator("#people-picker").get_by_role("option", name=PERSON).click()
    wear_by_click(page, 0, "Top")
    open_tab(page, "Face")
    with new_picture(page):
        page.locator("#face-picker").get_by_role("option", name=FACE).click()
    expect(page.locator("#notice .notice")).to_have_count(0, timeout=20_000)
    page.wait_for_timeout(600)
    save(page.screenshot(), "face-dark.jpg")
    page.context.close()


def joints_dragged(browser: Browser, url: str) -> None:
    page = opened(browser, url, width=1280, height=900)
    choose_pose(page, "Standing")
    frames = [pictured(page)]
    for joint, (right, down) in DRAGS.items():
        x, y = middle_of(page.locator(f".joint-handle[data-id={joint}] .joint-dot"))
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, STEPS + 1):
            page.mouse.move(x + right * step / STEPS, y + down * step / STEPS)
            wait_until_answered(page)
            frames.append(pictured(page))
        page.mouse.up()
        wait_until_answered(page)
    palette = Image.fromarray(np.concatenate([np.array(frame) for frame in frames[::STEPS]])).quantize(256)
    first, *others = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    first.save(OUT / "pose-drag.gif", save_all=True, append_images=others, duration=MILLISECONDS, loop=0, optimize=True)
    page.context.close()


def opened(browser: Browser, url: str, *, width: int, height: int, scale: int = 1, dark: bool = False) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height}, device_scale_factor=scale,
        color_scheme="dark" if dark else "light", has_touch=width < 500,
    )  # fmt: skip
    page = context.new_page()
    open_page(page, url)
    return page


def pictured(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.locator("#stage .stage-row").screenshot())).convert("RGB")


def save(screenshot: bytes, name: str) -> None:
    Image.open(io.BytesIO(screenshot)).convert("RGB").save(OUT / name, quality=88)


if __name__ == "__main__":
    sys.exit(main())
