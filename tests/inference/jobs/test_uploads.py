"""A visitor's file: its columns guessed, scored as the command scores."""

import pytest

from inference.batch.scored_file import decided, scores
from inference.catalogue.catalogue import ModelEntry
from inference.catalogue.opening import OpenModel
from inference.core.errors import DataError
from inference.data.problem_types import MULTI, SINGLE
from inference.jobs.uploads import Scoring, as_task, likely_columns, likely_labels, take
from inference.models.bundle import Bundle
from inference.models.classifier import load_classifier
from tests.tiny import LABELS

TEXT = Bundle(LABELS, SINGLE)
SILENT = Bundle(LABELS, SINGLE, text_fields=())
TWO = Bundle(LABELS, SINGLE, ("title", "queries"), " [SEP] ", json_fields=("queries",))


def taken(tmp_path, content, name="a.csv", **options):
    return take(name, content.encode(), tmp_path, **{"max_rows": 100} | options)


def test_only_the_ending_of_a_name_reaches_the_disk(tmp_path):
    upload = taken(tmp_path, "text\nx\n", "../../etc/<b>.CSV")
    assert upload.survey.path == tmp_path / "upload.csv" and upload.name == "../../etc/<b>.CSV"
    with pytest.raises(DataError, match=r"^<b>\.csv is empty") as error:
        taken(tmp_path, "", "<b>.csv")
    assert str(tmp_path) not in str(error.value)


def test_columns_without_a_header_have_the_usual_names_or_numbers(tmp_path):
    content = "a good day\t1\nbad\t0\n" * 5
    options = {"name": "a.tsv", "has_header": False}
    assert taken(tmp_path, content, **options).columns == ("column 1", "column 2")
    upload = taken(tmp_path, content, **options, usual_columns=("text", "y"))
    assert (upload.columns, upload.survey.rows) == (("text", "y"), 10)
    assert taken(tmp_path, content, **options, usual_columns=("text",)).columns[0] == "column 1"


@pytest.mark.parametrize(
    ("header", "fields", "likely"),
    [
        ("id,Text,note", ("text",), ("Text",)),
        ("id,review,n", ("text",), ("review",)),
        ("id,review,n", (), ("review",)),
        ("title,body,n", ("title", "description"), ("title", "body")),
        ("only,b,c", ("a", "text", "d", "e"), ("b", "c", "only", "b")),
    ],
)
def test_the_column_of_the_name_or_the_wordiest_is_meant(tmp_path, header, fields, likely):
    upload = taken(tmp_path, f"{header}\n" + "1,a whole long sentence here,22\n" * 3)
    assert likely_columns(upload, fields) == likely


@pytest.mark.parametrize(
    ("content", "labels", "names", "likely"),
    [
        ("text,label\nx,positive\ny,neutral\n", LABELS, {}, ("label",)),
        ("text,y\nx,1\ny,0\n", ("no", "yes"), {"0": "no", "1": "yes"}, ("y",)),
        ("text,y\nx,1\ny,0\n", ("no", "yes"), {}, ()),
        ("text,b,a\nx,0,1\ny,1,0\n", ("a", "b"), {}, ("a", "b")),
        ("text,a\nx,0\ny,1\n", ("a", "b"), {}, ()),
        ("text\npositive or not\n", LABELS, {}, ()),
    ],
)
def test_the_truth_is_found_by_the_names_of_the_labels(tmp_path, content, labels, names, likely):
    assert likely_labels(taken(tmp_path, content), labels, names) == likely


def test_a_model_that_names_no_fields_reads_as_the_task_does():
    assert as_task(TEXT, TWO, ("a",)) is TEXT
    read = as_task(SILENT, TWO, ("a", "b"))
    assert (read.text_fields, read.field_separator) == (TWO.text_fields, " [SEP] ")
    assert read.json_fields == ("queries",) and read.labels == SILENT.labels
    assert as_task(Bundle(LABELS, MULTI), TWO, ("a", "b", "c")).text_fields == ()


@pytest.mark.slow
def test_an_upload_becomes_a_scored_file(tmp_path, onnx_model):
    model = load_classifier(onnx_model, threads=1)
    entry = ModelEntry("demo/tiny", "fine-tuned", revision="c" * 40)
    content = "text,y\na good day,1\n ,0\n" + "x" * 30 + ",1\n"
    upload = taken(tmp_path, content, max_rows=9)
    scoring = Scoring(upload, "Tiny", model.bundle, ("text",), ("y",), None, tmp_path, 20)
    steps = list(scoring.steps(lambda: OpenModel(entry, model)))
    assert (steps[-1].done, steps[-1].rejected) == (3, 2)
    file = scoring.scored
    assert (file.name, file.rows, file.rejected, file.revision) == ("a.csv", 3, 2, "c" * 40)
    assert scores(file)[0] == pytest.approx(model.score(["a good day"])[0], abs=1e-6)
    assert decided(file).sum(axis=1).tolist() == [1, 0, 0]
