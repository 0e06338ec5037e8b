"""One Hub through huggingface_hub; its failures become ours.

Only hub/sending.py also imports the library, to extend a class of it that is made here.

Each method is one question to the Hub, bounded in time by hub/transport.py. What to ask, and in
which order, is decided in hub/snapshots.py and hub/publishing.py; use hub/client.py from outside.
"""

import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING

from hub import sending
from hub.content import HubFile
from hub.errors import AccessDenied, Conflict, CorruptDownload, HubError, HubUnreachable, NotFound
from hub.failures import Subject, refusal, unreachable
from hub.publishing import CommitPlan
from hub.snapshots import COLD_S

if TYPE_CHECKING:
    from huggingface_hub import HfApi

_COMMIT_S = 60.0  # the Hub checks every uploaded blob before it answers
_XET_HOST = "https://huggingface.co"  # the only Hub that is known to speak Xet
_INSTALLING = threading.Lock()


@dataclass(frozen=True)
class User:
    """Whose token it is, and what it may do."""

    name: str
    role: str  # read, write or fineGrained
    namespaces: tuple[str, ...]  # the user's own name first


class Remote:
    """One endpoint, asked with one token."""

    def __init__(self, endpoint: str, token: str | None) -> None:
        self.endpoint = endpoint
        self._token = token

    def user(self) -> User:
        """Whose token this is. Raises AccessDenied, HubUnreachable."""
        if self._token is None:
            raise AccessDenied(
                f"No token was given for {self.endpoint}, and this needs one. Make a token with "
                "the role write on that Hub and give it as HF_TOKEN."
            )
        with self._asking(Subject(self.endpoint, has_token=True), COLD_S):
            answer = self._api.whoami()
            orgs = answer.get("orgs") or ()
            writable = [org["name"] for org in orgs if org.get("roleInOrg") != "read"]
            access = (answer.get("auth") or {}).get("accessToken") or {}
            role = str(access.get("role", "write"))
            return User(answer["name"], role, (answer["name"], *writable))

    def check_write(self, repo_id: str, repo_type: str) -> None:
        """Let the Hub say whether this token may write to the repo; a missing repo is fine."""
        try:
            with self._asking(self._subject(repo_id, repo_type), COLD_S):
                self._api.auth_check(repo_id, repo_type=repo_type, write=True)
        except NotFound:
            return

    def head(self, repo_id: str, revision: str, repo_type: str, *, wait_s: float) -> str:
        """The commit that a revision has now."""
        with self._asking(self._subject(repo_id, repo_type, revision), wait_s):
            info = self._api.repo_info(repo_id, repo_type=repo_type, revision=revision)
        if not info.sha:
            raise NotFound(f"The {self._subject(repo_id, repo_type, revision)} has no commit yet.")
        return info.sha

    def listing(
        self, repo_id: str, sha: str, repo_type: str, *, wait_s: float
    ) -> tuple[HubFile, ...]:
        """All files of a commit."""
        from huggingface_hub.hf_api import RepoFile

        subject = self._subject(repo_id, repo_type, sha)
        with self._asking(subject, wait_s):
            rows = self._api.list_repo_tree(
                repo_id, recursive=True, revision=sha, repo_type=repo_type
            )
            files = tuple(
                HubFile(row.path, row.size, row.lfs.sha256 if row.lfs else row.blob_id)
                for row in rows
                if isinstance(row, RepoFile)
            )
        for file in files:
            if not file.is_sane():
                raise HubError(
                    f"The {subject} lists {file.path!r} with digest {file.digest!r}, which cannot "
                    "be a file of a repo. Nothing was downloaded; do not trust this Hub."
                )
        return files

    def download(
        self, repo_id: str, sha: str, repo_type: str, path: str, cache_dir: Path, *, wait_s: float
    ) -> None:
        """Put one file into the cache.

        Raises:
            CorruptDownload: what arrived has not the length that the Hub announced.
        """
        with self._asking(self._subject(repo_id, repo_type, sha), wait_s):
            try:
                self._api.hf_hub_download(
                    repo_id, path, repo_type=repo_type, revision=sha, cache_dir=cache_dir
                )
            except OSError as error:
                if "Consistency check failed" not in str(error):
                    raise
                raise CorruptDownload(f"{path} had another length than announced") from error

    def make_repo(self, repo_id: str, repo_type: str, *, private: bool, branch: str) -> None:
        """Create the repo and the branch unless they exist; refuse a public one for private."""
        subject = self._subject(repo_id, repo_type)
        with self._asking(subject, COLD_S):
            self._api.create_repo(
                repo_id,
                repo_type=repo_type,
                private=private or None,
                exist_ok=True,
                space_sdk="docker" if repo_type == "space" else None,
            )
            is_public = private and not self._api.repo_info(repo_id, repo_type=repo_type).private
            if branch != "main":
                self._api.create_branch(repo_id, repo_type=repo_type, branch=branch, exist_ok=True)
        if is_public:
            raise Conflict(
                f"The {subject} exists and is public, but a private one was asked for. Nothing "
                "was uploaded; make it private on its page, or choose another id."
            )

    def commit(self, plan: CommitPlan, parent: str) -> str:
        """Make exactly one commit on top of `parent`; its sha.

        Not upload_folder: with Xet on, that makes several commits out of a large folder
        (huggingface_hub 2.4).
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        # results/*.parquet are what a model said: they belong beside it, not into a data set
        warnings.filterwarnings("ignore", "It seems that you are about to commit a data file")
        additions = [CommitOperationAdd(name, path) for name, path in plan.additions.items()]
        deletions = [CommitOperationDelete(path, is_folder=False) for path in plan.deletions]
        with self._asking(self._subject(plan.repo_id, plan.repo_type, plan.branch), _COMMIT_S):
            return self._api.create_commit(
                plan.repo_id,
                [*deletions, *additions],
                commit_message=plan.message,
                repo_type=plan.repo_type,
                revision=plan.branch,
                parent_commit=parent,
            ).oid

    def tags(self, repo_id: str, repo_type: str) -> dict[str, str]:
        """Each tag with the commit that it names."""
        with self._asking(self._subject(repo_id, repo_type), COLD_S):
            refs = self._api.list_repo_refs(repo_id, repo_type=repo_type)
            return {tag.name: tag.target_commit for tag in refs.tags}

    def make_tag(self, repo_id: str, repo_type: str, tag: str, sha: str) -> None:
        """Name a commit."""
        with self._asking(self._subject(repo_id, repo_type, tag), COLD_S):
            self._api.create_tag(repo_id, tag=tag, revision=sha, repo_type=repo_type)

    def scheduler(self, repo_id: str, folder: Path, every_min: float) -> sending.Scheduler:
        """What sends the folder's files to a dataset repo, from now on and whenever they grow."""
        asking = partial(self._asking, self._subject(repo_id, "dataset"), _COMMIT_S)
        with asking():
            return sending.scheduler(self._api, repo_id, folder, every_min, asking)

    def url(self, repo_id: str, repo_type: str) -> str:
        """The address of the repo's page."""
        prefix = "" if repo_type == "model" else f"{repo_type}s/"
        return f"{self.endpoint}/{prefix}{repo_id}"

    @cached_property
    def _api(self) -> "HfApi":
        from huggingface_hub import HfApi

        # False, not None: None sends a token that was saved for another Hub
        return HfApi(
            endpoint=self.endpoint,
            token=self._token or False,
            library_name="worth-tuning",
            library_version="0.1",
        )

    def _subject(self, repo_id: str, repo_type: str, revision: str | None = None) -> Subject:
        return Subject(self.endpoint, self._token is not None, repo_id, repo_type, revision)

    @contextmanager
    def _asking(self, subject: Subject, wait_s: float) -> Iterator[None]:
        """Bound the silence of what is asked inside, and turn its failures into ours."""
        import httpx2

        from hub import transport

        _install(self.endpoint, self._token)
        try:
            with transport.patience(wait_s):
                yield
        # what huggingface_hub 2.4 raises: OSError has its HTTP and cache errors under it,
        # RuntimeError a failed upload, ValueError and KeyError an answer it cannot read
        except (OSError, RuntimeError, ValueError, KeyError, httpx2.HTTPError) as error:
            raise self._ours(subject, error) from error

    def _ours(self, subject: Subject, error: BaseException) -> HubError:
        """The error of ours for what the library raised, or for what lies under it."""
        import httpx2
        from huggingface_hub import errors

        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, HubError):
                return cause
            if isinstance(cause, errors.HfHubHTTPError):
                message = self._hush(cause.server_message or "")
                headers = cause.response.headers
                return refusal(
                    subject, cause.response.status_code, headers.get("X-Error-Code"), message
                )
            if isinstance(cause, httpx2.TransportError):
                return unreachable(self.endpoint, f"broke off ({type(cause).__name__})")
            if isinstance(cause, errors.OfflineModeIsEnabled):
                return HubUnreachable(
                    f"The Hub at {self.endpoint} was not asked: HF_HUB_OFFLINE is set. Unset it."
                )
            cause = cause.__cause__
        if isinstance(error, OSError) and error.errno is not None:
            return HubError(
                f"The {subject}: {error.strerror} ({error.filename or 'no file name'}). Free "
                "some space, or choose another folder for the cache (HF_HUB_CACHE)."
            )
        if isinstance(error, (JSONDecodeError, KeyError)):
            return HubError(
                f"What {self.endpoint} answers about the {subject} is not the language of a Hub "
                f"({type(error).__name__}). Check that the address is a Hub's (HF_ENDPOINT)."
            )
        return HubError(f"The {subject}: {self._hush(str(error))}")

    def _hush(self, text: str) -> str:
        return text.replace(self._token, "***") if self._token else text


def model_card_text(metadata: Mapping[str, object], body: str) -> str:
    """A model card: the metadata as YAML between dashes, then the Markdown body.

    Raises:
        HubError: the Hub would not understand the metadata, such as a bad model-index.
    """
    from huggingface_hub import ModelCardData

    try:
        header = ModelCardData(**dict(metadata)).to_yaml()  # type: ignore[arg-type]
    except ValueError as error:
        raise HubError(f"The card's metadata is not what the Hub reads: {error}") from error
    return f"---\n{header}\n---\n\n{body}"


def _install(endpoint: str, token: str | None) -> None:
    """Make huggingface_hub use our HTTP client, in the whole process; once is enough.

    Set at run time and not through the environment: others may have imported it before us.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils._http import (
        get_session,
        hf_request_event_hook,
        set_client_factory,
    )

    from hub import transport

    with _INSTALLING:
        # its 2.4.0 otherwise asks huggingface.co for /api/agent-harnesses, whatever our endpoint
        constants.HF_HUB_DISABLE_TELEMETRY = True
        if endpoint != _XET_HOST:
            constants.HF_HUB_DISABLE_XET = True  # it never negotiates: large uploads would fail
        if token is not None:
            transport.entrust(token, endpoint)
        if not isinstance(get_session(), transport.PatientClient):
            set_client_factory(lambda: transport.PatientClient(hf_request_event_hook))
