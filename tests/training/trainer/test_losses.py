"""The losses: the model's own where nothing is asked for, and the formulas of the others."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from inference.data.problem_types import MULTI, SINGLE
from tests.training.toy import toy_config
from training.trainer import losses

MATRIX = np.repeat(np.eye(3, dtype=bool), (60, 30, 10), axis=0)
LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.0], [-3.0, 1.0, 0.0]])  # (3, C)
CLASSES = torch.tensor([0, 1, 2])
SEVERAL = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])


def _loss(problem: str, logits: torch.Tensor, targets: torch.Tensor, **changes) -> float:
    return float(losses.make(toy_config(**changes).trainer, MATRIX, problem)(logits, targets))


@pytest.mark.parametrize(("problem", "targets"), [(SINGLE, CLASSES), (MULTI, SEVERAL)])
def test_the_default_is_the_loss_of_the_model_itself_to_the_last_bit(tiny_model, problem, targets):
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model, problem_type=problem)
    inputs = {"input_ids": torch.arange(12).reshape(3, 4) + 5}

    def gradients(ours: bool) -> list[torch.Tensor]:
        model.zero_grad()
        if ours:
            loss = losses.make(toy_config().trainer, MATRIX, problem)(
                model(**inputs).logits, targets
            )
        else:
            loss = model(**inputs, labels=targets).loss
        loss.backward()
        return [loss.detach()] + [p.grad.clone() for p in model.parameters()]

    model.eval()
    assert all(map(torch.equal, gradients(True), gradients(False)))


def test_class_weights_multiply_each_example_and_the_mean_is_over_examples():
    each = torch.nn.functional.cross_entropy(LOGITS, CLASSES, reduction="none")
    weights = 100 / (3 * torch.tensor([60.0, 30.0, 10.0]))
    assert _loss(SINGLE, LOGITS, CLASSES, class_weights="balanced") == pytest.approx(
        float((weights * each).mean())
    )


def test_positive_weights_are_those_of_torch():
    ratios = torch.tensor([40 / 60, 70 / 30, 90 / 10])
    for kind, weights in (("balanced", ratios), ("sqrt", ratios.sqrt())):
        expected = torch.nn.BCEWithLogitsLoss(pos_weight=weights)(LOGITS, SEVERAL)
        seen = _loss(MULTI, LOGITS, SEVERAL, class_weights=kind)
        assert seen == pytest.approx(float(expected))


def test_focal_loss_is_the_formula_of_its_paper():
    p = LOGITS.softmax(dim=1)[range(3), CLASSES]
    assert _loss(SINGLE, LOGITS, CLASSES, loss="focal") == pytest.approx(
        float((-((1 - p) ** 2) * p.log()).mean())
    )
    p = torch.where(SEVERAL > 0, LOGITS.sigmoid(), 1 - LOGITS.sigmoid())
    assert _loss(MULTI, LOGITS, SEVERAL, loss="focal") == pytest.approx(
        float((-((1 - p) ** 2) * p.log()).mean())
    )


@pytest.mark.parametrize(("problem", "targets"), [(SINGLE, CLASSES), (MULTI, SEVERAL)])
def test_focal_loss_has_gradients_where_the_model_is_certain(problem, targets):
    logits = (LOGITS * 1000).requires_grad_()
    losses.make(toy_config(loss="focal").trainer, MATRIX, problem)(logits, targets).backward()
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("kind", ["none", "balanced", "sqrt"])
@pytest.mark.parametrize("loss", ["cross_entropy", "focal"])
@pytest.mark.parametrize(("problem", "targets"), [(SINGLE, CLASSES), (MULTI, SEVERAL)])
def test_the_parts_of_a_batch_have_the_loss_of_the_whole(problem, targets, loss, kind):
    def of(rows: slice) -> float:
        return _loss(problem, LOGITS[rows], targets[rows], loss=loss, class_weights=kind)

    whole = of(slice(0, 3))
    assert whole == pytest.approx((of(slice(0, 2)) * 2 + of(slice(2, 3))) / 3, rel=1e-5)
