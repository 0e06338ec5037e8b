"""Alike texts and named groups stay together, unless a chain of them would hold most rows."""

import numpy as np

from inference.data.records import Example
from training.data.groups import equal_texts, group_examples

SENTENCE = "the quick brown fox jumps over the lazy dog and then sleeps in the warm sun all day"


def _examples(texts, groups=None) -> list[Example]:
    groups = groups or [None] * len(texts)
    rows = zip(texts, groups, strict=True)
    return [
        Example({"text": text}, ("a",), row, group) for row, (text, group) in enumerate(rows, 1)
    ]


def _different(count: int) -> list[str]:
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    return ["".join(rng.choice(letters, 40)) for _ in range(count)]


def test_equal_and_nearly_equal_texts_share_a_group_and_others_do_not():
    texts = [SENTENCE, *_different(20), f"  {SENTENCE.upper()}", SENTENCE + "s"]
    groups = group_examples(_examples(texts))
    assert groups.numbers[[0, 21, 22]].tolist() == [groups.numbers[0]] * 3
    assert len(set(groups.numbers.tolist())) == 21
    assert groups.notes == ()


def test_the_text_of_an_example_is_that_of_all_its_fields():
    one, other = (Example({"title": "T", "body": body}, ("a",), 1) for body in ("x", "y"))
    assert equal_texts([one, other, one]).tolist() == [0, 1, 0]


def test_an_author_and_whoever_wrote_the_same_are_one_group():
    texts = [*_different(20), SENTENCE, SENTENCE]
    groups = group_examples(_examples(texts, ["ann", "ann", *[None] * 18, "ann", "bob"])).numbers
    assert groups[0] == groups[1] == groups[20] == groups[21]
    assert len(set(groups.tolist())) == 19


def test_a_template_does_not_chain_most_rows_together():
    texts = [f"{SENTENCE} {number}" for number in range(30)] + [SENTENCE, *_different(9)]
    groups = group_examples(_examples([*texts, SENTENCE]))
    assert len(set(groups.numbers.tolist())) == 40
    assert groups.numbers[30] == groups.numbers[-1], "equal texts still share one"
    assert "32 of 41 texts are linked by nearly equal ones" in groups.notes[0]


def test_a_thanks_that_all_authors_wrote_does_not_chain_them():
    texts = [text for own in _different(30) for text in (own, "thanks a lot")]
    groups = group_examples(_examples(texts, [f"author {row // 2}" for row in range(60)]))
    assert groups.numbers.tolist() == [row // 2 for row in range(60)]
    assert "equal texts of different groups may be in several parts" in groups.notes[0]


def test_one_group_that_holds_most_rows_is_whole_all_the_same():
    groups = group_examples(_examples(_different(20), ["ann"] * 15 + ["bob"] * 5))
    assert np.bincount(groups.numbers).tolist() == [15, 5]
    assert groups.notes == ()
