import numpy as np
import pytest

from inference.analysis import projection


def scores(labels: int, rows: int = 60, seed: int = 0) -> np.ndarray:
    logits = np.random.default_rng(seed).normal(size=(rows, labels)) * 3
    found = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return found.astype(np.float32)


@pytest.mark.parametrize("is_multilabel", [False, True])
def test_rows_of_like_scores_lie_near_each_other(is_multilabel: bool):
    table = scores(4)
    table[1] = table[0]
    found = projection.from_scores(table, np.arange(60), is_multilabel=is_multilabel)
    assert found is not None and found.points.shape == (60, 2)
    np.testing.assert_allclose(found.points[0], found.points[1], atol=1e-9)
    assert 0.3 < sum(found.explained) <= 1


def test_two_labels_differ_in_one_direction():
    found = projection.from_scores(scores(2), np.arange(60), is_multilabel=False)
    assert found is not None and found.explained[0] == pytest.approx(1)
    np.testing.assert_allclose(found.points[:, 1], 0, atol=1e-9)


def test_a_label_that_the_model_lacks_has_no_say():
    table = scores(3)
    with_unknown = np.column_stack([table, np.full(60, np.nan, np.float32)])
    one, other = (
        projection.from_scores(t, np.arange(60), is_multilabel=False) for t in (table, with_unknown)
    )
    np.testing.assert_array_equal(one.points, other.points)


def test_too_few_or_equal_rows_have_no_map():
    assert projection.from_scores(scores(3), np.arange(2), is_multilabel=False) is None
    same = np.repeat(scores(3)[:1], 9, axis=0)
    assert projection.from_scores(same, np.arange(9), is_multilabel=False) is None


def test_a_large_file_is_sampled_the_same_way_each_time():
    one, other = projection.sample(100_000), projection.sample(100_000)
    np.testing.assert_array_equal(one, other)
    assert len(one) == projection.MOST_POINTS and (np.diff(one) > 0).all()
    np.testing.assert_array_equal(projection.sample(5), np.arange(5))


class Lengths:
    """An encoder that knows how long a text is."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def embed(self, texts):
        self.asked.append(len(texts))
        return np.array([[len(text), 1.0] for text in texts], np.float32)


def test_texts_are_embedded_a_few_at_a_time_and_in_order():
    encoder, told = Lengths(), []
    texts = ["x" * n for n in range(1, 71)]
    found = projection.embed(encoder, texts, on_progress=told.append)
    assert found[:, 0].tolist() == list(range(1, 71))
    assert encoder.asked == [32, 32, 6] and told == sorted(told) and told[-1] == 1
