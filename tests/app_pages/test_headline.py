import pytest

from app_pages.headline import NO_RESULTS, answer, standings_html
from inference.compare import LeaderboardRow


def row(title: str, role: str, macro_f1: float, examples: int = 2000) -> LeaderboardRow:
    return LeaderboardRow(
        title=title,
        role=role,
        repo_id="demo/model",
        revision="a" * 40,
        engine="onnx_int8",
        macro_f1=macro_f1,
        accuracy=0.7,
        mcc=0.5,
        roc_auc=None,
        size_bytes=23_000_000,
        latency_p50_ms=4.25,
        examples=examples,
    )


OURS = row("Ours", "fine-tuned", 0.712)


@pytest.mark.parametrize(
    ("leaderboard", "expected"),
    [
        ((), NO_RESULTS),
        ((row("Bare", "zero-shot", 0.45),), NO_RESULTS),
        (
            (OURS,),
            "Ours: macro-F1 0.71 on 2,000 frozen test messages. "
            "No model that was not fine-tuned has been measured on them yet.",
        ),
        (
            (OURS, row("Bare", "zero-shot", 0.45), row("Free", "pretrained", 0.69)),
            "Ours: macro-F1 0.71 on 2,000 frozen test messages. "
            "The best one without fine-tuning, Free: 0.69.",
        ),
    ],
)
def test_the_answer_says_only_what_was_measured(leaderboard, expected):
    assert answer(leaderboard) == expected


def test_the_first_fine_tuned_row_stands_for_all():
    assert answer((OURS, row("Bigger", "fine-tuned", 0.9))).startswith("Ours: macro-F1 0.71")


def test_models_measured_on_other_examples_are_not_compared():
    other = row("Elsewhere", "pretrained", 0.99, examples=50)
    assert "0.99" not in answer((OURS, other))


def test_standings_are_best_first_and_escaped():
    html = standings_html((row("<b>low</b>", "zero-shot", 0.2), OURS))
    assert "<b>" not in html
    assert html.index("Ours") < html.index("&lt;b&gt;low")
