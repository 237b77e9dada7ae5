"""Downloads: resumed, checked, put in place whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from hub import HTML, Hub
from tiny import sizes_of
from weight_files import (
    everything_in,
    files_at_most,
    in_hub,
    picture,
    pth_bytes,
    write_authors,
)

from mcld_app import checkpoints
from mcld_app.checkpoints import (
    BrokenWeights,
    ChecksumManifest,
    DiskFull,
    DownloadError,
    MissingWeights,
    download,
    find,
    load_pipeline,
    weight_named,
)
from mcld_app.errors import Cancelled


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()
    monkeypatch.setenv("HF_ENDPOINT", hub.url + "/")
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def guider_bytes(tiny, tmp_path_factory) -> bytes:
    return pth_bytes(tmp_path_factory.mktemp("guider"), tiny.pose_guider.state_dict())


def test_a_download_is_put_in_place_with_its_hash_and_then_loads(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    seen = []
    assert download([weight], on_progress=seen.append) == [folder / "pose_guider.pth"]
    assert (folder / "pose_guider.pth").read_bytes() == guider_bytes
    assert ChecksumManifest().verify(folder / "pose_guider.pth").how == "downloaded"
    assert (seen[0].done, seen[-1].done, seen[-1].total) == (0, len(guider_bytes), len(guider_bytes))
    assert everything_in(folder) == ["ledger.json", "pose_guider.pth"]


def test_what_is_there_is_not_downloaded_again(hub: Hub, tmp_path: Path, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    in_hub(tmp_path, "pose_guider", "pose_guider.pth", guider_bytes)
    download([weight])
    assert hub.asked == [] and everything_in(folder) == []


def test_a_missing_model_is_downloaded_and_drawn_with(hub: Hub, folder: Path, tiny, tmp_path):
    """The whole way: an empty folder, six files on a server, a pipeline."""
    source = tmp_path / "source"
    source.mkdir()
    write_authors(source, tiny)
    weights = tuple(hub.publish(w.name, (source / w.place).read_bytes()) for w in checkpoints.NEEDED)
    with pytest.raises(MissingWeights, match="python -m mcld_app download"):
        load_pipeline(sizes=sizes_of(tiny))
    download(weights)
    parts = []
    pipe = load_pipeline(sizes=sizes_of(tiny), on_part=parts.append)
    assert np.array_equal(picture(pipe), picture(tiny))
    assert "denoising UNet" in parts and len(hub.asked) == 6


def test_a_connection_that_breaks_is_taken_up_where_it_broke(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.break_after = [5000, 0, 7000]
    download([weight], wait=0)
    assert hub.ranges == [None, "bytes=5000-", "bytes=5000-", "bytes=12000-"]
    assert (folder / "pose_guider.pth").read_bytes() == guider_bytes


def test_a_download_that_was_stopped_goes_on_the_next_time(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.break_after = [6000] + [0] * 10

    def stop(fetched) -> None:
        if fetched.done:
            raise Cancelled()

    with pytest.raises(Cancelled):
        download([weight], on_progress=stop, wait=0)
    kept = list((folder / ".partial").glob("*.part"))
    assert len(kept) == 1 and 0 < kept[0].stat().st_size <= 6000 and find(weight) is None
    size = kept[0].stat().st_size
    hub.break_after = []
    download([weight], wait=0)
    assert hub.ranges[-1] == f"bytes={size}-"
    assert (folder / "pose_guider.pth").read_bytes() == guider_bytes
    assert not (folder / ".partial").exists()


def test_what_was_begun_of_an_older_version_is_dropped(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", b"\0" * 20_000 + guider_bytes)
    hub.break_after = [10_000] + [0] * 10
    with pytest.raises(DownloadError):
        download([weight], wait=0)
    hub.break_after = []
    weight = hub.publish("pose_guider", guider_bytes)
    download([weight], wait=0)
    assert hub.ranges[-1] is None
    assert everything_in(folder) == ["ledger.json", "pose_guider.pth"]


def test_a_server_that_ignores_ranges_is_read_from_the_start(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.break_after, hub.ignore_ranges = [5000], True
    download([weight], wait=0)
    assert (folder / "pose_guider.pth").read_bytes() == guider_bytes


def test_a_mirror_that_says_no_hash_is_accepted_and_its_files_are_noted(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.plain, hub.break_after = True, [5000]
    download([weight], wait=0)
    assert ChecksumManifest().entry(folder / "pose_guider.pth").sha256 == sha256(guider_bytes).hexdigest()


def test_a_store_that_answers_no_question_about_a_file_gives_it_all_the_same(
    hub: Hub, folder: Path, guider_bytes: bytes
):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.headless_store = True
    download([weight], wait=0)
    assert (folder / "pose_guider.pth").read_bytes() == guider_bytes


# --- The same file another time --------------------------------------------------------------------------------------

FIRST, SECOND = "a" * 40, "b" * 40  # commits


def test_later_files_of_a_repository_come_from_the_commit_of_the_first(hub: Hub, folder: Path, guider_bytes: bytes):
    hub.commit = FIRST
    download([hub.publish("pose_guider", guider_bytes)])
    entry = ChecksumManifest().entry(folder / "pose_guider.pth")
    assert (entry.repository, entry.revision) == ("Lotior/mcld", FIRST)
    hub.commit = SECOND  # the branch moves on
    moved = hub.publish("image_proj_model", guider_bytes + b"newer")
    then = hub.publish("image_proj_model", guider_bytes, revision=FIRST)
    download([moved])
    assert (folder / moved.place).read_bytes() == guider_bytes
    assert f"/resolve/{FIRST}/{then.files[0]}" in hub.asked[-1][0]


@pytest.mark.parametrize("says_hashes", [True, False], ids=["known before", "known after"])
def test_another_file_under_the_same_name_does_not_come_in_unnoticed(
    hub: Hub, folder: Path, guider_bytes: bytes, tmp_path: Path, says_hashes: bool
):
    hub.plain = not says_hashes
    download([hub.publish("pose_guider", guider_bytes)])
    noted = ChecksumManifest().entry(folder / "pose_guider.pth")
    assert noted.how == ("downloaded" if says_hashes else "unchecked")
    (folder / "pose_guider.pth").unlink()
    weight = hub.publish("pose_guider", pth_bytes(tmp_path, {"other": torch.ones(3)}))
    with pytest.raises(BrokenWeights, match=r"not the file that was downloaded before.*python -m mcld_app trust"):
        download([weight])
    assert everything_in(folder) == ["ledger.json"] and ChecksumManifest().entry(folder / "pose_guider.pth") == noted
    assert len(hub.asked) == (1 if says_hashes else 2)
    download([hub.publish("pose_guider", guider_bytes)])  # the first one is welcome
    assert (folder / "pose_guider.pth").read_bytes() == guider_bytes


def test_a_known_commit_is_asked_for_and_a_known_hash_makes_up_for_a_server_that_lacks_it(
    hub: Hub, folder: Path, guider_bytes: bytes
):
    known = (sha256(guider_bytes).hexdigest(),)
    pinned = replace(hub.publish("pose_guider", guider_bytes, revision=FIRST), known=known)
    download([pinned])
    assert f"/resolve/{FIRST}/" in hub.asked[0][0]
    assert ChecksumManifest().entry(folder / "pose_guider.pth").how == "published"
    (folder / "pose_guider.pth").unlink()
    hub.files.clear()
    hub.publish("pose_guider", guider_bytes)  # under "main" alone
    with pytest.raises(DownloadError, match="not there any more"):
        download([replace(pinned, known=())])
    download([pinned])
    assert "/resolve/main/" in hub.asked[-1][0] and (folder / "pose_guider.pth").read_bytes() == guider_bytes


def test_no_account_is_used_even_where_there_is_one(hub: Hub, monkeypatch, guider_bytes: bytes):
    monkeypatch.setenv("HF_TOKEN", "hf_of_this_user")
    download([hub.publish("pose_guider", guider_bytes)], wait=0)
    assert hub.tokens == []


def test_offline_by_choice_is_said(hub: Hub, folder: Path, monkeypatch, guider_bytes: bytes):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE is set"):
        download([hub.publish("pose_guider", guider_bytes)], wait=0)
    assert hub.asked == [] and everything_in(folder) == []


def test_a_busy_server_is_asked_again(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.status = [503, 429, 500]
    download([weight], wait=0)
    assert len(hub.asked) == 4


def test_a_connection_that_never_holds_is_given_up_and_what_came_is_kept(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.break_after = [5000] + [0] * 10
    with pytest.raises(DownloadError, match="What has come so far is kept"):
        download([weight], wait=0)
    assert len(hub.asked) == 5 and find(weight) is None


def test_damage_on_the_way_is_noticed(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.damage = True
    with pytest.raises(BrokenWeights, match="not the published file"):
        download([weight], wait=0)
    assert everything_in(folder) == []


def test_a_file_that_is_not_the_one_in_the_table_is_refused(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = replace(hub.publish("pose_guider", guider_bytes), known=("0" * 64,))
    with pytest.raises(BrokenWeights, match="instead of 0000"):
        download([weight], wait=0)
    assert everything_in(folder) == []


def test_a_web_page_instead_of_the_file_is_said(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    hub.web_page = True
    with pytest.raises(DownloadError, match="web page came"):
        download([weight], wait=0)
    assert everything_in(folder) == []


def test_a_web_page_published_under_the_name_is_said(hub: Hub, folder: Path):
    weight = hub.publish("pose_guider", HTML)
    with pytest.raises(BrokenWeights, match="web page"):
        download([weight], wait=0)
    assert everything_in(folder) == []


def test_a_file_that_is_gone_is_said(hub: Hub, folder: Path):
    with pytest.raises(DownloadError, match="not there any more"):
        download([weight_named("pose_guider")], wait=0)


def test_without_a_network_one_sentence_says_what_to_do(folder: Path):
    with pytest.raises(DownloadError) as error:
        download([weight_named("pose_guider")], wait=0)
    said = str(error.value)
    assert "no connection to http://127.0.0.1:9" in said and "Traceback" not in said
    assert f"put it at {folder / 'pose_guider.pth'}" in said and "python -m mcld_app trust" in said
    assert everything_in(folder) == []


def test_too_little_space_is_said_before_the_download_begins(hub: Hub, folder: Path, guider_bytes: bytes, monkeypatch):
    weight = replace(hub.publish("pose_guider", guider_bytes), size=None)  # only the server knows
    monkeypatch.setattr(shutil, "disk_usage", lambda p: shutil._ntuple_diskusage(10**9, 10**9 - 1000, 1000))
    with pytest.raises(DiskFull, match="not enough space"):
        download([weight], wait=0)
    with pytest.raises(DiskFull, match="not enough space"):
        download(wait=0)
    assert hub.asked == [] and everything_in(folder) == []


def test_a_disk_that_becomes_full_during_the_download_leaves_nothing(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    with files_at_most(len(guider_bytes) // 2), pytest.raises(DiskFull, match="became full"):
        download([weight], wait=0)
    assert everything_in(folder) == []


def test_two_downloads_of_one_file_do_not_write_into_each_other(hub: Hub, folder: Path, guider_bytes: bytes):
    weight = hub.publish("pose_guider", guider_bytes)
    said = []

    def again(fetched) -> None:
        if not said:
            with pytest.raises(DownloadError, match="downloaded already") as error:
                download([weight], wait=0)
            said.append(error)

    download([weight], on_progress=again, wait=0)
    assert said and (folder / "pose_guider.pth").read_bytes() == guider_bytes
