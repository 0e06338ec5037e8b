from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from inference import records
from training.config import TrainConfig, parse

RECIPES = sorted((Path(__file__).parents[2] / "training" / "recipes").glob("*.yaml"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_a_valid_config_whose_file_comes_by_flag(recipe: Path):
    config = parse(["--config", str(recipe), "--train_file", "x.csv"])
    assert config.train_file == "x.csv"
    assert config.hub_model_id, "a recipe names the repo that it is published to"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_names_only_settings_that_exist(recipe: Path):
    known = {field.name for field in fields(TrainConfig)}
    assert set(yaml.safe_load(recipe.read_text("utf-8"))) <= known


def test_toxicity_has_the_six_columns_of_jigsaw_and_describes_each():
    config = parse(["--config", str(_recipe("toxicity")), "--train_file", "x.csv"])
    assert config.text_fields == ("comment_text",)
    assert config.label_fields == (
        "toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate",
    )  # fmt: skip
    assert set(config.label_descriptions) == set(config.label_fields)


def test_demo_describes_the_three_sentiments_and_reads_the_tweets(tweets: Path):
    config = parse(["--config", str(_recipe("demo")), "--train_file", str(tweets)])
    read = records.read(tweets, records.Schema(config.text_fields, config.label_fields))
    assert set(read.labels) == set(config.label_descriptions)


def _recipe(name: str) -> Path:
    return next(recipe for recipe in RECIPES if recipe.stem == name)
