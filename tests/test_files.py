"""Files that are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcld_app.errors import DiskFull, FileError
from mcld_app.files import free_bytes, in_words, need_room, whole_file, whole_folder, write_whole, writing


def names(folder: Path) -> set[str]:
    """All that lies in a folder, hidden or not."""
    return {path.name for path in folder.iterdir()}


def test_a_file_is_written_with_its_folder(tmp_path: Path):
    write_whole(tmp_path / "a" / "b" / "x.bin", b"new")
    assert (tmp_path / "a" / "b" / "x.bin").read_bytes() == b"new" and names(tmp_path / "a" / "b") == {"x.bin"}


def test_until_it_is_whole_the_old_file_is_seen(tmp_path: Path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with whole_file(path) as temporary:
        temporary.write_bytes(b"ne")
        assert path.read_bytes() == b"old" and temporary.parent == tmp_path
        temporary.write_bytes(b"new")
    assert path.read_bytes() == b"new" and names(tmp_path) == {"x"}


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), KeyboardInterrupt(), RuntimeError()])
def test_what_goes_wrong_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: BaseException):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with pytest.raises(type(error)), whole_file(path) as temporary:
        temporary.write_bytes(b"half")
        raise error
    assert path.read_bytes() == b"old" and names(tmp_path) == {"x"}


def test_the_content_is_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch):
    """Else a machine that loses its power may keep the name of a file without its content."""
    order: list[str] = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (order.append("content"), sync(handle))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (order.append("name"), replace(a, b))[1])
    write_whole(tmp_path / "x", b"new")
    assert order == ["content", "name"]
    write_whole(tmp_path / "y", b"can be computed again", sync=False)
    assert order == ["content", "name", "name"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_others_may_read_it_as_any_file_of_this_user(tmp_path: Path):
    write_whole(tmp_path / "x", b"")
    (tmp_path / "y").write_bytes(b"")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "xy"]
    assert modes[0] == modes[1]


def test_writers_at_the_same_time_do_not_write_into_each_other(tmp_path: Path):
    path, contents = tmp_path / "x", [bytes([n]) * 100_000 for n in range(8)]
    threads = [threading.Thread(target=write_whole, args=(path, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() in contents and names(tmp_path) == {"x"}


@pytest.mark.parametrize("there", [False, True], ids=["a new folder", "an empty folder"])
def test_a_folder_appears_when_it_is_complete(tmp_path: Path, there: bool):
    path = tmp_path / "model"
    if there:
        path.mkdir()
    with whole_folder(path) as temporary:
        (temporary / "part").mkdir()
        (temporary / "part" / "x").write_bytes(b"1")
        assert not path.exists() or not names(path)
    assert (path / "part" / "x").read_bytes() == b"1" and names(tmp_path) == {"model"}


def test_a_folder_that_could_not_be_completed_leaves_nothing(tmp_path: Path):
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "model") as temporary:
        (temporary / "x").write_bytes(b"1")
        raise RuntimeError
    assert names(tmp_path) == set()


def test_a_folder_with_something_in_it_is_never_replaced(tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "notes").write_bytes(b"mine")
    with pytest.raises(OSError), whole_folder(tmp_path / "model") as temporary:
        (temporary / "x").write_bytes(b"1")
    assert names(tmp_path) == {"model"} and names(tmp_path / "model") == {"notes"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_is_one_sentence(tmp_path: Path, number: int):
    said = r"The disk became full while .*x was written\. .* make room and try again\."
    with pytest.raises(DiskFull, match=said), writing(tmp_path / "x"):
        raise OSError(number, os.strerror(number))


def test_another_trouble_of_the_disk_is_one_sentence_too(tmp_path: Path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileError, match=r"x cannot be written: .*\.$") as error, writing(tmp_path / "file" / "x"):
        write_whole(tmp_path / "file" / "x", b"")
    assert not isinstance(error.value, DiskFull)


def test_what_the_writer_of_tensors_says_of_the_disk_is_understood(tmp_path: Path):
    from safetensors import SafetensorError

    with pytest.raises(DiskFull), writing(tmp_path / "x"):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    with pytest.raises(FileError, match="cannot be written"), writing(tmp_path / "x"):
        raise SafetensorError("Error while serializing: something else")


def test_room_is_asked_for_before_writing(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 0, 60_000_000))
    new = tmp_path / "not" / "there"
    assert free_bytes(new) == 60_000_000
    need_room(new, 10_000_000, "the model")
    with pytest.raises(DiskFull, match=r"for the model: it takes 20\.0 MB, and 60\.0 MB are free"):
        need_room(new, 20_000_000, "the model")


@pytest.mark.parametrize(
    ("size", "words"),
    [(None, "unknown size"), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (4_345_920, "4.3 MB"), (3.4e9, "3.4 GB"),
     (334_643_276, "335 MB"), (12e12, "12000.0 GB")],
)  # fmt: skip
def test_sizes_are_said_as_people_say_them(size: float | None, words: str):
    assert in_words(size) == words


@given(st.integers(0, 10**13))
def test_a_size_in_words_is_right_to_a_twentieth(size: int):
    number, unit = in_words(size).split()
    assert abs(float(number) * {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[unit] - size) <= size / 20
