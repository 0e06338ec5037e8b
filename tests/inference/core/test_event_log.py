"""The journal: one line of JSON an event, with nothing in it that a visitor wrote."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from inference.core.event_log import MAX_CHARS, record_event


def lines_of(code: str) -> list[dict[str, object]]:
    """What a process of its own writes to stderr when it runs the code."""
    code = f"from inference.core.event_log import record_event\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return [json.loads(line) for line in done.stderr.decode("utf-8").splitlines()]


def test_an_event_is_one_line_of_json_with_its_time_and_facts():
    (line,) = lines_of(
        "record_event('analyzed', texts=2, wait_ms=1.5, revision=None, is_first=True)"
    )
    at = datetime.fromisoformat(str(line.pop("time")))
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)
    assert line == {
        "event": "analyzed",
        "texts": 2,
        "wait_ms": 1.5,
        "revision": None,
        "is_first": True,
    }


def test_no_fact_can_begin_a_line_of_its_own():
    lines = lines_of(r"""record_event('opened', name='a\n{"event": "forged"}\r\u2028b')""")
    assert [line["event"] for line in lines] == ["opened"]


def test_a_line_is_printed_once_even_where_the_root_logger_has_a_handler():
    lines = lines_of("import logging; logging.basicConfig(); record_event('a'); record_event('b')")
    assert [line["event"] for line in lines] == ["a", "b"]


def test_what_json_cannot_hold_is_null_and_what_is_long_is_cut():
    (line,) = lines_of("record_event('done', loss=float('nan'), name='x' * 5000)")
    assert line["loss"] is None
    assert len(str(line["name"])) == MAX_CHARS


@pytest.mark.parametrize("name", ["text", "user_text", "token", "hf_token", "message", "time"])
def test_a_fact_named_for_what_a_visitor_wrote_or_for_a_secret_is_refused(name: str):
    with pytest.raises(ValueError, match=name):
        record_event("sent", **{name: "private"})


@pytest.mark.parametrize("name", ["texts", "text_chars", "tokens", "max_tokens"])
def test_a_count_of_such_things_is_a_fact(name: str):
    (line,) = lines_of(f"record_event('sent', {name}=3)")
    assert line[name] == 3
