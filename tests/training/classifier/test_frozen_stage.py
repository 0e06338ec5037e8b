"""A head over the frozen encoder takes the place of a fine-tuned model that is worse."""

from pathlib import Path

import pytest
from transformers import AutoModelForSequenceClassification

from inference.data.problem_types import MULTI, SINGLE
from inference.models.bundle import Bundle, save_bundle
from inference.models.classifier import TORCH, load_classifier
from inference.runs.contract import Stage
from tests.tiny import LABELS, make_tiny_model
from tests.training.toy import WHERE, toy_config, toy_examples
from training.baselines.fitted_baselines import FittedBaselines
from training.baselines.shared_encoder import SharedEncoder
from training.classifier import frozen_stage
from training.data.data import Splits
from training.data.splits import label_matrix
from training.run.run_folder import RunFolder, sha256_of
from training.trainer.base import Base
from training.trainer.fit_stage import find_weights
from training.trainer.processes import Processes
from training.trainer.weights import WEIGHTS, write_frozen

CONFIG = toy_config()


def splits(validation: int, problem_type: str = SINGLE) -> Splits:
    parts = [tuple(toy_examples(count, seed)) for seed, count in enumerate((300, validation, 60))]
    return Splits(*parts, LABELS, problem_type, sources=(), rejected=())


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    """An encoder from whose untrained layers the words can be told."""
    return Base(make_tiny_model(tmp_path_factory.mktemp("base") / "model", None, seed=5), "", "")


def trained(folder: Path, problem_type: str = SINGLE) -> tuple[RunFolder, dict[str, object]]:
    """A run whose training went wrong: its model knows nothing."""
    make_tiny_model(folder, LABELS, problem_type)
    save_bundle(Bundle(LABELS, problem_type, max_tokens=32), folder)
    run = RunFolder(folder, {})
    fitted: dict[str, object] = {"weights_sha256": sha256_of(folder / WEIGHTS)}
    run.record(Stage.FIT, "weights", fitted)
    return run, fitted


def kept(run: RunFolder, fitted: dict[str, object], parts: Splits, base: Base) -> dict[str, object]:
    bundle, encoder = parts.bundle(CONFIG.data), SharedEncoder(base.folder)
    baselines = FittedBaselines(parts, bundle, run.path, encoder, {}, seed=0)
    return frozen_stage.keep_better(run, parts, base, CONFIG, fitted, baselines, "cpu", 1)


def correct(folder: Path, parts: Splits) -> float:
    model = load_classifier(folder, engine=TORCH, threads=1)
    scores = model.score([example.fields["text"] for example in parts.test])
    return float((scores.argmax(1) == label_matrix(parts.test, LABELS).argmax(1)).mean())


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
def test_it_takes_the_place_of_a_worse_model(problem_type, base, tmp_path, capsys):
    run, fitted = trained(tmp_path / "run", problem_type)
    parts = splits(150, problem_type)
    assert correct(run.path, parts) < 0.5
    done = kept(run, fitted, parts, base)
    assert done["kept"] == "frozen"
    assert done["weights_sha256"] == sha256_of(run.path / WEIGHTS) != fitted["weights_sha256"]
    assert correct(run.path, parts) > 0.7
    AutoModelForSequenceClassification.from_pretrained(run.path)
    assert "takes the place of the fine-tuned one, which loses by" in capsys.readouterr().out
    opened = RunFolder.open(run.path, {})
    assert find_weights(opened, WEIGHTS, Processes(CONFIG.trainer, WHERE)) == done
    assert kept(opened, done, parts, base) == done
    assert "comparing" not in capsys.readouterr().out, "it is compared once"


def test_a_model_that_is_no_worse_stays(base, tmp_path):
    run, _ = trained(tmp_path / "run")
    write_frozen(CONFIG, splits(150), base, run.path, "cpu", 1000)
    fitted = {"weights_sha256": sha256_of(run.path / WEIGHTS)}
    assert kept(run, fitted, splits(150), base) == {**fitted, "kept": "tuned"}


def test_few_texts_cannot_tell(base, tmp_path):
    run, fitted = trained(tmp_path / "run")
    assert kept(run, fitted, splits(99), base) == fitted


@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_kill_leaves_one_model_or_the_other(is_recorded, base, tmp_path):
    """Between the files that were written and their place in the folder."""
    run, fitted = trained(tmp_path / "run")
    pending = run.path / ".other"
    pending.mkdir()
    write_frozen(CONFIG, splits(150), base, pending, "cpu", 1000)
    other = {"weights_sha256": sha256_of(pending / WEIGHTS), "kept": "frozen"}
    if is_recorded:
        run.record(Stage.FIT, "weights", other)
        (pending / "config.json").replace(run.path / "config.json")  # so far it came
    opened = RunFolder.open(run.path, {})
    done = find_weights(opened, WEIGHTS, Processes(CONFIG.trainer, WHERE))
    assert done == (other if is_recorded else fitted)
    assert not pending.exists()
    assert done["weights_sha256"] == sha256_of(run.path / WEIGHTS)
    load_classifier(run.path, engine=TORCH, threads=1)
