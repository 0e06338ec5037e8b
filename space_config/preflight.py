"""What must hold before a Space is pushed: each check says what it found, or what to put right.

Owns the checks of a folder that stage.py laid out: front matter, pinned models, requirements, and
whether the very command of the image answers. A Space that fails one of them would fail on the Hub,
minutes later and with less to read.

Try: python -m space_config.deploy OWNER/SPACE --dry-run
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from hub.client import Hub
from hub.errors import UserError
from inference.catalogue.catalogue import Catalogue, load_catalogues
from inference.chat import chat_catalogue
from inference.core import settings
from inference.core.errors import ConfigError
from inference.core.yaml_values import yaml_error_line
from space_config.servers import HOST, Servers, free_port

_FRONT_MATTER = re.compile(r"---\n(.*?)\n---\n", re.DOTALL)
# https://huggingface.co/docs/hub/spaces-config-reference, as of August 2026.
_COLORS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
_KEYS = frozenset(
    "title emoji colorFrom colorTo sdk app_port base_path pinned license short_description header "
    "fullWidth suggested_hardware startup_duration_timeout models datasets tags thumbnail "
    "preload_from_hub hf_oauth hf_oauth_scopes hf_oauth_expiration_minutes "
    "hf_oauth_authorized_org disable_embedding custom_headers language".split()
)
_MOST_DESCRIBED = 60  # characters of short_description that the Hub accepts


def front_matter(stage: Path) -> str:
    """README.md says what the Hub must know, and the port is that of the image.

    Raises:
        ConfigError: a key is missing, unknown, or has a value that the Hub refuses.
    """
    path = stage / "README.md"
    match = _FRONT_MATTER.match(path.read_text("utf-8"))
    try:
        facts: Any = yaml.safe_load(match[1]) if match else None
    except yaml.YAMLError as error:
        problem = yaml_error_line(error)
        raise ConfigError(f"the front matter of README.md is not valid YAML: {problem}") from None
    if not isinstance(facts, dict):
        raise ConfigError("README.md does not begin with front matter between two lines of ---")
    if unknown := sorted(set(facts) - _KEYS):
        raise ConfigError(f"README.md: unknown key(s) {', '.join(unknown)} in the front matter")
    ports = re.findall(r"^EXPOSE (\d+)$", (stage / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    described = str(facts.get("short_description", ""))
    for is_wrong, problem in (
        (not facts.get("title"), "title is missing"),
        (facts.get("sdk") != "docker", f"sdk is {facts.get('sdk')!r}, expected docker"),
        (
            [str(facts.get("app_port"))] != ports,
            f"app_port is {facts.get('app_port')}, but the Dockerfile exposes {', '.join(ports)}",
        ),
        (
            not {facts.get("colorFrom", "red"), facts.get("colorTo", "red")} <= set(_COLORS),
            f"colorFrom and colorTo must be among {', '.join(_COLORS)}",
        ),
        (
            len(described) > _MOST_DESCRIBED,
            f"short_description has {len(described)} characters, at most {_MOST_DESCRIBED} fit",
        ),
    ):
        if is_wrong:
            raise ConfigError(f"README.md: {problem}")
    return f"front matter: {facts['title']}, {facts['sdk']}, port {facts['app_port']}"


def revisions(stage: Path, hub: Hub) -> str:
    """Every model on show is pinned to a commit that the Hub has.

    Raises:
        ConfigError: a model is not pinned, or its commit is not there.
        HubError: the Hub does not answer, or does not show the repo.
    """
    shown = load_catalogues(stage / "space_config")
    entries = {entry for catalogue in shown.values() for entry in _pins(catalogue)}
    talk = chat_catalogue.load(stage / "space_config")
    if talk is not None:
        entries |= {(entry.repo_id, entry.revision or "") for entry in (talk.base, talk.tuned)}
    for repo_id, revision in sorted(entries):
        if not revision:
            raise ConfigError(f"{repo_id} is not pinned: its revision may move under the Space")
        if not hub.exists(repo_id, revision):
            raise ConfigError(
                f"{repo_id} has no commit {revision} on {hub.endpoint}: publish it there, or "
                "correct the revision in models.yaml"
            )
    return f"models: {len(entries)} pinned commits are on {hub.endpoint}"


def requirements(stage: Path) -> str:
    """pip finds every pinned version at its index, and they fit each other. Nothing is installed.

    Raises:
        UserError: a version cannot be had, or two requirements contradict each other.
    """
    path = stage / "requirements.txt"
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet"]
    pip += ["--disable-pip-version-check", "--requirement", str(path)]
    for flags in (["--ignore-installed", "--no-deps"], []):
        done = subprocess.run([*pip, *flags], capture_output=True, text=True)
        if done.returncode != 0:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            raise UserError(
                f"pip cannot install requirements.txt: {' '.join(errors) or done.stderr.strip()}"
            )
    lines = path.read_text("utf-8").splitlines()
    return f"requirements: {sum('==' in line for line in lines)} pinned packages can be installed"


def start(stage: Path) -> str:
    """The command of the image, run in the folder itself, answers, and shows the pinned models.

    Raises:
        UserError: it ends, stays silent for a minute, or shows other models.
    """
    port = free_port()
    command = image_command(stage, port)
    with tempfile.TemporaryDirectory(prefix="preflight-") as scratch:
        # Nothing of this machine's settings or modules stands in for what the folder lacks.
        environment = settings.child_environment(
            SPACE_CATALOGUE="", SPACE_API_KEY="", PYTHONPATH="", PYTHONDONTWRITEBYTECODE="1"
        )
        environment["PATH"] = (
            f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
        )
        with Servers(Path(scratch)) as servers:
            url = f"http://{HOST}:{port}"
            servers.start("Space", command, f"{url}/api/health", environment, folder=stage)
            with urllib.request.urlopen(f"{url}/api/models", timeout=30) as answer:  # noqa: S310
                served = {model["revision"] for model in json.load(answer)["models"]}
    first, *_ = load_catalogues(stage / "space_config").values()
    if served != (pinned := {revision for _, revision in _pins(first)}):
        raise UserError(
            f"the Space shows the commits {sorted(served)}, pinned are {sorted(pinned)}"
        )
    return f"start: {' '.join(command[:3])} answers, {len(served)} models on show"


def image_command(stage: Path, port: int) -> list[str]:
    """The Dockerfile's CMD, listening on a port of this machine alone.

    Raises:
        ConfigError: the Dockerfile has no CMD in its JSON form.
    """
    text = (stage / "Dockerfile").read_text("utf-8")
    commands = re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)
    if len(commands) != 1:
        raise ConfigError(f"the Dockerfile has {len(commands)} lines CMD [...], expected one")
    return [
        re.sub(r"^(--server\.port=).*", rf"\g<1>{port}", re.sub(r"=0\.0\.0\.0$", f"={HOST}", word))
        for word in json.loads(commands[0])
    ]


def _pins(catalogue: Catalogue) -> Sequence[tuple[str, str]]:
    return [(entry.repo_id, entry.revision or "") for entry in catalogue.models]
