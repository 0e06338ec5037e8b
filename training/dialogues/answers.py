"""What a model answers to held-out prompts: does it end by itself, how varied, how fast.

Owns the sampling of answers for a report, in batches and seeded; a page that streams to a person is
inference/chat.py's business. The texts stay on this machine: a report holds figures alone.

Try: python -m training.chat --train_file dialogues.jsonl --max_steps 10 --answer_prompts 8
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedModel

from training.dialogues.template import Reader

# As a page asks by default: greedy small models fall into loops that nobody would see there.
TEMPERATURE, TOP_P = 0.7, 0.9
_TIMED_PROMPTS = 3
_TIMED_TOKENS = 32
_DISTINCT = (1, 2, 3)


@dataclass(frozen=True)
class Answer:
    """One answer: its tokens without what ends it, and whether it ended by itself."""

    ids: tuple[int, ...]
    is_ended: bool


@dataclass(frozen=True)
class Answers:
    """What a model answered to P prompts, in figures.

    ended: answers that end by themselves. distinct: for n = 1, 2, 3 the share of different n-grams
    among all of them over all answers. tokens: the mean of an answer. tokens_per_second and
    first_token_ms: of one prompt at a time, the median of a few; None where none was timed.
    """

    prompts: int
    ended: int
    distinct: tuple[float, ...]
    tokens: float
    tokens_per_second: float | None
    first_token_ms: float | None

    @property
    def ended_share(self) -> float:
        """The share of answers that end by themselves, in [0, 1]."""
        return self.ended / self.prompts if self.prompts else 0.0


def sample(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    reader: Reader,
    *,
    max_tokens: int,
    batch_size: int,
    seed: int,
    temperature: float = TEMPERATURE,
) -> list[Answer]:
    """An answer to each prompt, in their order; equal seeds give equal answers."""
    order = sorted(range(len(prompts)), key=lambda place: -len(prompts[place]))
    answers: dict[int, Answer] = {}
    for start in range(0, len(order), batch_size):
        places = order[start : start + batch_size]
        torch.manual_seed(seed + start)
        made = _generate(
            model, [prompts[place] for place in places], reader, max_tokens, temperature
        )
        for place, ids in zip(places, made, strict=True):
            answers[place] = _cut(ids, reader.end_of_turn)
    return [answers[place] for place in range(len(prompts))]


def measure(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    reader: Reader,
    *,
    max_tokens: int,
    batch_size: int,
    seed: int,
) -> Answers:
    """The figures of a model's answers to the prompts."""
    made = sample(model, prompts, reader, max_tokens=max_tokens, batch_size=batch_size, seed=seed)
    rates, firsts = [], []
    for prompt in list(prompts)[:_TIMED_PROMPTS]:
        first_s, whole_s, tokens = _timed(model, prompt, reader)
        firsts.append(1000 * first_s)
        if tokens > 1:
            rates.append((tokens - 1) / max(whole_s - first_s, 1e-9))
    return Answers(
        prompts=len(made),
        ended=sum(one.is_ended for one in made),
        distinct=tuple(distinct([one.ids for one in made], n) for n in _DISTINCT),
        tokens=sum(len(one.ids) for one in made) / max(1, len(made)),
        tokens_per_second=_median(rates),
        first_token_ms=_median(firsts),
    )


def distinct(answers: Sequence[Sequence[int]], n: int) -> float:
    """Different n-grams over all n-grams of the answers, in [0, 1]; 0 where there is none.

    Li et al. 2016, "A Diversity-Promoting Objective Function", arXiv:1510.03055.
    """
    counts = Counter(tuple(ids[at : at + n]) for ids in answers for at in range(len(ids) - n + 1))
    return len(counts) / counts.total() if counts else 0.0


@torch.inference_mode()
def _generate(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    reader: Reader,
    max_tokens: int,
    temperature: float,
) -> list[list[int]]:
    """The new tokens of each prompt, what ends it included, fillers after it too."""
    width = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), width), reader.pad_id)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):  # filled up on the left: all go on at one place
        ids[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, width - len(prompt) :] = 1
    device = next(model.parameters()).device
    drawn = {"do_sample": True, "temperature": temperature, "top_p": TOP_P, "top_k": 0}
    made = model.generate(  # type: ignore[operator]
        input_ids=ids.to(device),
        attention_mask=mask.to(device),
        max_new_tokens=max_tokens,
        eos_token_id=list(reader.end_of_turn),
        pad_token_id=reader.pad_id,
        **(drawn if temperature else {"do_sample": False}),
    )
    new: list[list[int]] = made[:, width:].tolist()
    return new


def _cut(ids: Sequence[int], ends: Sequence[int]) -> Answer:
    """The tokens up to the first that ends a turn."""
    stop = next((place for place, token in enumerate(ids) if token in ends), None)
    return Answer(tuple(ids[:stop]), stop is not None)


def _timed(
    model: PreTrainedModel, prompt: Sequence[int], reader: Reader
) -> tuple[float, float, int]:
    """Seconds to the first token, seconds in all, and tokens, of one prompt."""
    started = time.perf_counter()
    _generate(model, [prompt], reader, 1, 0.0)
    first_s = time.perf_counter() - started
    started = time.perf_counter()
    tokens = len(_generate(model, [prompt], reader, _TIMED_TOKENS, 0.0)[0])
    return first_s, time.perf_counter() - started, tokens


def _median(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None
