"""A repo id becomes a folder of checked files: from the cache if it can, from the Hub if it must.

Owns the order of things (ask, compare, fetch, check, fall back), not the protocol (hub/client.py)
nor the files of the cache (hub/cache.py). Content is checked against the Hub's listing; that says
the bytes are the ones published, not that the publisher is to be trusted.
Try: python -c "from hub.snapshots import is_wanted; print(is_wanted('a/b.json', ['*.json']))"
"""

import contextvars
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from hub.cache import COMMIT_SHA, RepoCache
from hub.content import HubFile
from hub.errors import CorruptDownload, HubError, HubUnreachable, NotFound

# Silence borne before the cache answers (the promise is 4 s), and before a first download fails
# (the promise is 10 s).
WARM_S = 3.0
COLD_S = 8.5
_PARALLEL_DOWNLOADS = 4


@dataclass(frozen=True)
class Snapshot:
    """The files of one commit on this machine."""

    repo_id: str
    sha: str
    folder: Path
    is_offline: bool  # True: the Hub did not answer, the cache did


class SnapshotSource(Protocol):
    """The part of a Hub that resolving needs."""

    endpoint: str

    def head(self, repo_id: str, revision: str, repo_type: str, *, wait_s: float) -> str:
        """The commit that a revision has now."""

    def listing(
        self, repo_id: str, sha: str, repo_type: str, *, wait_s: float
    ) -> tuple[HubFile, ...]:
        """All files of a commit."""

    def download(
        self, repo_id: str, sha: str, repo_type: str, path: str, cache_dir: Path, *, wait_s: float
    ) -> None:
        """Put one file into the cache."""


@dataclass(frozen=True)
class _SnapshotRequest:
    """What is to be resolved, and where to."""

    source: SnapshotSource
    repo_id: str
    repo_type: str
    revision: str
    patterns: tuple[str, ...] | None
    cache_dir: Path

    @property
    def cache(self) -> RepoCache:
        return RepoCache(self.cache_dir, self.repo_id, self.repo_type)

    @property
    def is_pinned(self) -> bool:
        return COMMIT_SHA.fullmatch(self.revision) is not None

    def __str__(self) -> str:
        return f"{self.repo_type} {self.repo_id} at {self.revision} on {self.source.endpoint}"


def resolve(
    source: SnapshotSource,
    repo_id: str,
    revision: str,
    repo_type: str,
    allow_patterns: Sequence[str] | None,
    cache_dir: Path,
) -> Snapshot:
    """The folder of the wanted files, each with the content that the Hub lists.

    A pinned commit whose files are cached needs no network. Raises as Hub.resolve.
    """
    patterns = None if allow_patterns is None else tuple(allow_patterns)
    wish = _SnapshotRequest(source, repo_id, repo_type, revision, patterns, cache_dir)
    known_sha = revision if wish.is_pinned else wish.cache.sha_of(revision)
    cached_sha = known_sha if known_sha is not None and _is_complete(wish, known_sha) else None
    if cached_sha is not None and wish.is_pinned:
        return _snapshot(wish, cached_sha, is_offline=False)
    try:
        sha = _refresh(wish, cached_sha)
    except HubUnreachable as error:
        if cached_sha is not None:
            return _snapshot(wish, cached_sha, is_offline=True)
        raise HubUnreachable(f"{error} The {wish} is not complete in the cache either.") from error
    except OSError as error:
        raise HubError(
            f"The cache {cache_dir} cannot be used: {error.strerror} ({error.filename}). Choose "
            "a folder that can be written (HF_HUB_CACHE)."
        ) from error
    return _snapshot(wish, sha, is_offline=False)


def wanted(files: Sequence[HubFile], patterns: Sequence[str] | None) -> tuple[HubFile, ...]:
    """The files whose path matches one of the patterns; "*" also crosses "/"."""
    return tuple(file for file in files if is_wanted(file.path, patterns))


def is_wanted(path: str, patterns: Sequence[str] | None) -> bool:
    """True without patterns, or if one matches; "folder/" stands for all files below it."""
    if patterns is None:
        return True
    return any(fnmatchcase(path, f"{p}*" if p.endswith("/") else p) for p in patterns)


def _is_complete(wish: _SnapshotRequest, sha: str) -> bool:
    """True if the cache knows what the wish means and holds exactly that."""
    listing = wish.cache.listing(sha)
    files = wanted(listing or (), wish.patterns)
    if listing is None or not files or wish.cache.damaged(sha, files):
        return False
    wish.cache.remember(sha, listing, files)
    return True


def _refresh(wish: _SnapshotRequest, cached_sha: str | None) -> str:
    """Ask which commit the revision has, and make its snapshot complete; its sha."""
    wait_s = COLD_S if cached_sha is None else WARM_S
    sha = wish.revision
    if not wish.is_pinned:
        sha = wish.source.head(wish.repo_id, wish.revision, wish.repo_type, wait_s=wait_s)
    if sha != cached_sha:
        _complete(wish, sha, wait_s)
    wish.cache.remember_sha(wish.revision, sha)
    return sha


def _complete(wish: _SnapshotRequest, sha: str, wait_s: float) -> None:
    """Fetch what the snapshot lacks, and record that its content is right."""
    listing = wish.source.listing(wish.repo_id, sha, wish.repo_type, wait_s=wait_s)
    files = wanted(listing, wish.patterns)
    if not files:
        _raise_nothing_wanted(wish, listing)
    _fetch_all(wish, sha, wish.cache.damaged(sha, files))
    wish.cache.remember(sha, listing, files)


def _raise_nothing_wanted(wish: _SnapshotRequest, listing: Sequence[HubFile]) -> None:
    if wish.patterns is None:
        raise NotFound(f"The {wish} holds no files. Publish something there first.")
    present = ", ".join(file.path for file in listing[:10]) or "nothing"
    raise NotFound(
        f"No file of the {wish} matches {', '.join(wish.patterns)}. It holds {present}"
        f"{', ...' if len(listing) > 10 else ''}. Check the revision and the names."
    )


def _fetch_all(wish: _SnapshotRequest, sha: str, files: Sequence[HubFile]) -> None:
    is_over = threading.Event()  # one file failed: the others need not start
    with ThreadPoolExecutor(_PARALLEL_DOWNLOADS, thread_name_prefix="hub-download") as pool:
        # each download bears silence on its own, in a context of its own
        jobs = [
            pool.submit(contextvars.copy_context().run, _fetch_unless, is_over, wish, sha, file)
            for file in files
        ]
        try:
            for job in as_completed(jobs):
                job.result()
        finally:
            is_over.set()


def _fetch_unless(
    is_over: threading.Event, wish: _SnapshotRequest, sha: str, file: HubFile
) -> None:
    if is_over.is_set():
        return
    try:
        _fetch(wish, sha, file)
    except HubError:
        is_over.set()
        raise


def _fetch(wish: _SnapshotRequest, sha: str, file: HubFile) -> None:
    """Download one file until its content is right: twice at most."""
    if wish.cache.is_right(sha, file):
        return  # another process was faster
    problem = ""
    for _ in range(2):
        try:
            wish.source.download(
                wish.repo_id, sha, wish.repo_type, file.path, wish.cache_dir, wait_s=COLD_S
            )
        except CorruptDownload as error:
            problem = f" ({error})"
        if wish.cache.is_right(sha, file):
            return
    raise CorruptDownload(
        f"{file.path} of the {wish} arrived twice with other content than the Hub lists"
        f"{problem}: expected {file.size_bytes:,} bytes with digest {file.digest[:12]}. "
        "It was removed again. Check the connection; if it stays so, publish the file again."
    )


def _snapshot(wish: _SnapshotRequest, sha: str, *, is_offline: bool) -> Snapshot:
    folder = wish.cache.snapshot(sha)
    return Snapshot(repo_id=wish.repo_id, sha=sha, folder=folder, is_offline=is_offline)
