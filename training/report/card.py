"""Run folder -> README.md: the model card, from the files of the run folder and nothing else.

Owns the metadata that the Hub reads and which facts stand where; the text around them is card.md,
the paragraphs are card_text.py. A figure that the run folder does not hold is left out.

Try: python -c "from pathlib import Path; from training.report.card import write_card; \
    write_card(Path('DIR'))"
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from hub.client import model_card_text
from inference.core.atomic_write import write_whole
from inference.evaluation.leaderboard import Leaderboard, LeaderboardRow, load_leaderboard
from inference.models.bundle import Bundle, load_bundle
from inference.models.classifier import ONNX_FILES, ONNX_FP32, TORCH, activate
from inference.models.model_files import read_json
from inference.models.receipt import Receipt, load_asked, load_receipt
from inference.runs.study import STUDY_FILE, Study, load_study
from training.export import golden
from training.report import card_decision, card_results, card_text
from training.run.run_folder import STUDY_FOLDER
from training.settings.publish_config import PublishConfig

FILE_NAME = "README.md"
_TEMPLATE = Path(__file__).with_name("card.md")
_WIDGET_EXAMPLES = 3
_WIDGET_CHARS = range(10, 120)


@dataclass(frozen=True)
class CardFacts:
    """What a card is made from: run.json, and what it says of the publication."""

    repo_id: str
    revision: str
    receipt: Receipt
    asked: PublishConfig
    bundle: Bundle
    board: Leaderboard
    golden: Mapping[str, Any]
    has_onnx: bool
    plots: tuple[str, ...]
    study: Study | None = None
    """The search that chose the settings, if one did."""

    @property
    def weights_row(self) -> LeaderboardRow | None:
        """The results of the weights themselves: float32, not the int8 copy.

        The last row of its engine: that without counted words, where a model counts them.
        """
        own = {row.model.engine: row for row in self.board.rows if row.is_fine_tuned}
        return own.get(ONNX_FP32) or own.get(TORCH)


def write_card(run_dir: Path, repo_id: str | None = None, revision: str = "main") -> None:
    """Write README.md into a run folder, whole or not at all.

    repo_id: where it is published, as far as known; the run's own hub_model_id unless given.
    revision: branch or tag that the snippets name.

    Raises:
        ModelError, DataError: a file of the run folder is missing or unreadable.
        HubError: the Hub would not understand the metadata.
    """
    save_card(render_card(read_facts(run_dir, repo_id, revision)), run_dir)


def read_facts(run_dir: Path, repo_id: str | None, revision: str) -> CardFacts:
    """Gather the facts of a run folder. Raises as write_card."""
    asked = load_asked(PublishConfig, run_dir)
    search = run_dir / STUDY_FOLDER / STUDY_FILE
    return CardFacts(
        repo_id=repo_id or asked.hub_model_id or run_dir.resolve().name,
        revision=revision,
        receipt=load_receipt(run_dir),
        asked=asked,
        bundle=load_bundle(run_dir),
        board=load_leaderboard(run_dir / "results" / "leaderboard.json"),
        golden=read_json(run_dir / golden.FILE_NAME),
        has_onnx=all((run_dir / name).is_file() for name in ONNX_FILES.values()),
        study=load_study(search) if search.is_file() else None,
        plots=tuple(sorted(path.stem for path in (run_dir / "results" / "plots").glob("*.png"))),
    )


def render_card(run: CardFacts) -> str:
    """The whole card. Raises HubError if the Hub would not understand the metadata."""
    return model_card_text(
        _metadata(run), Template(_TEMPLATE.read_text("utf-8")).substitute(_body(run))
    )


def save_card(card: str, folder: Path) -> None:
    """Write a card into a folder, whole or not at all."""
    write_whole(folder / FILE_NAME, card)


def _body(run: CardFacts) -> dict[str, str]:
    receipt, bundle = run.receipt, run.bundle
    examples = _examples(run)
    return {
        "verdict": card_results.verdict(run.board),
        "title": card_text.escape_markdown(run.repo_id.rpartition("/")[2]),
        "summary": card_text.summary(receipt, bundle),
        "results": card_results.results(receipt, run.board, run.plots),
        "repo_id": json.dumps(run.repo_id),
        "revision": json.dumps(run.revision),
        "repo_id_plain": run.repo_id,
        "revision_plain": run.revision,
        "example": json.dumps(examples[0][0] if examples else "a text", ensure_ascii=False),
        "decision": card_decision.decision(receipt, bundle),
        "onnx": card_text.onnx(receipt, bundle, run.repo_id, run.revision, has_onnx=run.has_onnx),
        "data": card_text.data(receipt, run.asked, bundle.labels),
        "training": card_text.training(receipt, run.study),
        "file_flags": card_text.file_flags(receipt.config),
        "limits": card_text.limits(receipt, run.asked, bundle),
        "versions": card_text.versions(receipt),
    }


def _metadata(run: CardFacts) -> dict[str, object]:
    base = run.receipt.base_model.repo_id
    is_repo = "/" in base  # a local folder has no page to link to
    tags = ["accelerate", *(["multi-label"] if run.bundle.is_multilabel else [])]
    dataset = run.receipt.config.get("dataset_name")
    return {
        "license": run.asked.license,
        "language": run.asked.language,
        "library_name": "transformers",
        "pipeline_tag": "text-classification",
        **({"base_model": base, "base_model_relation": "finetune"} if is_repo else {}),
        **({"datasets": [dataset]} if dataset else {}),
        "metrics": ["f1", "accuracy", "matthews_correlation", "roc_auc"],
        "tags": tags + (["onnx", "transformers.js"] if run.has_onnx else []),
        "widget": [
            {"text": text, "output": [{"label": name, "score": score} for name, score in scores]}
            for text, scores in _examples(run)
        ],
        **({"model-index": [_results(run, run.weights_row)]} if run.weights_row else {}),
    }


def _results(run: CardFacts, row: LeaderboardRow) -> dict[str, object]:
    """An entry of model-index; all its values are those of the results table."""
    name = run.asked.dataset_title or run.receipt.data.sources[-1].name
    figures = {
        "f1": ("macro F1", row.figures["macro_f1"]),
        "accuracy": ("accuracy", row.figures["accuracy"]),
        "matthews_correlation": ("MCC", row.figures["mcc"]),
        "roc_auc": ("ROC AUC", row.figures["roc_auc"]),
    }
    return {
        "name": run.repo_id.rpartition("/")[2],
        "results": [
            {
                "task": {"type": "text-classification", "name": "Text Classification"},
                "dataset": {
                    "name": name,
                    "type": run.receipt.config.get("dataset_name") or slug(name),
                    "split": "test",
                },
                "metrics": [
                    {"type": kind, "name": title, "value": round(value, 4)}
                    for kind, (title, value) in figures.items()
                    if value is not None
                ],
            }
        ],
    }


def slug(name: str) -> str:
    """The name as the Hub's id of a data set that is not there: letters, digits, dots, dashes."""
    return re.sub(r"[^\w.]+", "-", name).strip("-.").lower() or "data"


def _examples(run: CardFacts) -> list[tuple[str, list[tuple[str, float]]]]:
    """Some golden texts with the model's scores, the strongest label first."""
    logits = run.golden["logits"].get(ONNX_FP32) or run.golden["logits"][TORCH]
    # what the Hub's own widget shows is the weights alone
    scores = activate(np.asarray(logits, dtype=np.float32), run.bundle.is_multilabel)
    examples = []
    for text, row in zip(run.golden["texts"], scores, strict=True):
        named = [(name, round(float(s), 4)) for name, s in zip(run.bundle.labels, row, strict=True)]
        if len(text) in _WIDGET_CHARS:
            examples.append((text, sorted(named, key=lambda pair: -pair[1])))
    return examples[:_WIDGET_EXAMPLES]
