"""The settings of one training of a classifier.

Owns which groups they are, and what of several groups must go together. How they are read from the
command line, a recipe or an earlier run.json is command_line.py. The environment says only where
and who: inference/core/settings.py.

Try: python -m training.train --help
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.settings import command_line, search_space
from training.settings.data_config import LabelledDataConfig
from training.settings.groups import Config
from training.settings.model_config import EncoderConfig
from training.settings.publish_config import PublishConfig
from training.settings.report_config import ReportConfig
from training.settings.search_space import SearchConfig
from training.settings.trainer_config import ClassifierTrainerConfig


@dataclass(frozen=True)
class TrainConfig(Config):
    """Fine-tune a pretrained language model on a file of labelled texts, and publish it."""

    data: LabelledDataConfig = LabelledDataConfig()
    model: EncoderConfig = EncoderConfig()
    trainer: ClassifierTrainerConfig = ClassifierTrainerConfig()
    report: ReportConfig = ReportConfig()
    search: SearchConfig = SearchConfig()
    hub: PublishConfig = PublishConfig()

    def __post_init__(self) -> None:
        self.data.require_source()
        search_space.check(self)


def parse_train_config(argv: Sequence[str] | None = None) -> TrainConfig:
    """The settings of a command line; without argv, of this process.

    Raises:
        FlagError: an unknown name (the closest and all known ones are listed) or a bad value.
    """
    return command_line.parse(TrainConfig, "python -m training.train", argv)


def train_config_from_mapping(values: Mapping[str, object]) -> TrainConfig:
    """A TrainConfig of already typed values, as read back from run.json.

    Raises:
        ConfigError: an unknown key or a value that cannot be used.
    """
    return command_line.from_mapping(TrainConfig, values)
