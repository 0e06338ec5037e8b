"""Outputs: scored rows -> the bytes of csv, tsv, JSON lines or parquet, in parts that join.

Owns which columns scoring adds to a table, and how a value of one format is written in another;
what the columns mean is in scored_file.py. Texts of csv and tsv cannot run in a spreadsheet
(inference/core/safe_csv.py); the other formats keep them exactly. Broken characters become U+FFFD
in all of them.

Try: python -c "from pathlib import Path; from inference.batch.outputs import format_of; \
print(format_of(Path('scored.parquet')))"
"""

import base64
import io
import json
import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

from inference.batch.scored_file import DECIDED, REJECTED, SCORE
from inference.batch.scoring import Block
from inference.core.errors import ConfigError, DataError
from inference.core.safe_csv import write_csv
from inference.data import formats
from inference.data.formats import FORMATS, JSONL, PARQUET
from inference.data.scan import FileScan, Kind

if TYPE_CHECKING:  # Arrow takes 0.3 s to load, which a csv file need not wait for
    import pyarrow as pa

_TOP, _TOP_SCORE = "top:", "top_score:"
_MARK = "\ufeff".encode()  # without it, spreadsheets take UTF-8 for something older
_GROUP_ROWS, _GROUP_BYTES = 10_000, 64 * 2**20
_DIGITS = 6  # of a score in text; float32 has no more to tell


def format_of(path: Path) -> str:
    """Return the format that the ending of a file says.

    Raises:
        ConfigError: it says none.
    """
    name = formats.name_of(path)
    if name is None:
        raise ConfigError(
            f"The ending {path.suffix!r} of {path} says no format that can be written; expected "
            f"one of {', '.join(formats.SUFFIXES)}."
        )
    return name


@dataclass(frozen=True)
class Layout:
    """The columns of a scored table and its format.

    has_decisions: whether it has a column with the labels that were decided.
    top_k: the k strongest labels with their scores instead of a column a label.
    is_marked: whether csv and tsv begin with the byte order mark that spreadsheets need.
    """

    survey: FileScan
    format: str
    labels: tuple[str, ...]
    is_multilabel: bool
    has_decisions: bool = True
    top_k: int | None = None
    is_marked: bool = True

    def __post_init__(self) -> None:
        taken = [name for name in self.added if name in self.survey.columns]
        if taken:
            raise DataError(
                f"{self.survey.path.name} already has the column(s) {', '.join(taken)}, which "
                "scoring would add: it seems to be scored. Rename or remove them."
            )

    @property
    def added(self) -> tuple[str, ...]:
        """The columns that scoring adds, in their order."""
        decided = (DECIDED,) if self.has_decisions else ()
        if self.top_k is None:
            scores = tuple(SCORE + label for label in self.labels)
        else:
            ranks = range(1, min(self.top_k, len(self.labels)) + 1)
            scores = tuple(f"{name}{rank}" for rank in ranks for name in (_TOP, _TOP_SCORE))
        return (*decided, *scores, REJECTED)


def encode(block: Block, layout: Layout) -> bytes:
    """Return a block as one part of the output."""
    rows = list(_rows(block, layout))
    if layout.format == PARQUET:
        return _parquet(rows, layout)
    return _lines(rows, _columns(layout), layout.format)


def join(parts: Sequence[Path], layout: Layout, target: IO[bytes]) -> None:
    """Write the parts as one file; constant in memory, whatever the number of rows."""
    if layout.format == PARQUET:
        _join_parquet(parts, layout, target)
        return
    if FORMATS[layout.format].delimiter is not None:
        target.write(_MARK if layout.is_marked else b"")
        target.write(_lines([], _columns(layout), layout.format, has_header=True))
    for part in parts:
        with part.open("rb") as file:
            shutil.copyfileobj(file, target)


def convert(source: Path, format: str) -> bytes:
    """Return a scored parquet file in another format, as encode() would have written it.

    In memory as a whole, as a download is.
    """
    from pyarrow import parquet

    if format == PARQUET:
        return source.read_bytes()
    with parquet.ParquetFile(source) as file:
        names = file.schema_arrow.names
        chunks = [_MARK, _lines([], names, format, has_header=True)] if format != JSONL else []
        for batch in file.iter_batches(_GROUP_ROWS):
            rows = [
                {name: _tidy(name, value) for name, value in row.items()}
                for row in batch.to_pylist()
            ]
            chunks.append(_lines(rows, names, format))
    return b"".join(chunks)


def _tidy(name: str, value: object) -> object:
    is_score = name.startswith(SCORE) and isinstance(value, float)
    return round(value, _DIGITS) if is_score else value  # type: ignore[call-overload]


def _rows(block: Block, layout: Layout) -> Iterator[dict[str, object]]:
    """Yield the rows with the columns that scoring adds."""
    # A row of JSON lines keeps to its own keys where the output can do so too.
    names = () if layout.format == JSONL else tuple(layout.survey.columns)
    for row, reason, scores, chosen in zip(
        block.rows, block.reasons, block.scores, block.decided, strict=True
    ):
        ranked = np.argsort(-scores, kind="stable")  # NaN comes last
        line = {**dict.fromkeys(names), **row}
        if layout.has_decisions:
            decided = [layout.labels[label] for label in ranked if chosen[label]]
            line[DECIDED] = _decision(decided, layout.is_multilabel and reason is None)
        if layout.top_k is None:
            for label, score in zip(layout.labels, scores, strict=True):
                line[SCORE + label] = _score(score)
        else:
            for rank, label in enumerate(ranked[: layout.top_k], start=1):
                score = _score(scores[label])
                line[f"{_TOP}{rank}"] = None if score is None else layout.labels[label]
                line[f"{_TOP_SCORE}{rank}"] = score
        line[REJECTED] = reason
        yield line


def _decision(decided: list[str], is_list: bool) -> str | list[str] | None:
    if is_list:
        return decided
    return decided[0] if decided else None


def _score(score: np.float32) -> float | None:
    return None if np.isnan(score) else round(float(score), _DIGITS)


def _columns(layout: Layout) -> tuple[str, ...]:
    return (*layout.survey.columns, *layout.added)


def _lines(
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str],
    format: str,
    *,
    has_header: bool = False,
) -> bytes:
    if format == JSONL:
        return "".join(f"{_json(row)}\n" for row in rows).encode()
    file = io.StringIO(newline="")
    cells = [{name: _cell(name, row[name]) for name in columns} for row in rows]
    delimiter = FORMATS[format].delimiter
    assert delimiter is not None, format
    write_csv(file, cells, columns=columns, delimiter=delimiter, has_header=has_header)
    return _whole(file.getvalue()).encode()


def _cell(name: str, value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    if name == DECIDED and isinstance(value, list):
        return "; ".join(value)
    return _json(value) if isinstance(value, list | tuple | dict | bytes) else value


def _json(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_as_json)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, default=_as_json)
    return _whole(text)


def _as_json(value: object) -> str:
    """What JSON has no form for: bytes in base64, dates and decimals as text."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


def _finite(value: object) -> object:
    """The value with null for each NaN and infinity, which JSON does not know."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _whole(text: str) -> str:
    """The text with U+FFFD for what UTF-8 cannot hold: bytes of a damaged file, half pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _parquet(rows: Sequence[Mapping[str, object]], layout: Layout) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    schema = _schema(layout)
    kinds = layout.survey.columns
    fitted = [
        {name: _fitted(value, kinds.get(name, Kind.EMPTY)) for name, value in row.items()}
        for row in rows
    ]
    content = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(fitted, schema=schema), content, compression="zstd")
    return content.getvalue()


def _fitted(value: object, kind: Kind) -> object:
    """A value as its column of parquet takes it; mixed columns hold text, and else JSON."""
    if isinstance(value, str):
        return _whole(value)
    if value is None or kind is Kind.EMPTY:
        return value
    if kind is Kind.NUMBER and isinstance(value, int):
        return float(
            value
        )  # Arrow refuses a whole number that a float cannot hold to the last digit
    return _json(value) if kind is Kind.MIXED else value


def _schema(layout: Layout) -> "pa.Schema":
    import pyarrow as pa
    from pyarrow import parquet

    by_kind = {Kind.BOOLEAN: pa.bool_(), Kind.INTEGER: pa.int64(), Kind.NUMBER: pa.float64()}
    if layout.survey.encoding is None:
        own = list(parquet.read_schema(layout.survey.path))
    else:
        columns = layout.survey.columns
        own = [pa.field(name, by_kind.get(kind, pa.string())) for name, kind in columns.items()]
    decided = pa.list_(pa.string()) if layout.is_multilabel else pa.string()
    types = {DECIDED: decided, REJECTED: pa.string()}
    added = [pa.field(name, types.get(name) or _score_type(name)) for name in layout.added]
    return pa.schema([*own, *added])


def _score_type(name: str) -> "pa.DataType":
    import pyarrow as pa

    return pa.string() if name.startswith(_TOP) else pa.float32()


def _join_parquet(parts: Sequence[Path], layout: Layout, target: IO[bytes]) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    with parquet.ParquetWriter(target, _schema(layout), compression="zstd") as writer:
        waiting: list[pa.Table] = []
        for part in parts:
            waiting.append(parquet.read_table(part))
            rows = sum(table.num_rows for table in waiting)
            # Many small groups would make the file slow to read; a huge one, large in memory.
            if rows >= _GROUP_ROWS or sum(table.nbytes for table in waiting) >= _GROUP_BYTES:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting))
