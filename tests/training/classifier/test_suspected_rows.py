"""Training rows with planted wrong labels are left out, and no row of another part ever is."""

import csv
import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.core import settings
from inference.core.errors import ConfigError
from inference.data.problem_types import MULTI, SINGLE
from inference.data.records import Example
from inference.models import zero_shot
from inference.models.zero_shot import Encoder
from tests.space_fixtures import PROJECT
from tests.tiny import make_tiny_model
from tests.training.toy import WHERE, WORDS, toy_config, toy_examples
from training.classifier import preparation, suspected_rows
from training.data import data
from training.data.data import Splits
from training.data.left_out import read_suspects
from training.run.checks import DEVIATES
from training.run.run_folder import write_json
from training.settings.config import TrainConfig
from training.train import train
from training.trainer.processes import Processes
from training.verify import verify

LABELS = tuple(WORDS)
OTHER = dict(zip(LABELS, (*LABELS[1:], LABELS[0]), strict=True))
WRONG = range(4, 601, 4)  # rows of the file, counted from 1


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder from whose untrained layers the words can be told."""
    return make_tiny_model(tmp_path_factory.mktemp("base") / "model", None, seed=5)


@pytest.fixture(scope="module")
def encoder(base: Path) -> Encoder:
    return zero_shot.load_encoder(base, threads=1)


def asked(file: Path, base: Path, drop_suspects: str) -> TrainConfig:
    with file.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(["text", "label"])
        for example in toy_examples(600):
            (label,) = example.labels
            given = OTHER[label] if example.row in WRONG else label
            writer.writerow([example.fields["text"], given])
    return toy_config(
        train_file=str(file),
        model_name_or_path=str(base),
        validation_size=0.25,
        drop_suspects=drop_suspects,
    )


def test_planted_wrong_labels_are_left_out_of_training_alone(base, tmp_path, capsys):
    config = asked(tmp_path / "toy.csv", base, "yes")
    whole = data.prepare(config.data, WHERE.connect(), seed=config.trainer.seed)
    prepared = preparation.prepare(config, WHERE.connect(), Processes(config.trainer, WHERE))
    splits = prepared.splits
    assert (splits.validation, splits.test) == (whole.validation, whole.test)
    places = {suspect.place for suspect in splits.left_out}
    planted = {f"toy.csv:{row}" for row in WRONG} & set(whole.row_ids()["train"])
    assert len(places & planted) >= 0.6 * len(planted) > 0, places ^ planted
    assert len(places & planted) >= 0.6 * len(places), places - planted
    assert places.isdisjoint(splits.row_ids()["train"])
    assert len(splits.train) == len(whole.train) - len(places)
    assert splits.receipt()["left_out"] == len(places)
    assert any("were left out" in note for note in splits.notes)
    said = capsys.readouterr().out
    assert splits.left_out[0].place in said.partition("left out, as their labels")[2]


@pytest.mark.slow
def test_two_processes_leave_out_the_same_rows_and_the_run_names_them(base, tmp_path):
    config = asked(tmp_path / "toy.csv", base, "yes").with_values(
        output_dir=str(tmp_path / "run"), max_steps=2, baselines=()
    )
    write_json(tmp_path / "asked.json", config.as_dict())
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command = [*launcher, "--nproc_per_node", "2", "-m", "training.train"]
    done = subprocess.run(
        [*command, "--config", str(tmp_path / "asked.json")],
        cwd=PROJECT,
        env=settings.child_environment(CPU_CORES="1", OMP_NUM_THREADS="1", DEVICE="cpu"),
        capture_output=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    run = tmp_path / "run"
    receipt = json.loads((run / "run.json").read_text("utf-8"))
    assert receipt["device"]["processes"] == 2
    suspects = read_suspects(run)
    assert len(suspects) == receipt["data"]["left_out"] > 50
    assert suspects[0].given != suspects[0].suggested
    assert f"{len(suspects)} of 390 training texts were left out" in (run / "README.md").read_text()
    assert DEVIATES not in {check.state for check in verify(run, WHERE.connect())}
    with pytest.raises(ConfigError, match="drop_suspects is yes there, no asked"):
        train(config.with_values(drop_suspects="no"), WHERE)


def parts(train: int = 300, wrong: float = 0.0) -> Splits:
    """Clean validation texts, and texts to train on with this share of wrong labels."""
    draw = random.Random(1)
    given = [
        replace(
            example, labels=(OTHER[example.labels[0]],) if draw.random() < wrong else example.labels
        )
        for example in toy_examples(train)
    ]
    source = {"part": "train", "name": "toy.csv"}
    validation = tuple(toy_examples(600, seed=5))
    return Splits(tuple(given), validation, (), LABELS, SINGLE, sources=(source,), rejected=())


def choose(splits: Splits, encoder: Encoder, drop_suspects: str) -> list[str]:
    config = toy_config(drop_suspects=drop_suspects).data
    return [one.place for one in suspected_rows.choose(splits, config, encoder, seed=0)]


def test_auto_leaves_suspects_out_where_validation_is_better_without_them(encoder, capsys):
    splits = parts(wrong=0.3)
    assert choose(splits, encoder, "auto") == choose(splits, encoder, "yes") != []
    assert "drop_suspects auto: left out; TF-IDF without" in capsys.readouterr().out


def test_of_clean_labels_auto_keeps_all_rows(encoder, capsys):
    assert choose(parts(), encoder, "auto") == [] != choose(parts(), encoder, "yes")
    assert "drop_suspects auto: all are kept" in capsys.readouterr().out


def test_few_rows_are_all_kept(encoder, capsys):
    assert choose(parts(train=99), encoder, "yes") == []
    assert "99 texts to train on are too few" in capsys.readouterr().out


def test_of_one_label_nothing_is_suspected(encoder, capsys):
    one = tuple(replace(example, labels=LABELS[:1]) for example in toy_examples(120))
    assert choose(replace(parts(), train=one), encoder, "yes") == []
    assert "no label is suspected" in capsys.readouterr().out


def test_a_label_that_is_missing_from_a_set_is_suspected(encoder):
    draw = np.random.default_rng(0)
    examples = []
    for row in range(1, 401):
        true = [label for label in LABELS if draw.random() < 0.5]
        words = [word for label in true for word in draw.choice(WORDS[label], 5)]
        given = true[1:] if row % 20 == 0 and len(true) > 1 else true
        examples.append(Example({"text": " ".join([*words, "the"])}, tuple(given), row))
    wrong = {f"toy.csv:{row}" for row in range(20, 401, 20)}
    source = {"part": "train", "name": "toy.csv"}
    splits = Splits(
        tuple(examples), tuple(examples[:150]), (), LABELS, MULTI, sources=(source,), rejected=()
    )
    left_out = choose(splits, encoder, "yes")
    assert len(wrong & set(left_out[:20])) >= 5, left_out
    assert len(
        splits.without(
            suspected_rows.choose(splits, toy_config(drop_suspects="yes").data, encoder, seed=0)
        ).train
    ) == 400 - len(left_out)


@pytest.mark.parametrize(
    ("counts", "most"),
    [((20, 30), (10, 15)), ((9, 30), (0, 15)), ((1, 400), (0, 200))],
)
def test_a_label_keeps_half_of_its_rows_and_a_rare_one_keeps_all(counts, most):
    matrix = np.repeat(np.eye(2, dtype=bool), counts, axis=0)
    taken = suspected_rows.leave_room(range(sum(counts)), matrix)
    assert tuple(matrix[taken].sum(axis=0)) == most


def test_a_row_of_several_labels_stays_where_one_of_them_has_no_room():
    matrix = np.array([[True, True]] * 9 + [[False, True]] * 9)
    assert suspected_rows.leave_room(range(18), matrix) == list(range(9, 18))


def test_a_run_of_another_value_is_another_run():
    identities = [
        toy_config(drop_suspects=value).weights_identity() for value in ("no", "yes", "auto")
    ]
    assert [one["drop_suspects"] for one in identities] == ["no", "yes", "auto"]
