"""Scored rows in four formats: the input's own columns, then what the model says."""

import csv
import io
import json
import math
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference.batch.outputs import Layout, convert, encode, format_of, join
from inference.batch.scoring import Block
from inference.core.errors import ConfigError, DataError
from inference.data.formats import FORMATS, SUFFIXES
from inference.data.scan import scan_file
from inference.data.tables import open_table

LABELS = ("toxic", "rude", "calm")
SCORES = np.array([[0.2, 0.9, np.nan], [np.nan] * 3], np.float32)
DECIDED = np.array([[False, True, False], [False] * 3])
HOSTILE = '=1+1,"x"\n\u2028\t'


def survey_of(tmp_path, rows):
    path = tmp_path / "in.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return scan_file(path)


def block_of(*rows, decided=DECIDED):
    return Block(tuple(rows), (None, "no text in 'text'"), SCORES, decided)


def written(tmp_path, block, layout) -> Path:
    """Two parts of the same block, joined."""
    parts = [tmp_path / "0", tmp_path / "1"]
    for part in parts:
        part.write_bytes(encode(block, layout))
    target = tmp_path / f"out.{layout.format}"
    with target.open("wb") as file:
        join(parts, layout, file)
    return target


@pytest.mark.parametrize(("format", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_delimited_text_has_one_header_and_runs_nothing(tmp_path, format, delimiter):
    rows = [{"text": HOSTILE, "n": -0.5}, {"text": None, "n": 2}]
    layout = Layout(survey_of(tmp_path, rows), format, LABELS, is_multilabel=False)
    content = written(tmp_path, block_of(*rows), layout).read_text("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(content, newline=""), delimiter=delimiter))
    assert len(read) == 4 and read[0] == read[2]
    assert read[0] == {
        "text": f"'{HOSTILE}",
        "n": "-0.5",
        "decided": "rude",
        "score:toxic": "0.2",
        "score:rude": "0.9",
        "score:calm": "",
        "rejected": "",
    }
    assert read[1]["rejected"] == "no text in 'text'" and read[1]["score:rude"] == ""


def test_several_decided_labels_stand_together_strongest_first(tmp_path):
    rows = [{"text": "a", "tags": ["x", 1]}, {"text": "b"}]
    seen = survey_of(tmp_path, rows)
    both = np.array([[True, True, False], [False] * 3])
    block = block_of(*rows, decided=both)
    layout = Layout(seen, "csv", LABELS, is_multilabel=True)
    first = next(
        csv.DictReader(io.StringIO(written(tmp_path, block, layout).read_text("utf-8-sig")))
    )
    assert (first["decided"], first["tags"]) == ("rude; toxic", '["x", 1]')
    layout = Layout(seen, "jsonl", LABELS, is_multilabel=True)
    lines = [json.loads(line) for line in encode(block, layout).splitlines()]
    assert [line["decided"] for line in lines] == [["rude", "toxic"], None]
    layout = Layout(seen, "parquet", LABELS, is_multilabel=True)
    assert pq.read_table(written(tmp_path, block, layout))["decided"].to_pylist()[:2] == [
        ["rude", "toxic"],
        None,
    ]


def test_json_lines_keep_their_own_keys_and_values(tmp_path):
    rows = [{"text": HOSTILE, "deep": {"a": [1, None]}}, {"other": 1e999}]
    layout = Layout(survey_of(tmp_path, rows), "jsonl", LABELS, is_multilabel=False)
    first, second = map(json.loads, encode(block_of(*rows), layout).splitlines())
    assert {key: first[key] for key in rows[0]} == rows[0]
    assert list(second)[:1] == ["other"] and second["other"] is None
    assert (first["score:rude"], first["score:calm"]) == (0.9, None)


def test_json_becomes_parquet_with_a_type_a_column(tmp_path):
    rows = [
        {"text": "a\udc80", "i": 1, "f": 2**60 + 1, "b": True, "mixed": "x", "deep": {"k": 1}},
        {"text": None, "i": 2, "f": 0.5, "b": None, "mixed": 7},
    ]
    layout = Layout(survey_of(tmp_path, rows), "parquet", LABELS, is_multilabel=False)
    table = pq.read_table(written(tmp_path, block_of(*rows), layout)).slice(0, 2)
    assert [str(table.schema.field(name).type) for name in ("i", "f", "b", "score:rude")] == [
        *("int64", "double", "bool", "float")
    ]
    assert table.to_pylist()[0] | {"score:calm": 0, "score:toxic": 0, "score:rude": 0} == {
        **{"text": "a\ufffd", "i": 1, "f": float(2**60 + 1), "b": True, "mixed": "x"},
        **{"deep": '{"k": 1}', "decided": "rude", "rejected": None},
        **{"score:toxic": 0, "score:rude": 0, "score:calm": 0},
    }
    assert table["mixed"].to_pylist() == ["x", "7"]


def test_parquet_stays_parquet_and_can_be_written_as_text(tmp_path):
    path = tmp_path / "in.parquet"
    own = pa.table(
        {
            "text": ["a", "b"],
            "day": [date(2026, 1, 2), None],
            "f": pa.array([math.nan, 1.0]),
            "raw": [b"\x00\xff", b""],
            "m": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
        }
    )
    pq.write_table(own, path)
    block = block_of(*own.to_pylist())
    out = pq.read_table(written(tmp_path, block, Layout(scan_file(path), "parquet", LABELS, False)))
    assert out.select(own.column_names).slice(0, 2).equals(own) or math.isnan(out["f"][0].as_py())
    assert out.schema.field("m").type == own.schema.field("m").type
    line = json.loads(
        encode(block, Layout(scan_file(path), "jsonl", LABELS, False)).splitlines()[0]
    )
    assert (line["day"], line["f"], line["raw"], line["m"]) == (
        "2026-01-02",
        None,
        "AP8=",
        [["k", 1]],
    )


def test_top_k_names_the_strongest_labels(tmp_path):
    rows = [{"text": "a"}, {"text": "b"}]
    layout = Layout(survey_of(tmp_path, rows), "jsonl", LABELS, False, top_k=2, has_decisions=False)
    first, second = map(json.loads, encode(block_of(*rows), layout).splitlines())
    assert first == {
        **{"text": "a", "top:1": "rude", "top_score:1": 0.9},
        **{"top:2": "toxic", "top_score:2": 0.2, "rejected": None},
    }
    assert second["top:1"] is None


@pytest.mark.parametrize("is_multilabel", [False, True])
@pytest.mark.parametrize("format", FORMATS)
def test_a_scored_parquet_file_converts_to_what_would_have_been_written(
    tmp_path, format, is_multilabel
):
    rows = [{"text": HOSTILE, "n": 1, "deep": "[1]"}, {"text": None, "n": None, "deep": None}]
    seen = survey_of(tmp_path, rows)
    stored = written(tmp_path, block_of(*rows), Layout(seen, "parquet", LABELS, is_multilabel))
    wanted = written(tmp_path, block_of(*rows), Layout(seen, format, LABELS, is_multilabel))
    assert convert(stored, format) == wanted.read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_of_every_ending_is_written_and_read_again(tmp_path, suffix):
    rows = [{"text": "a, b\t;|", "label": "x"}, {"text": "c", "label": "y"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "stored.parquet")
    path = tmp_path / f"a{suffix}"
    path.write_bytes(convert(tmp_path / "stored.parquet", format_of(path)))
    assert list(open_table(path, ("text", "label")).rows) == rows


def test_a_file_that_is_scored_already_is_not_overwritten(tmp_path):
    with pytest.raises(DataError, match=r"already has the column\(s\) score:rude"):
        Layout(survey_of(tmp_path, [{"text": "a", "score:rude": 1}]), "csv", LABELS, False)


def test_the_ending_says_the_format():
    assert [format_of(Path(name)) for name in ("a.CSV", "b.tab", "c.ndjson", "d.parquet")] == [
        *("csv", "tsv", "jsonl", "parquet")
    ]
    with pytest.raises(ConfigError, match=r"'\.xlsx'"):
        format_of(Path("a.xlsx"))
