"""The order of measurements, and the one shape in which every benchmark says what it found."""

import json

import pytest

from benchmarks.contest import Sheet, interleave

FIELDS = ["benchmark", "work", "ours", "peer", "ratio", "target", "unit"]


def filled(is_json_only: bool) -> Sheet:
    sheet = Sheet("scoring", is_json_only=is_json_only)
    seen = {"ours": [3.0, 40.0, 8.0], "peer": [1.0, 2.0, 9.0]}
    sheet.compare("2 texts", seen, ours="ours", targets={"peer": ">= 8"}, unit="texts/s")
    sheet.note("rows lost", 0, "0", "rows")
    sheet.close()
    return sheet


def test_measures_take_turns():
    order: list[str] = []

    def measure(name: str) -> float:
        order.append(name)
        return len(order)

    seen = interleave({"a": lambda: measure("a"), "b": lambda: measure("b")}, rounds=2)
    assert order == ["a", "b", "a", "b"] and seen == {"a": [1, 3], "b": [2, 4]}


def test_a_table_with_medians_and_spread_comes_first_then_a_json_line_a_comparison(capsys):
    filled(is_json_only=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "scoring: 2 texts [texts/s]"
    assert lines[2].split() == ["ours", "8.00", "3.00", "..", "40.00"]
    assert json.loads(lines[-2]) == dict(
        zip(FIELDS, ["scoring", "2 texts / peer", 8, 2, 4, ">= 8", "texts/s"], strict=True)
    )
    assert json.loads(lines[-1])["ratio"] is None


def test_with_json_there_is_nothing_but_json_lines(capsys):
    filled(is_json_only=True)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(line) for line in lines] == [FIELDS, FIELDS]


def test_a_peer_of_zero_gives_no_ratio(capsys):
    sheet = Sheet("scale", is_json_only=True)
    sheet.compare("work", {"a": [1.0], "b": [0.0]}, ours="a", targets={"b": ""}, unit="s")
    sheet.close()
    assert json.loads(capsys.readouterr().out)["ratio"] is None


@pytest.mark.parametrize("rounds", [1, 3])
def test_every_measure_is_taken_once_a_round(rounds):
    assert {len(values) for values in interleave({"a": float, "b": float}, rounds).values()} == {
        rounds
    }
