"""What came of a search: the best settings as best.yaml, and what they gained.

Owns what follows the trials: the baselines' settings, then full runs of the recipe's own settings
and of the chosen ones, which alone look at the test part. A stage that is complete is not done
again.

Try: cat OUTPUT_DIR/best.yaml
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import yaml

from inference.core.atomic_write import write_whole
from inference.core.errors import ModelError
from inference.core.settings import Settings
from inference.evaluation import predictions
from inference.evaluation.leaderboard import LEADERBOARD_PATH, load_leaderboard
from inference.runs.study import COMPLETE, FAILED, PRUNED, STUDY_FILE, Gain, Study, save_study
from training.baselines import tuned_baselines
from training.baselines.shared_encoder import SharedEncoder
from training.classifier import pipeline
from training.data import data
from training.data.data import Splits
from training.run.run_folder import sha256_of
from training.settings.config import TrainConfig
from training.settings.search_space import Value
from training.settings.tune_config import TuneConfig
from training.trainer.base import Base
from training.trainer.checkpoints import best_by
from training.trainer.fit_stage import trained_sha256
from training.trainer.weights import WEIGHTS
from training.tuning import gains
from training.tuning.trials import Trials

BEST, DEFAULT, FOUND = "best", "default", "best.yaml"
_BASELINES = "baselines.json"


@dataclass(frozen=True)
class SearchJob:
    """What every process of a search knows. deadline: of time.time(), which processes share."""

    tune: TuneConfig
    config: TrainConfig
    splits: Splits
    base: Base
    settings: Settings
    deadline: float

    @property
    def trials(self) -> Trials:
        """What runs its trials."""
        return Trials(self.config, self.splits, self.base, self.settings, self.folder)

    @property
    def folder(self) -> Path:
        """Where the study and its trials lie."""
        return Path(self.config.trainer.output_dir)

    @property
    def metric(self) -> str:
        """The validation figure that is made large."""
        return best_by(self.splits.problem_type)


def measure_search(study: Study, job: SearchJob) -> Study:
    """The report: what was found and what it gained, on validation and then on test."""
    best, trials = study.best, job.trials
    if best is None:
        raise ModelError(
            f"none of {len(study.trials)} trials came to its end ({study.ended}); give the same "
            "command with more time"
        )
    options = _tune_baselines(job)
    study = replace(
        study,
        baselines={name: tuned.tried for name, tuned in options.items()},
        validation=_gain_on_validation(study, best.number, trials, job),
    )
    save_study(study, job.folder)
    chosen = study.chosen
    assert chosen is not None, "where there is a best trial, one is chosen"
    best_config = _write_found(
        chosen.values, {k: tuned.options for k, tuned in options.items()}, job
    )
    if study.validation is not None and chosen.number != 0:
        _place(trials.folder(0), job.folder / DEFAULT)
        alone: dict[str, object] = {"baselines": (), "label_descriptions": {}}
        alone |= {"pretrained_label_maps": {}, "push_to_hub": False}
        pipeline.run(
            job.config.with_values(**alone, output_dir=str(job.folder / DEFAULT)), job.settings
        )
    _place(trials.folder(chosen.number), job.folder / BEST)
    pipeline.run(best_config, job.settings)
    if study.validation is not None:
        default = BEST if chosen.number == 0 else DEFAULT
        study = replace(study, test=_gain_on_test(job.folder, default))
    save_study(study, job.folder)
    print(_report(study, job), flush=True)
    return study


def _tune_baselines(job: SearchJob) -> Mapping[str, tuned_baselines.Tuned]:
    """The best settings of the baselines; looked for once."""
    path = job.folder / _BASELINES
    key = [list(job.config.report.baselines), data.split_hash(job.splits.train)]
    if path.is_file() and (stored := json.loads(path.read_text("utf-8")))["key"] == key:
        return {name: tuned_baselines.Tuned(**fields) for name, fields in stored["found"].items()}
    print("tuning the baselines", flush=True)
    config = job.config
    bundle = job.splits.bundle(config.data)
    tuned = tuned_baselines.tune(
        job.splits.train,
        job.splits.validation,
        bundle,
        config.report.baselines,
        seed=config.trainer.seed,
        encoder=SharedEncoder(job.base.folder, job.settings.threads),
    )
    content = {"key": key, "found": {name: asdict(baseline) for name, baseline in tuned.items()}}
    write_whole(path, json.dumps(content, indent=1) + "\n")
    return tuned


def _gain_on_validation(study: Study, best: int, trials: Trials, job: SearchJob) -> Gain | None:
    if study.default is None or study.default.state != COMPLETE:
        return None
    default, tuned = (
        gains.answers(trials.folder(number), job.splits.validation, job.settings.threads)
        for number in (0, best)
    )
    return gains.gain(default, tuned, gains.validation_targets(job.splits), study.metric)


def _gain_on_test(folder: Path, default: str) -> Gain:
    """On what the two full runs said of the test part, as they would ship."""
    predicted: list[predictions.Predictions] = []
    for name in (default, BEST):
        judged = load_leaderboard(folder / name / LEADERBOARD_PATH).judged
        assert judged is not None, "a run measures its own model"
        path = folder / name / predictions.FOLDER / f"{judged.model.name}.parquet"
        predicted.append(predictions.load(path))
    targets = predictions.load_targets(folder / BEST / predictions.TARGETS)
    return gains.gain(predicted[0], predicted[1], targets, "mcc")


def _write_found(
    values: Mapping[str, Value], options: Mapping[str, object], job: SearchJob
) -> TrainConfig:
    """best.yaml: a whole --config, so that the defaults of another version change nothing."""
    config = job.config.with_values(
        **values,
        baseline_options=dict(options),
        study=str(job.folder / STUDY_FILE),
        output_dir=str(job.folder / BEST),
    )
    text = yaml.safe_dump(config.as_dict(), sort_keys=False, allow_unicode=True, width=100)
    head = "# The best settings that python -m training.tune found:\n"
    write_whole(job.folder / FOUND, head + f"#   python -m training.train --config {FOUND}\n{text}")
    return config


def _place(trial: Path, target: Path) -> None:
    """Make the trial's weights the start of a full run, which then does not train them again."""
    if trained_sha256(target) == sha256_of(trial / WEIGHTS):
        return
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(trial, partial)
    shutil.rmtree(target, ignore_errors=True)  # the best of an earlier, shorter search
    partial.rename(target)


def describe_values(values: Mapping[str, Value]) -> str:
    """The settings of a trial, in one line."""
    return ", ".join(
        f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in values.items()
    )


def _report(study: Study, job: SearchJob) -> str:
    best = study.best
    assert best is not None, "there is something to report of"
    counts = f"{study.count(COMPLETE)} complete, {study.count(PRUNED)} stopped early, "
    lines = [
        f"{len(study.trials)} trials: {counts}{study.count(FAILED)} failed; {study.ended}",
        f"best is trial {best.number}: {describe_values(best.values)}",
    ]
    if study.validation is not None:
        lines.append(f"on validation, where it was chosen: {study.validation}")
    if study.chosen != best:
        lines.append(
            "that is no more than chance may (one standard error): the recipe's own settings stay"
        )
    elif study.test is not None:
        lines.append(f"on test, looked at once: {study.test}")
    lines.append(f"the settings are in {job.folder / FOUND}, the model in {job.folder / BEST}")
    return "\n".join(lines)
