import numpy as np
import pytest

from inference.evaluation.formulas import BY_LABEL, OVERALL, compute_figures, gather_sample
from inference.evaluation.metrics import summarise
from tests.inference.evaluation.drawn_scores import close, multi, single


@pytest.mark.parametrize("make", [single, multi])
def test_a_counting_gives_the_figures_of_the_rows_it_counts(make):
    targets, scores, decisions = make(7)
    rows = np.random.default_rng(0).integers(0, len(targets), (4, len(targets)))
    counts = np.stack([np.bincount(chosen, minlength=len(targets)) for chosen in rows])
    found = compute_figures(gather_sample(targets, scores, decisions), counts.astype(float))
    for number, chosen in enumerate(rows):
        plain = summarise(targets[chosen], scores[chosen], decisions[chosen])
        for name in OVERALL:
            close(getattr(plain, name), float(found[name][number]))
        for name in BY_LABEL:
            expected = [np.nan if v is None else v for v in getattr(plain, name)]
            np.testing.assert_allclose(found[name][number], expected, atol=1e-12)
