"""From a file of dialogues to a chat model: python -m training.chat --train_file dialogues.jsonl

Owns the command: flags are read and checked before torch is loaded. The stages are
training/chat_tuning/pipeline.py.

Try: python -m training.chat --config training/recipes/chat.yaml --train_file dialogues.jsonl
"""

from inference.core.errors import run_command
from inference.core.settings import load_settings, share_cores
from training.settings.chat_config import parse_chat_config
from training.settings.console import hush


def main() -> None:
    """The command line."""
    config = parse_chat_config()
    settings = load_settings()
    share_cores()
    hush()
    from training.chat_tuning import pipeline  # seconds, which a slip in the flags must not cost

    pipeline.run(config, settings)


if __name__ == "__main__":
    run_command(main)
