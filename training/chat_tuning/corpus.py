"""Dialogues in three parts: to train on, to choose the checkpoint by, held out to measure on.

Owns what is held back for what, which training dialogues go (copies, noise, all beyond a sample),
and what is to be said of it. Reading a file is messages.py, what is noise is noise.py, which texts
say the same is training/data/duplicates.py.

Try: python -m training.chat --train_file dialogues.jsonl --duplicates near --max_steps 1
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from inference.core.errors import DataError
from inference.data.records import Rejected
from training.chat_tuning import messages, noise
from training.chat_tuning.messages import Dialogue, Dialogues
from training.data.data import ids_hash
from training.data.duplicates import exact_groups, near_duplicates, normalised
from training.settings.data_config import DialogueDataConfig

_LISTED = 100


@dataclass(frozen=True)
class Corpus:
    """Every dialogue that is used, and what became of the others.

    sources: one entry a file. removed: training rows that went, by the reason. noisy: training rows
    that seem noisy, whether they went or not. overlapping: indices into `test` of those that also
    lie among the training dialogues, word for word.
    """

    train: tuple[Dialogue, ...]
    validation: tuple[Dialogue, ...]
    test: tuple[Dialogue, ...]
    sources: tuple[dict[str, object], ...]
    rejected: tuple[Rejected, ...]
    removed: Mapping[str, tuple[int, ...]]
    noisy: Mapping[str, tuple[int, ...]]
    overlapping: tuple[int, ...]

    @property
    def parts(self) -> dict[str, tuple[Dialogue, ...]]:
        """The three parts by their names."""
        return {"train": self.train, "validation": self.validation, "test": self.test}

    def receipt(self) -> dict[str, object]:
        """What run.json says of the data: files, parts, rows that went, hashes; no texts."""
        ids = self.row_ids()
        return {
            "sources": list(self.sources),
            "rejected": len(self.rejected),
            "rejected_rows": [str(row) for row in self.rejected[:_LISTED]],
            "removed": {reason: list(rows) for reason, rows in self.removed.items()},
            "noisy": {reason: list(rows) for reason, rows in self.noisy.items()},
            "held_out_also_in_training": len(self.overlapping),
            "splits": {
                name: {
                    "rows": len(part),
                    "answers": sum(len(dialogue.answers) for dialogue in part),
                    "sha256": content_hash(part),
                    "ids_sha256": ids_hash(ids[name]),
                }
                for name, part in self.parts.items()
            },
        }

    def row_ids(self) -> dict[str, list[str]]:
        """The rows of each part in its order, as `file.jsonl:12`; for results/splits.json."""
        names = {str(source["part"]): source["name"] for source in self.sources}
        return {
            part: [f"{names.get(part, names['train'])}:{dialogue.row}" for dialogue in dialogues]
            for part, dialogues in self.parts.items()
        }


def prepare(config: DialogueDataConfig, *, seed: int) -> Corpus:
    """The dialogues of the settings' files, divided and cleaned as asked.

    Raises:
        DataError: a file cannot be read, or too few dialogues are left.
    """
    paths = {"train": config.train_file, "validation": config.validation_file}
    paths["test"] = config.test_file
    files = {name: messages.read(Path(path)) for name, path in paths.items() if path}
    parts = {name: read.dialogues for name, read in files.items()}
    for name, share in (("test", config.test_size), ("validation", config.validation_size)):
        if name not in parts:
            parts["train"], parts[name] = _hold_back(parts["train"], share, seed)
    train, removed, noisy = _clean(parts["train"], config, seed)
    if not train or not parts["validation"] or not parts["test"]:
        counts = ", ".join(f"{len(part)} in {name}" for name, part in parts.items())
        raise DataError(
            f"{config.train_file} is too small: {counts}, {len(train)} to train on after cleaning. "
            "Every part needs a dialogue; give more, or files for the other parts"
        )
    seen = {normalised(dialogue.text) for dialogue in train}
    return Corpus(
        train=train,
        validation=parts["validation"],
        test=parts["test"],
        sources=tuple(_describe(name, read) for name, read in files.items()),
        rejected=tuple(row for read in files.values() for row in read.rejected),
        removed=removed,
        noisy=noisy,
        overlapping=tuple(
            index
            for index, dialogue in enumerate(parts["test"])
            if normalised(dialogue.text) in seen
        ),
    )


def with_names(read: Corpus, names: Mapping[str, str]) -> Corpus:
    """The corpus as if the files of its parts had these names."""
    sources = [
        {**source, "name": names.get(str(source["part"]), source["name"])}
        for source in read.sources
    ]
    return replace(read, sources=tuple(sources))


def content_hash(dialogues: Iterable[Dialogue]) -> str:
    """sha256 over the messages of the dialogues, in order."""
    digest = hashlib.sha256()
    for dialogue in dialogues:
        line = json.dumps(dialogue.as_dicts(), ensure_ascii=False)
        digest.update(line.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def _hold_back(
    dialogues: Sequence[Dialogue], share: float, seed: int
) -> tuple[tuple[Dialogue, ...], tuple[Dialogue, ...]]:
    """Those that stay, and about `share` of all that do not; nearly equal ones keep together."""
    groups = near_duplicates([dialogue.text for dialogue in dialogues])
    sizes = np.bincount(groups)
    order = np.random.default_rng(seed).permutation(len(sizes))
    wanted = max(1, round(share * len(dialogues)))
    held: set[int] = set()
    count = 0
    for group in order.tolist():
        if count >= wanted:
            break
        if count + sizes[group] <= max(wanted, 1) or not held:
            held.add(group)
            count += int(sizes[group])
    is_held = [group in held for group in groups.tolist()]
    kept = tuple(dialogue for dialogue, out in zip(dialogues, is_held, strict=True) if not out)
    return kept, tuple(dialogue for dialogue, out in zip(dialogues, is_held, strict=True) if out)


def _clean(
    dialogues: Sequence[Dialogue], config: DialogueDataConfig, seed: int
) -> tuple[tuple[Dialogue, ...], dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """The dialogues to train on, the rows that went by the reason, the rows that seem noisy."""
    removed: dict[str, tuple[int, ...]] = {}
    kept = list(dialogues)
    texts = [dialogue.text for dialogue in kept]
    copies = {"exact": exact_groups, "near": near_duplicates}.get(config.duplicates)
    if copies is not None and kept:
        _, first = np.unique(copies(texts), return_index=True)
        stays = set(first.tolist())
        gone = tuple(dialogue.row for index, dialogue in enumerate(kept) if index not in stays)
        kept = [kept[index] for index in sorted(stays)]
        removed[f"{config.duplicates} duplicate"] = gone
    noisy: dict[str, tuple[int, ...]] = {}
    for dialogue in kept:
        for fault in sorted({fault for text in dialogue.answers for fault in noise.faults(text)}):
            noisy[fault] = (*noisy.get(fault, ()), dialogue.row)
    if config.noisy == "remove":
        gone = tuple(sorted({row for rows in noisy.values() for row in rows}))
        kept = [dialogue for dialogue in kept if dialogue.row not in gone]
        removed["noisy"] = gone
    if config.max_train_samples and len(kept) > config.max_train_samples:
        rng = np.random.default_rng(seed)
        chosen = rng.choice(len(kept), config.max_train_samples, replace=False)
        kept = [kept[index] for index in sorted(chosen.tolist())]
    return tuple(kept), removed, noisy


def _describe(part: str, read: Dialogues) -> dict[str, object]:
    return {
        "part": part,
        "name": Path(read.source.path).name,
        "sha256": read.source.sha256,
        "encoding": read.source.encoding,
        "columns": list(read.source.columns),
        "rows_in": read.rows_in,
        "kept": len(read.dialogues),
        "rejected": len(read.rejected),
    }
