"""One repo's place in the download cache: which commit a branch had, which files were checked.

The layout is huggingface_hub's (refs/, blobs/, snapshots/, trees/); ours is verified/SHA.json
beside it: the listing of a commit, and for each file the time stamp at which its content was
found right, so that a large file is hashed once and not at every start. A file changed behind
our back without a new size or time stamp is not noticed. No network, no huggingface_hub.
"""

import json
import logging
import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hub.content import HubFile

COMMIT_SHA = re.compile(r"[0-9a-f]{40}")
_RECORD_FORMAT = 1
_TREE_FORMAT = 1  # of huggingface_hub 2.4's trees/SHA.json

_log = logging.getLogger(__name__)


class RepoCache:
    """The cached commits of one repo under `cache_dir`."""

    def __init__(self, cache_dir: Path, repo_id: str, repo_type: str) -> None:
        self.folder = cache_dir / f"{repo_type}s--{repo_id.replace('/', '--')}"

    def snapshot(self, sha: str) -> Path:
        """The folder of a commit's files; it need not exist."""
        return self.folder / "snapshots" / sha

    def sha_of(self, revision: str) -> str | None:
        """The commit that a branch or tag had when it was last resolved; None if unknown."""
        try:
            sha = (self.folder / "refs" / revision).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return sha if COMMIT_SHA.fullmatch(sha) else None  # an interrupted write leaves it empty

    def remember_sha(self, revision: str, sha: str) -> None:
        """Keep which commit a branch or tag has, for the day the Hub does not answer."""
        if not COMMIT_SHA.fullmatch(revision) and self.sha_of(revision) != sha:
            _write_whole(self.folder / "refs" / revision, sha)

    def listing(self, sha: str) -> tuple[HubFile, ...] | None:
        """All files of a commit as far as the cache knows them; None if it does not."""
        record = self._record(sha)
        if record is not None:
            return tuple(record)
        return self._foreign_listing(sha)

    def damaged(self, sha: str, files: Sequence[HubFile]) -> list[HubFile]:
        """Those of `files` that are missing or whose content is not what the Hub lists.

        A file is read only if its size and time stamp are not those of its last good check.
        """
        record = self._record(sha) or {}
        bad = []
        for file in files:
            path = self.snapshot(sha) / file.path
            if record.get(file) == _stamp(path, file) is not None:
                continue
            if not file.matches(path):
                bad.append(file)
        return bad

    def remember(self, sha: str, listing: Sequence[HubFile], checked: Sequence[HubFile]) -> None:
        """Record the listing of a commit, and that the content of `checked` is right just now."""
        before = self._record(sha) or {}
        stamps = {file: before.get(file) for file in listing}
        stamps |= {file: _stamp(self.snapshot(sha) / file.path, file) for file in checked}
        if stamps == before:
            return
        rows = {
            file.path: {"size": file.size_bytes, "digest": file.digest, "checked": stamp}
            for file, stamp in stamps.items()
        }
        text = json.dumps({"format": _RECORD_FORMAT, "files": rows}, indent=1)
        _write_whole(self._record_path(sha), text)

    def is_right(self, sha: str, file: HubFile) -> bool:
        """True if the file is there with the listed content; one that is not right is removed.

        Removed are its link and the blob under it, so that no other program reads it either.
        """
        link, blob = self.snapshot(sha) / file.path, self.folder / "blobs" / file.digest
        if file.matches(link):
            return True
        # what is missing is left alone: another process may be about to put it there
        if link.exists():
            if link.resolve().parent == blob.parent.resolve():
                link.resolve().unlink(missing_ok=True)
            link.unlink(missing_ok=True)
        if blob.exists() and not file.matches(blob):
            blob.unlink(missing_ok=True)
        return False

    def _record_path(self, sha: str) -> Path:
        return self.folder / "verified" / f"{sha}.json"

    def _record(self, sha: str) -> dict[HubFile, int | None] | None:
        """Each listed file with the time stamp (ns) of its last good check."""
        rows = _read_rows(self._record_path(sha), "format", _RECORD_FORMAT)
        if rows is None:
            return None
        try:
            record = {
                HubFile(path, int(row["size"]), str(row["digest"])): row["checked"]
                for path, row in rows.items()
            }
        except (KeyError, TypeError, ValueError):
            return None
        return record if all(file.is_sane() for file in record) else None

    def _foreign_listing(self, sha: str) -> tuple[HubFile, ...] | None:
        """The listing that `hf download` or snapshot_download left, in an image say."""
        rows = _read_rows(self.folder / "trees" / f"{sha}.json", "format_version", _TREE_FORMAT)
        if not rows:
            return None
        try:
            files = tuple(
                HubFile(path, int(row["size"]), str(row.get("lfs_sha256") or row["blob_id"]))
                for path, row in rows.items()
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            return None
        return files if all(file.is_sane() for file in files) else None


def _stamp(path: Path, file: HubFile) -> int | None:
    """The file's time stamp in ns; None if it is missing or has another size than listed."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns if status.st_size == file.size_bytes else None


def _read_rows(path: Path, format_key: str, format_known: int) -> dict[str, dict] | None:
    """The `files` mapping of a listing on disk; None if it is missing, broken or newer than us."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _log.warning("ignoring the unreadable listing %s: %s", path, error)
        return None
    if not isinstance(content, dict) or content.get(format_key) != format_known:
        return None
    rows = content.get("files")
    return rows if isinstance(rows, dict) else None


def _write_whole(path: Path, text: str) -> None:
    """Write by rename. A cache that cannot be written (a read-only mount) still serves reads."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).replace(path)
    except OSError as error:
        _log.warning("could not write %s: %s", path, error)
