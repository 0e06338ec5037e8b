from dataclasses import replace

import pytest

from inference.core.json_record import from_json
from inference.evaluation.leaderboard import MccDifference
from inference.models.receipt import Receipt
from tests.boards import board, row
from tests.receipts import receipt_json
from training.report.card_results import results, verdict

RECEIPT = from_json(Receipt, receipt_json())
TABLE = board(
    row("torch", title="ours", mcc=0.6, difference=MccDifference(0.1, (0.02, 0.18), "better")),
    row("tfidf_lr", title="words", role="baseline", log_loss=None),
)


def test_the_verdict_is_the_first_thing_said():
    assert verdict(TABLE).startswith("**Better: ours beats the best free one, words, by 0.100 MCC")


def test_every_model_has_its_figures_with_intervals_in_two_tables():
    shown = results(RECEIPT, TABLE, ())
    assert "| ours | fine-tuned | 0.600 (0.580 to 0.620) |" in shown
    assert "+0.100 (+0.020 to +0.180) | better |" in shown
    (other,) = [line for line in shown.splitlines() if line.startswith("| words | 0.500")]
    assert " – | 0.500 (0.480 to 0.520) | 3 of 3 |" in other, "an undefined figure is a dash"


def test_labels_are_shown_for_the_judged_model_and_the_best_free_one():
    shown = results(RECEIPT, TABLE, ())
    header = "| label | in test | precision | recall | F1 | ROC AUC | PR AUC | F1 of words |"
    assert f"ours, label by label:\n\n{header}" in shown
    assert "| neutral | 110 | 0.500 (0.480 to 0.520) |" in shown


def test_only_plots_that_are_there_are_shown_each_with_a_text():
    shown = results(RECEIPT, TABLE, ("reliability", "unknown"))
    assert (
        "![Scores against the share that turned out right](results/plots/reliability.png)" in shown
    )
    assert shown.count("](results/plots/") == 1


@pytest.mark.parametrize("said", ["other/model was not compared: <gone>"])
def test_what_could_not_be_compared_is_named(said: str):
    shown = results(replace(RECEIPT, not_compared=(said,)), TABLE, ())
    assert "other/model was not compared: &lt;gone&gt;" in shown
