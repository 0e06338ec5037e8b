"""Which pretrained model is trained, how much of a text it reads, and what of it changes."""

from dataclasses import dataclass
from typing import Literal

from inference.core.errors import ConfigError
from inference.runs.contract import DEFAULT_MAX_TOKENS, DEFAULT_MODEL, MAX_TOKENS
from training.settings.groups import Group, setting
from training.settings.search_space import FIXED

AUTO = "auto"
"""The name of a model that is to be chosen."""


@dataclass(frozen=True)
class ModelConfig(Group):
    """Model"""

    model_name_or_path: str = setting(DEFAULT_MODEL)
    """The pretrained model: a repo id on the Hub or a local folder. Of a classifier also auto: the
    best of --model_candidates by a head over each as it is."""
    model_revision: str = setting("main")
    """Branch, tag or commit of the pretrained model."""
    max_seq_length: int = setting(DEFAULT_MAX_TOKENS, between=MAX_TOKENS, search=FIXED)
    """Tokens of a text, or of a dialogue, that training reads at once; the rest is cut off."""
    lora_r: int | None = setting(None, between=(1, 10_000), search=FIXED)
    """Rank of low-rank adapters to train in place of all weights; a classifier's are merged
    into its weights when it is saved."""
    lora_alpha: int | None = setting(None, between=(1, 10**6), search=FIXED)
    """Scale of the adapters, over lora_r; unset: twice lora_r."""
    lora_dropout: float = setting(0.05, between=(0.0, 0.9), search=FIXED)
    """Dropout before the adapters."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lora_alpha is not None and self.lora_r is None:
            raise ConfigError("lora_alpha is for adapters; give their rank too, as in --lora_r 16")


@dataclass(frozen=True)
class EncoderConfig(ModelConfig):
    """Model"""

    long_texts: Literal["truncate", "windows"] = setting("truncate", search=FIXED)
    """What training does with the tokens of a text beyond max_seq_length. truncate: it never sees
    them; windows: each epoch it sees another window of the text, cut as the model reads it when it
    answers, and validation reads them all."""
    freeze_layers: int | None = setting(None, between=(0, 10_000), search=FIXED)
    """Lowest layers of the encoder that keep their pretrained weights, with the embeddings;
    unset: half of them, none for fewer than 1,000 texts, or what --lora_r adapts; 0: all weights
    train."""
    pooling: Literal["auto", "cls", "mean"] = setting("auto", search=FIXED)
    """What the head reads: cls, the first token; mean, the mean of all, as one more layer of plain
    weights; auto: mean for fewer than 1,000 texts where the pretrained model was made for it, else
    cls."""
    model_candidates: tuple[str, ...] = setting((), changes_weights=False)
    """Pretrained models that auto chooses among; unset: all-MiniLM-L6-v2, all-mpnet-base-v2 and
    multilingual-e5-small."""
    head_start: Literal["probe", "shares"] = setting("probe", search=FIXED)
    """probe: fit the new head to the untouched encoder first; shares: to the labels' shares."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.model_candidates and self.model_name_or_path != AUTO:
            raise ConfigError(
                f"model_candidates is for --model_name_or_path {AUTO}; model_name_or_path is "
                f"{self.model_name_or_path}, which is taken as it is. Leave one of the two out"
            )
        if self.lora_r is not None and self.freeze_layers:
            raise ConfigError(
                "--lora_r trains adapters in all layers, --freeze_layers nothing in some; "
                "give one of the two"
            )


@dataclass(frozen=True)
class ChatModelConfig(ModelConfig):
    """Model"""

    quantize_base: Literal["no", "4bit"] = setting("no")
    """4bit: hold the frozen weights in 4 bits (QLoRA); needs a CUDA GPU and bitsandbytes."""
    system_prompt: str | None = setting(None)
    """What the model is told first; unset: what its chat template says by itself."""
    learn_end_of_turn: bool = setting(True)
    """Learn to end an answer; without it the model does not stop (a control, not for use)."""
    lora_targets: tuple[str, ...] = setting(())
    """Names of the layers that get an adapter, as q_proj v_proj; unset: every linear layer
    below the output, which is attention and MLP."""
    merge_adapter: bool = setting(False, changes_weights=False)
    """Also write the merged weights, which load without peft."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lora_r is None:
            raise ConfigError("lora_r is unset; a chat model is trained by adapters: give a rank")

    @property
    def rank(self) -> int:
        """lora_r, which a chat model always has."""
        assert self.lora_r is not None, "refused when it was made"
        return self.lora_r
