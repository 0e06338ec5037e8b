"""Tokens that the vocabulary of a base model does not know."""

import pytest

from tests.tiny import make_tokenizer
from tests.training.doctor.given import parts
from training.doctor import vocabulary
from training.doctor.findings import Part

KNOWN = "the food was good and the service was bad"
UNKNOWN = "航班晚点了两个小时"


def part_of(folder, texts: list[str]) -> Part:
    rows = [(f"{text} {number}", "ab"[number % 2]) for number, text in enumerate(texts)]
    (part,) = parts(folder, train=rows)
    return part


def test_texts_that_the_vocabulary_knows_are_no_finding(tmp_path):
    assert vocabulary.find(part_of(tmp_path, [KNOWN] * 30), make_tokenizer(), 0) == ()


def test_texts_that_it_does_not_know_propose_a_base_by_name(tmp_path):
    part = part_of(tmp_path, [KNOWN] * 20 + [UNKNOWN] * 20)
    (finding,) = vocabulary.find(part, make_tokenizer(), 0)
    assert (finding.code, finding.severity) == ("unknown_tokens", "warning")
    assert "--model_name_or_path intfloat/multilingual-e5-small" in finding.message
    rows = make_tokenizer()(list(part.texts), add_special_tokens=False)["input_ids"]
    count = sum(row.count(make_tokenizer().unk_token_id) for row in rows)
    assert finding.count == count
    assert f"{count / sum(map(len, rows)):.0%}".removesuffix("%") + " %" in finding.message


@pytest.mark.parametrize("count", [1, 400])
def test_a_few_unknown_words_are_no_finding(tmp_path, count):
    texts = [KNOWN] * 24 * count + [f"{KNOWN} 航"] * count
    assert vocabulary.find(part_of(tmp_path, texts), make_tokenizer(), 0) == ()


def test_a_vocabulary_without_a_token_for_it_knows_everything(tmp_path):
    tokenizer = make_tokenizer()
    tokenizer.unk_token = None
    assert vocabulary.find(part_of(tmp_path, [UNKNOWN] * 20), tokenizer, 0) == ()
