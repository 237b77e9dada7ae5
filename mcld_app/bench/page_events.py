"""A page without a browser: a studio's events by name over HTTP, as Gradio's own page sends them.

On the standard library alone, and little of it, since whoever measures a machine shares it with what is measured.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

PATIENCE = 120.0
"""Seconds for one answer."""


class EventFailed(RuntimeError):
    """The studio gave an answer that a page could show nothing of."""


@dataclass(frozen=True)
class Layout:
    """A page's events, as its configuration has them.

    Attributes:
        names: the number of each component that has an element's name.
        events: what may happen on the page, each as Gradio describes it.
    """

    names: Mapping[str, int]
    events: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, port: int) -> Layout:
        """The layout of the page that is served at that port of this machine."""
        config = json.loads(_asked(port, "GET", "/config"))
        names = {part["props"].get("elem_id"): part["id"] for part in config["components"]}
        return cls({name: number for name, number in names.items() if name}, tuple(config["dependencies"]))

    def event(self, element: str, event: str) -> Mapping[str, Any]:
        """The event of an element; of the page itself where that is ""."""
        target = self.names[element] if element else None
        for found in self.events:
            if any(name == event and target in (number, None) for number, name in found["targets"]):
                return found
        raise EventFailed(f"The page has no event {event!r} of {element!r}.")

    def after(self, event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The events that follow an event by themselves: by Gradio's own rule, and the one that the page's notice asks
        for after each answer."""
        follow = [other for other in self.events if other.get("trigger_after") == event["id"]]
        told = self.names.get("notice")
        return [*follow, self.event("notice", "rest")] if told in event["outputs"] else follow


@dataclass
class PageEvents:
    """One open page.

    Args:
        layout: its events.
        port: of the studio on this machine.
        name: Gradio's name for the page.
    """

    layout: Layout
    port: int
    name: str
    _shown: dict[int, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._elements = {number: name for name, number in self.layout.names.items()}

    def open(self) -> int:
        """Fetch the page itself, as a browser that takes compressed answers; returns its bytes."""
        return len(_asked(self.port, "GET", "/", headers={"Accept-Encoding": "gzip"}))

    def begin(self, event: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Let something happen; the values that its answer brings, by element. What follows by itself is left to
        `rest`. Raises EventFailed, OSError."""
        body = {
            "fn_index": event["id"], "session_hash": self.name, "event_data": data,
            "trigger_id": event["targets"][0][0] if event["targets"] else None,
            "data": [self._shown.get(number) for number in event["inputs"]],
        }  # fmt: skip
        answer = self._turn(body) if event["queue"] else self._now(body)
        values = {}
        for number, value in zip(event["outputs"], answer, strict=True):
            if isinstance(value, dict) and value.get("__type__") != "update":
                element = self._elements.get(number, str(number))
                values[element] = value
                # Of all that it shows a page sends along no more than the events ask for: numbers and short texts.
                self._shown[number] = {key: each for key, each in value.items() if not _is_large(each)}
        return values

    def rest(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """What follows an event by itself, one after another."""
        values: dict[str, Any] = {}
        waiting = self.layout.after(event)
        while waiting:
            following = waiting.pop(0)
            values |= self.begin(following)
            waiting += self.layout.after(following)
        return values

    def _now(self, body: Mapping[str, Any]) -> list[Any]:
        return json.loads(_asked(self.port, "POST", "/gradio_api/run/predict", body))["data"]

    def _turn(self, body: Mapping[str, Any]) -> list[Any]:
        """An event that waits for its turn: its last answer, which comes as server-sent events."""
        _asked(self.port, "POST", "/gradio_api/queue/join", body)
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request("GET", f"/gradio_api/queue/data?session_hash={self.name}")
            for line in connection.getresponse():
                if line.startswith(b"data:"):
                    told = json.loads(line[5:])
                    if told["msg"] == "process_completed":
                        if not told["success"]:
                            raise EventFailed(str(told.get("output"))[:200])
                        return told["output"]["data"]
        raise EventFailed("The stream of news ended before the answer.")


def _is_large(value: object) -> bool:
    return isinstance(value, list | dict) or (isinstance(value, str) and len(value) > 200)


def _asked(
    port: int, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """An answer's body. A connection for each: one that rests is closed by the server after seconds, perhaps just when
    it is used again. Raises EventFailed for a status other than 200."""
    sent = None if body is None else json.dumps(body).encode()
    told = {"Content-Type": "application/json"} if sent is not None else {}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request(method, path, sent, {**told, **(headers or {})})
        answer = connection.getresponse()
        content = answer.read()
    if answer.status != 200:
        raise EventFailed(f"{method} {path}: {answer.status} {content[:200].decode('utf-8', 'replace')}")
    return content
