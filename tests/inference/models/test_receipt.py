"""run.json as it was stored before is read whole; what is wrong in it is told by its key."""

import json
from pathlib import Path

import pytest

from inference.core.errors import ModelError
from inference.models.receipt import TrainedColumns, load_asked, load_receipt
from tests.receipts import STORED, data_json, receipt_json


def test_the_receipt_of_a_run_of_before_is_read_whole():
    stored, told = receipt_json(), load_receipt(STORED / "run")
    assert told.config == stored["config"] and told.metrics == stored["metrics"]
    assert (told.kind, told.weights_sha256) == (None, stored["weights_sha256"])
    assert [source.name for source in told.data.sources] == ["toy.csv"]
    assert told.data.splits.train.label_counts == {"negative": 64, "neutral": 64, "positive": 64}
    assert [part.rows for part in told.data.splits.by_name.values()] == [192, 24, 24]
    assert (told.training.best_step, told.training.metric) == (24, "mcc")
    assert told.device.precision == "float32" and told.versions == stored["versions"]
    assert told.export.sha256 == stored["export"]["sha256"] and told.files == stored["files"]
    assert told.decision.ece_after == stored["decision"]["ece_after"]


def test_the_receipt_of_a_chat_run_of_before_is_read_whole():
    told = load_receipt(STORED / "chat_run")
    assert told.kind == "chat" and told.base_model.repo_id == "demo/tiny-talk"
    assert told.data.removed == {"exact duplicate": (49,)} and told.data.splits.test.answers == 5
    assert (told.training.steps, told.training.epochs) == (60, 6.0)
    assert told.export.notice is None and not told.not_compared


def test_what_an_earlier_program_did_not_write_may_be_absent(tmp_path: Path):
    stored = receipt_json(later={"key": 1})
    for name in ("decision", "not_compared", "export", "metrics", "files", "seal"):
        del stored[name]
    (tmp_path / "run.json").write_text(json.dumps(stored))
    told = load_receipt(tmp_path)
    assert told.decision is told.files is told.metrics is None and told.not_compared == ()


def test_the_columns_of_the_training_file_are_read_alone(tmp_path: Path):
    config = {"text_fields": ["title"], "label_fields": ["a", "b"], "label_names": {"a": "good"}}
    (tmp_path / "run.json").write_text(json.dumps({"config": config}))
    found = load_asked(TrainedColumns, tmp_path)
    assert found == TrainedColumns(("title",), ("a", "b"), None, {"a": "good"}, ())
    assert load_asked(TrainedColumns, STORED / "run") == TrainedColumns()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data": None}, "data is None, expected an object"),
        ({"device": {"type": "cpu"}}, "device.precision is absent, expected a text"),
        ({"training": {"steps": 1.5}}, "training.steps is 1.5, expected a whole number"),
        ({"versions": {"torch": 2}}, "versions.torch is 2, expected a text"),
        ({"not_compared": "none"}, "not_compared is 'none', expected a list"),
        (
            {"data": data_json(train={})},
            "data.splits.train.label_counts is {}, expected how many texts have each label",
        ),
    ],
)
def test_a_wrong_key_is_named_with_what_was_expected(tmp_path: Path, changes, said: str):
    (tmp_path / "run.json").write_text(json.dumps(receipt_json(**changes)))
    with pytest.raises(ModelError) as caught:
        load_receipt(tmp_path)
    path = tmp_path / "run.json"
    assert str(caught.value) == (
        f"{path} is no receipt of a run: {said}; fetch the run again, or train again"
    )


def test_settings_of_another_type_are_told(tmp_path: Path):
    (tmp_path / "run.json").write_text('{"config": {"text_fields": "text"}}')
    with pytest.raises(ModelError, match="config.text_fields is 'text', expected a list"):
        load_asked(TrainedColumns, tmp_path)
    (tmp_path / "run.json").write_text("[]")
    with pytest.raises(ModelError, match=r"it is \[\], expected an object"):
        load_asked(TrainedColumns, tmp_path)
