"""What the tests of training share: run folders, a client of the Hub, and the golden files."""

import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from hub.client import Hub, connect
from tests.hub_fixtures import RunningHub
from tests.made_once import made_once
from tests.training.chat_tuning.toys import fruits, settings_for, tiny, tiny_chat  # noqa: F401
from tests.training.finished_run import (
    GOLDEN_TEXTS,
    make_finished_run,
    write_leaderboard,
    write_receipt,
)
from tests.training.measured_run import make_measured_run
from tests.training.toy import toy_examples, write_toy_csv
from training.export import golden
from training.export.export import export_classifier

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make golden`: write what the golden files should hold, instead of comparing."""
    parser.addoption("--golden", action="store_true", help="rewrite the golden files")
    parser.addoption("--kills", type=int, default=3, help="kills of a training, see test_kills.py")


@pytest.fixture(scope="session")
def exported_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with its ONNX files; tests that change it copy it first."""

    def make(folder: Path) -> None:
        make_finished_run(folder, hub_model_id="tweets")
        examples = toy_examples(60)
        report = export_classifier(folder, [e.fields["text"] for e in examples])
        golden.write(folder, GOLDEN_TEXTS)
        write_receipt(folder, asdict(report), hub_model_id="tweets")
        write_leaderboard(folder, ("onnx_int8", "onnx_fp32"))

    return made_once(tmp_path_factory, "tweets", make)


@pytest.fixture(scope="session")
def hub(hub_server: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """A member's client of the Hub of all tests, with a cache of its own."""
    return connect(hub_server.endpoint, hub_server.token, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def measured_once(tmp_path_factory: pytest.TempPathFactory, hub: Hub) -> Path:
    """A run that verify finds whole, beside its toy.csv; tests that change it take `measured`."""
    folder = tmp_path_factory.mktemp("measured")
    return make_measured_run(folder / "run", write_toy_csv(folder / "toy.csv", 90), hub)


@pytest.fixture
def measured(measured_once: Path, tmp_path: Path) -> Path:
    """A copy that a test may change; the data of the run is copied beside it as tweets.csv."""
    shutil.copyfile(measured_once.parent / "toy.csv", tmp_path / "tweets.csv")
    return shutil.copytree(measured_once, tmp_path / "run")


@pytest.fixture
def matches_golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a file in golden/, or rewrite that file under --golden."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        # absent where pytest was not started on this folder: then no file is rewritten
        if request.config.getoption("--golden", default=False):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{path} differs; see `make golden`"

    return compare
