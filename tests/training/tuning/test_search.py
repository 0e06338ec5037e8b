"""A whole search with the tiny model: trials, kill -9, the best settings, what they gained."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from inference.core import settings
from inference.core.errors import ConfigError, ModelError
from inference.runs.study import COMPLETE, FAILED, PRUNED, RUNNING, Study, load_study
from tests.tiny import make_tiny_model
from tests.training.postgres import running_postgres
from tests.training.toy import WHERE, toy_config, write_toy_csv
from training.run.run_folder import sha256_of
from training.settings.config import TrainConfig, parse_train_config
from training.settings.tune_config import TuneConfig
from training.train import train
from training.tuning import search

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[3]
LIMIT_S = 240.0
# The two that are refused together make trials that fail.
SPACE = {
    "learning_rate": "1e-5 .. 1e-2 log",
    "num_train_epochs": "1 .. 2",
    "class_weights": "none | sqrt",
    "weighted_sampling": "false | true",
    "per_device_train_batch_size": "16 | 32",
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    folder = tmp_path_factory.mktemp("tuning")
    # A poor recipe, and texts enough to see that: else its own settings would be kept.
    return toy_config(
        train_file=str(write_toy_csv(folder / "toy.csv", 300)),
        validation_size=0.4,
        head_start="shares",
        model_name_or_path=str(make_tiny_model(folder / "base", labels=None, layers=1)),
        output_dir=str(folder / "found"),
        num_train_epochs=1,
        seed=1,  # of which the fourth trial has two settings that do not go together
        learning_rate=1e-5,
        baselines=("majority", "tfidf_lr"),
        search_space=SPACE,
    )


@pytest.fixture(scope="module")
def good_config(config: TrainConfig) -> TrainConfig:
    """A recipe that hardly any trial beats: its settings are kept, and one model is exported."""
    return config.with_values(learning_rate=5e-3, num_train_epochs=2, baselines=())


@pytest.fixture(scope="module")
def found(config: TrainConfig) -> tuple[Study, Path]:
    """A search of eight trials that nobody disturbed."""
    study = search.run(TuneConfig(n_trials=8, patience=0), config, WHERE)
    return study, Path(config.trainer.output_dir)


def _outcome(study: Study) -> list[tuple[object, ...]]:
    return [(one.number, one.state, one.value, dict(one.values)) for one in study.trials]


def test_what_was_found_is_at_least_as_good_on_validation_and_measured_on_test(found):
    study, folder = found
    assert study == load_study(folder / "study.json") and study.ended == "all trials are done"
    assert len(study.trials) == 8 and study.count(RUNNING) == 0
    assert study.best.value >= study.default.value
    assert study.validation.is_beyond_chance and study.validation.examples == 120
    assert study.chosen == study.best != study.default
    assert study.test.figure == "mcc" and study.test.examples == 30


def test_settings_that_do_not_go_together_fail_a_trial_and_not_the_search(found):
    failed = [one for one in found[0].trials if one.state == FAILED]
    assert failed, _outcome(found[0])
    assert all("make up for rare labels twice" in one.error for one in failed)
    assert all(one.values["weighted_sampling"] for one in failed)


def test_trials_see_no_test_text_and_only_two_keep_their_weights(found):
    study, folder = found
    assert not list(folder.glob("trials/*/results")) and not list(folder.glob("trials/*/onnx"))
    kept = {int(path.parent.name) for path in folder.glob("trials/*/model.safetensors")}
    assert kept == {0, study.best.number}
    assert (folder / "trials" / "1" / "metrics.jsonl").is_file()


def test_the_found_settings_give_the_same_weights_again(found, tmp_path: Path):
    study, folder = found
    argv = ["--config", str(folder / "best.yaml"), "--output_dir", str(tmp_path / "again")]
    config = parse_train_config([*argv, "--baselines", "[]"])
    assert {name: config.value(name) for name in study.best.values} == dict(study.best.values)
    train(config, WHERE)
    again, best = (path / "model.safetensors" for path in (tmp_path / "again", folder / "best"))
    assert sha256_of(again) == sha256_of(best)


def test_the_tuned_model_brings_its_search_and_its_card_says_how_many_were_tried(found):
    study, folder = found
    card = (folder / "best" / "README.md").read_text("utf-8")
    assert re.search(r"the best of 8 trials by MCC on the validation part \(\d trained", card)
    assert "TF-IDF + logistic regression, tuned" in card
    with (folder / "best" / "results" / "study" / "trials.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == [one.state for one in study.trials]
    receipt = json.loads((folder / "best" / "run.json").read_text("utf-8"))
    assert "results/study/trials.csv" in receipt["files"]
    assert receipt["config"]["baseline_options"]["tfidf_lr"]


def test_the_same_call_again_does_nothing_twice(found, config: TrainConfig):
    study, folder = found
    before = {path: sha256_of(path) for path in (folder / "best").rglob("*") if path.is_file()}
    assert search.run(TuneConfig(n_trials=8, patience=0), config, WHERE) == study
    assert before == {p: sha256_of(p) for p in (folder / "best").rglob("*") if p.is_file()}


def test_other_data_is_refused_in_the_same_folder(found, config: TrainConfig):
    with pytest.raises(ConfigError, match=r"study study belongs to another run: seed is 1 there"):
        search.run(TuneConfig(n_trials=9), config.with_values(seed=7), WHERE)


def test_a_second_study_in_the_folder_of_the_first_is_refused_and_leaves_it_alone(
    found, config: TrainConfig
):
    _, folder = found
    said = r"holds the study 'study', and 'a/b ü' was asked for; choose another --output_dir"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with pytest.raises(ConfigError, match=said):
        search.run(TuneConfig(n_trials=9, study_name="a/b ü"), config, WHERE)
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize("place", ["best", "a folder of mine"])
def test_a_run_or_another_folder_is_no_place_for_a_search(
    found, config: TrainConfig, tmp_path: Path, place: str
):
    folder = found[1] / "best" if place == "best" else tmp_path
    if folder == tmp_path:
        (tmp_path / "thesis.txt").write_text("mine")
    before = sorted(folder.rglob("*"))
    with pytest.raises(ConfigError, match=r"is not empty and holds no search of ours"):
        search.run(TuneConfig(), config.with_values(output_dir=str(folder)), WHERE)
    assert sorted(folder.rglob("*")) == before


def test_when_the_time_is_over_the_report_is_made_of_what_there_is(config, tmp_path: Path):
    config = config.with_values(output_dir=str(tmp_path), num_train_epochs=2)
    with pytest.raises(ModelError, match="the time was over"):
        search.run(TuneConfig(n_trials=5, timeout=0.01), config, WHERE)
    assert load_study(tmp_path / "study.json").trials == ()


def test_a_recipe_that_cannot_be_trained_stops_the_search_with_its_error(config, tmp_path: Path):
    broken = make_tiny_model(tmp_path / "base", labels=None)
    (broken / "config.json").write_text('{"model_type": "unheard-of"}')
    changes = {"model_name_or_path": str(broken), "output_dir": str(tmp_path / "out")}
    with pytest.raises(ConfigError, match="the first 3 trials all failed, the last by: ModelError"):
        search.run(TuneConfig(n_trials=9), config.with_values(**changes), WHERE)


def test_a_search_on_postgres_goes_on_where_it_was_and_tells_when_the_server_is_gone(
    good_config: TrainConfig, tmp_path: Path
):
    config = good_config.with_values(output_dir=str(tmp_path))
    with running_postgres() as url:
        for trials in (2, 3):
            tune = TuneConfig(n_trials=trials, storage=url, pruner="median")
            assert len(search.run(tune, config, WHERE).trials) == trials
    with pytest.raises(ConfigError, match="postgres cannot be used: .*onnection"):
        search.run(tune, config, WHERE)


def _command(config: TrainConfig, folder: Path, *flags: str) -> "subprocess.Popen[bytes]":
    content = config.with_values(output_dir=str(folder)).as_dict()
    recipe = folder.with_suffix(".json")
    recipe.write_text(json.dumps(content))
    environment = settings.child_environment(
        HF_HOME=str(folder.with_suffix(".home")), CPU_CORES="1", OMP_NUM_THREADS="1", DEVICE="cpu"
    )
    command = [sys.executable, "-m", "training.tune", "--config", str(recipe), *flags]
    log = folder.with_suffix(".log").open("ab")
    return subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=log)


def _wait_for_trials(folder: Path, count: int, process: "subprocess.Popen[bytes]") -> Study:
    """The study once so many trials have ended."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        if (folder / "study.json").is_file():
            study = load_study(folder / "study.json")
            if study.count(COMPLETE, PRUNED, FAILED) >= count:
                return study
        time.sleep(0.02)
    raise AssertionError(folder.with_suffix(".log").read_text("utf-8")[-3000:])


@pytest.mark.timeout(600)  # most of it is the start of processes
def test_ten_trials_killed_and_interrupted_on_the_way_are_those_of_a_search_left_alone(
    found, config: TrainConfig, tmp_path: Path
):
    folder, flags = tmp_path / "killed", ("--n_trials", "10", "--patience", "0")
    config = config.with_values(baselines=())
    process = _command(config, folder, *flags)
    killed_at = _wait_for_trials(folder, 3, process)
    process.kill()
    process.wait()
    process = _command(config, folder, *flags)
    _wait_for_trials(folder, 6, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(LIMIT_S) == 130, folder.with_suffix(".log").read_text("utf-8")[-3000:]
    tune = TuneConfig(n_trials=10, patience=0)
    study = search.run(tune, config.with_values(output_dir=str(folder)), WHERE)
    assert [one.number for one in study.trials] == list(range(10))
    assert study.count(COMPLETE, PRUNED, FAILED) == 10
    assert _outcome(study)[:8] == _outcome(found[0]), "as if nobody had disturbed it"
    ended = [one for one in killed_at.trials if one.state != RUNNING]
    assert list(study.trials[: len(ended)]) == ended, "nothing was done again"
    assert not os.path.lexists(folder / "trials" / "10")


@pytest.mark.timeout(600)  # most of it is the start of processes
def test_several_processes_do_one_search(good_config: TrainConfig, tmp_path: Path):
    folder = tmp_path / "together"
    process = _command(good_config, folder, "--n_trials", "4", "--n_jobs", "2", "--patience", "0")
    assert process.wait(LIMIT_S) == 0, folder.with_suffix(".log").read_text("utf-8")[-3000:]
    study = load_study(folder / "study.json")
    assert [one.number for one in study.trials] == list(range(4)) and study.count(RUNNING) == 0
    assert (folder / "best" / "README.md").is_file()
    log = folder.with_suffix(".log").read_text("utf-8")
    assert "LOAD REPORT" not in log and "Loading weights" not in log, log[-3000:]
