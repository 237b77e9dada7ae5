"""No picture in any log: whatever is sent to whatever place, the server prints nothing of it and answers a sentence."""

from __future__ import annotations

import base64
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from conftest import Studio, run_studio
from thorough import some

from mcld_app.studio import redaction

MARKER = "Zq7PrivatePhotoOfMaya" * 3
CODED = base64.b64encode(MARKER.encode()).decode()
FILE = {"path": f"/tmp/{MARKER}", "url": f"http://127.0.0.1:9/{MARKER}", "orig_name": MARKER,
        "meta": {"_type": "gradio.FileData"}}  # fmt: skip
ODD: dict[str, Any] = {
    "text": MARKER, "base64": CODED, "data URL": f"data:image/png;base64,{CODED}", "a table": {MARKER: CODED},
    "a list": [MARKER, {MARKER: [CODED]}], "a file": FILE, "a value in a table": {"value": MARKER, "data": CODED},
}  # fmt: skip
EVENTS: list[Any] = [
    None,
    MARKER,
    dict.fromkeys(("id", "what", "token", "run", "values", "region", "index", "file", "files", "seed", "x"), MARKER),
    {name: {"name": MARKER, "data": CODED} for name in ("photo", "iuv", "file", "person", "head", "strokes")},
    {"index": 10**400, "files": [{"name": MARKER, "data": [CODED]}] * 2, "values": {MARKER: MARKER}, "id": {MARKER: 1}},
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A studio of its own: others read the errors in the log of theirs."""
    with run_studio(tmp_path_factory.mktemp("redaction")) as running:
        yield running


@pytest.fixture
def client(served: Studio) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{served.url}/gradio_api", trust_env=False, timeout=120) as made:
        yield made


def assert_nothing_is_printed(served: Studio) -> None:
    log = served.log()
    assert MARKER[:21] not in log and CODED[:24] not in log
    assert "Traceback" not in log and "Received inputs" not in log
    assert max(map(len, log.splitlines()), default=0) < 400


def assert_a_sentence(answer: httpx.Response) -> None:
    said = answer.json()
    if answer.status_code >= 400:
        sentence = said.get("error") or said.get("detail")
        assert isinstance(sentence, str) and " " in sentence and sentence[-1] in ".!", said
        assert MARKER not in sentence and CODED not in sentence


def endpoints(client: httpx.Client) -> dict[str, list[dict]]:
    named = client.get("/info").json()["named_endpoints"]
    assert len(named) >= 20
    return {name.strip("/"): about["parameters"] for name, about in named.items()}


def test_no_endpoint_prints_what_it_was_sent(served: Studio, client: httpx.Client) -> None:
    tried = 0
    for name, parameters in endpoints(client).items():
        whole = len(parameters)
        wrong = [[MARKER] * count for count in {0, 1, 2, whole - 1, whole + 1} - {-1, whole}]
        for data in wrong + [[odd] * whole for odd in some(ODD.values(), 3)]:
            begun = client.post(f"/call/{name}", json={"data": data})
            assert_a_sentence(begun)
            told = client.get(f"/call/{name}/{begun.json()['event_id']}").text
            assert "event: complete" in told or "event: error" in told
            assert '{"error": null' not in told, (name, data)
            tried += 1
        named = {parameter["parameter_name"]: MARKER for parameter in parameters}
        for given in (named, {**named, MARKER: MARKER}, {MARKER: MARKER}, dict(list(named.items())[:1])):
            assert_a_sentence(client.post(f"/call/v2/{name}", json=given))
            tried += 1
    print(f"{tried} calls")
    assert tried > 250
    assert_nothing_is_printed(served)


def kinds_of(events: list[dict]) -> list[dict]:
    """The page's events, of those that follow others one of each kind: what shows a panel anew is the same function
    after every event."""
    kinds = {}
    for event in events:
        follows = event["trigger_after"] is not None
        kinds.setdefault((tuple(event["inputs"]), tuple(event["outputs"])) if follows else event["id"], event)
    return list(kinds.values())


def test_no_event_of_the_page_prints_what_it_was_sent(served: Studio, client: httpx.Client) -> None:
    config = httpx.get(f"{served.url}/config", trust_env=False).json()
    events = kinds_of(config["dependencies"])
    assert len(events) > 60
    tried = 0
    for event in events:
        wanted = len(event["inputs"])
        target = next(iter(event["targets"]), [None])[0]
        for sent, count in [(MARKER, 0), (MARKER, wanted + 1), *((sent, wanted) for sent in some(EVENTS, 3))]:
            body = {"data": [MARKER] * count, "event_data": sent, "fn_index": event["id"], "trigger_id": target,
                    "session_hash": MARKER[:21]}  # fmt: skip
            assert_a_sentence(client.post("/run/predict", json=body))
            tried += 1
    print(f"{tried} events")
    assert tried > 650
    assert_nothing_is_printed(served)


def test_no_queued_event_prints_what_it_was_sent(served: Studio, client: httpx.Client) -> None:
    events = kinds_of(httpx.get(f"{served.url}/config", trust_env=False).json()["dependencies"])
    for event in events:
        body = {"data": [FILE] * (len(event["inputs"]) // 2), "event_data": {"files": [FILE]}, "fn_index": event["id"],
                "session_hash": MARKER[:12]}  # fmt: skip
        assert client.post("/queue/join", json=body).status_code == 200
    with client.stream("GET", "/queue/data", params={"session_hash": MARKER[:12]}) as stream:
        ended = [json.loads(line[6:]) for line in stream.iter_lines() if "process_completed" in line]
    assert len(ended) == len(events)
    for end in ended:
        assert end["success"] or end["output"]["error"], "everybody is told a sentence"
    assert_nothing_is_printed(served)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/call/pose", {"data": MARKER}),
        ("/call/pose", {MARKER: 1}),
        ("/call/pose", [MARKER]),
        (f"/call/{MARKER}", {"data": []}),
        (f"/call/v2/{MARKER}", {"data": []}),
        ("/run/predict", {"data": [], "fn_index": 10**6, "session_hash": MARKER}),
        ("/queue/join", {"data": [], "fn_index": 10**6, "session_hash": MARKER}),
        ("/queue/join", {"data": [], "fn_index": MARKER}),
        ("/component_server", {"session_hash": MARKER, "component_id": MARKER, "fn_name": MARKER, "data": MARKER}),
        ("/component_server", {"session_hash": MARKER, "component_id": 1, "fn_name": [MARKER], "data": {MARKER: 1}}),
        ("/component_server", {MARKER: MARKER}),
        ("/cancel", {MARKER: MARKER}),
        ("/upload", {MARKER: MARKER}),
        (f"/proxy={MARKER}", {}),
    ],
)
def test_no_malformed_request_is_printed(served: Studio, client: httpx.Client, path: str, body: Any) -> None:
    answer = client.post(path, json=body)
    assert 400 <= answer.status_code < 600 and MARKER not in answer.text
    client.post(path, content=MARKER.encode())
    client.post(path, files={MARKER: (MARKER, MARKER.encode())})
    assert_nothing_is_printed(served)


def test_what_may_be_left_out_takes_its_default(client: httpx.Client) -> None:
    """A photo and its map alone, as people write it with curl."""
    from mcld_app.editing.samples import people as sample_people

    person = next(iter(sample_people().values()))
    files = [base64.b64encode(path.read_bytes()).decode() for path in (person.photo_path, person.iuv_path)]
    begun = client.post("/call/start_with_photo", json={"data": files}).json()
    told = client.get(f"/call/start_with_photo/{begun['event_id']}").text
    assert told.startswith("event: complete") and "mcld-recipe" in told


def test_the_first_argument_that_is_missing_is_named(client: httpx.Client) -> None:
    begun = client.post("/call/pose", json={"data": ["{}"]}).json()
    assert "The argument \\u201cname\\u201d is missing." in client.get(f"/call/pose/{begun['event_id']}").text


# ---- the log alone ------------------------------------------------------------------------------------------------


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What a log holds while logs are redacted."""
    made, shown, found = logging.getLogRecordFactory(), warnings.showwarning, []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(self.format(record))

    handler = Lines()
    monkeypatch.setattr(logging.getLogger("uvicorn"), "propagate", True)  # a server in this process may have cut it off
    logging.getLogger().addHandler(handler)
    redaction.redact_logs()
    yield found
    logging.captureWarnings(False)
    logging.setLogRecordFactory(made)
    warnings.showwarning = shown
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize("name", ["uvicorn.test", "anything", "mcld_app.test"])
def test_an_error_is_logged_by_kind_and_place(lines: list[str], name: str) -> None:
    try:
        raise ValueError(MARKER)
    except ValueError:
        logging.getLogger(name).exception("It failed with %s", MARKER)
    [line] = lines
    assert MARKER not in line and line.startswith("ValueError in ") and "test_redaction.py:" in line


def test_warnings_and_lost_tasks_are_logged_without_their_words(lines: list[str]) -> None:
    warnings.warn(f"value {MARKER}", UserWarning, stacklevel=1)
    logging.getLogger("asyncio").error("Task exception was never retrieved %r", ValueError(MARKER))
    logging.getLogger("mcp.server").warning(f"Failed to validate: {MARKER}")
    assert len(lines) == 3 and MARKER not in "".join(lines)
    assert "UserWarning" in lines[0] and "test_redaction.py" in lines[0]


def test_other_messages_stay_as_they_are(lines: list[str]) -> None:
    logging.getLogger("mcld_app.test").warning("%s: %s", "tiny", "its configuration cannot be read")
    assert lines == ["tiny: its configuration cannot be read"]


def test_events_whose_answers_say_nothing_are_answered() -> None:
    """Of some components, or of none at all."""
    from page_client import Visitor, served

    from mcld_app.studio.page import build

    with served(build()) as blocks:
        visitor = Visitor(blocks, "visitor")
        assert visitor.does("pose-picker", "pick", id="arms-up")["stage"]["picture"]
        assert visitor.does("generate", "halt", run=1) == {}
        assert visitor.does("texture", "seen", on=False) == {}
        assert visitor.does("texture", "seen", on=True)["texture"]["share"]
        told = blocks.state_holder.session_data["visitor"]
        number = next(part["id"] for part in blocks.config["components"] if part["props"].get("elem_id") == "texture")
        kept = told.config_values[number]["props"]["value"]
        visitor.does("pose-picker", "pick", id="walking")
        assert told.config_values[number]["props"]["value"] is kept, "what says nothing of it leaves it as it was"
