"""run.json."""

import json

import pytest

from inference.core.errors import ModelError
from tests.training.toy import toy_config
from training.run import receipt
from training.run.run_folder import sha256_of
from training.settings.config import parse_train_config


def test_the_receipt_is_a_config_and_holds_all_that_was_given(tmp_path):
    config = toy_config(label_descriptions={"no": "a", "1": "b"}, text_fields=("a", "b"))
    receipt.write(
        tmp_path,
        config.as_dict(),
        data={"labels": ["no", "1"]},
        base={"repo_id": "me/it"},
        fit={"weights_sha256": "abc", "seeds": {"seed": 42}},
        export={},
        metrics={"onnx_int8": {"mcc": None}},
    )
    written = json.loads((tmp_path / "run.json").read_text())
    assert parse_train_config(["--config", str(tmp_path / "run.json")]) == config
    assert written["weights_sha256"] == "abc"
    assert list(written) == [
        "format", "config", "data", "base_model", "weights_sha256", "seeds", "export", "metrics",
        "files", "seal",
    ]  # fmt: skip


def test_versions_name_what_the_weights_depend_on():
    versions = receipt.versions()
    assert versions["python"].startswith("3.")
    assert {"torch", "transformers", "accelerate"} <= versions.keys()


def _written(folder):
    receipt.write(
        folder,
        toy_config(train_file="/home/alice/tweets.csv").as_dict(),
        data={}, base={}, fit={}, export={}, metrics={"torch": {"mcc": 0.5}},
    )  # fmt: skip
    return json.loads((folder / "run.json").read_text())


def test_the_receipt_vouches_for_the_files_of_the_run_and_for_nothing_else(tmp_path):
    vouched = ("config.json", "model.safetensors", "onnx/model.onnx", "results/plots/loss.png")
    others = ("README.md", "train.log", ".lock", "checkpoints/step-1/model.safetensors",
              "results/.metrics.json.4711", "stages.json")  # fmt: skip
    for name in (*vouched, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    files = _written(tmp_path)["files"]
    assert tuple(files) == vouched
    assert files["config.json"] == sha256_of(tmp_path / "config.json")


def test_an_edit_breaks_the_seal_and_another_folder_does_not(tmp_path):
    written = _written(tmp_path)
    assert receipt.seal(written) == written["seal"]
    written["config"]["train_file"] = "tweets.csv"  # as it is published
    assert receipt.seal(written) == written["seal"]
    written["metrics"]["torch"]["mcc"] = 0.51
    assert receipt.seal(written) != written["seal"]


def test_the_rows_of_each_part_are_read_as_they_were_written(tmp_path):
    ids = {"train": ("a.csv:1", "a.csv:3"), "validation": (), "test": ('a "b".csv:2',)}
    receipt.write_split_ids(tmp_path, ids)
    assert receipt.read_split_ids(tmp_path) == ids
    (tmp_path / receipt.SPLITS).write_text('{"train": 3}')
    with pytest.raises(ModelError, match="train is no list of rows"):
        receipt.read_split_ids(tmp_path)
