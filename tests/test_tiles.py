"""Patterns that are brought: a small tile goes on the garment it was dropped on; where it is not clear what a picture
is, its likeliest use comes first."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import pytest
import studio_actions as actions
from flat_garments import tee

from mcld_app.body.garments.tile_signs import looks_like_tile
from mcld_app.body.photo import encode_png
from mcld_app.editing.edits.cover import Cover
from mcld_app.studio.state import EditorState, initial_state


def checks(size: int, squares: int = 8) -> np.ndarray:
    y, x = np.indices((size, size)) * squares // size
    return np.where(((x + y) % 2)[..., None] > 0, np.uint8([180, 30, 40]), np.uint8([240, 236, 220]))


def dots(size: int) -> np.ndarray:
    out = np.full((size, size, 3), 250, np.uint8)
    for y in range(size // 10, size, size // 5):
        for x in range(size // 10, size, size // 5):
            cv2.circle(out, (x, y), size // 20, (30, 60, 120), -1)
    return out


def shoes() -> np.ndarray:
    out = np.full((400, 400, 3), 255, np.uint8)
    for x in (120, 280):
        cv2.ellipse(out, (x, 200), (50, 120), 0, 0, 360, (60, 40, 30), -1)
    return out


def cloth_photo() -> np.ndarray:
    rng = np.random.default_rng(4)
    light = np.linspace(70, 200, 700)[None, :, None]
    return np.clip(light + rng.normal(0, 14, (700, 700, 1)) + np.array([30, 0, -30]), 0, 255).astype(np.uint8)


def file_of(picture: np.ndarray, name: str = "dots.png") -> dict:
    return {"name": name, "data": base64.b64encode(encode_png(picture)).decode()}


def covers(state: EditorState) -> list[tuple]:
    return [(edit.area, edit.name, edit.garment_only) for edit in state.look.edits_of(Cover)]


@pytest.mark.parametrize("picture", [checks(64), checks(256), dots(300), dots(200)])
def test_a_small_picture_whose_edges_meet_is_a_tile(picture: np.ndarray) -> None:
    assert looks_like_tile(picture)


@pytest.mark.parametrize(
    "picture",
    [
        tee().picture, tee().picture[::16, ::12], np.full((300, 300, 3), 255, np.uint8), checks(1200),
        checks(300)[:, :80], shoes(), cv2.resize(cloth_photo(), (400, 400)),
    ],
)  # fmt: skip
def test_garments_large_pictures_strips_and_pictures_with_an_end_are_none(picture: np.ndarray) -> None:
    assert not looks_like_tile(picture)


@pytest.mark.parametrize("region", ["upper", "bottom"])
def test_a_tile_is_the_pattern_of_what_it_was_dropped_on(region: str) -> None:
    state = actions.bring(initial_state(), {"files": [file_of(dots(200))], "region": region})
    assert covers(state) == [(region, "dots", True)] and "is a pattern now" in state.note.text
    assert state.question is None and not state.own and not state.own_garments


def test_a_tile_that_was_dropped_nowhere_asks_where_it_goes() -> None:
    state = actions.bring(initial_state(), {"files": [file_of(checks(96))]})
    assert [option.label for option in state.question.options] == [
        "A pattern: top", "A pattern: bottom", "A pattern: outfit"
    ]  # fmt: skip
    assert all(option.picture.startswith("data:image/") for option in state.question.options)
    after = actions.answer(state, {"name": state.question.name, "index": 1})
    assert covers(after) == [("bottom", "dots", True)]


@pytest.mark.usefixtures("without_body_finder")
def test_where_it_is_not_clear_what_a_picture_is_there_are_three_to_choose_from() -> None:
    state = actions.bring(initial_state(), {"files": [file_of(cloth_photo(), "wool.png")]})
    labels = [option.label for option in state.question.options]
    assert labels == ["A pattern: top", "A garment: mark it by hand", "It is a person: lay the mannequin over them"]
    assert not covers(state)
    assert covers(actions.answer(state, {"name": state.question.name, "index": 0})) == [("upper", "wool", True)]
