"""Who may ask the studio for something, and what every answer tells a browser."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from conftest import Studio, run_studio
from starlette.responses import PlainTextResponse

from mcld_app import deployment
from mcld_app.errors import StudioError
from mcld_app.studio import gate

HERE = "127.0.0.1:7860"


async def _welcome(scope, receive, send) -> None:
    await PlainTextResponse("welcome")(scope, receive, send)


def ask(method: str = "GET", path: str = "/", hosts=("localhost", "127.0.0.1"), ancestors="'self'", **headers: str):
    """The answer of a gate before an application that welcomes everybody. Headers' names are written with "_"."""
    guarded = gate.Gate(_welcome, hosts, ancestors)

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(guarded)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            named = {name.replace("_", "-"): value for name, value in {"host": HERE, **headers}.items()}
            return await client.request(method, path, headers=named)

    with ThreadPoolExecutor(1) as thread:  # a browser's tests have a loop of theirs in this one
        return thread.submit(lambda: asyncio.run(asked())).result()


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:7860", "127.0.0.1", "127.0.0.1:80", "localhost."])
def test_the_studio_answers_to_its_own_names(host: str) -> None:
    assert ask(host=host).text == "welcome"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "localhost.evil.example", "127.0.0.1.nip.io", "127.0.0.1@evil", "",
             "[::1]", "192.168.1.5", "0.0.0.0", "localhost,evil.example", "*"]
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_it_answers_to_no_other_name(host: str, method: str) -> None:
    answer = ask(method, host=host)
    assert answer.status_code == 421
    if method != "HEAD":
        assert answer.json()["error"] == gate.WRONG_HOST and (not host or host not in answer.text)


def test_names_that_were_given_are_answered_to() -> None:
    hosts = ("studio.example", "::1", "0.0.0.0")
    for host in ("studio.example", "Studio.Example:443", "[::1]:7860", "192.168.1.5:7860", "[fe80::1]"):
        assert ask(host=host, hosts=hosts).text == "welcome", host
    assert ask(host="evil.example", hosts=hosts).status_code == 421
    assert ask(host="evil.example", hosts=("*",)).text == "welcome"


@pytest.mark.parametrize(
    ("origin", "site"),
    [("http://evil.example", None), ("null", None), ("http://localhost:3000", None), ("http://127.0.0.1", None),
     ("http://[", None), ("", None), (f"http://{HERE}.evil.example", None), (None, "cross-site"), (None, "same-site")],
)  # fmt: skip
def test_another_page_may_press_no_button(origin: str | None, site: str | None) -> None:
    headers = {name: value for name, value in {"origin": origin, "sec_fetch_site": site}.items() if value is not None}
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = ask(method, **headers)
        assert answer.status_code == 403 and answer.json()["error"] == gate.FOREIGN
    assert ask("GET", **headers).text == "welcome", "a link on another page may lead here"


@pytest.mark.parametrize("origin", [None, f"http://{HERE}", f"https://{HERE}"])
def test_its_own_page_and_programs_may(origin: str | None) -> None:
    headers = {"origin": origin, "sec_fetch_site": "same-origin"} if origin else {}
    assert ask("POST", **headers).text == "welcome"


def test_behind_a_proxy_the_page_has_the_name_that_was_given() -> None:
    hosts = ("127.0.0.1", "studio.example")
    assert ask("POST", hosts=hosts, origin="https://studio.example").text == "welcome"
    assert ask("POST", hosts=hosts, origin="https://studio.example.evil").status_code == 403


@pytest.mark.parametrize("root", ["", "/studio"])
@pytest.mark.parametrize("path", ["upload_progress", "deep_link", "vibe-edit/", "proxy=http://x", "stream/x/close"])
def test_doors_that_nothing_uses_are_shut(root: str, path: str) -> None:
    for method in ("GET", "POST"):
        answer = ask(method, f"{root}/gradio_api/{path}")
        assert answer.status_code == 404 and answer.json()["error"] == gate.CLOSED
    assert ask("POST", f"{root}/gradio_api/queue/join").text == "welcome"


def test_every_answer_tells_the_browser_what_it_may_do() -> None:
    for answer in (ask(), ask(host="evil.example"), ask("POST", origin="null"), ask(path="/gradio_api/deep_link")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'self'" in policy and "http" not in policy
    assert "frame-ancestors 'self' https://huggingface.co" in ask(ancestors="'self' https://huggingface.co").headers[
        "content-security-policy"
    ]


# ---- what the environment says ------------------------------------------------------------------------------------


def test_hosts_come_from_the_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GRADIO_SERVER_NAME", "SPACE_HOST", "SPACE_ID", "MCLD_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    assert set(deployment.known_hosts()) == {"localhost", "127.0.0.1", "::1"}
    monkeypatch.setenv("GRADIO_SERVER_NAME", "10.0.0.7")
    monkeypatch.setenv("SPACE_HOST", "somebody-studio.hf.space")
    monkeypatch.setenv("MCLD_HOSTS", " studio.example , other.example,")
    assert set(deployment.known_hosts()) == {
        "localhost", "127.0.0.1", "::1", "10.0.0.7", "somebody-studio.hf.space", "studio.example", "other.example",
    }  # fmt: skip


def test_only_a_space_is_shown_within_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert deployment.frame_ancestors() == "'self'"
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    assert deployment.frame_ancestors() == "'self' https://huggingface.co"


def test_a_name_and_a_password_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MCLD_AUTH", raising=False)
    assert deployment.password() is None
    monkeypatch.setenv("MCLD_AUTH", "maya:a:b c")
    assert deployment.password() == ("maya", "a:b c")


@pytest.mark.parametrize("value", ["secret", ":secret", "maya:", " :secret"])
def test_half_a_password_is_refused_without_saying_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("MCLD_AUTH", value)
    with pytest.raises(StudioError, match="NAME:PASSWORD") as said:
        deployment.password()
    assert "secret" not in str(said.value) and "maya" not in str(said.value)


# ---- the studio as it runs ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio with a password."""
    with run_studio(tmp_path_factory.mktemp("locked"), MCLD_AUTH="maya:only for us") as running:
        yield running


def test_the_studio_itself_stands_behind_the_gate(locked: Studio) -> None:
    with httpx.Client(base_url=locked.url, trust_env=False) as client:
        page = client.get("/")
        assert page.status_code == 200 and "content-security-policy" in page.headers
        assert client.get("/", headers={"host": "evil.example"}).status_code == 421
        join = "/gradio_api/queue/join"
        assert client.post(join, json={}, headers={"origin": "http://evil.example"}).status_code == 403
        file = {"files": ("photo.png", b"x" * 1000)}
        assert client.post("/gradio_api/upload", files=file).status_code == 401, "files, too, are behind the password"


def test_without_the_password_nothing_is_shown_or_drawn(locked: Studio) -> None:
    with httpx.Client(base_url=locked.url, trust_env=False) as client:
        assert "pose-picker" not in client.get("/").text
        for method, path in [
            ("GET", "/config"), ("GET", "/gradio_api/info"), ("POST", "/gradio_api/run/predict"),
            ("POST", "/gradio_api/queue/join"), ("POST", "/gradio_api/call/samples"),
            ("POST", "/gradio_api/call/v2/samples"), ("POST", "/gradio_api/component_server"),
        ]:  # fmt: skip
            assert client.request(method, path, json={"data": []}).status_code == 401, path
        wrong = client.post("/login", data={"username": "maya", "password": "only for me"})
        assert wrong.status_code == 400
        assert client.post("/login", data={"username": "maya", "password": "only for us"}).status_code == 200
        assert "pose-picker" in client.get("/").text
        assert client.post("/gradio_api/call/samples", json={"data": []}).status_code == 200
        assert client.post("/gradio_api/upload", files={"files": ("photo.png", b"x")}).status_code == 200
    assert "only for us" not in locked.log()


@pytest.mark.slow
@pytest.mark.skipif("MCLD_LOAD" not in os.environ, reason="starts the studio once more: set MCLD_LOAD=1")
def test_half_a_password_keeps_the_studio_from_starting(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=root, env={**os.environ, "MCLD_AUTH": "secret"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and "NAME:PASSWORD" in done.stderr
    assert "secret" not in done.stderr and "Traceback" not in done.stderr
