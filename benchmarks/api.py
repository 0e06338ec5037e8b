"""POST /api/classify with one text by 16 clients, beside the engine called in a loop; then a steady
load at 70 % of what was reached, and twice as much as can be answered.

    python -m benchmarks.api [--steady 60] [--json]
"""

import argparse
import json
import statistics
import time

from benchmarks import contest, load, material, served
from benchmarks.contest import Sheet
from benchmarks.material import PROJECT, Demo
from inference.catalogue import opening
from inference.catalogue.catalogue import FINE_TUNED, load_catalogue
from inference.catalogue.opening import OpenModel
from inference.core.errors import run_command
from inference.core.settings import load_settings

ENGINE = "the engine, one text after the other"
OURS = "POST /api/classify, one text, 16 clients"
TEXT = "The crew was lovely, but two hours late and nobody says why."
CLIENTS = 16
NOBODY_IS_LIMITED = "1000000000"  # all clients have one address


def engine_rate(model: OpenModel, seconds: float) -> float:
    """Texts a second, each by itself."""
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        model.scorer.score([TEXT])
        count += 1
    return count / (time.perf_counter() - started)


def p_ms(seconds: list[float], percent: int) -> float:
    """A percentile of times, in milliseconds."""
    return 1000 * statistics.quantiles(seconds, n=100)[percent - 1]


def measure(
    url: str, body: bytes, model: OpenModel, flags: argparse.Namespace, sheet: Sheet
) -> None:
    """Note all figures of a Space that runs at url."""
    rates = {
        OURS: lambda: load.saturate(url, body, clients=CLIENTS, seconds=flags.seconds).rate,
        ENGINE: lambda: engine_rate(model, flags.seconds),
    }
    seen = contest.interleave(rates, flags.rounds)
    sheet.compare("rate", seen, ours=OURS, targets={ENGINE: ">= 0.6"}, unit="texts/s")
    capacity = statistics.median(seen[OURS])

    steady = load.offer(url, body, rate=0.7 * capacity, seconds=flags.steady)
    failed = sum(steady.statuses.values()) - steady.statuses[200]
    sheet.say(f"\nsteady, {0.7 * capacity:.0f}/s for {flags.steady:.0f} s: {dict(steady.statuses)}")
    sheet.say(f"  p50 {p_ms(steady.seconds, 50):.1f} ms, p99 {p_ms(steady.seconds, 99):.1f} ms")
    sheet.note(f"failed at 70 % of capacity in {flags.steady:.0f} s", failed, "0", "requests")

    over = load.offer(url, body, rate=2 * capacity, seconds=flags.over)
    recovery_s = load.seconds_to_recover(url, body)
    others = sum(over.statuses.values()) - over.statuses[200] - over.statuses[429]
    sheet.say(f"\ntwice the capacity for {flags.over:.0f} s: {dict(over.statuses)}")
    sheet.say(f"  p50 {p_ms(over.seconds, 50):.1f} ms, p99 {p_ms(over.seconds, 99):.1f} ms")
    sheet.note("neither 200 nor 429 at twice the capacity", others, "0", "requests")
    sheet.note("recovery after twice the capacity", recovery_s, "<= 5", "s")


def main() -> None:
    """Start a Space, measure it, and end it."""
    made = material.parser(__doc__)
    made.add_argument("--seconds", type=float, default=10, help="of one measurement of a rate")
    made.add_argument("--steady", type=float, default=60, help="seconds at 70 %% of capacity")
    made.add_argument("--over", type=float, default=20, help="seconds at twice the capacity")
    flags = made.parse_args()
    demo = Demo(flags.demo)
    settings = load_settings(demo.environment())
    catalogue = load_catalogue(settings.catalogue)
    entry = next(entry for entry in catalogue.models if entry.role == FINE_TUNED)
    model = opening.open_model(entry, catalogue, settings.connect(), threads=settings.threads)
    body = json.dumps({"texts": [TEXT], "models": [entry.repo_id]}).encode()
    sheet = Sheet("api", is_json_only=flags.json)
    environment = demo.environment(SPACE_MAX_REQUESTS_PER_MINUTE=NOBODY_IS_LIMITED)
    with served.page(PROJECT / "server.py", environment) as space:
        url = f"{space.url}/api/classify"
        load.saturate(url, body, clients=1, seconds=2)  # warm
        measure(url, body, model, flags, sheet)
    sheet.close()


if __name__ == "__main__":
    run_command(main)
