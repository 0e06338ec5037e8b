"""The command that takes the pictures of docs/, against a Space that runs."""

import struct
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser

from inference.core.errors import ConfigError
from space_config.screenshots import CHAT, FIRST, STEPS
from tests.chat_fixtures import talking_catalogue as talking_catalogue  # a fixture
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import PROJECT, RunningSpace, running_space, space_environment


def taken(url: str, folder: Path, *pages: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "space_config.screenshots", url, str(folder), *pages]
    return subprocess.run(command, capture_output=True, text=True, cwd=PROJECT)


def size(path: Path) -> tuple[int, int]:
    """Width and height of a PNG, from its header."""
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    return width, height


def test_every_page_that_a_visitor_sees_gets_a_picture(
    chromium: Browser, space: RunningSpace, tmp_path: Path
):
    done = taken(space.url, tmp_path)
    assert done.returncode == 0, done.stderr
    pictures = {path.stem for path in tmp_path.glob("*.png")}
    visible = {"leaderboard", "predict_form", "analysis", "feedback", "about", *STEPS} - {CHAT}
    assert pictures == visible | {f"{FIRST}-dark", f"{FIRST}-phone"}, pictures
    sizes = {path.stem: size(path) for path in tmp_path.glob("*.png")}
    assert sizes[f"{FIRST}-phone"][0] == 390 and sizes["about"][0] == 1280
    assert all(height > 600 for _, height in sizes.values()), sizes


def test_a_chat_on_show_is_asked_for_its_picture(
    chromium: Browser, hub_server: RunningHub, talking_catalogue: Path, tmp_path: Path
):
    environment = space_environment(talking_catalogue, tmp_path / "home", hub_server.endpoint)
    with running_space(environment, tmp_path / "space.log") as space:
        done = taken(space.url, tmp_path / "with", CHAT)
    assert done.returncode == 0, done.stderr
    events = (tmp_path / "space.log").read_text("utf-8")
    assert [path.name for path in (tmp_path / "with").iterdir()] == [f"{CHAT}.png"]
    assert '"chat asked"' in events


def test_where_nothing_runs_the_command_says_so_in_a_line(chromium: Browser, tmp_path: Path):
    done = taken("http://127.0.0.1:9", tmp_path)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "the page compare of http://127.0.0.1:9 did not come to rest" in done.stderr


def test_a_page_that_there_is_not_is_refused_by_the_names_of_all(tmp_path: Path):
    done = taken("http://127.0.0.1:9", tmp_path / "new", "chat", "charts")
    assert done.returncode == ConfigError.exit_code and not (tmp_path / "new").exists()
    assert "there is no page charts; the pages are compare, " in done.stderr, done.stderr
