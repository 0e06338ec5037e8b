from dataclasses import replace

from inference.compare.text_table import table
from inference.evaluation.formulas import BY_LABEL, OVERALL
from inference.evaluation.leaderboard import BETTER, MccDifference
from tests.boards import board, row
from tests.tiny import LABELS

OURS = row("ours", revision="0123456789abcdef", difference=MccDifference(0.1, (0.05, 0.15), BETTER))
FREE = row("free", role="baseline", mcc=0.4)


def test_the_judged_model_comes_first_in_aligned_columns():
    first, *_ = table(board(FREE, OURS)).split("\n\n")
    head, ours, free = first.splitlines()
    assert ours.startswith("Ours ") and free.startswith("Free ")
    assert head.index("role") == ours.index("fine-tuned") == free.index("baseline")


def test_every_figure_stands_there_with_its_interval():
    first, second, third = table(board(FREE, OURS)).split("\n\n")
    assert "+0.100 [+0.050, +0.150]  better" in first and "0123456789ab" in first
    assert "2.5" in first and "5.0" in first, "p50 and p95"
    figures = [line.split("  ")[0] for line in second.splitlines()[1:]]
    assert figures == [name.replace("_", " ") for name in OVERALL if name != "mcc"]
    assert second.count("0.500 [0.480, 0.520]") == 2 * len(figures)
    assert len(third.splitlines()) == 1 + len(LABELS) * len(BY_LABEL)


def test_what_is_undefined_is_not_available():
    unknown = replace(OURS, figures={**OURS.figures, "roc_auc": None}, difference=None)
    first, second, _ = table(board(unknown)).split("\n\n")
    assert "better" not in first
    assert next(line for line in second.splitlines() if line.startswith("roc auc")).endswith("n/a")
