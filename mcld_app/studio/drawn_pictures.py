"""The drawn pictures of a visit: finding one, keeping the newest, marking and deleting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mcld_app.editing.new_ground import Ground, drawn_before
from mcld_app.errors import StudioError
from mcld_app.output.sheet_table import slug
from mcld_app.request import MAX_SERIES, MAX_SHEET
from mcld_app.studio.labels import pose_label
from mcld_app.studio.orders import Generated
from mcld_app.studio.session import Session

MOST_RESULTS = max(MAX_SERIES, MAX_SHEET)


def result_of(session: Session, data: Mapping[str, Any]) -> Generated:
    """The drawn picture that the page names, or the last one.

    Raises:
        StudioError: where none was drawn, or it is not kept any more.
    """
    if not session.results:
        raise StudioError("No picture was drawn yet, or you were away for long. Press Generate first.")
    wanted = data.get("id")
    found = next((r for r in session.results if r.id == wanted), None) if wanted else session.results[-1]
    if found is None:
        raise StudioError("This picture is not kept any more. Generate it again from its recipe.")
    return found


def newest(results: Sequence[Generated], most: int = MOST_RESULTS) -> list[Generated]:
    """No more than so many of the drawn pictures, oldest first as they came. Those with a star go last."""
    going = sorted(results, key=lambda result: result.starred)[: max(len(results) - most, 0)]
    gone = {result.id for result in going}
    return [result for result in results if result.id not in gone]


def star(session: Session, data: Mapping[str, Any]) -> None:
    """Give a picture a star, {id, on}, or take it away. With the session's lock held; StudioError as `result_of`."""
    found = result_of(session, {"id": str(data.get("id"))})
    starred = replace(found, starred=data.get("on") is True)
    session.results = [starred if result is found else result for result in session.results]


def delete(session: Session, data: Mapping[str, Any]) -> None:
    """Delete a picture, {id}. With the session's lock held; StudioError as `result_of`."""
    found = result_of(session, {"id": str(data.get("id"))})
    session.results = [result for result in session.results if result is not found]


def on_ground(result: Generated, ground: Ground) -> np.ndarray:
    """A picture before a ground, (H, W, 3) uint8 RGB; before none (H, W, 4) RGBA."""
    return drawn_before(result.recipe.look, result.picture, ground)


def file_name(result: Generated, number: int) -> str:
    """What a picture's file is called among others: its number, whom it shows, the pose and the seed."""
    look = result.recipe.look
    told = (f"{number:02}", slug(look.person.name), slug(pose_label(look)), f"seed-{result.recipe.seeds[0]}")
    return "-".join(filter(None, told)) + ".png"
