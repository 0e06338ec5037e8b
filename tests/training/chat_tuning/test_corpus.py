"""training.chat_tuning.corpus: three parts, which rows go, and what is said of them."""

import pytest

from inference.core.errors import DataError
from tests.training.chat_tuning.toys import FRUITS, dialogue, write_rows
from training.chat_tuning import corpus
from training.settings.chat_config import ChatConfig

# the same words in no two rows, so that none is nearly equal to another
ROWS = [dialogue(f"{FRUITS[n % 12] * 3} {n * 7919}", f"{n * 104729} {n * n}") for n in range(40)]
LONG = " ".join(f"word{n * n}" for n in range(60))
LOOPING = dialogue("Tell me more", "I do not know what to say. " * 6)


def prepared(tmp_path, rows, **changes):
    path = write_rows(tmp_path / "rows.jsonl", rows)
    config = ChatConfig.of(train_file=str(path), **changes)
    return corpus.prepare(config.data, seed=config.trainer.seed)


def texts(part):
    return {one.text for one in part}


def test_every_dialogue_lies_in_one_part(tmp_path):
    read = prepared(tmp_path, ROWS)
    sizes = {name: len(part) for name, part in read.parts.items()}
    assert sizes == {"train": 32, "validation": 4, "test": 4}
    assert len(set.union(*map(texts, read.parts.values()))) == 40


def test_equal_seeds_divide_equally_and_others_do_not(tmp_path):
    first, again = prepared(tmp_path, ROWS), prepared(tmp_path, ROWS)
    assert first == again
    assert texts(first.test) != texts(prepared(tmp_path, ROWS, seed=1).test)


def test_nearly_equal_dialogues_are_held_back_together(tmp_path):
    rows = ROWS + [dialogue(f"{LONG} {n}", "fine") for n in range(8)]
    read = prepared(tmp_path, rows, duplicates="keep", test_size=0.3)
    places = {
        name for name, part in read.parts.items() if any("word64" in text for text in texts(part))
    }
    assert len(places) == 1, places


@pytest.mark.parametrize(
    ("duplicates", "gone"), [("keep", []), ("exact", [42]), ("near", [42, 43])]
)
def test_copies_go_as_asked_and_the_first_stays(tmp_path, duplicates, gone):
    rows = [
        *ROWS,
        dialogue(LONG, "yes"),
        dialogue(LONG.upper(), "yes"),
        dialogue(f"{LONG}!", "yes"),
    ]
    test = write_rows(tmp_path / "test.jsonl", ROWS[:2])
    parts = {"test_file": str(test), "validation_file": str(test)}
    read = prepared(tmp_path, rows, duplicates=duplicates, **parts)
    assert sorted(row for rows in read.removed.values() for row in rows) == gone
    assert {one.row for one in read.train} == set(range(1, 44)) - set(gone)


def test_noisy_rows_are_listed_and_go_only_when_asked(tmp_path):
    test = write_rows(tmp_path / "test.jsonl", ROWS[:2])
    parts = {"test_file": str(test), "validation_file": str(test)}
    kept = prepared(tmp_path, [LOOPING, *ROWS], **parts)
    assert kept.noisy == {"its answer repeats itself": (1,)} and len(kept.train) == 41
    gone = prepared(tmp_path, [LOOPING, *ROWS], noisy="remove", **parts)
    assert gone.removed["noisy"] == (1,) and len(gone.train) == 40


def test_held_out_dialogues_that_are_trained_on_are_counted(tmp_path):
    test = write_rows(tmp_path / "test.jsonl", [ROWS[3], dialogue("Never", "seen")])
    read = prepared(tmp_path, ROWS, test_file=str(test), validation_size=0.05)
    seen = any(one.row == 4 for one in read.train)
    assert read.overlapping == ((0,) if seen else ())
    assert read.receipt()["held_out_also_in_training"] == len(read.overlapping)


def test_a_sample_is_seeded_and_in_the_order_of_the_file(tmp_path):
    read = prepared(tmp_path, ROWS, max_train_samples=10)
    rows = [one.row for one in read.train]
    assert len(rows) == 10 and rows == sorted(rows)


def test_the_receipt_holds_no_text(tmp_path):
    read = prepared(tmp_path, [*ROWS, {"messages": []}])
    assert read.receipt()["rejected_rows"] == ["rows.jsonl:41: it ends with nothing, expected an assistant"]  # noqa: E501  # fmt: skip
    assert "7919" not in str(read.receipt()) and read.row_ids()["test"][0].startswith("rows.jsonl:")


def test_too_few_dialogues_say_how_many_are_where(tmp_path):
    with pytest.raises(DataError, match="too small: 0 in train"):
        prepared(tmp_path, ROWS[:2])
