"""Parts survive a kill, belong to one command, and become one file."""

import pytest

from inference.batch.parts import opened, read_journal
from inference.core.errors import DataError

JOURNAL = {"input": "abc", "model": "a/b", "top_k": None}


def join(paths, file):
    for path in paths:
        file.write(path.read_bytes())


def test_parts_are_taken_up_in_their_order_and_joined(tmp_path):
    target = tmp_path / "sub" / "out.csv"
    with opened(target, JOURNAL) as parts:
        parts.add(b"one ", 0)
        parts.add(b"two ", 3)
    assert read_journal(target) == JOURNAL and not target.exists()
    (parts.folder / ".000002-0.part.123").write_bytes(b"cut o")
    with opened(target, JOURNAL) as parts:
        assert (len(parts.paths), parts.rejected) == (2, 3)
        parts.add(b"three", 1)
        parts.finish(join)
    assert target.read_bytes() == b"one two three"
    assert list(target.parent.iterdir()) == [target] and read_journal(target) is None


def test_an_older_output_stays_until_the_new_one_is_whole(tmp_path):
    target = tmp_path / "out.csv"
    target.write_bytes(b"old")
    with opened(target, JOURNAL) as parts:
        parts.add(b"new", 0)
        assert target.read_bytes() == b"old"
        parts.finish(join)
    assert target.read_bytes() == b"new"


def test_parts_of_another_command_are_not_built_upon(tmp_path):
    target = tmp_path / "out.csv"
    with opened(target, JOURNAL) as parts:
        parts.add(b"one", 0)
    other = opened(target, JOURNAL | {"model": "c/d", "top_k": 3})
    with pytest.raises(DataError, match="another command: model, top_k differ"), other:
        pass


def test_two_commands_never_write_the_same_output(tmp_path):
    target = tmp_path / "out.csv"
    second = opened(target, JOURNAL)
    with opened(target, JOURNAL), pytest.raises(DataError, match="process is writing"), second:
        pass
