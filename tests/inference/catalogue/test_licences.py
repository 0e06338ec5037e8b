from pathlib import Path

import pytest

from hub.client import connect
from inference.catalogue import licences
from inference.catalogue.catalogue import FINE_TUNED, ModelEntry
from inference.core.errors import DataError
from tests.hub_fixtures import RunningHub


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: apache-2.0\ntags: [a]\n---\n\n# Title", "apache-2.0"),
        ("---\r\nlicense: mit\r\n---\r\n", "mit"),
        ("---\nlicense: other\nlicense_name: llama3\n---\n", "llama3"),
        ("---\nlicense: other\n---\n", "other"),
        ("---\nlicense: [mit, cc-by-4.0]\n---\n", "mit, cc-by-4.0"),
        ("---\ntags: [a]\n---\n", ""),
        ("---\nlicense: [\n---\n", ""),
        ("---\njust words\n---\n", ""),
        ("# no front matter\nlicense: mit\n", ""),
        ("", ""),
    ],
)
def test_the_licence_is_what_the_front_matter_says(card: str, licence: str):
    assert licences.of_card(card) == licence


def test_models_without_a_card_are_left_out_and_what_is_stored_is_read_again(
    hub_server: RunningHub, tmp_path: Path
):
    hub = connect(hub_server.endpoint, hub_server.token, tmp_path / "cache")
    for name, file, content in (
        ("licensed", "README.md", "---\nlicense: mit\n---\n"),
        ("bare", "x", "x"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(content, "utf-8")
        hub.publish(tmp_path / name, f"demo/{name}-terms", message="Add")
    entries = [ModelEntry(f"demo/{name}-terms", FINE_TUNED) for name in ("licensed", "bare")]
    found = licences.gather(entries, hub)
    assert found == {"demo/licensed-terms": "mit"}
    licences.save(found, tmp_path)
    assert licences.load(tmp_path) == found


def test_nothing_stored_is_nothing_known_and_a_damaged_file_is_named(tmp_path: Path):
    assert licences.load(tmp_path) == {}
    (tmp_path / licences.FILE_NAME).write_text("[1", "utf-8")
    with pytest.raises(DataError, match=r"licences\.json is not what was stored"):
        licences.load(tmp_path)
