"""What a model answers to held-out prompts: does it end by itself, how varied, how fast.

Owns the sampling of answers for a report, in batches and seeded, by the options that a page begins
with; a page that streams to a person is inference/chat/speaker.py's business.

Try: python -m training.chat --train_file dialogues.jsonl --max_steps 10 --answer_prompts 8
"""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import (
    LogitsProcessorList,
    PreTrainedModel,
    RepetitionPenaltyLogitsProcessor,
)

from inference.chat.sampling import Options
from inference.core.atomic_write import write_whole
from training.chat_tuning.messages import Dialogue
from training.chat_tuning.template import Reader

ANSWERS_FILE = Path("results") / "answers.jsonl"
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


def sample_answers(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    reader: Reader,
    options: Options,
    *,
    batch_size: int,
) -> list[Answer]:
    """An answer to each prompt, in their order; equal seeds, 0 unless given, give equal answers."""
    order = sorted(range(len(prompts)), key=lambda index: -len(prompts[index]))
    answers: dict[int, Answer] = {}
    for start in range(0, len(order), batch_size):
        indices = order[start : start + batch_size]
        torch.manual_seed((options.seed or 0) + start)
        made = _generate(model, [prompts[index] for index in indices], reader, options)
        for index, ids in zip(indices, made, strict=True):
            answers[index] = _cut(ids, reader.end_of_turn)
    return [answers[index] for index in range(len(prompts))]


def answer_figures(
    made: Sequence[Answer],
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    reader: Reader,
) -> Answers:
    """The figures of a model's answers to the prompts; a few are answered again, for their time."""
    rates, firsts = [], []
    for prompt in list(prompts)[:_TIMED_PROMPTS]:
        first_s, whole_s, tokens = _timed(model, prompt, reader)
        firsts.append(1000 * first_s)
        if tokens > 1:
            rates.append((tokens - 1) / max(whole_s - first_s, 1e-9))
    return Answers(
        prompts=len(made),
        ended=sum(answer.is_ended for answer in made),
        distinct=tuple(distinct_share([answer.ids for answer in made], n) for n in _DISTINCT),
        tokens=sum(len(answer.ids) for answer in made) / max(1, len(made)),
        tokens_per_second=_median(rates),
        first_token_ms=_median(firsts),
    )


def write_answers(
    run_dir: Path,
    asked: Sequence[Dialogue],
    made: Mapping[str, Sequence[Answer]],
    reader: Reader,
) -> None:
    """Write the answers that each named model made, to be read beside those of the data.

    The file holds text of the data: it is in no list of what is published.
    """
    lines = []
    for index, dialogue in enumerate(asked):
        row: dict[str, object] = {
            "messages": dialogue.as_dicts(reader.system_prompt)[:-1],
            "expected": dialogue.answers[-1],
        }
        for name, answers in made.items():
            row[name] = reader.text(answers[index].ids)
            row[f"{name}_ended"] = answers[index].is_ended
        lines.append(json.dumps(row, ensure_ascii=False))
    write_whole(run_dir / ANSWERS_FILE, "".join(f"{line}\n" for line in lines))


def distinct_share(answers: Sequence[Sequence[int]], n: int) -> float:
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
    options: Options,
) -> list[list[int]]:
    """The new tokens of each prompt, what ends it included, fillers after it too."""
    width = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), width), reader.pad_id)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):  # filled up on the left: all go on at one place
        ids[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, width - len(prompt) :] = 1
    device = next(model.parameters()).device
    drawn = {
        "do_sample": True,
        "temperature": options.temperature,
        "top_p": options.top_p,
        "top_k": 0,
    }
    # not generate's own flag, which counts the prompt, and so the token that is to end the answer
    penalty = RepetitionPenaltyLogitsProcessor(
        float(options.repetition_penalty), prompt_ignore_length=width
    )
    made = model.generate(  # type: ignore[operator]
        input_ids=ids.to(device),
        attention_mask=mask.to(device),
        max_new_tokens=options.max_tokens,
        logits_processor=LogitsProcessorList([penalty]),
        repetition_penalty=1.0,
        eos_token_id=list(reader.end_of_turn),
        pad_token_id=reader.pad_id,
        **(drawn if options.temperature else {"do_sample": False}),
    )
    new: list[list[int]] = made[:, width:].tolist()
    return new


def _cut(ids: Sequence[int], ends: Sequence[int]) -> Answer:
    """The tokens up to the first that ends a turn."""
    stop = next((index for index, token in enumerate(ids) if token in ends), None)
    return Answer(tuple(ids[:stop]), stop is not None)


def _timed(
    model: PreTrainedModel, prompt: Sequence[int], reader: Reader
) -> tuple[float, float, int]:
    """Seconds to the first token, seconds in all, and tokens, of one prompt."""
    started = time.perf_counter()
    _generate(model, [prompt], reader, Options(temperature=0, max_tokens=1))
    first_s = time.perf_counter() - started
    started = time.perf_counter()
    options = Options(temperature=0, max_tokens=_TIMED_TOKENS)
    tokens = len(_generate(model, [prompt], reader, options)[0])
    return first_s, time.perf_counter() - started, tokens


def _median(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else None
