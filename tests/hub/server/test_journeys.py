"""Whole programs written for the real Hub, run unchanged against the one on loopback.

Each is one process, since these clients read the environment when they are imported.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hub_fixtures import PROJECT, RunningHub

pytestmark = pytest.mark.slow


def run_client(hub: RunningHub, home: Path, name: str, *arguments: object) -> dict:
    """What the journey `name` saw."""
    command = [sys.executable, "-m", f"tests.hub.server.journeys.{name}", *map(str, arguments)]
    done = subprocess.run(
        command, env=hub.environment(home), cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_transformers_pushes_and_loads_by_branch_tag_and_sha(hub_server, tiny_model, tmp_path):
    seen = run_client(hub_server, tmp_path, "transformers_client", tiny_model)
    same = {
        "labels": ["negative", "neutral", "positive"],
        "is_same_weights": True,
        "is_same_vocabulary": True,
    }
    assert [seen["at main"], seen["at tag"], seen["at sha"]] == [same] * 3
    assert seen["branches"] == ["main", "trial"]
    assert seen["main_after_branch_push"] == seen["sha"]
    assert seen["sha_of_trial"] == seen["trial"] != seen["sha"]
    assert seen["bare"] == ["demo/bare-name", True], "a bare name goes to the token's user"
    assert seen["task"] == "text-classification"
    assert seen["pipeline"] == ["negative", "neutral", "positive"]


def test_datasets_loads_each_format_and_pushes_its_own(hub_server, tmp_path):
    seen = run_client(hub_server, tmp_path, "datasets_client")
    assert seen == {
        "csv": True,
        "jsonl": True,
        "parquet": True,
        "streamed": True,
        "pushed": True,
        "pandas": True,
        "file system": "kept",
        "missing": "DatasetNotFoundError",
    }


def test_cards_and_scheduled_commits_reach_the_hub(hub_server, tmp_path):
    folder = tmp_path / "log"
    folder.mkdir()
    seen = run_client(hub_server, tmp_path / "home", "hub_client", folder)
    assert seen["user"] == "demo"
    assert seen["card"]["tags"] == ["tweets"]
    assert {"text-classification", "license:mit", "en", "tweets"} <= set(seen["tags"])
    assert seen["license"] == "mit"
    assert seen["log"] == [1, 2]
    assert "not valid YAML" in seen["broken card"]


@pytest.fixture
def hf(hub_server, tmp_path):
    """Run the hf command; returns its output, or raises with it."""

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [Path(sys.executable).with_name("hf"), *arguments],
            env=hub_server.environment(tmp_path / "home"),
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return done.stdout

    return run


def test_hf_uploads_and_downloads(hf, hub_server, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "model" / "weights.bin").write_bytes(b"w" * 11 * 2**20)
    assert "demo" in hf("auth", "whoami")
    hf("upload", "demo/by-hf", "model", ".")
    hf("download", "demo/by-hf", "--local-dir", "back")
    for name in ("config.json", "weights.bin"):
        assert (tmp_path / "back" / name).read_bytes() == (tmp_path / "model" / name).read_bytes()
    assert "demo/by-hf" in hf("models", "ls", "--author", "demo", "--quiet")


def test_hf_repos_manages_repos_branches_and_tags(hf, hub_server):
    hf("repos", "create", "demo/managed", "--type", "dataset", "--private")
    hf("repos", "branch", "create", "demo/managed", "next", "--type", "dataset")
    hf("repos", "tag", "create", "demo/managed", "v1", "--type", "dataset")
    assert "v1" in hf("repos", "tag", "list", "demo/managed", "--type", "dataset")
    hf("repos", "settings", "demo/managed", "--public", "--type", "dataset")
    hf("repos", "move", "demo/managed", "sentence-transformers/managed", "--type", "dataset")
    info = hub_server.api(token=False).dataset_info("sentence-transformers/managed")
    assert info.private is False
    assert "sentence-transformers/managed" in hf(
        "repos", "ls", "--namespace", "sentence-transformers", "--quiet"
    )
    hf("repos", "delete", "sentence-transformers/managed", "--type", "dataset", "--yes")
    assert not hub_server.api().repo_exists("sentence-transformers/managed", repo_type="dataset")
