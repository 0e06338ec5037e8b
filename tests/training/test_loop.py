"""The loop on a tiny model: it learns, chooses the best, stops, and carries on where it was."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference import settings
from inference.bundle import MULTI, SINGLE
from inference.errors import ConfigError, ModelError
from tests.tiny import make_tokenizer
from tests.training.toy import toy_config, toy_examples
from training import base as bases
from training import loop
from training.base import Base
from training.batches import Encoded, encode
from training.checkpoints import Checkpoints
from training.job import Fit, Job
from training.processes import Processes
from training.run_folder import sha256_of
from training.splits import label_matrix

LABELS = ("negative", "neutral", "positive")


def _job(folder: Path, run_dir: Path, count: int = 96, problem: str = SINGLE, **changes) -> Job:
    run_dir.mkdir(exist_ok=True)
    parts = []
    for examples in (toy_examples(count), toy_examples(48, seed=9)):
        texts = [example.fields["text"] for example in examples]
        matrix = label_matrix(examples, LABELS)
        tokenizer = make_tokenizer()
        parts.append(
            encode(texts, matrix, tokenizer, max_tokens=32, is_multilabel=problem == MULTI)
        )
    return Job(
        config=toy_config(**changes),
        model=bases.load_model(Base(folder, "", ""), LABELS, problem, seed=1),
        train=parts[0],
        validation=parts[1],
        pad_id=0,
        problem_type=problem,
        run_dir=run_dir,
        identity={"seed": 42},
    )


def _fit(job: Job) -> Fit:
    environ = {"CPU_CORES": "1", "DEVICE": "cpu", "HF_HOME": "unused"}
    return loop.fit(job, Processes(job.config, settings.load(environ)))


def _lines(job: Job) -> list[dict[str, float]]:
    return [json.loads(line) for line in (job.run_dir / "metrics.jsonl").open()]


def test_sixteen_texts_are_learned_by_heart(tiny_model, tmp_path):
    job = _job(tiny_model, tmp_path, count=16, num_train_epochs=20)
    _fit(job)
    losses = [line["loss"] for line in _lines(job) if "loss" in line]
    assert losses[-1] < 0.05 < losses[0], losses


@pytest.mark.parametrize("problem", [SINGLE, MULTI])
def test_the_best_validation_is_what_is_kept(tiny_model, tmp_path, problem):
    job = _job(tiny_model, tmp_path, problem=problem, num_train_epochs=3)
    fit = _fit(job)
    figure = f"validation_{fit.metric}"
    values = [(line[figure], line["step"]) for line in _lines(job) if figure in line]
    assert len(values) == 3
    assert fit.best_value == max(value for value, _ in values)
    assert fit.best_value > 0.9
    assert (fit.weights_dir / "model.safetensors").exists()
    assert fit.steps == 36


def test_validation_between_epochs_and_early_stopping(tiny_model, tmp_path):
    job = _job(tiny_model, tmp_path, eval_steps=5, early_stopping_patience=1, learning_rate=1e-9)
    fit = _fit(job)
    assert fit.steps == 10  # nothing is learned: the second validation is no gain
    assert fit.best_step == 5


def test_accumulated_batches_take_fewer_steps_and_the_rate_still_reaches_zero(tiny_model, tmp_path):
    job = _job(tiny_model, tmp_path, gradient_accumulation_steps=5, logging_steps=1)
    assert _fit(job).steps == 6  # 12 batches: 5 + 5 + 2, twice
    rates = [line["learning_rate"] for line in _lines(job) if "learning_rate" in line]
    assert rates[-1] == 0
    assert max(rates) == rates[0] == 5e-3


@pytest.mark.parametrize(
    "changes", [{"loss": "focal"}, {"class_weights": "balanced"}, {"weighted_sampling": True}]
)
def test_what_is_done_for_rare_labels_changes_the_weights_and_still_learns(
    tiny_model, tmp_path, changes
):
    kept = np.r_[0:96:3, 1:24:3, 2:12:3]  # 32 negative, 8 neutral, 4 positive

    def fit(name: str, **changes: object) -> Fit:
        job = _job(tiny_model, tmp_path / name, num_train_epochs=6, **changes)
        ids = tuple(job.train.token_ids[row] for row in kept)
        return _fit(replace(job, train=Encoded(ids, job.train.targets[kept])))

    plain, changed = fit("plain"), fit("changed", **changes)
    assert changed.best_value > 0.5
    assert sha256_of(plain.weights_dir / "model.safetensors") != sha256_of(
        changed.weights_dir / "model.safetensors"
    )


class _PowerCut(Exception):
    pass


@pytest.mark.parametrize(
    "changes", [{}, {"gradient_accumulation_steps": 2}, {"weighted_sampling": True}]
)
def test_a_run_cut_off_in_mid_epoch_ends_with_the_same_weights(
    tiny_model, tmp_path, monkeypatch, changes
):
    def job(name: str) -> Job:
        return _job(tiny_model, tmp_path / name, count=100, **changes)

    left_alone = _fit(job("alone"))
    finish, saved = Checkpoints.finish, []

    def cut_off(self, partial, progress):
        finish(self, partial, progress)
        saved.append(progress.step)
        if len(saved) == 2:
            raise _PowerCut

    monkeypatch.setattr(Checkpoints, "finish", cut_off)
    with pytest.raises(_PowerCut):
        _fit(job("cut"))
    torch.rand(7)  # whatever the random state is by then
    resumed = _fit(job("cut"))
    assert sha256_of(resumed.weights_dir / "model.safetensors") == sha256_of(
        left_alone.weights_dir / "model.safetensors"
    )
    steps = [line["step"] for line in _lines(job("cut"))]
    assert steps == [line["step"] for line in _lines(job("alone"))]


def test_a_checkpoint_of_other_data_is_refused(tiny_model, tmp_path):
    job = _job(tiny_model, tmp_path, num_train_epochs=1)
    _fit(job)
    with pytest.raises(ConfigError, match="seed is 42 there, 43 asked"):
        _fit(replace(job, identity={"seed": 43}))


def test_starting_over_ignores_what_is_there(tiny_model, tmp_path):
    _fit(_job(tiny_model, tmp_path, num_train_epochs=1))
    again = _job(tiny_model, tmp_path, num_train_epochs=1, resume_from_checkpoint=None)
    assert _fit(again).steps == 12
    assert [line["step"] for line in _lines(again)].count(2) == 1


def test_a_loss_that_is_no_number_ends_the_run_with_advice(tiny_model, tmp_path):
    job = _job(tiny_model, tmp_path)
    with torch.no_grad():
        job.model.classifier.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match="the loss is nan at step 2; use a lower"):
        _fit(job)


def test_bf16_reaches_the_same_figures(tiny_model, tmp_path):
    job = _job(tiny_model, tmp_path, mixed_precision="bf16", num_train_epochs=3)
    fit = _fit(job)
    assert fit.best_value > 0.9
    weights = fit.weights_dir / "model.safetensors"
    assert weights.stat().st_size > 4 * sum(p.numel() for p in job.model.parameters())  # float32
