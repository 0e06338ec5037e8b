"""What a model said about every row of a labelled set, stored so that its figures can be redone.

Owns results/targets.parquet and results/predictions/NAME.parquet of a run folder: scores and
decisions by label, in the order of the test part, without any text.

Letters: N examples, C labels.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.core.atomic_write import write_whole
from inference.core.errors import DataError
from inference.data.problem_types import MULTI

FOLDER = Path("results") / "predictions"
TARGETS = Path("results") / "targets.parquet"
_SCORE, _DECIDED = "score:", "decided:"


@dataclass(frozen=True)
class Targets:
    """The truth: matrix is (N, C) of 0 and 1, int8; one 1 a row unless multi-label."""

    labels: tuple[str, ...]
    problem_type: str
    matrix: NDArray[np.int8]

    @property
    def values(self) -> NDArray:
        """As metrics.py wants them: (N,) class numbers, or (N, C) when multi-label."""
        return self.matrix if self.problem_type == MULTI else self.matrix.argmax(axis=1)


@dataclass(frozen=True)
class Predictions:
    """What one model says: scores (N, C) float32, NaN = no such label; decided (N, C) bool."""

    labels: tuple[str, ...]
    scores: NDArray[np.float32]
    decided: NDArray[np.bool_]


def save(predictions: Predictions, path: Path) -> None:
    """Write what a model said, whole or not at all; equal content gives equal bytes."""
    columns: dict[str, NDArray] = {}
    for index, label in enumerate(predictions.labels):
        columns[_SCORE + label] = predictions.scores[:, index]
        columns[_DECIDED + label] = predictions.decided[:, index]
    _write(columns, path)


def load(path: Path) -> Predictions:
    """Read what a model said.

    Raises:
        DataError: the file is missing or holds something else.
    """
    columns, _ = _read(path)
    labels = tuple(n.removeprefix(_SCORE) for n in columns if n.startswith(_SCORE))
    expected = {prefix + label for label in labels for prefix in (_SCORE, _DECIDED)}
    if not labels or set(columns) != expected:
        raise DataError(f"{path} holds {', '.join(columns)}; expected score: and decided: columns")
    return Predictions(
        labels,
        np.stack([columns[_SCORE + label] for label in labels], axis=1).astype(np.float32),
        np.stack([columns[_DECIDED + label] for label in labels], axis=1).astype(np.bool_),
    )


def save_targets(targets: Targets, path: Path) -> None:
    """Write the truth, whole or not at all."""
    columns = {label: targets.matrix[:, index] for index, label in enumerate(targets.labels)}
    _write(columns, path, {"problem_type": targets.problem_type})


def load_targets(path: Path) -> Targets:
    """Read the truth.

    Raises:
        DataError: the file is missing or holds something else.
    """
    columns, metadata = _read(path)
    if "problem_type" not in metadata or not columns:
        raise DataError(f"{path} does not say its problem type; measure the model again")
    matrix = np.stack(list(columns.values()), axis=1).astype(np.int8)
    return Targets(tuple(columns), metadata["problem_type"], matrix)


def label_table(rows: Sequence[Sequence[str]], labels: Sequence[str]) -> NDArray[np.int8]:
    """Return (N, C) of 0 and 1 for the labels of each row."""
    position = {label: index for index, label in enumerate(labels)}
    table = np.zeros((len(rows), len(labels)), np.int8)
    for number, row in enumerate(rows):
        table[number, [position[label] for label in row]] = 1
    return table


def _write(columns: dict[str, NDArray], path: Path, metadata: dict[str, str] | None = None) -> None:
    import pyarrow  # a served page needs none of this
    from pyarrow import parquet

    table = pyarrow.table(columns).replace_schema_metadata(metadata or {})
    content = io.BytesIO()
    parquet.write_table(table, content, compression="zstd")
    write_whole(path, content.getvalue())


def _read(path: Path) -> tuple[dict[str, NDArray], dict[str, str]]:
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(io.BytesIO(path.read_bytes()))
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; measure the model first") from None
    except pyarrow.ArrowException as error:
        raise DataError(f"{path} is no parquet file ({error}); measure the model again") from None
    metadata = {
        key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()
    }
    return {name: table[name].to_numpy() for name in table.column_names}, metadata
