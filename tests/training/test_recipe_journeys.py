"""Each classifier recipe: from a file in its seed's own format to a model that anybody loads."""

from pathlib import Path

import pytest

from hub.client import connect
from inference.core.settings import load_settings
from inference.models.classifier import load_classifier
from inference.models.model_files import read_json
from tests.hub_fixtures import RunningHub
from tests.tiny import make_tiny_model
from tests.training.recipe_files import SEEDS
from training.settings.config import parse_train_config
from training.train import train

pytestmark = pytest.mark.slow

RECIPES = Path(__file__).parents[2] / "training" / "recipes"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("recipes") / "base", labels=None, layers=1)


@pytest.mark.parametrize("seed", ["toxicity", "click", "creatives", "recommended"])
def test_a_recipe_goes_from_its_file_to_a_published_model(
    seed: str, base: Path, hub_server: RunningHub, tmp_path: Path
):
    recipe, file, flags, write, problem_type, labels = SEEDS[seed]
    write(tmp_path / file)
    asked = f"--config {RECIPES / recipe}.yaml --train_file {tmp_path / file} {flags} "
    asked += f"--model_name_or_path {base} --output_dir {tmp_path / 'run'} "
    asked += f"--num_train_epochs 1 --max_seq_length 48 --push_to_hub --hub_model_id {seed}"
    where = load_settings(
        hub_server.environment(tmp_path / "home") | {"CPU_CORES": "1", "DEVICE": "cpu"}
    )
    result = train(parse_train_config(asked.split()), where)
    assert result.verdict.startswith(("Better: ", "Cannot tell: ", "Worse: "))
    there = connect(hub_server.endpoint, None, tmp_path / "elsewhere")
    folder = there.resolve(f"demo/{seed}", str(result.sha)).folder
    config = read_json(folder / "config.json")
    assert config["problem_type"] == problem_type
    assert sorted(config["id2label"].values()) == sorted(labels)
    scorer = load_classifier(folder, threads=1)
    assert scorer.score(["any text at all"]).shape == (1, len(labels))
    assert "## " in (folder / "README.md").read_text("utf-8")
