"""What the page asks of a model, and what it is told: without a model."""

from __future__ import annotations

import base64
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from mcld_app import models
from mcld_app.body.iuv import encode_iuv
from mcld_app.body.photo import encode_png
from mcld_app.conditions import make_person
from mcld_app.editing import catalogue, draw
from mcld_app.editing import look as looks
from mcld_app.editing.given import conditions_of
from mcld_app.errors import Cancelled, StudioError
from mcld_app.provenance import encode_generated, read_recipe_text
from mcld_app.request import Drawn, Progress
from mcld_app.studio import acts, answers, downloads, generating, view
from mcld_app.studio.desk import Visit, fresh_desk

ASKED = {"run": 7, "model": "m", "seed": "3", "steps": 2, "guidance": 3.5, "scheduler": "ddim"}
PICTURE = np.full((64, 44, 3), 90, np.uint8)


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Visit:
    monkeypatch.setattr(models, "model_named", lambda name: SimpleNamespace(name="A model"))
    monkeypatch.setattr(models, "engine_for", lambda name: SimpleNamespace(is_loaded=True))
    ready = Visit()
    ready.desk = fresh_desk()
    return ready


def drawing(model, jobs, settings, stop):
    for step in range(settings.steps):
        yield Progress(step + 1, settings.steps, 0, 1, [PICTURE])
    yield [Drawn(PICTURE, job.seed, None, "cpu", "float32", len(jobs), "none") for job in jobs]


def test_the_photo_is_the_visitors_own_until_clothes_are_put_on(visit: Visit) -> None:
    look = visit.desk.look
    assert conditions_of(look).photo is look.person.photo
    dressed = looks.put_on(look, catalogue.sample_garment(next(iter(catalogue.garments()))))
    conditions = conditions_of(dressed)
    assert (conditions.photo != look.person.picture).any()
    assert conditions.texture is dressed.texture.image and conditions.face.identity is None


def test_from_asking_to_the_picture_nothing_is_left_behind(visit: Visit) -> None:
    order = generating.take(visit, visit.desk, ASKED)
    told = list(generating.news(visit, 7, drawing))
    assert [news["state"] for news in told] == ["start", "step", "step", "done"]
    assert visit.orders == {} and not order.stop.exists()
    [kept] = visit.results
    assert kept.picture is PICTURE and "seed 3" in kept.details
    assert told[-1]["results"][0]["id"] == kept.id
    assert kept.recipe.look is visit.desk.look and kept.recipe.seeds == (3,)
    assert kept.recipe.drawn_with == {"device": "cpu", "dtype": "float32", "batch": 1, "fallback": "none"}


def test_several_seeds_are_drawn_at_once_and_the_person_is_worked_out_once(visit: Visit) -> None:
    order = generating.take(visit, visit.desk, {**ASKED, "count": 3, "seed": str(2**63 - 2)})
    jobs = order.jobs()
    assert [job.seed for job in jobs] == [2**63 - 2, 2**63 - 1, 0], "past the last seed comes the first"
    assert len({id(job.conditions) for job in jobs}) == 1
    told = list(generating.news(visit, 7, drawing))[-1]
    assert [result["seed"] for result in told["results"]] == [str(job.seed) for job in jobs]


def test_a_series_is_one_picture_for_each_pose(visit: Visit) -> None:
    desk = visit.desk
    for name in ("standing", "arms-up"):
        desk = acts.add_pose(acts.choose_pose(desk, {"id": name}), {})
    desk = acts.set_between(desk, {"count": 1})
    order = generating.take(visit, desk, {**ASKED, "series": True, "count": 2})
    assert [look.pose.name for look in order.looks[:3]] == ["Standing", "Standing to Arms up", "Arms up"]
    assert len(order.looks) == 6 and order.seeds == (3, 3, 3, 4, 4, 4)
    told = list(generating.news(visit, 7, drawing))[-1]["results"]
    assert {result["look"] for result in told} == {view.look_key(desk.look, draw(desk.look))}, "of what is on the page"
    assert [result["pose"] for result in told[:3]] == ["Standing", "Standing to Arms up", "Arms up"]
    with pytest.raises(StudioError, match="at most 24"):
        generating.take(visit, acts.set_between(desk, {"count": 6}), {**ASKED, "run": 8, "series": True, "count": 4})


def test_only_the_newest_pictures_are_kept(visit: Visit) -> None:
    for run in range(5):
        generating.take(visit, visit.desk, {**ASKED, "run": run, "count": 8})
        list(generating.news(visit, run, drawing))
    assert len(visit.results) == generating.MOST_RESULTS
    assert visit.results[-1].run == 4 and visit.results[0].run == 2


def test_a_picture_cancelled_before_its_turn_is_never_begun(visit: Visit) -> None:
    generating.take(visit, visit.desk, ASKED)
    generating.stop(visit, {"run": 7})
    assert [news["state"] for news in generating.news(visit, 7, drawing)] == ["stopped"]
    assert visit.orders == {} and visit.results == []


def test_whoever_closes_the_stream_stops_the_drawing(visit: Visit) -> None:
    order = generating.take(visit, visit.desk, ASKED)
    stream = generating.news(visit, 7, drawing)
    next(stream), next(stream)
    stream.close()
    assert order.stop.exists() and visit.orders == {}


@pytest.mark.parametrize(
    ("error", "state"), [(Cancelled(), "stopped"), (StudioError("No memory."), "failed"), (KeyError(), "failed")]
)
def test_every_end_is_told(visit: Visit, error: Exception, state: str) -> None:
    def failing(*_: object):
        yield Progress(1, 2, 0, 1, None)
        raise error

    generating.take(visit, visit.desk, ASKED)
    last = list(generating.news(visit, 7, failing))[-1]
    assert last["state"] == state and visit.orders == {}


@pytest.mark.parametrize(
    "wrong",
    [{"run": None}, {"run": -1}, {"seed": "-1"}, {"seed": "9" * 19}, {"seed": "9" * 5000}, {"seed": None}, {"steps": 0},
     {"steps": "20"}, {"steps": None}, {"guidance": float("nan")}, {"count": 0}, {"count": 9},
     {"count": "2"}, {"series": True}, {"scheduler": "x"}],
)  # fmt: skip
def test_what_cannot_be_is_a_sentence_and_no_order(visit: Visit, wrong: dict) -> None:
    with pytest.raises(StudioError):
        generating.take(visit, visit.desk, {**ASKED, **wrong})
    assert visit.orders == {}


def test_nobody_fills_the_queue_alone(visit: Visit) -> None:
    for run in range(generating.MOST_WAITING):
        generating.take(visit, visit.desk, {**ASKED, "run": run})
    with pytest.raises(StudioError, match="waiting already"):
        generating.take(visit, visit.desk, {**ASKED, "run": 99})


def test_a_models_name_cannot_break_the_files_description() -> None:
    import xml.etree.ElementTree as ElementTree

    file = Image.open(io.BytesIO(encode_generated(PICTURE, 'a "<b>" & ü', "seed 1")))
    xmp = file.text["XML:com.adobe.xmp"]
    said = ElementTree.fromstring(xmp[xmp.index("<x:") : xmp.index("<?xpacket end")])
    assert 'a "<b>" & ü' in said[0][0].attrib.values()
    assert np.array_equal(np.asarray(file), PICTURE)


def test_a_series_is_taken_away_as_an_animation_and_its_pictures_as_recipes(visit: Visit) -> None:
    generating.take(visit, visit.desk, {**ASKED, "count": 3})
    list(generating.news(visit, 7, drawing))
    name, kind, data = downloads.file_of(visit.desk, "animation", visit)
    assert (name, kind) == ("mcld-animation.gif", "image/gif")
    assert Image.open(io.BytesIO(data)).format == "GIF"
    name, kind, data = downloads.file_of(visit.desk, "video", visit)
    assert kind == "video/mp4" and b"ftyp" in data[:16]
    first = visit.results[0]
    _, _, plain = downloads.file_of(visit.desk, "drawn", visit, {"id": first.id})
    _, _, marked = downloads.file_of(visit.desk, "drawn", visit, {"id": first.id, "mark": True})
    assert json.loads(read_recipe_text(plain))["seeds"] == [3] and plain != marked
    with pytest.raises(StudioError, match="not kept any more"):
        downloads.file_of(visit.desk, "drawn", visit, {"id": "gone"})
    generating.take(visit, visit.desk, {**ASKED, "run": 9})
    list(generating.news(visit, 9, drawing))
    with pytest.raises(StudioError, match="two pictures at least"):
        downloads.file_of(visit.desk, "animation", visit)
    with pytest.raises(StudioError, match="was not recorded"):
        downloads.focus_of(visit, {})


def test_only_an_edit_of_somebodys_own_photo_is_called_edited(visit: Visit) -> None:
    generating.take(visit, visit.desk, ASKED)
    list(generating.news(visit, 7, drawing))
    sample = downloads.file_of(visit.desk, "drawn", visit)[2]
    assert b"trainedAlgorithmicMedia" in sample and b"compositeWith" not in sample
    own = make_person("Me", visit.desk.look.person.photo, visit.desk.look.person.iuv)
    generating.take(visit, visit.desk.to(looks.of(own)), {**ASKED, "run": 8})
    list(generating.news(visit, 8, drawing))
    assert b"compositeWithTrainedAlgorithmicMedia" in downloads.file_of(visit.desk, "drawn", visit)[2]


def test_eleven_uploads_while_a_picture_is_drawn_leave_it_the_one_that_was_asked_for(visit: Visit) -> None:
    generating.take(visit, visit.desk, ASKED)
    asked, stream = visit.desk.look, generating.news(visit, 7, drawing)
    assert next(stream)["state"] == "start"
    photo, iuv = asked.person.photo.astype(int), encode_iuv(asked.person.iuv)
    for shade in range(11):
        files = {"photo": encode_png((photo + shade - 5).clip(0, 255).astype(np.uint8)), "iuv": iuv}
        sent = {name: {"name": name, "data": base64.b64encode(data).decode()} for name, data in files.items()}
        answers.run(visit, acts.use_upload, sent)
    assert len({person.key for person in visit.desk.own}) == 11
    assert list(stream)[-1]["state"] == "done"
    assert visit.results[-1].recipe.look is asked
    for _ in range(11):
        answers.run(visit, acts.undo, {})
    assert visit.desk.look is asked
