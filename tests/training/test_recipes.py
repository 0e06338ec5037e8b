"""Each recipe is a valid config and reads a file in its seed's own format, to three parts."""

from pathlib import Path

import pytest
import yaml

from hub.client import connect
from inference.data import records
from inference.data.problem_types import SINGLE
from inference.models.bundle import Bundle
from tests.training.recipe_files import APPS, SEEDS, TOXIC, words, write_click
from training.data import data
from training.settings.chat_config import parse_chat_config
from training.settings.config import TrainConfig, parse_train_config

ROOT = Path(__file__).parents[2]
ALL = sorted((ROOT / "training" / "recipes").glob("*.yaml"))
RECIPES = [path for path in ALL if path.stem != "chat"]  # which training.chat reads
REAL = ROOT.parent / "shared" / "data"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_a_valid_config_whose_file_comes_by_flag(recipe: Path):
    config = parse_train_config(["--config", str(recipe), "--train_file", "x.csv"])
    assert config.data.train_file == "x.csv"
    assert config.hub.hub_model_id, "a recipe names the repo that it is published to"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_names_only_settings_that_exist(recipe: Path):
    assert set(yaml.safe_load(recipe.read_text("utf-8"))) <= set(TrainConfig.settings())


def test_the_chat_recipe_is_a_valid_config_of_its_own_command():
    config = parse_chat_config(["--config", str(_recipe("chat")), "--train_file", "x.jsonl"])
    assert config.trainer.num_train_epochs == 1 and config.trainer.max_steps is None
    assert config.model.learn_end_of_turn and config.hub.hub_model_id


def test_toxicity_has_the_six_columns_of_jigsaw_and_describes_each():
    config = parse_train_config(["--config", str(_recipe("toxicity")), "--train_file", "x.csv"])
    assert config.data.text_fields == ("comment_text",)
    assert config.data.label_fields == TOXIC
    assert set(config.report.label_descriptions) == set(config.data.label_fields)


def test_demo_describes_the_three_sentiments_and_reads_the_tweets(tweets: Path):
    config = parse_train_config(["--config", str(_recipe("demo")), "--train_file", str(tweets)])
    read = records.read(tweets, records.Schema(config.data.text_fields, config.data.label_fields))
    assert set(read.labels) == set(config.report.label_descriptions)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_recipe_reads_a_file_in_its_seeds_own_format(seed, tmp_path):
    recipe, file, flags, write, problem_type, labels = SEEDS[seed]
    write(tmp_path / file)
    splits = _prepare(recipe, f"--train_file {tmp_path / file} {flags}")
    assert (splits.problem_type, splits.labels) == (problem_type, labels)
    assert not splits.rejected, splits.rejected[:3]
    sizes = [len(part) for part in splits.parts.values()]
    assert sum(sizes) == 60
    assert 4 <= sizes[1] <= 8
    assert 4 <= sizes[2] <= 8
    assert not splits.notes


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "flags", "rows", "labels"),
    [
        ("toxicity", "jigsaw/train_natural.csv --test_file jigsaw/test.csv", (14_992, 4_994), 6),
        ("click", "click/train.txt --test_file click/test.txt", (1_000, 500), 2),
        ("creatives", f"ios_apps/train.csv --test_file ios_apps/test.csv {APPS}", (5757, 1417), 23),
        (
            "feedback",
            "womens_reviews/train.jsonl --test_file womens_reviews/test.jsonl",
            (18_096, 4_525),
            2,
        ),
        (
            "feedback",
            "womens_reviews/test.jsonl --test_file womens_reviews/test.jsonl "
            "--label_field department",
            (4_525, 4_525),
            6,
        ),
    ],
)
def test_a_recipe_reads_the_real_files_of_its_seed(recipe, flags, rows, labels):
    if not REAL.is_dir():
        pytest.skip(f"{REAL} with the real files of the seeds is not there")
    words = [str(REAL / word) if "/" in word else word for word in flags.split()]
    # the validation file spares the search for near duplicates, which is tested elsewhere
    splits = _prepare(recipe, " ".join(["--train_file", *words, "--validation_file", words[2]]))
    read = [source["rows_in"] for source in splits.sources]
    assert (read[0], read[-1]) == rows
    assert len(splits.labels) == labels
    for source in splits.sources:
        assert source["kept"] + source["rejected"] == source["rows_in"]
        assert source["rejected"] < 0.01 * source["rows_in"], splits.rejected[:3]


def test_click_reads_its_predicted_queries_in_words(tmp_path):
    write_click(tmp_path / "train.txt")
    splits = _prepare("click", f"--train_file {tmp_path / 'train.txt'}")
    config = parse_train_config(["--config", str(_recipe("click")), "--train_file", "x"])
    bundle = Bundle(
        splits.labels, SINGLE, config.data.text_fields, " | ", json_fields=config.data.json_fields
    )
    first = next(example for example in splits.train if example.row > 1)
    told = words(first.row - 1)
    text = bundle.compose(first.fields)
    assert text.startswith(
        f"重庆{first.row - 1} | {told} | 百科 | 重庆{told}0 30%; 重庆{told}1 15%;"
    )


def _recipe(name: str) -> Path:
    return next(recipe for recipe in ALL if recipe.stem == name)


def _prepare(recipe: str, flags: str) -> data.Splits:
    config = parse_train_config(["--config", str(_recipe(recipe)), *flags.split()])
    hub = connect("http://127.0.0.1:9")
    return data.prepare(config.data, hub, seed=config.trainer.seed)
