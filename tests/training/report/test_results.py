"""The rows that are published with a model, measured from the saved folder."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from hub.client import connect
from hub.errors import NotFound
from inference.core.errors import ConfigError
from inference.data.problem_types import SINGLE
from inference.evaluation import predictions
from inference.evaluation.leaderboard import load_leaderboard
from inference.models.bundle import Bundle, save_bundle
from inference.models.classifier import load_classifier
from tests.tiny import make_tiny_model
from tests.training.toy import toy_config, toy_examples
from training.baselines.fitted_baselines import FittedBaselines
from training.baselines.shared_encoder import SharedEncoder
from training.data.data import Splits
from training.report import results, rows
from training.report.rows import EvaluationInputs
from training.run.run_folder import RunFolder
from training.settings.report_config import ReportConfig
from training.trainer.base import Base

LABELS = ("negative", "neutral", "positive")
DESCRIPTIONS = {"positive": "good love", "negative": "bad hate", "neutral": "a movie"}


@pytest.fixture
def run_dir(tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "run")
    save_bundle(Bundle(LABELS, SINGLE, max_tokens=32), folder)
    RunFolder(folder, {}).write()
    return folder


def _splits() -> Splits:
    parts = [tuple(toy_examples(count)) for count in (30, 9, 30)]
    return Splits(*parts, LABELS, SINGLE, sources=(), rejected=())


def task(run_dir: Path, base: Base, **config: object) -> EvaluationInputs:
    hub = connect("http://127.0.0.1:9", cache_dir=Path("unused"))  # nothing answers there
    settings = toy_config(**{"baselines": (), **config})
    bundle, encoder = _splits().bundle(settings.data), SharedEncoder(base.folder, 1)
    options = settings.report.baseline_options
    baselines = FittedBaselines(_splits(), bundle, run_dir, encoder, options, seed=0)
    return EvaluationInputs(
        _splits(),
        settings.report,
        baselines,
        settings.trainer.seed,
        base,
        hub,
        "demo/mine",
        threads=1,
    )


def test_every_row_is_measured_judged_and_written(run_dir, tiny_model):
    base = Base(tiny_model, "demo/tiny", "a" * 40)
    given = task(run_dir, base, label_descriptions=DESCRIPTIONS, baselines=("majority", "tfidf_lr"))
    found = results.measure(RunFolder.open(run_dir, {}), "sha", given)
    board = load_leaderboard(run_dir / "results" / "leaderboard.json")
    assert board == found.board
    assert [(row.model.name, row.model.role, row.model.repo_id) for row in board.rows] == [
        ("torch", "fine-tuned", "demo/mine"),  # there is no ONNX file in this folder
        ("majority", "baseline", ""),
        ("tfidf_lr", "baseline", ""),
        ("zero_shot", "zero-shot", "demo/tiny"),
    ]
    stored = json.loads((run_dir / "results" / "metrics.json").read_text())
    assert stored.keys() == found.figures.keys() == {row.model.name for row in board.rows}
    truth = predictions.load_targets(run_dir / predictions.TARGETS)
    said = predictions.load(run_dir / predictions.FOLDER / "torch.parquet")
    model = load_classifier(run_dir, engine="torch", threads=1)
    scores = model.score([example.fields["text"] for example in _splits().test])
    assert said.scores == pytest.approx(scores, abs=1e-6), "rows of the test part, in its order"
    hits = (said.scores.argmax(axis=1) == truth.values).mean()
    assert board.rows[0].figures["accuracy"] == pytest.approx(hits)


def test_without_descriptions_there_is_no_zero_shot_row(run_dir, tiny_model):
    found = results.measure(
        RunFolder.open(run_dir, {}), "sha", task(run_dir, Base(tiny_model, "", ""))
    )
    assert found.figures.keys() == {"torch"}


def test_a_measured_row_is_not_measured_again(run_dir, tiny_model, capsys):
    given = task(run_dir, Base(tiny_model, "", ""), label_descriptions=DESCRIPTIONS)
    boards, shown = [], []
    for weights in ("sha", "sha", "other sha"):
        boards.append(results.measure(RunFolder.open(run_dir, {}), weights, given).board)
        shown.append(capsys.readouterr().out.count("measuring"))
    assert shown == [2, 0, 1], "zero-shot does not depend on the weights"
    assert boards[0] == boards[1]


def test_a_file_that_was_exported_anew_is_measured_anew(run_dir, exported_run, tiny_model, capsys):
    shutil.copytree(exported_run / "onnx", run_dir / "onnx")
    given, shown = task(run_dir, Base(tiny_model, "", "")), []
    for _ in range(2):
        results.measure(RunFolder.open(run_dir, {}), "sha", given)
        shown.append(capsys.readouterr().out.count("measuring"))
        with (run_dir / "onnx" / "model_quantized.onnx").open("ab") as file:
            file.write(b"\x1a\x00")  # field 3, the version of the maker: empty
    assert shown == [2, 1]


def test_answers_of_a_baseline_that_is_no_longer_asked_for_are_removed(run_dir, tiny_model):
    base = Base(tiny_model, "", "")
    for names in (("majority", "prior"), ("majority",)):
        results.measure(RunFolder.open(run_dir, {}), "sha", task(run_dir, base, baselines=names))
    stored = {path.stem for path in (run_dir / predictions.FOLDER).iterdir()}
    assert stored == {"torch", "majority"}


def test_the_tables_of_tfidf_lie_beside_its_answers_and_go_with_them(run_dir, tiny_model):
    base, tables = Base(tiny_model, "", ""), run_dir / "results" / "tfidf.json"
    results.measure(
        RunFolder.open(run_dir, {}), "sha", task(run_dir, base, baselines=("tfidf_lr",))
    )
    assert json.loads(tables.read_text("utf-8"))["labels"] == list(LABELS)
    results.measure(RunFolder.open(run_dir, {}), "sha", task(run_dir, base))
    assert not tables.exists()


def test_a_pretrained_model_that_cannot_be_had_is_named_and_costs_nothing(run_dir, tiny_model):
    given = task(
        run_dir,
        Base(tiny_model, "", ""),
        pretrained_label_maps={"other/model": {"NEG": "negative", "POS": "positive"}},
    )
    found = results.measure(RunFolder.open(run_dir, {}), "sha", given)
    assert found.figures.keys() == {"torch"}
    assert found.missing[0].startswith("other/model was not compared: ")


def test_a_mapped_pretrained_model_has_a_row(run_dir, tiny_model, hub_server, tmp_path):
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    other = make_tiny_model(tmp_path / "other", ("POS", "NEG"), seed=3)
    sha = hub.publish(other, "demo/other-results", message="Add a tiny model").sha
    given = replace(
        task(
            run_dir,
            Base(tiny_model, "", ""),
            pretrained_label_maps={
                f"demo/other-results@{sha}": {"NEG": "negative", "POS": "positive"}
            },
        ),
        hub=hub,
    )
    row = results.measure(RunFolder.open(run_dir, {}), "sha", given).board.rows[1]
    assert (row.model.role, row.model.revision) == ("pretrained", sha)
    assert row.labels_known == 2, "it has no partner for neutral"
    assert row.by_label["roc_auc_by_label"][1] is None


@pytest.mark.parametrize(
    ("maps", "said"),
    [
        ({"owner/other": {"POS": "zzz"}}, "means zzz, but the labels here are negative, neutral"),
        ({"owner/other": {"POS": None}}, "gives no label a meaning"),
    ],
)
def test_a_map_to_no_label_is_refused_before_the_training(maps, said):
    usable = {"a/b": {"x": LABELS[0]}}
    rows.refuse_unusable_maps(ReportConfig(pretrained_label_maps=usable), LABELS)
    with pytest.raises(ConfigError, match=f"the map of owner/other .*{said}"):
        rows.refuse_unusable_maps(ReportConfig(pretrained_label_maps=maps), LABELS)


def test_a_map_of_what_is_no_repo_is_refused_before_the_training():
    maps = {"not an id": {"POS": LABELS[0]}}
    with pytest.raises(NotFound, match="'not an id' is not the id of a repo"):
        rows.refuse_unusable_maps(ReportConfig(pretrained_label_maps=maps), LABELS)


def test_descriptions_must_name_each_label_or_none():
    rows.refuse_incomplete_descriptions(ReportConfig(), LABELS)
    rows.refuse_incomplete_descriptions(ReportConfig(label_descriptions=DESCRIPTIONS), LABELS)
    with pytest.raises(ConfigError, match="describes good, but the labels are negative, neutral"):
        rows.refuse_incomplete_descriptions(ReportConfig(label_descriptions={"good": "x"}), LABELS)


def test_a_model_that_counts_words_stands_beside_its_weights_alone(run_dir, tiny_model):
    given = task(run_dir, Base(tiny_model, "demo/tiny", ""), baselines=("tfidf_lr",))
    assert given.baselines.tfidf() is not None
    save_bundle(Bundle(LABELS, SINGLE, max_tokens=32, tfidf_weight=5.0), run_dir)
    board = results.measure(RunFolder.open(run_dir, {}), "sha", given).board
    assert [(row.model.name, row.model.title) for row in board.rows] == [
        ("torch", "tiny, fine-tuned + TF-IDF"),
        ("plain", "tiny, fine-tuned without TF-IDF"),
        ("tfidf_lr", "TF-IDF + logistic regression"),
    ]
    assert board.judged is board.rows[0]
    together, alone, words = (row.figures["accuracy"] for row in board.rows)
    assert words == together == 1 > alone
