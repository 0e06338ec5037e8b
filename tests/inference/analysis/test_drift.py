import numpy as np
import pytest

from inference.analysis import drift


def test_the_distances_are_those_of_their_definitions():
    found = drift.compare([50, 50], [90, 10])
    assert found is not None
    p, q = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    middle = (p + q) / 2
    divergence = (p * np.log2(p / middle) + q * np.log2(q / middle)).sum() / 2
    assert found.distance == pytest.approx(np.sqrt(divergence))
    assert found.psi == pytest.approx(((q - p) * np.log(q / p)).sum())
    assert found.is_more_than_chance


def test_equal_counts_have_not_moved():
    found = drift.compare([10, 20, 30], [10, 20, 30])
    assert found is not None and found.distance == found.psi == 0
    assert not found.is_more_than_chance


def test_few_rows_move_by_chance_alone():
    few, many = drift.compare([500, 500], [3, 7]), drift.compare([500, 500], [300, 700])
    assert few is not None and many is not None
    assert few.distance == pytest.approx(many.distance)
    assert not few.is_more_than_chance and many.is_more_than_chance


def test_samples_of_one_source_are_told_apart_in_about_5_of_100():
    rng = np.random.default_rng(0)
    shares = [0.5, 0.3, 0.15, 0.05]
    told = sum(
        drift.compare(
            rng.multinomial(800, shares), rng.multinomial(120, shares), seed=seed
        ).is_more_than_chance  # type: ignore[union-attr]
        for seed in range(100)
    )
    assert told <= 12, told


def test_an_empty_category_has_a_finite_index_and_no_rows_none():
    found = drift.compare([10, 0, 5], [10, 5, 0])
    assert found is not None and np.isfinite(found.psi) and found.psi > 0
    assert drift.compare([0, 0], [1, 2]) is None
