"""One trial: the ladder of parts of the texts, and what stops on it."""

import pytest

from inference.runs.study import COMPLETE
from tests.tiny import make_tiny_model
from tests.training.toy import WHERE, toy_config, write_toy_csv
from training.settings.tune_config import TuneConfig
from training.tuning import search, trials
from training.tuning.trials import rungs

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("texts", "expected"),
    [(120, ()), (1499, ()), (1500, (500,)), (3257, (1085,)), (9000, (1000, 3000))],
)
def test_a_part_of_the_texts_is_tried_only_where_it_is_enough_to_learn_from(texts, expected):
    assert rungs(texts) == expected


def test_a_trial_climbs_from_a_part_of_the_texts_to_all(tmp_path, monkeypatch):
    monkeypatch.setattr(trials, "FEWEST_TEXTS", 20)
    space = {"learning_rate": "1e-4 .. 1e-2 log", "num_train_epochs": "2 | 3"}
    config = toy_config(
        train_file=str(write_toy_csv(tmp_path / "toy.csv", 150)),
        model_name_or_path=str(make_tiny_model(tmp_path / "base", labels=None)),
        output_dir=str(tmp_path / "found"),
        search_space=space,
        baselines=(),
    )
    study = search.run(TuneConfig(n_trials=3), config, WHERE)
    for one in study.trials:
        epochs = int(one.values["num_train_epochs"])
        assert one.state != COMPLETE or list(one.steps) == list(range(1, epochs + 2)), one
        assert one.state == COMPLETE or 1 in one.steps, one
    assert study.default.state == COMPLETE
    assert not list((tmp_path / "found" / "trials").glob("*-of-*"))
