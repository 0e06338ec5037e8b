"""Which values the settings of a training may have, and which of them go together.

Owns the checks that need neither data nor model, so that a slip is found before either is loaded;
the settings themselves are training/settings/config.py.

Try: python -m training.train --train_file tweets.csv --learning_rate 7
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args, get_origin, get_type_hints

from hub.errors import HubError
from hub.repo_ids import validate_tag
from inference.core.errors import ConfigError
from training.settings import search_space
from training.settings.baseline_options import check_baseline_options

if TYPE_CHECKING:
    from training.settings.chat_config import ChatConfig
    from training.settings.config import TrainConfig
    from training.settings.run_settings import RunSettings

BASELINES = ("majority", "prior", "tfidf_lr", "tfidf_nb", "encoder_lr")
"""What training/baselines/baselines.py can fit, in the order of the table."""

_LIMITS: dict[str, tuple[float, float]] = {
    "validation_size": (0.001, 0.5),
    "test_size": (0.001, 0.5),
    "max_train_samples": (1, 10**12),
    "max_seq_length": (8, 100_000),
    "lora_r": (1, 10_000),
    "lora_alpha": (1, 10**6),
    "lora_dropout": (0.0, 0.9),
    "freeze_layers": (0, 10_000),
    "num_train_epochs": (1, 10_000),
    "learning_rate": (1e-9, 1.0),
    "warmup_ratio": (0.0, 0.9),
    "per_device_train_batch_size": (1, 100_000),
    "per_device_eval_batch_size": (1, 100_000),
    "gradient_accumulation_steps": (1, 100_000),
    "weight_decay": (0.0, 10.0),
    "max_grad_norm": (1e-6, 1e6),
    "early_stopping_patience": (1, 10_000),
    "eval_steps": (1, 10**9),
    "save_steps": (1, 10**9),
    "logging_steps": (1, 10**9),
    "seed": (0, 2**32 - 1),
}


def check(config: "TrainConfig") -> None:
    """Raise ConfigError, with what is seen and what is allowed, unless all values can be used."""
    _check_columns(config)
    check_numbers(config, _LIMITS)
    check_choices(config)
    _check_together(config)
    check_publishing(config)
    search_space.check(config)
    check_baseline_options(config.baseline_options)


def _check_columns(config: "TrainConfig") -> None:
    if bool(config.train_file) == bool(config.dataset_name):
        both = "both are given" if config.train_file else "neither is given"
        raise ConfigError(f"give either --train_file or --dataset_name; {both}")
    if config.dataset_name and (config.validation_file or config.test_file):
        raise ConfigError(
            "--validation_file and --test_file go with --train_file; a --dataset_name brings its "
            "own splits"
        )
    for name in ("text_fields", "label_fields"):
        values = getattr(config, name)
        if not values or len(set(values)) != len(values):
            raise ConfigError(f"{name} needs one or more different column names, it is {values}")
    shared = set(config.text_fields) & set(config.label_fields)
    if shared:
        raise ConfigError(f"{sorted(shared)} cannot be both text and label")
    if config.label_delimiter is not None and len(config.label_fields) != 1:
        raise ConfigError("label_delimiter is for one label field; several are given")
    if config.label_delimiter == "":
        raise ConfigError("label_delimiter is empty; leave it out, or give one such as '|'")
    config.schema()  # checks the other columns


def check_numbers(config: "RunSettings", limits: Mapping[str, tuple[float, float]]) -> None:
    """Raise ConfigError unless every setting that is given lies within its limits."""
    for name, (low, high) in limits.items():
        value = getattr(config, name)
        if value is not None and not low <= value <= high:
            raise ConfigError(f"{name} is {value}, it must be between {low:g} and {high:g}")


def check_choices(config: "RunSettings") -> None:
    """Raise ConfigError unless every setting with a list of values has one of them."""
    for name, hint in get_type_hints(type(config)).items():
        choices = get_args(hint) if get_origin(hint) is Literal else ()
        if choices and getattr(config, name) not in choices:
            raise ConfigError(
                f"{name} is {getattr(config, name)!r}, it must be one of {', '.join(choices)}"
            )


def check_publishing(config: "TrainConfig | ChatConfig") -> None:
    """Raise ConfigError unless it is said where to publish, under a tag that git would take."""
    if config.push_to_hub and not config.hub_model_id:
        raise ConfigError(
            "push_to_hub is set but hub_model_id is not; say where to publish, for example "
            "--hub_model_id my-model"
        )
    check_tag(config.hub_tag)


def check_tag(tag: str | None) -> None:
    """Raise ConfigError unless git would take the name, before anything is trained for it."""
    try:
        if tag is not None:
            validate_tag(tag)
    except HubError as error:
        raise ConfigError(f"hub_tag: {error}") from None


def _check_together(config: "TrainConfig") -> None:
    if config.lora_alpha is not None and config.lora_r is None:
        raise ConfigError("lora_alpha is for adapters; give their rank too, as in --lora_r 16")
    if config.lora_r is not None and config.freeze_layers:
        raise ConfigError(
            "--lora_r trains adapters in all layers, --freeze_layers nothing in some; "
            "give one of the two"
        )
    if config.weighted_sampling and config.class_weights != "none":
        raise ConfigError(
            f"weighted_sampling and class_weights {config.class_weights} would make up for rare "
            f"labels twice; give one of them"
        )
    for field, other in config.match_fields.items():
        if field not in config.text_fields or other not in config.json_fields:
            raise ConfigError(
                f"match_fields holds {field} against {other}; it must hold one of text_fields "
                f"({', '.join(config.text_fields)}) against one of json_fields "
                f"({', '.join(config.json_fields) or 'none given'})"
            )
    unknown = [name for name in config.baselines if name not in BASELINES]
    if unknown or len(set(config.baselines)) < len(config.baselines):
        raise ConfigError(
            f"baselines is {', '.join(config.baselines)}; it must name each at most once of "
            f"{', '.join(BASELINES)}, or be [] for none"
        )
