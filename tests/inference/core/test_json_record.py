"""A JSON object becomes a dataclass, or one line says which key is wrong and what was expected."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from inference.core.errors import DataError, ModelError
from inference.core.json_record import Mismatch, from_json, from_key, load_record


@dataclass(frozen=True)
class Leaf:
    name: str
    span: tuple[float, float] | None = None


@dataclass(frozen=True)
class Tree:
    state: Literal["dry", "wet"]
    height_m: float
    leaves: tuple[Leaf, ...]
    rings: Mapping[int, float]
    values: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    is_old: bool = False
    raw: object = None


GOOD = {
    "state": "wet",
    "height_m": 3,
    "leaves": [{"name": "a", "span": [0, 0.5]}, {"name": "b"}],
    "rings": {"1": 0.5},
    "values": {"a": 1, "b": 1.0, "c": True, "d": None, "e": "x"},
    "raw": {"a": [1]},
}


def test_an_object_becomes_the_dataclass_with_its_tuples_and_defaults():
    tree = from_json(Tree, GOOD)
    assert tree.leaves == (Leaf("a", (0.0, 0.5)), Leaf("b"))
    assert (tree.height_m, type(tree.height_m), tree.rings) == (3.0, float, {1: 0.5})
    assert [type(value) for value in tree.values.values()] == [int, float, bool, type(None), str]
    assert (tree.is_old, tree.raw) == (False, {"a": [1]})


def test_what_was_written_is_what_is_read():
    tree = from_json(Tree, GOOD)
    assert from_json(Tree, json.loads(json.dumps(asdict(tree)))) == tree


def test_a_key_of_a_later_program_is_left_out():
    assert from_json(Leaf, {"name": "a", "colour": "red"}) == Leaf("a")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "hot"}, "state is 'hot', expected 'dry' or 'wet'"),
        ({"height_m": "3"}, "height_m is '3', expected a number"),
        ({"height_m": True}, "height_m is True, expected a number"),
        ({"leaves": {}}, "leaves is {}, expected a list"),
        ({"leaves": [3]}, "leaves.0 is 3, expected an object"),
        ({"leaves": [{"name": "a"}, {}]}, "leaves.1.name is absent, expected a text"),
        ({"leaves": [{"name": None}]}, "leaves.0.name is None, expected a text"),
        (
            {"leaves": [{"name": "a", "span": [1]}]},
            "leaves.0.span is [1], expected a list of 2",
        ),
        ({"rings": {"one": 0.5}}, "a name in rings is 'one', expected a whole number"),
        ({"rings": [1]}, "rings is [1], expected an object"),
        (
            {"values": {"a": [1]}},
            "values.a is [1], expected a text or a whole number or a number or true or false",
        ),
        ({"is_old": 1}, "is_old is 1, expected true or false"),
        ({"is_old": None}, "is_old is None, expected true or false"),
    ],
)
def test_another_type_is_told_by_its_key(change: dict[str, object], said: str):
    with pytest.raises(Mismatch) as caught:
        from_json(Tree, GOOD | change)
    assert str(caught.value) == said


def test_what_is_absent_or_no_object_at_all_is_told():
    with pytest.raises(Mismatch, match="^rings is absent, expected an object$"):
        from_json(Tree, {name: value for name, value in GOOD.items() if name != "rings"})
    with pytest.raises(Mismatch, match=r"^it is \[3\], expected an object$"):
        from_json(Tree, [3])
    with pytest.raises(Mismatch, match=r"^leaf is absent, expected an object$"):
        from_key(Leaf, {}, "leaf")
    with pytest.raises(Mismatch, match=r"^leaf.name is 3, expected a text$"):
        from_key(Leaf, {"leaf": {"name": 3}}, "leaf")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "it is not valid JSON (Expecting"),
        (b"\xff", "it is not valid JSON ('utf-8'"),
        (b"3", "it is 3, expected an object"),
        (b'{"format": 1}', "format is 1, expected 2"),
        (b"{}", "format is absent, expected 2"),
        (b'{"format": 2}', "name is absent, expected a text"),
    ],
)
def test_a_file_that_is_none_is_told_in_one_line(tmp_path: Path, content: bytes, problem: str):
    path = tmp_path / "leaf.json"
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load_record(Leaf, path, what="no leaf", remedy="grow another", error=ModelError, version=2)
    said = str(caught.value)
    assert said.startswith(f"{path} is no leaf: {problem}") and said.endswith("; grow another")
    assert "\n" not in said


def test_a_file_that_is_missing_is_told_with_what_to_do(tmp_path: Path):
    with pytest.raises(DataError, match="leaf.json does not exist; grow one$"):
        load_record(Leaf, tmp_path / "leaf.json", what="no leaf", remedy="grow one")


def test_a_file_is_read(tmp_path: Path):
    (tmp_path / "leaf.json").write_text('{"format": 2, "name": "a"}')
    leaf = load_record(Leaf, tmp_path / "leaf.json", what="no leaf", remedy="-", version=2)
    assert leaf == Leaf("a")
