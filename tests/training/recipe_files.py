"""Files of 60 rows, each in the format of a recipe's seed; their texts have nothing in common."""

import csv
import json
from pathlib import Path

from inference.data.problem_types import MULTI, SINGLE

TOXIC = ("toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate")


def words(row: int) -> str:
    """A text of its own for each row: its number in words."""
    return " ".join(f"{word}{row * 7919 % 1000}" for word in ("alpha", "beta", "gamma", "delta"))


def _write_toxicity(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "comment_text", *TOXIC])
        for row in range(60):
            flags = [int(row % (2 + place) == 0) for place in range(len(TOXIC))]
            writer.writerow([f"{row:016x}", f'"quoted"\n\n{words(row)}', *flags])


def write_click(path: Path) -> None:
    lines = []
    for row in range(60):
        queries = {f"重庆{words(row)}{n}": f"{0.3 / (n + 1):.3f}" for n in range(10)}
        cells = (f"重庆{row}", json.dumps(queries, ensure_ascii=False), words(row), "百科")
        lines.append("\t".join((*cells, str(row % 3 // 2))) + "\n")
    path.write_text("".join(lines), encoding="utf-8")


def _write_creatives(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["title", "description", "adomain", "bundle", "cat"])
        for row in range(60):
            description = f"Play, win;\nshare.\n{words(row)}"
            writer.writerow(
                [f"Game {row}", description, "shop.example", f"com.game{row}", f"IAB{row % 4}"]
            )


def _write_apps(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "description", "price", "user_rating", "label"])
        for row in range(60):
            genre = ("Games", "Book", "Business")[row % 3]
            writer.writerow([row, f"App {row}", f"• {words(row)}, “new”", 0.0, 4.5, genre])


def _write_feedback(path: Path) -> None:
    rows = (
        {
            "title": "" if row % 5 else f"Title {row}",
            "review": words(row),
            "rating": 1 + row % 5,
            "recommended": int(row % 4 > 0),
            "department": ("Tops", "Dresses", "Bottoms")[row % 3],
        }
        for row in range(60)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


APPS = "--text_fields title description --label_field label"


SEEDS = {
    "toxicity": ("toxicity", "train.csv", "", _write_toxicity, MULTI, TOXIC),
    "click": ("click", "train.txt", "", write_click, SINGLE, ("clicked", "not clicked")),
    "creatives": (
        "creatives",
        "creatives.csv",
        "",
        _write_creatives,
        SINGLE,
        ("IAB0", "IAB1", "IAB2", "IAB3"),
    ),
    "apps": ("creatives", "train.csv", APPS, _write_apps, SINGLE, ("Book", "Business", "Games")),
    "recommended": (
        "feedback",
        "train.jsonl",
        "",
        _write_feedback,
        SINGLE,
        ("not recommended", "recommended"),
    ),
    "department": (
        "feedback",
        "train.jsonl",
        "--label_field department",
        _write_feedback,
        SINGLE,
        ("Bottoms", "Dresses", "Tops"),
    ),
}
