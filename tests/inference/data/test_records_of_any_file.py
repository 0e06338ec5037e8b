"""No file loses a row or ends in a crash, whatever it holds: random ones, a long one, real ones."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.core.errors import DataError
from inference.data.cells import is_blank
from inference.data.records import Schema, read
from tests.inference.data.files import PLAIN, whole, write

# What has broken readers of text before, and what they take for missing.
NASTY = st.one_of(
    st.text(st.sampled_from("ab\" ,;|\t\n\r\\'=\u2028\x85\x0b\x1c\ufeff好"), max_size=10),
    st.sampled_from(["NA", "None", "null", "nan", "", " ", '"', '""', "\r\n", "#N/A", "1e5"]),
)


@settings(deadline=None)
@given(
    rows=st.lists(st.tuples(NASTY, NASTY), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;|\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    is_quoting_all=st.booleans(),
)
def test_no_delimited_row_is_lost_or_changed(
    tmp_path_factory, rows, delimiter, encoding, is_quoting_all
):
    file = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if is_quoting_all else csv.QUOTE_MINIMAL
    csv.writer(file, delimiter=delimiter, quoting=quoting).writerows([("text", "label"), *rows])
    path = tmp_path_factory.getbasetemp() / "rows.csv"
    path.write_bytes(file.getvalue().encode(encoding))
    check_all_rows(path, rows)


@pytest.mark.slow
@settings(deadline=None)
@given(rows=st.lists(st.tuples(NASTY, NASTY), min_size=1, max_size=8), is_ascii=st.booleans())
def test_no_json_row_is_lost_or_changed(tmp_path_factory, rows, is_ascii):
    lines = [
        json.dumps({"text": text, "label": label}, ensure_ascii=is_ascii) for text, label in rows
    ]
    path = tmp_path_factory.getbasetemp() / "rows.jsonl"
    path.write_bytes("\r\n".join(lines).encode())
    check_all_rows(path, rows)


def check_all_rows(path, rows):
    """Without the unlabelled blank rows everything comes back; labels lose the blanks around."""
    usable = [
        (number, text, label.strip())
        for number, (text, label) in enumerate(rows, start=1)
        if not is_blank(text) and not is_blank(label)
    ]
    labels = tuple(sorted({label for _, _, label in usable}))
    if not usable:
        with pytest.raises(DataError, match="none of the"):
            read(path, PLAIN, labels=labels)
        return
    records = whole(read(path, PLAIN, labels=labels))
    assert records.rows_in == len(rows)
    found = [(one.row, one.fields["text"], one.labels[0]) for one in records.examples]
    assert found == usable


@settings(deadline=None)
@given(
    content=st.one_of(
        st.text(st.sampled_from('ab{}[]:" ,;\t\n\r\\\0\u2028'), max_size=80).map(str.encode),
        st.binary(max_size=80),
    ),
    ending=st.sampled_from([".csv", ".tsv", ".jsonl", ".parquet"]),
    header=st.sampled_from([b"", b"text,label\n", b"text\tlabel\r\n"]),
)
def test_no_file_whatever_it_holds_ends_in_a_crash(tmp_path_factory, content, ending, header):
    path = tmp_path_factory.getbasetemp() / f"any{ending}"
    path.write_bytes(header + content)
    try:
        whole(read(path, PLAIN))
    except DataError as error:
        assert path.name in str(error)


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_read_in_seconds(tmp_path):
    rows = (f'{n},"Row {n}, with ""quotes"" and\na second line",{n % 3}' for n in range(100_000))
    path = write(tmp_path, "a.csv", "\n".join(["id,text,label", *rows]))
    records = read(path, PLAIN)
    assert (len(records.examples), records.labels) == (100_000, ("0", "1", "2"))
    assert records.examples[-1].fields["text"] == 'Row 99999, with "quotes" and\na second line'


REAL = Path(__file__).parents[4] / "shared" / "data"
TOXIC = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")
CLICK = ("prefix", "queries", "title", "tag", "click")
# a folder of real files -> how it is read
SCHEMAS = {
    "click": Schema(("prefix", "queries"), ("click",), column_names=CLICK, json_fields=CLICK[1:2]),
    "hatecheck": Schema(("test_case",), ("label_gold",)),
    "identity_templates": Schema(("text",), ("toxic",)),
    "ios_apps": Schema(("title", "description"), ("label",)),
    "jigsaw": Schema(("comment_text",), TOXIC),
    "perspective": Schema(("comment_text",), TOXIC),
    "tweet_eval_emotion": Schema(("text",), ("label_name",)),
    "tweet_eval_offensive": Schema(("text",), ("label_name",)),
    "womens_reviews": Schema(("title", "review"), ("department",)),
}
# dialogues have a reader of their own, and files that are faulty on purpose reject their rows
NOT_LABELLED_TEXTS = {"chat", "odd_files"}
REAL_FILES = sorted(
    path.relative_to(REAL).as_posix()
    for path in REAL.glob("*/*")
    if path.suffix != ".json" and path.parent.name not in NOT_LABELLED_TEXTS
)


@pytest.mark.slow
@pytest.mark.parametrize("file", REAL_FILES or ["none"])
def test_every_row_of_the_real_files_is_kept_or_rejected(file):
    if not REAL_FILES:
        pytest.skip(f"{REAL} with real files is not there")
    records = whole(read(REAL / file, SCHEMAS[file.partition("/")[0]]))
    with (REAL / file).open(newline="", encoding="utf-8") as opened:
        is_csv = file.endswith(".csv")
        # counted by another reader: Python's csv, or the line breaks
        rows = sum(1 for row in csv.reader(opened) if row) - 1 if is_csv else len(list(opened))
    assert len(records.examples) + len(records.rejected) == records.rows_in == rows
    assert len(records.rejected) <= 0.001 * rows, [str(one) for one in records.rejected[:3]]
