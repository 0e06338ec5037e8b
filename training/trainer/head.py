"""The fresh head before the first step: fitted to the untouched encoder, or at the labels' shares.

Owns only where the head starts. A random head sends random gradients into the pretrained layers for
the first steps, and on uneven labels pulls them all towards "no label"; a short fine-tuning does
not recover from that (benchmarks/LOG.md, 2026-11-21).

Letters: N examples, B batch, H hidden, C labels.

Try: python -m training.train --train_file tweets.csv --head_start shares
"""

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from transformers import PreTrainedModel

from inference.data.problem_types import MULTI
from training.data.batches import EncodedExamples, eval_loader, window_of_each
from training.settings.trainer_config import ClassifierTrainerConfig
from training.trainer.contrastive import FeatureTap
from training.trainer.imbalance import class_weights, sampling_weights, shares_met

# Of 5,000 tweets 2,000 gave the whole gain, in a tenth of the time of training on them.
_MOST_TEXTS = 2000
_BATCH = 64


def start(
    model: PreTrainedModel,
    train: EncodedExamples,
    pad_id: int,
    config: ClassifierTrainerConfig,
    problem_type: str,
    device: str,
    *,
    head_start: str,
    most_texts: int = _MOST_TEXTS,
) -> None:
    """Set the head as head_start says, in place.

    shares: its bias answers with the labels' shares as training meets them (the initialisation of
    Lin et al. 2017, arXiv:1708.02002, section 4.1). probe: beyond that, a logistic regression over
    what the encoder gives for up to `most_texts` texts (linear probing before fine-tuning: Kumar et
    al. 2022, arXiv:2202.10054). A label that none or all of these texts have keeps its share.
    A model whose last layer is no linear one with a bias over one vector a text is left as it is.
    """
    matrix = train.matrix(len(model.config.id2label or ()))  # (N, C)
    head = last_linear(model, matrix.shape[1])
    if head is None:
        return
    shares = shares_met(config, matrix, problem_type)
    with torch.no_grad():
        share = torch.tensor(shares, dtype=torch.float32)
        head.bias.copy_(torch.logit(share) if problem_type == MULTI else torch.log(share))
    if head_start != "probe":
        return
    rows = _sample(matrix, config.seed, most_texts)
    torch.nn.Module.to(model, device)  # transformers' own is decorated beyond its types
    seen = window_of_each(train.texts, config.seed, epoch=0)[rows]
    features = _features(model, head, train, seen, pad_id)
    if features is None:
        return
    weights = sampling_weights(matrix)[rows] if config.weighted_sampling else np.ones(len(rows))
    per_class = class_weights(matrix, config.class_weights, problem_type)
    fit = _fit_each if problem_type == MULTI else _fit_joint
    fit(head, features, matrix[rows], weights, per_class)


def last_linear(model: torch.nn.Module, labels: int) -> torch.nn.Linear | None:
    """The classifier's last layer, if it is linear, with a bias and so many outputs."""
    head = find_head(model, labels)
    return head if head is not None and head.bias is not None else None


def find_head(model: torch.nn.Module, labels: int) -> torch.nn.Linear | None:
    """The classifier's last layer, if it is linear, with so many outputs; a bias it may lack."""
    heads = [
        module
        for module in model.modules()
        if isinstance(module, torch.nn.Linear) and module.out_features == labels
    ]
    return heads[-1] if heads else None


def _sample(matrix: NDArray[np.bool_], seed: int, most: int) -> NDArray[np.int64]:
    """Up to `most` rows, drawn, and one of each label that occurs."""
    order = np.random.default_rng(seed).permutation(len(matrix))
    shuffled = matrix[order]
    first = order[shuffled.argmax(axis=0)[shuffled.any(axis=0)]]
    return np.unique(np.concatenate([first, order[:most]]))


@torch.no_grad()
def _features(
    model: PreTrainedModel,
    head: torch.nn.Linear,
    train: EncodedExamples,
    rows: NDArray[np.int64],
    pad_id: int,
) -> NDArray[np.float32] | None:
    """(N, H) float32: what the head is given for each row; None where that is not one vector.

    rows: (N,) in ascending order.
    """
    tap = FeatureTap(head)
    features: list[NDArray[np.float32]] = []
    places: list[NDArray[np.int64]] = []
    model.eval()
    with tap.listening():
        for batch in eval_loader(train, pad_id, batch_size=_BATCH, rows=rows):
            places.append(batch.pop("rows").numpy())
            batch.pop("labels")
            model(**{name: tensor.to(model.device) for name, tensor in batch.items()})
            if tap.features is None:
                return None
            features.append(tap.features.float().cpu().numpy())
    return np.concatenate(features)[np.argsort(np.concatenate(places))]


def _fit_joint(
    head: torch.nn.Linear,
    features: NDArray[np.float32],
    matrix: NDArray[np.bool_],
    weights: NDArray[np.float64],
    per_class: NDArray[np.float32] | None,
) -> None:
    """One regression over all labels; a label that no text has stays as rare as its share says."""
    targets = matrix.argmax(axis=1)
    present = np.flatnonzero(matrix.any(axis=0))
    if len(present) < 2:
        return
    if per_class is not None:
        weights = weights * per_class[targets]
    length = _length(features)
    fitted = LogisticRegression(max_iter=1000).fit(
        features / length, targets, sample_weight=weights
    )
    weight, bias = fitted.coef_ / length, fitted.intercept_
    if len(present) == 2:  # one row for "the second, not the first"
        weight, bias = np.vstack([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    # the regression's biases sum to zero, those of the shares do not: bring them to one level
    level = float(head.bias.detach()[present].mean())
    _write(head, present, weight, bias + level)


def _fit_each(
    head: torch.nn.Linear,
    features: NDArray[np.float32],
    matrix: NDArray[np.bool_],
    weights: NDArray[np.float64],
    per_class: NDArray[np.float32] | None,
) -> None:
    """A regression for each label by itself."""
    length = _length(features)
    for label in np.flatnonzero(matrix.any(axis=0) & ~matrix.all(axis=0)):
        counted = weights
        if per_class is not None:
            counted = np.where(matrix[:, label], weights * per_class[label], weights)
        fitted = LogisticRegression(max_iter=1000).fit(
            features / length, matrix[:, label], sample_weight=counted
        )
        _write(head, np.array([label]), fitted.coef_ / length, fitted.intercept_)


def _length(features: NDArray[np.float32]) -> float:
    """The usual length of a row of (N, H): regressions are fitted to rows of about length 1.

    LogisticRegression holds its weights small, so the longer the rows, the closer it fits them. Of
    384 numbers of the size 1 it learns 500 tweets by heart: see mean pooling in benchmarks/LOG.md.
    """
    return float(np.sqrt((features.astype(np.float64) ** 2).sum(axis=1).mean())) or 1.0


@torch.no_grad()
def _write(
    head: torch.nn.Linear,
    labels: NDArray[np.int64],
    weight: NDArray[np.float64],
    bias: NDArray[np.float64],
) -> None:
    """Set the head's rows of these labels: weight (C, H), bias (C,)."""
    rows = torch.from_numpy(labels).to(head.weight.device)
    head.weight[rows] = torch.tensor(weight, dtype=head.weight.dtype, device=head.weight.device)
    head.bias[rows] = torch.tensor(bias, dtype=head.bias.dtype, device=head.bias.device)
