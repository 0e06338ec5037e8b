"""A Space with a chat: the toys of space_fixtures, and two tiny chat models on the loopback Hub."""

import shutil
from pathlib import Path

import pytest

from hub.client import connect
from inference.chat import chat_catalogue
from inference.chat.chat_catalogue import ChatCatalogue, ChatEntry
from tests.hub_fixtures import RunningHub
from tests.tiny_chat import make_tiny_adapter, make_tiny_chat

BASE, TUNED = "demo/tiny-chat", "demo/tiny-chat-tuned"
# Long and slow enough for a person, or a test, to do something while it answers.
SLOW = {
    "num_hidden_layers": 48,
    "hidden_size": 128,
    "intermediate_size": 512,
}
EXAMPLES = ("Who are you?", "Tell me a *story*")


@pytest.fixture(scope="session")
def talking_catalogue(
    hub_server: RunningHub, tiny_catalogue: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The tiny catalogue with chat.yaml beside it: a random model of bytes and a random adapter."""
    folder = tmp_path_factory.mktemp("talking")
    hub = connect(hub_server.endpoint, hub_server.token, folder / "cache")
    base = make_tiny_chat(folder / "base", **SLOW)
    revision = hub.publish(base, BASE, message="Add a tiny chat model").sha
    adapter = make_tiny_adapter(folder / "adapter", base, BASE, revision)
    hub.publish(adapter, TUNED, message="Add a tiny adapter")
    ready = folder / "ready"
    shutil.copytree(tiny_catalogue, ready)
    shown = ChatCatalogue(
        "Toy talk", ChatEntry(BASE, revision), ChatEntry(TUNED), examples=EXAMPLES
    )
    chat_catalogue.save(shown, ready)
    return ready
