"""What stands behind a verdict table, row by row: the truth and every model's answers.

A published model repo holds it under results/, without any text. A catalogue folder keeps a copy
for each fine-tuned model on show, and, where its owner puts them there, the texts:

    results/OWNER--NAME/   decision.json, run.json, results/..., at the paths they have in the repo
    texts/test.csv         optional: the very file that the test rows came from

Owns which files these are, and which answers belong to which row of a table. What is made of the
answers is curves.py and pairwise.py.

Try: python -c "from pathlib import Path; from inference.evaluation import stored_results; \
print(stored_results.folder_of(Path('ready'), 'demo/tweet-sentiment'))"
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inference.core.errors import DataError
from inference.data import records, tables
from inference.data.schema import Schema
from inference.evaluation import predictions
from inference.evaluation.leaderboard import Leaderboard, load_leaderboard
from inference.evaluation.predictions import Predictions, Targets
from inference.models.bundle import Bundle, load_bundle
from inference.models.model_files import read_json
from inference.models.receipt import RECEIPT_FILE, TrainedColumns, load_asked, load_receipt

FOLDER, TEXTS = "results", "texts"
# What a catalogue keeps of a repo; config files because the thresholds are read beside them.
FILES = (
    "config.json",
    "tokenizer_config.json",
    "decision.json",
    RECEIPT_FILE,
    "results/leaderboard.json",
    "results/splits.json",
    "results/words.json",
    "results/targets.parquet",
    "results/predictions/*.parquet",
)
_LEADERBOARD, _SPLITS = "results/leaderboard.json", "results/splits.json"


@dataclass(frozen=True)
class StoredResults:
    """The truth of the test rows, and where the answers of each row of the table lie.

    folder: of the catalogue. run: the stored files of the run whose truth this is.
    row_ids: (N,) as `test.csv:12`; empty where the run does not say.
    """

    folder: Path
    run: Path
    targets: Targets
    row_ids: tuple[str, ...]
    files: Mapping[tuple[str, str], Path]

    def answers(self, name: str, repo_id: str) -> Predictions | None:
        """What the model of a row of the table said about every example; None if not stored.

        Raises:
            DataError: the file is damaged, or of other rows or labels than the table.
        """
        path = self.files.get((name, repo_id))
        if path is None:
            return None
        stored = predictions.load(path)
        if stored.labels != self.targets.labels or len(stored.scores) != len(self.targets.matrix):
            raise DataError(
                f"{path} holds {len(stored.scores)} rows of {', '.join(stored.labels)}; expected "
                f"{len(self.targets.matrix)} of {', '.join(self.targets.labels)}: prepare the "
                "catalogue again"
            )
        return stored


def keep(repo: Path, catalogue: Path, repo_id: str) -> None:
    """Copy the files of FILES that a fetched repo has into the catalogue folder."""
    for path in (path for pattern in FILES for path in repo.glob(pattern)):
        copy = folder_of(catalogue, repo_id) / path.relative_to(repo)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def folder_of(catalogue: Path, repo_id: str) -> Path:
    """Where a catalogue keeps what it has of a repo."""
    return catalogue / FOLDER / repo_id.replace("/", "--")


def find(catalogue: Path, board: Leaderboard) -> StoredResults | None:
    """Return what the catalogue folder holds of the test set of this table; None for nothing.

    Raises:
        DataError: a stored file is damaged, or says otherwise than the table.
    """
    runs = []
    for path in sorted((catalogue / FOLDER).glob(f"*/{_LEADERBOARD}")):
        stored = load_leaderboard(path)
        run = path.parent.parent
        is_same = (stored.test_sha256, stored.labels) == (board.test_sha256, board.labels)
        if is_same and (run / predictions.TARGETS).is_file():
            runs.append((run, stored))
    if not runs:
        return None
    files: dict[tuple[str, str], Path] = {}
    for run, stored in runs:
        for row in stored.rows:
            path = run / predictions.FOLDER / f"{row.model.name}.parquet"
            if path.is_file():
                files.setdefault((row.model.name, row.model.repo_id), path)
    first = runs[0][0]
    targets = predictions.load_targets(first / predictions.TARGETS)
    if len(targets.matrix) != board.examples or targets.labels != board.labels:
        raise DataError(
            f"{first / predictions.TARGETS} holds {len(targets.matrix)} rows of "
            f"{', '.join(targets.labels)}; the verdict table was measured on {board.examples} of "
            f"{', '.join(board.labels)}: prepare the catalogue again"
        )
    return StoredResults(catalogue, first, targets, _row_ids(first, board.examples), files)


def tested(catalogue: Path, repo_id: str) -> Predictions | None:
    """What a fine-tuned model on show said of its own test rows; None where that is not kept.

    Raises:
        DataError: a kept file is damaged.
    """
    run = folder_of(catalogue, repo_id)
    if not (run / _LEADERBOARD).is_file():
        return None
    judged = load_leaderboard(run / _LEADERBOARD).judged
    path = run / predictions.FOLDER / f"{judged.model.name if judged else ''}.parquet"
    return predictions.load(path) if path.is_file() else None


def bundle_of(catalogue: Path, repo_id: str) -> Bundle | None:
    """How a fine-tuned model on show decides; None where the catalogue does not keep it.

    Raises:
        ModelError: the kept files contradict each other.
    """
    run = folder_of(catalogue, repo_id)
    return load_bundle(run) if (run / "config.json").is_file() else None


def texts(results: StoredResults) -> tuple[str, ...]:
    """Return the text of every test row, (N,); empty where the catalogue folder has no such file.

    The file must be the one that was measured on, byte for byte.

    Raises:
        DataError: the file is another one than that of the run, or cannot be read.
        ModelError: the receipt of the run cannot be read.
    """
    names = {row_id.rpartition(":")[0] for row_id in results.row_ids}
    paths = [results.folder / TEXTS / name for name in sorted(names)]
    if not results.row_ids or not all(path.is_file() for path in paths):
        return ()
    receipt, bundle = load_receipt(results.run), load_bundle(results.run)
    if not bundle.text_fields:
        return ()
    known = {source.name: source.sha256 for source in receipt.data.sources}
    columns = load_asked(TrainedColumns, results.run).column_names
    schema = Schema(bundle.text_fields, column_names=columns, json_fields=bundle.json_fields)
    by_id: dict[str, str] = {}
    for path in paths:
        if tables.fingerprint(path) != known.get(path.name):
            raise DataError(
                f"{path} is not the file that the models were measured on (its sha256 is another "
                "than run.json's); put that file there, or remove this one"
            )
        read = records.read(path, schema)
        by_id.update({f"{path.name}:{e.row}": bundle.compose(e.fields) for e in read.examples})
    return tuple(by_id.get(row_id, "") for row_id in results.row_ids)


def _row_ids(run: Path, count: int) -> tuple[str, ...]:
    if not (run / _SPLITS).is_file():
        return ()
    ids = read_json(run / _SPLITS).get("test")
    if not isinstance(ids, list) or len(ids) != count:
        raise DataError(f"{run / _SPLITS} does not name {count} test rows; prepare again")
    return tuple(map(str, ids))
