"""Chat run folder -> README.md: the model card, from the files of the run folder and nothing else.

Owns the metadata that the Hub reads and the paragraphs; the text around them is card.md. Whatever a
user named is data: it is escaped. A figure that the run folder does not hold is left out.

Try: python -c "from pathlib import Path; from training.chat_tuning.card import write_card as w; \
w(Path('runs/chat'))"
"""

import json
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from hub.client import model_card_text
from inference.chat import chat_bundle
from inference.chat.chat_bundle import ChatBundle
from inference.models.model_files import read_json
from inference.models.receipt import Receipt, load_asked, load_receipt
from training.chat_tuning.base import LOCAL_REVISION
from training.chat_tuning.report import REPORT_FILE, report_sentence
from training.report import card_text
from training.report.card import save_card, slug
from training.report.card_text import escape_markdown, file_flags, markdown_table
from training.settings.publish_config import PublishConfig

_TEMPLATE = Path(__file__).with_name("card.md")
_MERGED = "model.safetensors"
_SHOWN_SETTINGS = (
    "max_seq_length",
    "num_train_epochs",
    "max_steps",
    "learning_rate",
    "lr_scheduler_type",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "lora_r",
    "lora_alpha",
    "lora_dropout",
    "lora_targets",
    "learn_end_of_turn",
    "duplicates",
    "noisy",
    "quantize_base",
    "seed",
)
_PLOTS = {
    "loss_curve": "Loss over steps",
    "held_out": "Loss of each held-out dialogue",
}


def write_card(run_dir: Path, repo_id: str | None = None, revision: str = "main") -> None:
    """Write README.md into a chat run folder, whole or not at all.

    Raises:
        ModelError: a file of the run folder is missing or unreadable.
        HubError: the Hub would not understand the metadata.
    """
    receipt, asked = load_receipt(run_dir), load_asked(PublishConfig, run_dir)
    name = repo_id or asked.hub_model_id or run_dir.resolve().name
    report: Any = read_json(run_dir / REPORT_FILE)
    bundle = chat_bundle.load(run_dir)
    body = _body(run_dir, receipt, asked, report, bundle, name, revision)
    text = Template(_TEMPLATE.read_text("utf-8")).substitute(body)
    save_card(model_card_text(_metadata(receipt, asked, report, name), text), run_dir)


def _body(
    run_dir: Path,
    receipt: Receipt,
    asked: PublishConfig,
    report: Any,
    bundle: ChatBundle,
    repo_id: str,
    revision: str,
) -> dict[str, str]:
    has_revision = bundle.base.revision != LOCAL_REVISION
    warnings = [f"- {escape_markdown(warning)}" for warning in report["warnings"]]
    return {
        "title": escape_markdown(repo_id.rpartition("/")[2]),
        "verdict": f"**{escape_markdown(report_sentence(report).capitalize())}.**",
        "base": escape_markdown(bundle.base.repo_id),
        "dialogues": f"{receipt.data.splits.train.rows:,}",
        "course": f"{receipt.training.steps} steps, {receipt.training.epochs:.2g} epochs",
        "results": _results(run_dir, report),
        "warnings": "\n".join(["To be wary of:", "", *warnings]) if warnings else "",
        "repo_id": json.dumps(repo_id),
        "revision": json.dumps(revision),
        "repo_id_plain": repo_id,
        "revision_plain": revision,
        "base_id": json.dumps(bundle.base.repo_id),
        "base_revision": f", revision={json.dumps(bundle.base.revision)}" * has_revision,
        "merged": "Without it the merged weights beside the adapter are loaded."
        if (run_dir / _MERGED).is_file()
        else "",
        "spoken": _spoken(bundle),
        "data": _data(receipt, asked),
        "training": _training(receipt),
        "file_flags": file_flags(receipt.config),
        "limits": _limits(asked, report),
        "versions": card_text.versions(receipt),
    }


def _metadata(
    receipt: Receipt, asked: PublishConfig, report: Any, repo_id: str
) -> dict[str, object]:
    base = receipt.base_model.repo_id
    is_repo = "/" in base  # a local folder has no page to link to
    answers = report.get("answers")
    figures = [
        ("loss", "held-out loss, nats a token", report["held_out"]["tuned"]["loss"]),
        ("perplexity", "held-out perplexity", report["held_out"]["tuned"]["perplexity"]),
    ]
    if answers:
        share = answers["tuned"]["ended_share"]
        figures.append(("ended_share", "answers that end by themselves", share))
    title = asked.dataset_title or receipt.data.sources[-1].name
    return {
        "license": asked.license,
        "language": asked.language,
        "library_name": "peft",
        "pipeline_tag": "text-generation",
        **({"base_model": base, "base_model_relation": "adapter"} if is_repo else {}),
        "tags": ["lora", "chat", "conversational"],
        "model-index": [
            {
                "name": repo_id.rpartition("/")[2],
                "results": [
                    {
                        "task": {"type": "text-generation", "name": "Text Generation"},
                        "dataset": {"name": title, "type": slug(title), "split": "test"},
                        "metrics": [
                            {"type": kind, "name": name, "value": round(value, 4)}
                            for kind, name, value in figures
                        ],
                    }
                ],
            }
        ],
    }


def _results(run_dir: Path, report: Any) -> str:
    """The figures before and after, the plots."""
    held_out = report["held_out"]
    rows: list[tuple[str, ...]] = [
        (f"held-out {name}", f"{held_out['base'][name]:.3f}", f"{held_out['tuned'][name]:.3f}")
        for name in ("loss", "perplexity")
    ]
    if held_out["unseen"]:
        pair = [f"{held_out['unseen'][model]['loss']:.3f}" for model in ("base", "tuned")]
        rows.append(
            (f"loss of the {held_out['unseen']['dialogues']} never seen in training", *pair)
        )
    rows += _answer_rows(report.get("answers"))
    parts = [markdown_table(("", "base", "tuned"), rows)]
    parts.append(
        f"Losses are nats a token of the answers of {held_out['dialogues']:,} held-out dialogues "
        f"({held_out['tokens']:,} tokens), the token that ends each included."
    )
    if report.get("answers"):
        answers = report["answers"]
        parts.append(
            f"Answers to {answers['tuned']['prompts']} held-out prompts, drawn at temperature "
            f"{answers['temperature']:g}, top-p {answers['top_p']:g} and repetition penalty "
            f"{answers['repetition_penalty']:g}, cut off at "
            f"{answers['max_tokens']} tokens; speed is that of the machine that trained."
        )
    for name, title in _PLOTS.items():
        if (run_dir / "results" / "plots" / f"{name}.png").is_file():
            parts.append(f"![{title}](results/plots/{name}.png)")
    return "\n\n".join(parts)


def _answer_rows(answers: Any) -> list[tuple[str, ...]]:
    if not answers:
        return []
    kinds = {
        "answers that end by themselves": lambda figures: (
            f"{figures['ended']} of {figures['prompts']}"
        ),
        "tokens of an answer": lambda figures: f"{figures['tokens']:.0f}",
        "different words, pairs, triples of tokens": lambda figures: ", ".join(
            f"{share:.2f}" for share in figures["distinct"]
        ),
        "tokens a second, one answer at a time": lambda figures: _number(
            figures["tokens_per_second"]
        ),
        "ms to the first token": lambda figures: _number(figures["first_token_ms"]),
    }
    return [(name, say(answers["base"]), say(answers["tuned"])) for name, say in kinds.items()]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _spoken(bundle: ChatBundle) -> str:
    prompt = "what its chat template says by itself"
    if bundle.system_prompt is not None:
        prompt = f"“{escape_markdown(bundle.system_prompt)}”"
    return (
        f"It was trained with the system prompt: {prompt}. An answer ends at token "
        f"{' or '.join(map(str, bundle.end_of_turn))} (`chat.json`)."
    )


def _data(receipt: Receipt, asked: PublishConfig) -> str:
    title = escape_markdown(asked.dataset_title or "Dialogues from the files below")
    license_name = asked.dataset_license
    files = [
        (
            escape_markdown(source.name),
            escape_markdown(source.part),
            f"`{source.sha256}`",
            f"{source.kept:,}",
            f"{source.rejected:,}",
        )
        for source in receipt.data.sources
    ]
    parts = [
        (name, f"{part.rows:,}", f"{part.answers:,}")
        for name, part in receipt.data.splits.by_name.items()
    ]
    gone = [f"- {len(rows):,} training rows removed: {escape_markdown(reason)}"
            for reason, rows in receipt.data.removed.items()]  # fmt: skip
    gone += [f"- {len(rows):,} training rows seem noisy: {escape_markdown(reason)}"
             for reason, rows in receipt.data.noisy.items()]  # fmt: skip
    sentence = f"{title}{f', license {escape_markdown(license_name)}' if license_name else ''}."
    tables = (
        markdown_table(("file", "used for", "sha256", "kept", "rejected"), files),
        markdown_table(("part", "dialogues", "answers"), parts),
    )
    return "\n\n".join([sentence, *tables, *(["\n".join(gone)] if gone else [])])


def _training(receipt: Receipt) -> str:
    config, course = receipt.config, receipt.training
    rows = [
        (f"`{name}`", f"`{config[name]}`")
        for name in _SHOWN_SETTINGS
        if config.get(name) not in (None, [])
    ]
    return (
        f"Trained on {card_text.device_text(receipt)} in {course.seconds:,.0f} s, "
        f"{course.steps} steps; kept is the adapter of step {course.best_step}, the best by "
        f"validation loss ({card_text.format_figure(course.best_value)}). The weights of the "
        "base model are as they were.\n\n" + markdown_table(("setting", "value"), rows)
    )


def _limits(asked: PublishConfig, report: Mapping[str, Any]) -> str:
    lines = [
        f"All losses rest on {report['held_out']['dialogues']:,} dialogues of one source.",
        "A lower loss says that it writes more like the dialogues it was trained on, not that what "
        "it writes is true, safe or kind; none of these was measured.",
        f"Language of the dialogues: {escape_markdown(asked.language)}. Others were not tested.",
    ]
    return "\n".join(f"- {line}" for line in lines)
