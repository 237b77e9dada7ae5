"""What people come for, counted: clicks, drags and key presses on a fresh page, against the most that each may take.

`python -m pytest -s tests/browser/test_tasks.py` prints the table, with seconds.
"""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from acting import PICTURE, drop_files, middle_of, new_picture, open_page, open_tab, pixels_of, point_on_person
from flat_garments import tee
from playwright.sync_api import Browser, Page, expect

from mcld_app.body.photo import encode_png
from mcld_app.editing import samples

pytestmark = pytest.mark.browser


@dataclass
class Task:
    """Somebody at a fresh page, who counts what they do."""

    page: Page
    actions: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def does(self, what: str, act: Callable[[], object], *, draws: bool = True) -> None:
        self.actions.append(what)
        if not draws:
            act()
            return
        with new_picture(self.page):
            act()

    def took(self, name: str, most: int) -> None:
        print(f"\n| {name} | {len(self.actions)} ({', '.join(self.actions)}) | {most} | "
              f"{time.monotonic() - self.began:.1f} s |")  # fmt: skip
        assert len(self.actions) <= most


@pytest.fixture
def task(page: Page, studio_url: str) -> Iterator[Task]:
    open_page(page, studio_url)
    yield Task(page)


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A photo of somebody who is none of the first people, with nothing but its pixels."""
    return [*samples.people().values()][9].photo_path.read_bytes()


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    page.mouse.up()


@pytest.mark.usefixtures("body_finder")
def test_my_photo_in_another_pose(task: Task, photo: bytes, tmp_path: Path) -> None:
    file = tmp_path / "me.jpg"
    file.write_bytes(photo)
    task.page.evaluate("""() => {
      window.lit = [];
      const frame = document.querySelector(".stage-frame"), note = () => window.lit.push(frame.dataset.lit);
      new MutationObserver(note).observe(frame, { attributeFilter: ["data-lit"] });
    }""")
    task.does("choose the photo", lambda: task.page.locator(".bring-add input").set_input_files(file))
    expect(task.page.locator("#people-picker [aria-selected=true]")).to_have_text("me")
    task.page.wait_for_function("window.lit.join() === 'body,'")  # shown for a moment, with the way to adjust it
    expect(task.page.get_by_role("button", name="Adjust the body")).to_be_visible()
    pose = task.page.locator("#pose-picker [role=option][data-id=walking]")
    task.does("press a pose", pose.click)
    expect(task.page.locator(PICTURE)).to_have_attribute("alt", "me, Walking")
    task.took("my photo, another pose", 2)


@pytest.mark.usefixtures("body_finder")
def test_a_shops_shirt_on_the_person_who_is_there(task: Task) -> None:
    chest = point_on_person(task.page, 0.5, 0.35)
    task.does("drop it on them", lambda: drop_files(task.page, chest, [("shirt.png", encode_png(tee().picture))]))
    expect(task.page.locator("#edits .edit-label")).to_have_text(["shirt"])
    task.took("a shop's T-shirt on Mara", 1)


def test_trousers_in_another_colour_and_nothing_else(task: Task) -> None:
    before = pixels_of(task.page).astype(int)
    task.does("open “Clothes”", lambda: open_tab(task.page, "Clothes"), draws=False)
    blue = middle_of(task.page.locator(".cover-swatch[title=Red]"))
    task.does("drag a colour onto the trousers", lambda: drag(task.page, blue, point_on_person(task.page, 0.45, 0.68)))
    changed = abs(pixels_of(task.page).astype(int) - before).max(-1) > 24
    assert changed[300:460].mean() > 0.1, "the trousers"
    assert changed[:190].mean() < 0.002 and changed[485:].mean() < 0.01, "neither shirt, nor skin, nor shoes"
    task.took("Mara's trousers in another colour, nothing else", 2)


@pytest.mark.usefixtures("body_finder")
def test_the_pose_of_somebody_in_a_photo_and_then_one_arm_up(task: Task, photo: bytes) -> None:
    poses = middle_of(task.page.locator("#pose-picker"))
    task.does("drop the photo on the poses", lambda: drop_files(task.page, poses, [("they.jpg", photo)]))
    expect(task.page.locator("#people-picker [aria-selected=true]")).to_have_text("Mara")
    wrist = middle_of(task.page.locator(".joint-handle[data-id=left_wrist] .joint-dot"))
    before = pixels_of(task.page)
    task.does("drag a wrist up", lambda: drag(task.page, wrist, (wrist[0] + 10, wrist[1] - 160)))
    assert (pixels_of(task.page) != before).any()
    task.took("somebody's pose from a photo, then one arm up", 3)


def test_two_drawn_pictures_side_by_side(page: Page, studio_with_model) -> None:
    open_page(page, studio_with_model.url)
    page.get_by_text("Settings", exact=True).click()
    page.get_by_label("Steps", exact=True).fill("1")
    page.get_by_label("Pictures", exact=True).fill("2")
    page.get_by_role("button", name="Generate", exact=True).click()
    drawn = page.locator(".results-list [role=option]")
    expect(drawn).to_have_count(2, timeout=60_000)
    task = Task(page)
    task.does("press one", drawn.nth(0).click, draws=False)
    task.does("press the other with Shift", lambda: drawn.nth(1).click(modifiers=["Shift"]), draws=False)
    expect(page.locator(".stage.pair.comparing .stage-slider")).to_be_visible()
    left, right = (page.locator(f".stage-tag.{side}").inner_text() for side in ("left", "right"))
    assert left.startswith("Seed ") and right.startswith("Seed ") and left != right
    shown = [page.locator(f".stage {part}").get_attribute("src") for part in (".stage-before", ".stage-drawn")]
    assert shown == [drawn.nth(k).locator("img").get_attribute("src") for k in (0, 1)]
    task.took("compare two drawn pictures", 2)
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.locator(".stage.pair")).to_have_count(0)


def test_one_outfit_on_everybody_as_one_sheet(page: Page, studio_with_model, tmp_path: Path) -> None:
    open_page(page, studio_with_model.url)
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_enabled()
    sheet = page.get_by_role("dialog", name="Contact sheet")
    people, clothes = (sheet.get_by_role("group", name=name) for name in ("People", "Clothes"))
    task = Task(page)
    task.does("open “Contact sheet”", page.get_by_role("button", name="Contact sheet").click, draws=False)
    task.does("tick a garment", clothes.locator(".sheet-tile").nth(3).click, draws=False)
    task.does("“All people”", sheet.get_by_role("button", name="All people").click, draws=False)
    everybody = len(samples.people())
    expect(sheet.locator(".sheet-count")).to_have_text(f"{everybody} people × 1 outfit: {everybody} pictures")
    task.does("“Draw”", sheet.get_by_role("button", name="Draw", exact=True).click, draws=False)
    expect(sheet.get_by_role("progressbar")).to_be_visible()
    expect(sheet.locator(".sheet-count")).to_contain_text(f"of {everybody}")
    task.took("one outfit on all people, as one sheet (begun)", 4)

    sheet.get_by_role("button", name="Cancel").click()
    expect(sheet.locator(".sheet-count")).to_have_text("Cancelled.", timeout=60_000)
    clothes.get_by_role("button", name="All clothes").click()
    expect(sheet.locator(".sheet-count")).to_contain_text("a sheet has at most 36. Untick some.")
    expect(sheet.get_by_role("button", name="Draw", exact=True)).to_be_disabled()
    clothes.get_by_role("button", name="None").click()
    people.get_by_role("button", name="None").click()
    people.get_by_role("checkbox", name="Mara", exact=True).focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    clothes.locator(".sheet-tile").nth(3).click()
    sheet.get_by_role("button", name="Draw", exact=True).click()
    shown = "Contact sheet: Mara; Tomás (Sailor shirt)"
    expect(sheet.locator(".sheet-view img")).to_have_attribute("alt", shown, timeout=60_000)
    with page.expect_download() as saved:
        sheet.get_by_role("button", name="Save the pictures").click()
    saved.value.save_as(tmp_path / "sheet.zip")
    assert {"table.csv", "sheet.png", "look.json"} < {*zipfile.ZipFile(tmp_path / "sheet.zip").namelist()}
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    expect(page.locator(".results-list [role=option]")).to_have_count(2)


def test_a_look_from_a_link(browser: Browser, studio_url: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    yesterday = context.new_page()
    open_page(yesterday, studio_url)
    open_tab(yesterday, "Clothes")
    with new_picture(yesterday):
        yesterday.locator("#garment-picker [role=option]").nth(1).click()
    yesterday.get_by_role("button", name="Copy link").click()
    expect(yesterday.locator("#notice .notice-list .notice")).to_contain_text("link is copied")
    link = yesterday.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{studio_url}/?look=") and len(link) < 1000
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    task = Task(page)
    task.does("open the link", lambda: open_page(page, link), draws=False)
    expect(page.locator("#edits .edit-label")).to_have_text(yesterday.locator("#edits .edit-label").all_inner_texts())
    assert "look=" not in page.url, "a reload keeps what is edited from here on"
    task.took("open yesterday's look from a link", 1)
    page.goto(link[:-40])
    expect(page.locator("#notice .notice.warning")).to_contain_text("link is not whole")
    page.context.close()
    context.close()
