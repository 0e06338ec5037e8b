"""run.json."""

import json

from tests.training.toy import toy_config
from training import receipt
from training.config import parse


def test_the_receipt_is_a_config_and_holds_all_that_was_given(tmp_path):
    config = toy_config(label_descriptions={"no": "a", "1": "b"}, text_fields=("a", "b"))
    receipt.write(
        tmp_path,
        config,
        data={"labels": ["no", "1"]},
        base={"repo_id": "me/it"},
        fit={"weights_sha256": "abc", "seeds": {"seed": 42}},
        export={},
        metrics={"onnx_int8": {"mcc": None}},
    )
    written = json.loads((tmp_path / "run.json").read_text())
    assert parse(["--config", str(tmp_path / "run.json")]) == config
    assert written["weights_sha256"] == "abc"
    assert list(written) == [
        "format", "config", "data", "base_model", "weights_sha256", "seeds", "export", "metrics",
        "files", "seal",
    ]  # fmt: skip


def test_versions_name_what_the_weights_depend_on():
    versions = receipt.versions()
    assert versions["python"].startswith("3.")
    assert {"torch", "transformers", "accelerate"} <= versions.keys()
