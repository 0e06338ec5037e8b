"""Every row is an example or a rejection with its reason; texts stay exactly as they are."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inference.core.errors import DataError
from inference.data.problem_types import MULTI, SINGLE
from inference.data.records import Example, Schema, from_rows, read
from inference.data.tables import fingerprint
from tests.inference.data.files import PLAIN, whole, write

BOTH = "text,label\na,x\nb,y\n"


def test_records_say_what_was_read_and_how(tmp_path):
    path = write(tmp_path, "a.csv", "id;text;label\r\n1;grün, ja;gut\r\n2;rot;schlecht\r\n")
    records = whole(read(path, PLAIN))
    assert records.examples == (
        Example({"text": "grün, ja"}, ("gut",), 1),
        Example({"text": "rot"}, ("schlecht",), 2),
    )
    assert (records.labels, records.problem_type) == (("gut", "schlecht"), SINGLE)
    source = records.source
    assert (source.path, source.sha256) == (str(path), fingerprint(path))
    assert (source.encoding, source.delimiter) == ("utf-8", ";")
    assert source.columns == ("id", "text", "label")


def test_every_rejected_row_has_its_number_and_reason(tmp_path):
    rows = ["good,x", ",y", "no label,", "one,two,three", '"two\nlines",y', '"open"!,x', "nul\0,x"]
    records = whole(read(write(tmp_path, "a.csv", "\n".join(["text,label", *rows])), PLAIN))
    assert [one.row for one in records.examples] == [1, 5]
    file = str(tmp_path / "a.csv")
    reasons = [str(one).removeprefix(file) for one in records.rejected]
    expected = ["no text in", "label 'label' is missing", "3 columns", "quote", "NUL"]
    assert [reason.split(": ")[0] for reason in reasons] == [":2", ":3", ":4", ":6", ":7"]
    for reason, part in zip(reasons, expected, strict=True):
        assert part in reason


def test_a_row_is_kept_while_one_of_its_texts_is_not_blank(tmp_path):
    path = write(tmp_path, "a.csv", "title,body,label\n,b,x\n \u3000,\t,y\nt, ,y\n")
    records = whole(read(path, Schema(("title", "body"), ("label",))))
    assert [dict(one.fields) for one in records.examples] == [
        {"title": "", "body": "b"},
        {"title": "t", "body": " "},
    ]


def test_columns_of_0_and_1_are_a_multi_label_problem_in_the_order_given(tmp_path):
    path = write(tmp_path, "a.csv", "text,b,a\nt,0,1\nu,1.0,0\nv,2,0\nw,,0\nz,1,1\nn,0,0\n")
    records = whole(read(path, Schema(("text",), ("b", "a"))))
    assert (records.problem_type, records.labels) == (MULTI, ("b", "a"))
    assert [one.labels for one in records.examples] == [("a",), ("b",), ("b", "a"), ()]
    assert [one.reason for one in records.rejected] == [
        "label 'b' is '2', expected 0 or 1",
        "label 'b' is missing",
    ]


def test_delimited_labels_and_lists_are_one_multi_label_problem(tmp_path):
    delimited = write(tmp_path, "a.csv", "text,label\nt,y|x\nu,\nv,y\n")
    listed = write(
        tmp_path,
        "a.jsonl",
        '{"text":"t","label":["y","x"]}\n{"text":"u","label":[]}\n{"text":"v","label":"y"}',
    )
    table = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["t", "u", "v"], "label": [["y", "x"], [], ["y"]]}), table)
    for path in (delimited, listed, table):
        delimiter = "|" if path == delimited else None
        records = whole(read(path, Schema(("text",), ("label",), label_delimiter=delimiter)))
        assert (records.problem_type, records.labels) == (MULTI, ("x", "y"))
        assert [one.labels for one in records.examples] == [("x", "y"), (), ("y",)]


def test_json_values_become_readable_and_null_is_missing(tmp_path):
    labels = [1, 1.0, True, "true", None, ["x"], float("nan")]
    lines = [json.dumps({"text": 5, "label": label}) for label in labels if label != ["x"]]
    records = whole(read(write(tmp_path, "a.jsonl", "\n".join(lines)), PLAIN))
    assert [one.labels for one in records.examples] == [("1",), ("1",), ("true",), ("true",)]
    assert {one.reason for one in records.rejected} == {"label 'label' is missing"}
    assert records.examples[0].fields == {"text": "5"}


def test_a_key_that_some_json_rows_lack_is_missing_there_only(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"text":"a","label":"x"}\n{"label":"y"}\n{"text":"b"}\n{}\n')
    with pytest.raises(DataError, match="nothing to tell apart"):
        read(path, PLAIN)
    records = whole(read(path, PLAIN, labels=("x", "y")))
    assert [one.row for one in records.examples] == [1]


def test_unlabelled_rows_have_no_labels_and_no_problem_type(tmp_path):
    records = whole(
        read(write(tmp_path, "a.csv", "text\nhello, you\nyes; no\n"), Schema(("text",)))
    )
    assert [one.labels for one in records.examples] == [(), ()]
    assert (records.labels, records.problem_type) == ((), "")


def test_a_test_file_is_held_to_the_labels_of_training(tmp_path):
    path = write(tmp_path, "a.csv", "text,label\na,x\nb,other\n")
    records = whole(read(path, PLAIN, labels=("z", "x")))
    assert records.labels == ("z", "x")
    assert [one.labels for one in records.examples] == [("x",)]
    assert records.rejected[0].reason == "label 'other' is none of 'z', 'x'"


def test_a_field_of_json_stays_as_it_is_and_what_is_none_is_rejected(tmp_path):
    cells = ['{"a b": "0.5"}', '["a", "b"]', "{}", "no json", '{"a": "much"}', ""]
    path = write(tmp_path, "a.tsv", "".join(f"{cell}\t{n % 2}\n" for n, cell in enumerate(cells)))
    schema = Schema(("q",), ("label",), column_names=("q", "label"), json_fields=("q",))
    records = whole(read(path, schema))
    assert [one.fields["q"] for one in records.examples] == cells[:2]
    reasons = [one.reason for one in records.rejected]
    assert ["no text" in reason for reason in reasons] == [True, False, False, True]
    assert "not JSON" in reasons[1]
    assert "the weight of 'a' is 'much'" in reasons[2]


def test_objects_and_lists_of_json_lines_and_maps_of_parquet_become_json(tmp_path):
    schema = Schema(("q",), ("label",), json_fields=("q",))
    lines = '{"q": {"ä": 0.5}, "label": "x"}\n{"q": ["b"], "label": "y"}\n'
    records = whole(read(write(tmp_path, "a.jsonl", lines), schema))
    assert [one.fields["q"] for one in records.examples] == ['{"ä": 0.5}', '["b"]']
    column = pa.array([[("ä", 0.5)], [("b", 1)]], pa.map_(pa.string(), pa.float64()))
    pq.write_table(pa.table({"q": column, "label": ["x", "y"]}), tmp_path / "a.parquet")
    records = whole(read(tmp_path / "a.parquet", schema))
    assert [one.fields["q"] for one in records.examples] == ['[["ä", 0.5]]', '[["b", 1.0]]']


def test_group_and_time_come_with_the_row_and_may_be_a_text_as_well(tmp_path):
    path = write(tmp_path, "a.csv", "text,label,who,day\na,x, ann ,2026-01-02\nb,y,,2026-01-01\n")
    schema = Schema(("text", "who"), ("label",), group_field="who", time_field="day")
    first, second = whole(read(path, schema)).examples
    assert (first.group, second.group) == ("ann", None)
    assert first.fields["who"] == " ann "
    assert second.time < first.time


@pytest.mark.parametrize(
    ("times", "rejected", "reason"),
    [
        (["1", "2", "soon"], [3], "time 'day' is 'soon', expected a date"),
        (["1", "", "3"], [2], "time 'day' is missing"),
        (["2026-01-01", "5", "2026-01-02"], [2], "its time is a number, most of this column are d"),
        (["7", "5", "2026-01-02"], [3], "its time is a date, most of this column are numbers"),
    ],
)
def test_a_row_that_cannot_be_placed_in_time_is_rejected(tmp_path, times, rejected, reason):
    rows = "".join(f"t{n},{n},{day}\n" for n, day in enumerate(times))
    path = write(tmp_path, "a.csv", "text,label,day\n" + rows)
    records = whole(read(path, Schema(("text",), ("label",), time_field="day")))
    assert [one.row for one in records.rejected] == rejected
    assert reason in records.rejected[0].reason


def test_reading_stops_after_max_rows(tmp_path):
    path = write(tmp_path, "a.csv", "text,label\na,x\n,y\nb,y\nc,z\n")
    assert whole(read(path, PLAIN, max_rows=3)).rows_in == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text,label\n", "has no rows"),
        ("txt,label\na,b\n", "no column 'text'; columns seen: 'txt', 'label'. Did you mean 'txt'?"),
        ("text,label\na,x\nb,x\n", "2 examples all have 'x' in 'label'"),
        (
            "text,label\n ,x\n,y\n",
            "none of the 2 rows can be used: row 1: no text in 'text'; row 2",
        ),
    ],
)
def test_file_with_nothing_to_learn_is_an_error(tmp_path, content, said):
    with pytest.raises(DataError) as caught:
        read(write(tmp_path, "a.csv", content), PLAIN)
    assert said in str(caught.value)
    assert str(tmp_path / "a.csv") in str(caught.value)


def test_missing_column_of_json_lines_is_an_error(tmp_path):
    path = write(tmp_path, "a.jsonl", '{"Text": "a", "label": "x"}\n{"Text": "b", "label": "y"}\n')
    with pytest.raises(DataError, match="no column 'text'; columns seen: 'Text', 'label'"):
        read(path, PLAIN)


def test_rows_in_memory_are_read_like_those_of_a_file():
    rows = [{"text": "a", "label": 0}, {"text": None, "label": 1}, {"text": "b", "label": 1}]
    records = whole(from_rows(rows, PLAIN, name="demo/set/train"))
    assert [one.labels for one in records.examples] == [("0",), ("1",)]
    assert str(records.rejected[0]) == "demo/set/train:2: no text in 'text'"
    again = from_rows(iter(rows), PLAIN, name="demo/set/train")
    assert records.source == again.source
    other = from_rows(rows[:2], PLAIN, name="demo/set/train", labels=("0", "1"))
    assert records.source.sha256 != other.source.sha256
