"""The page under its Content-Security-Policy, and behind a reverse proxy, in a real Chromium."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from acting import COUNT_QUESTIONS, SLOW, choose_pose, open_page, open_tab, open_upload, wait_until_ready, wear_by_click
from conftest import run_studio
from playwright.sync_api import Browser, Page
from sub_path_proxy import sub_path_proxy

from mcld_app.editing.samples import people as sample_people

pytestmark = pytest.mark.browser

_WATCH = """
window.refused = [];
addEventListener("securitypolicyviolation", (event) => window.refused.push(
  `${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile || ""}`));
"""


@pytest.fixture
def watched(page: Page) -> Page:
    """A page that notes what its policy refuses."""
    page.add_init_script(_WATCH)
    return page


def use_all_of_it(page: Page) -> None:
    """One thing of each kind: pictures, the painting canvas, files in and out, a drag, another pose."""
    choose_pose(page, "Arms up")
    for tab in ("Clothes", "Face", "Paint", "Pose"):
        open_tab(page, tab)
    for details in page.locator("details > summary").all():
        if details.is_visible():
            details.click()
    open_upload(page)
    person = next(iter(sample_people().values()))
    page.set_input_files(".upload-slot[data-kind=photo] input", person.photo_path)
    page.set_input_files(".upload-slot[data-kind=iuv] input", person.iuv_path)
    with page.expect_download(timeout=SLOW) as waiting:
        page.get_by_role("button", name="Preview picture").click()
    assert waiting.value.suggested_filename == "mcld-picture.png"
    wear_by_click(page, 0, "Top")


def test_no_picture_could_be_sent_anywhere_else(watched: Page, studio_url: str, elsewhere: list[str]) -> None:
    """Not even by a script that got onto the page."""
    address = elsewhere[0]
    open_page(watched, studio_url)
    sent = watched.evaluate(
        """async (to) => {
          const image = new Image();
          image.src = to + "/image";
          const asked = fetch(to + "/fetch", { method: "POST", body: "photo", mode: "no-cors" });
          const tried = await asked.then(() => "sent", () => "refused");
          navigator.sendBeacon(to + "/beacon", "photo");
          await new Promise((done) => setTimeout(done, 500));
          return tried;
        }""",
        address,
    )
    assert sent == "refused" and elsewhere[1:] == []
    assert len(watched.evaluate("window.refused")) >= 2


def test_another_page_cannot_show_the_studio_in_a_frame(page: Page, studio_url: str, elsewhere: list[str]) -> None:
    """There a visitor would not know what they press."""
    page.goto(elsewhere[0])
    page.evaluate(
        """async (studio) => {
          const frame = document.createElement("iframe");
          frame.src = studio;
          document.body.append(frame);
          await new Promise((done) => { frame.onload = done; setTimeout(done, 3000); });
        }""",
        studio_url,
    )
    [framed] = page.frames[1:]
    assert not framed.url.startswith(studio_url) and "masthead" not in framed.content()


@pytest.fixture
def elsewhere() -> Iterator[list[str]]:
    """Another server of this machine: its address, and then the paths that it is asked for beside its page."""
    asked: list[str] = []

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path not in ("/", "/favicon.ico"):
                asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<body>elsewhere</body>")

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    asked.append(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield asked
    server.shutdown()


def test_the_page_works_in_a_folder_behind_a_proxy_and_its_policy_refuses_nothing(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    surroundings = {"GRADIO_ROOT_PATH": "/studio", "MCLD_AUTH": "maya:for us"}
    with (
        run_studio(tmp_path_factory.mktemp("proxied"), **surroundings) as running,
        sub_path_proxy(urlsplit(running.url).port, "/studio") as address,
    ):
        context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
        page = context.new_page()
        page.add_init_script(_WATCH)
        lost: list[str] = []
        page.on("response", lambda got: lost.append(f"{got.status} {got.url}") if got.status >= 402 else None)
        page.add_init_script(COUNT_QUESTIONS)
        page.goto(f"{address}/studio/")
        page.get_by_label("username").fill("maya")
        page.get_by_label("password").fill("for us")
        page.get_by_role("button", name="Login").click()
        wait_until_ready(page)
        use_all_of_it(page)
        assert page.evaluate("window.refused") == []
        assert lost == [], running.log()[-800:]
        context.close()
