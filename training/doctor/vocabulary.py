"""Whether the base model's vocabulary knows the texts: the share of its tokens that are unknown.

Owns the count and what it means for a training. A word or sign that a vocabulary lacks becomes one
token for "unknown": all such look alike to the model, whatever it learns.

Try: python -m training.train --train_file chinese.csv
"""

import random
from typing import TYPE_CHECKING

from inference.runs.data_report import Finding
from training.doctor.findings import Part
from training.doctor.languages import MULTILINGUAL_BASE

if TYPE_CHECKING:  # it takes a second to import, which the doctor's own command need not
    from transformers import PreTrainedTokenizerBase

_SAMPLE = 300  # texts of a part
_MAX_CHARS = 2000
_MAX_SHARE = 0.05


def find(part: Part, tokenizer: "PreTrainedTokenizerBase", seed: int) -> tuple[Finding, ...]:
    """What to say of a part of which more than 5 % of the tokens are unknown to the vocabulary.

    A seeded sample of 300 texts is looked at.
    """
    unknown = tokenizer.unk_token_id
    if unknown is None:  # a vocabulary of bytes knows everything
        return ()
    texts = random.Random(seed).sample(part.texts, min(_SAMPLE, len(part.texts)))  # noqa: S311
    rows = tokenizer([text[:_MAX_CHARS] for text in texts], add_special_tokens=False)["input_ids"]
    count = sum(row.count(unknown) for row in rows)
    total = sum(map(len, rows))
    share = count / max(1, total)
    if share <= _MAX_SHARE:
        return ()
    message = (
        f"the vocabulary of the base model does not know {share:.0%} of the tokens of {part.name}, "
        "which all look alike to it. Take a base model of this language, or one that knows many, "
        f"such as --model_name_or_path {MULTILINGUAL_BASE}"
    ).replace("%", " %", 1)
    return (Finding("unknown_tokens", "warning", count, message),)
