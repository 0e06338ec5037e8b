"""--model_name_or_path auto takes the better pretrained model, and of equal ones the smaller."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from hub.client import connect
from inference.core.errors import ConfigError
from tests.tiny import make_tiny_model
from tests.training.toy import WORDS, toy_examples
from training.data.splits import label_matrix
from training.settings.model_config import EncoderConfig
from training.trainer import candidates
from training.trainer.candidates import Probed, choose, choose_model, held_out_losses

NOWHERE = connect("http://127.0.0.1:9", cache_dir=Path("unused"))  # nothing answers there
EXAMPLES = toy_examples(120)
TEXTS = [example.fields["text"] for example in EXAMPLES]
MATRIX = label_matrix(EXAMPLES, list(WORDS))


@pytest.fixture(scope="module")
def sighted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("sighted") / "model", None, seed=5)


@pytest.fixture(scope="module")
def blind(sighted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """To this model all words are one."""
    folder = shutil.copytree(sighted, tmp_path_factory.mktemp("blind") / "model")
    weights = load_file(folder / "model.safetensors")
    weights["embeddings.word_embeddings.weight"].zero_()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def chosen_of(*names: object) -> str:
    config = EncoderConfig(
        model_name_or_path="auto", model_candidates=tuple(str(name) for name in names)
    )
    return choose_model(config, TEXTS, MATRIX, NOWHERE, seed=1)


def test_the_model_from_which_the_labels_can_be_told_is_taken(sighted, blind, capsys):
    assert chosen_of(blind, sighted) == chosen_of(sighted, blind) == str(sighted)
    said = capsys.readouterr().out
    assert "comparing pretrained models, frozen, on 120 texts: 2" in said
    assert f"model_name_or_path: {sighted}" in said


def test_a_model_that_cannot_be_fetched_is_said_and_left_out(sighted, capsys):
    assert chosen_of("demo/nowhere", sighted) == str(sighted)
    assert "  demo/nowhere: " in capsys.readouterr().out
    with pytest.raises(ConfigError, match="none of the pretrained models.*demo/nowhere: .*Name"):
        chosen_of("demo/nowhere")


def test_of_models_that_chance_cannot_tell_apart_the_smallest_is_taken():
    losses = np.random.default_rng(0).exponential(size=200)
    noise = np.random.default_rng(1).normal(0, 0.1, 200)
    small, large = Probed("small", 10, losses, 0.0), Probed("large", 99, losses + noise, 0.0)
    much_better = Probed("better", 999, losses - 0.3, 0.0)
    assert choose([large, small]).name == "small"
    assert choose([large, small, much_better]).name == "better"


@pytest.mark.parametrize("several", [False, True])
def test_losses_are_those_of_texts_the_head_was_not_fitted_to(several):
    rng = np.random.default_rng(0)
    matrix = (
        rng.random((200, 3)) < 0.3 if several else np.eye(3, dtype=bool)[rng.integers(3, size=200)]
    )
    telling = (matrix + rng.normal(0, 0.3, matrix.shape)).astype(np.float32)
    noise = rng.normal(0, 1, (200, 64)).astype(np.float32)
    known, unknown = (float(held_out_losses(v, matrix, 0).mean()) for v in (telling, noise))
    shares = matrix.mean(axis=0)
    prior = -np.mean(np.log(np.where(matrix, shares, 1 - shares))) if several else np.log(3)
    assert known < 0.7 * prior, "a head that knows"
    # fitted to the texts themselves, 64 numbers would seem to tell much
    assert unknown > 0.95 * prior


def test_a_label_that_a_fold_lacks_does_not_stop_it():
    matrix = np.eye(3, dtype=bool)[[0] * 20 + [1] * 20 + [2]]
    vectors = np.random.default_rng(0).normal(size=(41, 4)).astype(np.float32)
    assert np.isfinite(held_out_losses(vectors, matrix, 0)).all()


def test_the_models_that_are_tried_are_named_with_size_and_licence():
    assert len({candidate.repo_id for candidate in candidates.CANDIDATES}) == 3
    with pytest.raises(ConfigError, match="model_candidates is for --model_name_or_path auto"):
        EncoderConfig(model_candidates=("a/b",))
