"""Receipts and files of a run that were damaged: named, and no reason to stop at the first."""

import json
from pathlib import Path

import pytest

from hub.client import Hub
from inference.core.errors import ModelError
from tests.training.measured_run import TORCH_FIGURES, checks_of, deviations
from training.run.checks import OK
from training.run.run_folder import write_json


@pytest.mark.parametrize(
    "name, content, kind",
    [
        ("decision.json", "{", "decision"),
        ("decision.json", "[]", "decision"),
        ("results/targets.parquet", b"PAR1", "predictions"),
        ("results/metrics.json", "3", "metric"),
        ("results/metrics.json", '{"torch": [3]}', "metric"),
        ("results/leaderboard.json", '{"format": 1, "rows": 3}', "metric"),
        ("results/splits.json", "{", "split"),
        ("results/splits.json", '{"train": 3}', "split"),
        (TORCH_FIGURES, b"", "predictions"),
        ("results/golden.json", "{}", "golden"),
        ("config.json", "[1]", "config"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_deviation_and_the_other_checks_go_on(
    measured: Path, hub: Hub, name: str, content: bytes | str, kind: str
):
    (measured / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    checks = checks_of(measured, hub)
    found = deviations(checks)
    assert any(line.startswith(f"{kind}: ") for line in found), found
    assert checks[-1].kind == "golden", "it went on to the last"
    assert any(check.kind == "weights" and check.state == OK for check in checks)


def _set(run: Path, key: str, value: object) -> None:
    """Change a key of run.json; None takes it away."""
    told = content = json.loads((run / "run.json").read_text())
    *way, last = key.split(".")
    for name in way:
        content = content[int(name)] if isinstance(content, list) else content[name]
    content[last] = value
    if value is None:
        del content[last]
    told["seal"] = "0" * 64
    write_json(run / "run.json", told)


@pytest.mark.parametrize(
    "key, value, said",
    [
        ("data", {}, "data.sources is absent, expected a list"),
        ("data", 3, "data is 3, expected an object"),
        ("data.splits", {}, "data.splits.train is absent, expected an object"),
        ("data.splits.test.ids_sha256", None, "data.splits.test.ids_sha256 is absent"),
        ("data.sources", 3, "data.sources is 3, expected a list"),
        ("data.sources", [3], "data.sources.0 is 3, expected an object"),
        ("data.sources", [{"part": "train"}], "data.sources.0.name is absent, expected a text"),
        ("config", [1], r"config is \[1\], expected an object"),
        (
            "config.learning_rate",
            [1],
            r"its config: learning_rate is \[1\], expected float",
        ),
        ("config.train_file", 3, r"its config: train_file is 3, expected str \| None"),
        ("config.text_fields", "text", r"text_fields is 'text', expected tuple\[str, ...\]"),
        ("config.sede", 3, "its config: unknown key: sede"),
        ("files", [], r"files is \[\], expected an object"),
        ("export", [1], r"export is \[1\], expected an object"),
        ("metrics", "none", "metrics is 'none', expected an object"),
    ],
)
def test_a_damaged_receipt_is_refused_with_the_key_and_what_was_expected(
    measured: Path, hub: Hub, key: str, value: object, said: str
):
    _set(measured, key, value)
    with pytest.raises(ModelError, match=f"run.json is no receipt of a run: .*{said}") as caught:
        checks_of(measured, hub)
    assert "\n" not in str(caught.value)


def test_a_data_file_that_the_receipt_does_not_tell_of_is_a_deviation(measured, hub):
    _set(measured, "data.sources", [])
    found = deviations(checks_of(measured, hub))
    assert any("expected none, as run.json does not tell of it" in line for line in found), found
