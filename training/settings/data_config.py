"""Which data a training reads: files or a dataset, their columns, and what is held back."""

from dataclasses import dataclass
from typing import Literal

from inference.core.errors import ConfigError
from inference.data.schema import Schema
from inference.runs.contract import TRAIN_SAMPLES
from training.settings.groups import Group, setting

_SHARE = (0.001, 0.5)


@dataclass(frozen=True)
class DataConfig(Group):
    """Data"""

    # the data itself is compared, by sha256
    train_file: str | None = setting(None, changes_weights=False)
    """Examples to train on: FORMATS."""
    validation_file: str | None = setting(None, changes_weights=False)
    """Examples that choose the best checkpoint; without it a part of the training examples."""
    test_file: str | None = setting(None, changes_weights=False)
    """Examples that are measured once, at the end; without it a part of the training
    examples."""
    validation_size: float = setting(0.1, between=_SHARE)
    """Part of the training examples to hold back where no validation file is given."""
    test_size: float = setting(0.1, between=_SHARE)
    """Part of the training examples to hold back where no test file is given."""
    max_train_samples: int | None = setting(None, between=TRAIN_SAMPLES)
    """Train on a seeded sample of at most this many examples, stratified by label."""


@dataclass(frozen=True)
class LabelledDataConfig(DataConfig):
    """Data"""

    dataset_name: str | None = setting(None, changes_weights=False)
    """Repo id of a dataset on the Hub, in place of the files."""
    dataset_revision: str = setting("main", changes_weights=False)
    """Branch, tag or commit of --dataset_name."""
    text_fields: tuple[str, ...] = setting(("text",))
    """Column, or columns, of the text; several are kept apart for the model."""
    label_fields: tuple[str, ...] = setting(("label",))
    """Column of the label (also --label_field); or several 0/1 columns, one for each label."""
    label_delimiter: str | None = setting(None)
    """What separates several labels in one column, as in toxic|insult."""
    label_names: dict[str, str] = setting({})
    """Readable names of labels that the file has, as {"0": "not clicked", "1": "clicked"}."""
    column_names: tuple[str, ...] = setting(())
    """Names of the columns of a file that has no header line."""
    json_fields: tuple[str, ...] = setting(())
    """Those text fields that hold JSON: a list of texts, or texts with weights as {"a":
    0.3}."""
    match_fields: dict[str, str] = setting({})
    """A text field, and the JSON field it is held against, as {"title": "queries"}: how alike
    they are comes first in the text, in words."""
    group_field: str | None = setting(None)
    """Column such as the author: texts that share its value are held back together or stay."""
    time_field: str | None = setting(None)
    """Column of ISO dates, or of growing numbers: the latest texts are those held back."""
    drop_suspects: Literal["no", "yes", "auto"] = setting("no")
    """Leave training rows out whose label the pretrained model, as it is, suspects to be wrong;
    auto: only where the TF-IDF baseline that learns without them is better on the validation rows,
    beyond chance."""
    allow_leaks: bool = setting(False, changes_weights=False)
    """Go on although texts of a given validation or test part also occur in another part."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("text_fields", "label_fields"):
            values = getattr(self, name)
            if not values or len(set(values)) != len(values):
                raise ConfigError(
                    f"{name} needs one or more different column names, it is {values}"
                )
        shared = set(self.text_fields) & set(self.label_fields)
        if shared:
            raise ConfigError(f"{sorted(shared)} cannot be both text and label")
        if self.label_delimiter is not None and len(self.label_fields) != 1:
            raise ConfigError("label_delimiter is for one label field; several are given")
        if self.label_delimiter == "":
            raise ConfigError("label_delimiter is empty; leave it out, or give one such as '|'")
        self.schema()  # checks the other columns
        for field, other in self.match_fields.items():
            if field not in self.text_fields or other not in self.json_fields:
                raise ConfigError(
                    f"match_fields holds {field} against {other}; it must hold one of text_fields "
                    f"({', '.join(self.text_fields)}) against one of json_fields "
                    f"({', '.join(self.json_fields) or 'none given'})"
                )
        if self.dataset_name and (self.validation_file or self.test_file):
            raise ConfigError(
                "--validation_file and --test_file go with --train_file; a --dataset_name brings "
                "its own splits"
            )

    def require_source(self) -> None:
        """Raise ConfigError unless it is said what to train on, once."""
        if bool(self.train_file) == bool(self.dataset_name):
            both = "both are given" if self.train_file else "neither is given"
            raise ConfigError(f"give either --train_file or --dataset_name; {both}")

    def schema(self) -> Schema:
        """Which columns of the training file hold what."""
        return Schema(
            text_fields=self.text_fields,
            label_fields=self.label_fields,
            label_delimiter=self.label_delimiter,
            label_names=self.label_names,
            column_names=self.column_names,
            json_fields=self.json_fields,
            group_field=self.group_field,
            time_field=self.time_field,
        )


@dataclass(frozen=True)
class DialogueDataConfig(DataConfig):
    """Data: dialogues with messages, or instruction/input/output, or prompt/completion"""

    duplicates: Literal["keep", "exact", "near"] = setting("exact")
    """Which repeated training dialogues go: none, equal ones, nearly equal ones too."""
    noisy: Literal["keep", "remove"] = setting("keep")
    """Whether training dialogues go whose answer seems cut off or repeats itself; they are
    listed either way."""

    def require_source(self) -> None:
        """Raise ConfigError unless it is said what to train on."""
        if not self.train_file:
            raise ConfigError("give the dialogues with --train_file dialogues.jsonl")
