"""From a repo id to an answer, over the loopback Hub."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from hub.client import Hub, connect
from inference.chat import __main__, chat_model
from inference.chat.messages import Message
from inference.chat.sampling import Options
from inference.core.errors import ModelError
from tests.chat_fixtures import BASE, TUNED
from tests.chat_fixtures import talking_catalogue as talking_catalogue  # a fixture
from tests.hub_fixtures import RunningHub

pytestmark = pytest.mark.slow

HELLO = [Message("user", "Hello")]
BRIEF = Options(temperature=0, max_tokens=12)


@pytest.fixture
def hub(hub_server: RunningHub, talking_catalogue: Path, tmp_path: Path) -> Hub:
    return connect(hub_server.endpoint, None, tmp_path / "cache")


def test_an_adapter_brings_its_base_at_the_commit_that_it_names(hub: Hub):
    folders = chat_model.fetch_chat_model(TUNED, None, hub)
    assert folders.adapter is not None and (folders.base / "model.safetensors").is_file()
    assert folders.revision == hub.resolve(TUNED).sha
    assert folders.base.name == hub.resolve(BASE).sha


def test_a_streamed_answer_is_the_answer(hub: Hub):
    folders = chat_model.fetch_chat_model(BASE, None, hub)
    pieces = list(
        chat_model.stream_answer(chat_model.load_speaker(folders, threads=1), HELLO, BRIEF)
    )
    *_, last = chat_model.load_speaker(folders, threads=1).answer(HELLO, BRIEF)
    assert "".join(pieces) == last.text and len(pieces) > 1


def test_base_and_adapter_answer_differently(hub: Hub):
    said = {
        repo_id: "".join(
            chat_model.stream_answer(
                chat_model.load_speaker(chat_model.fetch_chat_model(repo_id, None, hub)),
                HELLO,
                BRIEF,
            )
        )
        for repo_id in (BASE, TUNED)
    }
    assert said[BASE] != said[TUNED]


def test_a_llama_answers_without_torch(hub: Hub, talking_catalogue: Path):
    folders = chat_model.fetch_chat_model(TUNED, None, hub)
    code = (
        "import sys; from pathlib import Path\n"
        "from inference.chat.chat_model import ChatFolders, load_speaker, stream_answer\n"
        "from inference.chat.messages import Message\n"
        "from inference.chat.sampling import Options\n"
        "speaker = load_speaker(ChatFolders(Path(sys.argv[1]), Path(sys.argv[2]), ''))\n"
        "print(list(stream_answer(speaker, [Message('user', 'Hi')], Options(max_tokens=3))))\n"
        "print(*sys.modules)"
    )
    command = [sys.executable, "-c", code, str(folders.base), str(folders.adapter)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not {"torch", "transformers", "peft"} & set(done.stdout.split())


def test_the_command_answers_each_line_and_remembers(
    hub_server: RunningHub, talking_catalogue: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("HF_ENDPOINT", hub_server.endpoint)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "stdin", io.StringIO("Hello\nHello\n"))
    flags = ["--model", BASE, "--temperature", "0", "--max_tokens", "8"]
    monkeypatch.setattr(sys, "argv", ["chat", *flags])
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    __main__.main()
    said = out.getvalue()
    assert said.endswith("\n") and len(said) > 4


def test_a_model_that_names_no_end_is_refused(hub: Hub, tmp_path: Path):
    source = chat_model.fetch_chat_model(BASE, None, hub).base
    for path in source.iterdir():
        if path.name != "generation_config.json":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    config = tmp_path / "tokenizer_config.json"
    config.write_text(config.read_text("utf-8").replace('"eos_token"', '"other_token"'), "utf-8")
    with pytest.raises(ModelError, match="names no token that ends an answer"):
        chat_model.load_speaker(chat_model.ChatFolders(tmp_path, None, ""))
