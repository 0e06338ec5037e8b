"""The first stage of a run: its weights are there and those that were recorded, or are made.

Owns how the weights of a fit come into the run folder, how others take their place, and what is
recorded of it. What trains and what else belongs to a model: weights.py,
training/chat_tuning/weights.py.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from inference.core.errors import ConfigError
from inference.runs.contract import Stage
from training.run import receipt
from training.run.run_folder import RunFolder, sha256_of, stage_there
from training.settings.trainer_config import TrainerConfig
from training.trainer.checkpoints import Checkpoints
from training.trainer.processes import Processes
from training.trainer.progress import History
from training.trainer.task import Fit

TUNED, FROZEN = "tuned", "frozen"
"""Which weights a run keeps: the fine-tuned ones, or the pretrained ones under a fitted head."""
KEPT = "kept"
_TRAINED = "trained_sha256"
_KEY = "weights"
_PENDING = ".other"


def find_weights(run: RunFolder, file: str, processes: Processes) -> dict[str, object] | None:
    """What run.json says of the weights in the run folder; None where they are still to be made.

    file: that holds the weights.

    Raises:
        ConfigError: the weights there are not the ones that were recorded.
    """
    if processes.is_main:
        _put_in_place(run, file)
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


def trained_sha256(folder: Path) -> object:
    """The sha256 of what training wrote, others may lie there now; None where none was trained."""
    done = stage_there(folder, Stage.FIT)
    return done.get(_TRAINED, done.get("weights_sha256"))


def fresh_folder(run: RunFolder) -> Path:
    """An empty folder to write other weights to; what a kill leaves of it is removed."""
    partial = run.path / f"{_PENDING}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    return partial


def put_in_place(
    run: RunFolder, file: str, made: Path, done: dict[str, object]
) -> dict[str, object]:
    """Put another model in the place of the run's; what run.json says of the weights then.

    file: that holds the weights. made: the other model, or what differs in it, in what
    fresh_folder() gave. done: what is to be said of it, and the sha256 of the weights before; that
    of what training wrote is kept. A kill at any moment leaves one model or the other, and the next
    start goes on.
    """
    trained = done.get(_TRAINED, done["weights_sha256"])
    done = {**done, "weights_sha256": sha256_of(made / file), _TRAINED: trained}
    made.replace(run.path / _PENDING)
    run.record(Stage.FIT, _KEY, done)
    _put_in_place(run, file)
    return done


def record_again(run: RunFolder, done: dict[str, object]) -> dict[str, object]:
    """Note what more there is to say of the weights as they are."""
    run.record(Stage.FIT, _KEY, done)
    return done


def _put_in_place(run: RunFolder, file: str) -> None:
    """Move the files of a model that is recorded as the run's; of one that is not, forget them."""
    pending, done = run.path / _PENDING, run.find(Stage.FIT, _KEY)
    if not pending.is_dir():
        return
    weights = pending / file
    if done is not None and weights.exists() and sha256_of(weights) == done["weights_sha256"]:
        for path in pending.iterdir():
            if path != weights:
                path.replace(run.path / path.name)
        weights.replace(run.path / file)  # last: while it is here, the move is not done
    shutil.rmtree(pending)


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
