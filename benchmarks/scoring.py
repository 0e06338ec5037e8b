"""Scoring rate: our engine beside transformers' pipeline, same weights, same texts, same machine.

Many texts at once, one text by itself, and how large what is served is beside the weights.

    python -m benchmarks.scoring [--data ../shared/data] [--model RUN_FOLDER] [--json]
"""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from transformers import pipeline

from benchmarks import contest, material
from benchmarks.contest import Sheet
from inference.core.errors import run_command
from inference.core.settings import load_settings
from inference.models.classifier import ONNX_FILES, ONNX_FP32, ONNX_INT8, load_classifier

INT8 = "inference.models.classifier, ONNX int8"
FP32 = "inference.models.classifier, ONNX float32"
PEER = "pipeline, batch 32, float32"
SINGLES = 100
Score = Callable[[Sequence[str]], object]


def _rate(score: Score, texts: Sequence[str]) -> float:
    started = time.perf_counter()
    score(texts)
    return len(texts) / (time.perf_counter() - started)


def _p50_ms(score: Score, texts: Sequence[str]) -> float:
    times = []
    for text in texts[:SINGLES]:
        started = time.perf_counter()
        score([text])
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def scorers(folder: Path, threads: int) -> dict[str, Score]:
    """Our engines and the pipeline, each with the weights of one folder."""
    peer = pipeline("text-classification", str(folder), top_k=None, device="cpu")
    return {
        INT8: load_classifier(folder, engine=ONNX_INT8, threads=threads).score,
        FP32: load_classifier(folder, engine=ONNX_FP32, threads=threads).score,
        PEER: lambda texts: peer(list(texts), batch_size=32, truncation=True),
    }


def main() -> None:
    """Print rates, single-text times and the ratios."""
    made = material.parser(__doc__)
    made.add_argument("--model", type=Path, help="folder with weights and ONNX; the demo's run")
    made.add_argument("--texts", type=int, default=2000)
    flags = made.parse_args()
    folder = flags.model or material.Demo(flags.demo).run
    threads = load_settings().threads
    torch.set_num_threads(threads)
    name, data = material.labelled(flags.data)
    texts = [example.fields["text"] for example in data.examples[: flags.texts]]
    sheet = Sheet("scoring", is_json_only=flags.json)

    score_by_name = scorers(folder, threads)
    for score in score_by_name.values():
        score(texts[:64])  # warm
    rates = {name: (lambda s=score: _rate(s, texts)) for name, score in score_by_name.items()}
    seen = contest.interleave(rates, flags.rounds)
    work = f"{len(texts)} texts of {name}, {threads} threads"
    sheet.compare(work, seen, ours=INT8, targets={PEER: ">= 8"}, unit="texts/s")

    singles = {name: (lambda s=score: _p50_ms(s, texts)) for name, score in score_by_name.items()}
    seen = contest.interleave(singles, flags.rounds)
    sheet.compare("one text, p50", seen, ours=INT8, targets={PEER: "<= 0.2"}, unit="ms")

    megabytes = [
        (folder / file).stat().st_size / 1e6
        for file in (ONNX_FILES[ONNX_INT8], "model.safetensors")
    ]
    sizes = {INT8: [megabytes[0]], "model.safetensors": [megabytes[1]]}
    targets = {"model.safetensors": "<= 0.333"}
    sheet.compare("weights that are served", sizes, ours=INT8, targets=targets, unit="MB")
    sheet.close()


if __name__ == "__main__":
    run_command(main)
