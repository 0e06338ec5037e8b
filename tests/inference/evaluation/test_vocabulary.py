import json
from pathlib import Path

import numpy as np
import pytest

from inference.core.errors import ModelError
from inference.evaluation import vocabulary
from inference.evaluation.vocabulary import Word, WordCounts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It's GOOD, good!", ["it", "good", "good"]),
        ("a 1 22 3rd", ["3rd"]),
        ("Ça coûte 5 €", ["ça", "coûte"]),
        ("", []),
    ],
)
def test_a_word_is_what_scikit_learn_takes_for_one_but_no_number(text: str, expected: list[str]):
    assert vocabulary.split(text) == expected


def test_a_word_counts_once_a_text():
    found = vocabulary.count(["good good day", "a good one", ""])
    assert found == WordCounts(3, {"good": 2, "day": 1, "one": 1}, {0: 1, 2: 1, 3: 1})


def test_rare_words_and_texts_never_leave_the_machine(tmp_path: Path):
    counts = vocabulary.count([*["the food of alice"] * 4, *["the food"] * 3])
    vocabulary.save(counts, tmp_path)
    assert "alice" not in (tmp_path / vocabulary.FILE_NAME).read_text()
    assert vocabulary.load(tmp_path) == WordCounts(7, {"food": 7, "the": 7}, {2: 3, 4: 4})


def test_at_most_2000_words_are_stored():
    many = WordCounts(9, {f"word{n}": 5 + n % 3 for n in range(3000)}, {})
    kept = vocabulary.frequent(many)
    assert len(kept.words) == 2000 and min(kept.words.values()) == 6


@pytest.mark.parametrize("content", ["[]", "{}", '{"format": 2}', '{"format": 1, "texts": 3}'])
def test_a_file_that_is_not_ours_is_refused(tmp_path: Path, content: str):
    path = tmp_path / vocabulary.FILE_NAME
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(ModelError, match="words.json"):
        vocabulary.load(tmp_path)


TRAINED = WordCounts(1000, {"the": 700, "food": 200, "rare": 10}, {})


def test_new_words_are_those_that_chance_does_not_bring():
    seen = WordCounts(200, {"the": 150, "covid": 20, "typo": 2}, {})
    assert vocabulary.new(TRAINED, seen) == (Word("covid", 0.1, 20),), "typo may well be chance"


def test_missing_words_are_those_that_such_a_file_should_have():
    seen = WordCounts(200, {"the": 150}, {})
    assert vocabulary.missing(TRAINED, seen) == (Word("food", 0.2, 200),), "rare may well be chance"
    few = WordCounts(5, {"the": 4}, {})
    assert vocabulary.missing(TRAINED, few) == ()


def test_texts_of_the_same_kind_have_hardly_a_new_or_missing_word():
    rng = np.random.default_rng(0)
    words = [f"word{n}" for n in range(500)]
    chances = 1 / np.arange(1, 501) ** 0.8

    def text() -> str:
        return " ".join(np.array(words)[rng.random(500) < chances])

    trained = vocabulary.frequent(vocabulary.count(text() for _ in range(2000)))
    seen = vocabulary.count(text() for _ in range(500))
    found = len(vocabulary.new(trained, seen)) + len(vocabulary.missing(trained, seen))
    assert found <= 3, (vocabulary.new(trained, seen), vocabulary.missing(trained, seen))


def test_what_is_stored_is_plain_json(tmp_path: Path):
    vocabulary.save(vocabulary.count(["naïve day"] * 5), tmp_path)
    stored = json.loads((tmp_path / vocabulary.FILE_NAME).read_text("utf-8"))
    assert stored["words"] == {"day": 5, "naïve": 5} and stored["texts"] == 5
