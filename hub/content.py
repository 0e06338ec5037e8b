"""The content of files as the Hub names it: sha256 for large files, git's blob sha1 for the rest.

Owns digests and the comparison of a file on disk with the Hub's listing; knows no network.
Try: python -c "from hub.content import git_sha1; from pathlib import Path; \
print(git_sha1(Path('README.md')))"   # same as: git hash-object README.md
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHA1 = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class HubFile:
    """One file of a repo at one commit, as the Hub lists it."""

    path: str  # inside the repo, with forward slashes
    size_bytes: int
    digest: str  # 64 hex digits: sha256 of a large file; 40: git's blob sha1

    def is_sane(self) -> bool:
        """True if the path stays inside the repo and the digest is one: a Hub is not trusted."""
        parts = PurePosixPath(self.path).parts
        is_inside = bool(parts) and ".." not in parts and parts[0] != "/" and "\\" not in self.path
        return is_inside and bool(_SHA256.fullmatch(self.digest) or _SHA1.fullmatch(self.digest))

    def matches(self, path: Path) -> bool:
        """True if the file at `path` has this size and content; reads it once."""
        try:
            if path.stat().st_size != self.size_bytes:
                return False
            digest = sha256(path) if len(self.digest) == 64 else git_sha1(path)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return False
        return digest == self.digest


def sha256(path: Path) -> str:
    """The file's sha256 as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_sha1(path: Path) -> str:
    """The id that git gives this content: sha1 over "blob SIZE", a zero byte, and the bytes."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()
