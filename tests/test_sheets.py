"""A contact sheet on the page: from what is ticked to the files, without a network."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from asked_session import asked_session
from PIL import Image

from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.new_ground import Ground
from mcld_app.engine import registry
from mcld_app.errors import StudioError
from mcld_app.output.recipe_file import open_recipe
from mcld_app.request import Drawn, Progress
from mcld_app.studio import generation
from mcld_app.studio.downloads import file_of
from mcld_app.studio.orders import SheetOrder
from mcld_app.studio.panels.sheet import PANEL, making
from mcld_app.studio.session import Session
from mcld_app.studio.state import initial_state

MARA, TOMAS = list(samples.people())[:2]
JEANS = "garment:jeans"
FIELDS = {"model": "m", "seed": "3", "steps": 2, "guidance": 3.5, "scheduler": "ddim"}
NOTHING = {"people": [], "clothes": [], "poses": [], "faces": []}
PICTURE = np.full((64, 44, 3), 90, np.uint8)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    return asked_session(monkeypatch)


def drawing(model, jobs, settings, stop, owner):
    yield Progress(1, settings.steps, 0, len(jobs), None)
    yield [Drawn(PICTURE, job.seed, None, "cpu", "float32", len(jobs), "none") for job in jobs]


def ask(session: Session, **ticked: object) -> SheetOrder:
    return making.take(session, session.state, {"run": 7, **FIELDS, **NOTHING, **ticked})


def make(session: Session, **ticked: object) -> list[dict]:
    ask(session, **ticked)
    return [*making.work_out(session, 7), *making.draw_sheet(session, drawing)]


def table_of(session: Session) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file_of(session.state, "sheet-table", session)[2].decode())))


def test_one_outfit_on_two_people_is_drawn_as_one_job_and_kept_as_files(session: Session) -> None:
    told = make(session, people=[MARA, TOMAS], clothes=[JEANS])
    assert [news["state"] for news in told] == ["dressing", "dressing", "dressed", "start", "step", "done"]
    assert session.orders == {} and session.drawing == 0
    assert told[-1]["sheet"]["picture"].startswith("data:image/jpeg") and "Mara; Tomás" in told[-1]["sheet"]["alt"]
    rows = table_of(session)
    assert [(row["person"], row["clothes"], row["pose"], row["face"], row["seed"]) for row in rows] == [
        (MARA, JEANS, "", "", "3"), (TOMAS, JEANS, "", "", "3"),
    ]  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(file_of(session.state, "sheet-pictures", session)[2])) as archive:
        assert {*archive.namelist()} == {*(row["file"] for row in rows), "table.csv", "look.json", "sheet.png"}
        second = open_recipe(archive.read(rows[1]["file"]))
        assert second.look.person.sample == TOMAS and second.seeds == (3,)
        assert [edit.label for edit in second.look.edits_of(Wear)] == [samples.sample_garment(JEANS).label]
        assert open_recipe(archive.read("look.json")).look.person.sample == MARA
    assert "AI" in Image.open(io.BytesIO(file_of(session.state, "sheet", session)[2])).info["Description"]


def test_its_pictures_are_among_those_drawn_each_of_its_own_look(session: Session) -> None:
    results = make(session, people=[MARA, TOMAS])[-1]["results"]
    assert [result["person"] for result in results] == ["Mara", "Tomás"]
    assert [kept.asked.person.sample for kept in session.results] == [MARA, TOMAS]
    assert results[0]["look"] != results[1]["look"], "so none is taken for what the stage shows"


def test_what_is_ticked_nowhere_is_as_it_is_now(session: Session) -> None:
    dressed = looks.add(session.state.look, Wear(samples.sample_garment(JEANS)))
    session.state = session.state.to(dressed)
    make(session, poses=["photo", "walking", "now"], faces=["own", TOMAS])
    looks_drawn = [result.recipe.look for result in session.results]
    assert all([edit.label for edit in look.edits_of(Wear)] == ["Jeans"] for look in looks_drawn)
    assert [getattr(look.pose, "name", None) for look in looks_drawn] == [None, None, "Walking", "Walking", None, None]
    assert [look.swap is not None for look in looks_drawn] == [False, True] * 3
    assert session.state.look is dressed, "the page's own look stays"


def test_the_ground_is_behind_everybody_on_the_sheet(session: Session) -> None:
    pink = (200, 30, 120)
    session.state = replace(session.state, ground=Ground("colour", pink))
    make(session, people=[MARA, TOMAS], previews=True)
    sheet = np.asarray(Image.open(io.BytesIO(file_of(session.state, "sheet", session)[2])))
    assert 0.5 < (sheet == pink).all(2).mean() < 0.8
    session.state = replace(session.state, ground=Ground("transparent"))
    make(session, people=[MARA], previews=True)
    with zipfile.ZipFile(io.BytesIO(file_of(session.state, "sheet-pictures", session)[2])) as archive:
        assert Image.open(io.BytesIO(archive.read("01.png"))).mode == "RGBA"
        assert Image.open(io.BytesIO(archive.read("sheet.png"))).mode == "RGB"


def test_a_sheet_from_previews_needs_no_model(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "model_named", lambda name: pytest.fail("no model is asked for"))
    told = make(session, people=[MARA], poses=["photo", "walking"], previews=True, model="")
    assert [news["state"] for news in told] == ["dressing", "dressing", "done"]
    picture = file_of(session.state, "sheet", session)[2]
    assert Image.open(io.BytesIO(picture)).info.get("Description") is None, "no model made it"
    assert session.results == [] and len(table_of(session)) == 2


@pytest.mark.parametrize("passed", [1, 2, 3, 4], ids=["dressing", "dressed last", "dressed", "drawing"])
def test_a_sheet_cancelled_at_any_time_leaves_nothing(session: Session, passed: int) -> None:
    order = ask(session, people=[MARA, TOMAS])
    stream = chain(making.work_out(session, 7), making.draw_sheet(session, drawing))
    told = [next(stream) for _ in range(passed)]
    generation.stop(session, {"run": 7})
    told += stream
    assert told[-1]["state"] == "stopped" and session.sheet is None and session.results == []
    assert session.orders == {} and not order.stop.exists() and session.drawing == 0


def test_clothes_that_cannot_be_worn_are_told_with_whose_they_are(session: Session, monkeypatch) -> None:
    from mcld_app.studio.panels.sheet import combining

    def refuse(state, choice):
        raise StudioError("It does not fit.")

    monkeypatch.setattr(combining, "_MADE_BY", (combining._MADE_BY[0], refuse, *combining._MADE_BY[2:]))
    told = make(session, people=[TOMAS], clothes=[JEANS])
    assert told[-1] == {"run": 7, "state": "failed", "text": "Tomás: It does not fit."}
    assert session.orders == {} and session.sheet is None


@pytest.mark.parametrize(
    ("ticked", "said"),
    [
        ({"people": [*samples.people()], "poses": ["photo", "walking"]}, "would be 48 pictures"),
        ({"people": ["own:nobody"]}, "not here any more"),
        ({"clothes": ["garment:none"]}, "not here any more"),
        ({"poses": ["flying"]}, "no such pose"),
        ({"people": "all"}, "does not understand"),
        ({"people": [MARA, MARA]}, "chosen once"),
        ({"seed": "-1"}, "seed is a whole number"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_worked_out(session: Session, ticked: dict, said: str) -> None:
    with pytest.raises(StudioError, match=said):
        ask(session, **ticked)
    assert session.orders == {}


def test_a_reload_finds_the_sheet_again_and_deleting_pictures_deletes_it(session: Session) -> None:
    make(session, people=[MARA])
    later = Session()
    later.take_over(session)
    assert PANEL.whole(later)["last"]["alt"] == "Contact sheet: Mara"
    later.empty()
    assert PANEL.whole(later) == {"last": None}
    with pytest.raises(StudioError, match="Draw it again"):
        file_of(initial_state(), "sheet", later)
