"""Typed at the door: every endpoint, every argument, and whatever a program may send in its place."""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
import logging
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

import cv2
import gradio as gr
import numpy as np
import pytest
from flat_garments import tee
from gradio.state_holder import SessionState
from hypothesis import given
from hypothesis import strategies as st

from mcld_app.body.photo import encode_png
from mcld_app.editing.samples import people as sample_people
from mcld_app.errors import StudioError
from mcld_app.request import Drawn
from mcld_app.studio import api, arguments, messages
from mcld_app.studio.page import PANELS, build

FILE = {"meta": {"_type": "gradio.FileData"}}
DEEP: Any = "x"
for _ in range(200):
    DEEP = [DEEP]
ODD: list[Any] = [
    None, True, False, 0, -1, 3.5, 10**400, 1e308, float("nan"), float("-inf"), "", "\0", "\ud800", "x" * 50_000,
    "../../etc/passwd", "data:image/png;base64,", base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode(), "{}",
    '{"format": "mcld-recipe", "version": 1, "person": {"photo": [9]}}', [], [None, "x", 7], DEEP, {}, {"a": {"b": 1}},
    {**FILE, "path": "/etc/passwd"}, {**FILE, "url": "http://127.0.0.1:9/x", "path": "x"}, {"__type__": "update"}, "[]",
]  # fmt: skip


def endpoints(blocks: gr.Blocks) -> dict[str, Any]:
    """All endpoints by name, as Gradio has them."""
    names = {*api.endpoints(PANELS), "generate"}
    return {function.api_name: function for function in blocks.fns.values() if function.api_name in names}


@pytest.fixture(scope="module")
def blocks() -> gr.Blocks:
    """The page, which draws at once."""

    def drawing(model, jobs, settings, stop, owner) -> Iterator:
        yield [Drawn(np.zeros((64, 44, 3), np.uint8), job.seed, None, "cpu", "float32", 1, "") for job in jobs]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "drawer", lambda: drawing)
        return build()


@pytest.fixture(scope="module")
def good() -> dict[str, Any]:
    """A good value for each argument that has no default, by its name."""
    person = next(iter(sample_people().values()))
    photo, iuv = (base64.b64encode(path.read_bytes()).decode() for path in (person.photo_path, person.iuv_path))
    small = cv2.resize(tee().picture, (240, 240), interpolation=cv2.INTER_AREA)  # it is put on very often
    layer = np.zeros((512, 512, 4), np.uint8)
    layer[200:220, 200:220] = 255
    return {
        "recipe": api.endpoints(PANELS)["start"]("person:mara"), "person": "person:kofi", "photo": photo, "iuv": iuv,
        "name": "arms-up", "file": iuv, "values": {"yaw": 10.0}, "handle": "l_wrist", "x": 100.0, "y": 100.0,
        "garment": "garment:jeans", "picture": base64.b64encode(encode_png(small)).decode(),
        "weight": 0.5, "how": "smooth", "part": 3, "index": 0, "on": True,
        "to": 0, "strokes": base64.b64encode(cv2.imencode(".png", layer)[1].tobytes()).decode(),
    }  # fmt: skip


def arguments_of(function: Any, good: dict[str, Any]) -> list[Any]:
    known = inspect.signature(function.fn).parameters.values()
    empty = inspect.Parameter.empty
    return [good[p.name] if p.default is empty or p.name == "iuv" else p.default for p in known]


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    """One for all calls: to begin one costs more than a call. In a thread of its own, for a browser's tests have theirs
    in this one."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


def call(blocks: gr.Blocks, function: Any, sent: list[Any], state: SessionState) -> str:
    """The sentence that an endpoint answers with; "" where it answers with what was asked for."""
    try:
        asyncio.run_coroutine_threadsafe(blocks.process_api(function, sent, state=state), _loop()).result(60)
    except gr.Error as error:
        assert not error.print_exception
        return error.message
    return ""


def read_as(name: str, function: Any, sent: list[Any]) -> str:
    """What a function is called with, as text; where what was sent is refused, that."""
    try:
        return repr([name, *arguments.read(function.fn, sent)])
    except StudioError:
        return repr([name, "refused", *sent])


def test_whatever_is_sent_is_answered_with_a_sentence(
    blocks: gr.Blocks, good: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    calls, state, taken = 0, SessionState(blocks), set()
    with caplog.at_level(logging.WARNING):
        for name, function in endpoints(blocks).items():
            whole = arguments_of(function, good)
            for place in range(len(whole)):
                for odd in ODD:
                    sent = [*whole[:place], odd, *whole[place + 1 :]]
                    if (read := read_as(name, function, sent)) in taken:  # it would do the same work once more
                        continue
                    taken.add(read)
                    said = call(blocks, function, sent, state)
                    calls += 1
                    assert said != messages.UNEXPECTED, (name, place, repr(odd)[:80], caplog.text[-300:])
                    assert not said or (" " in said and said[-1] in ".!”"), (name, place, said)
            for count in range(len(whole)):
                call(blocks, function, whole[:count], state)
                calls += 1
            assert "more arguments" in call(blocks, function, [*whole, 1], state)
    assert calls >= 1300, calls
    print(f"{calls} calls")
    assert "Traceback" not in caplog.text


def test_a_good_call_of_each_endpoint_is_answered(blocks: gr.Blocks, good: dict[str, Any]) -> None:
    """Else a sentence would prove nothing."""
    answered = {
        name for name, function in endpoints(blocks).items()
        if call(blocks, function, arguments_of(function, good), SessionState(blocks)) == ""
    }  # fmt: skip
    assert len(answered) >= 15 and {"pose", "face", "start_with_photo", "generate", "preview"} <= answered


def test_what_is_sent_is_not_kept(blocks: gr.Blocks, good: dict[str, Any]) -> None:
    state = SessionState(blocks)
    marker = "MyPhotoOfMaya" * 20
    assert call(blocks, endpoints(blocks)["start_with_photo"], [good["photo"], marker], state) != ""
    assert marker[:100] not in json.dumps([state.config_values, state.state_data], default=repr)


# ---- the parser alone ---------------------------------------------------------------------------------------------


def example(
    a: str, b: int, c: float = 1.5, d: bool = False, e: list[int] | None = None,
    f: Literal["x", "y"] = "x", g: dict[str, float] | None = None,
) -> None:  # fmt: skip
    """A function with an argument of each kind."""


example.__signature__ = inspect.signature(example, eval_str=True)


def test_arguments_come_out_as_their_types() -> None:
    assert arguments.read(example, ["t", 2.0, 3, True, [1, 2], "y", {"k": 1}]) == [
        "t", 2, 3.0, True, [1, 2], "y", {"k": 1.0},
    ]  # fmt: skip
    assert arguments.read(example, ["t", 2]) == ["t", 2, 1.5, False, None, "x", None]
    assert arguments.read(example, ["t", 2, None, None, None, None]) == ["t", 2, 1.5, False, None, "x", None]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ([], "“a” is missing"),
        ([None, 2], "“a” is missing"),
        (["t"], "“b” is missing"),
        ([3, 2], "“a” has to be text"),
        (["\ud800", 2], "“a” has to be text"),
        (["t", "2"], "“b” has to be a whole number"),
        (["t", 2.5], "“b” has to be a whole number"),
        (["t", True], "“b” has to be a whole number"),
        (["t", 2, float("nan")], "“c” has to be a number"),
        (["t", 2, 10**400], "“c” has to be a number"),
        (["t", 2, 1, 1], "“d” has to be true or false"),
        (["t", 2, 1, True, "1"], "“e” has to be a list of whole numbers"),
        (["t", 2, 1, True, [1, "x"]], "“e” has to be a list of whole numbers"),
        (["t", 2, 1, True, [1], "z"], "“f” has to be one of “x”, “y”"),
        (["t", 2, 1, True, [1], ["x"]], "“f” has to be one of “x”, “y”"),
        (["t", 2, 1, True, [1], "x", {"k": "v"}], "“g” has to be a table of numbers by name"),
        (["t", 2, 1, True, [1], "x", {}, 8], "more arguments than this endpoint takes, which are: a, b, c, d, e, f, g"),
    ],
)
def test_what_is_wrong_is_said_by_name(sent: list[Any], said: str) -> None:
    with pytest.raises(StudioError, match=said):
        arguments.read(example, sent)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.lists(json_values, max_size=9))
def test_anything_is_read_or_refused(sent: list[Any]) -> None:
    try:
        a, b, c, d, e, f, g = arguments.read(example, sent)
    except StudioError:
        return
    assert isinstance(a, str) and type(b) is int and type(c) is float and type(d) is bool and f in ("x", "y")
    assert e is None or all(type(item) is int for item in e)
    assert g is None or all(type(key) is str and type(item) is float for key, item in g.items())
