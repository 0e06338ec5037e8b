from pathlib import Path

import numpy as np
import pytest

from inference.core.errors import DataError
from inference.data.problem_types import MULTI, SINGLE
from inference.evaluation import predictions
from inference.evaluation.predictions import Predictions, Targets

SCORES = np.random.default_rng(0).random((40, 2)).astype(np.float32)
SAID = Predictions(("=a", "no: b"), SCORES, SCORES > 0.5)


def test_what_a_model_said_is_read_back_bit_for_bit(tmp_path: Path):
    predictions.save(SAID, tmp_path / "deep" / "model.parquet")
    found = predictions.load(tmp_path / "deep" / "model.parquet")
    assert found.labels == SAID.labels
    np.testing.assert_array_equal(found.scores, SAID.scores)
    np.testing.assert_array_equal(found.decided, SAID.decided)


def test_a_label_that_the_model_lacks_stays_unknown(tmp_path: Path):
    scores = SCORES.copy()
    scores[:, 1] = np.nan
    predictions.save(Predictions(SAID.labels, scores, scores > 0.5), tmp_path / "p.parquet")
    assert np.isnan(predictions.load(tmp_path / "p.parquet").scores[:, 1]).all()


def test_equal_answers_give_equal_bytes(tmp_path: Path):
    for name in ("one", "two"):
        predictions.save(SAID, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
def test_the_truth_is_read_back_in_the_form_that_metrics_want(tmp_path: Path, problem_type: str):
    matrix = np.array([[1, 0], [0, 1], [0, 1]], np.int8)
    predictions.save_targets(Targets(("a", "b"), problem_type, matrix), tmp_path / "t.parquet")
    found = predictions.load_targets(tmp_path / "t.parquet")
    expected = [0, 1, 1] if problem_type == SINGLE else matrix.tolist()
    assert found.values.tolist() == expected


def test_a_file_that_is_not_ours_is_refused(tmp_path: Path):
    path = tmp_path / "p.parquet"
    with pytest.raises(DataError, match="does not exist"):
        predictions.load(path)
    path.write_bytes(b"text,score\n")
    with pytest.raises(DataError, match="no parquet file"):
        predictions.load(path)
    predictions.save_targets(Targets(("a",), MULTI, np.ones((2, 1), np.int8)), path)
    with pytest.raises(DataError, match="expected score: and decided: columns"):
        predictions.load(path)
    predictions.save(SAID, path)
    with pytest.raises(DataError, match="does not say its problem type"):
        predictions.load_targets(path)
