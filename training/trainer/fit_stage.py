"""The first stage of a run: its weights are there and those that were recorded, or are made.

Owns how the weights of a fit come into the run folder, and what is recorded of it. What trains and
what else belongs to a model: weights.py, training/chat_tuning/weights.py.
"""

from collections.abc import Callable

from inference.core.errors import ConfigError
from inference.runs.contract import Stage
from training.run import receipt
from training.run.run_folder import RunFolder, sha256_of
from training.settings.trainer_config import TrainerConfig
from training.trainer.checkpoints import Checkpoints
from training.trainer.processes import Processes
from training.trainer.progress import History
from training.trainer.task import Fit

_KEY = "weights"


def find_weights(run: RunFolder, file: str, processes: Processes) -> dict[str, object] | None:
    """What run.json says of the weights in the run folder; None where they are still to be made.

    file: that holds the weights.

    Raises:
        ConfigError: the weights there are not the ones that were recorded.
    """
    done = processes.agree(run.find(Stage.FIT, _KEY))
    if done is None:
        if processes.is_main:
            run.write()
        return None
    path, expected = run.path / file, done["weights_sha256"]
    seen = sha256_of(path) if path.exists() else "missing"
    if seen != expected:
        raise ConfigError(
            f"{path} is not what training wrote (sha256 {seen}, expected {expected}); choose "
            f"another --output_dir, or delete that folder to train again"
        )
    processes.say(f"the weights in {run.path} are complete")
    _discard_checkpoints(run, processes)
    return done


def keep_weights(
    fit: Fit,
    file: str,
    save_rest: Callable[[], None],
    run: RunFolder,
    config: TrainerConfig,
    processes: Processes,
) -> dict[str, object]:
    """Put the best weights into the run folder; what run.json says of them.

    file: that holds the weights. save_rest: writes what else belongs to the model.
    """
    done = None
    if processes.is_main:
        for path in fit.weights_dir.iterdir():
            partial = run.path / f".{path.name}.partial"
            partial.write_bytes(path.read_bytes())
            partial.replace(run.path / path.name)
        save_rest()
        done = _record(fit, run, file, config, processes)
        run.record(Stage.FIT, _KEY, done)
    done = processes.agree(done)
    assert done is not None
    _discard_checkpoints(run, processes)
    return done


def _record(
    fit: Fit, run: RunFolder, file: str, config: TrainerConfig, processes: Processes
) -> dict[str, object]:
    validations = [
        line
        for line in History(run.path).lines()
        if any(name.startswith("validation_") for name in line)
    ]
    return {
        "weights_sha256": sha256_of(run.path / file),
        "versions": receipt.versions(),
        "device": {
            "type": processes.device,
            "precision": processes.precision,
            "processes": processes.count,
        },
        "seeds": {"seed": config.seed},
        "training": fit.as_dict(),
        "history": validations,
    }


def _discard_checkpoints(run: RunFolder, processes: Processes) -> None:
    if processes.is_main:
        Checkpoints(run.path, run.identity).discard()
