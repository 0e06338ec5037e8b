"""What a Space is built from: this program, the catalogue in its place, a model to bake."""

import re
import shutil
from pathlib import Path

from hub.client import connect
from inference.catalogue.catalogue import MODELS_FILE, load_catalogue, load_catalogues
from space_config import stage
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import BARE, TUNED


def laid_out(folder: Path, *ready: Path) -> Path:
    stage.lay_out(ready, folder / "stage")
    return folder / "stage"


def test_the_catalogue_takes_the_place_of_the_one_that_is_here(
    tmp_path: Path, tiny_catalogue: Path
):
    space = laid_out(tmp_path, tiny_catalogue)
    shown = load_catalogue(space / "space_config")
    assert [entry.repo_id for entry in shown.models] == [TUNED, BARE]
    assert shown.first_paint is not None and shown.leaderboard is not None
    assert (space / "space_config" / "style.css").is_file(), "the program beside it is there"
    assert not (space / "space_config" / "demo").exists(), "the demo is for this machine"


def test_several_catalogues_get_a_folder_each(tmp_path: Path, tiny_catalogue: Path):
    other = shutil.copytree(tiny_catalogue, tmp_path / "other")
    models = other / MODELS_FILE
    models.write_text(models.read_text("utf-8").replace("Sentiment of toys", "Others"), "utf-8")
    space = laid_out(tmp_path, tiny_catalogue, other)
    assert list(load_catalogues(space / "space_config")) == ["other", tiny_catalogue.name]
    assert not (space / "space_config" / "models.yaml").exists()


def test_the_fine_tuned_model_is_baked_at_its_commit(tmp_path: Path, tiny_catalogue: Path):
    dockerfile = (laid_out(tmp_path, tiny_catalogue) / "Dockerfile").read_text("utf-8")
    pinned = load_catalogue(tiny_catalogue).models[0].revision
    assert f"\nARG MODEL_ID={TUNED}\nARG MODEL_REVISION={pinned}\n" in dockerfile


def test_every_page_that_the_readme_of_the_space_names_is_there(
    tmp_path: Path, tiny_catalogue: Path
):
    space = laid_out(tmp_path, tiny_catalogue)
    readme = (space / "README.md").read_text("utf-8")
    pages = set(re.findall(r"\]\(([\w/-]+\.md)\)", readme))
    assert len(pages) == 13 and all((space / page).is_file() for page in pages), pages


def test_neither_tests_nor_secrets_nor_caches_leave_this_machine(
    tmp_path: Path, tiny_catalogue: Path
):
    space = laid_out(tmp_path, tiny_catalogue)
    names = {path.relative_to(space).as_posix() for path in space.rglob("*")}
    assert not {name for name in names if name.split("/")[0] in ("tests", "training", ".git")}
    assert not {name for name in names if "__pycache__" in name or "secrets" in name}
    hidden = {name for name in names if name.rpartition("/")[2].startswith(".")}
    assert hidden == {".dockerignore", ".streamlit"}


def test_a_ready_catalogue_is_taken_as_it_is_and_another_is_made_ready(
    tmp_path: Path, tiny_catalogue: Path, hub_server: RunningHub
):
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    assert stage.ready_catalogues(tiny_catalogue, tmp_path / "a", hub) == (tiny_catalogue,)
    source = tiny_catalogue.parent / "source"
    (made,) = stage.ready_catalogues(source, tmp_path / "b", hub, threads=1)
    assert made.parent == tmp_path / "b"
    shown = load_catalogue(made)
    assert shown.first_paint is not None and all(entry.revision for entry in shown.models)
