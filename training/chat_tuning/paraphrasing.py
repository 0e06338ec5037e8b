"""More training dialogues by a named model: the same answers to reworded questions.

Owns the asking for paraphrases and what counts as one. What was made is kept in the run folder, so
that an interrupted run goes on with the same; it is text of the data and never published. Whether
it helps is measured, not assumed: trials.py.

Try: python -m training.chat --train_file dialogues.jsonl --paraphrases 50 \
    --paraphrase_model_name_or_path HuggingFaceTB/SmolLM2-135M-Instruct
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from hub.client import Hub
from inference.chat.messages import ASSISTANT, USER, Message
from inference.chat.sampling import Options
from inference.core.atomic_write import write_whole
from training.chat_tuning.answers import sample_answers
from training.chat_tuning.base import ChatBase, find_chat_base, load_chat_model, make_reader
from training.chat_tuning.corpus import Corpus, content_hash
from training.chat_tuning.messages import Dialogue
from training.data.duplicates import normalised
from training.settings.chat_config import ChatConfig

FILE_NAME = "paraphrases.json"
_ASKED = "Say the following in other words, as one line and without answering it:\n\n{question}"
_MOST_TOKENS = 96
_MOST_LONGER = 3  # times; beyond that the model talks instead of rewording


def extend(read: Corpus, config: ChatConfig, hub: Hub, kept_in: Path) -> Corpus:
    """The corpus with reworded training dialogues at its end, as many of `paraphrases` as are good.

    kept_in: the folder in which what was made is kept.

    Raises:
        HubError, ModelError: the model cannot be fetched or loaded.
    """
    if not config.paraphrases:
        return read
    base = find_chat_base(
        str(config.paraphrase_model_name_or_path), config.paraphrase_model_revision, hub
    )
    rng = np.random.default_rng(config.seed)
    count = min(config.paraphrases, len(read.train))
    chosen = [read.train[place] for place in sorted(rng.permutation(len(read.train))[:count])]
    key = [base.weights_sha256, content_hash(chosen), config.seed]
    file = kept_in / FILE_NAME
    made = _kept(file, key)
    if made is None:
        made = _reword(chosen, base, config)
        write_whole(file, json.dumps({"key": key, "questions": made}, ensure_ascii=False) + "\n")
    new = [
        _asked_as(one, question)
        for one, question in zip(chosen, made, strict=True)
        if is_paraphrase(question, _question(one))
    ]
    return replace(read, train=(*read.train, *new))


def is_paraphrase(question: str, original: str) -> bool:
    """Whether a model's answer is a usable rewording: something else, of about that length."""
    if not question.strip() or normalised(question) == normalised(original):
        return False
    return len(question) <= _MOST_LONGER * max(len(original), 20)


def _reword(dialogues: Sequence[Dialogue], base: ChatBase, config: ChatConfig) -> list[str]:
    """What the model makes of the first question of each dialogue, its first line."""
    model = load_chat_model(base)
    reader = make_reader(base, config.with_values(system_prompt=None), model)
    prompts = []
    for one in dialogues:
        asked = Message(USER, _ASKED.format(question=_question(one)))
        prompts.append(reader.prompt(Dialogue((asked, Message(ASSISTANT, "-")), one.row)))
    made = sample_answers(
        model,
        prompts,
        reader,
        Options(max_tokens=_MOST_TOKENS, seed=config.seed),
        batch_size=config.per_device_eval_batch_size,
    )
    texts = [reader.text(one.ids) for one in made]
    return [(text.strip().splitlines() or [""])[0].strip(' "') for text in texts]


def _question(dialogue: Dialogue) -> str:
    return next(one.content for one in dialogue.messages if one.role == USER)


def _asked_as(dialogue: Dialogue, question: str) -> Dialogue:
    messages = list(dialogue.messages)
    place = next(place for place, one in enumerate(messages) if one.role == USER)
    messages[place] = Message(USER, question)
    return replace(dialogue, messages=tuple(messages))


def _kept(file: Path, key: Sequence[object]) -> list[str] | None:
    if not file.is_file():
        return None
    try:
        content = json.loads(file.read_text("utf-8"))
    except json.JSONDecodeError:
        return None
    return list(content["questions"]) if content.get("key") == list(key) else None
