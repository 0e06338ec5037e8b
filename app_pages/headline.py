"""The first page's answer so far, from the stored leaderboard alone: one sentence and its bars.

Says which figures were measured and no more: whether a difference is more than chance is a
question for a paired interval, which these rows do not hold.
"""

from collections.abc import Sequence
from html import escape

from inference.catalogue import FINE_TUNED
from inference.compare import LeaderboardRow

NO_RESULTS = (
    "Not measured yet: no results on a frozen test set are stored here. "
    "The models can be asked all the same."
)


def answer(leaderboard: Sequence[LeaderboardRow]) -> str:
    """The fine-tuned model's macro-F1 beside that of the best model that was not fine-tuned.

    Of several fine-tuned rows the first stands for all: training lists first what is served, and
    the best of several on a test set would flatter.
    """
    tuned = [row for row in leaderboard if row.role == FINE_TUNED]
    if not tuned:
        return NO_RESULTS
    ours = tuned[0]
    measured = (
        f"{ours.title}: macro-F1 {ours.macro_f1:.2f} on {ours.examples:,} frozen test messages"
    )
    free = [row for row in leaderboard if row.role != FINE_TUNED and row.examples == ours.examples]
    if not free:
        return f"{measured}. No model that was not fine-tuned has been measured on them yet."
    best = max(free, key=lambda row: row.macro_f1)
    return f"{measured}. The best one without fine-tuning, {best.title}: {best.macro_f1:.2f}."


def standings_html(leaderboard: Sequence[LeaderboardRow]) -> str:
    """A bar a model, best first; every text escaped."""
    ranked = sorted(leaderboard, key=lambda row: -row.macro_f1)
    return f"<ol aria-label='Macro-F1 on the frozen test set'>{''.join(map(_item, ranked))}</ol>"


def _item(row: LeaderboardRow) -> str:
    cost = f"{row.size_bytes / 1e6:,.0f} MB · {row.latency_p50_ms:,.1f} ms a message"
    return (
        f'<li data-role="{escape(row.role)}"><span class="model">{escape(row.title)}</span>'
        f'<span class="figure">{row.macro_f1:.2f}</span>'
        f'<span class="bar" style="--share: {row.macro_f1:.3f}"></span>'
        f'<span class="cost">{escape(row.role)} · {cost}</span></li>'
    )
