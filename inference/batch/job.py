"""A batch job: one file, one model, one output, in blocks that a kill cannot lose.

Owns the order of the work; the parts of the output are parts.py, its columns outputs.py, and the
command is __main__.py.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from inference.batch import outputs, parts
from inference.batch.outputs import Layout
from inference.batch.scoring import ROWS_AT_ONCE, Block, RowReader, score_rows
from inference.core.errors import DataError
from inference.data.tables import Row
from inference.models.classifier import HasScores

RowScorer = Callable[[HasScores, Iterator[Row], RowReader, int], Iterator[Block]]
"""What scoring.score_rows does: blocks of rows in their order, scored."""


@dataclass(frozen=True)
class BatchJob:
    """What is to be scored, by what, and where to.

    model, revision: what scorer is, for the journal: an output is of one model throughout.
    asked_revision: what the caller called the revision, None = the newest.
    engine: who scores. No part of the journal: what one began another may finish.
    """

    layout: Layout
    target: Path
    scorer: HasScores
    reader: RowReader
    model: str
    revision: str
    asked_revision: str | None = None
    rows_at_once: int = ROWS_AT_ONCE
    engine: RowScorer = score_rows

    @property
    def journal(self) -> parts.Journal:
        """All that decides what OUT will be."""
        source, layout, reader = self.layout.survey, self.layout, self.reader
        return {
            "input": source.sha256,
            "columns": list(source.columns),
            "column_names": list(source.column_names),
            "text_fields": list(reader.columns),
            "max_chars": reader.max_chars,
            "model": self.model,
            "revision": self.revision,
            "asked_revision": self.asked_revision,
            "format": layout.format,
            "thresholds": layout.has_decisions,
            "top_k": layout.top_k,
            "rows_at_once": self.rows_at_once,
        }


@dataclass(frozen=True)
class BatchProgress:
    """How far it is: rows done of total, those of an earlier run included.

    resumed: rows that an earlier run had done. rejected: rows without scores among those done.
    """

    done: int
    total: int
    resumed: int
    rejected: int


def score_file(job: BatchJob) -> Generator[BatchProgress, None, None]:
    """Score a file, yielding after every block; the target is in its place after the last one.

    A caller that stops early can call again with the same job and loses no block.

    Raises:
        DataError: the input cannot be read, the output not be written, or another command is at it.
    """
    source = job.layout.survey
    try:
        with parts.opened(job.target, job.journal) as there:
            done = resumed = min(len(there.paths) * job.rows_at_once, source.rows)
            yield BatchProgress(done, source.rows, resumed, there.rejected)
            rows = islice(source.table().rows, done, None)
            for block in job.engine(job.scorer, rows, job.reader, job.rows_at_once):
                there.add(outputs.encode(block, job.layout), block.rejected)
                done += len(block.rows)
                yield BatchProgress(done, source.rows, resumed, there.rejected)
            if done != source.rows:
                raise DataError(
                    f"{source.path} changed while it was read: {done:,} rows, at first "
                    f"{source.rows:,}. Remove {there.folder} and begin anew."
                )
            there.finish(lambda paths, file: outputs.join(paths, job.layout, file))
    except OSError as error:
        raise DataError(
            f"{job.target} cannot be written: {error.strerror or error}. Make room or name "
            "another output; what is done so far is kept."
        ) from None
