"""The drawn pictures of a visit: stars, deleting, varying, and all of them as one file."""

from __future__ import annotations

import io
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from mcld_app.editing.recipe import Recipe
from mcld_app.engine import registry
from mcld_app.errors import StudioError
from mcld_app.output.recipe_file import open_recipe
from mcld_app.request import MAX_SEED, Settings
from mcld_app.studio import downloads, drawn_pictures, generation
from mcld_app.studio.drawn_pictures import MOST_RESULTS, newest
from mcld_app.studio.orders import Generated
from mcld_app.studio.session import Session
from mcld_app.studio.state import initial_state
from mcld_app.studio.visit_memory import lightened

SETTINGS = Settings(steps=7, guidance=2.0, scheduler="unipc")


def drawn(number: int, *, starred: bool = False) -> Generated:
    look = initial_state().look
    recipe = Recipe(look, SETTINGS, (number,), "m")
    picture = np.full((64, 44, 3), number, np.uint8)
    return Generated(str(number), number, look, picture, None, recipe, "M", starred=starred)


@pytest.fixture
def session() -> Session:
    ready = Session()
    ready.state = initial_state()
    ready.results = [drawn(number) for number in range(3)]
    return ready


def ids(results: list[Generated]) -> list[str]:
    return [result.id for result in results]


def test_those_with_a_star_are_kept_longest() -> None:
    results = [drawn(n, starred=n < 2) for n in range(MOST_RESULTS + 3)]
    assert ids(newest(results))[:3] == ["0", "1", "5"]
    assert len(newest([drawn(n, starred=True) for n in range(MOST_RESULTS + 3)])) == MOST_RESULTS
    assert ids(newest(results[:4])) == ["0", "1", "2", "3"], "in the order they came"


def test_a_star_outlives_what_is_let_go_of_to_save_memory(session: Session) -> None:
    drawn_pictures.star(session, {"id": "0", "on": True})
    _, kept, said = lightened(session.state, session.results, 1)
    assert ids(kept) == ["0"] and "drawn pictures" in said


def test_a_star_is_given_and_taken_away_and_the_page_is_told(session: Session) -> None:
    drawn_pictures.star(session, {"id": "1", "on": True})
    assert [result.for_page()["starred"] for result in session.results] == [False, True, False]
    drawn_pictures.star(session, {"id": "1", "on": False})
    assert not any(result.starred for result in session.results) and ids(session.results) == ["0", "1", "2"]


def test_a_deleted_picture_is_gone_and_no_other(session: Session) -> None:
    drawn_pictures.delete(session, {"id": "1"})
    assert ids(session.results) == ["0", "2"]
    for act in (drawn_pictures.delete, drawn_pictures.star):
        with pytest.raises(StudioError, match="not kept any more"):
            act(session, {"id": "1", "on": True})
        with pytest.raises(StudioError, match="not kept any more"):
            act(session, {})


def test_a_picture_is_varied_by_four_seeds_and_nothing_else(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "model_named", lambda name: SimpleNamespace(name=name, usual=Settings()))
    order = generation.take(session, session.state, {"run": 9, "vary": "1", "seed": str(MAX_SEED - 1)})
    assert order.seeds == (MAX_SEED - 1, MAX_SEED, 0, 1)
    assert set(order.looks) == {session.results[1].recipe.look} and order.settings == SETTINGS and order.model == "m"
    assert session.orders == {9: order}
    with pytest.raises(StudioError, match="not kept any more"):
        generation.take(session, session.state, {"run": 10, "vary": "none", "seed": "1"})


def test_all_are_downloaded_as_one_file_each_with_its_recipe(session: Session) -> None:
    name, kind, data = downloads.file_of(session.state, "drawn-all", session, {})
    assert (name, kind) == ("mcld-drawn.zip", "application/zip")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist()[2] == "03-mara-as-in-the-photo-seed-2.png"
        recipes = [open_recipe(archive.read(each)) for each in archive.namelist()]
    assert [recipe.seeds for recipe in recipes] == [(0,), (1,), (2,)] and recipes[0].settings == SETTINGS
    with pytest.raises(StudioError, match="No picture was drawn yet"):
        downloads.file_of(session.state, "drawn-all", Session(), {})
