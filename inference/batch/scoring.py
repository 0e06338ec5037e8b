"""Scoring: the rows of a table -> what a model says about each, block by block.

Owns how the columns of a row become the text that the model reads, and which rows cannot be scored
and why. Nothing is left out: every row has its place in a block, scored or not. Reading files is
tables.py, writing them outputs.py.

Letters: N rows of a block, C labels.

Try: python -m inference.batch messages.csv scored.csv --model owner/name
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from inference.core.errors import ConfigError
from inference.data.cells import Unusable, as_text
from inference.data.delimited import Broken
from inference.data.json_fields import json_text
from inference.data.schema import Schema, require_columns
from inference.data.tables import Row
from inference.models.bundle import Bundle
from inference.models.classifier import HasScores, decide

ROWS_AT_ONCE = 1024  # many texts to sort by length, and few rows to lose when killed


@dataclass(frozen=True)
class RowReader:
    """How a row becomes the one text that a model reads.

    columns: of the file, one for each of the bundle's text fields, in their order.
    max_chars: a longer text is not scored; None = any length is.
    """

    bundle: Bundle
    columns: tuple[str, ...]
    max_chars: int | None = None

    def text(self, row: Row) -> str:
        """Return the text of a row.

        Raises:
            Unusable: the row cannot be scored; the message says why.
        """
        if isinstance(row, Broken):
            raise Unusable(row.reason)
        fields = {}
        for name, column in zip(self._names, self.columns, strict=True):
            read = json_text if name in self.bundle.json_fields else as_text
            fields[name] = read(row.get(column), column)
        text = self.bundle.compose(fields)
        if not text:
            raise Unusable(f"no text in {' or '.join(map(repr, self.columns))}")
        if self.max_chars is not None and len(text) > self.max_chars:
            raise Unusable(f"{len(text):,} characters; at most {self.max_chars:,} are read")
        return text

    @property
    def _names(self) -> tuple[str, ...]:
        return self.bundle.text_fields or self.columns


def choose_columns(
    bundle: Bundle, named: Sequence[str], columns: Sequence[str], file: str
) -> tuple[str, ...]:
    """Return the columns of a file that a model reads: those named, else those of its own names.

    Raises:
        ConfigError: not as many are named as the model has text fields, or none where it says none.
        DataError: the file has no such column.
    """
    fields = bundle.text_fields
    if named and fields and len(named) != len(fields):
        raise ConfigError(
            f"{len(named)} text fields are named ({', '.join(named)}), but the model reads "
            f"{len(fields)} ({', '.join(fields)}). Name the column of each, in this order."
        )
    chosen = tuple(named) or fields or tuple(name for name in ("text",) if name in columns)
    if not chosen:
        raise ConfigError(
            f"The model does not say which columns it reads; those of {file} are "
            f"{', '.join(columns)}. Name the one with the text as --text_fields."
        )
    require_columns(file, Schema(chosen), columns)
    return chosen


@dataclass(frozen=True)
class Block:
    """Some rows in their order, and what the model says about each.

    rows: as they were read; of a record that cannot be read, nothing.
    reasons: why a row has no scores; None = it has.
    scores: (N, C) float32 in [0, 1], NaN in a rejected row and where the model has no such label.
    decided: (N, C) bool, none in a rejected row.
    """

    rows: tuple[Mapping[str, object], ...]
    reasons: tuple[str | None, ...]
    scores: NDArray[np.float32]
    decided: NDArray[np.bool_]

    @property
    def rejected(self) -> int:
        """How many rows have no scores."""
        return sum(reason is not None for reason in self.reasons)


@dataclass(frozen=True)
class UnscoredBlock:
    """Some rows in their order: as they came, the texts of those that can be scored, and why not.

    rows, reasons: as in Block. texts: of the rows that have no reason, in their order.
    """

    rows: tuple[Mapping[str, object], ...]
    texts: list[str]
    reasons: tuple[str | None, ...]


def score_rows(
    scorer: HasScores, rows: Iterator[Row], reader: RowReader, rows_at_once: int = ROWS_AT_ONCE
) -> Iterator[Block]:
    """Yield the rows in blocks, scored; the next block is read while one is scored.

    Raises:
        DataError: the file cannot be read to its end.
    """
    none = np.empty((0, len(reader.bundle.labels)), np.float32)
    for block in _read_ahead(blocks_of(rows, reader, rows_at_once)):
        yield add_scores(block, scorer.score(block.texts) if block.texts else none, reader)


def blocks_of(rows: Iterator[Row], reader: RowReader, rows_at_once: int) -> Iterator[UnscoredBlock]:
    """Yield the rows in blocks, read but not scored."""
    while block := tuple(islice(rows, rows_at_once)):
        texts: list[str] = []
        reasons: list[str | None] = []
        for row in block:
            try:
                texts.append(reader.text(row))
                reasons.append(None)
            except Unusable as reason:
                reasons.append(str(reason))
        kept = tuple({} if isinstance(row, Broken) else row for row in block)
        yield UnscoredBlock(kept, texts, tuple(reasons))


def add_scores(block: UnscoredBlock, answered: NDArray[np.float32], reader: RowReader) -> Block:
    """The block with what the model answered for its texts, (number of texts, C) float32."""
    has_text = np.array([reason is None for reason in block.reasons])
    shape = len(block.rows), len(reader.bundle.labels)
    scores, decided = np.full(shape, np.nan, np.float32), np.zeros(shape, np.bool_)
    scores[has_text] = answered
    decided[has_text] = decide(reader.bundle, answered)
    return Block(block.rows, block.reasons, scores, decided)


def _read_ahead(blocks: Iterator[UnscoredBlock]) -> Iterator[UnscoredBlock]:
    """Yield the blocks, each read while the one before it is in use: scoring frees the lock."""
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as pool:
        waiting = pool.submit(next, blocks, None)
        while (block := waiting.result()) is not None:
            waiting = pool.submit(next, blocks, None)
            yield block
