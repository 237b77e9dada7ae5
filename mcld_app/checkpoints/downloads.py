"""Downloads: resumed where they broke off, checked by SHA-256, and put in place whole or not at all.

The hash is the one in the table; where that has none, it is the server's own word. Files are asked for at the commit in
the table; where that has none, at the one of the first download from that repository, which the manifest keeps. So what
is published later under the same name does not come in unnoticed.

What the server says of a file is asked through huggingface_hub. The download itself is our own, because its second
version starts a file anew after the program was stopped, and one of these files is 3.5 GB. No account and no token is
used: all files are public.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from http.client import HTTPException, HTTPMessage
from pathlib import Path

from mcld_app.checkpoints.errors import BrokenWeights, DownloadError
from mcld_app.checkpoints.find import find
from mcld_app.checkpoints.folders import checkpoints_folder
from mcld_app.checkpoints.formats import recognise
from mcld_app.checkpoints.manifest import ChecksumManifest, command, sha256_of
from mcld_app.checkpoints.table import NEEDED, Weight
from mcld_app.deployment import hub_endpoint
from mcld_app.errors import DiskFull
from mcld_app.files import need_room, writing

PARTIAL = ".partial"  # where files lie until they are whole
TIMEOUT = 30.0  # seconds without a byte
TRIES = 5  # in a row that bring nothing
_BLOCK = 1 << 20
_UNTAGGED = "untagged"
_AGENT = "mcld-studio"
# The file as it is, not compressed: sizes and ranges count the file's own bytes.
_HEADERS = {"User-Agent": _AGENT, "Accept-Encoding": "identity"}


class _NotThere(DownloadError):
    """The server knows no such file, or no such revision."""


@dataclass(frozen=True)
class DownloadProgress:
    """How far a download has come.

    Attributes:
        weight: what is being downloaded.
        done: bytes of it so far.
        total: bytes of it in all, or None where the server does not say.
        index, count: which of how many files, from 1.
    """

    weight: Weight
    done: int
    total: int | None
    index: int
    count: int


@dataclass(frozen=True)
class _Remote:
    """The server's metadata of a file."""

    size: int | None
    sha256: str | None
    tag: str  # changes when the file does
    revision: str | None = None  # the commit


@dataclass(frozen=True)
class _Job:
    """One file to download: of which revision, into which folder, whom to tell, seconds before the first retry."""

    weight: Weight
    folder: Path
    report: Callable[[int, int | None], None]
    wait: float
    revision: str

    @property
    def url(self) -> str:
        w = self.weight
        return f"{hub_endpoint()}/{w.repository}/resolve/{self.revision}/{urllib.parse.quote(w.files[0])}"

    @property
    def target(self) -> Path:
        return self.folder / self.weight.place

    @property
    def partial(self) -> Path:
        return self.folder / PARTIAL


def download(
    weights: Sequence[Weight] = NEEDED,
    folder: Path | None = None,
    *,
    on_progress: Callable[[DownloadProgress], None] = lambda _: None,
    wait: float = 2.0,
) -> list[Path]:
    """Download what is neither in the checkpoints folder nor in the Hugging Face cache. Say each weight's licence to
    the user before.

    Args:
        weights: which.
        folder: where to; default: `checkpoints_folder()`.
        on_progress: called about once per MB. What it raises stops the download; a later call goes on from there.
        wait: seconds before the first retry; doubled for each further one.

    Returns:
        where each of them lies, in order.

    Raises:
        DownloadError: no network, or a server that will not give the file. DiskFull: too little space.
        BrokenWeights: what came is not what the server announced.
    """
    folder = folder or checkpoints_folder()
    manifest = ChecksumManifest()
    present = [find(weight, folder) for weight in weights]
    missing = [weight for weight, found in zip(weights, present, strict=True) if found is None]
    need_room(folder, sum(weight.size or 0 for weight in missing) - _already(folder, missing), "the downloads")
    paths = []
    for weight, found in zip(weights, present, strict=True):
        if found is None:
            index = missing.index(weight) + 1

            def report(done: int, total: int | None, weight: Weight = weight, index: int = index) -> None:
                on_progress(DownloadProgress(weight, done, total, index, len(missing)))

            paths.append(_fetch(_Job(weight, folder, report, wait, weight.revision), manifest))
        else:
            paths.append(found.path)
    return paths


def _fetch(job: _Job, manifest: ChecksumManifest) -> Path:
    """Download one file to its place and record its hash."""
    from filelock import FileLock, Timeout

    weight, target = job.weight, job.target
    with writing(target):
        job.partial.mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(job.partial / f"{weight.name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise DownloadError(f"The {weight.label} is being downloaded already, by another window or program.") from None
    try:
        job, remote = _located(job, manifest)
        _refuse_another(job, remote.sha256, manifest)
        part = _part_for(job, remote)
        _receive(job, part, remote)
        _put_in_place(job, part, remote, manifest)
    finally:
        lock.release()
        with contextlib.suppress(OSError):  # something is kept there, or others are at it
            Path(lock.lock_file).unlink(missing_ok=True)
            job.partial.rmdir()
    return target


def _located(job: _Job, manifest: ChecksumManifest) -> tuple[_Job, _Remote]:
    """The job at the revision that is to be had, and what the server says of it.

    A commit that the server does not know (any more, or it is a mirror) is done without where the table has the hash.
    """
    weight = job.weight
    if weight.is_pinned:
        revisions = [weight.revision, *(["main"] if weight.sha256 else [])]
    else:
        revisions = [manifest.revision_of(weight.repository) or weight.revision]
    for revision in revisions[:-1]:
        with contextlib.suppress(_NotThere):
            there = replace(job, revision=revision)
            return there, _ask(there)
    job = replace(job, revision=revisions[-1])
    return job, _ask(job)


def _refuse_another(job: _Job, digest: str | None, manifest: ChecksumManifest) -> None:
    """Where only the server's word stands for a file, it has to be the same as at the last download."""
    before = manifest.entry(job.target)
    if digest is None or before is None or job.weight.sha256 or before.how not in ("downloaded", "unchecked"):
        return
    if digest != before.sha256:
        raise BrokenWeights(
            f"The {job.weight.label} on {hub_endpoint()} is not the file that was downloaded before: its SHA-256 is "
            f"{digest} instead of {before.sha256}. If you want the new one, take it by hand: "
            f"{by_hand(job.weight, job.folder)}."
        )


def _put_in_place(job: _Job, part: Path, remote: _Remote, manifest: ChecksumManifest) -> None:
    """Verify the downloaded file and record it in the manifest."""
    digest, expected = sha256_of(part), job.weight.sha256 or remote.sha256
    if expected and digest != expected:
        part.unlink(missing_ok=True)
        raise BrokenWeights(
            f"What came as {job.weight.label} is not the published file: its SHA-256 is {digest} instead of "
            f"{expected}. It was deleted; try again later, or from another network."
        )
    try:
        _refuse_another(job, digest, manifest)
    except BrokenWeights:
        part.unlink(missing_ok=True)
        raise
    whole = part.with_name(f"{job.weight.name}{job.target.suffix}")  # the extension says what it should be
    os.replace(part, whole)
    try:
        recognise(whole)
        with writing(job.target):
            os.replace(whole, job.target)
    finally:
        whole.unlink(missing_ok=True)
    how = "published" if digest in job.weight.known else "downloaded" if remote.sha256 else "unchecked"
    weight = job.weight
    manifest.record(job.target, how, sha256=digest, repository=weight.repository, revision=remote.revision)


def by_hand(weight: Weight, folder: Path | None = None) -> str:
    """How to get a file without this program: where from, where to, and what to type then."""
    url, target = source_and_place(weight, folder)
    vouch = "" if weight.known else f", then type `{command(target)}`"
    return f"get {url} and put it at {target}{vouch}"


def source_and_place(weight: Weight, folder: Path | None = None) -> tuple[str, Path]:
    """Where a file is downloaded from, and where it belongs."""
    return weight.url.replace("https://huggingface.co", hub_endpoint()), (folder or checkpoints_folder()) / weight.place


def _already(folder: Path, weights: Sequence[Weight]) -> int:
    return sum(part.stat().st_size for weight in weights for part in (folder / PARTIAL).glob(f"{weight.name}.*.part"))


def _part_for(job: _Job, remote: _Remote) -> Path:
    """The unfinished file of this version of the remote file; those of other versions are of no use any more."""
    part = job.partial / f"{job.weight.name}.{remote.tag}.part"
    for other in job.partial.glob(f"{job.weight.name}.*.part"):
        if other != part:
            other.unlink(missing_ok=True)
    return part


def _ask(job: _Job) -> _Remote:
    """Size, hash and version of a file, which Hugging Face tells before it sends a request on to its store."""
    from huggingface_hub import get_hf_file_metadata
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    try:
        told = get_hf_file_metadata(job.url, token=False, timeout=TIMEOUT, headers={"user-agent": _AGENT})
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in (403, 405, 501) and str(error.response.url) != job.url:
            return _Remote(None, None, _UNTAGGED)  # the store behind a mirror, which knows no HEAD
        raise _refused(job, status) from error
    except OfflineModeIsEnabled as error:
        raise DownloadError("HF_HUB_OFFLINE is set, so nothing is downloaded. Unset it and try again.") from error
    except Exception as error:  # of the HTTP library beneath, which changes with huggingface_hub's versions
        raise _no_network(job) from error
    tag = told.etag or ""
    digest = tag.lower() if re.fullmatch(r"[0-9a-fA-F]{64}", tag) else None
    return _Remote(told.size, digest, re.sub(r"\W", "", tag)[:16] or _UNTAGGED, told.commit_hash)


def _receive(job: _Job, part: Path, remote: _Remote) -> None:
    """Fill `part` up to its end, over as many connections as that takes."""
    if remote.tag == _UNTAGGED or (remote.size is not None and _size(part) > remote.size):
        part.unlink(missing_ok=True)  # nothing says that it is the beginning of the same file
    if remote.size is not None:
        need_room(job.partial, remote.size - _size(part), f"the {job.weight.label}")
    tries = 0
    while remote.size is None or _size(part) != remote.size:
        before = _size(part)
        trouble: Exception = ConnectionError("the connection broke off")
        try:
            if _read_on(job, part, remote):
                return
        except urllib.error.HTTPError as error:
            trouble = error
            with error:
                if error.code == 416:  # nothing behind what we have, though that is not all: start again
                    part.unlink(missing_ok=True)
                elif error.code not in (408, 429, 500, 502, 503, 504):
                    raise _refused(job, error.code) from error
        except DiskFull:
            part.unlink(missing_ok=True)
            raise
        except (OSError, HTTPException) as error:  # of the network: the disk's have become sentences by now
            trouble = error
        tries = 1 if _size(part) > before else tries + 1
        if tries >= TRIES:
            raise _no_network(job, kept=_size(part)) from trouble
        _pause(job, min(job.wait * 2 ** (tries - 1), 60), _size(part), remote.size)


def _pause(job: _Job, seconds: float, done: int, total: int | None) -> None:
    """Wait, and tell meanwhile: whoever is told may stop the download."""
    turns = math.ceil(seconds / 0.5)
    for _ in range(turns):
        job.report(done, total)
        time.sleep(seconds / turns)


def _read_on(job: _Job, part: Path, remote: _Remote) -> bool:
    """One connection: go on behind what is there. True where the end was reached."""
    start = _size(part)
    headers = _HEADERS | ({"Range": f"bytes={start}-"} if start else {})
    with urllib.request.urlopen(urllib.request.Request(job.url, headers=headers), timeout=TIMEOUT) as answer:
        if answer.headers.get_content_type() == "text/html":
            raise DownloadError(
                f"Instead of the {job.weight.label}, a web page came. Is there a sign-in page between this machine and "
                f"the network? By hand: {by_hand(job.weight, job.folder)}."
            )
        resumed = answer.status == 206
        if resumed and not _starts_at(answer.headers, start):
            part.unlink(missing_ok=True)
            return False
        done = start if resumed else 0
        length = answer.headers.get("Content-Length")
        total = remote.size or (done + int(length) if length and length.isdigit() else None)
        job.report(done, total)
        with writing(job.target):
            file = part.open("ab" if resumed else "wb")
        try:
            while block := answer.read(_BLOCK):
                with writing(job.target):
                    file.write(block)
                done += len(block)
                job.report(done, total)
        finally:
            with writing(job.target):
                file.close()
    return total is None or done == total


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _starts_at(headers: HTTPMessage, start: int) -> bool:
    match = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
    return match is not None and int(match[1]) == start


def _refused(job: _Job, status: int) -> DownloadError:
    reason = {
        401: "it asks for an account",
        403: "it may not be downloaded from here",
        404: "it is not there any more",
    }.get(status, f"it answers {status}")
    how = by_hand(job.weight, job.folder)
    kind = _NotThere if status == 404 else DownloadError
    return kind(f"{hub_endpoint()} does not give the {job.weight.label}: {reason}. By hand: {how}.")


def _no_network(job: _Job, kept: int = 0) -> DownloadError:
    keeps = " What has come so far is kept, and the next try goes on from there." if kept else ""
    return DownloadError(
        f"The {job.weight.label} could not be downloaded: no connection to {hub_endpoint()}.{keeps} Without a network: "
        f"on another machine, {by_hand(job.weight, job.folder)}."
    )
