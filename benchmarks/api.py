"""POST /api/classify with one text by 16 clients, beside the engine called in a loop; then a steady
load at 70 % of what was reached, and twice as much as can be answered.

    python -m benchmarks.api READY_CATALOGUE        # of a finished `make demo`; HF_HOME as there
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from benchmarks import contest, load
from benchmarks.contest import Ratio
from inference import catalogue as catalogues
from inference import settings
from inference.catalogue import FINE_TUNED
from inference.on_show import opening
from inference.on_show.opening import OpenModel
from space_config.servers import HOST, Servers, free_port

ENGINE = "the engine, one text after the other"
OURS = "POST /api/classify, one text, 16 clients"
TEXT = "The crew was lovely, but two hours late and nobody says why."
CLIENTS = 16
NOBODY_IS_LIMITED = "1000000000"  # all clients have one address


def engine_rate(model: OpenModel, seconds: float) -> float:
    """Texts a second, each by itself."""
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        model.score([TEXT])
        count += 1
    return count / (time.perf_counter() - started)


def p_ms(seconds: list[float], percent: int) -> float:
    """A percentile of times, in milliseconds."""
    return 1000 * statistics.quantiles(seconds, n=100)[percent - 1]


def say(work: str, ours: float, target: str, unit: str, peer: float = 0.0) -> None:
    """One JSON line of a result that has no peer, or whose peer is what was offered."""
    ratio = ours / peer if peer else ours
    print(json.dumps(asdict(Ratio("api", work, ours, peer, ratio, target, unit))))


def measure(url: str, body: bytes, model: OpenModel, flags: argparse.Namespace) -> None:
    """Print all figures of a Space that runs at url."""
    rates = {
        OURS: lambda: load.saturate(url, body, clients=CLIENTS, seconds=flags.seconds).rate,
        ENGINE: lambda: engine_rate(model, flags.seconds),
    }
    seen = contest.interleave(rates, flags.rounds)
    contest.report("api", "rate", seen, ours=OURS, targets={ENGINE: ">= 0.6"}, unit="texts/s")
    capacity = statistics.median(seen[OURS])

    steady = load.offer(url, body, rate=0.7 * capacity, seconds=flags.steady)
    failed = sum(steady.statuses.values()) - steady.statuses[200]
    print(f"\nsteady, {0.7 * capacity:.0f}/s for {flags.steady:.0f} s: {dict(steady.statuses)}")
    print(f"  p50 {p_ms(steady.seconds, 50):.1f} ms, p99 {p_ms(steady.seconds, 99):.1f} ms")
    say("failed at 70 % of capacity", failed, "0", "requests", sum(steady.statuses.values()))

    over = load.offer(url, body, rate=2 * capacity, seconds=flags.over)
    recovery_s = load.seconds_to_recover(url, body)
    others = sum(over.statuses.values()) - over.statuses[200] - over.statuses[429]
    print(f"\ntwice the capacity for {flags.over:.0f} s: {dict(over.statuses)}")
    print(f"  p50 {p_ms(over.seconds, 50):.1f} ms, p99 {p_ms(over.seconds, 99):.1f} ms")
    say("neither 200 nor 429 at twice the capacity", others, "0", "requests")
    say("recovery after twice the capacity", recovery_s, "<= 5", "s")


def main() -> None:
    """Start a Space, measure it, and end it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of one measurement of a rate")
    parser.add_argument("--steady", type=float, default=60, help="seconds at 70 %% of capacity")
    parser.add_argument("--over", type=float, default=20, help="seconds at twice the capacity")
    flags = parser.parse_args()
    here = settings.load()
    catalogue = catalogues.load(flags.catalogue)
    entry = next(entry for entry in catalogue.models if entry.role == FINE_TUNED)
    model = opening.open_model(entry, catalogue, here.connect(), threads=here.threads)
    body = json.dumps({"texts": [TEXT], "models": [entry.repo_id]}).encode()
    port = free_port()
    address = f"http://{HOST}:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "server.py", "--server.port", str(port)]
    environment = settings.child_environment(
        SPACE_CATALOGUE=str(flags.catalogue.resolve()),
        SPACE_MAX_REQUESTS_PER_MINUTE=NOBODY_IS_LIMITED,
        STREAMLIT_SERVER_ADDRESS=HOST,
        STREAMLIT_SERVER_HEADLESS="true",
    )
    with tempfile.TemporaryDirectory() as folder, Servers(Path(folder)) as servers:
        root = Path(__file__).parent.parent
        servers.start("space", command, f"{address}/api/health", environment, folder=root)
        url = f"{address}/api/classify"
        load.saturate(url, body, clients=1, seconds=2)  # warm
        measure(url, body, model, flags)


if __name__ == "__main__":
    main()
