"""A finished run, then the same with one thing changed: each is found and named."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hub.client import Hub
from inference.core.errors import ConfigError, ModelError, run_command
from inference.data.problem_types import MULTI
from inference.evaluation import predictions
from inference.models.classifier import TORCH
from inference.runs.data_report import Suspect
from tests.training.measured_run import TORCH_FIGURES, checks_of, deviations, make_measured_run
from tests.training.toy import toy_examples, write_toy_csv
from training.data import data
from training.data.left_out import read_suspects, write_suspects
from training.publishing.classifier_files import ALLOWED
from training.run import receipt
from training.run.checks import DEVIATES, OK, UNCHECKED
from training.run.run_folder import write_json
from training.verify import main


def test_a_fresh_run_holds_in_every_kind_also_under_another_name_of_its_data(measured, hub):
    checks = checks_of(measured, hub)
    assert {check.state for check in checks} == {OK}, "\n".join(map(str, checks))
    assert {check.kind for check in checks} == {
        "receipt", "data", "split", "weights", "tokenizer", "config", "decision", "predictions",
        "metric", "golden",
    }  # fmt: skip


def test_a_run_of_several_labels_a_text_holds_too(tmp_path, hub):
    file = tmp_path / "tags.csv"
    tags = ("a|b", "b", "c", "a|c")
    rows = [f"{one.fields['text']},{tags[n % 4]}" for n, one in enumerate(toy_examples(80))]
    file.write_text("text,label\n" + "\n".join(rows) + "\n")
    run = make_measured_run(tmp_path / "run", file, hub, MULTI)
    checks = checks_of(run, hub, files={})
    assert {check.state for check in checks} == {OK}, "\n".join(map(str, checks))


def test_rows_that_were_left_out_are_held_against_their_list(tmp_path, hub):
    file = write_toy_csv(tmp_path / "toy.csv", 80)
    run = make_measured_run(tmp_path / "run", file, hub, left_out=3)
    checks = checks_of(run, hub, files={})
    assert {check.state for check in checks} == {OK}, "\n".join(map(str, checks))
    write_suspects(run, read_suspects(run)[:2])
    changed = " ".join(deviations(checks_of(run, hub, files={})))
    assert "split: results/suspects.csv: sha256" in changed and "run.json: splits" in changed
    write_suspects(run, [Suspect(receipt.read_split_ids(run)["test"][0], (), (), 0.1)])
    assert "cannot be left out" in " ".join(deviations(checks_of(run, hub, files={})))


def _data_byte(run: Path) -> None:
    _flip(run.parent / "tweets.csv", 300)


def _flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(bytes(content))


def _split_id(run: Path) -> None:
    ids = {part: list(rows) for part, rows in receipt.read_split_ids(run).items()}
    ids["train"].append(ids["test"].pop())
    receipt.write_split_ids(run, ids)


def _metric(run: Path) -> None:
    path = run / "results" / "metrics.json"
    stored = json.loads(path.read_text())
    stored[TORCH]["mcc"] += 1e-9
    path.write_text(json.dumps(stored))


def _receipt_metric(run: Path) -> None:
    stored = json.loads((run / "run.json").read_text())
    stored["metrics"][TORCH]["f1"][0] += 1e-9
    write_json(run / "run.json", stored)


def _verdict(run: Path) -> None:
    path = run / "results" / "leaderboard.json"
    stored = json.loads(path.read_text())
    stored["rows"][0]["intervals"]["mcc"][0] += 0.01
    path.write_text(json.dumps(stored))


def _weight(run: Path) -> None:
    _flip(run / "model.safetensors", -5)


def _threshold(run: Path) -> None:
    path = run / "decision.json"
    path.write_text(path.read_text().replace('"temperature": 1.0', '"temperature": 1.5'))


def _prediction(run: Path) -> None:
    said = predictions.load(run / TORCH_FIGURES)
    predictions.save(
        predictions.Predictions(said.labels, said.scores, np.roll(said.decided, 1, axis=1)),
        run / TORCH_FIGURES,
    )


def _setting(run: Path) -> None:
    path = run / "run.json"
    path.write_text(path.read_text().replace('"num_train_epochs": 2', '"num_train_epochs": 3'))


def _tokenizer(run: Path) -> None:
    (run / "tokenizer.json").unlink()


@pytest.mark.parametrize(
    "change, named",
    [
        (_data_byte, {"data: ": r"tweets.csv: sha256 is"}),
        (_split_id, {"split: ": "results/splits.json: train: sha256 of the ids is"}),
        (_metric, {"metric: ": "results/metrics.json: torch: mcc is"}),
        (_receipt_metric, {"metric: ": "run.json: metrics: torch: f1.0 is", "receipt: ": "seal"}),
        (_verdict, {"metric: ": "results/leaderboard.json: rows.0.intervals.mcc.0 is"}),
        (_weight, {"weights: ": "model.safetensors: sha256 is"}),
        (_threshold, {"decision: ": "decision.json: sha256 is"}),
        (_prediction, {"predictions: ": TORCH_FIGURES, "decision: ": "rows are not decided"}),
        (_setting, {"receipt: ": "run.json was edited"}),
        (_tokenizer, {"tokenizer: ": "tokenizer.json is missing"}),
    ],
)
def test_one_change_is_found_and_named(
    measured: Path, hub: Hub, change: Callable[[Path], None], named: dict[str, str]
):
    change(measured)
    found = deviations(checks_of(measured, hub))
    assert found
    for kind, said in named.items():
        assert any(line.startswith(kind) and said in line for line in found), found


def test_a_change_of_the_data_is_not_blamed_on_the_parts(measured, hub):
    _data_byte(measured)
    kinds = {check.kind for check in checks_of(measured, hub) if check.state == DEVIATES}
    assert kinds == {"data"}


def test_a_moved_id_is_named_though_run_json_was_changed_with_it(measured, hub):
    _split_id(measured)
    told = json.loads((measured / "run.json").read_text())
    ids = receipt.read_split_ids(measured)
    for part, content in told["data"]["splits"].items():
        content["ids_sha256"] = data.ids_hash(ids[part])
    told["files"] = receipt.files(measured)
    told["seal"] = receipt.seal(told)
    write_json(measured / "run.json", told)
    found = deviations(checks_of(measured, hub))
    assert any("split: run.json: splits: train.ids_sha256" in line for line in found), found
    assert any("split: results/splits.json: test.length is" in line for line in found), found


def test_data_that_is_not_there_is_said_and_nothing_of_it_passes(measured, hub):
    (measured.parent / "tweets.csv").unlink()
    checks = checks_of(measured, hub)
    assert not deviations(checks)
    unchecked = {check.kind: check.said for check in checks if check.state == UNCHECKED}
    assert unchecked.keys() == {"data", "split"}
    assert "say with --train_file where it lies" in unchecked["data"]
    assert not [check for check in checks if check.kind == "data" and check.state == OK]


def test_a_file_that_the_run_did_not_have_is_refused(measured, hub):
    with pytest.raises(ConfigError, match="--test_file is given, but .* no such file"):
        checks_of(measured, hub, files={"test_file": str(measured.parent / "tweets.csv")})


def test_a_folder_without_a_receipt_is_refused(tmp_path, hub):
    write_json(tmp_path / "run.json", {"learning_rate": 1})
    with pytest.raises(ModelError, match="is no receipt of a run"):
        checks_of(tmp_path, hub, files={})


def test_a_repo_is_held_against_what_may_be_published(
    measured, hub, monkeypatch, capsys, hub_server
):
    told = json.loads((measured / "run.json").read_text())
    told["config"]["train_file"] = "toy.csv"  # as it is published; the seal holds all the same
    write_json(measured / "run.json", told)
    hub.publish(measured, "demo/verified", message="A run", allow_patterns=ALLOWED)
    monkeypatch.setenv("HF_ENDPOINT", hub_server.endpoint)
    assert _command(monkeypatch, "demo/verified", "--revision", "main") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("demo/verified at ")
    assert "ok           receipt" in shown
    assert "ok           weights      model.safetensors" in shown
    assert "not checked  data         toy.csv is not there" in shown


def _command(monkeypatch: pytest.MonkeyPatch, *flags: str) -> int:
    monkeypatch.setattr(sys, "argv", ["verify.py", *flags])
    try:
        run_command(main)
    except SystemExit as ended:
        return int(str(ended.code))
    return 0


def test_the_command_ends_with_1_and_a_line_for_each_deviation(measured, monkeypatch, capsys):
    flags = (str(measured), "--train_file", str(measured.parent / "tweets.csv"))
    assert _command(monkeypatch, *flags) == 0
    assert capsys.readouterr().out.endswith("checks hold, 0 could not be made\n")
    _threshold(measured)
    assert _command(monkeypatch, *flags) == 1
    shown = capsys.readouterr()
    lines = [line for line in shown.out.splitlines() if line.startswith(DEVIATES)]
    assert any("decision.json: sha256" in line for line in lines), shown.out
    assert shown.err.count("\n") == 1
    assert f"{len(lines)} deviations, named above" in shown.err


def test_after_a_file_that_cannot_be_read_the_command_sums_up(measured, monkeypatch, capsys):
    (measured / "results" / "splits.json").write_text("{")
    (measured / "results" / "metrics.json").write_text("{")
    assert (
        _command(monkeypatch, str(measured), "--train_file", str(measured.parent / "tweets.csv"))
        == 1
    )
    shown = capsys.readouterr()
    assert "splits.json is not valid JSON" in shown.out
    assert "metrics.json is not valid JSON" in shown.out
    assert shown.err.count("\n") == 1 and "checks hold" in shown.err


def test_a_folder_that_holds_no_run_is_refused(tmp_path, monkeypatch, capsys):
    assert _command(monkeypatch, str(tmp_path)) == 1
    assert "holds no run.json; give the output_dir of a run" in capsys.readouterr().err
