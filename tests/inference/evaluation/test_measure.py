import numpy as np
import pytest

from inference.core.errors import DataError, TextError
from inference.data.problem_types import MULTI, SINGLE
from inference.data.records import Example
from inference.evaluation import verdict
from inference.evaluation.leaderboard import Measured
from inference.evaluation.measure import measure_model, targets_of
from inference.evaluation.predictions import Predictions
from inference.models.bundle import Bundle
from inference.models.classifier import load_classifier

LABELS = ("bad", "good")


def example(row: int, text: str, *labels: str) -> Example:
    return Example({"text": text}, labels, row)


class Keyword:
    """Knows good from bad by the word."""

    size_bytes = 7
    engine_name = "keywords"

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def score(self, texts):
        return np.array([[0.1, 0.9] if "good" in text else [0.8, 0.2] for text in texts], "f4")


def measured(scorer, examples) -> tuple[Measured, Predictions]:
    return measure_model(scorer, examples, name="one", title="One", role="fine-tuned")


def test_a_model_is_measured_on_examples_in_their_order():
    words = ["good one", "bad one", "good two", "poor", "so good", "not good"]
    seen: list[int] = []
    model, said = measure_model(
        Keyword(Bundle(LABELS, SINGLE)),
        [example(row, text, "good") for row, text in enumerate(words)],
        name="one",
        title="One",
        role="fine-tuned",
        on_progress=seen.append,
    )
    assert said.decided[:, 1].tolist() == ["good" in text for text in words]
    assert (said.scores.dtype, said.scores.shape) == (np.float32, (6, 2))
    assert (model.size_bytes, model.engine) == (7, "keywords")
    assert 0 < model.latency_p50_ms <= model.latency_p95_ms
    assert sum(seen) == len(words)


def test_multilabel_examples_may_have_no_label():
    examples = [example(1, "good", "good"), example(2, "poor"), example(3, "x", "bad", "good")]
    found = targets_of(examples, LABELS, MULTI)
    assert found.matrix.tolist() == [[0, 1], [0, 0], [1, 1]]


@pytest.mark.parametrize(
    ("problem_type", "examples", "message"),
    [
        (SINGLE, [], "no example"),
        (
            SINGLE,
            [example(4, "x", "ugly")],
            r"row 4 has the labels \['ugly'\]; expected one of bad",
        ),
        (SINGLE, [example(4, "x")], r"row 4 has the labels \[\]"),
        (SINGLE, [example(4, "x", "bad", "good")], "expected one of"),
        (MULTI, [example(4, "x", "ugly")], "expected any of bad, good"),
    ],
)
def test_examples_that_cannot_be_measured_on_are_refused(problem_type, examples, message):
    with pytest.raises(DataError, match=message):
        targets_of(examples, LABELS, problem_type)


def test_a_missing_text_field_is_named():
    scorer = Keyword(Bundle(LABELS, SINGLE, ("title",)))
    with pytest.raises(TextError, match="title is missing from text"):
        measured(scorer, [example(1, "x", "bad")])


def test_the_tiny_model_is_measured_and_judged_end_to_end(onnx_model):
    model = load_classifier(onnx_model)
    labels = model.bundle.labels
    examples = [example(i, f"good {i}", label) for i, label in enumerate(labels * 3)]
    targets = targets_of(examples, labels, model.bundle.problem_type)
    row = verdict.judge([measured(model, examples)], targets, "0" * 64, resamples=20).rows[0]
    auc = row.figures["roc_auc"]
    assert auc is not None and 0 <= auc <= 1
