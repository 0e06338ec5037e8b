"""Ours against a peer in one run: A B A B, medians with minimum and maximum, one JSON line.

Owns the order of the measurements and how they are printed; what is measured stands in the other
files of this folder. Nothing here judges: the target is printed beside the ratio.
"""

import json
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

Measure = Callable[[], float]


@dataclass(frozen=True)
class Ratio:
    """A comparison with one peer; `ratio` is ours / peer."""

    benchmark: str
    work: str
    ours: float
    peer: float
    ratio: float
    target: str
    unit: str


def interleave(measures: Mapping[str, Measure], rounds: int) -> dict[str, list[float]]:
    """Call all measures in turn, `rounds` times, so that a drift of the machine hits all alike."""
    seen: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            seen[name].append(measure())
    return seen


def report(
    benchmark: str,
    work: str,
    seen: Mapping[str, list[float]],
    *,
    ours: str,
    targets: Mapping[str, str],
    unit: str,
) -> list[Ratio]:
    """Print a table of all measures, then one JSON line for each peer named in `targets`."""
    print(f"\n{benchmark}: {work} [{unit}]")
    for name, values in seen.items():
        spread = f"{min(values):10.2f} .. {max(values):.2f}"
        print(f"  {name:45} {statistics.median(values):10.2f}   {spread}")
    mine = statistics.median(seen[ours])
    ratios = []
    for name, target in targets.items():
        peer = statistics.median(seen[name])
        ratios.append(Ratio(benchmark, f"{work} / {name}", mine, peer, mine / peer, target, unit))
    for ratio in ratios:
        print(json.dumps(asdict(ratio)))
    return ratios
