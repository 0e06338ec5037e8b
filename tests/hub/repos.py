"""Small repos for the tests of the client: a folder to publish, a name that nobody else uses."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.client import Hub, Published, connect
from tests.hub_fixtures import RunningHub

WEIGHTS = bytes(range(256)) * 8000  # 2 MB: several chunks of a download


def make_folder(folder: Path, **texts: str) -> Path:
    """A model's folder in small: card, config, weights; `texts` adds or replaces NAME.json."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "README.md").write_text("---\nlicense: mit\n---\nA test.\n")
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "onnx" / "model.onnx").write_bytes(b"onnx" * 100)
    for name, text in texts.items():
        (folder / f"{name}.json").write_text(text)
    return folder


def new_name(owner: str = "demo") -> str:
    """A repo id of its own."""
    return f"{owner}/r-{uuid.uuid4().hex[:10]}"


def publish_one(server: RunningHub, tmp_path: Path, **options: object) -> Published:
    """A repo with one commit on the real server."""
    hub = connect(server.endpoint, server.token, tmp_path / "publisher-cache")
    folder = tmp_path / "published"
    if not folder.exists():
        make_folder(folder)
    return hub.publish(folder, new_name(), message="First", **options)  # type: ignore[arg-type]


def visit(endpoint: str, server: RunningHub, tmp_path: Path) -> Hub:
    """A client of `endpoint` with the write token and a cache that stays with the test."""
    return connect(endpoint, server.token, tmp_path / "cache")


@contextmanager
def at_most(limit_s: float) -> Iterator[None]:
    """Assert that what happens inside does not take longer."""
    start = time.monotonic()
    yield
    took_s = time.monotonic() - start
    assert took_s <= limit_s, f"took {took_s:.1f} s, allowed are {limit_s} s"
