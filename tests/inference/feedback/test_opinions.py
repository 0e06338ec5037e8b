import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inference.chat.messages import Message
from inference.core.errors import DataError
from inference.feedback import opinions
from inference.feedback.opinions import Opinion, Opinions

TALK = (Message("user", "Hello"), Message("assistant", "Hi – 你好"))
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIKED = Opinion("1", True, "demo/tuned", "a" * 40, TALK, "somebody", AT)


def test_what_is_kept_is_read_again(tmp_path: Path):
    other = replace(LIKED, id="2", is_good=False, revision=None, at=AT + timedelta(seconds=1))
    Opinions(tmp_path).add(other)
    Opinions(tmp_path).add(LIKED)
    assert opinions.read(tmp_path) == (LIKED, other)


@pytest.mark.parametrize(("second", "standing"), [(False, 1), (None, 0)])
def test_a_second_thumb_takes_the_place_of_the_first(
    tmp_path: Path, second: bool | None, standing: int
):
    log = Opinions(tmp_path)
    log.add(LIKED)
    log.add(replace(LIKED, is_good=second, at=AT + timedelta(seconds=1)))
    found = opinions.read(tmp_path)
    assert [one.is_good for one in found] == [second] * standing


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path):
    Opinions(tmp_path).add(LIKED)
    (path,) = tmp_path.glob("*.jsonl")
    with path.open("ab") as file:
        file.write(b'{"id": "2", "is_go')
    assert opinions.read(tmp_path) == (LIKED,)


def test_a_whole_line_that_is_no_opinion_is_said(tmp_path: Path):
    (tmp_path / "x.jsonl").write_text('{"id": "2"}\n', "utf-8")
    with pytest.raises(DataError, match=r"x.jsonl:1: no opinion"):
        opinions.read(tmp_path)


def test_an_opinion_needs_an_answer():
    with pytest.raises(ValueError, match="about an answer"):
        replace(LIKED, messages=TALK[:1])


def test_the_command_writes_what_was_liked_as_a_training_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    log = Opinions(tmp_path)
    log.add(LIKED)
    log.add(replace(LIKED, id="2", is_good=False))
    out = tmp_path / "out" / "liked.jsonl"
    monkeypatch.setattr(sys, "argv", ["opinions", str(tmp_path), "--out", str(out)])
    opinions.main()
    (line,) = out.read_text("utf-8").splitlines()
    assert json.loads(line)["messages"][1] == {"role": "assistant", "content": "Hi – 你好"}


def test_the_command_says_that_nothing_was_liked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    Opinions(tmp_path).add(replace(LIKED, is_good=False))
    monkeypatch.setattr(sys, "argv", ["opinions", str(tmp_path), "--out", str(tmp_path / "x")])
    with pytest.raises(DataError, match="none of 1 answers was liked"):
        opinions.main()
