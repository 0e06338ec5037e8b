"""A dataset on the Hub -> the records of its splits, by the standard loaders of `datasets` alone.

Owns which split is which part and the names behind the numbers of a ClassLabel column. What the
rows mean is inference/data/records.py; dividing them is division.py.

Try: python -m training.train --dataset_name owner/name --num_train_epochs 1
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence

from hub.client import Hub
from inference.core.errors import DataError
from inference.data import records
from inference.data.records import Records
from training.settings.data_config import LabelledDataConfig

_SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
}


def read(config: LabelledDataConfig, hub: Hub) -> dict[str, Records]:
    """The splits of the settings' dataset by part: train, validation and test as far as given.

    Raises:
        DataError: the dataset cannot be loaded or read, or has no split to train on.
        HubError: it cannot be fetched.
    """
    from datasets import Dataset, DatasetDict, disable_progress_bars, load_dataset

    disable_progress_bars()
    name = str(config.dataset_name)
    snapshot = hub.resolve(name, config.dataset_revision, repo_type="dataset")
    is_csv = any(snapshot.folder.rglob("*.[ct]sv"))
    options = {"keep_default_na": False} if is_csv else {}  # "NA" and "None" are texts
    by_part: dict[str, Records] = {}
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
                schema = config.schema().undivided() if by_part else config.schema()
                labels = by_part["train"].labels if by_part else None
                rows = _named_labels(dataset, config.label_fields)
                by_part[part] = records.from_rows(
                    rows, schema, name=f"{name}/{part}", labels=labels
                )
    return by_part


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
