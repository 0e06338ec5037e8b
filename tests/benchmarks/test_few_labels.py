"""Learning curves beside peers: the rows that all learn from, the figures, and what is kept."""

import csv
import json
import statistics
import sys
from collections import Counter
from pathlib import Path

import pytest
from sklearn.metrics import f1_score, matthews_corrcoef

from benchmarks import few_labels
from benchmarks.few_label_systems import (
    OF_OURS,
    OURS,
    LearningTask,
    PredictedLabels,
    python_of,
    solve,
)
from benchmarks.few_labels import LabelledSet, draw_rows
from benchmarks.learning_curves import compare_with_best
from benchmarks.peers import environments, rows
from hub.errors import UserError
from tests.training.toy import toy_examples

TRAIN, TEST = 120, 60
NOBODY = Path("no-model")  # where nothing is run


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as --data wants it, with toy tweets."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "tweet_eval_emotion").mkdir()
    for part, count, seed in (("train", TRAIN, 0), ("test", TEST, 1)):
        with (folder / "tweet_eval_emotion" / f"{part}.csv").open("w", newline="") as file:
            written = [(one.fields["text"], one.labels[0]) for one in toy_examples(count, seed)]
            csv.writer(file).writerows([("text", "label_name"), *written])
    return folder


def truth_of(data: Path) -> list[str]:
    test = rows.read(data / "tweet_eval_emotion" / "test.csv", "label_name")
    return [label for _, label in test]


def store(task: LearningTask, system: str, labels: list[str | None]) -> None:
    PredictedLabels(seconds=2.0, labels=tuple(labels)).save(task.stored(system))


def half_wrong(truth: list[str]) -> list[str | None]:
    """Every second label is that of the row before; one row is left undecided."""
    return [None, *(truth[n - n % 2] for n in range(1, len(truth)))]


def report(data: Path, out: Path, capsys: pytest.CaptureFixture, *flags: str) -> dict:
    few_labels.main([f"--data={data}", f"--out={out}", "--sets=emotion", "--systems", *flags])
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_fewer_rows_are_part_of_more_and_each_label_gives_as_many(data):
    train = rows.read(data / "tweet_eval_emotion" / "train.csv", "label_name")
    drawn = {most: draw_rows(train, most, seed=1) for most in (2, 4, 8, None)}
    for fewer, more in ((2, 4), (4, 8), (8, None)):
        assert set(drawn[fewer]) < set(drawn[more])
        assert set(Counter(label for _, label in drawn[fewer]).values()) == {fewer}
    assert sorted(drawn[None]) == sorted(train)
    assert draw_rows(train, 4, seed=1) == drawn[4] != draw_rows(train, 4, seed=2)


def test_a_label_that_has_fewer_rows_gives_all_of_them():
    few = [("a", "rare"), *((str(n), "often") for n in range(9))]
    assert Counter(label for _, label in draw_rows(few, 4, 0)) == {"rare": 1, "often": 4}


def test_all_systems_of_a_cell_are_given_the_same_files(data, tmp_path):
    labelled = LabelledSet("emotion", data, tmp_path, NOBODY)
    first, second = (labelled.task("4", seed=1) for _ in range(2))
    assert first == second and len(rows.read(first.train)) == 12
    assert [label for _, label in rows.read(first.test)] == truth_of(data)


def test_a_folder_with_answers_for_other_rows_is_refused(data, tmp_path):
    labelled = LabelledSet("emotion", data, tmp_path, NOBODY)
    rows.write([("another", "joy")], labelled.task("4", seed=1).train)
    with pytest.raises(UserError, match="4-1/train.csv holds other rows"):
        labelled.task("4", seed=1)


def test_a_cell_is_not_done_twice(data, tmp_path):
    task = LabelledSet("emotion", data, tmp_path, NOBODY).task("4", seed=1)
    with pytest.raises(FileNotFoundError):
        solve(task, "setfit", python="no-python")
    store(task, "setfit", [])
    solve(task, "setfit", python="no-python")


def test_the_figures_are_those_of_scikit_learn(data, tmp_path, capsys):
    """A row without a decision is wrong for its label, and a hit of none."""
    truth = truth_of(data)
    store(LabelledSet("emotion", data, tmp_path, NOBODY).task("4", 1), "setfit", half_wrong(truth))
    told = report(data, tmp_path, capsys, f"--model={NOBODY}", "--rows=4", "--seeds=1")
    decided = [label or "none" for label in half_wrong(truth)]
    (cell,) = told["cells"]
    assert cell["mcc"] == pytest.approx(matthews_corrcoef(truth, decided))
    expected = f1_score(truth, decided, labels=sorted(set(truth)), average="macro")
    assert cell["macro_f1"] == pytest.approx(expected)
    assert cell["accuracy"] == pytest.approx(
        statistics.mean(a == b for a, b in zip(truth, decided, strict=True))
    )
    assert told["differences"] == [], "ours was not measured"


def test_ours_is_held_against_the_best_other_on_the_seeds_that_both_have(data, tmp_path, capsys):
    truth = truth_of(data)
    labelled = LabelledSet("emotion", data, tmp_path, NOBODY)
    for seed in (1, 2, 3):
        task = labelled.task("4", seed)
        store(task, "setfit", half_wrong(truth))
        store(task, "majority", [truth[0]] * len(truth))
        if seed < 3:
            store(task, OURS, list(truth))
    told = report(data, tmp_path, capsys, f"--model={NOBODY}", "--rows", "4", "8")
    (found,) = told["differences"]
    assert (found["most"], found["other"], found["seeds"]) == ("4", "setfit", [1, 2])
    mcc = {cell["system"]: cell["mcc"] for cell in told["cells"]}
    assert mcc["majority"] == 0
    assert found["mcc"] == pytest.approx(1 - mcc["setfit"])
    low, high = found["interval"]
    assert 0 < low < found["mcc"] < high


def test_the_same_answers_differ_by_nothing(data, tmp_path):
    labelled = LabelledSet("emotion", data, tmp_path, NOBODY)
    task = labelled.task("4", 1)
    for system in (OURS, "setfit"):
        store(task, system, half_wrong(truth_of(data)))
    found = compare_with_best(list(labelled.measure("4", 1)), "4", OURS)
    assert found and (found.mcc, found.interval) == (0, (0, 0))


def test_tables_and_the_plot_are_made_of_what_is_there(data, tmp_path, capsys):
    truth = truth_of(data)
    labelled = LabelledSet("emotion", data, tmp_path, NOBODY)
    for most, seed in (("4", 1), ("4", 2), ("all", 1)):
        store(labelled.task(most, seed), "frozen_lr", half_wrong(truth))
    flags = [f"--data={data}", f"--out={tmp_path}", "--sets=emotion", f"--model={NOBODY}"]
    few_labels.main([*flags, "--rows", "4", "all", "--seeds", "1", "2", "--systems"])
    lines = capsys.readouterr().out.splitlines()
    mcc = matthews_corrcoef(truth, [label or "none" for label in half_wrong(truth)])
    first = [line.split() for line in lines if line.startswith(("4 ", "all "))][:2]
    assert first == [
        ["4", f"{mcc:.3f}", "+-", "0.000", "(2)"],
        ["all", f"{mcc:.3f}", "+-", "-", "(1)"],
    ]
    assert (tmp_path / few_labels.PLOT).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("rows_flag", ["0", "-1", "many"])
def test_a_number_of_rows_that_is_none_is_refused(rows_flag, capsys):
    with pytest.raises(SystemExit):
        few_labels.parse(["--data=x", "--out=y", "--rows", rows_flag])
    assert "--rows" in capsys.readouterr().err


def test_a_peer_that_cannot_be_installed_is_named_and_the_others_go_on(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    pythons, left_out = few_labels.environments_of(["frozen_lr", "setfit"], tmp_path)
    assert pythons == {"frozen_lr": sys.executable}
    assert list(left_out) == ["setfit"]
    assert left_out["setfit"].startswith("setfit.txt cannot be installed: ERROR:")


@pytest.mark.parametrize("system", ["setfit", "autointent"])
def test_what_is_installed_is_not_installed_again(system, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tmp_path / system).mkdir()
    wanted = (environments.HERE / f"{system}.txt").read_text()
    (tmp_path / system / "installed.txt").write_text(wanted)
    assert python_of(system, tmp_path) == str(tmp_path / system / "bin" / "python")


def test_a_peer_that_fails_says_its_last_line_and_where_the_rest_is(data, tmp_path):
    task = LabelledSet("emotion", data, tmp_path, NOBODY).task("4", 1)
    with pytest.raises(UserError, match=r"No module named 'autointent' \(see .*autointent.log"):
        solve(task, "autointent", sys.executable)
    assert not task.stored("autointent").exists()


@pytest.mark.slow
def test_ours_and_peers_are_run_as_commands_and_stored_once(data, tiny_model, tmp_path, capsys):
    flags = ["ours", "frozen_lr", "trainer", f"--model={tiny_model}", "--rows=8", "--seeds=1"]
    told = report(data, tmp_path, capsys, *flags)
    systems = {"frozen_lr", "trainer", OURS, *OF_OURS}
    assert {cell["system"] for cell in told["cells"]} == systems
    assert {cell["rows"] for cell in told["cells"]} == {24}
    (difference,) = told["differences"]
    assert difference["other"] in systems - {OURS}
    folder = tmp_path / "emotion" / "8-1"
    board = json.loads((folder / "run" / "results" / "leaderboard.json").read_text())
    judged = {row["model"]["name"]: row["figures"]["mcc"] for row in board["rows"]}
    mcc = {cell["system"]: cell["mcc"] for cell in told["cells"]}
    assert mcc[OURS] == pytest.approx(judged["onnx_int8"])
    assert {name: mcc[name] for name in OF_OURS} == pytest.approx({n: judged[n] for n in OF_OURS})
    assert not list(folder.rglob("*.safetensors")), "weights are not kept"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert report(data, tmp_path, capsys, *flags) == told
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
