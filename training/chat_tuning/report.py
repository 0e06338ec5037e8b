"""results/report.json of a chat run: what training did, in figures, and what is to be wary of.

Owns the form of that file and of results/held_out.json, from whose rows its losses can be computed
again. No text of the data is in either. How the figures are measured is held_out.py and answers.py.

Try: python -m json.tool runs/chat/results/report.json
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from inference.chat.sampling import Options
from inference.core.errors import ModelError
from inference.models.model_files import read_json
from training.chat_tuning import held_out
from training.chat_tuning.answers import ANSWERS_FILE, Answers
from training.chat_tuning.experiment import Trained
from training.chat_tuning.held_out import Losses
from training.run.run_folder import write_json
from training.settings.report_config import ChatReportConfig

REPORT_FILE = Path("results") / "report.json"
HELD_OUT_FILE = Path("results") / "held_out.json"
_ENDED_SHARE = 0.95  # below it a visitor meets an answer that does not stop too often


def write_report(
    trained: Trained,
    config: ChatReportConfig,
    *,
    learns_end: bool,
    answers: Mapping[str, Answers],
    base_weights_after: str,
) -> dict[str, object]:
    """Write both files; returns the report.

    answers: of `base` and `tuned`, empty where none were asked for. base_weights_after: the hash of
    the base model's weights once all is done.
    """
    folder = trained.run.path
    ids = trained.ready.corpus.row_ids()["test"]
    rows = {
        "format": 1,
        "rows": [ids[index] for index in trained.rows],
        "tokens": trained.tuned.counts.tolist(),
        "base": trained.base.sums.tolist(),
        "tuned": trained.tuned.sums.tolist(),
        "also_in_training": [ids[index] for index in trained.ready.corpus.overlapping],
    }
    write_json(folder / HELD_OUT_FILE, rows)
    before = trained.ready.base.weights_sha256
    report: dict[str, object] = {
        "format": 1,
        "held_out": report_figures(rows),
        "answers": {
            "max_tokens": config.answer_tokens,
            "temperature": Options.temperature,
            "top_p": Options.top_p,
            "repetition_penalty": Options.repetition_penalty,
            **{name: {**asdict(figures), "ended_share": figures.ended_share}
               for name, figures in answers.items()},
        }
        if answers
        else None,
        "base_weights": {"sha256": before, "is_unchanged": before == base_weights_after},
    }  # fmt: skip
    report["warnings"] = list(_warnings(config, learns_end, report, answers))
    write_json(folder / REPORT_FILE, report)
    return report


def report_figures(rows: Mapping[str, object]) -> dict[str, object]:
    """Losses, perplexities and their difference from the rows of held_out.json."""
    base, tuned = _losses(rows, "base"), _losses(rows, "tuned")
    names: list[str] = rows["rows"]  # type: ignore[assignment]
    seen = set(rows["also_in_training"])  # type: ignore[call-overload]
    fresh = [index for index, name in enumerate(names) if name not in seen]
    return {
        **_compared(base, tuned),
        # word for word among the training dialogues: what is learned by heart flatters
        "also_in_training": len(names) - len(fresh),
        "unseen": _compared(base.only(fresh), tuned.only(fresh)) if seen and fresh else None,
    }


def read_held_out_rows(run_dir: Path) -> dict[str, object]:
    """The content of results/held_out.json.

    Raises:
        ModelError: it is missing, or is no such file.
    """
    rows = read_json(run_dir / HELD_OUT_FILE)
    try:
        lengths = {len(rows[name]) for name in ("rows", "tokens", "base", "tuned")}  # type: ignore[arg-type]
    except (KeyError, TypeError):
        lengths = set()
    if len(lengths) != 1 or "also_in_training" not in rows:
        raise ModelError(
            f"{run_dir / HELD_OUT_FILE} does not hold the losses of a run; train again"
        )
    return dict(rows)


def report_sentence(report: Mapping[str, object]) -> str:
    """What came of the training, in one line."""
    figures = json.loads(json.dumps(report["held_out"]))
    change = figures["difference"]
    words = {"better": "lower", "worse": "HIGHER", "cannot tell": "not clearly different"}
    span = ""
    if change["low"] is not None:
        span = f" (95 % interval of the difference {change['low']:+.3f} to {change['high']:+.3f})"
    return (
        f"held-out loss is {words[change['verdict']]}: {figures['tuned']['loss']:.3f} tuned, "
        f"{figures['base']['loss']:.3f} before{span}, {figures['dialogues']} dialogues"
    )


def _losses(rows: Mapping[str, object], name: str) -> Losses:
    return Losses(np.array(rows[name], dtype=float), np.array(rows["tokens"], dtype=float))


def _compared(base: Losses, tuned: Losses) -> dict[str, object]:
    change = held_out.difference(tuned, base)
    return {
        "dialogues": len(base.sums),
        "tokens": int(base.counts.sum()),
        "base": {"loss": base.loss, "perplexity": base.perplexity},
        "tuned": {"loss": tuned.loss, "perplexity": tuned.perplexity},
        "difference": {**asdict(change), "verdict": change.verdict},
    }


def _warnings(
    config: ChatReportConfig,
    learns_end: bool,
    report: Mapping[str, object],
    answers: Mapping[str, Answers],
) -> list[str]:
    warnings = []
    if not learns_end:
        warnings.append("trained without the token that ends a turn: a control, not for use")
    tuned = answers.get("tuned")
    if tuned and tuned.ended_share < _ENDED_SHARE:
        warnings.append(
            f"only {tuned.ended} of {tuned.prompts} answers end by themselves within "
            f"{config.answer_tokens} tokens, expected {_ENDED_SHARE:.0%}; "
            f"read those that did not in {ANSWERS_FILE}"
        )
    figures = json.loads(json.dumps(report["held_out"]))
    if figures["difference"]["verdict"] != "better":
        warnings.append("the held-out loss is not clearly below that of the base model")
    if figures["also_in_training"]:
        warnings.append(
            f"{figures['also_in_training']} of {figures['dialogues']} held-out dialogues were also "
            "trained on, word for word; the losses on the others stand beside"
        )
    if not json.loads(json.dumps(report["base_weights"]))["is_unchanged"]:
        warnings.append("the weights of the base model are not those that training began with")
    return warnings
