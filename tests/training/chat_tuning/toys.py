"""What the tests of chat trainings share: a tiny chat model, files of dialogues, its settings."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from training.chat_tuning import corpus
from training.chat_tuning.base import ChatBase, find_chat_base, load_chat_model, make_reader
from training.chat_tuning.corpus import Corpus
from training.chat_tuning.template import Reader
from training.settings.chat_config import ChatConfig

FRUITS = "apple banana cherry date elder fig grape hazel ilama jambul kiwi lemon".split()


def dialogue(asked: str, answer: str) -> dict[str, object]:
    """A row of a file of messages."""
    turns = (("user", asked), ("assistant", answer))
    return {"messages": [{"role": role, "content": text} for role, text in turns]}


def write_rows(path: Path, rows: list[dict[str, object]]) -> Path:
    """A file of JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Tiny:
    """A tiny chat model as a training has it."""

    base: ChatBase
    model: object
    reader: Reader


@pytest.fixture(scope="session")
def tiny_chat(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a random llama of some 80,000 weights that reads bytes."""
    from tests.tiny_chat import make_tiny_chat

    # tied to the output, the zero row of the padding token, which also ends a turn, could not win
    return make_tiny_chat(tmp_path_factory.mktemp("chat") / "tiny", tie_word_embeddings=False)


@pytest.fixture(scope="session")
def fruits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 short dialogues of a pattern that a tiny model learns in seconds."""
    rows = [
        dialogue(f"{verb} {fruit}", f"{fruit} ok")
        for verb in ("say", "name", "give", "take")
        for fruit in FRUITS
    ]
    return write_rows(tmp_path_factory.mktemp("rows") / "fruits.jsonl", rows)


@pytest.fixture
def settings_for(tiny_chat: Path, fruits: Path, tmp_path: Path) -> Callable[..., ChatConfig]:
    """Settings of a run of a second on the tiny model; keywords change them."""

    def make(**changes: object) -> ChatConfig:
        given: dict[str, object] = {
            "train_file": str(fruits),
            "model_name_or_path": str(tiny_chat),
            "output_dir": str(tmp_path / "run"),
            "max_seq_length": 96,
            "max_steps": 12,
            "eval_steps": 6,
            "save_steps": 4,
            "logging_steps": 2,
            "learning_rate": 1e-2,
            "lora_r": 4,
            "mixed_precision": "no",  # what is computed in two ways is compared
            "answer_prompts": 4,
            "answer_tokens": 12,
            **changes,
        }
        return ChatConfig.of(**given)  # type: ignore[arg-type]

    return make


@pytest.fixture
def tiny(settings_for: Callable[..., ChatConfig]) -> Tiny:
    """The tiny model, loaded, with its reader."""
    config = settings_for()
    base = find_chat_base(config.model.model_name_or_path, "main", None)  # type: ignore[arg-type]
    model = load_chat_model(base)
    return Tiny(base, model, make_reader(base, config.model, model))


def prepared(config: ChatConfig) -> Corpus:
    """The dialogues of these settings in their parts."""
    return corpus.prepare(config.data, seed=config.trainer.seed)
