"""The settings of one training run: default < --config file < flag, checked before anything starts.

Owns TrainConfig; how it is read from the command line, a recipe or an earlier run.json is
command_line.py. It does not open data files or models. The environment says only where and who:
inference/core/settings.py.

Try: python -m training.train --help
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from inference.data.schema import Schema
from training.settings import command_line, limits
from training.settings.run_settings import PLACES_AND_CARD, RunSettings
from training.settings.search_space import searched


@dataclass(frozen=True)
class TrainConfig(RunSettings):
    """Fine-tune a pretrained language model on a file of labelled texts, and publish it.

    Every setting is a flag, a key of a --config file, and a line of run.json.
    """

    train_file: str | None = None
    """Labelled texts: .csv, .tsv, .txt, .jsonl or .parquet. Give this or --dataset_name."""
    validation_file: str | None = None
    """Labelled texts that choose the best checkpoint; without it a part of the training texts."""
    test_file: str | None = None
    """Labelled texts that are scored once, at the end; without it a part of the training texts."""
    dataset_name: str | None = None
    """Repo id of a dataset on the Hub, in place of the files."""
    dataset_revision: str = "main"
    """Branch, tag or commit of --dataset_name."""
    text_fields: tuple[str, ...] = ("text",)
    """Column, or columns, of the text; several are kept apart for the model."""
    label_fields: tuple[str, ...] = ("label",)
    """Column of the label (also --label_field); or several 0/1 columns, one for each label."""
    label_delimiter: str | None = None
    """What separates several labels in one column, as in toxic|insult."""
    label_names: dict[str, str] = field(default_factory=dict)
    """Readable names of labels that the file has, as {"0": "not clicked", "1": "clicked"}."""
    column_names: tuple[str, ...] = ()
    """Names of the columns of a file that has no header line."""
    json_fields: tuple[str, ...] = ()
    """Those text fields that hold JSON: a list of texts, or texts with weights as {"a": 0.3}."""
    match_fields: dict[str, str] = field(default_factory=dict)
    """A text field, and the JSON field it is held against, as {"title": "queries"}: how alike they
    are comes first in the text, in words."""
    group_field: str | None = None
    """Column such as the author: texts that share its value are held back together or stay."""
    time_field: str | None = None
    """Column of ISO dates, or of growing numbers: the latest texts are those held back."""
    validation_size: float = 0.1
    """Part of the training texts to hold back where no validation file is given."""
    test_size: float = 0.1
    """Part of the training texts to hold back where no test file is given."""
    allow_leaks: bool = False
    """Go on although texts of a given validation or test part also occur in another part."""
    max_train_samples: int | None = None
    """Train on a seeded, stratified sample of at most this many texts."""

    model_name_or_path: str = "sentence-transformers/all-MiniLM-L6-v2"
    """The pretrained model: a repo id on the Hub or a local folder."""
    model_revision: str = "main"
    """Branch, tag or commit of the pretrained model."""
    max_seq_length: int = searched(128)
    """Tokens of a text that the model reads in training; longer texts are cut."""
    lora_r: int | None = searched(None)
    """Rank of low-rank adapters to train in place of all weights; merged into them when saved."""
    lora_alpha: int | None = searched(None)
    """Scale of the adapters, over lora_r; unset: twice lora_r."""
    lora_dropout: float = searched(0.05)
    """Dropout before the adapters."""
    freeze_layers: int | None = searched(None)
    """Lowest layers of the encoder that keep their pretrained weights, with the embeddings; unset:
    half of them, or what --lora_r adapts; 0: all weights train."""

    head_start: Literal["probe", "shares"] = searched("probe")
    """probe: fit the new head to the untouched encoder first; shares: to the labels' shares."""

    num_train_epochs: int = searched(3, "2 .. 5")
    """Passes over the training texts."""
    learning_rate: float = searched(2e-4, "3e-5 .. 1e-3 log")
    """Highest learning rate, reached after the warm-up."""
    lr_scheduler_type: Literal["linear", "cosine"] = searched("linear")
    """How the learning rate falls to zero after the warm-up."""
    warmup_ratio: float = searched(0.1, "0 .. 0.2")
    """Part of all steps over which the learning rate rises."""
    per_device_train_batch_size: int = searched(32, "16 | 32")
    """Texts in a batch, on each process."""
    per_device_eval_batch_size: int = 64
    """Texts in a batch when validating, on each process."""
    gradient_accumulation_steps: int = searched(1)
    """Batches whose gradients are added before one step of the optimizer."""
    weight_decay: float = searched(0.01, "0 .. 0.1")
    """AdamW's weight decay; biases and layer norms have none."""
    loss: Literal["cross_entropy", "focal"] = searched("cross_entropy")
    """What is made small; focal loss lets texts that are already right count less."""
    class_weights: Literal["none", "balanced", "sqrt"] = searched("none", "none | sqrt")
    """balanced: rare labels count more in the loss, as if all were equally frequent; sqrt: halfway.
    Thresholds are chosen on validation either way, so none already decides well for rare labels."""
    weighted_sampling: bool = searched(False)
    """Draw texts of rare labels more often, others less; an epoch has as many steps as before."""
    max_grad_norm: float = searched(1.0)
    """Gradients are clipped to this norm."""
    mixed_precision: Literal["auto", "no", "bf16", "fp16"] = "auto"
    """auto is bf16 where the hardware multiplies in it, else float32; fp16 needs a GPU."""
    early_stopping_patience: int | None = None
    """Stop after this many validations without a better result; unset: train all epochs."""
    eval_steps: int | None = None
    """Validate every so many optimizer steps as well as after each epoch."""
    seed: int = 42
    """Decides the split, the sample, the new layers, the order of the batches and the dropout."""

    output_dir: str = "runs/latest"
    """Folder of the run: weights, tokenizer, results, receipt, checkpoints while it trains."""
    resume_from_checkpoint: str | None = "auto"
    """auto carries on where an interrupted run stopped; a folder: from there; null: start over."""
    save_steps: int = 200
    """Optimizer steps between checkpoints; one is also kept at each validation."""
    logging_steps: int = 10
    """Optimizer steps between two lines of metrics.jsonl."""
    report_to: Literal["none", "tensorboard", "trackio"] = "none"
    """Where loss and figures go besides metrics.jsonl: RUN_DIR/tensorboard, or local Trackio."""
    label_descriptions: dict[str, str] = field(default_factory=dict)
    """A sentence for each label: with them the untrained base model is compared as zero-shot."""

    baselines: tuple[str, ...] = limits.BASELINES
    """Free models to beat, fitted on the training texts; [] for none."""
    baseline_options: dict[str, dict[str, float]] = field(default_factory=dict)
    """What tuning chose for them, as {"tfidf_lr": {"C": 8, "balanced": 0, "min_df": 2}}."""
    pretrained_label_maps: dict[str, dict[str, str | None]] = field(default_factory=dict)
    """Classifiers of others to beat: repo id (or id@commit) to {its label: label here, or null}."""

    search_space: dict[str, str] = field(default_factory=dict)
    """What training.tune tries, as {"learning_rate": "3e-5 .. 1e-3 log", "loss": "fixed"}; its own
    choice for what is left out."""
    study: str | None = None
    """study.json of the search that chose these settings; it is published with the model."""

    push_to_hub: bool = False
    """Publish the model when it is done; the right to do so is checked before training."""
    hub_model_id: str | None = None
    """Repo to publish to: owner/name, or a name in the namespace of the token's user."""
    hub_private: bool = False
    """Make the repo private when it is created."""
    hub_tag: str | None = None
    """Tag for the published commit, such as v1."""
    language: str = "en"
    """Language of the texts, for the model card."""
    license: str = "apache-2.0"
    """License of the model, for its card."""
    dataset_title: str | None = None
    """What the data is called on the model card."""
    dataset_license: str | None = None
    """License of the data, for the model card."""

    def __post_init__(self) -> None:
        limits.check(self)

    @staticmethod
    def without_effect_on_weights() -> frozenset[str]:
        """Names of the settings that may change while the weights stay the same."""
        return PLACES_AND_CARD | {
            "report_to",
            "label_descriptions",
            "baselines",
            "baseline_options",
            "pretrained_label_maps",
            "search_space",
            "study",
            "allow_leaks",
            "dataset_name",  # the data itself is compared, by sha256
            "dataset_revision",
        }

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


def parse_train_config(argv: Sequence[str] | None = None) -> TrainConfig:
    """The settings of a command line; without argv, of this process.

    Raises:
        ConfigError: an unknown name (the closest and all known ones are listed) or a bad value.
    """
    return command_line.parse(TrainConfig, "python -m training.train", argv)


def train_config_from_mapping(values: Mapping[str, object]) -> TrainConfig:
    """A TrainConfig of already typed values, as read back from run.json.

    Raises:
        ConfigError: an unknown key or a value that cannot be used.
    """
    return command_line.from_mapping(TrainConfig, values)
