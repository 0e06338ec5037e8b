"""The first page's answer, from the stored verdict table alone: one sentence and its bars."""

from html import escape

from inference.evaluation.leaderboard import Leaderboard, LeaderboardRow, sentence

QUESTION = "Was fine‑tuning worth it?"
RESULTS = "What the models say"
NO_RESULTS = (
    "Not measured yet: no results on a frozen test set are stored here. "
    "The models can be asked all the same."
)
_FREE_SHOWN = 4  # bars of models that were not fine-tuned; all rows are on the second page


def kicker(title: str) -> str:
    """What stands above the question: whose page this is, and the catalogue of that title."""
    return f"Worth Tuning · {title}"


def answer(board: Leaderboard | None) -> str:
    """Better, cannot tell or worse, against the best model that was to be had for free."""
    return sentence(board) if board is not None and board.judged else NO_RESULTS


def standings_html(board: Leaderboard) -> str:
    """A bar a model with its 95 % interval, best first; every text escaped.

    Shown are the fine-tuned models and the best few of the others.
    """
    ranked = sorted(board.rows, key=_rank)
    free = [row for row in ranked if not row.is_fine_tuned][:_FREE_SHOWN]
    shown = [row for row in ranked if row.is_fine_tuned or row in free]
    name = "MCC on the frozen test set, best first"
    return f"<ol aria-label='{name}'>{''.join(_item(row, board) for row in shown)}</ol>"


def _rank(row: LeaderboardRow) -> float:
    mcc = row.figures["mcc"]
    return float("inf") if mcc is None else -mcc


def _item(row: LeaderboardRow, board: Leaderboard) -> str:
    model, mcc, interval = row.model, row.figures["mcc"], row.intervals["mcc"]
    figure = "n/a" if mcc is None else f"{mcc:.3f}"
    chance = f"{interval[0]:.3f} to {interval[1]:.3f}" if interval else "no interval"
    low, high = (max(0.0, end) for end in interval or (0.0, 0.0))
    is_best_free = model.name == board.best_free
    role = f"{model.role}, the best free one" if is_best_free else model.role
    cost = f"{model.size_bytes / 1e6:,.1f} MB · {model.latency_p50_ms:,.1f} ms a message"
    return (
        f'<li data-role="{escape(model.role)}"><span class="model">{escape(model.title)}</span>'
        f'<span class="figure"><small>MCC</small> {figure}</span>'
        f'<span class="bar" style="--share: {max(0.0, mcc or 0.0):.3f}; '
        f'--low: {low:.3f}; --high: {high:.3f}"></span>'
        f'<span class="cost">{escape(role)} · 95 %: {chance} · {cost}</span></li>'
    )
