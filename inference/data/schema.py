"""Schema: which columns of a file hold the texts, the labels, the group and the time of a row.

Owns what a column can be named for and the check that a file has those named. What the cells of a
column mean is the business of cells.py, json_fields.py and times.py.

Try: python -c "from inference.data.schema import Schema; \
    print(Schema(('text',), ('label',)).needed)"
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from inference.core.errors import ConfigError, DataError
from inference.data import formats
from inference.data.cells import quote_names


@dataclass(frozen=True)
class Schema:
    """Which columns hold the texts and which the labels.

    No label field: the rows are unlabelled. One: its value is the label, or a list of labels, or,
    with label_delimiter, labels in one text. Several: a column a label, each 0 or 1. column_names
    are for a delimited file without a header. json_fields are those text fields that hold JSON, as
    weighted.py reads it. group_field and time_field say whose row it is and of when.
    label_names are readable names for the labels that the file has, such as 0 and 1; others stay.
    """

    text_fields: tuple[str, ...]
    label_fields: tuple[str, ...] = ()
    label_delimiter: str | None = None
    column_names: tuple[str, ...] = ()
    json_fields: tuple[str, ...] = ()
    group_field: str | None = None
    time_field: str | None = None
    label_names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        named = (*self.text_fields, *self.label_fields)
        if not self.text_fields:
            raise ConfigError("No text field is named; name at least one column with text.")
        if len(set(named)) < len(named):
            raise ConfigError(
                f"A column is named twice among the text fields ({', '.join(self.text_fields)}) "
                f"and label fields ({', '.join(self.label_fields)}); name each once. A label "
                "among the texts would give the answer away."
            )
        if self.label_delimiter is not None and (
            len(self.label_fields) != 1 or not self.label_delimiter
        ):
            raise ConfigError(
                f"label_delimiter is {self.label_delimiter!r} with {len(self.label_fields)} label "
                "fields; it needs at least one character and exactly one label field."
            )
        if len(set(self.column_names)) < len(self.column_names):
            raise ConfigError(f"column_names ({', '.join(self.column_names)}) holds a name twice.")
        columns_as = [self.label_names.get(name, name) for name in self.label_fields]
        if len(set(columns_as)) < len(columns_as):
            raise ConfigError(
                f"label_names gives two of the label columns one name ({', '.join(columns_as)}); "
                "name each differently."
            )
        for name in self.json_fields:
            if name not in self.text_fields:
                raise ConfigError(
                    f"json_fields names {name!r}, which is none of the text fields "
                    f"({', '.join(self.text_fields)}); name it there too, or leave it out."
                )
        for setting, column in (("group_field", self.group_field), ("time_field", self.time_field)):
            if column in self.label_fields:
                raise ConfigError(
                    f"{setting} is {column!r}, which is a label field; dividing by the label would "
                    "leave classes out of training. Name another column."
                )

    @property
    def needed(self) -> tuple[str, ...]:
        """Every column that is asked for, each once."""
        beside = [name for name in (self.group_field, self.time_field) if name is not None]
        return tuple(dict.fromkeys((*self.text_fields, *self.label_fields, *beside)))

    def undivided(self) -> "Schema":
        """The same for a file that is used as it is, which needs no column to divide it by."""
        return replace(self, group_field=None, time_field=None)


def require_columns(file: str, schema: Schema, columns: Sequence[str]) -> None:
    """Pass when the file has every column that is asked for.

    Raises:
        DataError: one is missing; the closest names and all that were seen are listed.
    """
    missing = [name for name in schema.needed if name not in columns]
    if not missing:
        return
    if not columns:
        raise DataError(
            f"{file} has no row that can be read, so no columns either. Check that the file holds "
            f"what its name says ({formats.in_words()})."
        )
    close = [match for name in missing for match in difflib.get_close_matches(name, columns, 1)]
    meant = f" Did you mean {quote_names(close)}?" if close else ""
    raise DataError(
        f"{file} has no column {quote_names(missing)}; columns seen: "
        f"{quote_names(columns)}.{meant} Name the columns as the file does; for delimited text "
        "without a header, give their names as column_names."
    )
