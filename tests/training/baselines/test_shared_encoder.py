"""One encoder for several baselines: no list of texts is read twice, a single text always."""

from pathlib import Path

import pytest

from inference.core.errors import ModelError
from inference.data.problem_types import SINGLE
from inference.models import zero_shot
from inference.models.bundle import Bundle
from tests.tiny import make_tiny_model
from tests.training.toy import toy_examples
from training.baselines import baselines
from training.baselines.shared_encoder import SharedEncoder

LABELS = ("negative", "neutral", "positive")
TEXTS = ["a good day", "a bad day", "the plane is late"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_tiny_model(tmp_path / "model", labels=None)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many texts each call of the encoder itself was given."""
    asked: list[int] = []
    embed = zero_shot.Encoder.embed

    def counted(self, texts):
        asked.append(len(texts))
        return embed(self, texts)

    monkeypatch.setattr(zero_shot.Encoder, "embed", counted)
    return asked


def test_two_baselines_read_the_test_part_once(folder: Path, read: list[int]):
    bundle = Bundle(LABELS, SINGLE, text_fields=("text",))
    shared = SharedEncoder(folder, threads=1)
    fitted = baselines.fit(toy_examples(60), bundle, seed=1, encoder=shared, names=("encoder_lr",))
    scorers = [
        next(fitted).scorer,
        zero_shot.describe(shared, dict.fromkeys(LABELS, "a text"), SINGLE),
    ]
    read.clear()
    scores = [scorer.score(TEXTS) for scorer in scorers]
    assert read == [3]
    alone = zero_shot.load(folder, dict.fromkeys(LABELS, "a text"), problem_type=SINGLE, threads=1)
    assert (scores[1] == alone.score(TEXTS)).all()
    assert [scorer.engine_name for scorer in scorers] == ["torch", "torch"]


def test_the_time_of_a_single_text_is_that_of_reading_it(folder: Path, read: list[int]):
    shared = SharedEncoder(folder, threads=1)
    for _ in range(3):
        shared.embed(TEXTS[:1])
    assert read == [1, 1, 1]


def test_a_folder_without_an_encoder_is_told_when_it_is_needed(tmp_path: Path):
    shared = SharedEncoder(tmp_path)
    with pytest.raises(ModelError):
        shared.embed(TEXTS)
