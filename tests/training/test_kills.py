"""kill -9 at random moments, then the same command: the weights of a run that was left alone.

    python -m pytest -q -s tests/training/test_kills.py --kills 20

Each run is a real process (two: with the environment that torchrun gives), forked from one that has
the imports done, so that it starts at once and most kills fall into work.
"""

import json
import multiprocessing
import os
import random
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.training.forking import no_main
from tests.training.toy import WHERE, toy_config, write_toy_csv
from training.settings.config import TrainConfig

pytestmark = pytest.mark.slow

LIMIT_S = 120.0


def _train(config: TrainConfig, environment: dict[str, str], log: Path) -> None:
    """What one process does; its output goes to the log."""
    from tqdm import tqdm

    from training.train import train

    tqdm.set_lock(threading.RLock())  # its own is a semaphore, which a kill would leave behind
    with log.open("a") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    os.environ.update(environment)
    sys.stdout.reconfigure(line_buffering=True)
    train(config, WHERE)


@dataclass(frozen=True)
class Launcher:
    """Starts the command as `count` processes, which find each other at a port of their own."""

    context: multiprocessing.context.ForkServerContext
    count: int

    def start(self, config: TrainConfig) -> list[BaseProcess]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = str(free.getsockname()[1])
        together = {"WORLD_SIZE": str(self.count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        processes = []
        for rank in map(str, range(self.count)):
            mine = {"RANK": rank, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": str(self.count)}
            environment = {**together, **mine} if self.count > 1 else {}
            log = Path(f"{config.trainer.output_dir}.{rank}.log")
            process = self.context.Process(target=_train, args=(config, environment, log))
            with no_main():
                process.start()
            processes.append(process)
        return processes


@pytest.fixture(scope="module")
def context() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        [
            "training.train",
            "training.trainer.weights",
            "training.report.results",
            "training.trainer.evaluation",
        ]
    )
    first = context.Process(target=int)  # returns when the imports are done
    with no_main():
        first.start()
    first.join()
    return context


@pytest.fixture(scope="module")
def config(tiny_model: Path, tmp_path_factory) -> TrainConfig:
    folder = tmp_path_factory.mktemp("kills")
    return toy_config(
        train_file=str(write_toy_csv(folder / "toy.csv", 150)),
        model_name_or_path=str(tiny_model),
        output_dir=str(folder / "run"),
    )


@pytest.fixture(scope="module")
def alone(context, config) -> tuple[str, float]:
    """What one process makes that nobody disturbs, and in how many seconds."""
    return _left_alone(Launcher(context, 1), config)


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    return request.config.getoption("--kills", default=3)


def _weights(config: TrainConfig) -> str | None:
    """The sha256 of the weights, once the run has them."""
    try:
        stages = json.loads((Path(config.trainer.output_dir) / "stages.json").read_text())["stages"]
    except FileNotFoundError:
        return None
    return stages["fit"]["gave"]["weights_sha256"] if "fit" in stages else None


def _wait(config: TrainConfig, processes: list[BaseProcess], limit_s: float) -> str | None:
    """The weights, unless the time is over before they are there."""
    deadline = time.monotonic() + limit_s
    while (weights := _weights(config)) is None and time.monotonic() < deadline:
        assert all(process.is_alive() or process.exitcode == 0 for process in processes), _log(
            config
        )
        time.sleep(0.002)
    return weights


def _kill(processes: list[BaseProcess], rng: random.Random) -> None:
    """SIGKILL for all of them, in any order and not quite at once."""
    for process in rng.sample(processes, len(processes)):
        process.kill()
        time.sleep(rng.uniform(0, 0.02))
    for process in processes:
        process.join()


def _log(config: TrainConfig) -> str:
    logs = sorted(
        Path(config.trainer.output_dir).parent.glob(f"{Path(config.trainer.output_dir).name}.*.log")
    )
    return "\n".join(log.read_text()[-2000:] for log in logs)


def _left_alone(launcher: Launcher, config: TrainConfig) -> tuple[str, float]:
    """The weights' sha256 and the seconds that it took."""
    started = time.monotonic()
    processes = launcher.start(config)
    weights = _wait(config, processes, LIMIT_S)
    seconds = time.monotonic() - started
    _kill(processes, random.Random(0))
    assert weights is not None, _log(config)
    return weights, seconds


def _killed_runs(
    launcher: Launcher, config: TrainConfig, kills: int, seconds: float
) -> Iterator[tuple[str, int]]:
    """Run after run until so many kills are done: the weights' sha256 and the kills of each."""
    rng = random.Random(launcher.count)
    left, number = kills, 0
    while left:
        number += 1
        here, of_this_run = (
            config.with_values(output_dir=f"{config.trainer.output_dir}-{number}"),
            0,
        )
        weights = None
        while weights is None:
            processes = launcher.start(here)
            weights = _wait(here, processes, rng.uniform(0, seconds) if left else LIMIT_S)
            _kill(processes, rng)
            assert left or weights is not None, _log(here)
            of_this_run += weights is None
            left -= weights is None
        yield weights, of_this_run


@pytest.mark.parametrize("count", [1, 2])
def test_runs_killed_at_random_end_with_the_weights_of_one_left_alone(
    context, config, alone, kills, count
):
    launcher = Launcher(context, count)
    config = config.with_values(output_dir=f"{config.trainer.output_dir}-of-{count}")
    weights, seconds = alone if count == 1 else _left_alone(launcher, config)
    runs = list(_killed_runs(launcher, config, kills, seconds))
    print(f"{count} processes, {seconds:.1f} s alone, kills of each run: {[n for _, n in runs]}")
    assert sum(number for _, number in runs) == kills
    assert {of_run for of_run, _ in runs} == {weights}


def test_another_seed_gives_other_weights(context, config, alone):
    changed = config.with_values(
        seed=config.trainer.seed + 1, output_dir=f"{config.trainer.output_dir}-seed"
    )
    assert _left_alone(Launcher(context, 1), changed)[0] != alone[0]
