"""Feedback as a visitor gives it."""

from collections.abc import Sequence

from inference.data.problem_types import SINGLE
from inference.feedback.log import Feedback


def said(
    text: str = "a day",
    corrected: Sequence[str] = ("good",),
    predicted: Sequence[str] = ("bad",),
    **changes: object,
) -> Feedback:
    """Feedback on a text, a correction unless told otherwise."""
    given = {"problem_type": SINGLE, "repo_id": "demo/a", "revision": "a" * 40, "catalogue": "Days"}
    given = {**given, "fields": {"text": text}, **changes}
    return Feedback(predicted=tuple(predicted), corrected=tuple(corrected), **given)
