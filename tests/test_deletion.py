""" "Delete my pictures" leaves nothing, whenever it is pressed: no picture, no encoding, and nobody else loses any."""

from __future__ import annotations

import base64
import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from page_client import Visitor, pictures_in, served
from tiny import tiny_pipeline

from mcld_app.checkpoints import save_pipeline
from mcld_app.engine import registry
from mcld_app.engine.cache import ContentCache
from mcld_app.engine.engine import Engine
from mcld_app.engine.worker import draw
from mcld_app.studio import generation
from mcld_app.studio.session import Session
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.state import initial_state

STEPS = 3
ASKED = {"run": 7, "model": "tiny", "seed": "3", "steps": STEPS, "guidance": 3.5, "scheduler": "ddim"}
MOMENTS = [
    ("image_encoder", 1), ("image_encoder", 2), ("face_projector", 1), ("vae.encoder", 1), ("reference_unet", 1),
    ("pose_guider", 1), *(("denoising_unet", step) for step in range(1, STEPS + 1)), ("vae.decoder", 1),
]  # fmt: skip
"""Where in a drawing the button is pressed: a network, and its how-manyth pass."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The real engine of the registry for a tiny model, which is loaded."""
    folder = tmp_path_factory.mktemp("deletion") / "checkpoints"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCLD_CHECKPOINTS", str(folder))
        patch.setattr(registry, "bundled_folder", lambda: folder / "none")
        _start_afresh()
        save_pipeline(tiny_pipeline(), folder / "tiny")
        made = registry.engine_for("tiny")
        _draw_all(visitor())
        yield made
        _start_afresh()


def _start_afresh() -> None:
    registry.model_named.cache_clear()
    registry.engine_for.cache_clear()


@pytest.fixture
def other(engine: Engine) -> Session:
    """Another visitor, who has drawn the very same picture."""
    engine.forget()
    session = visitor()
    _draw_all(session)
    assert kept(engine, session.owner) > 0 and len(session.results) == 1
    return session


def visitor() -> Session:
    session = Session()
    session.state = initial_state()
    return session


def kept(engine: Engine, owner: str) -> int:
    return engine._cache.count(owner)


def _draw_all(session: Session) -> list[dict]:
    generation.take(session, session.state, ASKED)
    return list(generation.news(session, ASKED["run"], draw))


def _delete(session: Session, sessions: SessionStore) -> None:
    with session.lock:
        sessions.delete(session)


def _at(engine: Engine, network: str, wanted: int, do: Callable[[], None]):
    """Do something after that pass of a network, in the thread that draws; a handle to remove."""
    passes = iter(range(1, 10_000))
    part = engine._loaded.pipe
    for name in network.split("."):
        part = getattr(part, name)

    def passed(*_: object) -> None:
        if next(passes) == wanted:
            do()

    return part.register_forward_hook(passed)


def _wait_until_it_rests(engine: Engine) -> None:
    """Until nothing draws any more: the news may end before the thread that draws has seen the stop."""
    with engine._drawing:
        pass


@pytest.mark.parametrize(("network", "passed"), MOMENTS)
def test_deleting_during_a_drawing_leaves_nothing(engine: Engine, other: Session, network: str, passed: int) -> None:
    session, sessions, before = visitor(), SessionStore(60), kept(engine, other.owner)
    token, owner = sessions.keep(session), session.owner
    pressed = threading.Event()
    hook = _at(engine, network, passed, lambda: (_delete(session, sessions), pressed.set()))
    try:
        told = _draw_all(session)
    finally:
        hook.remove()
    _wait_until_it_rests(engine)
    assert pressed.is_set(), f"there was no pass {passed} of {network}"
    assert told[-1]["state"] == "stopped" and not any("results" in news for news in told)
    assert session.results == [] and session.orders == {} and session.state is None
    assert kept(engine, owner) == kept(engine, session.owner) == 0
    assert kept(engine, other.owner) == before and len(other.results) == 1
    assert len(engine._cache) == before, "nothing is kept under anybody else's name either"
    assert sessions.find(token) is None and session.owner != owner


def test_deleting_while_the_finished_picture_is_on_its_way_leaves_nothing(engine: Engine, other: Session) -> None:
    """The drawing is over, and the page has yet to take its pictures."""
    session, sessions, before = visitor(), SessionStore(60), kept(engine, other.owner)
    owner = session.owner

    def drawing(*asked) -> Iterator:
        for news in draw(*asked):
            if isinstance(news, list):
                _delete(session, sessions)
            yield news

    generation.take(session, session.state, ASKED)
    told = list(generation.news(session, ASKED["run"], drawing))
    assert told[-1]["state"] == "stopped" and session.results == []
    assert kept(engine, owner) == 0 and kept(engine, other.owner) == before


@pytest.mark.parametrize("stopped", [False, True], ids=["after the picture", "after a stop"])
def test_deleting_afterwards_leaves_nothing(engine: Engine, other: Session, stopped: bool) -> None:
    session, sessions, before = visitor(), SessionStore(60), kept(engine, other.owner)
    owner = session.owner
    if stopped:
        hook = _at(engine, "denoising_unet", 1, lambda: generation.stop(session, {"run": ASKED["run"]}))
        try:
            assert _draw_all(session)[-1]["state"] == "stopped"
        finally:
            hook.remove()
        assert session.results == []
    else:
        assert _draw_all(session)[-1]["state"] == "done"
        assert len(session.results) == 1
    assert kept(engine, owner) > 0, "neither results nor orders tell that there is something"
    _delete(session, sessions)
    assert session.results == [] and kept(engine, owner) == 0
    assert kept(engine, other.owner) == before


def test_deleting_before_its_turn_draws_nothing(engine: Engine) -> None:
    session, sessions = visitor(), SessionStore(60)
    generation.take(session, session.state, ASKED)
    _delete(session, sessions)
    assert session.orders == {}, "an order holds the photo"
    assert [news["state"] for news in generation.news(session, ASKED["run"], draw)] == ["stopped"]


def test_after_deleting_one_goes_on_as_a_new_visitor(engine: Engine) -> None:
    session, sessions = visitor(), SessionStore(60)
    _draw_all(session)
    _delete(session, sessions)
    session.state = initial_state()
    assert _draw_all(session)[-1]["state"] == "done"
    assert len(session.results) == 1 and kept(engine, session.owner) > 0


def test_a_picture_that_is_decoded_after_a_stop_is_taken_by_nobody(engine: Engine) -> None:
    session = visitor()
    hook = _at(engine, "vae.decoder", 1, lambda: generation.stop(session, {"run": ASKED["run"]}))
    try:
        told = _draw_all(session)
    finally:
        hook.remove()
    assert told[-1]["state"] == "stopped" and session.results == []


def test_a_restored_visit_takes_its_encodings_along(engine: Engine) -> None:
    """After a reload of the page the visitor deletes what they drew before it."""
    before, session, sessions = visitor(), visitor(), SessionStore(60)
    _draw_all(before)
    owner = before.owner
    session.take_over(before)
    assert before.owner != owner
    _delete(session, sessions)
    assert kept(engine, owner) == 0


def test_every_engine_of_the_process_forgets(engine: Engine, tmp_path: Path) -> None:
    """Those too that the registry has let go of while they draw."""
    session = visitor()
    _draw_all(session)
    registry.engine_for.cache_clear()
    registry.forget(session.owner)
    assert kept(engine, session.owner) == 0
    registry.engine_for.cache_clear()


def test_owners_cannot_be_guessed_and_are_not_shown() -> None:
    owners = {Session().owner for _ in range(100)}
    assert len(owners) == 100 and all(len(owner) == 32 for owner in owners)
    session = visitor()
    order = generation.order_of("tiny", None, session.state.look, (), (), owner=session.owner)
    assert session.owner not in repr(order) + repr(session)


# ---- the cache alone ----------------------------------------------------------------------------------------------


def test_owners_share_no_value() -> None:
    cache = ContentCache(100, 60, len)
    assert cache.get("k", lambda: b"one", owner="a") == b"one"
    assert cache.get("k", lambda: b"other", owner="b") == b"other"
    assert cache.get("k", lambda: b"nobody's") == b"nobody's"
    cache.forget("a")
    assert [cache.count(owner) for owner in ("a", "b", "")] == [0, 1, 1]
    assert cache.bytes_held == len(b"other") + len(b"nobody's")


@pytest.mark.parametrize("whose", ["a", None], ids=["of the owner", "of everybody"])
def test_what_was_being_made_is_returned_and_not_kept(whose: str | None) -> None:
    cache = ContentCache(100, 60, len)

    def make() -> bytes:
        cache.forget(whose)
        return b"x"

    assert cache.get("k", make, owner="a") == b"x"
    assert len(cache) == 0 and cache.bytes_held == 0


def test_another_owners_forgetting_costs_nobody_what_is_being_made() -> None:
    cache = ContentCache(100, 60, len)

    def make() -> bytes:
        cache.forget("b")
        return b"x"

    cache.get("k", make, owner="a")
    assert cache.count("a") == 1


def test_a_drawing_that_goes_on_after_its_owner_was_forgotten_leaves_nothing() -> None:
    cache = ContentCache(100, 60, len)
    cache.forget("a")
    assert cache.get("next", lambda: b"x", owner="a") == b"x"
    assert len(cache) == 0
    cache.forget()
    cache.get("next", lambda: b"x", owner="b")
    assert cache.count("b") == 1, "to forget everything is no farewell: memory ran out"


def test_a_cache_goes_with_its_engine() -> None:
    """Its alarm must not keep people's encodings for half an hour in a place that nobody can reach."""
    cache = ContentCache(100, 0.2, len)
    cache.get("k", lambda: b"x", owner="a")
    alive = weakref.ref(cache)
    del cache
    gc.collect()
    assert alive() is None
    time.sleep(0.4)  # the alarm rings, and finds nobody


# ---- through the page ---------------------------------------------------------------------------------------------


def test_gradio_keeps_nothing_of_a_visitor_who_deleted_their_pictures() -> None:
    """It keeps the value that each component was last told, and files and pictures are among those."""
    from flat_garments import tee

    from mcld_app.body.photo import encode_png
    from mcld_app.studio.page import build

    with served(build()) as blocks:
        fresh, visitor = Visitor(blocks, "fresh"), Visitor(blocks, "visitor")
        fresh.does("upload", "forget")
        use_a_photo(visitor)
        visitor.does("pose-picker", "pick", id="arms-up")
        garment = {"name": "tee.png", "data": base64.b64encode(encode_png(tee().picture)).decode()}
        visitor.does("stage", "files", files=[garment], region="upper")
        visitor.does("stage", "adjust_garment")
        visitor.does("adjust", "point", point="left_hem", x=0.75, y=0.5)
        visitor.does("stage", "files", files=[garment], region=None)
        visitor.does("downloads", "want", what="recipe-pictures")
        before = pictures_in("".join(visitor.told)) - pictures_in("".join(fresh.told))
        kept = visitor.kept()
        assert sum(piece in kept for piece in before) >= 4, "else this test would prove nothing"
        visitor.does("upload", "forget")
        kept = visitor.kept()
        assert not [piece for piece in before if piece in kept]
        session = visitor.session
        assert session.results == [] and session.orders == {} and session.state.own == ()
        assert session.state.own_garments == () and session.state.adjusting is None and session.state.question is None


def test_after_a_reload_nothing_stays_with_the_page_before() -> None:
    """Gradio keeps a closed page for another hour, and what it was shown."""
    from mcld_app.studio.page import build

    with served(build()) as blocks:
        before, after = Visitor(blocks, "before"), Visitor(blocks, "after")
        token = use_a_photo(before)["notice"]["token"]
        left, photo = before.session, weakref.ref(before.session.state.own[0])
        assert after.does("notice", "restore", token=token)["notice"]["text"] == "Everything is back."
        assert after.session.state.own[0] is photo()
        after.does("upload", "forget")
        assert "before" not in blocks.state_holder.session_data
        assert left.state is None and left.results == []
        gc.collect()
        assert photo() is None


def use_a_photo(visitor: Visitor) -> dict:
    """Bring a photo with its map, and begin with the person on it."""
    from mcld_app.editing.samples import people as sample_people

    person = list(sample_people().values())[3]
    photo, iuv = (
        {"name": path.name, "data": base64.b64encode(path.read_bytes()).decode()}
        for path in (person.photo_path, person.iuv_path)
    )
    visitor.does("upload", "agree", on=True)
    return visitor.does("upload", "use", photo=photo, iuv=iuv)
