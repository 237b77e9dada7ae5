"""The studio is started again: the look that the window kept comes back, and asks for a photo that it cannot hold."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import studio_actions as actions
from PIL import Image

from mcld_app.body.photo import encode_png
from mcld_app.editing import samples
from mcld_app.studio.actions import kept_look
from mcld_app.studio.actions.kept_look import BACK, DROP_AGAIN, WITHOUT, fits, look_to_keep, use_kept_look
from mcld_app.studio.state import EditorState, initial_state


def brought(shade: int = 40) -> dict:
    """A photo of somebody's own and its map, as dropped on the page."""
    sample = [*samples.people().values()][4]
    photo = np.asarray(Image.open(sample.photo_path).convert("RGB")).astype(int) + shade
    files = [("me.png", encode_png(np.clip(photo, 0, 255).astype(np.uint8))), ("map.png", sample.iuv_path.read_bytes())]
    return {"files": [{"name": name, "data": base64.b64encode(data).decode()} for name, data in files], "count": 2}


def edited(state: EditorState) -> EditorState:
    red = {"parts": [1, 2], "colour": "#aa3322", "scale": 10, "angle": 0}
    return actions.choose_pose(actions.cover(state, red), {"id": "arms-up"})


def test_a_look_of_samples_comes_back_as_it_was() -> None:
    before = edited(initial_state())
    after = use_kept_look(initial_state(), {"look": look_to_keep(before)})
    assert look_to_keep(after) == look_to_keep(before) and after.look.edits
    assert (after.note.text, after.note.offers) == (BACK, "")


def test_what_a_fresh_page_shows_need_not_be_kept() -> None:
    state = initial_state()
    assert look_to_keep(state) == ""
    other = [*samples.people()][1]
    kept = look_to_keep(actions.choose_person(state, {"id": other}))
    assert kept and use_kept_look(state, {"look": kept}).look.person.key != state.look.person.key


def test_a_photo_is_not_kept_and_once_it_is_dropped_again_the_edits_come_back() -> None:
    before = edited(actions.bring(initial_state(), brought()))
    kept = look_to_keep(before)
    assert "base64" not in kept and len(kept) < 10_000
    asked = use_kept_look(initial_state(), {"look": kept})
    assert (asked.note.text, asked.note.offers) == (DROP_AGAIN, "photo") and asked.look == initial_state().look
    another = actions.bring(asked, brought(shade=-30))
    assert not fits(asked, kept) and not fits(another, kept)
    there = actions.bring(another, brought())
    assert fits(there, kept)
    after = use_kept_look(there, {"look": kept})
    assert after.note.text == BACK and after.look.person.key == before.look.person.key
    assert look_to_keep(after) == kept and after.look.edits


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": "mcld-recipe"}', "x" * 300_000])
def test_one_that_cannot_be_read_only_says_why_it_is_gone(damage: str) -> None:
    state = initial_state()
    after = use_kept_look(state, {"look": damage})
    assert after.note.text == WITHOUT and after.look == state.look and not fits(state, damage)


def test_one_that_is_too_large_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_look, "MOST", 100)
    assert look_to_keep(edited(initial_state())) == ""
