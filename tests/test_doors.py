"""The studio for other programs: pictures come and go as files, looks stay on the server under a key, and MCP clients
get image content. Nothing of it touches the disk."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from page_client import served
from PIL import Image

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.editing import samples
from mcld_app.editing.pose_library import read_poses
from mcld_app.engine.worker import drawer
from mcld_app.errors import PictureError, StudioError
from mcld_app.output.sheet_table import read_table
from mcld_app.studio.api import sheet_door
from mcld_app.studio.doors import outside
from mcld_app.studio.handing import GONE, Handing
from mcld_app.studio.kept_looks import KeptLooks
from mcld_app.studio.page import build
from mcld_app.studio.panels.clip import api_poses_of_clip
from mcld_app.studio.panels.people import api_start
from mcld_app.studio.panels.poses import api_pose
from mcld_app.studio.panels.stage import api_picture
from mcld_app.studio.session_store import SessionStore

PHOTO, IUV = ([*samples.people().values()][2].photo_path, [*samples.people().values()][2].iuv_path)


sheet_endpoint = sheet_door(drawer())


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def programs_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[gr.Blocks]:
    """A studio in this process, which serves MCP clients where there is the package for it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_MCP_SERVER", "True" if find_spec("mcp") else "False")
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("written")))
        with served(build()) as blocks:
            yield blocks


# ---- files on their way -------------------------------------------------------------------------------------------


def test_a_file_is_found_by_its_path_and_address_for_ten_minutes() -> None:
    clock = Clock()
    files = Handing(clock=clock)
    path = files.take(b"photo")
    assert files.handed_in(path) == files.handed_in(f"http://studio/gradio_api/file={path}") == b"photo"
    assert files.read({"path": path, "url": None}) == b"photo"
    clock.now = 601
    with pytest.raises(PictureError, match="longer than ten minutes ago"):
        files.handed_in(path)


def test_what_was_sent_is_given_to_nobody_who_only_fetches() -> None:
    files = Handing()
    assert files.handed_out(files.take(b"photo")) is None
    with pytest.raises(PictureError):
        files.handed_in(files.give(b"picture")["path"])


def test_the_oldest_files_make_room() -> None:
    files = Handing(most=100)
    paths = [files.take(bytes([k]) * 40) for k in range(4)]
    assert len(files) == 2 and files.handed_in(paths[3]) == b"\3" * 40
    with pytest.raises(PictureError):
        files.handed_in(paths[1])


@pytest.mark.parametrize("path", ["/etc/passwd", "http://elsewhere.example/photo.png", "handed-out/x", ""])
def test_no_file_of_this_machine_is_read_and_nothing_is_fetched(path: str) -> None:
    with pytest.raises(PictureError, match=r"Nothing is fetched|not here"):
        Handing().read({"path": path})


# ---- looks that are kept ------------------------------------------------------------------------------------------


@pytest.fixture
def door() -> Callable[..., Any]:
    """Endpoints as programs see them, of a server of their own: `door(function)`; its parts are attributes."""

    def made(function: Callable[..., Any]) -> Callable[..., Any]:
        return outside(function.__name__, function, made.kept, made.files)

    made.clock = Clock()
    made.sessions = SessionStore(7200, made.clock)
    made.kept, made.files = KeptLooks(made.sessions), Handing()
    return made


def test_a_kept_look_is_changed_by_its_key_and_not_by_a_recipe(door: Callable[..., Any]) -> None:
    key, recipe = door(api_start)("person:mara", keep=True), door(api_start)("person:mara")
    assert key.startswith("look-") and len(key) < 64 and json.loads(recipe)
    assert door(api_pose)(key, "arms-up") == key
    with door.kept.taken_up(key) as (kept, _):
        assert kept.look.pose == named_poses()["arms-up"]
    assert json.loads(door(api_pose)(recipe, "arms-up"))["pose"] and len(door.sessions) == 1


def test_an_edit_that_fails_leaves_the_kept_look_as_it_was(door: Callable[..., Any]) -> None:
    key = door(api_start)("person:mara", True)
    with pytest.raises(gr.Error, match="no such pose"):
        door(api_pose)(key, "nonsense")
    with door.kept.taken_up(key) as (kept, _):
        assert kept.look.pose is None


def test_a_kept_look_goes_when_it_is_forgotten_or_after_two_hours(door: Callable[..., Any]) -> None:
    first, second = (door(api_start)("person:mara", True) for _ in range(2))
    assert first != second
    door.kept.forget(first)
    with pytest.raises(gr.Error, match="No look is kept under this key"):
        door(api_pose)(first, "arms-up")
    door.clock.now = 7000
    assert door(api_pose)(second, "arms-up") == second, "a use makes it last"
    door.clock.now = 14500
    door.sessions.tidy()
    assert not len(door.sessions)
    with pytest.raises(gr.Error, match="No look is kept under this key"):
        door(api_pose)(second, "arms-up")
    with pytest.raises(StudioError):
        door.kept.forget("look-" + "a" * 43)


def test_a_table_of_rows_becomes_a_sheet_and_a_zip_of_its_pictures(door: Callable[..., Any]) -> None:
    key = door(api_start)("person:mara", True)
    table = "person,clothes,pose,file\n,garment:jeans,,a.png\nperson:tomas,,arms-up,b.png\n"
    sheet, pictures = door(sheet_endpoint)(key, table)
    assert (sheet["mime_type"], pictures["mime_type"]) == ("image/png", "application/zip")
    large = Image.open(io.BytesIO(door.files.handed_out(sheet["path"])))
    assert large.width > 2 * 352 and large.height > 512
    inside = zipfile.ZipFile(io.BytesIO(door.files.handed_out(pictures["path"])))
    assert {*inside.namelist()} == {"a.png", "b.png", "sheet.png", "table.csv"}
    assert Image.open(inside.open("a.png")).size == (352, 512)
    rows = read_table(inside.read("table.csv").decode())
    assert [(row.person, row.clothes, row.pose, row.seed) for row in rows] == [
        ("", "garment:jeans", "", 0), ("person:tomas", "", "arms-up", 0)
    ]  # fmt: skip
    for wrong, said in (("person\nperson:nobody\n", "not here any more"), ("pose\nupside-down\n", "no such pose")):
        with pytest.raises(gr.Error, match=said):
            door(sheet_endpoint)(key, wrong)


@pytest.mark.parametrize(("table", "said"), [
    ("person\n", "no row"), ("", "no row"), ("hat\nred\n", "columns"), ("seed\n-1\n", "seed of row 1"),
    ("file\n../a.png\n", "file of row 1"), ("file\nsheet.png\n", "the sheet’s"), ("file\na.png\na.png\n", "same file"),
    ("pose\n" + "standing\n" * 37, "more than 36"), ("pose\nstanding,more\n", "columns"), ('pose\n"a\n', "no CSV"),
])  # fmt: skip
def test_a_table_that_is_none_is_told_in_a_sentence(table: str, said: str) -> None:
    with pytest.raises(StudioError, match=said):
        read_table(table)


def test_of_a_clip_programs_get_poses_that_the_page_opens(
    door: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    poses = [named_poses()[name].replace(name=name) for name in ("standing", "walking", "arms-up")]
    monkeypatch.setattr("mcld_app.studio.panels.clip.poses_of", lambda data, who: poses[who:])
    text = door(api_poses_of_clip)("data:image/gif;base64,R0lG", 1)
    assert [pose.name for pose in read_poses("clip", text.encode())] == ["walking", "arms-up"]
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    with pytest.raises(gr.Error, match="I may use these pictures"):
        door(api_poses_of_clip)("data:image/gif;base64,R0lG")


def test_a_picture_is_handed_out_as_a_file(door: Callable[..., Any]) -> None:
    key = door(api_start)("person:mara", True)
    file = door(api_picture)(key)
    assert file["mime_type"] == "image/png" and file["meta"] == {"_type": "gradio.FileData"}
    assert Image.open(io.BytesIO(door.files.handed_out(file["path"]))).size == (352, 512)
    door.files.drop(key)
    assert door.files.handed_out(file["path"]) is None


# ---- through the network ------------------------------------------------------------------------------------------


def test_gradio_client_sends_a_photo_as_a_file_and_gets_pictures_as_files(
    programs_studio: gr.Blocks, tmp_path: Path
) -> None:
    client = Client(programs_studio.local_url, verbose=False, download_files=tmp_path)
    photo, iuv = handle_file(PHOTO), handle_file(IUV)
    key = client.predict(photo, iuv, True, keep=True, api_name="/start_with_photo")
    assert client.predict(key, "garment:jeans", "bottom", api_name="/wear") == key
    picture = client.predict(key, api_name="/picture")
    assert Path(picture).is_file() and Image.open(picture).size == (352, 512)
    drawn = client.predict(key, seeds=[3, 4], steps=2, guidance=1.0, model="bundled", api_name="/draw")
    assert [Image.open(each).size for each in drawn] == [(176, 256)] * 2
    assert len(json.loads(client.predict(key, api_name="/recipe"))["pictures"]) == 1
    assert client.predict(key, api_name="/forget") is True
    with pytest.raises(Exception, match="No look is kept"):
        client.predict(key, api_name="/picture")
    written = [p for p in Path(gr.utils.get_upload_folder()).rglob("*") if p.is_file()]
    assert not written, "nothing of a visitor is written to the server's disk"


def test_a_program_without_gradio_sends_a_form_and_fetches_the_picture(programs_studio: gr.Blocks) -> None:
    with httpx.Client(base_url=programs_studio.local_url, trust_env=False, timeout=60) as web:
        [path] = web.post("gradio_api/upload", files={"files": ("a photo.png", PHOTO.read_bytes())}).json()
        assert web.get(f"gradio_api/file={path}").status_code in (403, 404), "it is no place to put files for others"

        def call(name: str, *data: object) -> Any:
            answer = web.post(f"gradio_api/run/{name}", json={"data": list(data)})
            assert answer.is_success, answer.text
            return answer.json()["data"][0]

        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        [map_path] = web.post("gradio_api/upload/", files={"files": ("m.png", IUV.read_bytes())}).json()
        key = call("start_with_photo", file, map_path, True, 0, False, True)
        given = call("picture", key)
        fetched = web.get(given["url"])
        assert fetched.headers["content-type"] == "image/png" and fetched.headers["cache-control"] == "no-store"
        assert np.asarray(Image.open(io.BytesIO(fetched.content))).std() > 10
        assert web.get(given["url"].replace("handed-out/", "handed-out/a")).json()["error"] == GONE
        assert web.post("gradio_api/upload", content=b"no form").status_code == 400
        assert web.get("gradio_api/upload").status_code == 405
        for photo in ({"path": "/etc/passwd"}, "http://elsewhere.example/photo.png"):
            refused = web.post("gradio_api/run/start_with_photo", json={"data": [photo]})
            assert "Nothing is fetched" in refused.text


def test_with_a_password_nobody_hands_anything_in_or_out_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from mcld_app.studio.handing import HandingDoor

    async def asks_for_a_password(scope, receive, send) -> None:
        await gr.routes.JSONResponse({}, 401 if scope["path"].endswith("login_check") else 200)(scope, receive, send)

    files = Handing()
    given = files.give(b"picture")

    async def asked() -> list[int]:
        transport = httpx.ASGITransport(HandingDoor(asks_for_a_password, files))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as web:
            sent = await web.post("/gradio_api/upload", files={"files": b"photo"})
            return [sent.status_code, (await web.get(given["url"])).status_code]

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(lambda: asyncio.run(asked())).result() == [401, 401]
    assert len(files) == 1


@pytest.mark.skipif(find_spec("mcp") is None, reason="the package mcp is not installed: pip install 'mcp>=1.21,<2'")
def test_an_mcp_client_starts_a_look_poses_dresses_and_draws_it(programs_studio: gr.Blocks) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def used() -> dict[str, Any]:
        async with (
            streamable_http_client(f"{programs_studio.local_url}gradio_api/mcp/") as (reads, writes, _),
            ClientSession(reads, writes) as session,
        ):
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}

            async def call(tool: str, /, **named: object) -> list[Any]:
                answer = await session.call_tool(tool, named)
                assert not answer.isError, answer.content
                return answer.content

            [key] = [each.text for each in await call("start", person="person:mara", keep=True)]
            told = [await call("pose", recipe=key, name="arms-up")]
            told += [await call("wear", recipe=key, garment="garment:jeans", region="bottom")]
            picture = await call("picture", recipe=key)
            drawn = await call("draw", recipe=key, seeds=[3, 4], steps=2, guidance=1.0, model="bundled")
            wrong = await session.call_tool("pose", {"recipe": key, "name": "nonsense"})
            return {"tools": tools, "key": key, "told": told, "picture": picture, "drawn": drawn, "wrong": wrong}

    with ThreadPoolExecutor(1) as thread:  # a browser's tests have a loop of theirs in this one
        seen = thread.submit(lambda: asyncio.run(used())).result()
    assert {"start", "start_with_photo", "wear", "draw", "forget", "sheet", "poses_of_clip"} <= set(seen["tools"])
    start = seen["tools"]["start"].inputSchema
    assert start["required"] == ["person"] and "until “forget”" in start["properties"]["keep"]["description"]
    assert [[each.text for each in content] for content in seen["told"]] == [[seen["key"]]] * 2
    sizes = [
        Image.open(io.BytesIO(base64.b64decode(each.data))).size
        for each in (*seen["picture"], *seen["drawn"])
        if each.type == "image" and each.mimeType == "image/png"
    ]
    assert sizes == [(352, 512), (176, 256), (176, 256)]
    assert seen["wrong"].isError and "There is no such pose" in seen["wrong"].content[0].text
    answers = [*seen["told"], seen["picture"], seen["drawn"]]
    words = "".join(each.text for content in answers for each in content if each.type == "text")
    assert len(words) < 1500, "no picture goes through a language model as text"


def test_on_a_space_and_only_there_it_can_be_duplicated(monkeypatch: pytest.MonkeyPatch) -> None:
    def offered() -> bool:
        return any(part["props"].get("elem_id") == "duplicate" for part in build().config["components"])

    assert not offered()
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    assert offered()
