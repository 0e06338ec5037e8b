"""The one door to a Hub: connect, resolve a repo id to a folder, publish a folder.

Endpoint, token and cache folder are parameters; the environment is not read. Every failure is
one of hub/errors.py. The order of work is in hub/snapshots.py and hub/publishing.py, the protocol
in hub/remote.py. Importing this is cheap: huggingface_hub comes in when a Hub is first asked.
Try: python -c "from hub.client import connect; print(connect('http://127.0.0.1:8008', \
'hf_...').whoami())"
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from hub import publishing, snapshots
from hub.errors import AccessDenied, NotFound
from hub.publishing import Published
from hub.remote import Remote, model_card_text
from hub.repo_ids import full_repo_id, validate_endpoint, validate_repo_id, validate_revision
from hub.sending import Scheduler, Sender
from hub.snapshots import COLD_S, Snapshot

DEFAULT_ENDPOINT = "https://huggingface.co"

__all__ = [
    "DEFAULT_ENDPOINT",
    "Hub",
    "Published",
    "Snapshot",
    "connect",
    "default_cache_dir",
    "full_repo_id",
    "model_card_text",
    "validate_repo_id",
]


def connect(
    endpoint: str = DEFAULT_ENDPOINT, token: str | None = None, cache_dir: Path | None = None
) -> "Hub":
    """A Hub to resolve from and publish to; nothing is sent yet.

    Args:
        endpoint: the address, http(s)://host[:port].
        token: None sends none, even if huggingface_hub knows one for another Hub.
        cache_dir: None takes default_cache_dir(endpoint).

    Raises:
        HubError: the endpoint is not an address.
    """
    endpoint = validate_endpoint(endpoint)
    return Hub(Remote(endpoint, token or None), cache_dir or default_cache_dir(endpoint))


def default_cache_dir(endpoint: str, home: Path | None = None) -> Path:
    """huggingface_hub's usual folder for its own Hub, a folder of its own for every other.

    home: ~/.cache/huggingface unless given.

    The cache does not note whence a file came: alice/x of two Hubs would share an entry.
    """
    base = home or Path.home() / ".cache" / "huggingface"
    if endpoint.rstrip("/") == DEFAULT_ENDPOINT:
        return base / "hub"
    parts = urlsplit(endpoint)
    return base / f"hub-{parts.scheme}-{parts.netloc.replace(':', '-')}"


class Hub:
    """One Hub, as seen with one token and one cache; safe to share between threads."""

    def __init__(self, remote: Remote, cache_dir: Path) -> None:
        self.endpoint = remote.endpoint
        self.cache_dir = cache_dir
        self._remote = remote

    def resolve(
        self,
        repo_id: str,
        revision: str = "main",
        *,
        repo_type: str = "model",
        allow_patterns: Sequence[str] | None = None,
    ) -> Snapshot:
        """The folder of a repo's files at a revision, each checked against the Hub's listing.

        A commit sha whose files are cached needs no network. A branch or tag is asked for; if the
        Hub stays silent for 3 s the cache answers, and without one it fails within 10 s.

        Args:
            repo_id: "owner/name"; never taken for a folder on this machine.
            revision: branch, tag or commit sha.
            repo_type: model, dataset or space.
            allow_patterns: fetch only matching files; "*" also matches "/".

        Raises:
            NotFound: no such repo, revision, or file that matches.
            AccessDenied: gated, or the token is not accepted.
            HubUnreachable: no answer, and the cache does not hold all of it.
            CorruptDownload: the content stayed wrong after a second download.
        """
        validate_repo_id(repo_id)
        validate_revision(revision)
        return snapshots.resolve(
            self._remote, repo_id, revision, repo_type, allow_patterns, self.cache_dir
        )

    def publish(
        self,
        folder: Path,
        repo_id: str,
        *,
        message: str,
        private: bool = False,
        tag: str | None = None,
        repo_type: str = "model",
        revision: str = "main",
        allow_patterns: Sequence[str] | None = None,
        delete_patterns: Sequence[str] | None = None,
    ) -> Published:
        """Bring the folder's files to the Hub in one commit, however large, then tag it.

        What is there already makes no commit: after a failure the same call again carries on.

        Args:
            folder: .git and .cache in it are left out.
            repo_id: created if missing; a bare name goes to the token's user.
            message: the commit's first line.
            private: for a new repo; an existing public one is then refused.
            tag: a name for the commit; refused first if it names other content.
            repo_type: model, dataset or space (docker).
            revision: the branch; created if missing.
            allow_patterns: take only matching files of the folder.
            delete_patterns: remove matching files of the repo that are not in the folder.

        Raises:
            AccessDenied: as for check_write, before anything is sent.
            Conflict: the branch moved on, the tag is taken, or the repo is public.
            HubUnreachable: no answer; what arrived is kept, so try again.
        """
        wish = publishing.PublishRequest(
            folder=folder,
            repo_id=self.check_write(repo_id, repo_type=repo_type),
            repo_type=repo_type,
            branch=validate_revision(revision),
            message=message,
            is_private=private,
            tag=None if tag is None else validate_revision(tag),
            allow_patterns=allow_patterns,
            delete_patterns=delete_patterns,
        )
        return publishing.publish(self._remote, wish)

    def keep_sending(
        self, folder: Path, repo_id: str, *, lock: threading.Lock, every_min: float = 5.0
    ) -> Sender:
        """Send a folder whose files only grow to a private dataset repo, in the background.

        Nothing is asked of the Hub before this returns; a Hub that refuses or does not answer is
        asked again every every_min minutes, and Sender.state() says why.

        Args:
            folder: every file in it is sent, and again whole when it has grown.
            repo_id: created private if missing; a public one gets nothing.
            lock: held while the folder is looked at; hold it to write a line.
            every_min: minutes between two sendings.
        """
        validate_repo_id(repo_id)

        def begin() -> Scheduler:
            full_id = self.check_write(repo_id, repo_type="dataset")
            self._remote.make_repo(full_id, "dataset", private=True, branch="main")
            return self._remote.scheduler(full_id, folder, every_min)

        return Sender(begin, folder, every_min, lock)

    def check_write(self, repo_id: str, *, repo_type: str = "model") -> str:
        """The full id "owner/name" that this token may write to; ask before a long training.

        Raises:
            AccessDenied: no token, one that is not accepted or only reads, or a foreign namespace.
            NotFound: the text is not a repo id.
            HubUnreachable: no answer.
        """
        validate_repo_id(repo_id)
        user = self._remote.user()
        full_id = full_repo_id(repo_id, user.name)
        where = f"{full_id} on {self.endpoint}"
        if user.role == "read":
            raise AccessDenied(
                f"The token of {user.name} only reads, so it cannot publish {where}. "
                "Use a token with the role write (HF_TOKEN)."
            )
        owner = full_id.split("/")[0]
        if owner not in user.namespaces:
            raise AccessDenied(
                f"The token of {user.name} cannot publish {where}: it may write to "
                f"{', '.join(user.namespaces)}. Use one of these as owner, or another token."
            )
        self._remote.check_write(full_id, repo_type)
        return full_id

    def tags(self, repo_id: str, *, repo_type: str = "model") -> dict[str, str]:
        """Each tag of a repo with the commit that it names.

        Raises:
            NotFound: no such repo.
            AccessDenied: gated, or the token is not accepted.
            HubUnreachable: no answer.
        """
        validate_repo_id(repo_id)
        return self._remote.tags(repo_id, repo_type)

    def with_cache(self, cache_dir: Path) -> "Hub":
        """The same Hub and token over another cache folder."""
        return Hub(self._remote, cache_dir)

    def whoami(self) -> str:
        """The name of the token's user. Raises AccessDenied, HubUnreachable."""
        return self._remote.user().name

    def exists(self, repo_id: str, revision: str = "main", repo_type: str = "model") -> bool:
        """True if the repo and the revision are there and this token may see them.

        Raises:
            AccessDenied: the token is not accepted.
            HubUnreachable: no answer.
        """
        validate_repo_id(repo_id)
        try:
            self._remote.head(repo_id, validate_revision(revision), repo_type, wait_s=COLD_S)
        except NotFound:
            return False
        return True
