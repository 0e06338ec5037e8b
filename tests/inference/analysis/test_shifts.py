from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.analysis import analysis
from inference.analysis.analysis import Rows, TrainedOn
from inference.analysis.shifts import TEST, TRAINING, shifts
from inference.evaluation import vocabulary
from inference.evaluation.predictions import Predictions
from tests.scored_files import write_scored


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return analysis.read(write_scored(tmp_path / "f.parquet", rows=300), None)


def like(rows: Rows) -> tuple[TrainedOn, Predictions]:
    """Training and test set that are just what the file is."""
    counts = dict(zip(rows.labels, rows.truth.sum(axis=0).tolist(), strict=True))
    trained = TrainedOn(len(rows.texts), counts, rows.words)
    return trained, Predictions(rows.labels, rows.scores, rows.decided)


def test_everything_that_can_be_compared_is(rows: Rows):
    found = shifts(rows, *like(rows))
    assert [(one.what, one.against) for one in found] == [
        ("Words in a text", TRAINING),
        ("True labels", TRAINING),
        ("Decided labels", TEST),
        ("Strongest score", TEST),
    ]
    assert not any(one.drift.is_more_than_chance for one in found)


def test_what_has_moved_is_found(rows: Rows):
    trained, tested = like(rows)
    longer = vocabulary.count(f"{text} and very much more {text}" for text in rows.texts)
    unsure = Predictions(rows.labels, (tested.scores + 0.5) / 2.5, tested.decided)
    swapped = replace(unsure, decided=np.roll(tested.decided, 1, axis=1) & (tested.decided[:, :1]))
    found = shifts(rows, replace(trained, words=longer), swapped)
    moved = {one.what: one.drift.is_more_than_chance for one in found}
    assert moved == {
        "Words in a text": True,
        "True labels": False,
        "Decided labels": True,
        "Strongest score": True,
    }


def test_nothing_known_means_nothing_said(rows: Rows):
    assert shifts(rows, None, None) == ()
    unlabelled = replace(rows, is_labelled=np.zeros(len(rows.texts), bool))
    trained, _ = like(rows)
    assert [one.what for one in shifts(unlabelled, trained, None)] == ["Words in a text"]
    assert [one.what for one in shifts(rows, replace(trained, words=None), None)] == ["True labels"]


def test_sets_of_labels_are_told_apart_and_rare_ones_put_together():
    from inference.analysis.shifts import _label_sets

    both, one = [True, True], [True, False]
    found = _label_sets(np.array([both, one, one]), np.array([both, [False, False]]))
    assert sorted(zip(*found, strict=True)) == [(0, 0), (0, 1), (1, 1), (2, 0)]
    many = (np.arange(40)[:, None] >> np.arange(6) & 1).astype(bool)
    assert [len(side) for side in _label_sets(many, many[:1])] == [21, 21]
