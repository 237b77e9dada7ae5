"""The studio is started again while its page is open: the page says so, and the look comes back from the window."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from acting import choose_pose, drop_files, open_page, open_upload, point_on_person, wait_until_answered
from conftest import run_studio
from playwright.sync_api import Browser, Page, expect
from test_kept_look import brought

pytestmark = pytest.mark.browser

SAID = "#notice .notice.warning"
KEPT = "JSON.parse(sessionStorage.getItem('mcld-look') || '{}').look || ''"


def forgotten(page: Page) -> None:
    """The page, loaded anew from a server that was started again, as far as it can know."""
    page.evaluate("""() => {
      const kept = JSON.parse(sessionStorage.getItem('mcld-look'));
      sessionStorage.setItem('mcld-look', JSON.stringify({ ...kept, began: 'before' }));
      sessionStorage.removeItem('mcld-visit');
    }""")
    open_page(page, page.url)


def drop_own_photo(page: Page) -> None:
    import base64

    files = [(each["name"], base64.b64decode(each["data"])) for each in brought()["files"]]
    drop_files(page, point_on_person(page, 0.5, 0.02), files)


def test_the_look_comes_back_and_a_photo_is_asked_for(page: Page, studio_url: str) -> None:
    open_page(page, studio_url)
    choose_pose(page, "Arms up")
    page.wait_for_function(f"({KEPT}).includes('Arms up')")
    forgotten(page)
    expect(page.locator(SAID)).to_contain_text("The studio was started again. Your look is back")
    expect(page.locator("#pose-picker [aria-selected=true]")).to_contain_text("Arms up")
    drop_own_photo(page)
    expect(page.locator("#people-picker [aria-selected=true]")).to_contain_text("me")
    wait_until_answered(page)
    choose_pose(page, "Walking")
    page.wait_for_function(f"({KEPT}).includes('Walking')")
    assert len(page.evaluate(KEPT)) < 20_000, "no picture is in it"
    forgotten(page)
    expect(page.locator(SAID)).to_contain_text("Drop the photo again")
    drop_own_photo(page)
    expect(page.locator("#pose-picker [aria-selected=true]")).to_contain_text("Walking")
    expect(page.locator("#people-picker [aria-selected=true]")).to_contain_text("me")
    open_upload(page)
    page.locator(".upload-forget").click()
    page.wait_for_function("!sessionStorage.getItem('mcld-look')")


@pytest.mark.slow
@pytest.mark.skipif("MCLD_LOAD" not in os.environ or os.name != "posix", reason="starts two studios: set MCLD_LOAD=1")
def test_a_studio_that_is_killed_while_it_draws_and_started_again(browser: Browser, tmp_path: Path) -> None:
    """With a real `kill -9`; the page loads itself anew once the server is there again."""
    process = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    with run_studio(tmp_path, started=process.append) as running:
        open_page(page, running.url)
        choose_pose(page, "Arms up")
        page.wait_for_function(f"({KEPT}).includes('Arms up')")
        page.get_by_role("button", name="Generate").click()
        page.locator(".generate[data-state=drawing]").wait_for(timeout=60_000)
        os.killpg(process[0].pid, signal.SIGKILL)
        process[0].wait()
    (tmp_path / "again").mkdir()
    with run_studio(tmp_path / "again", GRADIO_SERVER_PORT=running.url.rpartition(":")[2]) as again:
        expect(page.locator(SAID)).to_contain_text("The studio was started again. Your look is back", timeout=60_000)
        expect(page.locator("#pose-picker [aria-selected=true]")).to_contain_text("Arms up")
        expect(page.locator(".generate")).to_have_attribute("data-state", "idle")
        assert again.url == running.url and "Traceback" not in again.log()
    context.close()
