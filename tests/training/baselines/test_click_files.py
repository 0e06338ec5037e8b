"""The verdict on real files from which words alone teach nothing."""

from pathlib import Path

import pytest

from inference.data.problem_types import SINGLE
from inference.data.records import read
from inference.evaluation.leaderboard import BETTER, FINE_TUNED
from inference.evaluation.measure import measure_model, targets_of
from inference.evaluation.verdict import judge
from inference.models.bundle import Bundle
from training.baselines.baselines import fit
from training.settings.config import parse_train_config

CLICK = Path(__file__).parents[4] / "shared" / "data" / "click"


@pytest.mark.slow
@pytest.mark.skipif(not CLICK.is_dir(), reason=f"{CLICK} with the real files is not there")
def test_no_baseline_of_the_click_files_is_called_better():
    # what the words alone teach is worth nothing on these files: ROC-AUC .49 on the test file
    flags = ["--config", "training/recipes/click.yaml", "--match_fields", "{}"]
    files = ["--train_file", str(CLICK / "train.txt"), "--test_file", str(CLICK / "test.txt")]
    config = parse_train_config([*flags, *files])
    known = read(Path(str(config.data.train_file)), config.data.schema())
    train = known.examples
    test = read(Path(str(config.data.test_file)), config.data.schema()).examples
    bundle = Bundle(
        known.labels, SINGLE, config.data.text_fields, json_fields=config.data.json_fields
    )
    # what a dummy model is called by chance is counted over 400 of them in test_verdict.py
    fitted = fit(train, bundle, seed=42, validation=train[:100])
    measured = [
        measure_model(
            one.scorer,
            test,
            name=one.name,
            title=one.title,
            role="baseline" if one.name == "majority" else FINE_TUNED,
        )
        for one in fitted
    ]
    board = judge(measured, targets_of(test, bundle.labels, SINGLE), "")
    verdicts = {row.model.name: row.difference.verdict for row in board.rows if row.difference}
    assert set(verdicts) == {"prior", "tfidf_lr", "tfidf_nb"}, verdicts
    assert BETTER not in verdicts.values(), verdicts
    aucs = {row.model.name: row.figures["roc_auc"] for row in board.rows}
    assert max(aucs["tfidf_lr"], aucs["tfidf_nb"]) < 0.52, aucs  # no better than a dummy model
