"""Labelled examples in three parts: to train on, to choose the checkpoint by, to test once.

Owns where the examples come from (files or a dataset on the Hub), what is held back, and the
fingerprint of the result. Reading a file is inference/records.py, choosing rows training/splits.py.

Try: python -m training.train --train_file tweets.csv --num_train_epochs 1
"""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hub.client import Hub
from inference import records
from inference.bundle import MULTI
from inference.errors import DataError
from inference.records import Example, Records, Rejected, Schema
from training.config import TrainConfig
from training.splits import hold_back

_SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
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

    @property
    def is_multilabel(self) -> bool:
        """Whether a text may have any number of the labels."""
        return self.problem_type == MULTI

    def receipt(self) -> dict[str, object]:
        """What run.json says of the data: sources, parts, label counts and hashes; no texts."""
        parts = {"train": self.train, "validation": self.validation, "test": self.test}
        return {
            "problem_type": self.problem_type,
            "labels": list(self.labels),
            "sources": list(self.sources),
            "rejected": len(self.rejected),
            "rejected_rows": [str(row) for row in self.rejected[:100]],
            "notes": list(self.notes),
            "splits": {name: _describe(part, self.labels) for name, part in parts.items()},
        }


def prepare(config: TrainConfig, hub: Hub) -> Splits:
    """The examples of the settings' files or dataset, divided: divide() of what read_parts() reads.

    Raises:
        DataError: a part cannot be read, or there are too few texts to divide.
        HubError: the dataset cannot be fetched.
    """
    return divide(read_parts(config, hub), config)


def read_parts(config: TrainConfig, hub: Hub) -> dict[str, Records]:
    """The given parts as they were read, by name: train, and validation and test where given.

    Raises:
        DataError: a part cannot be read.
        HubError: the dataset cannot be fetched.
    """
    return _read_files(config) if config.train_file else _read_dataset(config, hub)


def divide(given: Mapping[str, Records], config: TrainConfig) -> Splits:
    """Three parts of what was given.

    Given validation and test parts are used as they are; missing ones are held back from the
    training part. max_train_samples then thins the training part, stratified.

    Raises:
        DataError: there are too few texts to divide.
    """
    splits = _divide(given, config)
    if config.max_train_samples and len(splits.train) > config.max_train_samples:
        splits = _thin(splits, config.max_train_samples, config.seed)
    return replace(splits, notes=splits.notes + _overlap(splits))


def split_hash(examples: Iterable[Example]) -> str:
    """sha256 over fields and labels of the examples, in order."""
    digest = hashlib.sha256()
    for example in examples:
        line = json.dumps([dict(example.fields), example.labels], ensure_ascii=False)
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def _schema(config: TrainConfig) -> Schema:
    return Schema(
        text_fields=config.text_fields,
        label_fields=config.label_fields,
        label_delimiter=config.label_delimiter,
        column_names=config.column_names,
        json_fields=config.json_fields,
        group_field=config.group_field,
        time_field=config.time_field,
    )


def _read_files(config: TrainConfig) -> dict[str, Records]:
    schema = _schema(config)
    paths = {"validation": config.validation_file, "test": config.test_file}
    given = {"train": records.read(Path(str(config.train_file)), schema)}
    for name, path in paths.items():
        if path:
            given[name] = records.read(Path(path), schema, labels=given["train"].labels)
    return given


def _read_dataset(config: TrainConfig, hub: Hub) -> dict[str, Records]:
    """The splits of a Hub dataset, as records; only the standard loaders run, never its scripts."""
    from datasets import Dataset, DatasetDict, disable_progress_bars, load_dataset

    disable_progress_bars()
    name = str(config.dataset_name)
    snapshot = hub.resolve(name, config.dataset_revision, repo_type="dataset")
    is_csv = any(snapshot.folder.rglob("*.[ct]sv"))
    options = {"keep_default_na": False} if is_csv else {}  # "NA" and "None" are texts
    given: dict[str, Records] = {}
    with tempfile.TemporaryDirectory() as cache_dir:
        try:
            loaded = load_dataset(
                str(snapshot.folder), cache_dir=cache_dir, keep_in_memory=True, **options
            )
        except (ValueError, OSError, RuntimeError) as error:
            raise DataError(f"dataset {name} cannot be loaded: {error}") from error
        assert isinstance(loaded, DatasetDict), type(loaded)
        parts = {part: _find_split(loaded, known) for part, known in _SPLIT_NAMES.items()}
        if parts["train"] is None:
            raise DataError(
                f"dataset {name} has no split called train, it has {', '.join(map(str, loaded))}"
            )
        for part, dataset in parts.items():
            if isinstance(dataset, Dataset):
                labels = given["train"].labels if given else None
                rows = _named_labels(dataset, config.label_fields)
                given[part] = records.from_rows(
                    rows, _schema(config), name=f"{name}/{part}", labels=labels
                )
    return given


def _find_split(loaded: Mapping[str, object], names: Sequence[str]) -> object | None:
    return next((loaded[name] for name in names if name in loaded), None)


def _named_labels(dataset, label_fields: Sequence[str]) -> Iterator[dict[str, object]]:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """The rows, with numbers of a ClassLabel column replaced by the names that they stand for."""
    names: dict[str, list[str]] = {}
    for field in label_fields:
        feature = dataset.features.get(field)
        feature = getattr(feature, "feature", feature)  # a list of ClassLabel
        if getattr(feature, "names", None):
            names[field] = feature.names
    for row in dataset:
        for field, of_number in names.items():
            value = row[field]
            many = isinstance(value, list)
            row[field] = [of_number[v] for v in value] if many else _name_of(value, of_number)
        yield row


def _name_of(value: int | None, names: Sequence[str]) -> str | None:
    # datasets writes -1 for "not labelled"
    return None if value is None or value < 0 else names[value]


def _divide(given: Mapping[str, Records], config: TrainConfig) -> Splits:
    first = given["train"]
    parts = {name: part.examples for name, part in given.items()}
    notes: list[str] = []
    shares = {"test": config.test_size, "validation": config.validation_size}
    missing = [name for name in shares if name not in parts]
    whole = len(parts["train"])
    for name in missing:
        share = shares[name] * whole / len(parts["train"])
        held = hold_back(
            parts["train"],
            first.labels,
            share,
            seed=config.seed,
            is_multilabel=first.problem_type == MULTI,
        )
        pairs = list(zip(parts["train"], held.mask, strict=True))
        parts[name] = tuple(example for example, is_held in pairs if is_held)
        parts["train"] = tuple(example for example, is_held in pairs if not is_held)
        if held.absent:
            notes.append(f"no {name} text is labelled {', '.join(held.absent)}: too few to divide")
    for name in ("validation", "test"):
        if not parts[name]:
            raise DataError(f"the {name} part has no usable example; give a file with some")
    return Splits(
        parts["train"],
        parts["validation"],
        parts["test"],
        first.labels,
        first.problem_type,
        tuple(_describe_source(name, part) for name, part in given.items()),
        tuple(row for part in given.values() for row in part.rejected),
        tuple(notes),
    )


def _thin(splits: Splits, count: int, seed: int) -> Splits:
    """The same with at most `count` training examples; rare labels are the last to be dropped."""
    dropped = hold_back(
        splits.train,
        splits.labels,
        1 - count / len(splits.train),
        seed=seed,
        is_multilabel=splits.is_multilabel,
    )
    kept = np.flatnonzero(~dropped.mask)
    if len(kept) > count:  # equal texts, and the iterative split, come near to the share only
        kept = np.sort(np.random.default_rng(seed).choice(kept, count, replace=False))
    return replace(splits, train=tuple(splits.train[row] for row in kept.tolist()))


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


def _describe_source(part: str, given: Records) -> dict[str, object]:
    return {
        "part": part,
        "name": Path(given.source.path).name,
        "sha256": given.source.sha256,
        "encoding": given.source.encoding,
        "delimiter": given.source.delimiter,
        "columns": list(given.source.columns),
        "rows_in": given.rows_in,
        "kept": len(given.examples),
        "rejected": len(given.rejected),
    }
