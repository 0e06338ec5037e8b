"""publication.json, and the lines that put a published model on show."""

import json
from pathlib import Path

import pytest
import yaml

from hub.publishing import Published
from inference.catalogue.catalogue import load_catalogue
from inference.core.errors import DataError
from inference.runs.publication import FILE_NAME, entry, load, save

PUBLISHED = Published("demo/tweets", "c" * 40, "http://hub/demo/tweets", "v2")


def test_what_was_saved_is_what_is_loaded(tmp_path: Path):
    assert load(tmp_path) is None
    save(PUBLISHED, tmp_path)
    assert load(tmp_path) == PUBLISHED


@pytest.mark.parametrize("content", ["{", "[]", '{"repo_id": "demo/tweets"}'])
def test_a_damaged_file_is_told_with_the_way_out(tmp_path: Path, content: str):
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(DataError, match="is damaged: .*; publish the model again"):
        load(tmp_path)


def test_a_file_of_before_is_read(tmp_path: Path):
    stored = {"repo_id": "demo/a", "sha": "c" * 40, "url": "http://hub/demo/a", "tag": None}
    (tmp_path / FILE_NAME).write_text(json.dumps(stored, indent=2))
    assert load(tmp_path) == Published(**stored)


def test_a_wrong_key_is_named_with_what_was_expected(tmp_path: Path):
    (tmp_path / FILE_NAME).write_text('{"repo_id": "demo/a", "sha": 3}')
    said = "sha is 3, expected a text; publish the model again$"
    with pytest.raises(DataError, match=f"publication.json is damaged: {said}"):
        load(tmp_path)


def test_a_catalogue_takes_the_lines_as_they_are(tmp_path: Path):
    task = {"labels": ["a", "b"], "problem_type": "single_label_classification"}
    head = yaml.safe_dump({"title": "Tweets", "task": task})
    lines = entry(PUBLISHED, "tweets: a 'quoted' #1")
    (tmp_path / "models.yaml").write_text(f"{head}models:\n{lines}", "utf-8")
    (tmp_path / "messages.yaml").write_text("messages: [a day]\n")
    (model,) = load_catalogue(tmp_path).models
    assert (model.repo_id, model.revision) == (PUBLISHED.repo_id, PUBLISHED.sha)
    assert (model.role, model.title) == ("fine-tuned", "tweets: a 'quoted' #1")
