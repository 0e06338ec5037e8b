"""What a prepared catalogue keeps beside its table."""

import shutil
from pathlib import Path

import pytest
import yaml

from hub.client import connect
from inference.chat import chat_catalogue
from inference.chat.chat_catalogue import ChatCatalogue, ChatEntry
from inference.core.errors import ConfigError
from inference.evaluation import stored_results
from space_config.prepare import prepare_catalogue
from tests.hub_fixtures import RunningHub
from tests.space_fixtures import LABELS, TUNED, write_catalogue
from tests.tiny import make_tiny_model


def test_the_answers_behind_the_table_are_kept_and_no_weights(tiny_catalogue: Path):
    kept = stored_results.folder_of(tiny_catalogue, TUNED)
    names = {path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file()}
    assert {"run.json", "results/targets.parquet", "results/words.json"} <= names, names
    assert {f"results/predictions/{n}.parquet" for n in ("torch", "tfidf_lr")} <= names, names
    assert not any("safetensors" in name for name in names)


@pytest.mark.parametrize("name", ["thesis.txt", "models.yaml"])
def test_a_folder_of_other_content_is_left_alone(hub_server: RunningHub, tmp_path: Path, name: str):
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    precious = tmp_path / "precious" / name
    precious.parent.mkdir()
    precious.write_text("mine")
    with pytest.raises(ConfigError, match="nothing was changed"):
        prepare_catalogue(write_catalogue(tmp_path / "source"), precious.parent, hub, threads=1)
    assert precious.read_text() == "mine"


def test_the_folder_that_one_stands_in_is_left_alone(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    here = shutil.copytree(tiny_catalogue, tmp_path / "here")
    monkeypatch.chdir(here)
    with pytest.raises(ConfigError, match="nothing was changed"):
        prepare_catalogue(write_catalogue(tmp_path / "source"), Path(), hub, threads=1)
    assert (here / "models.yaml").is_file()


def test_what_was_prepared_before_is_replaced(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path: Path
):
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    ready = shutil.copytree(tiny_catalogue, tmp_path / "ready")
    (ready / "leaderboard.json").write_text("stale")
    prepare_catalogue(write_catalogue(tmp_path / "source"), ready, hub, threads=1)
    assert (ready / "leaderboard.json").read_text() != "stale"


def test_a_model_without_results_is_named_and_the_catalogue_ready_all_the_same(
    hub_server: RunningHub,
    tiny_catalogue: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
):
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    hub.publish(make_tiny_model(tmp_path / "model", LABELS), "demo/tiny-mute", message="Add it")
    source = write_catalogue(tmp_path / "source")
    content = yaml.safe_load((source / "models.yaml").read_text("utf-8"))
    content["models"] = [{**content["models"][0], "repo_id": "demo/tiny-mute"}]
    (source / "models.yaml").write_text(yaml.safe_dump(content), "utf-8")
    (source / "texts").mkdir()
    (source / "texts" / "test.csv").write_text("text\nhello\n")
    ready = prepare_catalogue(source, tmp_path / "ready", hub, threads=1)
    assert ready.leaderboard is None
    assert "demo/tiny-mute has no results/leaderboard.json" in capsys.readouterr().out
    assert (tmp_path / "ready" / "texts" / "test.csv").read_text() == "text\nhello\n"


@pytest.mark.slow
def test_the_chat_on_show_is_carried_over_at_its_commits(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path: Path
):
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    source = write_catalogue(tmp_path / "source")
    one = ChatEntry(TUNED)  # any repo has a commit
    chat_catalogue.save(ChatCatalogue("Talk", one, one), source)
    prepare_catalogue(source, tmp_path / "ready", hub, threads=1)
    talk = chat_catalogue.load(tmp_path / "ready")
    assert talk is not None and talk.base.revision == hub.resolve(TUNED).sha
    prepare_catalogue(source, tmp_path / "ready", hub, threads=1)  # its own work is replaced
