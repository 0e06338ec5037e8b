"""A Space pushed to a Hub on loopback, fetched back, and run from its own files alone.

It runs in an environment of requirements.txt, by the very commands of its Dockerfile, as the user
of the image, and at last without a Hub.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from hub.client import connect
from inference.core.errors import ConfigError
from space_config import deploy, preflight
from space_config.prepare import prepare_catalogue
from space_config.servers import free_port
from tests.clean_environment import as_ordinary_user, make_environment
from tests.hub_fixtures import PROJECT, RunningHub, running_hub
from tests.space_fixtures import LABELS, MESSAGES, wait_until_healthy
from tests.tiny import make_tiny_model

pytestmark = pytest.mark.slow

MODEL, SPACE = "demo/tiny-shipped", "demo/shipped-space"


@dataclass(frozen=True)
class Shipped:
    """A Hub with a model and its Space, the command that pushed it, and what it printed."""

    hub: RunningHub
    catalogue: Path
    folder: Path
    output: str

    def deploy(self, *flags: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "space_config.deploy", "--skip", "requirements"]
        return subprocess.run(
            [*command, "--catalogue", str(self.catalogue), *flags],
            capture_output=True,
            text=True,
            cwd=PROJECT,
            env=self.hub.environment(self.folder / "home", token),
        )


@pytest.fixture(scope="module")
def shipped() -> Iterator[Shipped]:
    # not tmp_path: the user of the image must reach it
    with (
        tempfile.TemporaryDirectory(prefix="shipped-") as name,
        running_hub(Path(name, "hub")) as hub,
    ):
        folder = Path(name)
        folder.chmod(0o755)
        client = connect(hub.endpoint, hub.token, folder / "cache")
        client.publish(make_tiny_model(folder / "model", LABELS), MODEL, message="Add a model")
        prepare_catalogue(written_catalogue(folder / "source"), folder / "ready", client, threads=1)
        first = Shipped(hub, folder / "ready", folder, "")
        done = first.deploy(SPACE)
        assert done.returncode == 0, done.stdout + done.stderr
        yield replace(first, output=done.stdout)


def written_catalogue(folder: Path) -> Path:
    """A catalogue with one model."""
    folder.mkdir()
    task = {"labels": LABELS, "problem_type": "single_label_classification"}
    model = {"repo_id": MODEL, "revision": None, "role": "fine-tuned", "title": "Tiny"}
    content = {"title": "Toys", "task": task, "models": [model]}
    (folder / "models.yaml").write_text(yaml.safe_dump(content), "utf-8")
    (folder / "messages.yaml").write_text(yaml.safe_dump({"messages": MESSAGES}), "utf-8")
    return folder


def test_every_check_says_what_it_found(shipped: Shipped):
    checks = re.findall(r"^(ok|skipped) +([\w ]+)", shipped.output, re.MULTILINE)
    assert checks == [
        ("ok", "front matter"),
        ("ok", "models"),
        ("skipped", "requirements"),
        ("ok", "start"),
    ], shipped.output


def test_the_space_is_one_commit_with_pinned_models(shipped: Shipped):
    api = shipped.hub.api()
    commits = api.list_repo_commits(SPACE, repo_type="space")
    assert len(commits) == 2, "creating the repo, and ours"
    files = set(api.list_repo_files(SPACE, repo_type="space"))
    assert {"README.md", "Dockerfile", "server.py", ".streamlit/config.toml"} <= files
    assert {"space_config/first_paint.json", "space_config/models.yaml"} <= files
    strange = {
        name for name in files if re.match(r"tests|training|\.git/|.*pycache|.*/demo/", name)
    }
    assert not strange, strange


def test_the_same_again_makes_no_commit_and_removes_only_what_is_stale(shipped: Shipped):
    api = shipped.hub.api()
    for name in ("app_pages/gone.py", "notes/mine.txt"):
        api.upload_file(path_or_fileobj=b"x", path_in_repo=name, repo_id=SPACE, repo_type="space")
    shas = [
        re.search(r"pushed (\w+)", shipped.deploy(SPACE, "--skip", "start").stdout)[1] for _ in "ab"
    ]
    assert shas[0] == shas[1], shas
    files = api.list_repo_files(SPACE, repo_type="space")
    assert "notes/mine.txt" in files and "app_pages/gone.py" not in files


def test_a_dry_run_checks_and_pushes_nothing(shipped: Shipped):
    done = shipped.deploy("demo/never", "--dry-run", "--skip", "start")
    assert done.returncode == 0 and "would be pushed, nothing was" in done.stdout, done.stderr
    assert not shipped.hub.api().repo_exists("demo/never", repo_type="space")


def test_a_token_that_only_reads_is_refused_before_any_work(shipped: Shipped):
    done = shipped.deploy("demo/never", token=shipped.hub.read_token)
    assert done.returncode == 1 and "only reads" in done.stderr
    assert not done.stdout, "nothing was prepared for it"


def test_an_id_that_no_space_can_have_is_refused_before_any_work(shipped: Shipped):
    done = shipped.deploy("no space", "--dry-run")
    assert done.returncode == 1 and "'no space' is not the id of a repo" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("argv", [[], ["demo/space", "--static", "page"]])
def test_a_space_or_a_static_page_must_be_named(argv: list[str]):
    with pytest.raises(ConfigError, match="name either"):
        deploy.parse(argv)


def test_the_fetched_space_runs_as_its_dockerfile_says_and_needs_no_hub_then(shipped: Shipped):
    """Last of this file: it ends the Hub."""
    client = connect(shipped.hub.endpoint, None, shipped.folder / "fetched")
    snapshot = client.resolve(SPACE, repo_type="space").folder
    app, home = shipped.folder / "app", shipped.folder / "user"
    shutil.copytree(snapshot, app)
    home.mkdir()
    python = make_environment(shipped.folder / "venv", app / "requirements.txt")
    user = as_ordinary_user(app, home)
    environment = {
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "HF_ENDPOINT": shipped.hub.endpoint,
        "HF_HUB_DISABLE_XET": "1",
        "CPU_CORES": "1",
    }
    # ---- the step that bakes the model
    dockerfile = (app / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    arguments = dict(re.findall(r"^ARG (MODEL_\w+)=(.*)$", dockerfile, re.MULTILINE))
    (step,) = re.findall(r"^RUN --mount=\S+ +(.*space_config\.bake.*)$", dockerfile, re.MULTILINE)
    baked = subprocess.run(
        ["sh", "-c", step],
        cwd=app,
        env=environment | arguments,
        capture_output=True,
        text=True,
        **user,
    )
    assert baked.returncode == 0, baked.stderr
    assert f"{MODEL} at {arguments['MODEL_REVISION']}" in baked.stdout
    os.kill(shipped.hub.pid, 9)
    # ---- the command that serves
    port = free_port()
    log = shipped.folder / "space.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            preflight.image_command(app, port),
            cwd=app,
            env=environment,
            stdout=out,
            stderr=out,
            **user,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_healthy(url, process, log)
        body = json.dumps({"texts": ["i love this movie"]}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{url}/api/classify", body, headers)
        with urllib.request.urlopen(request, timeout=120) as response:
            answer = json.load(response)
    finally:
        process.kill()
        process.wait()
    assert not answer["failures"] and set(answer["results"][0][0]["scores"]) == set(LABELS)
    assert answer["models"][0]["revision"] == arguments["MODEL_REVISION"]
