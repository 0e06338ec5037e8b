"""Runs live in folders: made whole or not at all, configured until their training begins."""

import json
import shlex
import sys
from pathlib import Path

import pytest
import yaml

from hub.errors import UserError
from inference.core.errors import DataError, WorkError
from inference.runs import process
from inference.runs import runs as runs_of
from inference.runs.recipes import classifier_recipes
from inference.runs.runs import CHECK, PUBLISH, TRAIN, Run, Runs
from tests.waiting import SLEEP, wait_for
from training.settings.config import parse_train_config

CSV = b"text,label\ngood day,positive\nbad day,negative\n"


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


@pytest.fixture
def run(runs: Runs) -> Run:
    return runs.make("first", "my tweets.csv", CSV)


def test_a_run_is_found_again_as_it_was_made(runs: Runs, run: Run):
    assert runs.find("first") == run
    assert (run.rows, run.columns, run.data_name) == (2, ("text", "label"), "my tweets.csv")
    assert run.data.read_bytes() == CSV and run.data.parent == run.folder
    assert run.preview(1) == [{"text": "good day", "label": "positive"}]
    assert (run.work, run.is_configured, run.is_begun, run.is_trained) == (None, *(False,) * 3)


def test_the_newest_run_comes_first_and_folders_of_others_are_left_out(runs: Runs, run: Run):
    (runs.folder / "by-hand").mkdir()
    (runs.folder / "by-hand" / "run.json").write_text('{"config": {}}')
    newer = runs.make("second", "a.csv", CSV)
    assert runs.all() == (newer, run)


def test_a_run_that_was_made_before_opens_and_is_deleted_whole(runs: Runs, run: Run):
    (run.folder / "form.json").unlink()
    stored = {
        "folder": None,
        "data": str(run.data),
        "data_name": "my tweets.csv",
        "rows": 2,
        "columns": ["text", "label"],
        "recipe": None,
        "made_at": run.made_at,
    }
    (run.folder / "run.json").write_text(json.dumps(stored, ensure_ascii=False) + "\n")
    assert runs.find("first") == run and runs.all() == (run,)
    runs.delete(run)
    assert runs.all() == () and not run.folder.exists()


def test_the_form_is_no_receipt_and_a_receipt_beside_it_is_left_alone(runs: Runs, run: Run):
    assert not (run.folder / "run.json").exists(), "of that name is the receipt of a training"
    (run.folder / "run.json").write_text('{"config": {}}')
    assert runs.all() == (run,)


def test_a_damaged_form_is_told_by_its_key(runs: Runs, run: Run):
    path = run.folder / "form.json"
    path.write_text(path.read_text().replace('"rows": 2', '"rows": "two"'))
    said = "form.json is no form of a run: rows is 'two', expected a whole number; delete it and"
    with pytest.raises(DataError, match=said):
        runs.find("first")


@pytest.mark.parametrize(
    ("name", "data_name", "data", "recipe", "said"),
    [
        ("first", "a.csv", CSV, None, "There is a run first already"),
        ("../up", "a.csv", CSV, None, "cannot name a run"),
        ("Big", "a.csv", CSV, None, "cannot name a run"),
        ("new", "a.exe", CSV, None, "'.exe'"),
        ("new", "a.csv", b"", None, "is empty"),
        ("new", "a.csv", Path("/nowhere/a.csv"), None, "does not exist"),
        ("new", "a.csv", CSV, "/etc/passwd", "is no recipe"),
    ],
)
def test_a_run_that_cannot_be_made_leaves_nothing(
    runs: Runs, run: Run, name: str, data_name: str, data, recipe: str | None, said: str
):
    with pytest.raises(UserError, match=said):
        runs.make(name, data_name, data, recipe)
    assert [path.name for path in runs.folder.iterdir()] == ["first"]


def test_the_columns_of_a_file_without_header_are_named_by_the_recipe(runs: Runs):
    row = b'\xe5\xa4\xa9\t{"a": 0.5}\ttitle\ttag\t1\n'
    run = runs.make("click", "train.txt", row * 3, "training/recipes/click.yaml")
    assert run.columns == ("prefix", "query_prediction", "title", "tag", "click")
    assert run.rows == 3 and run.preview(1)[0]["click"] == "1"
    assert run.settings["json_fields"] == ["query_prediction"]


def test_every_recipe_is_offered():
    assert "training/recipes/toxicity.yaml" in classifier_recipes()
    assert "training/recipes/chat.yaml" not in classifier_recipes()  # read by training.chat


def test_the_command_is_one_that_training_reads_with_what_was_chosen(runs: Runs):
    run = runs.make("first", "a.csv", CSV, "training/recipes/demo.yaml")
    chosen = {"text_fields": ["text"], "label_fields": ["label"], "num_train_epochs": 7}
    run.configure({**chosen, "max_train_samples": None})
    command = run.command(TRAIN)
    assert command[:3] == ("python", "-m", "training.train")
    config = parse_train_config(list(command[3:]))
    assert config.data.label_fields == ("label",) and config.trainer.num_train_epochs == 7
    assert config.data.max_train_samples is None, "which the recipe limits"
    assert config.model.max_seq_length == 64, "as the recipe says"
    assert config.data.train_file == str(run.data) and config.trainer.output_dir == str(run.output)
    assert run.settings["num_train_epochs"] == 7 and run.settings["max_seq_length"] == 64


def test_the_commands_of_a_run_are_public_ones(run: Run):
    run.configure({"text_fields": ["text"]})
    said = shlex.join(run.command(CHECK))
    assert said.startswith("python -m training.doctor --config ") and "--output_dir" in said
    assert run.command(PUBLISH, "--hub_private")[-1] == "--hub_private"


def test_settings_are_fixed_once_the_training_has_begun(run: Run):
    run.configure({"text_fields": ["text"]})
    run.output.mkdir()
    (run.output / "stages.json").write_text("{}")
    with pytest.raises(WorkError, match="settings of the run first are fixed"):
        run.configure({"text_fields": ["label"]})
    stored = yaml.safe_load((run.folder / "settings.yaml").read_text())
    assert stored["text_fields"] == ["text"]


def test_a_run_at_work_is_neither_changed_nor_deleted(runs: Runs, run: Run):
    process.start(run.folder, TRAIN, SLEEP)
    try:
        assert runs.at_work() == "first"
        with pytest.raises(WorkError, match="stop it first"):
            runs.delete(run)
        with pytest.raises(WorkError, match="settings of the run first are fixed"):
            run.configure({})
    finally:
        run.stop()
        wait_for(lambda: runs.at_work() is None, "the end")
    runs.delete(run)
    assert runs.all() == () and not run.folder.exists()


def test_a_data_file_that_lay_elsewhere_survives_its_run(runs: Runs, tmp_path: Path):
    (tmp_path / "mine.csv").write_bytes(CSV)
    runs.delete(runs.make("first", "mine.csv", tmp_path / "mine.csv"))
    assert (tmp_path / "mine.csv").read_bytes() == CSV


def test_missing_packages_are_told_before_anything_starts(
    run: Run, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(runs_of, "find_spec", lambda name: None if name == "accelerate" else True)
    with pytest.raises(WorkError, match=r"\(accelerate\): run python -m pip install -r training/"):
        run.start(TRAIN)
    assert run.work is None


def test_a_run_that_is_gone_is_told(runs: Runs):
    for name in ("gone", "../../etc"):
        with pytest.raises(WorkError, match="There is no run"):
            runs.find(name)


@pytest.mark.slow
def test_a_command_runs_with_this_interpreter(runs: Runs, run: Run):
    run.configure({"text_fields": ["text"], "label_fields": ["absent"]})
    run.start(CHECK)
    wait_for(lambda: run.work.state != process.RUNNING, "the check")
    assert run.work.state == process.FAILED
    assert "absent" in (run.folder / process.LOG).read_text("utf-8")
    assert sys.executable.endswith("python")


def test_a_file_that_went_away_is_told(run: Run):
    run.data.unlink()
    with pytest.raises(DataError, match="does not exist"):
        run.preview(1)
