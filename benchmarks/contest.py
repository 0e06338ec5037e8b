"""Ours against a peer in one run: A B A B, medians with minimum and maximum, one JSON line.

Owns the order of the measurements and how they are printed; what is measured stands in the other
files of this folder. Nothing here judges: the target is printed beside the ratio.

    python -m benchmarks.scoring --rounds 3
"""

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

Measure = Callable[[], float]


@dataclass(frozen=True)
class Ratio:
    """A comparison with one peer; `ratio` is ours / peer, None where there is no peer.

    target: of the ratio, unless it names what it is of.
    """

    benchmark: str
    work: str
    ours: float
    peer: float | None
    ratio: float | None
    target: str
    unit: str


class Sheet:
    """What one benchmark found: a table for people, then a JSON line for each comparison."""

    def __init__(self, benchmark: str, *, is_json_only: bool) -> None:
        self._benchmark = benchmark
        self._is_json_only = is_json_only
        self._ratios: list[Ratio] = []

    def say(self, line: str) -> None:
        """Print a line of the table."""
        if not self._is_json_only:
            print(line, flush=True)

    def table(self, work: str, seen: Mapping[str, Sequence[float]], unit: str) -> None:
        """Print the median of each measure, then its minimum and maximum."""
        self.say(f"\n{self._benchmark}: {work} [{unit}]")
        for name, values in seen.items():
            spread = f"{min(values):10.2f} .. {max(values):.2f}"
            self.say(f"  {name:45} {statistics.median(values):10.2f}   {spread}")

    def compare(
        self,
        work: str,
        seen: Mapping[str, Sequence[float]],
        *,
        ours: str,
        targets: Mapping[str, str],
        unit: str,
    ) -> None:
        """Note the medians of ours against each peer named in `targets`, with the table."""
        self.table(work, seen, unit)
        mine = statistics.median(seen[ours])
        for name, target in targets.items():
            self.note(f"{work} / {name}", mine, target, unit, statistics.median(seen[name]))

    def note(
        self, work: str, ours: float, target: str, unit: str, peer: float | None = None
    ) -> None:
        """Note one comparison, or a figure that has no peer."""
        ratio = ours / peer if peer else None
        self._ratios.append(Ratio(self._benchmark, work, ours, peer, ratio, target, unit))

    def close(self) -> None:
        """Print the JSON lines."""
        self.say("")
        for ratio in self._ratios:
            print(json.dumps(asdict(ratio)), flush=True)


def interleave(measures: Mapping[str, Measure], rounds: int) -> dict[str, list[float]]:
    """Call all measures in turn, `rounds` times, so that a drift of the machine hits all alike."""
    seen: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            seen[name].append(measure())
    return seen
