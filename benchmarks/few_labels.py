"""Learning curves: how good the public command is with few labelled rows, beside its peers.

Every system learns from the very same rows, the first of each label in a permutation by the seed,
so that 8 rows a label are among the 16; all are judged on the same test rows. The answers of each
system are kept below --out, and what is there is not done again. Prints tables for each set, ours
less the best other system with its paired 95 % interval, then one JSON line, and draws the curves.
Peers whose packages cannot be installed are named.

    python -m benchmarks.few_labels --data ../shared/data --out few-labels --rows 8 64
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.few_label_systems import (
    OF_OURS,
    OURS,
    PEERS,
    LearningTask,
    PredictedLabels,
    python_of,
    solve,
)
from benchmarks.learning_curves import LearningCell, compare_with_best, draw, table
from benchmarks.peers import environments, rows
from hub.errors import UserError
from inference.core.atomic_write import write_whole
from inference.core.errors import run_command
from space_config import packages
from training.report.canvas import png_bytes

# Folders of --data, and flags of the command: the official parts of the second share a few texts.
SETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "emotion": ("tweet_eval_emotion", ()),
    "offensive": ("tweet_eval_offensive", ("--allow_leaks",)),
}
LABEL = "label_name"
ALL = "all"
ROWS = ("8", "16", "32", "64", "128", "512", ALL)
SYSTEMS = (OURS, *PEERS, *OF_OURS)  # in the order of the tables
FIGURES = ("mcc", "macro_f1")
PLOT = "few_labels.png"


def draw_rows(
    labelled: Sequence[tuple[str, str]], most: int | None, seed: int
) -> list[tuple[str, str]]:
    """The first `most` rows of each label in a permutation by the seed; None: all rows.

    A label that has fewer gives all that it has.
    """
    taken: Counter[str] = Counter()
    chosen = []
    for text, label in random.Random(seed).sample(labelled, len(labelled)):
        if most is None or taken[label] < most:
            taken[label] += 1
            chosen.append((text, label))
    return chosen


class LabelledSet:
    """One set, and the samples that are drawn from it, as files below the folder `out`."""

    def __init__(self, name: str, data: Path, out: Path, model: Path) -> None:
        """Read both parts.

        Raises:
            UserError: `out` holds answers for other rows.
        """
        folder, self._flags = SETS[name]
        self.name = name
        self._train = rows.read(data / folder / "train.csv", LABEL)
        test = rows.read(data / folder / "test.csv", LABEL)
        self._labels = sorted({label for _, label in (*self._train, *test)})
        self._truth = np.array([self._labels.index(label) for _, label in test])
        self._out, self._model = out / name, model
        write_once(test, self._out / "test.csv")

    def task(self, most: str, seed: int) -> LearningTask:
        """What every system is given: `most` rows a label of a permutation by the seed.

        Raises:
            UserError: the folder holds answers for other rows.
        """
        folder = self._out / f"{most}-{seed}"
        chosen = draw_rows(self._train, None if most == ALL else int(most), seed)
        write_once(chosen, folder / "train.csv")
        return LearningTask(
            folder=folder,
            train=folder / "train.csv",
            test=self._out / "test.csv",
            model=self._model,
            seed=seed,
            flags=self._flags,
        )

    def measure(self, most: str, seed: int) -> Iterator[LearningCell]:
        """The figures of every system that has answered."""
        task = self.task(most, seed)
        trained = len(rows.read(task.train))
        for system in SYSTEMS:
            if not task.stored(system).is_file():
                continue
            answers = PredictedLabels.load(task.stored(system))
            sample = answers.sample(self._truth, self._labels)
            yield LearningCell(self.name, most, seed, system, trained, answers.seconds, sample)


def write_once(labelled: Sequence[tuple[str, str]], path: Path) -> None:
    """Write the rows, unless they are there.

    Raises:
        UserError: other rows are.
    """
    if not path.exists():
        rows.write(labelled, path)
    elif rows.read(path) != list(labelled):
        raise UserError(f"{path} holds other rows than these; name another folder as --out")


def environments_of(
    systems: Sequence[str], cache: Path = environments.CACHE
) -> tuple[dict[str, str], dict[str, str]]:
    """The Python that runs each system, and the systems that cannot be installed, with reasons."""
    pythons: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for system in systems:
        try:
            pythons[system] = python_of(system, cache)
        except UserError as error:
            left_out[system] = str(error)
    return pythons, left_out


def run_all(
    sets: Sequence[LabelledSet], flags: argparse.Namespace, pythons: Mapping[str, str]
) -> dict[str, str]:
    """Run what is not there yet; returns what failed, and why."""
    failed: dict[str, str] = {}
    for labelled in sets:
        for most in flags.rows:
            for seed in flags.seeds:
                task = labelled.task(most, seed)
                for system, python in pythons.items():
                    name = f"{labelled.name}, {most} rows a label, seed {seed}: {system}"
                    print(name, file=sys.stderr, flush=True)
                    try:
                        solve(task, system, python)
                    except UserError as error:
                        failed[name] = str(error)
    return failed


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The flags."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.few_labels", description=(__doc__ or "").split("\n\n")[0]
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of the data sets")
    add("--out", type=Path, required=True, help="folder that keeps all answers, and gets the plot")
    add("--sets", nargs="+", choices=SETS, default=list(SETS))
    add("--rows", nargs="+", type=_rows, default=list(ROWS), help="a label; all is the whole file")
    add("--seeds", nargs="+", type=int, default=[1, 2, 3])
    add("--systems", nargs="*", choices=(OURS, *PEERS), default=[OURS, *PEERS], help="to be run")
    add("--model", type=Path, help="folder of the pretrained encoder; the packaged MiniLM")
    add("--json", action="store_true", help="print the JSON line alone")
    return parser.parse_args(argv)


def _rows(text: str) -> str:
    if text != ALL and not (text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text} is neither a number from 1 nor {ALL}")
    return text


def main(argv: Sequence[str] | None = None) -> None:
    """Run what is missing, then print and draw all that is there."""
    flags = parse(argv)
    model = flags.model or packages.fetch(packages.BASE_MODEL)
    sets = [LabelledSet(name, flags.data, flags.out, model) for name in flags.sets]
    pythons, left_out = environments_of(flags.systems)
    failed = run_all(sets, flags, pythons)
    cells = {
        labelled.name: [
            cell
            for most in flags.rows
            for seed in flags.seeds
            for cell in labelled.measure(most, seed)
        ]
        for labelled in sets
    }
    differences = [
        found
        for of_set in cells.values()
        for most in flags.rows
        if (found := compare_with_best(of_set, most, OURS))
    ]
    # the majority's MCC is 0 everywhere
    shown = [system for system in SYSTEMS if system != "majority"]
    write_whole(flags.out / PLOT, png_bytes(draw(cells, shown)))
    if not flags.json:
        for name, of_set in cells.items():
            tables = [table(of_set, SYSTEMS, figure) for figure in FIGURES]
            tables.append(table(of_set, (OURS, *PEERS), "seconds"))
            print(f"\n{name}", *tables, sep="\n\n")
        print("", *differences, sep="\n")
        for name, reason in left_out.items():
            print(f"{name} is left out: {reason}")
    told = {
        "benchmark": "few_labels",
        "cells": [cell.as_dict() for of_set in cells.values() for cell in of_set],
        "differences": [asdict(difference) for difference in differences],
        "left_out": left_out,
    }
    print(json.dumps(told))
    if failed:
        raise UserError("; ".join(f"{name}: {reason}" for name, reason in failed.items()))


if __name__ == "__main__":
    run_command(main)
