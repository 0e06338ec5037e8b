"""space_config.demo_chat: dialogues that training reads, and the two models put on show."""

from pathlib import Path

import pytest

from hub.client import connect
from inference.chat import chat_catalogue
from space_config import demo_chat
from tests.chat_fixtures import BASE, TUNED
from tests.chat_fixtures import talking_catalogue as talking_catalogue  # a fixture
from tests.hub_fixtures import RunningHub
from training.chat_tuning import corpus
from training.settings.chat_config import ChatConfig


def test_the_dialogues_are_read_and_divided_with_alike_ones_together(tmp_path: Path):
    path = tmp_path / "talk.jsonl"
    demo_chat.write_dialogues(path)
    config = ChatConfig.of(train_file=str(path))
    read = corpus.prepare(config.data, seed=config.trainer.seed)
    assert sum(map(len, read.parts.values())) == 96 and not read.rejected
    assert not read.overlapping and not read.noisy


@pytest.mark.slow
@pytest.mark.usefixtures("talking_catalogue")
def test_base_and_tuned_model_are_shown_at_their_commits(
    hub_server: RunningHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(demo_chat, "BASE_REPO_ID", BASE)
    monkeypatch.setattr(demo_chat, "TUNED_REPO_ID", TUNED)
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    demo_chat.show(hub, tmp_path)
    shown = chat_catalogue.load(tmp_path)
    assert shown is not None and shown.base.revision == hub.resolve(BASE).sha
    assert shown.tuned.repo_id == TUNED and "Who are you?" in shown.examples
    assert demo_chat.publish_base(hub) == "already there"
