"""Labelled examples in three parts: to train on, to choose the checkpoint by, to test once.

Owns where the examples come from, what is held back for what, and the fingerprint of the result.
Reading a file is inference/data/records.py, a dataset on the Hub hub_dataset.py, holding back
division.py.

Try: python -m training.train --train_file tweets.csv --num_train_epochs 1
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hub.client import Hub
from inference.core.errors import DataError
from inference.data import records
from inference.data.cells import quote_text
from inference.data.problem_types import MULTI
from inference.data.records import Example, Records, Rejected
from inference.models.bundle import Bundle
from inference.runs.data_report import Suspect
from training.data import hub_dataset
from training.data.division import divide_records, thin_examples
from training.data.left_out import SUSPECTS
from training.settings.data_config import LabelledDataConfig

_NAMED = 30
# what it means for a label that a part has none of its texts
_WITHOUT = {
    "train": "nothing of it is learned",
    "validation": "it has no say in what is chosen",
    "test": "nothing of it is measured",
}


@dataclass(frozen=True)
class Splits:
    """Every example that was kept, in three parts, and what is to be said about them."""

    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    labels: tuple[str, ...]
    problem_type: str
    sources: tuple[dict[str, object], ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[str, ...] = ()
    """Labels missing from a part, texts of a given test file that also occur in training."""
    left_out: tuple[Suspect, ...] = ()
    """Rows that are not trained on, as their label is suspected; the most suspicious first."""

    @property
    def is_multilabel(self) -> bool:
        """Whether a text may have any number of the labels."""
        return self.problem_type == MULTI

    @property
    def parts(self) -> dict[str, tuple[Example, ...]]:
        """The three parts by their names."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def row_ids(self) -> dict[str, list[str]]:
        """The rows of each part in its order, as `file.csv:12`; for results/splits.json."""
        names = {str(source["part"]): source["name"] for source in self.sources}
        return {
            part: [f"{names.get(part, names['train'])}:{example.row}" for example in examples]
            for part, examples in self.parts.items()
        }

    def without(self, suspects: Sequence[Suspect]) -> "Splits":
        """The same but for these rows of the training part, which a note tells of.

        Raises:
            DataError: one of them is no row of the training part.
        """
        if not suspects:
            return self
        ids = self.row_ids()["train"]
        places = {suspect.place for suspect in suspects}
        if strangers := sorted(places.difference(ids)):
            raise DataError(
                f"{', '.join(strangers[:5])} cannot be left out: no such row is trained on; "
                f"expected rows such as {ids[0]}"
            )
        kept = (example for row, example in zip(ids, self.train, strict=True) if row not in places)
        note = (
            f"{len(places):,} of {len(ids):,} training texts were left out, as their labels are "
            f"suspected: {SUSPECTS}"
        )
        return replace(
            self,
            train=tuple(kept),
            left_out=tuple(suspects),
            notes=(*self.notes, note),
        )

    def bundle(self, config: LabelledDataConfig) -> Bundle:
        """What a model of these labels reads of a text, and in which form."""
        return Bundle(
            self.labels,
            self.problem_type,
            text_fields=config.text_fields,
            json_fields=config.json_fields,
            match_fields=config.match_fields,
        )

    def receipt(self) -> dict[str, object]:
        """What run.json says of the data: sources, parts, label counts and hashes; no texts."""
        ids = self.row_ids()
        return {
            "problem_type": self.problem_type,
            "labels": list(self.labels),
            "sources": list(self.sources),
            "rejected": len(self.rejected),
            "rejected_rows": [str(row) for row in self.rejected[:100]],
            "notes": list(self.notes),
            **({"left_out": len(self.left_out)} if self.left_out else {}),
            "splits": {
                name: {**_describe(part, self.labels), "ids_sha256": ids_hash(ids[name])}
                for name, part in self.parts.items()
            },
        }


def prepare(config: LabelledDataConfig, hub: Hub, *, seed: int) -> Splits:
    """The examples of the settings' files or dataset, divided: divide() of what read_parts() reads.

    Raises:
        DataError: a part cannot be read, or there are too few texts to divide.
        HubError: the dataset cannot be fetched.
    """
    return divide(read_parts(config, hub), config, seed=seed)


def read_parts(config: LabelledDataConfig, hub: Hub) -> dict[str, Records]:
    """The given parts as they were read, by name: train, and validation and test where given.

    Raises:
        DataError: a part cannot be read.
        HubError: the dataset cannot be fetched.
    """
    return _read_files(config) if config.train_file else hub_dataset.read(config, hub)


def divide(by_part: Mapping[str, Records], config: LabelledDataConfig, *, seed: int) -> Splits:
    """Three parts of what was given.

    Given validation and test parts are used as they are; missing ones are held back from the
    training part by division.py. max_train_samples then thins the training part.

    Raises:
        DataError: there are too few texts to divide.
    """
    splits = _divide(by_part, config, seed)
    if config.max_train_samples and len(splits.train) > config.max_train_samples:
        train = thin_examples(
            splits.train,
            splits.labels,
            config.max_train_samples,
            seed=seed,
            is_multilabel=splits.is_multilabel,
        )
        splits = replace(splits, train=train)
    return replace(splits, notes=splits.notes + _absences(splits) + _overlap(splits))


def split_hash(examples: Iterable[Example]) -> str:
    """sha256 over fields and labels of the examples, in order."""
    digest = hashlib.sha256()
    for example in examples:
        line = json.dumps([dict(example.fields), example.labels], ensure_ascii=False)
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def ids_hash(ids: Iterable[str]) -> str:
    """sha256 over the rows of a part as row_ids() names them, a line each."""
    return hashlib.sha256("".join(f"{row}\n" for row in ids).encode()).hexdigest()


def _read_files(config: LabelledDataConfig) -> dict[str, Records]:
    schema = config.schema()
    paths = {"validation": config.validation_file, "test": config.test_file}
    by_part = {"train": records.read(Path(str(config.train_file)), schema)}
    for name, path in paths.items():
        if path:
            by_part[name] = records.read(
                Path(path), schema.undivided(), labels=by_part["train"].labels
            )
    return by_part


def _divide(by_part: Mapping[str, Records], config: LabelledDataConfig, seed: int) -> Splits:
    first = by_part["train"]
    parts = {name: part.examples for name, part in by_part.items()}
    shares = {"test": config.test_size, "validation": config.validation_size}
    missing = {name: share for name, share in shares.items() if name not in parts}
    notes: tuple[str, ...] = ()
    if missing:
        division = divide_records(first, missing, config, seed=seed)
        parts.update(division.parts)
        notes = division.notes
    for name in ("validation", "test"):
        if not parts[name]:
            raise DataError(f"the {name} part has no usable example; give a file with some")
    return Splits(
        parts["train"],
        parts["validation"],
        parts["test"],
        first.labels,
        first.problem_type,
        tuple(_describe_source(name, part) for name, part in by_part.items()),
        tuple(row for part in by_part.values() for row in part.rejected),
        notes,
    )


def _absences(splits: Splits) -> tuple[str, ...]:
    """Which labels a part has no text of, such as those too small to divide."""
    counts = {
        name: Counter(label for example in part for label in example.labels)
        for name, part in splits.parts.items()
    }
    in_all = sum(counts.values(), Counter[str]())
    notes = []
    for name, of_part in counts.items():
        absent = [label for label in splits.labels if not of_part[label]]
        named = ", ".join(
            f"{quote_text(label)} ({in_all[label]} in all)" for label in absent[:_NAMED]
        )
        more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
        if absent:
            notes.append(f"no {name} text is labelled {named}{more}: {_WITHOUT[name]}")
    return tuple(notes)


def _overlap(splits: Splits) -> tuple[str, ...]:
    seen = {tuple(example.fields.values()) for example in splits.train}
    counts = {
        name: sum(tuple(example.fields.values()) in seen for example in part)
        for name, part in (("validation", splits.validation), ("test", splits.test))
    }
    return tuple(
        f"{count} {name} texts also occur in the training part: results on them flatter"
        for name, count in counts.items()
        if count
    )


def _describe(examples: Sequence[Example], labels: Sequence[str]) -> dict[str, object]:
    counts = Counter(label for example in examples for label in example.labels)
    return {
        "rows": len(examples),
        "sha256": split_hash(examples),
        "label_counts": {label: counts[label] for label in labels},
        "unlabelled": sum(not example.labels for example in examples),
    }


def _describe_source(part: str, part_records: Records) -> dict[str, object]:
    return {
        "part": part,
        "name": Path(part_records.source.path).name,
        "sha256": part_records.source.sha256,
        "encoding": part_records.source.encoding,
        "delimiter": part_records.source.delimiter,
        "columns": list(part_records.source.columns),
        "rows_in": part_records.rows_in,
        "kept": len(part_records.examples),
        "rejected": len(part_records.rejected),
    }
