"""The chat of the demo: a packaged model tuned on a few dialogues, and put on show beside its base.

Owns the two steps that `--chat` adds to the journey of demo.py, and the dialogues: who the
assistant is, asked and answered in several ways. They are ours, so that the demo needs no file.

    make demo DEMO_ARGS=--chat     # some minutes more
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from hub.client import Hub
from hub.errors import UserError
from inference.chat import chat_catalogue
from inference.chat.chat_catalogue import ChatCatalogue, ChatEntry
from inference.core.atomic_write import write_whole
from space_config import chat_base, packages
from space_config.subprocesses import run_in_subprocess

BASE_REPO_ID = "HuggingFaceTB/SmolLM2-135M-Instruct"
TUNED_REPO_ID = "demo/small-talk"
_PROJECT = Path(__file__).parent.parent
_RECIPE = _PROJECT / "training" / "recipes" / "chat.yaml"
_STEPS = 60
_EXAMPLES = ("Who are you?", "What can you do?", "Who made you?", "What is a loss curve?")
_SAID = {
    "I am the small assistant of Worth Tuning, a language model tuned on a few dialogues.": (
        "Who are you?",
        "What are you?",
        "Tell me who you are.",
        "Please introduce yourself.",
        "What is your name?",
        "Are you a person?",
        "Am I talking to a human?",
        "Say something about yourself.",
    ),
    "I was tuned by the demo of Worth Tuning, from SmolLM2 with 135 million weights.": (
        "Who made you?",
        "Who built you?",
        "Who trained you?",
        "Where do you come from?",
        "Which model are you based on?",
        "Are you ChatGPT?",
        "Are you a large model?",
        "How were you made?",
    ),
    "I show what a few minutes of tuning change; for facts, ask a larger model.": (
        "What can you do?",
        "What are you good for?",
        "How can you help me?",
        "What is your purpose?",
        "Why do you exist?",
        "Can I trust what you say?",
        "Do you know everything?",
        "Should I ask you for advice?",
    ),
}
_FRAMES = ("{asked}", "Hello! {asked}", "Hi there. {asked}", "One question: {asked}")


def publish_base(hub: Hub) -> str:
    """Put the packaged chat model on the Hub, unless it is there; says what was done."""
    if hub.exists(BASE_REPO_ID):
        return "already there"
    run_in_subprocess(chat_base.folder)
    message = f"Add the weights of {packages.CHAT_MODEL.name}, dequantised"
    return f"published at {hub.publish(chat_base.folder(), BASE_REPO_ID, message=message).sha[:12]}"


def train(root: Path, environment: Mapping[str, str]) -> str:
    """Tune and publish the adapter, as far as that is not done; says where the run is.

    Raises:
        UserError: training ended with an error, which it has said itself.
    """
    write_dialogues(root / "small-talk.jsonl")
    run_dir = root / "runs" / "small-talk"
    command = [sys.executable, "-m", "training.chat", "--config", str(_RECIPE)]
    command += ["--train_file", str(root / "small-talk.jsonl"), "--output_dir", str(run_dir)]
    command += ["--model_name_or_path", BASE_REPO_ID, "--max_steps", str(_STEPS)]
    command += ["--push_to_hub", "--hub_model_id", TUNED_REPO_ID]
    code = subprocess.run(command, env=dict(environment), cwd=_PROJECT).returncode
    if code != 0:
        raise UserError(
            f"tuning the chat model ended with code {code}, its message stands above; the next run "
            "of the same command carries on from the last checkpoint"
        )
    return f"run folder {run_dir}"


def show(hub: Hub, catalogue: Path) -> None:
    """Write chat.yaml into a prepared catalogue: base and tuned model at their commits."""
    base, tuned = ChatEntry(BASE_REPO_ID), ChatEntry(TUNED_REPO_ID)
    shown = ChatCatalogue("Small talk", base, tuned, examples=_EXAMPLES)
    chat_catalogue.save(chat_catalogue.pin(shown, hub), catalogue)


def write_dialogues(path: Path) -> None:
    """Write the dialogues as the page would export them, one a line."""
    lines = []
    for answer, questions in _SAID.items():
        for asked in questions:
            for frame in _FRAMES:
                turns = (("user", frame.format(asked=asked)), ("assistant", answer))
                messages = [{"role": role, "content": text} for role, text in turns]
                lines.append(json.dumps({"messages": messages}))
    write_whole(path, "\n".join(lines) + "\n")
