from pathlib import Path

import pytest

from tests.tiny_chat import make_tiny_adapter, make_tiny_chat


@pytest.fixture(scope="session")
def tiny_chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random model of the Llama family that reads bytes."""
    return make_tiny_chat(tmp_path_factory.mktemp("chat") / "base")


@pytest.fixture(scope="session")
def tiny_adapter(tiny_chat: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random adapter of tiny_chat."""
    folder = tmp_path_factory.mktemp("chat") / "adapter"
    return make_tiny_adapter(folder, tiny_chat, "demo/tiny-chat", "a" * 40)
