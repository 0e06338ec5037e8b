"""Copies of the given files without the rows that leak or cannot be used; originals stay as is.

Owns which rows go, and the list that says why. A copy has the format of the original: how rows are
taken out of a file is inference/data/tables.py. Which rows leak is copies.py's to say.

Try: python -m training.doctor train.csv --test_file test.csv --fix cleaned
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from inference.core.atomic_write import write_whole
from inference.core.errors import ConfigError
from inference.data import tables
from inference.data.records import Records
from inference.data.schema import Schema
from inference.runs.data_report import Leak

LIST_NAME = "removed.txt"


def write(
    by_part: Mapping[str, Records], schema: Schema, leaks: Sequence[Leak], folder: Path
) -> tuple[str, ...]:
    """Write the files into a new or empty folder; the result says each removed row, and why.

    The same lines are in removed.txt. A row of train that is copied in validation or test goes,
    and one of validation that is copied in test; a test file loses only what cannot be used.
    schema is the one with which the training file was read.

    Raises:
        ConfigError: the folder holds something, two files share a name, or a part is no file.
    """
    refuse_unless_possible(by_part, folder)
    paths = _paths(by_part)
    lines: list[str] = []
    for name, records in by_part.items():
        file = paths[name].name
        reasons = {
            rejection.row: f"{file}:{rejection.row}: {rejection.reason}"
            for rejection in records.rejected
        }
        for leak in leaks:
            if leak.part == name:
                kind = "the same text as" if leak.is_exact else "nearly the same text as"
                reasons[leak.row] = f"{file}:{leak.row}: {kind} {leak.twin}"
        read_as = schema if name == "train" else schema.undivided()
        content = tables.without_rows(
            paths[name], frozenset(reasons), read_as.needed, read_as.column_names
        )
        write_whole(folder / paths[name].name, content)
        lines += [reasons[row] for row in sorted(reasons)]
    write_whole(folder / LIST_NAME, "".join(f"{line}\n" for line in lines))
    return tuple(lines)


def refuse_unless_possible(by_part: Mapping[str, Records], folder: Path) -> None:
    """Raise ConfigError if cleaned copies cannot be written, before anything is looked for."""
    paths = _paths(by_part)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"--fix {folder} is there and not empty; name a new folder")
    for name, path in paths.items():
        if not path.is_file():
            raise ConfigError(f"--fix cleans files, but {name} comes from {path}")
    names = [path.name for path in paths.values()]
    if len(set(names)) < len(names) or LIST_NAME in names:
        raise ConfigError(
            f"--fix writes all files into one folder, but their names are {', '.join(names)}; "
            f"rename them so that they differ, also from {LIST_NAME}"
        )


def _paths(by_part: Mapping[str, Records]) -> dict[str, Path]:
    return {name: Path(records.source.path) for name, records in by_part.items()}
