"""The next run: people's feedback -> the rows that the next training reads, in its columns.

A text becomes one row, with the labels that more than half of those who spoke of it agree on. Owns
that choice and the columns; the records are log.py's.

Not covered: whether people are right. They correct what is wrong more eagerly than they confirm
what is right, so the rows are no sample of what a Space is asked.

Try: python -m inference.feedback FOLDER --out next.jsonl
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hub.client import Hub
from inference.core.errors import ChoiceError
from inference.data.problem_types import MULTI
from inference.feedback.log import Feedback
from inference.models.receipt import RECEIPT_FILE, TrainedColumns, load_asked

TEXT = "text"  # the field of a text that was written as one


class Columns(TrainedColumns):
    """The columns of a training file, and the rows that feedback makes in them."""

    def changed(
        self,
        text_fields: Sequence[str] | None,
        label_fields: Sequence[str] | None,
        label_delimiter: str | None,
    ) -> "Columns":
        """The same with what is given in place of its own."""
        return replace(
            self,
            text_fields=tuple(text_fields or self.text_fields),
            label_fields=tuple(label_fields or self.label_fields),
            label_delimiter=label_delimiter or self.label_delimiter,
        )

    def row(self, feedback: Feedback) -> dict[str, object] | None:
        """The row of a training file; None where it has not these columns or labels."""
        texts = self._texts(feedback.fields)
        labels = self._labels(feedback)
        return None if texts is None or labels is None else {**texts, **labels}

    def _texts(self, fields: Mapping[str, str]) -> dict[str, object] | None:
        if all(name in fields for name in self.text_fields):
            return {name: fields[name] for name in self.text_fields}
        if set(fields) != {TEXT}:
            return None
        # Written as one text, and scored so: the first column has it, the others nothing.
        first, *others = self.text_fields
        return {first: fields[TEXT], **dict.fromkeys(others, "")}

    def _labels(self, feedback: Feedback) -> dict[str, object] | None:
        if len(self.label_fields) > 1:
            by_column = {name: self.label_names.get(name, name) for name in self.label_fields}
            if not set(feedback.corrected) <= set(by_column.values()):
                return None
            return {name: int(label in feedback.corrected) for name, label in by_column.items()}
        (column,) = self.label_fields
        if self.label_delimiter is not None:
            return {column: self.label_delimiter.join(feedback.corrected)}
        if feedback.problem_type == MULTI:
            return {column: list(feedback.corrected)}
        return {column: feedback.corrected[0]}


@dataclass(frozen=True)
class NextRunPlan:
    """Rows for the next training, oldest text first, and how many texts are not among them.

    corrected: rows whose labels a model had not decided so.
    contested: texts on whose labels people do not agree. unfit: texts that lack a column or have a
        label that the columns do not.
    """

    rows: tuple[Mapping[str, object], ...]
    corrected: int
    contested: int
    unfit: int


def plan(feedback: Sequence[Feedback], columns: Columns) -> NextRunPlan:
    """Choose what enters the next run; of one person, the last word on a text counts."""
    by_text: dict[tuple[tuple[str, str], ...], dict[str, Feedback]] = {}
    for opinion in sorted(feedback, key=lambda opinion: opinion.at):
        by_person = by_text.setdefault(tuple(sorted(opinion.fields.items())), {})
        by_person[opinion.who or opinion.id] = opinion
    rows: list[Mapping[str, object]] = []
    corrected = contested = unfit = 0
    for by_person in by_text.values():
        agreed = _agreed(list(by_person.values()))
        row = columns.row(agreed) if agreed is not None else None
        if agreed is None:
            contested += 1
        elif row is None:
            unfit += 1
        else:
            rows.append(row)
            corrected += not agreed.is_confirmed
    return NextRunPlan(tuple(rows), corrected, contested, unfit)


def _agreed(opinions: Sequence[Feedback]) -> Feedback | None:
    """The last one to say what more than half say; None where no labels have such a majority."""
    votes = Counter(frozenset(opinion.corrected) for opinion in opinions)
    labels, count = votes.most_common(1)[0]
    if 2 * count <= len(opinions):
        return None
    return next(opinion for opinion in reversed(opinions) if frozenset(opinion.corrected) == labels)


def of_catalogue(feedback: Sequence[Feedback], title: str | None) -> tuple[Feedback, ...]:
    """The feedback of one catalogue; None is fine where there is only one.

    Raises:
        ChoiceError: several and none is named, or one that has no feedback.
    """
    titles = sorted({opinion.catalogue for opinion in feedback})
    if title is None and len(titles) > 1:
        raise ChoiceError(f"There is feedback of {', '.join(titles)}: name one with --catalogue.")
    if title is not None and title not in titles:
        raise ChoiceError(f"No feedback of {title!r}; there is some of {', '.join(titles) or '-'}.")
    return tuple(opinion for opinion in feedback if title in (None, opinion.catalogue))


def columns_of(name: str, hub: Hub, revision: str = "main") -> Columns:
    """The columns that a model was trained with, from its receipt run.json.

    name: owner/name, or a folder written as a path (./runs/a).

    Raises:
        HubError: it has no receipt, or cannot be fetched. ModelError: the receipt cannot be read.
    """
    if name.startswith((".", "/", "~")):
        folder = Path(name).expanduser()
    else:
        folder = hub.resolve(name, revision, allow_patterns=[RECEIPT_FILE]).folder
    return load_asked(Columns, folder)


def jsonl_bytes(rows: Sequence[Mapping[str, object]]) -> bytes:
    """JSON lines in UTF-8, as training.train and inference.data.records read them."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return lines.encode("utf-8", "backslashreplace")  # half a surrogate pair: as JSON writes it


def summary(plan: NextRunPlan) -> str:
    """The plan in one line."""
    confirmed = len(plan.rows) - plan.corrected
    return (
        f"{len(plan.rows)} rows, {plan.corrected} corrected and {confirmed} confirmed; left out: "
        f"{plan.contested} that people do not agree on, {plan.unfit} with other columns or labels"
    )
