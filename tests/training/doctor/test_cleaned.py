"""Cleaned copies read as the originals do, less the named rows; the originals stay as they are."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference.batch import outputs
from inference.core.errors import ConfigError
from inference.data import records
from inference.data.formats import SUFFIXES
from inference.data.schema import Schema
from tests.training.doctor.given import PLAIN, read, unrelated
from training.doctor import cleaned, copies
from training.doctor.findings import parts_of

# What has broken writers of text before.
NASTY = [
    'say "hi", ok?',
    "two\nlines",
    "a;b|c",
    " blanks ",
    "NA",
    "=1+1",
    "好的 🙂",
    "it's",
    '"',
    "x\ty",
]


def _write(folder, given, schema=PLAIN):
    leaks = copies.find(parts_of(given)).leaks
    return cleaned.write(given, schema, leaks, folder)


def _examples(path, schema=PLAIN, labels=None):
    read_back = records.read(path, schema, labels=labels)
    return [(dict(one.fields), one.labels) for one in read_back.examples]


def test_what_leaks_is_gone_and_said_and_the_test_file_is_whole(tmp_path):
    rows = unrelated(60)
    given = read(tmp_path, {"train": rows[:50], "test": [*rows[50:], rows[3], rows[7]]})
    before = [(tmp_path / name).read_bytes() for name in ("train.csv", "test.csv")]
    said = _write(tmp_path / "clean", given)
    assert said == (
        "train.csv:4: the same text as test.csv:11",
        "train.csv:8: the same text as test.csv:12",
    )
    assert (tmp_path / "clean" / "removed.txt").read_text("utf-8").splitlines() == list(said)
    kept = [row for number, row in enumerate(rows[:50], start=1) if number not in (4, 8)]
    assert _examples(tmp_path / "clean/train.csv") == [
        ({"text": text}, (label,)) for text, label in kept
    ]
    assert len(_examples(tmp_path / "clean/test.csv")) == 12
    assert before == [(tmp_path / name).read_bytes() for name in ("train.csv", "test.csv")]


@pytest.mark.parametrize(
    ("name", "delimiter", "has_header"),
    [("train.csv", ",", True), ("train.csv", ";", True), ("train.tsv", "\t", False)],
)
def test_every_cell_of_delimited_text_survives(tmp_path, name, delimiter, has_header):
    cells = [[text, label] for text in NASTY if delimiter not in text for label in ("x", "y")]
    lines = [["text", "label"]] * has_header + cells
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in line] for line in lines]
    path = tmp_path / name
    path.write_text("".join(delimiter.join(line) + "\n" for line in quoted), "utf-16")
    schema = Schema(("text",), ("label",), column_names=() if has_header else ("text", "label"))
    given = {"train": records.read(path, schema)}
    assert _write(tmp_path / "clean", given, schema) == ()
    assert _examples(tmp_path / "clean" / name, schema) == _examples(path, schema)
    assert (tmp_path / "clean" / name).read_bytes().startswith(b'"')  # UTF-8 without a mark


def test_rows_that_cannot_be_used_are_left_out_with_their_reason(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text("text,label,more\na b,x,1\n,y,2\none,two\nc d,y,3\n", "utf-8")
    said = _write(tmp_path / "clean", {"train": records.read(path, PLAIN)})
    assert [line.split(": ")[0] for line in said] == ["train.csv:2", "train.csv:3"]
    content = (tmp_path / "clean/train.csv").read_text("utf-8")
    assert content == '"text","label","more"\n"a b","x","1"\n"c d","y","3"\n'


def test_json_lines_and_parquet_keep_their_rows_as_they_are(tmp_path):
    rows = [{"text": text, "label": "xy"[n % 2], "id": n} for n, text in enumerate(NASTY)]
    lines = [json.dumps(row) for row in rows]
    (tmp_path / "a.jsonl").write_text("\n\n".join([*lines, "not JSON"]), "utf-8")
    given = {"train": records.read(tmp_path / "a.jsonl", PLAIN)}
    assert [line.split(": ")[0] for line in _write(tmp_path / "one", given)] == ["a.jsonl:11"]
    assert (tmp_path / "one/a.jsonl").read_text("utf-8").splitlines() == lines
    pq.write_table(
        pa.Table.from_pylist([*rows, {"text": "", "label": "x"}]), tmp_path / "a.parquet"
    )
    given = {"train": records.read(tmp_path / "a.parquet", PLAIN)}
    assert len(_write(tmp_path / "two", given)) == 1
    assert pq.read_table(tmp_path / "two/a.parquet").to_pylist() == rows


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_of_every_ending_is_cleaned(tmp_path, suffix):
    rows = [{"text": f"text {n}", "label": "xy"[n % 2]} for n in range(8)]
    pq.write_table(
        pa.Table.from_pylist([{"text": "", "label": "x"}, *rows]), tmp_path / "stored.parquet"
    )
    path = tmp_path / f"a{suffix}"
    path.write_bytes(outputs.convert(tmp_path / "stored.parquet", outputs.format_of(path)))
    said = _write(tmp_path / "clean", {"train": records.read(path, PLAIN)})
    assert [line.split(": ")[0] for line in said] == [f"a{suffix}:1"]
    assert _examples(tmp_path / "clean" / path.name) == [
        ({"text": row["text"]}, (row["label"],)) for row in rows
    ]


def test_a_folder_with_something_in_it_and_files_of_one_name_are_refused(tmp_path):
    given = read(tmp_path, {"train": unrelated(10)})
    with pytest.raises(ConfigError, match="not empty; name a new folder"):
        _write(tmp_path, given)
    (tmp_path / "other").mkdir()
    (tmp_path / "other/train.csv").write_bytes((tmp_path / "train.csv").read_bytes())
    twice = {**given, "test": records.read(tmp_path / "other/train.csv", PLAIN)}
    with pytest.raises(ConfigError, match="rename them"):
        _write(tmp_path / "clean", twice)
    rows = [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}]
    in_memory = records.from_rows(rows, PLAIN, name="owner/data/train")
    with pytest.raises(ConfigError, match="owner/data/train"):
        _write(tmp_path / "clean", {"train": in_memory})
    assert not (tmp_path / "clean").exists()
