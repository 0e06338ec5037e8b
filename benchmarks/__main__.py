"""All benchmarks, one after the other, and what they found as a section of LOG.md.

Each runs as the command that a person would type, so that none finds the memory or the threads of
another. One that fails is noted as failed, and the others still run.

    make bench                        # makes the demo first, whose model and Space are measured
    python -m benchmarks [--data ../shared/data] [--only scoring api] [--log FILE]
"""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks import material
from benchmarks.contest import Ratio
from inference.core.atomic_write import write_whole
from inference.core.errors import run_command

LOG = Path(__file__).parent / "LOG.md"
# What `make bench` runs; the million rows of the tiny model, as the demo's would take hours.
ALL = {"training": (), "scoring": (), "start": (), "api": (), "chat": (), "scale": ("--tiny",)}
# Whose version decides how fast something is.
_PACKAGES = "torch transformers accelerate onnxruntime tokenizers streamlit uvicorn".split()
_HEAD = (
    "| benchmark | work / peer | ours | peer | unit | ratio | target |",
    "|---|---|---|---|---|---|---|",
)


def machine() -> str:
    """The processor, its cores and memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gib = psutil.virtual_memory().total / 2**30
    return f"{_processor()}, {cores} cores, {gib:.0f} GiB"


def versions() -> str:
    """Of Python and the packages that decide."""
    return ", ".join(
        [f"Python {platform.python_version()}", *(f"{n} {version(n)}" for n in _PACKAGES)]
    )


def section(day: str, where: str, ratios: Sequence[Ratio], failed: Sequence[str]) -> str:
    """The part of LOG.md that tells what was found."""
    rows = [
        f"| {r.benchmark} | {r.work} | {_short(r.ours)} | {_short(r.peer)} | {r.unit} | "
        f"{_short(r.ratio)} | {r.target} |"
        for r in ratios
    ]
    notes = [f"\nFailed, see the console: {', '.join(failed)}." if failed else ""]
    return "\n".join(
        [f"## {day} Beside the peers, `make bench`", "", f"{where}.", "", *_HEAD, *rows, *notes]
    )


def run(benchmark: str, flags: Sequence[str]) -> Iterator[Ratio]:
    """Run one, showing all that it prints; yield its comparisons.

    Raises:
        CalledProcessError: it did not end well.
    """
    command = [sys.executable, "-u", "-m", f"benchmarks.{benchmark}", *ALL[benchmark], *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            if line.startswith('{"benchmark"'):
                yield Ratio(**json.loads(line))
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def main() -> None:
    """Run those that are asked for and append what they found to the log."""
    made = material.parser(__doc__)
    made.add_argument("--only", nargs="+", choices=ALL, default=list(ALL))
    made.add_argument("--log", type=Path, default=LOG, help="file that gets a section more")
    flags = made.parse_args()
    arguments = ["--rounds", str(flags.rounds), "--demo", str(flags.demo)]
    arguments += ["--data", str(flags.data)] if flags.data else []
    arguments += ["--json"] if flags.json else []
    load_before = psutil.getloadavg()[0]
    ratios: list[Ratio] = []
    failed: list[str] = []
    for benchmark in flags.only:
        try:
            ratios.extend(run(benchmark, arguments))
        except subprocess.CalledProcessError as error:
            failed.append(f"{benchmark} (exit code {error.returncode})")
    # how far the figures can be trusted: before it began, all load was that of others
    busy = (
        f"load {load_before:.1f} when it began, {psutil.getloadavg()[2]:.1f} on average at its end"
    )
    where = f"{machine()}, {busy}; {versions()}"
    day = datetime.now(UTC).date().isoformat()
    before = flags.log.read_text("utf-8") if flags.log.exists() else ""
    write_whole(flags.log, f"{before}\n{section(day, where, ratios, failed)}\n")
    print(f"\n{flags.log}: a section more, {len(ratios)} comparisons", file=sys.stderr)
    if failed:
        raise SystemExit(f"error: failed: {', '.join(failed)}")


def _short(figure: float | None) -> str:
    if figure is None:
        return "-"
    return f"{figure:,.0f}" if abs(figure) >= 1000 else f"{figure:.3g}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except FileNotFoundError:
        return platform.processor() or platform.machine()
    name = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    widest = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16") if flag in flags]
    return f"{name or platform.machine()} ({', '.join(widest) or 'no AVX2'})"


if __name__ == "__main__":
    run_command(main)
