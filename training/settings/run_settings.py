"""What the settings of every training can do, whatever model they train.

Owns how settings are written, changed and compared; which there are is training/settings/config.py
for a classifier and training/settings/chat_config.py for a chat model. Words become settings in
command_line.py, and limits.py says which values they may have.

Try: python -m training.train --help
"""

from abc import abstractmethod
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
else:
    DataclassInstance = object

PLACES_AND_CARD = frozenset(
    {
        "train_file",  # the data itself is compared, by sha256
        "validation_file",
        "test_file",
        "output_dir",
        "resume_from_checkpoint",
        "save_steps",
        "logging_steps",
        "push_to_hub",
        "hub_model_id",
        "hub_private",
        "hub_tag",
        "language",
        "license",
        "dataset_title",
        "dataset_license",
    }
)
"""Settings of every training that name a file or a repo, or steer the console or the card: with
other values of these the weights of a finished run are still the ones asked for."""


class RunSettings(DataclassInstance):
    """A base of frozen dataclasses, each field of which is a flag, and a key of run.json."""

    per_device_train_batch_size: int
    gradient_accumulation_steps: int

    @staticmethod
    @abstractmethod
    def without_effect_on_weights() -> frozenset[str]:
        """Names of the settings that may change while the weights stay the same."""

    def as_dict(self) -> dict[str, object]:
        """All settings as JSON and YAML can hold them (tuples become lists)."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    def with_values(self, **values: object) -> Self:
        """The same settings but for these. Raises ConfigError where they do not go together."""
        return replace(self, **values)

    def texts_in_a_step(self, processes: int) -> int:
        """Texts, or dialogues, behind one step of the optimizer."""
        return self.per_device_train_batch_size * self.gradient_accumulation_steps * processes

    def weights_identity(self) -> dict[str, object]:
        """The settings on which the weights depend; the data is compared beside them, by hash."""
        without = self.without_effect_on_weights()
        return {name: value for name, value in self.as_dict().items() if name not in without}
