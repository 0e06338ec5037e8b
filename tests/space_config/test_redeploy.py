"""A Space that was deployed is cloned, edited and pushed with git, and then holds the edit."""

import subprocess
import sys
from pathlib import Path

import pytest

from hub.client import connect
from tests.hub.server.clones import Clone, clone, git, needs_git
from tests.hub_fixtures import PROJECT, RunningHub

pytestmark = pytest.mark.slow

SPACE = "demo/redeployed-space"
PAGE = "app_pages/about.py"


@pytest.fixture(scope="module")
def deployed(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> RunningHub:
    """The Hub, once the command has put the Space on it."""
    needs_git()
    command = [sys.executable, "-m", "space_config.deploy", SPACE, "--catalogue", tiny_catalogue]
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [*command, "--skip", "requirements", "--skip", "start"],
        cwd=PROJECT,
        env=hub_server.environment(home),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return hub_server


def cloned(hub: RunningHub, folder: Path) -> Clone:
    """What an owner types: the Space's address, with a token as the password."""
    return clone(hub, f"spaces/{SPACE}", folder)


def fetched(hub: RunningHub, folder: Path) -> tuple[str, Path]:
    """The newest revision of the Space and its files, as a new machine fetches them."""
    found = connect(hub.endpoint, None, folder).resolve(SPACE, repo_type="space")
    return found.sha, found.folder


def test_a_page_edited_in_a_clone_is_on_the_space_after_a_push(deployed, tmp_path):
    before, snapshot = fetched(deployed, tmp_path / "before")
    copy = cloned(deployed, tmp_path / "space")
    assert copy.head == before
    page = copy.folder / PAGE
    page.write_text(page.read_text("utf-8") + "# An owner was here.\n", "utf-8")
    done = copy.commit("Say who was here")
    pushed = copy.push()
    assert pushed.returncode == 0, pushed.stderr
    after, new = fetched(deployed, tmp_path / "after")
    assert after == done != before
    assert (new / PAGE).read_text("utf-8") == page.read_text("utf-8")
    changed = git(copy.folder, "diff", "--name-only", before, after).splitlines()
    assert changed == [PAGE], "and nothing else"
    names = {path.relative_to(new) for path in new.rglob("*") if path.is_file()}
    assert names == {p.relative_to(snapshot) for p in snapshot.rglob("*") if p.is_file()}


def test_the_whole_project_cannot_be_pushed_for_its_pictures(deployed, tmp_path):
    copy = cloned(deployed, tmp_path / "space")
    copy.write(docs__compare_png=(PROJECT / "docs" / "compare.png").read_bytes())
    copy.commit("Bring the pictures, too")
    refused = copy.push()
    assert refused.returncode != 0
    assert "- docs/compare.png" in refused.stderr, refused.stderr
    assert not (fetched(deployed, tmp_path / "after")[1] / "docs" / "compare.png").exists()
