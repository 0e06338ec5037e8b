"""A scored file: the rows of an uploaded table as they came, with what one model says about each.

Owns the columns that scoring adds, and the reading of the parquet file that holds them. Row n here
is row n of the file that was given, the rejected ones too; scoring itself is scoring.py.

    decided        the label, or for a multi-label model the list of labels, strongest first;
                   null in a rejected row
    score:LABEL    float32 in [0, 1], one column a label; null in a rejected row and where the
                   model has no such label
    rejected       why the row could not be scored; null when it was

Letters: N rows, C labels.

Try: python -m inference.batch messages.csv scored.parquet --model owner/name
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.core.errors import DataError
from inference.data.problem_types import MULTI

DECIDED, REJECTED, SCORE = "decided", "rejected", "score:"


@dataclass(frozen=True)
class ScoredFile:
    """Where a scored file lies and how it came about.

    name: what the visitor called it.
    text_fields: the columns that the model read, in its order.
    label_fields: the columns that hold the truth, () where none does.
    rows, rejected: how many there are, and how many of them have no score.
    thresholds: (C,) the model's; () where the strongest label is decided.
    label_names: what a label is called in the file -> the model's label, where they differ.
    label_delimiter: between several labels in one column.
    """

    name: str
    path_parquet: Path
    labels: tuple[str, ...]
    problem_type: str
    text_fields: tuple[str, ...]
    label_fields: tuple[str, ...]
    repo_id: str
    revision: str
    rows: int
    rejected: int
    thresholds: tuple[float, ...] = ()
    label_names: Mapping[str, str] = field(default_factory=dict)
    label_delimiter: str | None = None

    @property
    def is_multilabel(self) -> bool:
        return self.problem_type == MULTI

    @property
    def label_field(self) -> str | None:
        """The column with the truth where there is exactly one."""
        return self.label_fields[0] if len(self.label_fields) == 1 else None


def is_added(column: str) -> bool:
    """Return whether scoring adds a column of this name."""
    return column in (DECIDED, REJECTED) or column.startswith(SCORE)


def input_columns(file: ScoredFile) -> tuple[str, ...]:
    """Return the columns that the file had before it was scored.

    Raises:
        DataError: the scored file is gone.
    """
    from pyarrow import parquet  # a served page that scores no file needs none of this

    _require(file)
    names = parquet.read_schema(file.path_parquet).names
    return tuple(name for name in names if not is_added(name))


def scores(file: ScoredFile) -> NDArray[np.float32]:
    """Return (N, C) float32 in [0, 1] in the order of the rows; NaN where there is no score.

    Raises:
        DataError: the scored file is gone.
    """
    columns = values(file, [SCORE + label for label in file.labels])
    return np.array(list(columns.values()), np.float32).reshape(len(file.labels), -1).T


def decided(file: ScoredFile) -> NDArray[np.bool_]:
    """Return (N, C) bool, which labels were chosen; no label in a rejected row.

    Raises:
        DataError: the scored file is gone.
    """
    index_of = {label: index for index, label in enumerate(file.labels)}
    table = np.zeros((file.rows, len(file.labels)), np.bool_)
    for row, chosen in enumerate(values(file, [DECIDED])[DECIDED]):
        for label in [chosen] if isinstance(chosen, str) else chosen or ():
            table[row, index_of[label]] = True
    return table


def values(file: ScoredFile, columns: Sequence[str]) -> dict[str, list]:
    """Return the values of some columns, in the order of the rows; None = missing.

    Raises:
        DataError: the scored file is gone.
    """
    from pyarrow import parquet

    _require(file)
    cells: dict[str, list] = parquet.read_table(file.path_parquet, columns=columns).to_pydict()
    return cells


def rows_at(file: ScoredFile, numbers: Sequence[int]) -> list[dict[str, object]]:
    """Return some rows (from 0) with all their columns, in the order asked for.

    Raises:
        DataError: the scored file is gone.
    """
    from pyarrow import parquet

    _require(file)
    rows: dict[int, dict[str, object]] = {}
    start = 0
    with parquet.ParquetFile(file.path_parquet) as content:
        for group in range(content.num_row_groups):
            end = start + content.metadata.row_group(group).num_rows
            inside = [number for number in numbers if start <= number < end]
            if inside:
                part = content.read_row_group(group).take([number - start for number in inside])
                rows.update(zip(inside, part.to_pylist(), strict=True))
            start = end
    return [rows[number] for number in numbers]


def _require(file: ScoredFile) -> None:
    if not file.path_parquet.is_file():
        raise DataError(
            f"The scores of {file.name} are no longer stored, as they are kept for a visit only. "
            "Score the file again."
        )
