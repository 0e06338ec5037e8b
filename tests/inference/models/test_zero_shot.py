import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from inference.core.errors import ModelError, TextError
from inference.data.problem_types import MULTI, SINGLE
from inference.models import zero_shot

DESCRIPTIONS = {
    "negative": "terrible awful angry sad",
    "neutral": "the day was so",
    "positive": "great happy delighted love",
}
TEXTS = ["i love this great food", "awful terrible service and i hate it", "it is a day"]


def test_embeddings_are_the_mean_of_the_tokens_at_length_one(encoder):
    model = zero_shot.load_encoder(encoder)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    hidden = AutoModel.from_pretrained(encoder).eval()
    for text in TEXTS:
        with torch.inference_mode():
            states = hidden(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
        mean = states.mean(dim=0)
        ours = model.embed([text])[0]
        assert ours == pytest.approx((mean / mean.norm()).numpy(), abs=1e-5)


def test_a_zero_shot_model_embeds_as_its_encoder_does(encoder):
    model = zero_shot.load(encoder, DESCRIPTIONS, problem_type=SINGLE)
    np.testing.assert_array_equal(model.embed(TEXTS), zero_shot.load_encoder(encoder).embed(TEXTS))


@pytest.mark.parametrize("problem_type", [SINGLE, MULTI])
@pytest.mark.parametrize("folder", ["encoder", "onnx_encoder"])
def test_a_batch_scores_like_its_texts_one_by_one(folder, problem_type, request):
    model = zero_shot.load(request.getfixturevalue(folder), DESCRIPTIONS, problem_type=problem_type)
    texts = [*TEXTS, "good " * 200, "calm"]
    together = model.score(texts)
    alone = np.concatenate([model.score([text]) for text in texts])
    assert together.dtype == np.float32 and together.shape == (5, 3)
    assert together == pytest.approx(alone, abs=1e-5)


def test_single_label_scores_are_the_softmax_of_twenty_cosines(encoder):
    model = zero_shot.load(encoder, DESCRIPTIONS, problem_type=SINGLE)
    embed = zero_shot.load_encoder(encoder).embed
    cosines = embed(TEXTS) @ embed(list(DESCRIPTIONS.values())).T
    exponents = np.exp(20 * cosines)
    expected = exponents / exponents.sum(axis=1, keepdims=True)
    assert model.score(TEXTS) == pytest.approx(expected, abs=1e-5)


def test_a_description_itself_is_its_label(encoder):
    single = zero_shot.load(encoder, DESCRIPTIONS, problem_type=SINGLE)
    multi = zero_shot.load(encoder, DESCRIPTIONS, problem_type=MULTI)
    texts = list(DESCRIPTIONS.values())
    assert single.score(texts).argmax(axis=1).tolist() == [0, 1, 2]
    assert (multi.score(texts).diagonal() > 0.5).all()


def test_an_ordinary_message_is_at_one_half_or_below_for_every_label(encoder):
    model = zero_shot.load(encoder, DESCRIPTIONS, problem_type=MULTI)
    assert (model.score([zero_shot.NOTHING]) <= 0.5).all()


def test_a_long_text_is_the_mean_of_its_windows(encoder):
    model = zero_shot.load_encoder(encoder)
    assert model.embed(["good " * 300]) == pytest.approx(model.embed(["good " * 60]), abs=0.05)


def test_the_bundle_names_the_labels_in_their_order(encoder):
    bundle = zero_shot.load(encoder, DESCRIPTIONS, problem_type=MULTI).bundle
    assert bundle.labels == ("negative", "neutral", "positive")
    assert (bundle.thresholds, bundle.text_fields, bundle.max_tokens) == ((0.5,) * 3, (), 64)


def test_no_texts_give_no_rows_and_blank_ones_are_refused(encoder):
    model = zero_shot.load(encoder, DESCRIPTIONS, problem_type=SINGLE)
    assert model.score([]).shape == (0, 3)
    with pytest.raises(TextError, match="text 1"):
        model.score([" "])


def test_a_blank_description_is_refused(encoder):
    with pytest.raises(ModelError, match="of neutral is blank"):
        zero_shot.load(encoder, DESCRIPTIONS | {"neutral": " "}, problem_type=SINGLE)


def test_a_blank_description_is_told_before_anything_is_loaded(tmp_path):
    with pytest.raises(ModelError, match="label_descriptions of neutral is blank"):
        zero_shot.load(tmp_path / "none", DESCRIPTIONS | {"neutral": " "}, problem_type=SINGLE)


def test_a_classifier_in_onnx_is_no_encoder(onnx_model):
    with pytest.raises(ModelError, match="expected .*last_hidden_state"):
        zero_shot.load(onnx_model, DESCRIPTIONS, problem_type=SINGLE)


@pytest.mark.slow
def test_the_real_encoder_tells_joy_from_anger(base_model):
    descriptions = {
        "negative": "This message is negative: the writer is unhappy, angry or complaining.",
        "positive": "This message is positive: the writer is happy, thankful or enthusiastic.",
    }
    model = zero_shot.load(base_model, descriptions, problem_type=SINGLE, threads=2)
    scores = model.score(
        ["What a wonderful day, thank you so much!", "I am furious, this is awful."]
    )
    assert scores.argmax(axis=1).tolist() == [1, 0]
