"""Settings: where things are and who asks, from the environment; never a hyper-parameter.

This is the only reader of the environment. It opens no file, makes no folder and asks no Hub.

    HF_ENDPOINT       URL of the Hub; https://huggingface.co unless set
    HF_TOKEN          access token of the Hub; without it public repos only
    HF_HUB_CACHE      folder of downloaded repos; $HF_HOME/hub unless set
    HF_HOME           folder of the Hub's own files; ~/.cache/huggingface unless set
    DEVICE            auto (default), cpu, cuda or mps
    CPU_CORES         cores to compute with (Spaces set it); those this process may use unless set
    SPACE_CATALOGUE   folder with models.yaml and messages.yaml, or of several such folders;
                      space_config unless set
    SPACE_MAX_CHARS   characters of one text that a visitor may send; 10000 unless set
    SPACE_MAX_TEXTS   texts of one request; 64 unless set
    SPACE_MAX_MODELS  models kept in memory; 2 unless set
    SPACE_MAX_ROWS    rows of an uploaded file; 100000 unless set
    SPACE_MAX_JOBS    files scored at once, others wait; 1 unless set
    SPACE_MAX_REQUESTS_PER_MINUTE  requests of one visitor; 60 unless set
    SPACE_API_KEY     who asks the HTTP API must send it; open to everybody unless set
    SPACE_CORS        origins whose pages may ask the HTTP API, separated by commas, * for all;
                      none unless set
    SPACE_OWNERS      who may use the owner's pages: user names of the Hub, separated by commas;
                      people of another provider as PROVIDER:SUBJECT or PROVIDER:EMAIL
    SPACE_LOCAL_OWNER 1: whoever is on this machine is the owner; only while nobody can sign in
    SPACE_RUNS        folder of the trainings that the owner's page starts; runs unless set
    SPACE_HOST        public host of the Space (Spaces set it)
    OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, OPENID_PROVIDER_URL
                      sign-in with the Hub's accounts (Spaces with hf_oauth set them)
    SPACE_FEEDBACK    folder of corrections; ~/.local/state/worth-tuning/feedback unless set
    SPACE_FEEDBACK_REPO  private dataset repo that they are sent to; needs HF_TOKEN, else none

Try: python -c "from inference.core import settings; print(settings.load_settings())"
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hub.client import DEFAULT_ENDPOINT, Hub, connect, default_cache_dir, validate_repo_id
from hub.errors import NotFound
from inference.core.errors import SettingsError

DEVICES = ("auto", "cpu", "cuda", "mps")
_ROOT = Path(__file__).resolve().parents[2]


class Secret:
    """A text that no print, log or traceback shows: repr and str are stars."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret('**********')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def reveal(self) -> str:
        """Return the text itself; call it only where the text is used."""
        return self._value


@dataclass(frozen=True)
class SignIn:
    """The app as the Hub's sign-in knows it: its own URL, its credentials, who to ask."""

    address: str
    client_id: str
    client_secret: Secret
    provider_url: str


@dataclass(frozen=True)
class Settings:
    """Where and who; made by load()."""

    endpoint: str
    token: Secret | None
    cache_dir: Path
    device: str
    threads: int
    catalogue: Path
    max_chars: int = 10_000
    max_texts: int = 64
    max_models: int = 2
    feedback: Path = Path("feedback")
    feedback_repo: str | None = None
    max_requests_per_minute: int = 60
    max_rows: int = 100_000
    max_jobs: int = 1
    owners: tuple[str, ...] = ()
    is_local_owner: bool = False
    runs: Path = _ROOT / "runs"
    host: str | None = None
    api_key: Secret | None = None
    cors: tuple[str, ...] = ()

    @property
    def address(self) -> str | None:
        """The Space's own URL, outside the frame of its page on the Hub; None where none is set."""
        return None if self.host is None else _address(self.host)

    def connect(self) -> Hub:
        """Return the Hub that these settings name; nothing is asked of it yet."""
        token = self.token.reveal() if self.token else None
        return connect(self.endpoint, token, self.cache_dir)


def child_environment(**changes: str) -> dict[str, str]:
    """Return this process's environment with some variables changed, for a process to start."""
    return {**os.environ, **changes}


def share_cores() -> None:
    """Let the threads of torch sleep soon when they wait; call it before torch is imported.

    GNU OpenMP's threads spin while they wait: beside any other busy process that makes a training
    3 to 6 times slower, while sleeping costs a tenth to a quarter alone (2026-11-21).
    """
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")


def report_no_usage() -> None:
    """Keep Ray from reporting to its makers that it is used; call it before ray is imported."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings that the environment asks for; an empty variable counts as unset.

    Raises:
        SettingsError: a variable has a value that cannot be used.
    """
    variables = {name: value.strip() for name, value in environ.items() if value.strip()}
    endpoint = _endpoint(variables)
    return Settings(
        endpoint=endpoint,
        token=Secret(variables["HF_TOKEN"]) if "HF_TOKEN" in variables else None,
        cache_dir=_cache_dir(variables, endpoint),
        device=_device(variables),
        threads=_threads(variables),
        catalogue=Path(variables.get("SPACE_CATALOGUE", str(_ROOT / "space_config"))).expanduser(),
        max_chars=_count(variables, "SPACE_MAX_CHARS", Settings.max_chars),
        max_texts=_count(variables, "SPACE_MAX_TEXTS", Settings.max_texts),
        max_models=_count(variables, "SPACE_MAX_MODELS", Settings.max_models),
        feedback=_feedback(variables),
        feedback_repo=_feedback_repo(variables),
        max_requests_per_minute=_count(
            variables, "SPACE_MAX_REQUESTS_PER_MINUTE", Settings.max_requests_per_minute
        ),
        max_rows=_count(variables, "SPACE_MAX_ROWS", Settings.max_rows),
        max_jobs=_count(variables, "SPACE_MAX_JOBS", Settings.max_jobs),
        owners=_names(variables, "SPACE_OWNERS"),
        is_local_owner=_switch(variables, "SPACE_LOCAL_OWNER"),
        runs=Path(variables.get("SPACE_RUNS", str(Settings.runs))).expanduser(),
        host=variables.get("SPACE_HOST"),
        api_key=Secret(variables["SPACE_API_KEY"]) if "SPACE_API_KEY" in variables else None,
        cors=_origins(variables, "SPACE_CORS"),
    )


def sign_in(environ: Mapping[str, str] = os.environ) -> SignIn | None:
    """Return how the Hub's accounts sign in here, or None where the Space has no hf_oauth."""
    variables = {name: value.strip() for name, value in environ.items() if value.strip()}
    try:
        return SignIn(
            address=_address(variables["SPACE_HOST"]),
            client_id=variables["OAUTH_CLIENT_ID"],
            client_secret=Secret(variables["OAUTH_CLIENT_SECRET"]),
            provider_url=variables["OPENID_PROVIDER_URL"].rstrip("/"),
        )
    except KeyError:
        return None


def _address(host: str) -> str:
    is_local = host.rsplit(":", 1)[0] in ("localhost", "127.0.0.1", "[::1]")
    return f"{'http' if is_local else 'https'}://{host}"


def _endpoint(variables: Mapping[str, str]) -> str:
    url = variables.get("HF_ENDPOINT", DEFAULT_ENDPOINT).rstrip("/")
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number
        is_usable = False
    if not is_usable or parts.username or parts.password or parts.query or parts.fragment:
        # The value is not shown: a URL with a user part would put a password on the screen.
        raise SettingsError(
            "HF_ENDPOINT is not the plain http(s) URL of a Hub; "
            f"expected something like {DEFAULT_ENDPOINT} or http://127.0.0.1:8000. "
            "Set it so, or unset it for the public Hub."
        )
    return url


def _cache_dir(variables: Mapping[str, str], endpoint: str) -> Path:
    if "HF_HUB_CACHE" in variables:
        return Path(variables["HF_HUB_CACHE"]).expanduser()
    if "HF_HOME" in variables:
        return Path(variables["HF_HOME"]).expanduser() / "hub"
    home = Path(variables.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "huggingface"
    return default_cache_dir(endpoint, home)


def _feedback(variables: Mapping[str, str]) -> Path:
    if "SPACE_FEEDBACK" in variables:
        return Path(variables["SPACE_FEEDBACK"]).expanduser()
    # Outside of the project: what visitors wrote must not travel with a push of it.
    state = Path(variables.get("XDG_STATE_HOME", "~/.local/state")).expanduser()
    return state / "worth-tuning" / "feedback"


def _feedback_repo(variables: Mapping[str, str]) -> str | None:
    repo_id = variables.get("SPACE_FEEDBACK_REPO")
    try:
        return None if repo_id is None else validate_repo_id(repo_id)
    except NotFound:
        raise SettingsError(
            f"SPACE_FEEDBACK_REPO is {repo_id!r}; expected the id of a dataset repo, owner/name."
        ) from None


def _device(variables: Mapping[str, str]) -> str:
    device = variables.get("DEVICE", "auto").lower()
    if device not in DEVICES:
        raise SettingsError(f"DEVICE is {device!r}; expected one of {', '.join(DEVICES)}.")
    return device


def _threads(variables: Mapping[str, str]) -> int:
    if "CPU_CORES" not in variables:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else _all_cores()
    try:
        cores = float(variables["CPU_CORES"])  # a container may be given half a core
    except ValueError:
        cores = 0.0
    if not 0 < cores < float("inf"):
        raise SettingsError(
            f"CPU_CORES is {variables['CPU_CORES']!r}; expected a number above 0. "
            "Unset it to use the cores this process may use."
        )
    return max(1, int(cores))


def _all_cores() -> int:
    return os.cpu_count() or 1  # macOS and Windows know no affinity


def _count(variables: Mapping[str, str], name: str, default: int) -> int:
    text = variables.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise SettingsError(f"{name} is {text!r}; expected a whole number above 0.")
    return int(text)


def _names(variables: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in variables.get(name, "").split(",") if part.strip())


def _origins(variables: Mapping[str, str], name: str) -> tuple[str, ...]:
    origins = _names(variables, name)
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s@?#]+", origin):
            raise SettingsError(
                f"{name} names {origin!r}; expected origins such as https://example.org, without "
                "a path, separated by commas, or *."
            )
    return origins


def _switch(variables: Mapping[str, str], name: str) -> bool:
    value = variables.get(name, "0")
    if value not in ("0", "1"):
        raise SettingsError(f"{name} is {value!r}; expected 1 (yes) or 0 (no).")
    return value == "1"
