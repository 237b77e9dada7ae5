"""A page without a browser: the studio served within this process, and visitors that send its events by name."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from mcld_app.studio.session import Session


@contextmanager
def served(blocks: gr.Blocks) -> Iterator[gr.Blocks]:
    """The page at a free port of 127.0.0.1, as `app.py` serves it."""
    from mcld_app.studio.page import launch_options

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    options = launch_options(lambda: blocks.health)
    blocks.launch(server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True, **options)
    try:
        yield blocks
    finally:
        blocks.close(verbose=False)


class Visitor:
    """A page without a browser: events by name, at a studio in this process.

    Attributes:
        told: all that the page was told, as JSON.
    """

    def __init__(self, blocks: gr.Blocks, name: str) -> None:
        import httpx

        self.blocks, self.name, self.told = blocks, name, []
        self._client = httpx.Client(base_url=blocks.local_api_url, trust_env=False, timeout=60)
        config = blocks.config
        self._names = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
        self._elements = {number: name for name, number in self._names.items()}
        self._events = config["dependencies"]
        self._shown: dict[int, Any] = {}  # as a page, it sends along what its components show

    def does(self, element: str, event: str, **data: object) -> dict[str, Any]:
        """An event of the page, and those that Gradio's page lets follow it; returns the last value of each component
        that was told one, by its element's name."""
        target = self._names[element]
        waiting = [next(e for e in self._events if [target, event] in [list(t) for t in e["targets"]])]
        values: dict[str, Any] = {}
        while waiting:
            dependency = waiting.pop(0)
            body = {"fn_index": dependency["id"], "session_hash": self.name, "event_data": data, "trigger_id": target,
                    "data": [self._shown.get(number) for number in dependency["inputs"]]}  # fmt: skip
            answer = self._wait(body) if dependency["queue"] else self._ask(body)
            for number, value in zip(dependency["outputs"], answer, strict=True):
                if isinstance(value, dict) and value.get("__type__") != "update":
                    values[self._elements.get(number, str(number))] = self._shown[number] = value
            waiting += [e for e in self._events if e.get("trigger_after") == dependency["id"]]
            if self._names["notice"] in dependency["outputs"]:  # then the page asks for the rest
                rest = [self._names["notice"], "rest"]
                waiting.append(next(e for e in self._events if rest in [list(t) for t in e["targets"]]))
        return values

    def _ask(self, body: dict) -> list:
        answer = self._client.post("run/predict", json=body)
        assert answer.is_success, answer.text
        self.told.append(answer.text)
        return answer.json()["data"]

    def _wait(self, body: dict) -> list:
        """For an event that waits for its turn: its last answer."""
        began = self._client.post("queue/join", json=body)
        assert began.is_success, began.text
        with self._client.stream("GET", "queue/data", params={"session_hash": self.name}) as lines:
            messages = [json.loads(line[6:]) for line in lines.iter_lines() if line.startswith("data:")]
        self.told.append(json.dumps(messages))
        end = next(message for message in messages if message["msg"] == "process_completed")
        assert end["success"], end
        return end["output"]["data"]

    def asks(self, element: str, function: str, data: object) -> Any:
        """Call a server function of a component, as its script does."""
        body = {"component_id": self._names[element], "fn_name": function, "session_hash": self.name, "data": data}
        answer = self._client.post("component_server", json=body)
        assert answer.is_success, answer.text
        self.told.append(answer.text)
        return answer.json()

    @property
    def session(self) -> Session:
        """The session on the server."""
        held = self.blocks.state_holder.session_data[self.name].state_data.values()
        return next(value for value in held if isinstance(value, Session))

    def kept(self) -> str:
        """All that Gradio keeps of this page."""
        session = self.blocks.state_holder.session_data[self.name]
        values = [getattr(part, "value", None) for part in session.blocks_config.blocks.values()]
        return json.dumps([session.config_values, values], default=repr)


def pictures_in(text: str) -> set[str]:
    """A piece out of the middle of each long run of base64: they all begin alike."""
    return {run[len(run) // 2 :][:120] for run in re.findall(r"[A-Za-z0-9+/]{400,}", text)}
