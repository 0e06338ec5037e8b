"""Chat: a base model, or a base with its LoRA adapter, answers messages token by token.

Owns the command; how a model is fetched and loaded is chat_model.py.

    python -m inference.chat --model OWNER/ADAPTER --message "What is a good name for a cat?"
    python -m inference.chat --model OWNER/ADAPTER          # asks for messages until end of file
"""

import argparse
import sys
from collections.abc import Sequence

from inference.chat.chat_model import fetch_chat_model, load_speaker, stream_answer
from inference.chat.messages import ASSISTANT, SYSTEM, USER, Message
from inference.chat.sampling import Options
from inference.core.errors import run_command
from inference.core.settings import load_settings


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The flags of the command."""
    parser = argparse.ArgumentParser(
        prog="python -m inference.chat", description="Talk to a chat model, token by token."
    )
    parser.add_argument("--model", required=True, help="repo id of a base model or of an adapter")
    parser.add_argument("--revision", help="branch, tag or commit; main unless said")
    parser.add_argument("--message", help="one message; else each line of stdin is one")
    parser.add_argument("--system_prompt", help="said first, in place of the model's own")
    parser.add_argument("--temperature", type=float, default=Options.temperature, help="0 to 2")
    parser.add_argument("--top_p", type=float, default=Options.top_p, help="above 0, at most 1")
    parser.add_argument(
        "--repetition_penalty",
        type=float,
        default=Options.repetition_penalty,
        help="1 to 2; more keeps an answer from saying the same again and again",
    )
    parser.add_argument("--max_tokens", type=int, default=Options.max_tokens, help="of an answer")
    parser.add_argument("--seed", type=int, help="the same seed gives the same answers")
    return parser.parse_args(argv)


def main() -> None:
    """The command line: HF_ENDPOINT and HF_TOKEN say where and who."""
    flags = parse()
    settings = load_settings()
    options = Options(
        flags.temperature, flags.top_p, flags.max_tokens, flags.seed, flags.repetition_penalty
    )
    speaker = load_speaker(
        fetch_chat_model(flags.model, flags.revision, settings.connect()), threads=settings.threads
    )
    talk = [Message(SYSTEM, flags.system_prompt)] if flags.system_prompt else []
    for line in [flags.message] if flags.message is not None else sys.stdin:
        talk.append(Message(USER, line.strip()))
        answer = ""
        for piece in stream_answer(speaker, talk, options):
            print(piece, end="", flush=True)
            answer += piece
        print(flush=True)
        talk.append(Message(ASSISTANT, answer))


if __name__ == "__main__":
    run_command(main)
