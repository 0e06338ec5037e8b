"""Uploads: a visitor's file, looked through, and its scoring.

Owns which of its columns are likely meant, and the way from an upload to a scored file. The scoring
is inference/batch/job.py, taking turns with people who wait (fair_lock.py); where the files lie is
session_files.py.
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from inference.batch.job import BatchJob, BatchProgress, score_file
from inference.batch.outputs import Layout
from inference.batch.scored_file import ScoredFile
from inference.batch.scoring import RowReader
from inference.catalogue.fair_lock import TurnTakingScorer
from inference.catalogue.opening import OpenModel
from inference.core.errors import DataError
from inference.core.event_log import record_event
from inference.data import formats
from inference.data.cells import Unusable, as_label
from inference.data.delimited import Broken
from inference.data.scan import FileScan, scan_file
from inference.models.bundle import Bundle

ROWS_AT_ONCE = 256  # a step of the progress that a person watches
UNNAMED = "column "  # and its number, in a file without a header


@dataclass(frozen=True)
class Upload:
    """A file that a visitor gave, under the name it had there."""

    name: str
    survey: FileScan

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.survey.columns)


def take(
    name: str,
    content: bytes,
    room: Path,
    *,
    max_rows: int,
    has_header: bool = True,
    usual_columns: Sequence[str] = (),
) -> Upload:
    """Keep a file in a room and look it through.

    has_header: whether the first row of delimited text names the columns; where it does not, they
        have the usual names if there are as many, else numbers.

    Raises:
        DataError: it cannot be read as a table, or is too long.
    """
    # Of what the browser calls it only the ending reaches the disk.
    path = room / f"upload{PurePosixPath(name).suffix.lower()}"
    path.write_bytes(content)
    try:
        survey = scan_file(path, max_rows=max_rows)
        if not has_header and survey.delimiter is not None:
            names = [f"{UNNAMED}{number}" for number in range(1, len(survey.columns) + 1)]
            if len(usual_columns) == len(names):
                names = list(usual_columns)
            survey = scan_file(path, column_names=names, max_rows=max_rows)
    except DataError as error:
        message = str(error).replace(str(path), name).replace(path.name, name)
        raise DataError(message) from None
    return Upload(name, survey)


def likely_columns(upload: Upload, fields: Sequence[str]) -> tuple[str, ...]:
    """Return for each text field the column that is likely meant: of its name, else the wordiest.

    fields: those of the model; () stands for one text.
    """
    by_name = {name.casefold(): name for name in reversed(upload.columns)}
    free = sorted(upload.columns, key=lambda name: -_mean_chars(upload, name))
    chosen: list[str] = []
    for wanted in fields or ("text",):
        named = by_name.get(wanted.casefold())
        rest = [name for name in free if name not in chosen and name.casefold() not in fields]
        chosen.append(named or next(iter(rest or free)))
    return tuple(chosen)


def likely_labels(
    upload: Upload, labels: Sequence[str], names: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the columns that are likely the truth: one a label, or one that holds labels; or ().

    names: what a label is called in a file -> the label.
    """
    known = {**{label: label for label in labels}, **names}
    by_label = {known[name]: name for name in upload.columns if name in known}
    if len(labels) > 1 and set(by_label) == set(labels):
        return tuple(by_label[label] for label in labels)
    for name in upload.columns:
        values = [value for value in _values(upload, name) if value]
        if values and all(value in known for value in values):
            return (name,)
    return ()


def _values(upload: Upload, column: str) -> list[str]:
    """The first values of a column as text; those that are none are left out."""
    values = []
    for row in upload.survey.first:
        if not isinstance(row, Broken):
            try:
                values.append(as_label(row.get(column), column))
            except Unusable:
                continue
    return values


def _mean_chars(upload: Upload, column: str) -> float:
    values = _values(upload, column)
    return sum(map(len, values)) / max(1, len(values))


@dataclass
class Scoring:
    """An upload on its way to a scored file; `scored` is there once the last step was taken.

    task: how the fine-tuned model reads a row; a model that names no fields reads it the same way.
    columns: of the upload, one for each text field. title: the model's.
    """

    upload: Upload
    title: str
    task: Bundle
    columns: tuple[str, ...]
    label_fields: tuple[str, ...]
    label_delimiter: str | None
    room: Path
    max_chars: int
    scored: ScoredFile | None = field(default=None)

    def steps(self, open_model: Callable[[], OpenModel]) -> Generator[BatchProgress, None, None]:
        """Score the file; called again after a stop, go on where it stopped.

        Raises:
            HubError, ModelError: the model cannot be opened. DataError: a file cannot be used.
        """
        model = open_model()
        bundle = model.scorer.bundle
        target = self.room / "scored.parquet"
        layout = Layout(self.upload.survey, formats.PARQUET, bundle.labels, bundle.is_multilabel)
        batch_job = BatchJob(
            layout,
            target,
            TurnTakingScorer(model.scorer),
            RowReader(as_task(bundle, self.task, self.columns), self.columns, self.max_chars),
            model.entry.repo_id,
            model.entry.revision or "",
            rows_at_once=ROWS_AT_ONCE,
        )
        started, rejected = time.monotonic(), 0
        for progress in score_file(batch_job):
            rejected = progress.rejected
            yield progress
        record_event(
            "file scored",
            rows=self.upload.survey.rows,
            rejected=rejected,
            repo_id=model.entry.repo_id,
            seconds=round(time.monotonic() - started, 1),
        )
        self.scored = ScoredFile(
            name=self.upload.name,
            path_parquet=target,
            labels=bundle.labels,
            problem_type=bundle.problem_type,
            text_fields=self.columns,
            label_fields=self.label_fields,
            repo_id=model.entry.repo_id,
            revision=model.entry.revision or "",
            rows=self.upload.survey.rows,
            rejected=rejected,
            thresholds=bundle.thresholds,
            label_names=self.task.label_names,
            label_delimiter=self.label_delimiter,
        )


def as_task(bundle: Bundle, task: Bundle, columns: Sequence[str]) -> Bundle:
    """Return a model's bundle with the text fields of the task, where its own do not fit."""
    if len(bundle.text_fields) == len(columns):
        return bundle
    if len(task.text_fields) != len(columns):
        return replace(bundle, text_fields=(), json_fields=())
    return replace(
        bundle,
        text_fields=task.text_fields,
        json_fields=task.json_fields,
        field_separator=task.field_separator,
    )
