"""What every peer script is asked and answers: rows in, predicted labels out.

Owns their flags and the form of their files. It imports nothing but the standard library, as each
peer runs in an environment of its own.

    FILE.csv            columns text and label
    PREDICTIONS.jsonl   {"label": ...} for each test row in its order; null where none was decided
"""

import argparse
import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PeerTask:
    """Rows to learn from and rows to predict; model: the folder of the pretrained encoder."""

    train_texts: list[str]
    train_labels: list[str]
    test_texts: list[str]
    model: str
    seed: int
    predictions: Path

    @property
    def names(self) -> list[str]:
        """The labels that occur in training, sorted."""
        return sorted(set(self.train_labels))

    def answer(self, labels: Sequence[str | None]) -> None:
        """Write the predicted labels, one for each test row."""
        assert len(labels) == len(self.test_texts), f"{len(labels)} of {len(self.test_texts)} rows"
        lines = (json.dumps({"label": label}, ensure_ascii=False) for label in labels)
        self.predictions.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def ask(description: str | None) -> PeerTask:
    """Read the command line of a peer and the files that it names; description: its docstring."""
    parser = argparse.ArgumentParser(description=(description or "").split("\n\n")[0])
    parser.add_argument("--train", type=Path, required=True, help="CSV of text and label")
    parser.add_argument("--test", type=Path, required=True, help="CSV of text and label")
    parser.add_argument("--model", required=True, help="folder of the pretrained encoder")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--predictions", type=Path, required=True, help="JSON lines to write")
    flags = parser.parse_args()
    train, test = read(flags.train), read(flags.test)
    return PeerTask(
        train_texts=[text for text, _ in train],
        train_labels=[label for _, label in train],
        test_texts=[text for text, _ in test],
        model=flags.model,
        seed=flags.seed,
        predictions=flags.predictions,
    )


def read(path: Path, label: str = "label") -> list[tuple[str, str]]:
    """The text and the label of every row."""
    with path.open(newline="", encoding="utf-8") as file:
        return [(row["text"], row[label]) for row in csv.DictReader(file)]


def write(rows: Sequence[tuple[str, str]], path: Path) -> None:
    """Write texts and labels as a peer, or the command, reads them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("text", "label"), *rows])


def read_predictions(path: Path) -> list[str | None]:
    """What a peer answered."""
    return [json.loads(line)["label"] for line in path.read_text("utf-8").splitlines()]
