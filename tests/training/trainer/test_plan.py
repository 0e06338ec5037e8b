"""The plan: what open settings become with few texts and with many, and what is said of it."""

from pathlib import Path

import pytest

from training.settings.config import TrainConfig
from training.trainer.plan import FEW_TEXTS, describe, settle, warn_of_few


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder that was made for mean pooling, as far as a plan looks at it."""
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_mean_tokens": true}')
    return tmp_path


def config(**changes: object) -> TrainConfig:
    return TrainConfig.of(train_file="tweets.csv", **changes)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (32, ("mean", 0, 0.9, 5e-5, 200)),
        (FEW_TEXTS - 1, ("mean", 0, 0.9, 5e-5, 200)),
        (FEW_TEXTS, ("cls", None, 0.0, 2e-4, 1)),
    ],
)
def test_few_texts_are_trained_otherwise(
    base: Path, texts: int, expected: tuple[str, float, float]
):
    settled = settle(config(), texts, base)
    names = ("pooling", "freeze_layers", "contrastive_weight", "learning_rate", "min_steps")
    assert tuple(settled.value(name) for name in names) == expected


def test_a_base_that_was_not_made_for_the_mean_keeps_its_first_token(tmp_path: Path):
    assert settle(config(), 32, tmp_path).model.pooling == "cls"


def test_a_family_that_cannot_have_the_mean_keeps_its_first_token(base: Path):
    (base / "config.json").write_text('{"model_type": "albert"}')
    assert settle(config(), 32, base).model.pooling == "cls"


@pytest.mark.parametrize("texts", [32, 50_000])
def test_what_a_flag_says_stays(base: Path, texts: int):
    asked = config(
        pooling="cls", freeze_layers=1, contrastive_weight=0.25, learning_rate=1e-3, min_steps=7
    )
    assert settle(asked, texts, base) == asked
    assert settle(config(pooling="mean"), texts, base).model.pooling == "mean"


def test_adapters_train_no_layers_beside_them(base: Path):
    assert settle(config(lora_r=8), 32, base).model.freeze_layers is None


def test_a_settled_plan_is_settled(base: Path):
    once = settle(config(), 32, base)
    assert settle(once, 50_000, base) == once


def test_the_plan_is_said_in_a_line(base: Path):
    few = describe(settle(config(), 28, base), 28, processes=1)
    assert few == (
        "plan for few texts: 200 steps of 28 texts at a learning rate of up to 5e-05; the head "
        "reads the mean of all tokens; texts of one label are brought together "
        "(contrastive_weight 0.9)"
    )
    many = describe(settle(config(), 3257, base), 3257, processes=1)
    assert many == (
        "plan: 306 steps of 32 texts at a learning rate of up to 0.0002; the head reads the first "
        "token"
    )
    assert "plan: 7 steps" in describe(config(max_steps=7), 2800, processes=1)
    windows = describe(config(long_texts="windows", max_seq_length=64), 2800, processes=1)
    assert windows.endswith("each epoch reads another window of a text beyond 64 tokens")


def test_labels_of_very_few_texts_are_named_with_what_helps():
    assert warn_of_few({"joy": 10, "anger": 400}) == ""
    said = warn_of_few({"joy": 9, "anger": 400})
    assert "joy 9." in said and "anger" not in said
    assert "--label_descriptions" in said and "Feedback" in said
    assert "and 3 labels more" in warn_of_few({str(number): 1 for number in range(8)})
