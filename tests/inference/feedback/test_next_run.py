"""The next run: whose word counts, and in which columns the rows are written."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.client import connect
from hub.errors import NotFound
from inference.core.errors import ChoiceError, ModelError
from inference.data import records
from inference.data.problem_types import MULTI
from inference.data.schema import Schema
from inference.feedback.next_run import (
    Columns,
    columns_of,
    jsonl_bytes,
    of_catalogue,
    plan,
    summary,
)
from tests.hub_fixtures import RunningHub
from tests.inference.feedback.given import said

START = datetime(2026, 11, 21, tzinfo=UTC)
LABELS = ("toxic", "insult")


def voices(*labels: str | tuple[str, str]) -> list:
    """What people said of one text, in their order; a pair also says who."""
    pairs = [one if isinstance(one, tuple) else (one, None) for one in labels]
    return [
        said(corrected=(label,), who=who, at=START + timedelta(seconds=second))
        for second, (label, who) in enumerate(pairs)
    ]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["good"], "good"),
        (["good", "good"], "good"),
        (["good", "bad"], None),
        (["good", "bad", "good"], "good"),
        (["good", "bad", "fair", "good"], None),
        ([("good", "anna"), ("bad", "anna")], "bad"),  # the last word of one person
        ([("bad", "anna"), ("bad", "anna"), ("good", "ben")], None),  # counts as one voice
    ],
)
def test_the_labels_of_a_majority_enter_and_a_dispute_does_not(labels, expected):
    chosen = plan(voices(*labels), Columns())
    assert [row["label"] for row in chosen.rows] == ([] if expected is None else [expected])
    assert chosen.contested == (expected is None)


def test_corrections_and_confirmations_are_told_apart():
    feedback = [said("a", ("good",), ("bad",)), said("b", ("good",), ("good",))]
    chosen = plan(feedback, Columns())
    assert (len(chosen.rows), chosen.corrected) == (2, 1)
    assert summary(chosen).startswith("2 rows, 1 corrected and 1 confirmed")


@pytest.mark.parametrize(
    ("columns", "corrected", "expected"),
    [
        (Columns(), ("toxic", "insult"), {"text": "a day", "label": ["toxic", "insult"]}),
        (Columns(), (), {"text": "a day", "label": []}),
        (Columns(label_delimiter="|"), LABELS, {"text": "a day", "label": "toxic|insult"}),
        (Columns(("title", "body")), (), {"title": "a day", "body": "", "label": []}),
        (Columns(label_fields=LABELS), ("insult",), {"text": "a day", "toxic": 0, "insult": 1}),
        (
            Columns(label_fields=("1", "2"), label_names={"1": "toxic", "2": "insult"}),
            ("insult",),
            {"text": "a day", "1": 0, "2": 1},
        ),
        (Columns(label_fields=("spam", "ham")), ("insult",), None),
    ],
)
def test_a_row_is_written_in_the_columns_of_the_recipe(columns, corrected, expected):
    chosen = plan([said(corrected=corrected, problem_type=MULTI)], columns)
    assert list(chosen.rows) == ([] if expected is None else [expected])
    assert chosen.unfit == (expected is None)


def test_fields_that_were_written_apart_stay_apart():
    feedback = said(fields={"title": "a", "body": "b", "tag": "c"})
    columns = Columns(("title", "body"))
    assert plan([feedback], columns).rows == ({"title": "a", "body": "b", "label": "good"},)
    assert plan([feedback], Columns(("headline",))).unfit == 1


@pytest.mark.parametrize("columns", [Columns(), Columns(label_fields=LABELS)])
def test_training_reads_the_rows_of_several_labels(tmp_path: Path, columns: Columns):
    feedback = [
        said("one", ("toxic", "insult"), problem_type=MULTI),
        said("two", (), problem_type=MULTI),
        said("three \u2028 日本", ("insult",), problem_type=MULTI),
    ]
    path = tmp_path / "next.jsonl"
    path.write_bytes(jsonl_bytes(plan(feedback, columns).rows))
    found = records.read(path, Schema(columns.text_fields, columns.label_fields))
    assert found.problem_type == MULTI and not found.rejected
    assert [set(one.labels) for one in found.examples] == [set(LABELS), set(), {"insult"}]
    assert found.examples[2].fields["text"] == "three \u2028 日本"


def test_feedback_of_two_catalogues_is_never_mixed():
    feedback = [said(catalogue="Days"), said(catalogue="Nights")]
    assert of_catalogue(feedback, "Nights") == (feedback[1],)
    with pytest.raises(ChoiceError, match="Days, Nights"):
        of_catalogue(feedback, None)
    with pytest.raises(ChoiceError, match="No feedback of 'Dawns'"):
        of_catalogue(feedback, "Dawns")


def test_the_columns_of_a_published_model_come_from_its_receipt(
    hub_server: RunningHub, tmp_path: Path
):
    config = {
        "text_fields": ["title"],
        "label_fields": ["recommended"],
        "label_delimiter": None,
        "label_names": {"0": "not recommended"},
        "seed": 7,
    }
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "run.json").write_text(json.dumps({"config": config}))
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    hub.publish(tmp_path / "model", "demo/with-receipt", message="Add a receipt")
    expected = Columns(("title",), ("recommended",), None, {"0": "not recommended"})
    assert columns_of("demo/with-receipt", hub) == expected
    assert columns_of(str(tmp_path / "model"), hub) == expected
    with pytest.raises(NotFound):
        columns_of("demo/never-published", hub)


def test_a_receipt_without_settings_is_refused(hub_server: RunningHub, tmp_path: Path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(ModelError, match="config is absent, expected an object"):
        columns_of(str(tmp_path), connect(hub_server.endpoint))
