"""Each check of a Space finds what the Hub would stumble over, before anything is pushed."""

import re
import shutil
from pathlib import Path

import pytest

from hub.client import connect
from hub.errors import UserError
from inference.core.errors import ConfigError
from space_config import preflight
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import BARE, PROJECT


@pytest.fixture
def stage(tmp_path: Path, tiny_catalogue: Path) -> Path:
    """The parts of a Space that the quick checks look at."""
    for name in ("README.md", "Dockerfile"):
        shutil.copyfile(PROJECT / name, tmp_path / name)
    shutil.copytree(tiny_catalogue, tmp_path / "space_config")
    return tmp_path


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert re.search(old, text), f"{old} is not in {path.name}"
    path.write_text(re.sub(old, new, text, count=1), "utf-8")


def test_the_front_matter_of_this_project_is_accepted(stage: Path):
    assert preflight.front_matter(stage) == "front matter: Worth Tuning, docker, port 8501"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sdk: docker", "sdk: streamlit", "sdk is 'streamlit', expected docker"),
        ("app_port: 8501", "app_port: 7860", "the Dockerfile exposes 8501"),
        ("colorTo: blue", "colorTo: teal", "must be among red, yellow"),
        ("title: Worth Tuning", "title: ''", "title is missing"),
        ("pinned: false", "pined: false", "unknown key(s) pined"),
        ("short_description: ", f"short_description: {'so ' * 20}", "at most 60 fit"),
        ("title: ", "title: [", "is not valid YAML"),
        ("---\n", "", "does not begin with front matter"),
    ],
)
def test_front_matter_that_the_hub_refuses_is_refused_here(
    stage: Path, old: str, new: str, said: str
):
    changed(stage / "README.md", old, new)
    with pytest.raises(ConfigError, match=re.escape(said)):
        preflight.front_matter(stage)


def test_a_commit_that_the_hub_does_not_have_is_named(stage: Path, hub_server: RunningHub):
    hub = connect(hub_server.endpoint, cache_dir=stage / "cache")
    assert preflight.revisions(stage, hub).startswith("models: 2 pinned commits are on ")
    models = stage / "space_config" / "models.yaml"
    changed(models, r"revision: '?[0-9a-f]{40}'?", f"revision: '{'a1' * 20}'")
    with pytest.raises(ConfigError, match=f"has no commit {'a1' * 20}"):
        preflight.revisions(stage, hub)


def test_a_model_that_is_not_pinned_is_named(stage: Path, hub_server: RunningHub):
    hub = connect(hub_server.endpoint, cache_dir=stage / "cache")
    models = stage / "space_config" / "models.yaml"
    text = models.read_text("utf-8")
    models.write_text(re.sub(r"(?s)(bare.*?)  revision: \S+\n", r"\1", text), "utf-8")
    with pytest.raises(ConfigError, match=f"{BARE} is not pinned"):
        preflight.revisions(stage, hub)


@pytest.mark.slow
def test_requirements_that_no_index_has_are_named(tmp_path: Path):
    (tmp_path / "requirements.txt").write_text("PyYAML==0.0.99\n", "utf-8")
    with pytest.raises(UserError, match=r"pip cannot install .*PyYAML==0\.0\.99"):
        preflight.requirements(tmp_path)


@pytest.mark.slow
def test_requirements_that_can_be_had_pass(tmp_path: Path):
    (tmp_path / "requirements.txt").write_text("# one\nPyYAML==6.0.3\n", "utf-8")
    found = preflight.requirements(tmp_path)
    assert found == "requirements: 1 pinned packages can be installed"


def test_the_command_of_the_image_listens_on_this_machine_alone(stage: Path):
    command = preflight.image_command(stage, 4321)
    assert command[:3] == ["streamlit", "run", "server.py"]
    assert {"--server.port=4321", "--server.address=127.0.0.1"} == set(command[3:])


def test_a_space_that_does_not_start_is_refused_with_its_log(stage: Path):
    (stage / "Dockerfile").write_text('CMD ["python", "-c", "exit(\'no app here\')"]', "utf-8")
    with pytest.raises(UserError, match="the Space did not start .*no app here"):
        preflight.start(stage)
