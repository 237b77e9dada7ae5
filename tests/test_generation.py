"""What the page asks of a model, and what it is told: without a model."""

from __future__ import annotations

import base64
import io
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import studio_actions as actions
from asked_session import asked_session
from PIL import Image

from mcld_app.body.iuv import encode_iuv
from mcld_app.body.photo import encode_png
from mcld_app.editing import draw, samples
from mcld_app.editing import look as looks
from mcld_app.editing.conditioning import conditions_of
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.person import make_person
from mcld_app.engine import registry
from mcld_app.errors import Cancelled, StudioError
from mcld_app.output.provenance import encode_generated, read_recipe_text
from mcld_app.request import MAX_UPLOAD, Drawn, Progress
from mcld_app.studio import downloads, drawn_pictures, generation
from mcld_app.studio.labels import look_key
from mcld_app.studio.panels.results import focus_of
from mcld_app.studio.session import Session

ASKED = {"run": 7, "model": "m", "seed": "3", "steps": 2, "guidance": 3.5, "scheduler": "ddim"}
PICTURE = np.full((64, 44, 3), 90, np.uint8)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    return asked_session(monkeypatch)


def drawing(model, jobs, settings, stop, owner):
    for step in range(settings.steps):
        yield Progress(step + 1, settings.steps, 0, 1, [PICTURE])
    yield [Drawn(PICTURE, job.seed, None, "cpu", "float32", len(jobs), "none") for job in jobs]


def test_the_photo_is_the_visitors_own_until_clothes_are_put_on(session: Session) -> None:
    look = session.state.look
    assert conditions_of(look).photo is look.person.photo
    dressed = looks.add(look, Wear(samples.sample_garment(next(iter(samples.garments())))))
    conditions = conditions_of(dressed)
    assert (conditions.photo != look.person.picture).any()
    assert conditions.texture is dressed.texture.image and conditions.face.identity is None


def test_from_asking_to_the_picture_nothing_is_left_behind(session: Session) -> None:
    order = generation.take(session, session.state, ASKED)
    told = list(generation.news(session, 7, drawing))
    assert [news["state"] for news in told] == ["start", "step", "step", "done"]
    assert session.orders == {} and not order.stop.exists()
    [kept] = session.results
    assert kept.picture is PICTURE and "seed 3" in kept.details
    assert told[-1]["results"][0]["id"] == kept.id
    assert kept.recipe.look is session.state.look and kept.recipe.seeds == (3,)
    assert kept.recipe.drawn_with == {"device": "cpu", "dtype": "float32", "batch": 1, "fallback": "none"}


def test_several_seeds_are_drawn_at_once_and_the_person_is_worked_out_once(session: Session) -> None:
    order = generation.take(session, session.state, {**ASKED, "count": 3, "seed": str(2**63 - 2)})
    jobs = order.jobs()
    assert [job.seed for job in jobs] == [2**63 - 2, 2**63 - 1, 0], "past the last seed comes the first"
    assert len({id(job.conditions) for job in jobs}) == 1
    told = list(generation.news(session, 7, drawing))[-1]
    assert [result["seed"] for result in told["results"]] == [str(job.seed) for job in jobs]


def test_a_series_is_one_picture_for_each_pose(session: Session) -> None:
    state = session.state
    for name in ("standing", "arms-up"):
        state = actions.add_pose(actions.choose_pose(state, {"id": name}), {})
    state = actions.set_between(state, {"count": 1})
    order = generation.take(session, state, {**ASKED, "series": True, "count": 2})
    assert [look.pose.name for look in order.looks[:3]] == ["Standing", "Standing to Arms up", "Arms up"]
    assert len(order.looks) == 6 and order.seeds == (3, 3, 3, 4, 4, 4)
    told = list(generation.news(session, 7, drawing))[-1]["results"]
    shown = {look_key(state.look, draw(state.look))}
    assert {result["look"] for result in told} == shown, "of what is on the page"
    assert [result["pose"] for result in told[:3]] == ["Standing", "Standing to Arms up", "Arms up"]
    with pytest.raises(StudioError, match="at most 64"):
        many = actions.set_between(state, {"count": 8})
        generation.take(session, many, {**ASKED, "run": 8, "series": True, "count": 7})


def test_only_the_newest_pictures_are_kept(session: Session) -> None:
    for run in range(9):
        generation.take(session, session.state, {**ASKED, "run": run, "count": 8})
        list(generation.news(session, run, drawing))
    assert len(session.results) == drawn_pictures.MOST_RESULTS
    assert session.results[-1].run == 8 and session.results[0].run == 1


def test_a_picture_cancelled_before_its_turn_is_never_begun(session: Session) -> None:
    generation.take(session, session.state, ASKED)
    generation.stop(session, {"run": 7})
    assert [news["state"] for news in generation.news(session, 7, drawing)] == ["stopped"]
    assert session.orders == {} and session.results == []


def test_whoever_closes_the_stream_stops_the_drawing(session: Session) -> None:
    order = generation.take(session, session.state, ASKED)
    stream = generation.news(session, 7, drawing)
    next(stream), next(stream)
    stream.close()
    assert order.stop.exists() and session.orders == {}


@pytest.mark.parametrize(
    ("error", "state"), [(Cancelled(), "stopped"), (StudioError("No memory."), "failed"), (KeyError(), "failed")]
)
def test_every_end_is_told(session: Session, error: Exception, state: str) -> None:
    def failing(*_: object):
        yield Progress(1, 2, 0, 1, None)
        raise error

    generation.take(session, session.state, ASKED)
    last = list(generation.news(session, 7, failing))[-1]
    assert last["state"] == state and session.orders == {}


@pytest.mark.parametrize(
    "wrong",
    [{"run": None}, {"run": -1}, {"seed": "-1"}, {"seed": "9" * 19}, {"seed": "9" * 5000}, {"seed": None}, {"steps": 0},
     {"steps": "20"}, {"steps": None}, {"guidance": float("nan")}, {"count": 0}, {"count": 9},
     {"count": "2"}, {"series": True}, {"scheduler": "x"}],
)  # fmt: skip
def test_what_cannot_be_is_a_sentence_and_no_order(session: Session, wrong: dict) -> None:
    with pytest.raises(StudioError):
        generation.take(session, session.state, {**ASKED, **wrong})
    assert session.orders == {}


def test_nobody_fills_the_queue_alone(session: Session) -> None:
    for run in range(generation.MOST_WAITING):
        generation.take(session, session.state, {**ASKED, "run": run})
    with pytest.raises(StudioError, match="waiting already"):
        generation.take(session, session.state, {**ASKED, "run": 99})


def test_a_models_name_cannot_break_the_files_description() -> None:
    import xml.etree.ElementTree as ElementTree

    file = Image.open(io.BytesIO(encode_generated(PICTURE, 'a "<b>" & ü', "seed 1")))
    xmp = file.text["XML:com.adobe.xmp"]
    said = ElementTree.fromstring(xmp[xmp.index("<x:") : xmp.index("<?xpacket end")])
    assert 'a "<b>" & ü' in said[0][0].attrib.values()
    assert np.array_equal(np.asarray(file), PICTURE)


def test_a_series_is_taken_away_as_an_animation_and_its_pictures_as_recipes(session: Session) -> None:
    generation.take(session, session.state, {**ASKED, "count": 3})
    list(generation.news(session, 7, drawing))
    name, kind, data = downloads.file_of(session.state, "animation", session)
    assert (name, kind) == ("mcld-animation.gif", "image/gif")
    assert Image.open(io.BytesIO(data)).format == "GIF"
    name, kind, data = downloads.file_of(session.state, "video", session)
    assert kind == "video/mp4" and b"ftyp" in data[:16]
    first = session.results[0]
    _, _, plain = downloads.file_of(session.state, "drawn", session, {"id": first.id})
    _, _, marked = downloads.file_of(session.state, "drawn", session, {"id": first.id, "mark": True})
    assert json.loads(read_recipe_text(plain))["seeds"] == [3] and plain != marked
    with pytest.raises(StudioError, match="not kept any more"):
        downloads.file_of(session.state, "drawn", session, {"id": "gone"})
    generation.take(session, session.state, {**ASKED, "run": 9})
    list(generation.news(session, 9, drawing))
    with pytest.raises(StudioError, match="two pictures at least"):
        downloads.file_of(session.state, "animation", session)
    with pytest.raises(StudioError, match="was not recorded"):
        focus_of(session, {})


def test_only_an_edit_of_somebodys_own_photo_is_called_edited(session: Session) -> None:
    generation.take(session, session.state, ASKED)
    list(generation.news(session, 7, drawing))
    sample = downloads.file_of(session.state, "drawn", session)[2]
    assert b"trainedAlgorithmicMedia" in sample and b"compositeWith" not in sample
    own = make_person("Me", session.state.look.person.photo, session.state.look.person.iuv)
    generation.take(session, session.state.to(looks.of(own)), {**ASKED, "run": 8})
    list(generation.news(session, 8, drawing))
    assert b"compositeWithTrainedAlgorithmicMedia" in downloads.file_of(session.state, "drawn", session)[2]


def test_eleven_uploads_while_a_picture_is_drawn_leave_it_the_one_that_was_asked_for(session: Session) -> None:
    generation.take(session, session.state, ASKED)
    asked, stream = session.state.look, generation.news(session, 7, drawing)
    assert next(stream)["state"] == "start"
    photo, iuv = asked.person.photo.astype(int), encode_iuv(asked.person.iuv)
    for shade in range(11):
        files = {"photo": encode_png((photo + shade - 5).clip(0, 255).astype(np.uint8)), "iuv": iuv}
        sent = {name: {"name": name, "data": base64.b64encode(data).decode()} for name, data in files.items()}
        actions.run(session, actions.use_upload, sent)
    assert len({person.key for person in session.state.own}) == 11
    assert list(stream)[-1]["state"] == "done"
    assert session.results[-1].recipe.look is asked
    for _ in range(11):
        actions.run(session, actions.undo, {})
    assert session.state.look is asked


@pytest.mark.parametrize(
    ("wanted", "recorded", "chosen"),
    [("mine", "bundled", "mine"), ("gone", "bundled", "gone"), ("", "mine", "mine"), ("", "gone", "published"),
     ("", "", "published")],
)  # fmt: skip
def test_the_model_is_the_one_asked_for_else_the_recipes_else_the_best(
    monkeypatch: pytest.MonkeyPatch, wanted: str, recorded: str, chosen: str
) -> None:
    monkeypatch.setattr(registry, "available", lambda: ("published", "bundled", "mine"))
    assert registry.choose(wanted, recorded) == chosen
    monkeypatch.setattr(registry, "available", lambda: ())
    assert registry.choose("", recorded) == ""


def test_the_weight_of_the_face_goes_from_the_look_to_every_picture_and_its_recipe(session: Session) -> None:
    state = actions.weigh_face(session.state, {"weight": 1.25})
    order = generation.take(session, state, {**ASKED, "count": 2})
    assert [job.conditions.face_weight for job in order.jobs()] == [1.25, 1.25]
    list(generation.news(session, 7, drawing))
    told = json.loads(read_recipe_text(downloads.file_of(state, "drawn", session)[2]))
    assert told["face_weight"] == 1.25 and "face_scale" not in json.dumps(told)
    assert "face weight 1.25" in session.results[0].details


def test_the_page_refuses_files_at_the_size_the_server_does() -> None:
    scripts = "".join(path.read_text("utf-8") for path in Path(generation.__file__).parent.rglob("*.js"))
    [said] = re.findall(r"LARGEST_FILE = ([\d *]+);", scripts)
    assert math.prod(int(number) for number in said.split("*")) == MAX_UPLOAD


def test_only_the_bundled_model_needs_no_button_and_only_with_the_live_network(monkeypatch: pytest.MonkeyPatch) -> None:
    from mcld_app.studio.panels import generate

    monkeypatch.setattr(generate, "live_queue", lambda: None)
    assert not any(model["live"] for model in generate.find(None))
    monkeypatch.setattr(generate, "live_queue", object)
    told = {model["id"]: model["live"] for model in generate.find(None)}
    assert told["bundled"] and not any(live for name, live in told.items() if name != "bundled")
