"""Visitors at the same time, each with a photo of a colour of their own: nobody is shown anybody else's colour."""

from __future__ import annotations

import base64
import binascii
import json
import random
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cv2
import gradio as gr
import numpy as np
import pytest
from page_client import Visitor, served

from mcld_app.body.photo import encode_png, read_photo
from mcld_app.editing.samples import people as sample_people
from mcld_app.request import Drawn, Progress
from mcld_app.studio.page import build
from mcld_app.studio.panels import generate

pytestmark = pytest.mark.slow

HUES = {"azure": 98, "blue": 120, "violet": 139, "magenta": 158}
"""OpenCV's hues, of 180: each visitor's. An IUV map has hardly any blue, so none of them is taken for a colour."""
NEAR = 7
SHARE = 0.02
"""Of a picture's pixels, from which on a colour is in it."""


def colour_shares(picture: np.ndarray) -> dict[str, float]:
    """How much of a picture (H, W, 3) BGR is of each visitor's colour."""
    hue, saturation, value = cv2.split(cv2.cvtColor(picture, cv2.COLOR_BGR2HSV))
    strong = (saturation > 120) & (value > 50)
    return {name: float((strong & (np.abs(hue.astype(int) - own) <= NEAR)).mean()) for name, own in HUES.items()}


def photo_in(colour: str, person: Any) -> bytes:
    """The sample person's photo, all of it in shades of one colour, as PNG."""
    light = read_photo(person.photo_path).mean(2)
    hsv = np.empty((*light.shape, 3), np.uint8)
    hsv[..., 0], hsv[..., 1], hsv[..., 2] = HUES[colour], 220, np.clip(light * 0.5 + 110, 0, 255)
    return encode_png(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB))


def pictures_of(told: str) -> Iterator[np.ndarray]:
    """All pictures in what the page was told, and those in files among it."""
    for run in re.findall(r"[A-Za-z0-9+/]{200,}={0,2}", told):
        try:
            data = base64.b64decode(run)
        except binascii.Error:
            continue
        if data[:1] == b"{":
            yield from pictures_of(data.decode("utf-8", "replace"))
        elif (picture := cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)) is not None:
            yield picture


def drawing_of_what_is_shown(model, jobs, settings, stop, owner) -> Iterator:
    """A drawing that shows the photo it was given, and takes a while."""
    for step in (1, 2):
        time.sleep(0.1)
        yield Progress(step, 2, 0, len(jobs), None, len(jobs))
    yield [Drawn(cv2.resize(j.conditions.photo, (176, 256)), j.seed, None, "cpu", "float32", 1, "") for j in jobs]


@dataclass
class Guest:
    """One of the visitors: a page, their colour, and what was checked of all that their page was told."""

    blocks: gr.Blocks
    colour: str
    seed: int
    others: dict[str, list[str]]
    checks: int = 0
    own: int = 0
    foreign: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.pages, self.runs, self.drawn, self.token = 0, 0, [], ""
        self.has_photo = False
        self._new_page()

    def _new_page(self) -> None:
        self.pages += 1
        self.page = Visitor(self.blocks, f"{self.colour}-{self.pages}")

    def _do(self, element: str, event: str, **data: Any) -> dict[str, Any]:
        before = len(self.page.told)
        told = self.page.does(element, event, **data)
        self.token = told.get("notice", {}).get("token") or self.token
        self._look(before, f"{element}.{event} {data.get('what', '')}")
        return told

    def _look(self, before: int, at: str) -> None:
        """At every picture that the page was told since."""
        for text in self.page.told[before:]:
            for picture in pictures_of(text):
                shares = colour_shares(picture)
                self.checks += 1
                self.own += shares[self.colour] > SHARE
                self.foreign += [
                    f"{self.colour} was shown {name} by {at}"
                    for name, share in shares.items()
                    if share > SHARE and (name != self.colour or not self.has_photo)
                ]

    def _expect(self, true: bool, what: str) -> None:
        self.checks += 1
        if not true:
            self.failed.append(f"{self.colour}: {what}")

    # ---- what they do -------------------------------------------------------------------------------------------

    def upload(self) -> None:
        person = self.random.choice(list(sample_people().values())[:4])
        files = {
            "photo": {"name": "me.png", "data": base64.b64encode(photo_in(self.colour, person)).decode()},
            "iuv": {"name": "map.png", "data": base64.b64encode(person.iuv_path.read_bytes()).decode()},
        }
        self._do("upload", "agree", on=True)
        self.has_photo = True
        self._do("upload", "use", **files)
        state = self.page.session.state
        self._expect(state.look.person.key in [own.key for own in state.own], "the photo was taken")

    def edit(self) -> None:
        element, event, data = self.random.choice([
            ("pose-picker", "pick", {"id": self.random.choice(["arms-up", "walking", "back", "standing"])}),
            ("stage", "wear", {"id": "garment:jeans", "region": "bottom"}),
            ("stage", "undo", {}),
            ("mirror-pose", "click", {}),
        ])  # fmt: skip
        self._do(element, event, **data)

    def drag(self) -> None:
        """The stage follows the pointer."""
        before = len(self.page.told)
        for yaw in (10, 20, 30, 40):
            self.page.asks("stage", "live", {"token": self.token, "act": "turn", "by": {"yaw": yaw}})
        self._look(before, "stage.live")

    def draw(self) -> None:
        self.runs += 1
        asked = {"run": self.runs, "model": "bundled", "seed": "3", "steps": 2, "guidance": 1.0, "scheduler": "ddim"}
        told = self._do("generate", "ask", **asked)
        if told.get("generate", {}).get("state") == "done":
            self.drawn = [result.id for result in self.page.session.results]
            self.others[self.colour] = self.drawn

    def download(self) -> None:
        self._do("downloads", "want", what=self.random.choice(["picture", "texture", "recipe-pictures"]))
        if self.drawn:
            what = self.random.choice(["drawn", "in-photo", "drawn-pictures"])
            self._do("downloads", "want", what=what, id=self.drawn[-1])

    def pry(self) -> None:
        """Ask for what is somebody else's."""
        ids = [one for colour, ids in self.others.items() if colour != self.colour for one in ids]
        for wanted in (*ids[-2:], None, "", 7, [*ids]):
            what = self.random.choice(["in-photo", "drawn"]) if wanted in ids else "in-photo"
            told = self._do("downloads", "want", what=what, id=wanted)["downloads"]
            self._expect("problem" in told and "data" not in told, f"{what} of {wanted!r} is refused")
        told = self._do("notice", "restore", token=self.token[:-1] + "A" * 2)
        self._expect("not kept" in told["notice"]["text"], "no token is guessed")

    def reload(self) -> None:
        token, had = self.token, self.page.session.state
        self._new_page()
        if token:
            self._do("notice", "restore", token=token)
            same = had is None or self.page.session.state.look.person is had.look.person
            self._expect(same, "what was before the reload is back")

    def forget(self) -> None:
        self.has_photo, self.drawn = False, []
        self._do("upload", "forget")
        state = self.page.session.state
        self._expect(state.own == () and self.page.session.results == [], "all is deleted")

    def visit(self, events: int) -> None:
        try:
            self.upload()
            for _ in range(events):
                act = self.random.choices(
                    [self.upload, self.edit, self.drag, self.draw, self.download, self.pry, self.reload, self.forget],
                    [2, 6, 6, 4, 6, 4, 3, 2],
                )[0]
                act()
        except Exception as error:
            self.failed.append(f"{self.colour}: {type(error).__name__} {error}"[:600])


@pytest.fixture(scope="module")
def blocks() -> Iterator[gr.Blocks]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generate, "drawer", lambda: drawing_of_what_is_shown)
        with served(build()) as running:
            yield running


def test_who_has_no_photo_is_shown_no_colour(blocks: gr.Blocks) -> None:
    """Else a colour would prove nothing."""
    guest = Guest(blocks, "blue", 1, {})
    for act in (guest.edit, guest.drag, guest.draw, guest.download, guest.edit, guest.download):
        act()
    assert guest.checks >= 10 and guest.own == 0
    assert guest.foreign == [] and guest.failed == []


def test_a_stranger_s_picture_would_be_noticed() -> None:
    person = next(iter(sample_people().values()))
    told = json.dumps({"data": [{"picture": base64.b64encode(photo_in("violet", person)).decode()}]})
    [picture] = pictures_of(told)
    shares = colour_shares(picture)
    assert shares["violet"] > 0.5 and max(share for name, share in shares.items() if name != "violet") < SHARE


def test_visitors_at_once_are_shown_only_what_is_theirs(blocks: gr.Blocks) -> None:
    checks = own = 0
    for count, events in ((2, 6), (3, 2), (4, 14)):
        drawn: dict[str, list[str]] = {}
        guests = [Guest(blocks, colour, 10 * count + n, drawn) for n, colour in enumerate([*HUES][:count])]
        threads = [threading.Thread(target=guest.visit, args=(events,)) for guest in guests]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [said for guest in guests for said in guest.failed] == []
        assert [said for guest in guests for said in guest.foreign] == []
        checks, own = checks + sum(guest.checks for guest in guests), own + sum(guest.own for guest in guests)
    print(f"{checks} checks, {own} pictures in their visitor's own colour")
    assert checks >= 500 and own >= 150
