"""A form for one object: the fields that a model reads, and a line of a file taken apart into them.

Owns which fields are asked for; putting them into the one text that a model reads is
Bundle.compose.

Try: python -c "from inference.catalogue.form import Form; \
print(Form(('title', 'tag'), (), ('tag', 'title', 'click')).take_apart('app\\ta game\\t1'))"
"""

from dataclasses import dataclass
from pathlib import Path

from inference.core.errors import TextError
from inference.models.bundle import Bundle
from inference.models.receipt import RECEIPT_FILE, TrainedColumns, load_asked


@dataclass(frozen=True)
class Form:
    """What a visitor is asked for.

    fields: what the model reads, in its order; json_fields: those of them that hold JSON.
    line_fields: the columns of a line of a file, between tabs; () where one field is all there is.
    """

    fields: tuple[str, ...]
    json_fields: tuple[str, ...]
    line_fields: tuple[str, ...]

    @property
    def unread_end(self) -> tuple[str, ...]:
        """The last columns of a line, which the model does not read: such as the label."""
        return self.line_fields[self.least_columns :]

    @property
    def least_columns(self) -> int:
        """Columns that a line must have: up to the last one that the model reads."""
        return 1 + max(self.line_fields.index(field) for field in self.fields)

    def take_apart(self, line: str) -> dict[str, str]:
        """Return the fields that the model reads from a line of tab-separated columns.

        Raises:
            TextError: the line has too few or too many columns.
        """
        cells = line.strip("\r\n").split("\t")
        least, most = self.least_columns, len(self.line_fields)
        if not least <= len(cells) <= most:
            expected = f"{most}" if least == most else f"{least} to {most}"
            raise TextError(
                f"The line has {len(cells)} column(s) between its tabs; expected {expected}: "
                f"{', '.join(self.line_fields)}. Copy it from the file, with its tabs."
            )
        values = dict(zip(self.line_fields, cells, strict=False))
        return {field: values[field] for field in self.fields}


def form_of(bundle: Bundle, run: Path) -> Form:
    """Return the form of a model; `run` holds its files, perhaps with the receipt of its training.

    The columns of a line are those of the file that it was trained with, where that had no header,
    else the fields.

    Raises:
        ModelError: the receipt cannot be read.
    """
    fields = bundle.text_fields or ("text",)
    if len(fields) == 1:
        return Form(fields, bundle.json_fields, ())
    has_receipt = (run / RECEIPT_FILE).is_file()
    columns = load_asked(TrainedColumns, run).column_names if has_receipt else ()
    return Form(fields, bundle.json_fields, columns if set(fields) <= set(columns) else fields)
