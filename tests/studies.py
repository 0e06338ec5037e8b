"""A search as training stores it, for the tests of what reads it."""

import json

from inference.runs.study import COMPLETE, FAILED, PRUNED, RUNNING, Gain, Study, Trial

DISTRIBUTIONS = {
    "learning_rate": json.dumps(
        {
            "name": "FloatDistribution",
            "attributes": {"step": None, "low": 1e-5, "high": 1e-2, "log": True},
        }
    ),
    "class_weights": json.dumps(
        {"name": "CategoricalDistribution", "attributes": {"choices": ["none", "sqrt"]}}
    ),
}


def trial(
    number: int,
    state: str,
    value: float | None,
    learning_rate: float,
    class_weights: str,
    error: str | None = None,
) -> Trial:
    """One trial of two settings."""
    steps = {1: 0.3 + number / 100, 2: value or 0.35} if error is None else {}
    values = {"learning_rate": learning_rate, "class_weights": class_weights}
    return Trial(number, state, value, values, DISTRIBUTIONS, steps, 12.5, error)


NEAR = Gain("mcc", 374, 0.60, 0.61, (-0.07, 0.09), 0.043)
"""What the best trial gained where chance alone may gain as much."""


def study(**changes: object) -> Study:
    """Seven trials: four complete, one stopped early, one failed, one under way."""
    trials = (
        trial(0, COMPLETE, 0.50, 2e-4, "none"),
        trial(1, COMPLETE, 0.42, 3e-5, "sqrt"),
        trial(2, PRUNED, None, 1e-5, "none"),
        trial(3, COMPLETE, 0.61, 9e-4, "sqrt"),
        trial(4, FAILED, None, 9e-3, "none", "ModelError: the loss is <nan> at *step* 4"),
        trial(5, COMPLETE, 0.55, 5e-4, "none"),
        trial(6, RUNNING, None, 6e-4, "sqrt"),
    )
    content: dict[str, object] = {
        "baselines": {"tfidf_lr": 32},
        "validation": Gain("mcc", 374, 0.50, 0.61, (0.02, 0.19), 0.043),
        "test": Gain("mcc", 1421, 0.52, 0.55, (-0.01, 0.07)),
    }
    content |= {"name": "study", "metric": "mcc", "asked": 20, "trials": trials}
    return Study(**{**content, **changes})  # type: ignore[arg-type]
