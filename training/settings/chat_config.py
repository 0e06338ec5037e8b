"""The settings of one chat training: default < --config file < flag, checked before it starts.

Owns ChatConfig. The names are those of training/settings/config.py wherever the meaning is; reading
them is training/settings/command_line.py.

Try: python -m training.chat --help
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from inference.core.errors import ConfigError
from training.settings import command_line, limits
from training.settings.arguments import without_retired
from training.settings.run_settings import PLACES_AND_CARD, RunSettings

_LIMITS: dict[str, tuple[float, float]] = {
    "validation_size": (0.001, 0.5),
    "test_size": (0.001, 0.5),
    "max_train_samples": (1, 10**12),
    "max_seq_length": (8, 1_000_000),
    "lora_r": (1, 10_000),
    "lora_alpha": (1, 100_000),
    "lora_dropout": (0, 0.9),
    "num_train_epochs": (1, 10_000),
    "max_steps": (1, 10**9),
    "learning_rate": (1e-8, 1),
    "warmup_ratio": (0, 1),
    "per_device_train_batch_size": (1, 100_000),
    "per_device_eval_batch_size": (1, 100_000),
    "gradient_accumulation_steps": (1, 100_000),
    "weight_decay": (0, 1),
    "max_grad_norm": (1e-6, 1e6),
    "early_stopping_patience": (1, 10_000),
    "eval_steps": (1, 10**9),
    "save_steps": (1, 10**9),
    "logging_steps": (1, 10**9),
    "answer_prompts": (0, 10_000),
    "answer_tokens": (1, 100_000),
}

RETIRED = (
    "paraphrases",
    "compare_model_name_or_path",
    "compare_model_revision",
    "measure_levers",
    "paraphrase_model_name_or_path",
    "paraphrase_model_revision",
)
"""Settings of runs made before benchmarks/chat_experiments.py took them: in a run.json or a recipe
they are ignored, with a note; as flags they are unknown."""


@dataclass(frozen=True)
class ChatConfig(RunSettings):
    """Fine-tune a small chat model on a file of dialogues by low-rank adapters, and publish it.

    Every setting is a flag, a key of a --config file, and a line of run.json.
    """

    train_file: str | None = None
    """Dialogues: .jsonl, .csv, .tsv or .parquet with messages, or instruction/input/output, or
    prompt/completion."""
    validation_file: str | None = None
    """Dialogues that choose the best checkpoint; without it a part of the training dialogues."""
    test_file: str | None = None
    """Dialogues held out: their loss is measured before and after; else a part of the training."""
    validation_size: float = 0.1
    """Part of the training dialogues to hold back where no validation file is given."""
    test_size: float = 0.1
    """Part of the training dialogues to hold back where no test file is given."""
    max_train_samples: int | None = None
    """Train on a seeded sample of at most this many dialogues."""
    duplicates: Literal["keep", "exact", "near"] = "exact"
    """Which repeated training dialogues go: none, equal ones, nearly equal ones too."""
    noisy: Literal["keep", "remove"] = "keep"
    """Whether training dialogues go whose answer seems cut off or repeats itself; they are listed
    either way."""

    model_name_or_path: str = "HuggingFaceTB/SmolLM2-135M-Instruct"
    """The chat model to start from: a repo id on the Hub or a local folder."""
    model_revision: str = "main"
    """Branch, tag or commit of the chat model."""
    quantize_base: Literal["no", "4bit"] = "no"
    """4bit: hold the frozen weights in 4 bits (QLoRA); needs a CUDA GPU and bitsandbytes."""
    system_prompt: str | None = None
    """What the model is told first; unset: what its chat template says by itself."""
    max_seq_length: int = 512
    """Tokens of a dialogue that training reads; the rest is cut off."""
    learn_end_of_turn: bool = True
    """Learn to end an answer; without it the model does not stop (a control, not for use)."""
    lora_r: int = 16
    """Rank of the adapters."""
    lora_alpha: int | None = None
    """Scale of the adapters, over lora_r; unset: twice lora_r."""
    lora_dropout: float = 0.0
    """Dropout before the adapters; on a CPU it takes time, and one epoch needs none."""
    lora_targets: tuple[str, ...] = ()
    """Names of the layers that get an adapter, as q_proj v_proj; unset: every linear layer below
    the output, which is attention and MLP."""

    num_train_epochs: int = 1
    """Passes over the training dialogues."""
    max_steps: int | None = None
    """Stop after this many optimizer steps; in place of num_train_epochs."""
    learning_rate: float = 5e-4
    """Highest learning rate, reached after the warm-up."""
    lr_scheduler_type: Literal["linear", "cosine"] = "cosine"
    """How the learning rate falls to zero after the warm-up."""
    warmup_ratio: float = 0.05
    """Part of all steps over which the learning rate rises."""
    per_device_train_batch_size: int = 4
    """Dialogues that go through the model at once."""
    per_device_eval_batch_size: int = 8
    """Dialogues at once when a loss or answers are measured."""
    gradient_accumulation_steps: int = 1
    """Batches whose gradients are added before one step of the optimizer."""
    weight_decay: float = 0.0
    """AdamW's weight decay."""
    max_grad_norm: float = 1.0
    """Gradients are clipped to this norm."""
    mixed_precision: Literal["auto", "no", "bf16", "fp16"] = "auto"
    """auto is bf16 where the hardware multiplies in it, else float32; fp16 needs a GPU."""
    gradient_checkpointing: bool = False
    """Compute activations again in the backward pass: less memory, a third more time."""
    early_stopping_patience: int | None = None
    """Stop after this many validations without a lower loss; unset: train to the end."""
    eval_steps: int | None = None
    """Validate every so many optimizer steps as well as after each epoch."""
    seed: int = 42
    """Decides the split, the adapters' start, the order of the batches, dropout and answers."""

    answer_prompts: int = 40
    """Held-out prompts that base and tuned model answer, to count answers that end; 0 for none."""
    answer_tokens: int = 256
    """Tokens after which such an answer is cut off."""
    compare_runs: tuple[str, ...] = ()
    """Folders of finished runs whose loss is drawn beside this one's, as of --max_steps 60."""

    output_dir: str = "runs/chat"
    """Folder of the run: adapter, tokenizer, results, receipt, checkpoints while it trains."""
    resume_from_checkpoint: str | None = "auto"
    """auto carries on where an interrupted run stopped; a folder: from there; null: start over."""
    save_steps: int = 50
    """Optimizer steps between checkpoints; one is also kept at each validation."""
    logging_steps: int = 5
    """Optimizer steps between two lines of metrics.jsonl."""
    merge_adapter: bool = False
    """Also write the merged weights, which load without peft."""
    push_to_hub: bool = False
    """Publish the adapter when it is done; the right to do so is checked before training."""
    hub_model_id: str | None = None
    """Repo to publish to: owner/name, or a name in the namespace of the token's user."""
    hub_private: bool = False
    """Make the repo private when it is created."""
    hub_tag: str | None = None
    """Tag for the published commit, such as v1."""
    language: str = "en"
    """Language of the dialogues, for the model card."""
    license: str = "apache-2.0"
    """License of the model, for its card."""
    dataset_title: str | None = None
    """What the data is called on the model card."""
    dataset_license: str | None = None
    """License of the data, for the model card."""

    def __post_init__(self) -> None:
        if not self.train_file:
            raise ConfigError("give the dialogues with --train_file dialogues.jsonl")
        limits.check_numbers(self, _LIMITS)
        limits.check_choices(self)
        limits.check_publishing(self)

    @staticmethod
    def without_effect_on_weights() -> frozenset[str]:
        """Names of the settings that may change while the adapter stays the same."""
        return PLACES_AND_CARD | {
            "answer_prompts",
            "answer_tokens",
            "compare_runs",
            "merge_adapter",
        }


def parse_chat_config(argv: Sequence[str] | None = None) -> ChatConfig:
    """The settings of a command line; without argv, of this process.

    Raises:
        ConfigError: an unknown name (the closest and all known ones are listed) or a bad value.
    """
    return command_line.parse(ChatConfig, "python -m training.chat", argv, retired=RETIRED)


def chat_config_from_mapping(values: Mapping[str, object]) -> ChatConfig:
    """A ChatConfig of already typed values, as read back from run.json.

    Raises:
        ConfigError: an unknown key or a value that cannot be used.
    """
    return command_line.from_mapping(ChatConfig, without_retired(values, RETIRED, "run.json"))
