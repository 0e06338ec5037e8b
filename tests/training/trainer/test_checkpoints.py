"""Checkpoints: whole or absent, two kept, refused when they belong elsewhere."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from inference.core.errors import ConfigError
from inference.data.problem_types import MULTI, SINGLE
from training.run.run_folder import refuse_difference
from training.trainer.checkpoints import (
    Checkpoints,
    TrainerState,
    best_by,
    noise_of,
    read_trainer_state,
    step_name,
)

IDENTITY = {"seed": 1, "train sha256": "abc"}


def _save(checkpoints: Checkpoints, step: int, best_step: int | None = None) -> None:
    partial = checkpoints.partial(step_name(step))
    checkpoints.begin(partial)
    (partial / "state").write_text(str(step))
    checkpoints.finish(partial, TrainerState(step=step, best_step=best_step))


def _weights(folder: Path) -> None:
    (folder / "model.safetensors").write_text("weights")


def _names(checkpoints: Checkpoints) -> list[str]:
    return sorted(path.name for path in checkpoints.folder.iterdir())


def test_the_newest_two_are_kept_with_the_best_they_speak_of(tmp_path):
    checkpoints = Checkpoints(tmp_path, IDENTITY)
    for step, best in ((1, 1), (2, 2), (3, 2), (4, 2)):
        if step == best:
            checkpoints.save_best(step, _weights)
        _save(checkpoints, step, best)
    assert _names(checkpoints) == ["best-00000002", "step-00000003", "step-00000004"]
    assert (checkpoints.best(2) / "model.safetensors").exists()


def test_auto_finds_the_newest_whole_one(tmp_path):
    checkpoints = Checkpoints(tmp_path, IDENTITY)
    assert checkpoints.find("auto") is None
    _save(checkpoints, 9)
    _save(checkpoints, 10)
    checkpoints.begin(checkpoints.partial(step_name(11)))  # killed while it was written
    assert checkpoints.find("auto") == checkpoints.folder / "step-00000010"
    assert checkpoints.find(None) is None


def test_carrying_on_from_an_older_one_forgets_the_newer(tmp_path):
    checkpoints = Checkpoints(tmp_path, IDENTITY)
    _save(checkpoints, 9)
    _save(checkpoints, 10)
    checkpoints.begin(checkpoints.partial(step_name(11)))
    checkpoints.forget_after(9)
    assert _names(checkpoints) == ["step-00000009"]
    checkpoints.discard()
    assert not checkpoints.folder.exists()


def test_a_kill_while_old_ones_are_removed_leaves_no_half_of_one(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path, IDENTITY)
    for step in (9, 10):
        _save(checkpoints, step)

    class PowerCut(Exception):
        pass

    def cut(path, **_):
        if path.exists():
            (path / "state").unlink()
            raise PowerCut

    monkeypatch.setattr("training.trainer.checkpoints.shutil.rmtree", cut)
    with pytest.raises(PowerCut):
        checkpoints.forget_after(9)
    assert checkpoints.find("auto") == checkpoints.folder / "step-00000009"


def test_a_checkpoint_of_another_folder_brings_its_best_weights(tmp_path):
    there, here = Checkpoints(tmp_path / "a", IDENTITY), Checkpoints(tmp_path / "b", IDENTITY)
    there.save_best(1, _weights)
    _save(there, 2, best_step=1)
    found = here.find(str(there.folder / "step-00000002"))
    assert found is not None
    here.adopt(found)
    assert (here.best(1) / "model.safetensors").read_text() == "weights"
    there.discard()
    here.discard()


def test_a_checkpoint_whose_best_weights_are_gone_is_refused(tmp_path):
    checkpoints = Checkpoints(tmp_path, IDENTITY)
    _save(checkpoints, 2, best_step=1)
    with pytest.raises(ConfigError, match="best-00000001, which are gone"):
        checkpoints.adopt(checkpoints.folder / "step-00000002")


def test_one_of_other_settings_or_data_is_refused_by_name(tmp_path):
    _save(Checkpoints(tmp_path, IDENTITY), 1)
    other = Checkpoints(tmp_path, {**IDENTITY, "train sha256": "xyz"})
    with pytest.raises(ConfigError, match="train sha256 is abc there, xyz asked"):
        other.find("auto")


@pytest.mark.parametrize("content", [None, "{", '{"progress": {"steps": 1}, "identity": {}}'])
def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / "progress.json").write_text(content)
    with pytest.raises(ConfigError, match="is not a checkpoint"):
        Checkpoints(tmp_path, IDENTITY).find(str(tmp_path))


def test_a_checkpoint_remembers_where_the_run_stood(tmp_path):
    progress = TrainerState(epoch=1, batch=7, step=20, best_value=0.5, best_step=12, seconds=3.5)
    checkpoints = Checkpoints(tmp_path, IDENTITY)
    partial = checkpoints.partial(step_name(20))
    checkpoints.begin(partial)
    checkpoints.finish(partial, progress)
    found = checkpoints.find("auto")
    assert found is not None
    assert read_trainer_state(found) == (progress, IDENTITY)
    assert json.loads((found / "progress.json").read_text())["identity"] == IDENTITY


def _after(progress: TrainerState, step: int) -> TrainerState:
    return replace(progress, step=step)


def test_a_later_validation_within_the_noise_is_kept_but_is_no_gain():
    first = TrainerState(step=1).validated(0.70, 0.02)
    second = _after(first, 2).validated(0.69, 0.02)
    assert (second.best_step, second.best_value, second.highest) == (2, 0.69, 0.70)
    assert second.validations_without_gain == 1
    third = _after(second, 3).validated(0.675, 0.02)  # within the noise of the second alone
    assert (third.best_step, third.best_value, third.validations_without_gain) == (2, 0.69, 2)
    fourth = _after(third, 4).validated(0.71, 0.02)
    assert (fourth.best_step, fourth.highest, fourth.validations_without_gain) == (4, 0.71, 0)


@pytest.mark.parametrize(
    ("value", "problem", "texts", "expected"),
    [
        (0.6, SINGLE, 401, 0.64 / 20),
        (1.0, SINGLE, 401, 0.0),
        (0.6, SINGLE, 1, 0.64),
        (-3.5, SINGLE, 401, 0.0),  # a log-loss, where no label has both cases
        (0.9, MULTI, 401, 0.0),
    ],
)
def test_the_noise_of_a_validation_is_the_error_of_a_correlation(value, problem, texts, expected):
    assert noise_of(value, problem, texts) == pytest.approx(expected)


def test_the_first_of_equal_validations_stays_where_there_is_no_noise():
    progress = TrainerState(step=1).validated(0.5)
    assert (progress.best_step, progress.validations_without_gain) == (1, 0)
    later = TrainerState(**{**vars(progress), "step": 2}).validated(0.5)
    assert (later.best_step, later.validations_without_gain) == (1, 1)


def test_no_difference_is_no_error():
    refuse_difference("x", {"a": 1}, {"a": 1})


def test_the_figure_that_chooses_follows_the_problem_type():
    assert best_by("single_label_classification") == "mcc"
    assert best_by("multi_label_classification") == "roc_auc"
