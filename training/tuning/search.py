"""A search from a recipe to the best settings: trials, by one process or by several.

Owns which trial comes next, what becomes of it, and when there are enough. What the settings found
gained is result.py's, the flags training/tune.py's. A trial that was interrupted is
carried on, one that is told is not done again.

Try: python -m training.tune --config training/recipes/demo.yaml --train_file tweets.csv
"""

import math
import multiprocessing
import time
from dataclasses import asdict, replace
from pathlib import Path

from hub.errors import UserError
from inference.core.errors import ConfigError, run_command
from inference.core.settings import Settings
from inference.runs.study import COMPLETE, FAILED, PRUNED, Study, save_study
from training.classifier import pipeline, preparation
from training.settings import console, search_space
from training.settings.config import TrainConfig
from training.settings.search_space import Range, Space
from training.settings.tune_config import TuneConfig
from training.trainer.processes import Processes
from training.tuning import gains
from training.tuning.result import SearchJob, describe_values, measure_search
from training.tuning.storage import StudyStorage
from training.tuning.study import STORAGE_ERRORS, Search, Taken
from training.tuning.trials import Hopeless, OutOfTime, Trials

_ALL_FAILED = 3  # trials that fail before any other: then the recipe is at fault


def run(tune: TuneConfig, config: TrainConfig, settings: Settings) -> Study:
    """Search, write best.yaml, and measure what it gained.

    Raises:
        UserError: anything that its reader can put right; see inference/core/errors.py.
    """
    processes = Processes(config.trainer, settings)
    if processes.count > 1:
        raise ConfigError("a search is no distributed run; for trials at once give --n_jobs")
    deadline = time.time() + (tune.timeout or 10 * 365 * 86400.0)
    storage = _place(tune, config)
    storage.url()
    storage.refuse_foreign()
    ready = preparation.prepare(config, settings.connect(), processes)
    job = SearchJob(tune, ready.config, ready.splits, ready.base, settings, deadline)
    try:
        search = _open(job)
        search.refuse_other(_identity(job, processes))
        print(_describe(search_space.read(job.config)), flush=True)
        if tune.n_jobs == 1:
            _work(job)
        else:
            _work_together(job)
        study = _snapshot(search, job, ended=_why_ended(search, job))
    except STORAGE_ERRORS as error:
        reason = " ".join(str(error.__cause__ or error).split())[:200]
        raise ConfigError(
            f"the storage of the study does not answer any more: {reason}. Nothing is lost; give "
            "the same command when it does"
        ) from None
    return measure_search(study, job)


def _place(tune: TuneConfig, config: TrainConfig) -> StudyStorage:
    return StudyStorage(Path(config.trainer.output_dir), tune.study_name, tune.storage)


def _open(job: SearchJob) -> Search:
    space, tune = search_space.read(job.config), job.tune
    longest = space.get("num_train_epochs")
    trainer = job.config.trainer
    epochs = longest.high if isinstance(longest, Range) else trainer.num_train_epochs
    steps_an_epoch = math.ceil(len(job.splits.train) / trainer.texts_in_a_step(processes=1))
    epochs = max(epochs, math.ceil(trainer.steps_in_all(steps_an_epoch) / steps_an_epoch))
    return Search(
        _place(tune, job.config),
        seed=job.config.trainer.seed,
        pruner=tune.pruner,
        steps=len(job.trials.rungs) + int(epochs),
        # Epochs on all the texts are no rungs: at the end of the first one, a trial of five is far
        # behind one of two, whose learning rate has fallen.
        rungs=max(1, len(job.trials.rungs)),
    )


def _identity(job: SearchJob, processes: Processes) -> dict[str, object]:
    """What a study must share with those who carry it on, for its values to be comparable."""
    fixed = pipeline.identity_of(job.config, job.splits, job.base, processes)
    space = search_space.read(job.config)
    return {**fixed, "search space": {name: asdict(dimension) for name, dimension in space.items()}}


def _work_together(job: SearchJob) -> None:
    """Trials in several processes, each with its share of the cores."""
    count = job.tune.n_jobs
    threads = max(1, job.settings.threads // count)
    mine = replace(job, settings=replace(job.settings, threads=threads))
    context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
    workers = [context.Process(target=_worker, args=(mine,), daemon=True) for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if all(worker.exitcode for worker in workers):
        raise ConfigError("every process of the search ended with an error, which stands above")


def _worker(job: SearchJob) -> None:
    """_work() as a process of its own, which ends by one line where something is wrong."""
    console.hush()
    run_command(lambda: _work(job))


def _work(job: SearchJob) -> None:
    """Do trials until there are enough, the time is over, or more would hardly help."""
    search, trials = _open(job), job.trials
    space = search_space.read(job.config)
    own = search_space.own_values(job.config, space)
    while time.time() < job.deadline and not search.is_stale(job.tune.patience):
        parent = multiprocessing.parent_process()
        if parent is not None and not parent.is_alive():
            return
        taken = search.take(own, job.tune.n_trials)
        if taken is None:
            return
        try:
            _try(taken, search, trials, space, job)
        except OutOfTime:
            taken.note_seconds()
            taken.leave()
        _snapshot(search, job)
        _forget_weights(search, trials)
        _refuse_if_all_failed(search)


def _try(taken: Taken, search: Search, trials: Trials, space: Space, job: SearchJob) -> None:
    """One trial from its settings to its value, its early end, or its error."""
    values = search_space.suggest(taken.live, space)
    print(f"trial {taken.number}: {describe_values(values)}", flush=True)
    left_s = job.deadline - time.time()
    try:
        value = trials.run(taken, values, time.monotonic() + left_s, lambda: _snapshot(search, job))
    except Hopeless:
        search.prune(taken)
        print(f"trial {taken.number}: stopped early", flush=True)
    # what torch, NumPy and scikit-learn raise for values that do not work
    except (UserError, RuntimeError, ValueError, ArithmeticError) as error:
        message = " ".join(f"{error}".split()).replace(f"{job.folder}", ".")
        search.fail(taken, f"{type(error).__name__}: {message}")
        print(f"trial {taken.number}: failed: {message}", flush=True)
    else:
        if taken.is_default:
            predicted = gains.answers(trials.folder(0), job.splits.validation, job.settings.threads)
            truth = gains.validation_targets(job.splits)
            search.note_noise(gains.noise(predicted, truth, job.metric))
        search.complete(taken, value)
        print(f"trial {taken.number}: {job.metric} {value:.4f}", flush=True)


def _snapshot(search: Search, job: SearchJob, ended: str | None = None) -> Study:
    """Write how the study stands."""
    study = Study(search.name, job.metric, job.tune.n_trials, search.trials(), ended)
    save_study(study, job.folder)
    return study


def _forget_weights(search: Search, trials: Trials) -> None:
    """Keep the weights of the default and of the best trial: those of 30 would take gigabytes."""
    all_ = search.trials()
    best = Study("", "", 0, all_).best
    keep = {0} | ({best.number} if best else set())
    ended = {trial.number for trial in all_ if trial.state in (COMPLETE, PRUNED, FAILED)}
    trials.forget_weights(frozenset(keep), frozenset(ended))


def _refuse_if_all_failed(search: Search) -> None:
    ended = [trial for trial in search.trials() if trial.state in (COMPLETE, PRUNED, FAILED)]
    if len(ended) >= _ALL_FAILED and all(trial.state == FAILED for trial in ended):
        raise ConfigError(
            f"the first {len(ended)} trials all failed, the last by: {ended[-1].error}. Try the "
            "recipe with python -m training.train first"
        )


def _why_ended(search: Search, job: SearchJob) -> str:
    trials = search.trials()
    ended = sum(trial.state in (COMPLETE, PRUNED, FAILED) for trial in trials)
    if ended >= job.tune.n_trials:
        return "all trials are done"
    if search.is_stale(job.tune.patience):
        return f"the last {job.tune.patience} trials gained less than chance alone may"
    if time.time() >= job.deadline:
        return "the time was over"
    return "it was interrupted"


def _describe(space: Space) -> str:
    lines = []
    for name, dimension in space.items():
        if isinstance(dimension, Range):
            lines.append(
                f"  {name}: {dimension.low:g} to {dimension.high:g}{', log' * dimension.is_log}"
            )
        else:
            lines.append(f"  {name}: {', '.join(str(value) for value in dimension.values)}")
    return "searching\n" + "\n".join(lines)
