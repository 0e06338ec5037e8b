"""study.json: what was written is what is read, and what is derived from it."""

import csv
import json
from pathlib import Path

import pytest

from inference.core.errors import DataError
from inference.runs.study import (
    COMPLETE,
    FAILED,
    PRUNED,
    RUNNING,
    Gain,
    Study,
    Trial,
    copy_study,
    load_study,
    save_study,
)
from tests.studies import NEAR, study

STORED = Path(__file__).parents[2] / "stored" / "before_floors" / "study.json"


def test_what_was_saved_is_what_is_loaded(tmp_path: Path):
    save_study(study(), tmp_path)
    assert load_study(tmp_path / "study.json") == study()


def test_a_study_of_before_is_read_whole(tmp_path: Path):
    found = load_study(STORED)
    assert found == study() and found.trials[0].steps == {1: 0.3, 2: 0.5}
    save_study(found, tmp_path)
    assert (tmp_path / "study.json").read_bytes() == STORED.read_bytes()


def test_a_wrong_key_is_named_with_what_was_expected(tmp_path: Path):
    stored = json.loads(STORED.read_text("utf-8"))
    stored["trials"][2]["steps"] = {"first": 0.5}
    (tmp_path / "study.json").write_text(json.dumps(stored))
    said = "a name in trials.2.steps is 'first', expected a whole number; give its --output_dir$"
    with pytest.raises(DataError, match=f"study.json is no study of .*: {said}"):
        load_study(tmp_path / "study.json")


def test_the_best_is_the_first_of_the_highest_and_the_default_the_first():
    one = study()
    assert one.best.number == 3 and one.default.number == 0
    assert Study("empty", "mcc", 5, ()).best is None
    assert one.metric_name == "MCC" and study(metric="roc_auc").metric_name == "ROC AUC"
    assert (one.count(COMPLETE), one.count(PRUNED, FAILED), one.count(RUNNING)) == (4, 2, 1)


def test_within_one_standard_error_of_them_the_recipes_own_settings_are_chosen():
    assert study().chosen.number == 3
    assert study(validation=NEAR).chosen.number == 0
    assert study(validation=None).chosen.number == 3, "the recipe's own came to no end"
    older = Gain("mcc", 374, 0.60, 0.61, (-0.07, 0.09))
    assert study(validation=older).chosen.number == 3, "of which best.yaml has the best"


def test_the_table_has_a_row_a_trial_and_runs_no_formula(tmp_path: Path):
    (bad,) = [one for one in study().trials if one.state == FAILED]
    formula = Trial(**{**vars(bad), "error": "=1+1"})
    save_study(Study("s", "mcc", 2, (study().trials[0], formula)), tmp_path)
    rows = list(csv.DictReader((tmp_path / "trials.csv").open()))
    assert [row["state"] for row in rows] == [COMPLETE, FAILED]
    assert float(rows[0]["learning_rate"]) == 2e-4 and not rows[1]["error"].startswith("=")


def test_what_is_published_does_not_wait_for_what_was_gained_on_test(tmp_path: Path):
    save_study(study(), tmp_path)
    copy_study(tmp_path / "study.json", tmp_path / "run")
    found = load_study(tmp_path / "run" / "study.json")
    assert found.test is None and found.validation == study().validation


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 2}', '{"format": 1, "trials": 3}'])
def test_another_file_is_refused_by_name(tmp_path: Path, content: str):
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(DataError, match="is no study"):
        load_study(tmp_path / "study.json")
    with pytest.raises(DataError, match="missing.json does not exist; give its --output_dir"):
        load_study(tmp_path / "missing.json")


def test_a_gain_is_told_with_its_interval():
    gain = Gain("roc_auc", 1200, 0.8, 0.85, (0.01, 0.09))
    assert str(gain) == (
        "ROC AUC 0.800 with the recipe's own settings, 0.850 tuned: +0.050 (95 % interval +0.010 "
        "to +0.090), 1,200 examples"
    )
