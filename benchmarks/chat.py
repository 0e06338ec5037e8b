"""Answering: our engine beside transformers' generate in float32, same weights, same messages.

Tokens a second, seconds to the first token of a new conversation and of its second message, and how
far 8-bit weights are from float32 on dialogues that the model has never seen.

    python -m benchmarks.chat [--data ../shared/data] [--model FOLDER] [--json]
"""

import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, AutoTokenizer

from benchmarks import contest, material
from benchmarks.contest import Sheet
from inference.chat import chat_model
from inference.chat.messages import ASSISTANT, USER, Message
from inference.chat.onnx_decoder import OnnxDecoder
from inference.chat.sampling import Options
from inference.chat.speaker import Decoder, Reply, Speaker
from inference.chat.template import Template
from inference.core.errors import run_command
from inference.core.settings import load_settings
from space_config import chat_base

OURS = "inference.chat, ONNX int8"
PEER = "transformers generate, float32"
_NEVER = frozenset({-1})  # no token ends an answer: all are of one length
_HELD_OUT = "chat/self_instruct_seed_user_test.jsonl"
_DIALOGUES, _MAX_TOKENS = 10, 96  # of each dialogue, for the distance
_QUESTIONS = (
    "What is a good name for a small grey cat, and why?",
    "How do I boil an egg so that the yolk stays soft?",
    "Write a short poem about a train that is late.",
    "Explain to a child why the sky is blue.",
    "Which three things should I pack for a walk in the rain?",
)


class Peer:
    """transformers as its documentation shows it: apply_chat_template, generate."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self.model = model.eval()

    def seconds(self, messages: Sequence[Message], tokens: int) -> float:
        """How long an answer of so many tokens takes, the reading of the messages included."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        inputs = self._tokenizer.apply_chat_template(
            turns, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        started = time.perf_counter()
        self.model.generate(**inputs, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=False)
        return time.perf_counter() - started


def answer(speaker: Speaker, messages: Sequence[Message], tokens: int) -> Reply:
    """Our answer of so many tokens."""
    options = Options(temperature=0, max_tokens=tokens, repetition_penalty=1)  # as the peer
    *_, last = speaker.answer(messages, options)
    return last


def messages(number: int) -> list[Message]:
    """A new conversation; no two in turn begin alike."""
    return [Message(USER, _QUESTIONS[number % len(_QUESTIONS)])]


def rates(sheet: Sheet, speaker: Speaker, peer: Peer, tokens: int, rounds: int) -> None:
    """Tokens a second over whole answers, the reading of the message included."""
    turns = iter(range(10**6))
    measures = {
        OURS: lambda: tokens / answer(speaker, messages(next(turns)), tokens).total_s,
        PEER: lambda: tokens / peer.seconds(messages(next(turns)), tokens),
    }
    seen = contest.interleave(measures, rounds)
    work = f"answers of {tokens} tokens"
    sheet.compare(work, seen, ours=OURS, targets={PEER: "> 1"}, unit="tokens/s")
    sheet.note(work, statistics.median(seen[OURS]), "ours >= 12", "tokens/s")


def first_tokens(sheet: Sheet, decoder: Decoder, template: Template, peer: Peer, n: int) -> None:
    """Seconds to the first token, with nothing read before and after a first answer."""
    turns = iter(range(10**6))

    def ours_new() -> float:
        fresh = Speaker(decoder, template, _NEVER)  # which knows of nothing read before
        return answer(fresh, messages(next(turns)), 1).first_token_s

    seen = contest.interleave(
        {OURS: ours_new, PEER: lambda: peer.seconds(messages(next(turns)), 1)}, n
    )
    work = "first token of a new conversation"
    sheet.compare(work, seen, ours=OURS, targets={PEER: "ours <= 2 s"}, unit="s")

    def second(number: int) -> tuple[Speaker, list[Message]]:
        speaker = Speaker(decoder, template, _NEVER)
        reply = answer(speaker, messages(number), 100).text
        more = [Message(ASSISTANT, reply), Message(USER, "Tell me more about that.")]
        return speaker, [*messages(number), *more]

    def ours_second() -> float:
        speaker, talk = second(next(turns))
        return answer(speaker, talk, 1).first_token_s

    seen = contest.interleave(
        {OURS: ours_second, PEER: lambda: peer.seconds(second(next(turns))[1], 1)}, n
    )
    work = "first token of the second answer, 100 tokens later"
    sheet.compare(work, seen, ours=OURS, targets={PEER: "ours <= 2 s"}, unit="s")


def distance(sheet: Sheet, decoder: Decoder, peer: Peer, template: Template, path: Path) -> None:
    """Loss of both on held-out dialogues, token by token, and how often they choose alike."""
    losses, alike = [], []
    for line in path.read_text("utf-8").splitlines()[:_DIALOGUES]:
        talk = [Message(**message) for message in json.loads(line)["messages"]]
        text = template.render(talk).removesuffix("<|im_start|>assistant\n")
        ids = template.tokenizer.encode(text, add_special_tokens=False).ids[:_MAX_TOKENS]
        with torch.inference_mode():
            theirs = peer.model(torch.tensor([ids])).logits[0].numpy()[:-1]
        ours = np.stack([decoder.extend([token_id], n) for n, token_id in enumerate(ids[:-1])])
        losses.append([_loss(logits, ids[1:]) for logits in (ours, theirs)])
        alike.append((ours.argmax(1) == theirs.argmax(1)).mean())
    mine, peers = np.mean(losses, axis=0)
    sheet.say(f"\nloss on {len(losses)} held-out dialogues [nats a token]: {mine:.4f} {OURS},")
    sheet.say(f"  {peers:.4f} float32; the same likeliest token {np.mean(alike):.2%} of the time")
    sheet.note(f"loss on held-out dialogues / {PEER}", float(mine), "<= 1.01", "nats", float(peers))


def _loss(logits: NDArray[np.float32], ids: Sequence[int]) -> float:
    """Mean over tokens of minus the log probability: (T, V) logits, T ids."""
    logs = torch.from_numpy(logits).log_softmax(-1)
    return -float(logs[torch.arange(len(ids)), torch.tensor(ids)].mean())


def main() -> None:
    """Print rates, seconds to the first token, distances and ratios."""
    made = material.parser(__doc__)
    made.add_argument("--model", type=Path, help="folder of a base model; the packaged one")
    made.add_argument("--tokens", type=int, default=64, help="of an answer")
    flags = made.parse_args()
    folder = flags.model or chat_base.folder()
    threads = load_settings().threads
    torch.set_num_threads(threads)
    sheet = Sheet("chat", is_json_only=flags.json)

    template = Template(folder)
    started = time.perf_counter()
    decoder = OnnxDecoder(folder, None, chat_model.MAX_POSITIONS, threads)
    sheet.say(f"{folder.name}, {threads} threads; loaded in {time.perf_counter() - started:.1f} s")
    peer = Peer(folder)
    speaker = Speaker(decoder, template, _NEVER)
    answer(speaker, messages(0), 4)  # warm
    peer.seconds(messages(0), 4)

    rates(sheet, speaker, peer, flags.tokens, flags.rounds)
    first_tokens(sheet, decoder, template, peer, flags.rounds)
    if flags.data is not None:
        distance(sheet, decoder, peer, template, flags.data / _HELD_OUT)
    size_mb, float_mb = (
        decoder.size_bytes / 1e6,
        sum(path.stat().st_size for path in folder.glob("*.safetensors")) / 1e6,
    )
    sheet.note("weights in memory / model.safetensors", size_mb, "<= 0.333", "MB", float_mb)
    sheet.close()


if __name__ == "__main__":
    run_command(main)
