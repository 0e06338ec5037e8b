"""Graphs as the exporter leaves them."""

import pytest

from tests.inference.conftest import make_tiny_roberta
from tests.tiny import make_tiny_model
from training.export import graph
from training.export.graph import Converted


@pytest.fixture(
    scope="session", params=[make_tiny_model, make_tiny_roberta], ids=["bert", "roberta"]
)
def converted(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Converted:
    """A tiny model of each of two families as a float32 graph."""
    return graph.convert(request.param(tmp_path_factory.mktemp("family") / "model"), "logits")
