from inference.data.problem_types import MULTI
from inference.feedback.agreement import LabelCount, count_agreement
from tests.inference.feedback.given import said


def test_each_label_counts_what_people_left_took_away_and_added():
    feedback = [
        said("a", ("good",), ("good",)),
        said("b", ("good",), ("bad",)),
        said("c", ("bad",), ("good",)),
        said("d", (), ("bad", "good"), problem_type=MULTI),
    ]
    assert count_agreement(feedback, ("bad", "fair", "good")) == (
        LabelCount("bad", kept=0, removed=2, added=1),
        LabelCount("fair", kept=0, removed=0, added=0),
        LabelCount("good", kept=1, removed=2, added=1),
    )
