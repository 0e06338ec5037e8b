"""Drift of types in JSON lines: a key that is text in one row and a number or missing in the next.

Owns the raw types of a JSON file; inference/data/records.py reads every one of them as text, so the
drift is invisible after reading. Delimited files have one type, parquet files a schema.

Try: python -m training.doctor reviews.jsonl
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from inference.data import formats, tables
from inference.data.delimited import Broken
from inference.runs.data_report import Finding

_KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "number",
    float: "number",
    list: "list",
    dict: "object",
}


def find(path: Path, fields: Sequence[str]) -> tuple[Finding, ...]:
    """Which of the fields change their type from row to row, or are missing in some rows.

    Empty for other formats, and for rows that came from no file.
    """
    if formats.name_of(path) != formats.JSONL or not path.is_file():
        return ()
    rows: dict[str, dict[str, list[int]]] = {field: defaultdict(list) for field in fields}
    for number, row in enumerate(tables.open_table(path, fields, ()).rows, start=1):
        if not isinstance(row, Broken):
            for field in fields:
                rows[field][_KINDS.get(type(row.get(field)), "")].append(number)
    return tuple(
        finding for field in fields for finding in _of_field(path.name, field, rows[field])
    )


def _of_field(file: str, field: str, rows: dict[str, list[int]]) -> list[Finding]:
    missing = rows.pop("", [])
    findings = []
    if missing:
        message = f"{field!r} is missing or null in {len(missing):,} rows of {file}"
        places = _places(file, missing)
        findings.append(Finding("missing_fields", "note", len(missing), message, places))
    if len(rows) > 1:
        common, *others = sorted(rows, key=lambda kind: -len(rows[kind]))
        strange = sorted(number for kind in others for number in rows[kind])
        seen = ", ".join(f"{kind} in {len(rows[kind]):,} rows" for kind in (common, *others))
        message = (
            f"{field!r} changes its type in {file}: {seen}. All are read as text; make them one "
            "type, or a 1 and a true become two labels"
        )
        places = _places(file, strange)
        findings.append(Finding("type_drift", "warning", len(strange), message, places))
    return findings


def _places(file: str, rows: Sequence[int]) -> tuple[str, ...]:
    return tuple(f"{file}:{row}" for row in rows[:5])
