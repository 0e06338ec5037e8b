from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef

from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation import verdict
from inference.evaluation.leaderboard import (
    BETTER,
    CANNOT_TELL,
    FINE_TUNED,
    WORSE,
    Leaderboard,
    Measured,
)
from inference.evaluation.metrics import summarise
from inference.evaluation.predictions import Predictions, Targets

LABELS = ("no", "yes")


def model(name: str, role: str = "fine-tuned") -> Measured:
    return Measured(name, name.title(), role, f"demo/{name}", "", "torch", 10, 1.0, 2.0)


def said(chosen: np.ndarray, labels: tuple[str, ...] = LABELS) -> Predictions:
    """A single-label model that is sure of the class numbers it chose."""
    table = np.eye(len(labels), dtype=bool)[chosen]
    return Predictions(labels, table.astype(np.float32), table)


def binary(truth: np.ndarray) -> Targets:
    return Targets(LABELS, SINGLE, np.eye(2, dtype=np.int8)[truth])


def judge(targets: Targets, resamples: int = 400, **models: Predictions) -> Leaderboard:
    """A table of models; those whose name begins with free are baselines."""
    rows = [
        (model(name, "baseline" if name.startswith("free") else "fine-tuned"), answers)
        for name, answers in models.items()
    ]
    return verdict.judge(rows, targets, "0" * 64, resamples=resamples)


def flipped(truth: np.ndarray, share: float, seed: int) -> np.ndarray:
    """The truth with a share of the answers turned round."""
    return truth ^ (np.random.default_rng(seed).random(len(truth)) < share)


TRUTH = (np.random.default_rng(0).random(500) < 0.36).astype(int)


@pytest.mark.slow
def test_at_most_one_in_twenty_of_400_random_dummy_models_is_called_better_than_the_majority():
    rng = np.random.default_rng(1)
    dummy_models = {f"guess{n}": said((rng.random(500) < 0.36).astype(int)) for n in range(400)}
    board = judge(binary(TRUTH), 200, free_majority=said(np.zeros(500, int)), **dummy_models)
    verdicts = [row.difference.verdict for row in board.rows if row.difference]
    assert len(verdicts) == 400
    assert verdicts.count(BETTER) <= 20, verdicts.count(BETTER)


def test_equal_predictions_differ_by_exactly_nothing_and_nobody_can_tell():
    answers = said(flipped(TRUTH, 0.1, 2))
    found = judge(binary(TRUTH), free_one=answers, ours=answers).rows[1].difference
    assert found is not None
    assert (found.mcc, found.interval, found.verdict) == (0.0, (0.0, 0.0), CANNOT_TELL)


@pytest.mark.parametrize(
    ("ours", "free", "expected"),
    [(0.05, 0.3, BETTER), (0.3, 0.05, WORSE), (0.2, 0.2, CANNOT_TELL)],
)
def test_the_verdict_follows_the_errors(ours: float, free: float, expected: str):
    board = judge(
        binary(TRUTH), free_one=said(flipped(TRUTH, free, 3)), ours=said(flipped(TRUTH, ours, 4))
    )
    found = board.rows[1].difference
    assert found is not None and found.verdict == expected, found
    assert board.rows[0].difference is None, "a baseline is not judged"


def test_the_best_free_baseline_by_mcc_is_the_one_to_beat():
    board = judge(
        binary(TRUTH),
        free_poor=said(flipped(TRUTH, 0.4, 5)),
        free_good=said(flipped(TRUTH, 0.1, 6)),
        ours=said(flipped(TRUTH, 0.2, 7)),
    )
    assert board.best_free == "free_good"
    mcc = {row.model.name: row.figures["mcc"] for row in board.rows}
    found = board.rows[2].difference
    assert found is not None and found.mcc == mcc["ours"] - mcc["free_good"]


def test_the_int8_copy_is_held_against_its_original_though_another_is_to_be_beaten():
    models = {
        "onnx_int8": said(flipped(TRUTH, 0.12, 2)),
        "onnx_fp32": said(flipped(TRUTH, 0.1, 2)),
        "free": said(flipped(TRUTH, 0.3, 3)),
    }
    rows = [
        (
            replace(
                model(name, "baseline" if name == "free" else FINE_TUNED),
                engine=name,
                repo_id="demo/ours",
            ),
            one,
        )
        for name, one in models.items()
    ]
    board = verdict.judge(rows, binary(TRUTH), "0" * 64, resamples=400)
    int8, float32, _ = (
        matthews_corrcoef(TRUTH, one.decided.argmax(axis=1)) for one in models.values()
    )
    assert board.int8 is not None and board.int8.interval is not None
    assert board.int8.mcc == pytest.approx(int8 - float32, abs=1e-12) and board.int8.mcc < 0
    assert board.int8.interval[0] <= board.int8.mcc <= board.int8.interval[1]
    assert judge(binary(TRUTH), ours=models["onnx_int8"]).int8 is None
    # the weights of a model that counts words, without these, are float32 too
    plain = (replace(rows[1][0], name="plain"), said(flipped(TRUTH, 0.4, 4)))
    again = verdict.judge([*rows, plain], binary(TRUTH), "0" * 64, resamples=400)
    assert again.int8 is not None and again.int8.mcc == board.int8.mcc
    rows[1] = (replace(rows[1][0], repo_id="demo/another"), rows[1][1])
    assert verdict.judge(rows, binary(TRUTH), "0" * 64, resamples=400).int8 is None


def test_without_a_free_baseline_there_is_no_verdict():
    board = judge(binary(TRUTH), ours=said(TRUTH))
    assert (board.best_free, board.rows[0].difference) == (None, None)


def test_every_figure_is_that_of_the_stored_answers_and_lies_in_its_interval():
    rng = np.random.default_rng(8)
    truth = (rng.random((300, 3)) < (0.1, 0.3, 0.5)).astype(np.int8)
    scores = np.clip(truth * 0.4 + rng.random(truth.shape) * 0.6, 0, 1).astype(np.float32)
    answers = Predictions(("a", "b", "c"), scores, scores >= 0.5)
    row = judge(Targets(("a", "b", "c"), MULTI, truth), ours=answers).rows[0]
    expected = summarise(truth, scores, scores >= 0.5)
    for name, value in row.figures.items():
        assert value == pytest.approx(getattr(expected, name), abs=1e-12), name
        interval = row.intervals[name]
        assert interval is not None, name
        if name != "ece":  # resampling adds noise to it, so its interval lies a little higher
            assert interval[0] <= value <= interval[1], (name, value, interval)
    assert [len(values) for values in row.by_label_intervals.values()] == [3] * 6


def test_an_interval_narrows_with_the_number_of_examples():
    widths = []
    for repeat in (1, 16):
        truth = np.tile(TRUTH, repeat)
        row = judge(binary(truth), ours=said(flipped(truth, 0.2, 9))).rows[0]
        low, high = row.intervals["mcc"] or (0, 0)
        widths.append(high - low)
    assert widths[1] == pytest.approx(widths[0] / 4, rel=0.25), widths


def test_a_label_that_two_examples_have_gets_no_interval():
    truth = np.zeros((200, 2), np.int8)
    truth[:2, 0], truth[::2, 1] = 1, 1
    scores = np.random.default_rng(10).random((200, 2)).astype(np.float32)
    answers = Predictions(("rare", "common"), scores, scores > 0.5)
    row = judge(Targets(("rare", "common"), MULTI, truth), ours=answers).rows[0]
    rare, common = row.by_label_intervals["roc_auc_by_label"]
    assert rare is None
    assert common is not None


def test_a_label_unknown_to_the_free_baseline_takes_no_part_in_the_difference():
    rng = np.random.default_rng(11)
    truth = (rng.random((400, 2)) < 0.3).astype(np.int8)
    ours = truth.astype(np.float32)
    ours[:, 0] = 1 - ours[:, 0]  # all wrong where the baseline has no answer
    theirs = truth.astype(np.float32)
    theirs[:, 0] = np.nan
    answers = [Predictions(("a", "b"), table, table > 0.5) for table in (theirs, ours)]
    board = judge(Targets(("a", "b"), MULTI, truth), free_one=answers[0], ours=answers[1])
    assert board.rows[0].labels_known == 1
    found = board.rows[1].difference
    assert found is not None and found.mcc == 0, "both are right about the label that both know"


def test_the_same_answers_give_the_same_table():
    answers = said(flipped(TRUTH, 0.2, 12))
    first, second = (judge(binary(TRUTH), ours=answers) for _ in range(2))
    assert first == second


def test_a_single_example_proves_nothing():
    row = judge(binary(np.array([1])), ours=said(np.array([1])), free_one=said(np.array([0]))).rows[
        0
    ]
    assert row.figures["accuracy"] == 1
    assert set(row.intervals.values()) == {None}
