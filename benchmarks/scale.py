"""A file of 1,000,000 rows beside one of 10,000: memory, rate, and a kill -9 on the way.

The same command, `inference.batch`, on both. The large one is killed once it has begun and started
again; every row must come out once, in order. With the demo's model the million takes hours on two
cores; --tiny takes a random model of a few thousand weights, which shows the same of memory and
order, and the rate of all that is not the model.

    python -m benchmarks.scale --tiny [--rows 1000000] [--small 10000] [--json]
"""

import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path

from benchmarks import material
from benchmarks.contest import Sheet
from benchmarks.material import PROJECT, Demo
from inference.core.errors import run_command
from space_config import packages

KILL_AFTER_PARTS = 3


@dataclass(frozen=True)
class CommandResult:
    """One command that ended; peak_mib: the most memory that was resident in it.

    cpu_seconds: of all its threads, which others at work on the machine change little.
    """

    seconds: float
    cpu_seconds: float
    peak_mib: float


def write_table(path: Path, texts: Sequence[str], rows: int) -> Path:
    """A CSV of so many rows, the texts over and over, each row with its number."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("number", "text"))
        writer.writerows(enumerate(islice(cycle(texts), rows)))
    return path


def make_tiny(folder: Path, tokenizer_of: Path) -> Path:
    """A random classifier of one narrow layer with a real tokenizer, as ONNX too."""
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    from training.export.export import export_classifier

    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_of)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = BertConfig(vocab_size=len(tokenizer), intermediate_size=64, num_labels=3, **sizes)
    BertForSequenceClassification(config).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    export_classifier(folder, ["a good day", "a bad day"])
    return folder


def score(source: Path, target: Path, model: Path, *, kill_after_parts: int = 0) -> CommandResult:
    """Run the command to its end, or until so many parts of the output are on the disk."""
    command = [sys.executable, "-m", "inference.batch", str(source), str(target)]
    command += ["--model", str(model.resolve())]
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.DEVNULL)
    parts = target.with_name(f"{target.name}.parts")
    while kill_after_parts and len(list(parts.glob("0*.part"))) < kill_after_parts:
        assert process.poll() is None, f"it ended with {process.returncode} before it was killed"
        time.sleep(0.01)
    if kill_after_parts:
        os.kill(process.pid, signal.SIGKILL)
    _, status, usage = os.wait4(process.pid, 0)  # unlike Popen, it tells the memory of this child
    process.returncode = os.waitstatus_to_exitcode(status)
    assert kill_after_parts or process.returncode == 0, f"inference.batch: {process.returncode}"
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return CommandResult(time.perf_counter() - started, cpu_seconds, usage.ru_maxrss / 1024)


def misplaced(target: Path, rows: int) -> int:
    """Rows that are lost, repeated or out of order in a scored file."""
    wrong = expected = 0
    with target.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            wrong += row["number"] != str(expected)
            expected += 1
    return wrong + abs(rows - expected)


def measure(
    texts: Sequence[str], model: Path, rows: tuple[int, int], name: str, sheet: Sheet
) -> None:
    """Note the rate and the memory of the larger number of rows beside the smaller."""
    few, many = rows
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        files = {count: write_table(folder / f"{count}.csv", texts, count) for count in (1, *rows)}
        target = folder / "scored.csv"
        start = score(files[1], target, model)  # what starting takes is no rate
        small = score(files[few], target, model)
        target = folder / "many-scored.csv"
        killed = score(files[many], target, model, kill_after_parts=KILL_AFTER_PARTS)
        large = score(files[many], target, model)
        wrong = misplaced(target, many)
    ours, peer = f"{many:,} rows", f"{few:,} rows"
    # with the kill, and all that is done twice because of it
    many_s = killed.seconds + large.seconds - 2 * start.seconds
    many_cpu_s = killed.cpu_seconds + large.cpu_seconds - 2 * start.cpu_seconds
    few_s, few_cpu_s = small.seconds - start.seconds, small.cpu_seconds - start.cpu_seconds
    work = f"rows of {name}"
    rates = {ours: [many / many_s], peer: [few / few_s]}
    sheet.compare(work, rates, ours=ours, targets={peer: ">= 0.9"}, unit="rows/s")
    rates = {ours: [many / many_cpu_s], peer: [few / few_cpu_s]}
    sheet.compare(work, rates, ours=ours, targets={peer: ">= 0.9"}, unit="rows/CPU s")
    peaks = {ours: [large.peak_mib], peer: [small.peak_mib]}
    sheet.compare(work, peaks, ours=ours, targets={peer: "<= 1.2"}, unit="MiB")
    sheet.note(f"{work}, {ours}: lost, repeated, misplaced after a kill -9", wrong, "0", "rows")


def main() -> None:
    """Print memory, rate and what a kill cost."""
    made = material.parser(__doc__, rounds=1)
    made.add_argument("--rows", type=int, default=1_000_000)
    made.add_argument("--small", type=int, default=10_000, help="rows of the file it is held to")
    made.add_argument("--tiny", action="store_true", help="a random model, in minutes not hours")
    made.add_argument("--model", type=Path, help="a run folder; the demo's unless given")
    flags = made.parse_args()
    name, data = material.labelled(flags.data)
    texts = [example.fields["text"] for example in data.examples]
    sheet = Sheet("scale", is_json_only=flags.json)
    with tempfile.TemporaryDirectory() as folder:
        if flags.tiny:
            # in a process of its own: a child's peak counts what its parent had when it forked
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                base = packages.fetch(packages.BASE_MODEL)
                model = pool.submit(make_tiny, Path(folder), base).result()
        else:
            model = flags.model or Demo(flags.demo).run
        named = f"{name}, {'a tiny random model' if flags.tiny else 'the model'}"
        for _ in range(flags.rounds):
            measure(texts, model, (flags.small, flags.rows), named, sheet)
    sheet.close()


if __name__ == "__main__":
    run_command(main)
