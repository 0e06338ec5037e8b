import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inference.compare import labelled_file
from inference.core.errors import DataError, LeakError, ModelError
from inference.data.problem_types import SINGLE
from inference.data.schema import Schema
from inference.evaluation import leaderboard, predictions
from inference.models.bundle import Bundle
from inference.models.tfidf import load_tfidf
from tests import boards
from tests.receipts import data_json, receipt_json
from tests.tiny import LABELS
from tests.training.toy import toy_examples
from training.baselines import baselines, tfidf_tables

SCHEMA = Schema(("text",), ("label",))
ROOT = Path(labelled_file.__file__).parents[2]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 rows of three labels and one that no model knows."""
    words = {"negative": "bad awful", "neutral": "a day", "positive": "good great"}
    rows = [f"{words[LABELS[n % 3]]} {n},{LABELS[n % 3]}" for n in range(40)]
    path = tmp_path_factory.mktemp("file") / "mine.csv"
    path.write_text("text,label\n" + "\n".join([*rows, "who knows,spam"]) + "\n")
    return path


def judge(file: Path, names: list[str], hub, listed=None) -> labelled_file.Judged:
    models = list(labelled_file.models_to_compare(names, listed, hub, threads=1))
    published = labelled_file.published_with(names[0], hub)
    return labelled_file.judge_file(models, file, SCHEMA, published=published)


def finished_run(folder: Path, model: Path, best_free: str) -> Path:
    """A run folder as training leaves it: with its receipt, its TF-IDF baseline and its table."""
    shutil.copytree(model, folder)
    (folder / "run.json").write_text(json.dumps(receipt_json()))
    bundle = Bundle(LABELS, SINGLE)
    (fitted,) = baselines.fit(toy_examples(120), bundle, seed=0, names=("tfidf_lr",))
    tfidf_tables.save(fitted.scorer, folder)
    free = boards.row(best_free, role="baseline", title="The one that was free")
    leaderboard.save_leaderboard(
        boards.board(boards.row("ours"), free), folder / "results" / "leaderboard.json"
    )
    return folder


def test_the_published_baseline_stands_beside_the_model_and_beats_one_that_knows_nothing(
    file, show_hub, onnx_model, tmp_path
):
    run = finished_run(tmp_path / "run", onnx_model, "tfidf_lr")
    judged = judge(file, [str(run)], show_hub)
    assert [row.model.name for row in judged.board.rows] == ["model_1", "tfidf_lr", "majority"]
    assert judged.board.best_free == "tfidf_lr" and judged.missing == ""
    assert leaderboard.sentence(judged.board).startswith("Worse: run loses to the best free one")
    scores = load_tfidf(run).score(["good great 2"])
    assert judged.predictions["tfidf_lr"].scores[2] == pytest.approx(scores[0], abs=1e-6)


def test_that_a_better_baseline_is_not_at_hand_is_said(file, show_hub, onnx_model, tmp_path):
    run = finished_run(tmp_path / "run", onnx_model, "encoder_lr")
    missing = judge(file, [str(run)], show_hub).missing
    assert "The one that was free, which is not at hand here" in missing


def test_another_fine_tuned_model_is_nothing_that_was_free(file, show_hub, onnx_model, tmp_path):
    run = finished_run(tmp_path / "run", onnx_model, "tfidf_lr")
    (run / "results" / "tfidf.json").unlink()
    board = judge(file, [str(run), str(run)], show_hub).board
    assert [row.model.role for row in board.rows] == ["fine-tuned", "fine-tuned"]
    assert leaderboard.sentence(board).startswith("No verdict, as no baseline was measured: run")
    assert all(row.difference is None for row in board.rows)


def test_the_first_model_is_judged_against_the_others_and_the_best_constant(
    file, show_hub, onnx_model, encoder
):
    board = judge(file, [str(onnx_model), "demo/cat-tuned"], show_hub).board
    assert [(row.model.name, row.model.role) for row in board.rows] == [
        ("model_1", "fine-tuned"),
        ("model_2", "pretrained"),
        ("majority", "baseline"),
    ]
    assert board.examples == 40
    assert board.rows[0].difference is not None
    assert board.rows[2].figures["mcc"] == 0
    same = board.row("model_2")
    assert same.figures == board.rows[0].figures, "the same files, once from the Hub"
    assert len(same.model.revision) == 40


def test_rows_that_cannot_be_used_are_named(file, show_hub, onnx_model):
    judged = judge(file, [str(onnx_model)], show_hub)
    assert [row.row for row in judged.rejected] == [41]
    assert "spam" in judged.rejected[0].reason


def test_a_catalogue_gives_roles_and_label_maps(file, show_hub, shown):
    names = [entry.repo_id for entry in shown.models]
    board = judge(file, names, show_hub, shown).board
    roles = [row.model.role for row in board.rows]
    assert roles == ["fine-tuned", "pretrained", "zero-shot", "baseline"]
    assert [row.labels_known for row in board.rows] == [3, 2, 3, 3]


def test_a_model_of_other_labels_is_refused_with_the_map_to_fill_in(file, show_hub, onnx_model):
    with pytest.raises(ModelError, match=r"demo/cat-other: the model has the labels a, b, c.*map"):
        judge(file, [str(onnx_model), "demo/cat-other"], show_hub)


def test_a_folder_that_is_not_there_and_a_file_without_rows_are_said(
    show_hub, onnx_model, tmp_path
):
    with pytest.raises(ModelError, match=r"\./nowhere is no folder"):
        labelled_file.open_named("./nowhere", show_hub)
    (tmp_path / "empty.csv").write_text("text,label\n")
    with pytest.raises(DataError, match="no row"):
        judge(tmp_path / "empty.csv", [str(onnx_model)], show_hub)


def test_what_is_saved_gives_the_same_table_again(file, show_hub, onnx_model, tmp_path):
    judged = judge(file, [str(onnx_model)], show_hub)
    labelled_file.save(judged, tmp_path)
    assert leaderboard.load_leaderboard(tmp_path / "leaderboard.json") == judged.board
    said = predictions.load(tmp_path / "predictions" / "model_1.parquet")
    assert (said.scores == judged.predictions["model_1"].scores).all()
    assert "mine.csv:41: " in (tmp_path / "rejected.txt").read_text()


@pytest.mark.parametrize(("part", "is_refused"), [("train", True), ("test", False)])
def test_a_model_is_not_judged_on_the_file_it_learned_from(
    file, show_hub, onnx_model, tmp_path, part, is_refused
):
    run = tmp_path / "run"
    shutil.copytree(onnx_model, run)
    source = {"part": part, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    (run / "run.json").write_text(json.dumps(receipt_json(data=data_json(source))))
    names = ["demo/cat-tuned", str(run)]
    if is_refused:
        with pytest.raises(LeakError, match="learned from .*mine.csv"):
            labelled_file.refuse_trained_on(names, file, show_hub)
    else:
        labelled_file.refuse_trained_on(names, file, show_hub)


def test_a_damaged_receipt_lets_no_leak_pass(file, show_hub, onnx_model, tmp_path):
    run = shutil.copytree(onnx_model, tmp_path / "run")
    (run / "run.json").write_text(json.dumps(receipt_json(data={"sources": 3})))
    with pytest.raises(ModelError, match="run.json is no receipt of a run: data.sources is 3"):
        labelled_file.refuse_trained_on([str(run)], file, show_hub)
    assert labelled_file.default_label_fields(str(run)) == ("label",)


def test_a_file_of_one_label_decides_nothing(show_hub, onnx_model, tmp_path):
    (tmp_path / "one.csv").write_text("text,label\n" + "good day,positive\n" * 20)
    board = judge(tmp_path / "one.csv", [str(onnx_model)], show_hub).board
    assert "have the same labels" in leaderboard.sentence(board)


@pytest.mark.slow
def test_the_command_prints_the_verdict_and_the_table(file, show_hub, onnx_model, tmp_path):
    run = tmp_path / "run"
    run.symlink_to(onnx_model)
    command = [sys.executable, "-m", "inference.compare", str(run), "--file", str(file)]
    environment = {"PATH": "/usr/bin:/bin", "HF_HOME": str(tmp_path / "home"), "CPU_CORES": "1"}
    refused = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: say with --label_fields")
    command += ["--label_fields", "label", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["examples"] == 40
    assert "rejected" in done.stderr
