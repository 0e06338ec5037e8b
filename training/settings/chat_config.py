"""The settings of one chat training: the groups of config.py as far as they go, and chat's own.

Try: python -m training.chat --help
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from training.settings import command_line
from training.settings.data_config import DialogueDataConfig
from training.settings.groups import Config
from training.settings.model_config import ChatModelConfig
from training.settings.publish_config import PublishConfig
from training.settings.report_config import ChatReportConfig
from training.settings.trainer_config import ChatTrainerConfig


@dataclass(frozen=True)
class ChatConfig(Config):
    """Fine-tune a small chat model on a file of dialogues by low-rank adapters, and publish it."""

    # what benchmarks/chat_experiments.py does now
    RETIRED = (
        "paraphrases",
        "compare_model_name_or_path",
        "compare_model_revision",
        "measure_levers",
        "paraphrase_model_name_or_path",
        "paraphrase_model_revision",
    )

    data: DialogueDataConfig = DialogueDataConfig()
    model: ChatModelConfig = ChatModelConfig(
        model_name_or_path="HuggingFaceTB/SmolLM2-135M-Instruct",
        max_seq_length=512,
        lora_r=16,
        lora_dropout=0.0,  # on a CPU it takes time, and one epoch needs none
    )
    trainer: ChatTrainerConfig = ChatTrainerConfig(
        num_train_epochs=1,
        learning_rate=5e-4,
        lr_scheduler_type="cosine",
        warmup_ratio=0.05,
        per_device_train_batch_size=4,
        per_device_eval_batch_size=8,
        weight_decay=0.0,
        output_dir="runs/chat",
        save_steps=50,
        logging_steps=5,
    )
    report: ChatReportConfig = ChatReportConfig()
    hub: PublishConfig = PublishConfig()

    def __post_init__(self) -> None:
        self.data.require_source()


def parse_chat_config(argv: Sequence[str] | None = None) -> ChatConfig:
    """The settings of a command line; without argv, of this process.

    Raises:
        FlagError: an unknown name (the closest and all known ones are listed) or a bad value.
    """
    return command_line.parse(ChatConfig, "python -m training.chat", argv)


def chat_config_from_mapping(values: Mapping[str, object]) -> ChatConfig:
    """A ChatConfig of already typed values, as read back from run.json.

    Raises:
        ConfigError: an unknown key or a value that cannot be used.
    """
    return command_line.from_mapping(ChatConfig, values)
