"""axe-core over the page: no serious finding in our own markup, light or dark, in any tab or on the contact sheet."""

from __future__ import annotations

import pytest
from acting import choose_pose, open_page, open_tab, wear_by_click
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

# Gradio's own wrappers. What is in them and ours lies in a `.widget`.
OURS = [[".widget"], [".plain"]]
NEW = {"Clothes": "#area-edit .widget", "Face": "#area-edit .widget", "Paint": "#area-edit .widget",
       "Contact sheet": ".sheet-dialog"}  # fmt: skip
"""What another tab has of its own: the rest of the page was looked at with the first."""
GRAVE = ("serious", "critical")
RULES = {"light": {}, "dark": {"runOnly": ["color-contrast"]}}  # all else is the same in the dark


def test_our_own_markup_has_no_serious_finding(page: Page, studio_url: str) -> None:
    open_page(page, studio_url)
    choose_pose(page, "Waving")
    wear_by_click(page, 1, "Top")
    page.get_by_text("Settings", exact=True).click()
    found = {}
    for tab in ("Pose", "Clothes", "Face", "Paint", "Contact sheet"):
        if tab == "Contact sheet":
            page.get_by_role("button", name=tab).click()
            page.locator(".sheet-tile").first.click()
        else:
            open_tab(page, tab)
        page.evaluate("document.querySelectorAll('[role=tabpanel] details').forEach((d) => { d.open = true; })")
        for scheme, rules in RULES.items():
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function("dark => document.body.classList.contains('dark') === dark", arg=scheme == "dark")
            page.wait_for_timeout(300)  # colours go over into each other
            ours = [[NEW[tab]]] if tab in NEW else OURS
            results = Axe().run(page, context={"include": ours}, options=rules)
            assert results.response["passes"], "something was looked at"
            for violation in results.response["violations"]:
                if violation["impact"] in GRAVE:
                    places = sorted({node["target"][-1] for node in violation["nodes"]})[:5]
                    found[f"{tab}, {scheme}: {violation['id']}"] = (violation["help"], places)
    assert not found, found
