"""results/suspects.csv: the rows that were not trained on, as their label is suspected.

Owns the form of the file. It holds no text: a row is named as in results/splits.json, with its
label, the one that is suggested, and the quality of the label (near 0 for the most suspicious,
which come first). Which rows these are is training/classifier/suspected_rows.py's to say.

Try: head RUN_DIR/results/suspects.csv
"""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from inference.core.atomic_write import write_whole
from inference.core.errors import ModelError
from inference.runs.data_report import Suspect

SUSPECTS = "results/suspects.csv"
_COLUMNS = ("row", "label", "suggested", "quality")


def write_suspects(run_dir: Path, suspects: Sequence[Suspect]) -> None:
    """Write the file; several labels are a JSON list, as label names may hold any delimiter."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(_COLUMNS)
    for suspect in suspects:
        labels = (_cell(suspect.given), _cell(suspect.suggested))
        lines.writerow([suspect.place, *labels, suspect.quality])
    write_whole(run_dir / SUSPECTS, text.getvalue())


def read_suspects(run_dir: Path) -> tuple[Suspect, ...]:
    """The rows; none where there is no such file.

    Raises:
        ModelError: the file holds something else.
    """
    path = run_dir / SUSPECTS
    if not path.is_file():
        return ()
    try:
        header, *lines = csv.reader(path.read_text("utf-8").splitlines())
        if tuple(header) != _COLUMNS:
            raise ValueError(f"its columns are {', '.join(header)}")
        return tuple(
            Suspect(place, _labels(given), _labels(suggested), float(quality))
            for place, given, suggested, quality in lines
        )
    except (ValueError, UnicodeDecodeError) as error:
        raise ModelError(
            f"{path} is no list of suspected rows ({error}); fetch the run again, or train again"
        ) from None


def _cell(labels: Sequence[str]) -> str:
    return json.dumps(list(labels), ensure_ascii=False)


def _labels(cell: str) -> tuple[str, ...]:
    return tuple(json.loads(cell))
