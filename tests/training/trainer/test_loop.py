"""The loop on a tiny model: it learns, chooses the best, stops, and carries on where it was."""

import json
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
import torch

from inference.core.errors import ConfigError, ModelError
from inference.data.problem_types import MULTI, SINGLE
from tests.training.fitting import fit_job, make_job, make_processes
from training.data.batches import EncodedExamples
from training.run.run_folder import sha256_of
from training.trainer import classification
from training.trainer.checkpoints import Checkpoints
from training.trainer.classification import TrainInputs
from training.trainer.progress import Moment, Validation
from training.trainer.task import Fit

pytestmark = pytest.mark.slow


def _lines(job: TrainInputs) -> list[dict[str, float]]:
    return [json.loads(line) for line in (job.run_dir / "metrics.jsonl").open()]


def test_sixteen_texts_are_learned_by_heart(tiny_model, tmp_path):
    job = make_job(tiny_model, tmp_path, count=16, num_train_epochs=20, seed=2)
    fit_job(job)
    losses = [line["loss"] for line in _lines(job) if "loss" in line]
    assert losses[-1] < 0.05 < losses[0], losses


def test_few_texts_are_passed_over_until_the_steps_suffice(tiny_model, tmp_path):
    job = make_job(tiny_model, tmp_path, count=16, num_train_epochs=2, min_steps=21)
    fit = fit_job(job)
    assert (fit.steps, fit.epochs) == (21, 10.5)
    measured = [line["step"] for line in _lines(job) if "validation_mcc" in line]
    assert measured == [10, 20, 21], "as often as passes were asked for, and at the end"


@pytest.mark.parametrize("problem", [SINGLE, MULTI])
def test_the_last_weights_that_validation_cannot_tell_from_the_best_are_kept(
    tiny_model, tmp_path, problem
):
    job = make_job(tiny_model, tmp_path, problem=problem, num_train_epochs=3)
    fit = fit_job(job)
    figure = f"validation_{fit.metric}"
    values = [(line[figure], line["step"]) for line in _lines(job) if figure in line]
    assert len(values) == 3
    highest = max(value for value, _ in values)
    noise = {SINGLE: (1 - highest**2) / np.sqrt(47), MULTI: 0}[problem]
    near = [(step, value) for value, step in values if value >= highest - noise]
    expected = near[-1] if problem == SINGLE else near[0]
    assert (fit.best_step, fit.best_value) == expected
    assert fit.best_value > 0.9
    assert (fit.weights_dir / "model.safetensors").exists()
    assert fit.steps == 36


def test_validation_between_epochs_and_early_stopping(tiny_model, tmp_path):
    job = make_job(
        tiny_model, tmp_path, eval_steps=5, early_stopping_patience=1, learning_rate=1e-9
    )
    fit = fit_job(job)
    assert fit.steps == 10  # nothing is learned: the second validation is no gain
    assert fit.best_step == 10  # as good as the first, by all that 48 texts can tell


def test_accumulated_batches_take_fewer_steps_and_the_rate_still_reaches_zero(tiny_model, tmp_path):
    job = make_job(tiny_model, tmp_path, gradient_accumulation_steps=5, logging_steps=1)
    assert fit_job(job).steps == 6  # 12 batches: 5 + 5 + 2, twice
    rates = [line["learning_rate"] for line in _lines(job) if "learning_rate" in line]
    assert rates[-1] == 0
    assert max(rates) == rates[0] == 5e-3


def test_so_many_steps_end_in_mid_epoch_with_a_validation_and_the_rate_at_zero(
    tiny_model, tmp_path
):
    job = make_job(tiny_model, tmp_path, max_steps=15, logging_steps=1)
    fit = fit_job(job)
    assert (fit.steps, fit.epochs) == (15, 1.25)  # 12 batches an epoch
    lines = _lines(job)
    assert [line["step"] for line in lines if "validation_mcc" in line] == [12, 15]
    assert [line["learning_rate"] for line in lines if "loss" in line][-1] == 0


@pytest.mark.parametrize(
    "changes", [{"loss": "focal"}, {"class_weights": "balanced"}, {"weighted_sampling": True}]
)
def test_what_is_done_for_rare_labels_changes_the_weights_and_still_learns(
    tiny_model, tmp_path, changes
):
    kept = np.r_[0:96:3, 1:24:3, 2:12:3]  # 32 negative, 8 neutral, 4 positive

    def fit(name: str, **changes: object) -> Fit:
        job = make_job(tiny_model, tmp_path / name, num_train_epochs=6, **changes)
        ids = tuple(job.train.token_ids[row] for row in kept)
        return fit_job(replace(job, train=EncodedExamples(ids, job.train.targets[kept])))

    plain, changed = fit("plain"), fit("changed", **changes)
    assert changed.best_value > 0.5
    assert sha256_of(plain.weights_dir / "model.safetensors") != sha256_of(
        changed.weights_dir / "model.safetensors"
    )


def test_an_observer_of_ones_own_is_told_the_course_of_a_training(tiny_model, tmp_path):
    told: list[tuple[str, int]] = []

    class Listener:
        def on_start(self, step: int, total_steps: int) -> None:
            told.append(("start", total_steps))

        def on_log(self, moment: Moment, figures: Mapping[str, float]) -> None:
            told.append(("log", moment.step))

        def on_validation(self, moment: Moment, validation: Validation) -> None:
            told.append(("kept" if validation.is_kept else "worse", moment.step))

        def on_end(self) -> None:
            told.append(("end", 0))

    job = make_job(tiny_model, tmp_path, num_train_epochs=1, logging_steps=6)
    classification.fit(job, make_processes(job), observers=[Listener()])
    assert told == [("start", 12), ("log", 6), ("log", 12), ("kept", 12), ("end", 0)]


class _PowerCut(Exception):
    pass


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gradient_accumulation_steps": 2},
        {"weighted_sampling": True},
        {"lora_r": 4},
        {"freeze_layers": 1},
        {"max_steps": 30},
        {"long_texts": "windows", "max_seq_length": 8, "num_train_epochs": 3},
        {"long_texts": "windows", "max_seq_length": 8, "freeze_layers": 1},
    ],
)
def test_a_run_cut_off_in_mid_epoch_ends_with_the_same_weights(
    tiny_model, tmp_path, monkeypatch, changes
):
    def job(name: str) -> TrainInputs:
        return make_job(tiny_model, tmp_path / name, count=100, **changes)

    left_alone = fit_job(job("alone"))
    finish, saved = Checkpoints.finish, []

    def cut_off(self, partial, progress):
        finish(self, partial, progress)
        saved.append(progress.step)
        if len(saved) == 2:
            raise _PowerCut

    monkeypatch.setattr(Checkpoints, "finish", cut_off)
    with pytest.raises(_PowerCut):
        fit_job(job("cut"))
    torch.rand(7)  # whatever the random state is by then
    resumed = fit_job(job("cut"))
    assert sha256_of(resumed.weights_dir / "model.safetensors") == sha256_of(
        left_alone.weights_dir / "model.safetensors"
    )
    steps = [line["step"] for line in _lines(job("cut"))]
    assert steps == [line["step"] for line in _lines(job("alone"))]


def test_a_checkpoint_of_other_data_is_refused(tiny_model, tmp_path):
    job = make_job(tiny_model, tmp_path, num_train_epochs=1)
    fit_job(job)
    with pytest.raises(ConfigError, match="seed is 42 there, 43 asked"):
        fit_job(replace(job, identity={"seed": 43}))


def test_a_checkpoint_without_its_weights_is_refused_with_what_to_do(tiny_model, tmp_path):
    job = make_job(tiny_model, tmp_path, num_train_epochs=1)
    fit_job(job)
    newest = Checkpoints(job.run_dir, job.identity).find("auto")
    assert newest is not None
    for weights in newest.glob("*.safetensors"):
        weights.unlink()  # as where an earlier version wrote others
    with pytest.raises(ConfigError, match="cannot be carried on from.*checkpoint null"):
        fit_job(job)


def test_starting_over_ignores_what_is_there(tiny_model, tmp_path):
    fit_job(make_job(tiny_model, tmp_path, num_train_epochs=1))
    again = make_job(tiny_model, tmp_path, num_train_epochs=1, resume_from_checkpoint=None)
    assert fit_job(again).steps == 12
    assert [line["step"] for line in _lines(again)].count(2) == 1


def test_a_loss_that_is_no_number_ends_the_run_with_advice(tiny_model, tmp_path):
    job = make_job(tiny_model, tmp_path)
    with torch.no_grad():
        job.model.classifier.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match="the loss is nan at step 2; use a lower"):
        fit_job(job)


def test_bf16_reaches_the_same_figures(tiny_model, tmp_path):
    job = make_job(tiny_model, tmp_path, mixed_precision="bf16", num_train_epochs=3)
    fit = fit_job(job)
    assert fit.best_value > 0.9
    weights = fit.weights_dir / "model.safetensors"
    assert weights.stat().st_size > 4 * sum(p.numel() for p in job.model.parameters())  # float32
