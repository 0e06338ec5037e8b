"""The paragraphs and tables of a model card, in Markdown, from run.json and the leaderboard.

Owns the wording of what depends on the run; what never changes stands in card.md. Everything that
a user named (files, columns, labels) is data: escape_markdown() shows it as it is.

Try: python -c "from training.report import card_text; print(card_text.escape_markdown('*a*'))"
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from inference.models.bundle import Bundle
from inference.models.classifier import ONNX_FILES, ONNX_INT8
from inference.models.receipt import Receipt
from inference.runs.study import COMPLETE, FAILED, PRUNED, TRIALS_FILE, Study
from training.settings.publish_config import PublishConfig

_FEW_EXAMPLES = 50  # of a label in the test part; one of them then weighs 2 points of its recall
_SHOWN_SETTINGS = (
    "max_seq_length",
    "pooling",
    "head_start",
    "num_train_epochs",
    "min_steps",
    "learning_rate",
    "lr_scheduler_type",
    "warmup_ratio",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "weight_decay",
    "max_grad_norm",
    "early_stopping_patience",
    "loss",
    "contrastive_weight",
    "class_weights",
    "weighted_sampling",
    "lora_r",
    "max_train_samples",
    "seed",
)
_FILES = ("train_file", "validation_file", "test_file")


def escape_markdown(text: object) -> str:
    """Text of others as Markdown that shows it literally, on one line, also in a table or list."""
    line = " ".join(str(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*_{}\[\]#|~$^])", r"\\\1", line)
    line = re.sub(r"^(\d*)([-+.)])(?= )", r"\1\\\2", line)  # would begin a list
    # no bare address or handle becomes a link
    return line.replace("://", ":&#47;&#47;").replace("@", "&#64;")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table of cells that are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def summary(receipt: Receipt, bundle: Bundle) -> str:
    """What the model is, in two or three sentences, and what its labels mean if that was said."""
    base = receipt.base_model
    revision = f" at commit `{base.revision[:12]}`" if base.revision else ""
    kind = "any number of these labels" if bundle.is_multilabel else "one of these labels"
    reads = ""
    if len(bundle.text_fields) > 1:
        fields = ", ".join(map(escape_markdown, bundle.text_fields))
        reads = f" It reads the fields {fields}, joined by `{bundle.field_separator}`."
    labels = ", ".join(map(escape_markdown, bundle.labels))
    texts = f"{receipt.data.splits.train.rows:,} labelled texts"
    how = (
        f"with its layers as they are, under a head fitted to {texts}: fine-tuning them was worse "
        "on the validation texts"
        if receipt.kept == "frozen"
        else f"fine-tuned on {texts}"
    )
    return (
        f"Gives a text {kind}: {labels}. It is {escape_markdown(base.repo_id)}{revision}, "
        f"{how}.{reads}{_meanings(receipt)}"
    )


def _meanings(receipt: Receipt) -> str:
    described = receipt.config.get("label_descriptions") or {}
    rows = [
        (escape_markdown(label), escape_markdown(meaning)) for label, meaning in described.items()
    ]
    return "\n\n" + markdown_table(("label", "what it means"), rows) if rows else ""


def onnx(receipt: Receipt, bundle: Bundle, repo_id: str, revision: str, *, has_onnx: bool) -> str:
    """The snippet without torch, or why there is none."""
    if not has_onnx:
        notice = receipt.export.notice if receipt.export else None
        return f"There are no ONNX files: {escape_markdown(notice)}."
    file = ONNX_FILES[ONNX_INT8]
    return f"""Without torch, on a processor (also in transformers.js, with `dtype: "q8"`):

```python
import numpy as np
import onnxruntime
from huggingface_hub import snapshot_download
from tokenizers import Tokenizer

files = ["tokenizer.json", "{file}"]
folder = snapshot_download(
    {json.dumps(repo_id)}, revision={json.dumps(revision)}, allow_patterns=files
)
tokenizer = Tokenizer.from_file(f"{{folder}}/tokenizer.json")
tokenizer.enable_truncation({bundle.max_tokens})
session = onnxruntime.InferenceSession(f"{{folder}}/{file}")
read = tokenizer.encode("a text")
given = {{
    "input_ids": read.ids, "attention_mask": read.attention_mask, "token_type_ids": read.type_ids
}}
feed = {{i.name: np.array([given[i.name]], np.int64) for i in session.get_inputs()}}
print(session.run(["logits"], feed)[0])
```"""


def data(receipt: Receipt, asked: PublishConfig, labels: Sequence[str]) -> str:
    """Where the examples came from, and how many of each label are in each part."""
    title = escape_markdown(asked.dataset_title or "Labelled texts from the files below")
    license_name = asked.dataset_license
    files = [
        (
            escape_markdown(source.name),
            escape_markdown(source.part),
            f"`{source.sha256}`",
            f"{source.rows_in:,}",
            f"{source.kept:,}",
            f"{source.rejected:,}",
        )
        for source in receipt.data.sources
    ]
    parts = [
        (name, f"{part.rows:,}", *(f"{part.label_counts[label]:,}" for label in labels))
        for name, part in receipt.data.splits.by_name.items()
    ]
    return "\n\n".join(
        [
            f"{title}{f', license {escape_markdown(license_name)}' if license_name else ''}.",
            markdown_table(("file", "used for", "sha256", "rows in", "kept", "rejected"), files),
            markdown_table(("part", "examples", *map(escape_markdown, labels)), parts),
        ]
    )


def training(receipt: Receipt, study: Study | None = None) -> str:
    """Settings, how they were found, and which checkpoint was kept."""
    config, course = receipt.config, receipt.training
    rows = [
        (f"`{name}`", f"`{config[name]}`")
        for name in _SHOWN_SETTINGS
        if config.get(name) is not None
    ]
    kept = (
        f"Trained on {device_text(receipt)}; kept is the checkpoint of step {course.best_step}, "
        f"whose {escape_markdown(course.metric.replace('_', ' '))} on the validation part "
        f"({format_figure(course.best_value)}) no other exceeds by more than chance."
    )
    if course.frozen_layers:
        kept += (
            f" The embeddings and the lowest {course.frozen_layers} layers of the encoder kept "
            "their pretrained weights."
        )
    parts = [
        kept,
        *([] if study is None else [_search(study)]),
        markdown_table(("setting", "value"), rows),
    ]
    return "\n\n".join(parts)


def _search(study: Study) -> str:
    """How many trials the settings were chosen among, and what that gained where they were."""
    counts = (
        f"{study.count(COMPLETE)} trained to their end, {study.count(PRUNED)} stopped early, "
        f"{study.count(FAILED)} failed"
    )
    named = ", ".join(
        f"{escape_markdown(name)}: {n}" for name, n in (study.baselines or {}).items()
    )
    comparison = f" On validation, where they were compared: {study.validation}."
    gained = comparison * bool(study.validation)
    tuned = f" Settings tried of the free baselines to beat: {named}." * bool(named)
    by = f"{len(study.trials)} trials by {study.metric_name} on the validation part ({counts})"
    chosen = f"The settings are the best of {by}"
    if study.chosen != study.best:
        chosen = (
            f"The settings are the recipe's own: of {by}, the best is ahead of them by no more "
            "than chance may (one standard error)"
        )
    return f"{chosen}; all of them are in `results/study/{TRIALS_FILE}`.{gained}{tuned}"


def file_flags(config: Mapping[str, Any]) -> str:
    """The flags that name the files, which lie elsewhere on another machine."""
    names = [name for name in _FILES if config.get(name)]
    # names of files are not put into a command that a reader copies
    return "".join(f" --{name} {name.removesuffix('_file').upper()}" for name in names)


def limits(receipt: Receipt, asked: PublishConfig, bundle: Bundle) -> str:
    """What the numbers do not show, as far as the run folder tells."""
    test, counts = receipt.data.splits.test, receipt.data.splits.train.label_counts
    few = {label: count for label, count in test.label_counts.items() if count < _FEW_EXAMPLES}
    rare, common = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
    lines = [
        f"All figures rest on {test.rows:,} examples of one source; texts from elsewhere, of "
        "another time or another length may give worse results.",
        *(
            [
                f"The labels are unevenly filled: {escape_markdown(common)} has "
                f"{counts[common]:,} training examples, {escape_markdown(rare)} has "
                f"{counts[rare]:,}."
            ]
            if counts[common] > counts[rare]
            else []
        ),
        *(
            f"{escape_markdown(label)} has only {count:,} test examples; its figures are rough."
            for label, count in few.items()
        ),
        *(f"{escape_markdown(note)}." for note in receipt.data.notes),
        "How errors fall on groups of people was not measured. The model repeats what those who "
        "labelled the texts believed; do not let it decide about people on its own.",
        f"Language of the texts: {escape_markdown(asked.language)}. Others were not tested.",
        f"Training cut texts at {bundle.max_tokens} tokens. The Space, its API and "
        "`python -m inference.batch` read a longer one in windows; transformers with "
        "`truncation=True` reads its beginning alone.",
    ]
    return "\n".join(f"- {line}" for line in lines)


def versions(receipt: Receipt) -> str:
    """The packages that the weights and the figures came from."""
    return ", ".join(
        f"{escape_markdown(name)} {escape_markdown(v)}" for name, v in receipt.versions.items()
    )


def device_text(receipt: Receipt) -> str:
    """What the run trained on."""
    device = receipt.device
    several = f", {device.processes} processes" if device.processes > 1 else ""
    return f"{escape_markdown(device.type)}, {escape_markdown(device.precision)}{several}"


def format_figure(value: float | None) -> str:
    """A number of a table; a dash is undefined."""
    return "–" if value is None else f"{value:.3f}"
