"""Ours and its peers on one sample of rows: each run as a person would, and what it predicted.

Owns how a system is run and where its answers lie: CELL/SYSTEM.json, one file a system, with the
label predicted for each test row. What that is worth is few_labels.py's business.

Try: python -c "from benchmarks.few_label_systems import PEERS; print(*PEERS)"
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.material import PROJECT
from benchmarks.peers import environments, rows
from hub.errors import UserError
from inference.core import settings
from inference.core.atomic_write import write_whole
from inference.evaluation import leaderboard, predictions
from inference.evaluation.formulas import Sample, gather_sample
from inference.evaluation.predictions import label_table
from training.run.receipt import read_split_ids

OURS = "ours"
# Free rows of the same run of the command, which also are stored.
OF_OURS = ("encoder_lr", "tfidf_lr", "majority")
_WEIGHTS = (".safetensors", ".onnx")  # 200 MB a run, not needed once the answers are stored


@dataclass(frozen=True)
class PeerScript:
    """A script of benchmarks/peers/.

    requirements: of its own environment, see environments.py; None for the project's.
    """

    module: str
    requirements: str | None = None


PEERS: Mapping[str, PeerScript] = {
    "frozen_lr": PeerScript("frozen_regression"),
    "setfit": PeerScript("setfit_bounded", "setfit"),
    "autointent": PeerScript("autointent_classic", "autointent"),
    "trainer": PeerScript("transformers_trainer"),
}


@dataclass(frozen=True)
class PredictedLabels:
    """What one system predicted for each test row; None where it decided on no label.

    seconds: from its start to its last answer, loading and predicting included; of the command's
        baselines those of its whole run.
    """

    seconds: float
    labels: tuple[str | None, ...]

    def save(self, path: Path) -> None:
        """Write them, whole or not at all."""
        write_whole(path, json.dumps(asdict(self), ensure_ascii=False) + "\n")

    def sample(self, truth: NDArray[np.int64], labels: Sequence[str]) -> Sample:
        """These N answers held against the truth, (N,) numbers of labels."""
        chosen = [() if label is None else (label,) for label in self.labels]
        decided = label_table(chosen, labels)  # (N, C)
        return gather_sample(truth, decided.astype(float), decided.astype(bool))

    @classmethod
    def load(cls, path: Path) -> "PredictedLabels":
        """Read them again."""
        stored = json.loads(path.read_text("utf-8"))
        return cls(stored["seconds"], tuple(stored["labels"]))


@dataclass(frozen=True)
class LearningTask:
    """Rows to learn from and rows to predict: files with the columns text and label.

    folder: where answers and logs of all systems are kept. flags: more of the public command's.
    """

    folder: Path
    train: Path
    test: Path
    model: Path
    seed: int
    flags: Sequence[str] = ()

    def stored(self, system: str) -> Path:
        """Where the answers of a system lie."""
        return self.folder / f"{system}.json"


def solve(task: LearningTask, system: str, python: str = sys.executable) -> None:
    """Run a system and store its answers; those that are there already are not made again.

    python: of the system's own environment.

    Raises:
        UserError: it did not end well, or did not answer every test row.
    """
    if task.stored(system).is_file():
        return
    if system == OURS:
        _run_command(task)
    else:
        _run_peer(task, system, python)


def python_of(system: str, cache: Path = environments.CACHE) -> str:
    """The Python that runs a system; its environment is made if need be.

    Raises:
        UserError: its packages cannot be installed.
    """
    script = PEERS.get(system)
    if script is None or script.requirements is None:
        return sys.executable
    return str(environments.prepare(script.requirements, cache))


def _run_command(task: LearningTask) -> None:
    """Train by the public command and store the answers of its judged model and its baselines."""
    run = task.folder / "run"
    command = [sys.executable, "-m", "training.train", "--train_file", str(task.train.resolve())]
    command += ["--test_file", str(task.test.resolve()), "--text_fields", "text"]
    command += ["--label_field", "label", "--model_name_or_path", str(task.model.resolve())]
    command += ["--output_dir", str(run.resolve()), "--seed", str(task.seed), *task.flags]
    log = task.folder / f"{OURS}.log"
    seconds = _timed(command, log, PROJECT, settings.child_environment())
    board = leaderboard.load_leaderboard(run / "results" / "leaderboard.json")
    assert board.judged is not None, f"{run} has no fine-tuned row"
    free = {row.model.name for row in board.rows}.intersection(OF_OURS)
    # the judged row last: its file says that this run is done
    for system, row in (*((name, name) for name in free), (OURS, board.judged.model.name)):
        PredictedLabels(seconds, _by_row(run, row, task.test)).save(task.stored(system))
    for path in run.rglob("*"):
        if path.suffix in _WEIGHTS:
            path.unlink()


def _by_row(run: Path, name: str, test: Path) -> tuple[str | None, ...]:
    """What a model of a run decided, in the order of the test file."""
    stored = predictions.load(run / predictions.FOLDER / f"{name}.parquet")
    numbers = [int(row_id.rpartition(":")[2]) for row_id in read_split_ids(run)["test"]]
    count = len(rows.read(test))
    if sorted(numbers) != list(range(1, count + 1)):
        raise UserError(
            f"{run} judged {len(numbers)} of the {count} rows of {test}; the peers are judged on "
            "all of them, so it has to be the same rows"
        )
    labels: list[str | None] = [None] * count
    for number, decided in zip(numbers, stored.decided, strict=True):
        if decided.any():
            labels[number - 1] = stored.labels[int(decided.argmax())]
    return tuple(labels)


def _run_peer(task: LearningTask, system: str, python: str) -> None:
    """Run the script of a peer in a folder that is thrown away, and store its answers."""
    log = task.folder / f"{system}.log"
    with tempfile.TemporaryDirectory() as scratch:
        answers = Path(scratch) / "predictions.jsonl"
        command = [python, "-m", f"benchmarks.peers.{PEERS[system].module}"]
        command += ["--train", str(task.train.resolve()), "--test", str(task.test.resolve())]
        command += ["--model", str(task.model.resolve()), "--seed", str(task.seed)]
        command += ["--predictions", str(answers)]
        environment = settings.child_environment(
            GOMP_SPINCOUNT="3000",  # as the public command has it: see inference/core/settings.py
            HF_HUB_OFFLINE="1",
            PYTHONPATH=str(PROJECT),
            TOKENIZERS_PARALLELISM="false",
            XDG_CACHE_HOME=scratch,  # AutoIntent keeps the vectors of texts it has seen
        )
        seconds = _timed(command, log, Path(scratch), environment)
        labels = rows.read_predictions(answers)
    PredictedLabels(seconds, tuple(labels)).save(task.stored(system))


def _timed(command: Sequence[str], log: Path, cwd: Path, environment: dict[str, str]) -> float:
    """Run a command, which says what it has to say to a file; returns its seconds.

    Raises:
        UserError: it did not end well.
    """
    start = time.perf_counter()
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(command, cwd=cwd, env=environment, stdout=file, stderr=file)
    if done.returncode:
        last = (log.read_text("utf-8").strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(f"exit code {done.returncode}: {last} (see {log})")
    return time.perf_counter() - start
