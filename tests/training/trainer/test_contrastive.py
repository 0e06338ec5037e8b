"""The contrastive loss: its formula, what counts as alike, and what it does to a training."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import AutoModelForSequenceClassification

from inference.data.problem_types import SINGLE
from tests.training.fitting import LABELS, fit_job, make_job
from tests.training.toy import toy_config, toy_examples
from training.data.batches import encode_examples
from training.data.splits import label_matrix
from training.trainer.base import Base, load_model, load_tokenizer
from training.trainer.classification import TrainInputs
from training.trainer.contrastive import FeatureTap, contrastive_loss

TEMPERATURE = 0.1


def by_hand(features: torch.Tensor, shared: list[list[float]]) -> float:
    """Equation 2 of Khosla et al., written out; `shared` weighs the pairs."""
    rows = functional.normalize(features, dim=1).tolist()

    def alike(one: int, two: int) -> float:
        return sum(a * b for a, b in zip(rows[one], rows[two], strict=True)) / TEMPERATURE

    losses = []
    for row in range(len(rows)):
        others = [other for other in range(len(rows)) if other != row]
        total = math.log(sum(math.exp(alike(row, other)) for other in others))
        weight = sum(shared[row][other] for other in others)
        if weight:
            pulled = sum(shared[row][other] * (alike(row, other) - total) for other in others)
            losses.append(-pulled / weight)
    return sum(losses) / len(losses) if losses else 0.0


@pytest.fixture
def features() -> torch.Tensor:
    return torch.randn(5, 8, generator=torch.Generator().manual_seed(1))


def test_it_is_the_formula_of_the_paper(features: torch.Tensor):
    targets = torch.tensor([0, 1, 0, 2, 1])
    shared = [[float(a == b) for b in targets.tolist()] for a in targets.tolist()]
    assert float(contrastive_loss(features, targets)) == pytest.approx(by_hand(features, shared))


def test_of_several_labels_texts_share_what_their_sets_do(features: torch.Tensor):
    sets = [{0, 1}, {0}, {1, 2}, set(), set()]
    targets = torch.tensor([[float(label in one) for label in range(3)] for one in sets])
    shared = [[len(a & b) / len(a | b) if a | b else 1.0 for b in sets] for a in sets]
    assert float(contrastive_loss(features, targets)) == pytest.approx(by_hand(features, shared))


def test_a_batch_in_which_nothing_is_shared_has_no_loss(features: torch.Tensor):
    features.requires_grad_()
    loss = contrastive_loss(features, torch.arange(5))
    loss.backward()
    assert float(loss.detach()) == 0.0 and not features.grad.any()


def test_the_tap_has_what_the_head_is_given_while_it_listens(tiny_model: Path, tmp_path: Path):
    model = make_job(tiny_model, tmp_path).model.eval()
    tap = FeatureTap(model.classifier)
    ids = torch.tensor([[2, 8, 9, 3]])
    with tap.listening(), torch.no_grad():
        logits = model(input_ids=ids).logits
        assert torch.equal(model.classifier(tap.features), logits)
    assert tap.features is None and not model.classifier._forward_pre_hooks


def test_it_brings_texts_of_one_label_together_in_a_training(base_model: Path, tmp_path: Path):
    """Cosines within labels less cosines between them, of what the head reads."""
    base = Base(base_model, "", "")
    examples = toy_examples(32)
    train = encode_examples(
        [example.fields["text"] for example in examples],
        label_matrix(examples, LABELS),
        load_tokenizer(base),
        max_tokens=32,
        is_multilabel=False,
    )

    def gap(weight: float) -> float:
        config = toy_config(
            contrastive_weight=weight,
            max_steps=10,
            save_steps=10,
            learning_rate=1e-4,
            per_device_train_batch_size=32,
        )
        run_dir = tmp_path / str(weight)
        run_dir.mkdir()
        job = TrainInputs(
            config=config.trainer,
            encoder=config.model,
            model=load_model(base, LABELS, SINGLE, seed=1),
            train=train,
            validation=train,
            pad_id=0,
            problem_type=SINGLE,
            run_dir=run_dir,
            identity={},
        )
        kind = AutoModelForSequenceClassification
        model = kind.from_pretrained(fit_job(job).weights_dir).eval()
        rows = []
        tap = FeatureTap(model.classifier)
        with torch.no_grad(), tap.listening():
            for ids in train.token_ids:
                model(input_ids=torch.from_numpy(ids.astype(np.int64))[None])
                rows.append(functional.normalize(tap.features, dim=1)[0])
        cosines = (torch.stack(rows) @ torch.stack(rows).T).numpy()
        is_alike = train.targets[:, None] == train.targets[None]
        return float(cosines[is_alike].mean() - cosines[~is_alike].mean())

    assert gap(0.9) > gap(0.0) + 0.1
