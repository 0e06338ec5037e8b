"""The receipt of a training, run.json: what was asked, on what data, and what came of it.

Owns its form and its reading, for pages and commands alike. Writing it, and holding it against the
files that it tells of, is training/run/receipt.py's and training/verify.py's.

Try: python -c "from pathlib import Path; from inference.models.receipt import load_receipt; \
print(load_receipt(Path('runs/a')).data.splits.train.rows)"
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from inference.core.errors import ModelError
from inference.core.json_record import Mismatch, load_record

T = TypeVar("T")
RECEIPT_FILE = "run.json"


@dataclass(frozen=True)
class DataFile:
    """A file or dataset that examples were read from: rows_in = kept + rejected."""

    part: str
    name: str
    sha256: str
    rows_in: int
    kept: int
    rejected: int


@dataclass(frozen=True)
class DataPart:
    """What a part holds; label_counts of a classifier's, answers of a chat model's."""

    rows: int
    sha256: str
    ids_sha256: str
    label_counts: Mapping[str, int] = field(default_factory=dict)
    answers: int = 0


@dataclass(frozen=True)
class DataParts:
    """The three parts, none of which shares a row with another."""

    train: DataPart
    validation: DataPart
    test: DataPart

    @property
    def by_name(self) -> Mapping[str, DataPart]:
        """The parts in the order of the file."""
        return {"train": self.train, "validation": self.validation, "test": self.test}


@dataclass(frozen=True)
class DataFacts:
    """Where the examples came from; removed, noisy: training rows of a chat run, by the reason."""

    sources: tuple[DataFile, ...]
    splits: DataParts
    notes: tuple[str, ...] = ()
    removed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    noisy: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class BaseModel:
    """What was fine-tuned; a folder has its name for a repo id, and no revision."""

    repo_id: str
    revision: str | None = None


@dataclass(frozen=True)
class Device:
    """What the run trained on."""

    type: str
    precision: str
    processes: int


@dataclass(frozen=True)
class Course:
    """How the training went; best_value: of the checkpoint that was kept, by this metric."""

    steps: int
    epochs: float
    seconds: float
    best_step: int
    best_value: float | None
    metric: str = "loss"
    frozen_layers: int = 0


@dataclass(frozen=True)
class BlendGain:
    """MCC together with counted words less that of the weights alone, by folds of validation.

    interval: 95 %; None where it cannot be had.
    """

    mcc: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Calibration:
    """What choosing temperature and thresholds came to, on the validation part.

    blend: None where counted words were not tried beside the model. in_weights: the temperature
    that the weights hold themselves, if they do.
    """

    ece_before: float | None = None
    ece_after: float | None = None
    notes: tuple[str, ...] = ()
    blend: BlendGain | None = None
    in_weights: float | None = None


@dataclass(frozen=True)
class Exported:
    """The ONNX files of the run by their sha256, or the notice that says why there are none."""

    notice: str | None = None
    sha256: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TrainedColumns:
    """Where a labelled file has its texts and labels, by the names of training.train's flags.

    column_names: of a file without a header.
    """

    text_fields: tuple[str, ...] = ("text",)
    label_fields: tuple[str, ...] = ("label",)
    label_delimiter: str | None = None
    label_names: Mapping[str, str] = field(default_factory=dict)
    column_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Receipt:
    """run.json. config: the settings by name, as --config reads them.

    kind: what sort of run; None of a classifier. files: what it vouches for, each with its sha256.
    metrics: of the test part, by row of the verdict table. kept: "frozen" where a head over the
    pretrained layers as they are was better than fine-tuning them, else "tuned". What may be
    absent, an earlier program did not write.
    """

    config: Mapping[str, Any]
    data: DataFacts
    base_model: BaseModel
    versions: Mapping[str, str]
    device: Device
    training: Course
    kind: str | None = None
    weights_sha256: str | None = None
    decision: Calibration | None = None
    kept: str = "tuned"
    not_compared: tuple[str, ...] = ()
    export: Exported | None = None
    metrics: Mapping[str, Any] | None = None
    files: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        for name, part in self.data.splits.by_name.items():
            if self.kind is None and not part.label_counts:
                key = f"data.splits.{name}.label_counts"
                raise Mismatch(key, part.label_counts, "how many texts have each label")


@dataclass(frozen=True)
class _Kind:
    kind: str | None = None


def load_receipt(folder: Path) -> Receipt:
    """Read the receipt in a run folder or a fetched repo.

    Raises:
        ModelError: it is missing, or is no receipt of a run.
    """
    return _load(Receipt, folder)


def load_kind(folder: Path) -> str | None:
    """Read what sort of run a receipt is of, whether it is whole or not. Raises as load_receipt."""
    return _load(_Kind, folder).kind


def load_asked(kind: type[T], folder: Path) -> T:
    """Read the settings in a receipt that a dataclass has fields for, such as TrainedColumns.

    Raises:
        ModelError: it is missing, or has no such settings.
    """
    return _load(kind, folder, key="config")


def _load(kind: type[T], folder: Path, key: str | None = None) -> T:
    return load_record(
        kind,
        folder / RECEIPT_FILE,
        what="no receipt of a run",
        remedy="fetch the run again, or train again",
        error=ModelError,
        key=key,
    )
