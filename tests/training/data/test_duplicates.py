"""Groups of texts: every planted copy is found, and no two unrelated texts are put together."""

import random
import time

import numpy as np
import pytest

from training.data import duplicates
from training.data.duplicates import exact_groups, near_duplicates, normalised

WORDS = (
    "the crew was late again and nobody told us why so we waited for hours at gate seven with "
    "two tired children cold coffee broken screens loud music friendly people long queues new "
    "seats old planes good food bad weather clean toilets short flights hot soup red wine"
).split()


def _sentences(count: int, words: int, seed: int = 0) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choice(WORDS) for _ in range(words)) for _ in range(count)]


def _is_one_partition(one: np.ndarray, other: np.ndarray) -> bool:
    pairs = set(zip(one.tolist(), other.tolist(), strict=True))
    return len(pairs) == len(set(one.tolist())) == len(set(other.tolist()))


def _by_brute_force(texts: list[str], threshold: float) -> np.ndarray:
    keys = [normalised(text) for text in texts]
    shingles = [{key[i : i + 5] for i in range(max(1, len(key) - 4))} for key in keys]
    groups = list(range(len(texts)))
    for i, one in enumerate(shingles):
        for j, other in enumerate(shingles[:i]):
            if len(one & other) / len(one | other) >= threshold and groups[i] != groups[j]:
                groups = [groups[j] if group == groups[i] else group for group in groups]
    return np.array(groups)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("So late!", "  so \t LATE!\n"),
        ("STRASSE", "straße"),
        ("ﬁne, 12", "fine, １２"),
        ("caf\u00e9", "cafe\u0301"),
        ("", " \u3000"),
    ],
)
def test_blanks_case_and_ways_of_writing_a_character_make_no_difference(one, other):
    assert exact_groups([one, "something else", other]).tolist() == [0, 1, 0]


@pytest.mark.parametrize("texts", [[], ["one"], ["", ""], ["a", "b", "c", "B"], ["ab" * 9, "cd"]])
def test_groups_are_numbered_in_the_order_of_their_first_texts(texts):
    groups = near_duplicates(texts)
    assert groups.dtype == np.int64
    assert groups.tolist() == exact_groups(texts).tolist()


def test_a_thousand_unrelated_texts_give_no_false_alarm():
    texts = _sentences(500, 8) + _sentences(500, 30)
    assert len(set(near_duplicates(texts).tolist())) == 1000


def test_short_texts_that_differ_in_one_word_stay_apart():
    texts = ["I love this film", "I hate this film", "I love this song", "not good", "good"]
    assert near_duplicates(texts).tolist() == [0, 1, 2, 3, 4]


def test_every_copy_with_a_changed_character_is_found():
    originals = _sentences(400, 40)
    copies = [text[:50] + "*" + text[51:] for text in originals]
    groups = near_duplicates([*originals, *copies])
    assert groups.tolist() == [*range(400), *range(400)]


def test_texts_are_linked_by_a_chain_of_near_copies():
    start = _sentences(1, 40)[0]
    middle, end = start + " and so we went home", start + " and so we went home by the night bus"
    assert near_duplicates([start, end]).tolist() == [0, 1]
    assert near_duplicates([start, end, middle]).tolist() == [0, 0, 0]


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.9, 1.0])
def test_groups_are_those_of_comparing_every_pair(threshold):
    draw = random.Random(2)
    texts = _sentences(60, 25, seed=3)
    for _ in range(140):
        words = draw.choice(texts).split()
        words[draw.randrange(len(words))] = draw.choice(WORDS)
        texts.append(" ".join(words))
    groups = near_duplicates(texts, threshold=threshold)
    assert _is_one_partition(groups, _by_brute_force(texts, threshold))


def test_the_order_of_the_texts_does_not_change_who_is_together():
    texts = _sentences(100, 30) + [text + "!" for text in _sentences(100, 30)]
    order = np.random.default_rng(0).permutation(len(texts))
    shuffled = near_duplicates([texts[row] for row in order])
    assert _is_one_partition(near_duplicates(texts)[order], shuffled)


def test_asking_again_gives_the_same_and_asking_otherwise_does_not():
    texts = _sentences(50, 40) + [text + "!" for text in _sentences(50, 40)]
    first = near_duplicates(texts)
    first_again = near_duplicates(texts)
    first_again[:] = -1  # an answer is the caller's to change
    assert near_duplicates(texts).tolist() == first.tolist()
    assert near_duplicates(texts, threshold=1.0).tolist() == list(range(100))
    assert near_duplicates(texts[:60]).tolist() == [*range(50), *range(10)]


@pytest.mark.slow
def test_thousands_of_copies_of_one_template_are_one_group_in_linear_time():
    texts = [f"{WORDS} your code is {number:06d}, never tell it" for number in range(3000)]
    started = time.monotonic()
    assert set(near_duplicates(texts).tolist()) == {0}
    assert time.monotonic() - started < 20, "comparing all pairs takes minutes"


def test_a_megabyte_in_one_text_is_read_in_pieces_that_lose_nothing():
    chance = random.Random(1)
    long = "".join(chance.choices("abcdefgh ", k=3_000))
    whole = next(iter(duplicates._signatures([long])))
    in_pieces = next(iter(duplicates._signatures([long], piece_chars=100)))
    assert (in_pieces == whole).all()
