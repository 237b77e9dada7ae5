"""People are found in photos by a process beside the page's: the same people, and nothing of anybody is left there."""

from __future__ import annotations

import base64
import gc
import io
import os
import pickle
import threading
import time
import tracemalloc
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import cv2
import numpy as np
import psutil
import pytest
from studio_actions import new_dispatcher, use_upload

from mcld_app.deployment import finds_in_page
from mcld_app.editing import draw, samples
from mcld_app.editing import look as looks
from mcld_app.engine import finding_child, finding_process
from mcld_app.engine.finding_child import Photos
from mcld_app.engine.finding_process import FindingProcess, people_in
from mcld_app.errors import StudioError
from mcld_app.perception.detections import detect_people
from mcld_app.perception.found_people import is_installed
from mcld_app.perception.people_finder import NobodyFound
from mcld_app.studio.session import Session

needs_finder = pytest.mark.skipif(not is_installed(), reason="the models that find people are not here")


@pytest.fixture(scope="module")
def process() -> Iterator[FindingProcess]:
    """The front of a process that finds people, as the page has it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MCLD_FINDING", "process")
        yield finding_process.finding_process()
        finding_process.finding_process().close()


def photo(number: int = 0) -> np.ndarray:
    sample = list(samples.people().values())[number]
    return np.ascontiguousarray(cv2.resize(cv2.imread(str(sample.photo_path))[..., ::-1], (528, 768)))


def alike(a: object, b: object) -> bool:
    """Whether two things are the same to the last byte."""
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.flags.writeable == b.flags.writeable and np.array_equal(a, b)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    if hasattr(a, "__dataclass_fields__"):
        return all(alike(getattr(a, each.name), getattr(b, each.name)) for each in fields(a) if each.init)
    return type(a) is type(b) and a == b


@needs_finder
def test_it_finds_the_same_person_to_the_last_byte(process: FindingProcess) -> None:
    seen = photo()
    there, here = people_in("me", seen), detect_people("me", seen)
    assert process.process_id not in (None, os.getpid())
    assert there.photo is seen, "the photo does not come back a second time"
    a, b = there.person(0), here.person(0)
    assert a is there.person(0) and "filled" in a.worked_out, "what edits take is on its way"
    assert alike(a, b)
    for each in ("filled", "shells", "pixels", "cloth", "bare_head", "standing", "silhouette"):
        assert alike(getattr(a, each), getattr(b, each)), each
    assert np.array_equal(draw(looks.of(a)).picture, draw(looks.of(b)).picture)


@needs_finder
def test_it_is_there_before_the_first_photo(process: FindingProcess) -> None:
    finding_process.make_ready()
    ready = process.process_id
    assert ready is not None
    assert people_in("me", photo(1)) is not None and process.process_id == ready


@needs_finder
def test_what_is_wrong_with_a_photo_is_said_as_ever(process: FindingProcess) -> None:
    with pytest.raises(NobodyFound, match="Nobody was found in the photo"):
        people_in("wall", np.full((400, 300, 3), 127, np.uint8))


@needs_finder
def test_where_it_ends_the_photo_is_looked_at_here_and_the_next_one_there(process: FindingProcess) -> None:
    people_in("me", photo())
    first = process.process_id
    looking = threading.Timer(0.3, psutil.Process(first).kill)
    looking.start()
    for number in (1, 2):  # one of them meets the end, in its middle or before
        assert len(people_in("me", photo(number))) == 1
    looking.join()
    assert len(people_in("me", photo())) == 1 and process.process_id not in (None, first)


def test_where_it_cannot_be_had_it_is_not_asked_for_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def refused(*given: object, **named: object) -> None:
        tried.append(given)
        raise OSError

    front = FindingProcess()
    monkeypatch.setattr(finding_process.subprocess, "Popen", refused)
    for _ in range(5):
        with pytest.raises(finding_process._NotHad):
            front.find("me", photo(), None, False)
    assert len(tried) == 3


@needs_finder
def test_nothing_of_a_photo_is_left_where_it_was_looked_at() -> None:
    def looked_at(number: int) -> None:
        photos = Photos(io.BytesIO())
        photos.hear("find", number, pickle.dumps(("me", photo(number), None, False)))
        photos.go_on()
        if number < 2:
            photos.go_on()
        else:  # whose photo it was has deleted it
            photos.hear("forget", number)
        assert photos.are_done
        kept.append(photos)
        photos._told.truncate(0)

    kept: list[Photos] = []
    looked_at(0)  # tables and models stay
    for number in (1, 2):
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            looked_at(number)
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] - before < photo().nbytes / 4
        finally:
            tracemalloc.stop()


def test_who_is_in_a_photo_is_told_before_what_edits_need_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding_child, "_found", lambda name, *_: name)
    monkeypatch.setattr(finding_child, "_packed_rest", lambda photo, found: io.BytesIO(b"rest"))
    photos = Photos(told := io.BytesIO())
    for number in range(7):
        photos.hear("find", number, pickle.dumps(("me", None, None, False)))
    photos.hear("forget", 6)
    photos.go_on()
    photos.go_on()
    photos.hear("rest", 1)
    while not photos.are_done:
        photos.go_on()
    told.seek(0)
    answers = [pickle.load(told) for _ in range(12)]
    assert [number for number, _ in answers] == [0, 1, 1, 2, 3, 4, 0, 5, 2, 3, 4, 5], "four at most wait for the rest"
    assert [place for place, (_, said) in enumerate(answers) if said == b"rest"] == [2, 6, 8, 9, 10, 11]


@needs_finder
def test_who_is_no_longer_wanted_is_forgotten_and_several_are_asked_for_at_once(process: FindingProcess) -> None:
    with ThreadPoolExecutor(3) as several:
        found = [*several.map(lambda number: people_in("me", photo(number)), range(3))]
    line = process._line
    freed = weakref.ref(found[2].person(0))
    del found[2]
    assert freed() is None, "the one that is awaited keeps nobody"
    assert all("filled" in vars(each.person(0)) or each.person(0).filled is not None for each in found)
    for _ in range(100):
        if not line.asked:
            break
        time.sleep(0.1)
    assert not line.asked and "pieces" in found[1].person(0).worked_out


@needs_finder
def test_pictures_deleted_during_an_upload_are_gone_after_it(process: FindingProcess) -> None:
    page, session = new_dispatcher(), Session()
    data = cv2.imencode(".jpg", photo(1))[1].tobytes()
    files = {"photo": {"name": "me.jpg", "data": base64.b64encode(data).decode()}}
    uploading = threading.Thread(target=page.run, args=(session, use_upload, files))
    uploading.start()
    while not session.coming or not session.lock.locked():
        time.sleep(0.005)
    with session.lock:  # as “Delete my pictures” does
        page.sessions.delete(session)
    uploading.join(30)
    assert session.state is None and not session.shown


def test_the_environment_chooses() -> None:
    assert not finds_in_page({}) and finds_in_page({"MCLD_FINDING": "Page"})
    assert finds_in_page({"SPACES_ZERO_GPU": "1"})
    with pytest.raises(StudioError, match="MCLD_FINDING is 'yes'"):
        finds_in_page({"MCLD_FINDING": "yes"})
