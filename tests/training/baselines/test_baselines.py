from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import matthews_corrcoef

from inference.data.problem_types import MULTI, SINGLE
from inference.data.records import Example
from inference.models.bundle import Bundle
from inference.models.classifier import decide
from inference.models.zero_shot import Encoder, load_encoder
from tests.tiny import make_tiny_model
from tests.training.toy import toy_examples
from training.baselines.baselines import TITLES, Baseline, fit
from training.data.splits import label_matrix
from training.export import thresholds

LABELS = ("negative", "neutral", "positive")
WITHOUT_ENCODER = tuple(name for name in TITLES if name != "encoder_lr")
LEARNERS = ("tfidf_lr", "tfidf_nb", "encoder_lr")
BUNDLES = {SINGLE: Bundle(LABELS, SINGLE), MULTI: Bundle(LABELS, MULTI)}
both_types = pytest.mark.parametrize("problem_type", [SINGLE, MULTI])


def examples(problem_type: str, count: int = 120, seed: int = 0) -> list[Example]:
    """Toy tweets; for several labels at once, pairs of them and some without any label."""
    made = toy_examples(count, seed)
    if problem_type == SINGLE:
        return made
    pairs = zip(made, toy_examples(count, seed + 1)[1:] + made[:1], strict=True)
    both = [
        Example(
            {"text": f"{one.fields['text']} {other.fields['text']}"},
            tuple(sorted({*one.labels, *other.labels})),
            one.row,
        )
        for one, other in pairs
    ]
    return [*both, *(Example({"text": f"{n} so it is"}, (), n) for n in range(count // 5))]


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_model(tmp_path_factory.mktemp("encoder") / "model", labels=None)


@pytest.fixture(scope="module")
def encoder(encoder_folder: Path) -> Encoder:
    return load_encoder(encoder_folder, threads=1)


@pytest.fixture(scope="module")
def fitted(encoder: Encoder) -> dict[str, dict[str, Baseline]]:
    """All baselines of both problem types, by name."""
    return {
        problem_type: {
            one.name: one for one in fit(examples(problem_type), bundle, seed=7, encoder=encoder)
        }
        for problem_type, bundle in BUNDLES.items()
    }


def one(
    name: str, train: list[Example], bundle: Bundle, seed: int = 7, **options: object
) -> Baseline:
    return next(fit(train, bundle, seed=seed, names=(name,), **options))


def texts_of(rows: list[Example]) -> list[str]:
    return [row.fields["text"] for row in rows]


@both_types
def test_every_title_stands_for_a_baseline(fitted, problem_type: str):
    found = {name: baseline.title for name, baseline in fitted[problem_type].items()}
    assert found == TITLES


def test_a_baseline_is_fitted_only_when_it_is_asked_for():
    lazy = fit(examples(SINGLE), BUNDLES[SINGLE], seed=0, names=WITHOUT_ENCODER)
    assert next(lazy).name == "majority"
    assert [baseline.name for baseline in lazy] == list(WITHOUT_ENCODER[1:])


def test_without_an_encoder_its_baseline_is_left_out():
    names = [baseline.name for baseline in fit(examples(SINGLE), BUNDLES[SINGLE], seed=0)]
    assert names == list(WITHOUT_ENCODER)


@both_types
@pytest.mark.parametrize("name", TITLES)
def test_a_text_scores_alike_alone_and_in_any_batch(fitted, problem_type: str, name: str):
    scorer = fitted[problem_type][name].scorer
    texts = [*texts_of(examples(problem_type, 30, seed=5)), "zebra 天気 🙂", "good " * 300]
    together = scorer.score(texts)
    alone = np.concatenate([scorer.score([text]) for text in texts])
    backwards = scorer.score(texts[::-1])[::-1]
    assert together.dtype == np.float32 and together.shape == (len(texts), 3)
    assert ((together >= 0) & (together <= 1)).all()
    assert together == pytest.approx(alone, abs=1e-5)
    assert together == pytest.approx(backwards, abs=1e-5)
    assert scorer.score([]).shape == (0, 3)


@pytest.mark.parametrize("name", TITLES)
def test_single_label_scores_add_up_to_one(fitted, name: str):
    scores = fitted[SINGLE][name].scorer.score(["a good day", "awful", "what"])
    assert scores.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)


@both_types
@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_finds_what_the_words_give_away(fitted, problem_type: str, name: str):
    new = examples(problem_type, 90, seed=3)
    scorer = fitted[problem_type][name].scorer
    decided = decide(scorer.bundle, scorer.score(texts_of(new)))
    truth = label_matrix(new, LABELS)
    correlations = [matthews_corrcoef(truth[:, c], decided[:, c]) for c in range(3)]
    least = 0.4 if name == "encoder_lr" else 0.8  # its encoder is random
    assert np.mean(correlations) > least, correlations


@both_types
@pytest.mark.parametrize("name", TITLES)
def test_fitting_again_gives_the_same_scores(fitted, encoder, problem_type: str, name: str):
    bundle = BUNDLES[problem_type]
    again = fit(examples(problem_type), bundle, seed=7, encoder=encoder, names=[name])
    texts = texts_of(examples(problem_type, 20, seed=9))
    expected = fitted[problem_type][name].scorer.score(texts)
    assert (next(again).scorer.score(texts) == expected).all()


@both_types
def test_sizes_are_those_of_what_was_fitted(fitted, encoder_folder, problem_type: str):
    sizes = {name: one.scorer.size_bytes for name, one in fitted[problem_type].items()}
    weights = (encoder_folder / "model.safetensors").stat().st_size
    assert sizes["majority"] == sizes["prior"] == 3 * 8
    # 3 labels x 2**18 hashed stretches of letters in float64, and the words beside them
    assert 3 * 2**18 * 8 < sizes["tfidf_lr"] < 4 * 2**18 * 8
    assert weights < sizes["encoder_lr"] < weights + 10_000
    words = [Example({"text": f"twice{n} " * 2}, ("neutral",), n) for n in range(50)] * 2
    bigger = one("tfidf_nb", examples(problem_type) + words, BUNDLES[problem_type])
    assert bigger.scorer.size_bytes > sizes["tfidf_nb"] + 100 * len("twice"), "more words"


# Dummy models


def uneven(problem_type: str) -> list[Example]:
    """Seven tenths positive, two tenths neutral, one tenth negative; of several: also none."""
    names = ["positive"] * 7 + ["neutral"] * 2 + ["negative"]
    return [Example({"text": f"text {n}"}, (name,), n) for n, name in enumerate(names)]


def test_majority_decides_the_most_frequent_label_for_every_text():
    scorer = one("majority", uneven(SINGLE), BUNDLES[SINGLE]).scorer
    scores = scorer.score(["a", "b"])
    assert scores.tolist() == [pytest.approx([0.1, 0.2, 0.7])] * 2
    assert decide(scorer.bundle, scores).tolist() == [[False, False, True]] * 2


def test_majority_of_several_labels_decides_those_of_more_than_half_of_the_texts():
    scorer = one("majority", uneven(MULTI), BUNDLES[MULTI]).scorer
    assert decide(scorer.bundle, scorer.score(["a"])).tolist() == [[False, False, True]]


@both_types
def test_random_decisions_come_as_often_as_the_labels_in_training(problem_type: str):
    scorer = one("prior", uneven(problem_type), BUNDLES[problem_type]).scorer
    scores = scorer.score([f"another text {n}" for n in range(4000)])
    shares = decide(scorer.bundle, scores).mean(axis=0)
    assert shares == pytest.approx([0.1, 0.2, 0.7], abs=0.025)


@both_types
def test_random_scores_follow_from_seed_and_text(problem_type: str):
    bundle, texts = BUNDLES[problem_type], [f"text {n}" for n in range(50)]
    first, again, other = (
        one("prior", uneven(problem_type), bundle, seed).scorer.score(texts) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert len(np.unique(first[:, 0])) == 50 and not (first == other).any()


@both_types
def test_a_label_that_training_lacks_is_never_drawn(problem_type: str):
    train = [row for row in uneven(problem_type) if row.labels != ("neutral",)]
    scorer = one("prior", train, BUNDLES[problem_type]).scorer
    scores = scorer.score([f"text {n}" for n in range(300)])
    assert np.isfinite(scores).all() and (scores[:, 1] == 0).all()


# Parts that hold little


@both_types
@pytest.mark.parametrize("name", WITHOUT_ENCODER)
def test_labels_that_training_has_never_or_always_need_no_learning(problem_type: str, name: str):
    train = [Example({"text": f"good text {n}"}, ("positive",), n) for n in range(8)]
    scores = one(name, train, BUNDLES[problem_type]).scorer.score(["good", "other"])
    assert scores == pytest.approx(np.array([[0, 0, 1]] * 2), abs=1e-6)


@pytest.mark.parametrize("name", ["tfidf_lr", "tfidf_nb"])
def test_a_label_missing_in_training_scores_zero_and_leaves_the_others_alone(name: str):
    train = [row for row in examples(SINGLE) if row.labels != ("neutral",)]
    scores = one(name, train, BUNDLES[SINGLE]).scorer.score(["good great love", "bad awful hate"])
    assert (scores[:, 1] == 0).all()
    assert scores.argmax(axis=1).tolist() == [2, 0]


@pytest.mark.parametrize("name", ["tfidf_lr", "tfidf_nb"])
@pytest.mark.parametrize(
    "texts", [["🙂", "🙂🙂", "😡", "😡😡"], ["alpha", "beta", "gamma", "delta"]]
)
def test_texts_that_share_no_word_are_told_apart_by_their_letters(name: str, texts: list[str]):
    labels = ("positive", "positive", "negative", "negative")
    pairs = zip(texts, labels, strict=True)
    train = [Example({"text": text}, (label,), 1) for text, label in pairs]
    scores = one(name, train, BUNDLES[SINGLE]).scorer.score(texts)
    assert scores.argmax(axis=1).tolist() == [2, 2, 0, 0]


def test_several_fields_are_read_as_the_model_reads_them():
    bundle = Bundle(LABELS, SINGLE, text_fields=("title", "body"))
    train = [
        Example({"title": "news", "body": row.fields["text"]}, row.labels, row.row)
        for row in examples(SINGLE)
    ]
    scorer = one("tfidf_lr", train, bundle).scorer
    assert scorer.score([bundle.compose({"title": "news", "body": "good love"})]).argmax() == 2


def test_more_texts_than_the_encoder_reads_are_sampled(encoder: Encoder, monkeypatch):
    monkeypatch.setattr("training.baselines.baselines.MOST_EMBEDDED", 60)
    train, bundle = examples(SINGLE), BUNDLES[SINGLE]
    sampled, again, other = (
        next(fit(train, bundle, seed=seed, encoder=encoder, names=["encoder_lr"]))
        for seed in (1, 1, 2)
    )
    scores = [baseline.scorer.score(["a good day"]) for baseline in (sampled, again, other)]
    assert (scores[0] == scores[1]).all() and (scores[0] != scores[2]).any()


# Thresholds


@pytest.mark.parametrize("name", LEARNERS)
def test_a_learner_gets_its_thresholds_as_the_fine_tuned_model_does(encoder: Encoder, name: str):
    validation = examples(MULTI, 60, seed=4)
    tuned = one(name, examples(MULTI), BUNDLES[MULTI], validation=validation, encoder=encoder)
    scores = tuned.scorer.score(texts_of(validation))
    targets = label_matrix(validation, LABELS)
    expected = thresholds.choose_on_scores(scores, targets, LABELS, MULTI)
    assert tuned.scorer.bundle.thresholds == expected.thresholds
    assert tuned.scorer.bundle.chosen_on == "72 validation examples: thresholds by MCC"


@pytest.mark.parametrize("name", ["majority", "prior"])
def test_a_dummy_model_keeps_deciding_as_it_is_called(name: str):
    validation = examples(MULTI, 60, seed=4)
    tuned = one(name, examples(MULTI), BUNDLES[MULTI], validation=validation)
    assert tuned.scorer.bundle.thresholds == (0.5, 0.5, 0.5)


def test_a_regression_is_the_better_of_two_on_validation():
    train, bundle = examples(SINGLE, 40), BUNDLES[SINGLE]
    validation = examples(SINGLE, 30, seed=4)
    plain = one("tfidf_lr", train, bundle).scorer.score(texts_of(validation))
    assert one("tfidf_lr", train, bundle, validation=validation).scorer.bundle.thresholds == ()
    right = [label for row in validation for label in row.labels]
    wrong = [
        Example(row.fields, (LABELS[int(scores.argmin())],), row.row)
        for row, scores in zip(validation, plain, strict=True)
    ]
    assert right != [row.labels[0] for row in wrong]
    for rows in (validation, wrong):
        kept = one("tfidf_lr", train, bundle, validation=rows).scorer.score(texts_of(rows))
        assert mcc(rows, kept) >= mcc(rows, plain)


def mcc(rows: list[Example], scores: np.ndarray) -> float:
    truth = label_matrix(rows, LABELS).argmax(axis=1)
    return matthews_corrcoef(truth, scores.argmax(axis=1))
