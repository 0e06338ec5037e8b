"""Figures made again from stored predictions: what is missing or does not fit is said."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from hub.client import Hub, connect
from inference.evaluation import predictions
from inference.evaluation.predictions import Predictions
from inference.models.classifier import TORCH
from inference.models.receipt import load_receipt
from tests.training.measured_run import make_measured_run
from tests.training.toy import write_toy_csv
from training.run.checks import DEVIATES, OK, UNCHECKED
from training.run.recomputed import LEADERBOARD, METRICS, checks, targets_check


@pytest.fixture(scope="module")
def made(tmp_path_factory, hub_server) -> Path:
    folder = tmp_path_factory.mktemp("recomputed")
    hub: Hub = connect(hub_server.endpoint, hub_server.token, folder / "cache")
    return make_measured_run(folder / "run", write_toy_csv(folder / "toy.csv", 60), hub)


@pytest.fixture
def run(made, tmp_path) -> Path:
    return shutil.copytree(made, tmp_path / "run")


def _found(run: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {OK: [], DEVIATES: [], UNCHECKED: []}
    for check in checks(run, load_receipt(run)):
        found[check.state].append(f"{check.kind}: {check.said}")
    return found


def test_every_figure_and_the_verdict_table_come_out_again(run):
    found = _found(run)
    assert not found[DEVIATES] + found[UNCHECKED], found
    assert f"metric: {METRICS}: {TORCH}" in found[OK]
    assert f"metric: {LEADERBOARD}" in found[OK]


@pytest.mark.parametrize(
    "gone, said",
    [
        (METRICS, f"{METRICS} is not there"),
        (LEADERBOARD, f"{LEADERBOARD} is not there"),
        (str(predictions.TARGETS), "targets.parquet is not there to measure against"),
        (str(predictions.FOLDER / "majority.parquet"), "majority: its predictions are not stored"),
    ],
)
def test_what_is_not_there_is_not_passed(run, gone, said):
    (run / gone).unlink()
    found = _found(run)
    assert not found[DEVIATES]
    assert any(said in line for line in found[UNCHECKED]), found


def test_predictions_of_other_rows_or_none_that_can_be_read_are_named(run):
    path = run / predictions.FOLDER / "majority.parquet"
    said = predictions.load(path)
    predictions.save(Predictions(said.labels, said.scores[1:], said.decided[1:]), path)
    assert any("majority has 5 rows, expected 6" in line for line in _found(run)[DEVIATES])
    predictions.save(Predictions(("a", "b", "c"), said.scores, said.decided), path)
    assert any("majority has the labels a, b, c" in line for line in _found(run)[DEVIATES])
    path.write_bytes(b"no parquet")
    assert any("is no parquet file" in line for line in _found(run)[DEVIATES])


def test_a_model_without_stored_figures_is_said(run):
    shutil.copyfile(
        run / predictions.FOLDER / "majority.parquet", run / predictions.FOLDER / "extra.parquet"
    )
    assert f"metric: {METRICS} does not speak of extra" in _found(run)[UNCHECKED]


def test_the_stored_truth_is_that_of_the_test_part(run):
    truth = predictions.load_targets(run / predictions.TARGETS).matrix.astype(bool)
    assert [check.state for check in targets_check(run, truth)] == [OK]
    assert [check.state for check in targets_check(run, np.roll(truth, 1, axis=1))] == [DEVIATES]
    assert [check.state for check in targets_check(run, truth[1:])] == [DEVIATES]
