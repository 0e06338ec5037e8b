"""Agreement: how often people left a label as a model gave it, took it away or added it.

Not covered: how good the model is. Who presses a button does so more eagerly where it is wrong; the
frozen test set is there for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inference.feedback.log import Feedback


@dataclass(frozen=True)
class LabelCount:
    """Answers in which a label was left as given, given and taken away, or missing and added."""

    label: str
    kept: int
    removed: int
    added: int


def count_agreement(feedback: Sequence[Feedback], labels: Sequence[str]) -> tuple[LabelCount, ...]:
    """Count for every label of the task, in its order."""
    return tuple(
        LabelCount(
            label,
            kept=sum(
                label in opinion.predicted and label in opinion.corrected for opinion in feedback
            ),
            removed=sum(
                label in opinion.predicted and label not in opinion.corrected
                for opinion in feedback
            ),
            added=sum(
                label not in opinion.predicted and label in opinion.corrected
                for opinion in feedback
            ),
        )
        for label in labels
    )
