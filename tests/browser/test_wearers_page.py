"""Clothes of somebody on a dropped photo, in a real Chromium: the piece that is meant is clicked on their picture."""

from __future__ import annotations

import os

import pytest
from acting import PICTURE, SLOW, drop_files, middle_of, new_picture, open_page, open_tab, png_of, wait_until_answered
from playwright.sync_api import Page, expect

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.synthetic.people import draw_person, render_view

pytestmark = pytest.mark.browser


def test_a_click_on_the_outline_puts_the_piece_on_and_what_stands_off_is_switched(
    page: Page, studio_url: str
) -> None:
    open_page(page, studio_url)
    open_tab(page, "Clothes")
    view = render_view(draw_person(1), named_poses()["standing"], (512, 352))
    x, y = middle_of(page.locator(PICTURE))
    files = [("friend.png", png_of(view.photo)), ("friend_iuv.png", png_of(view.iuv[..., ::-1]))]
    with new_picture(page):
        drop_files(page, (x, y - 80), files)
    expect(page.locator("#edits .edit-label")).to_have_text(["friend’s top"], timeout=SLOW)
    buttons = page.locator("#pieces .pieces-names button")
    expect(buttons).to_have_text(["Top", "Bottom", "Shoes", "Whole outfit"], timeout=SLOW)
    outline = page.locator("#pieces polygon").nth(1)
    outline.scroll_into_view_if_needed()
    box = outline.bounding_box()
    with new_picture(page):
        page.mouse.click(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
    expect(page.locator("#edits .edit-label")).to_have_text(["friend’s top", "friend’s bottom"], timeout=SLOW)
    if "SHOTS" in os.environ:
        page.screenshot(path=os.environ["SHOTS"], full_page=True)
    hair = page.locator("#flat label", has_text="Hair stands off")
    expect(hair).to_be_visible(timeout=SLOW)
    hair.locator("input").uncheck()
    wait_until_answered(page)
    expect(page.locator("#edits .edit-label")).to_have_text(
        ["Flat hair", "friend’s top", "friend’s bottom"], timeout=SLOW
    )
