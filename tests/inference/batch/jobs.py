"""Work for a batch: random sentences, a file of them, the job to score it."""

import csv
import random
from pathlib import Path

from inference.batch import outputs
from inference.batch.job import BatchJob
from inference.batch.outputs import Layout
from inference.batch.scoring import RowReader
from inference.data.scan import scan_file
from tests.tiny import WORDS


def sentences(count, seed=0):
    chance = random.Random(seed)
    return [" ".join(chance.choices(WORDS, k=chance.randint(2, 12))) for _ in range(count)]


def table(folder, texts) -> Path:
    path = folder / "in.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("id", "text"), *enumerate(texts)])
    return path


def job_of(source, target, model, **changes):
    layout = Layout(
        scan_file(source, ("text",)), outputs.format_of(target), model.bundle.labels, False
    )
    reader = RowReader(model.bundle, ("text",))
    return BatchJob(layout, target, model, reader, "tiny", "1", **{"rows_at_once": 8} | changes)
