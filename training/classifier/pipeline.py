"""The stages of a run, from settings to a repo on the Hub.

Owns their order and nothing of what they do. A stage that is complete in output_dir is not done
again, so the same settings after an interruption carry on, and after success return at once.
Importing this loads torch and transformers, which takes seconds: the command that reads the flags
is training/train.py.

Try: python -m training.train --train_file tweets.csv --label_field sentiment --output_dir runs/a
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from hub.client import Hub
from inference.core.errors import LeakError
from inference.core.settings import Settings
from inference.data.records import Records
from inference.evaluation import predictions
from inference.evaluation.leaderboard import Leaderboard, sentence
from inference.models.bundle import load_bundle
from inference.models.receipt import RECEIPT_FILE
from inference.runs.contract import Stage
from inference.runs.data_report import DataReport
from inference.runs.study import copy_study, load_study
from training.baselines import tfidf_tables
from training.baselines.fitted_baselines import FittedBaselines
from training.baselines.shared_encoder import SharedEncoder
from training.classifier import decide_stage, export_stage, frozen_stage
from training.data import data
from training.data.data import Splits
from training.data.splits import label_matrix
from training.doctor.examination import examine, refuse_leaks
from training.doctor.label_names import count_labels
from training.publishing import publish
from training.publishing.classifier_files import CLASSIFIER
from training.report import card, results, rows
from training.report.rows import EvaluationInputs
from training.report.vocabulary import write_vocabulary
from training.run import receipt
from training.run.run_folder import STUDY_FOLDER, RunFolder, identity_there, sha256_of
from training.settings.config import TrainConfig
from training.settings.model_config import AUTO
from training.settings.publish_config import PublishConfig
from training.trainer import candidates, plan, trackers
from training.trainer.base import Base, find_base, load_tokenizer
from training.trainer.fit_stage import KEPT, TUNED
from training.trainer.processes import Processes
from training.trainer.progress import History
from training.trainer.weights import fit_weights


@dataclass(frozen=True)
class RunResult:
    """A finished run. repo_id and sha are None unless it was published.

    metrics: of the test part, by row of the verdict table; verdict: its sentence. Both are empty
    on all but the main process.
    """

    run_dir: Path
    repo_id: str | None
    sha: str | None
    metrics: Mapping[str, object]
    verdict: str = ""


def run(config: TrainConfig, settings: Settings) -> RunResult:
    """Train, export, measure, judge and, if asked, publish.

    Raises:
        UserError: anything that its reader can put right; see inference/core/errors.py.
    """
    processes = Processes(config.trainer, settings)
    hub = settings.connect()
    ready = prepare(config, hub, processes)
    config = ready.config
    splits, base, report, repo_id = ready.splits, ready.base, ready.report, ready.repo_id
    identity = identity_of(config, splits, base, processes)
    folder = RunFolder.open(Path(config.trainer.output_dir), identity)
    if processes.is_main:
        folder.hold()
    fitted = fit_weights(config, splits, base, folder, processes)
    processes.part()
    if not processes.is_main or report is None:
        return RunResult(folder.path, None, None, {})
    report_config, threads = config.report, settings.threads
    baselines = FittedBaselines(
        splits,
        splits.bundle(config.data),
        folder.path,
        SharedEncoder(base.folder, threads),
        report_config.baseline_options,
        config.trainer.seed,
    )
    if report_config.may_ship(frozen_stage.BASELINE_NAME):
        fitted = frozen_stage.keep_better(
            folder, splits, base, config, fitted, baselines, processes.device, threads
        )
    weights = fitted["weights_sha256"]
    exported = export_stage.export(folder, splits, weights)
    together = baselines if report_config.may_ship(tfidf_tables.BASELINE) else None
    decided = decide_stage.decide(folder, splits, weights, together, threads)
    shown_id = repo_id or config.hub.hub_model_id or folder.path.name
    measured = results.measure(
        folder,
        weights,
        EvaluationInputs(
            splits,
            report_config,
            baselines,
            config.trainer.seed,
            base,
            hub,
            shown_id,
            threads,
            str(fitted.get(KEPT, TUNED)),
        ),
    )
    _draw(folder, splits, measured.board)
    write_vocabulary(folder, splits)
    _keep_study(config.search.study, folder)
    receipt.write_split_ids(folder.path, splits.row_ids())
    receipt.write(
        folder.path,
        config.as_dict(),
        data={**splits.receipt(), "findings": [asdict(finding) for finding in report.findings]},
        base={"repo_id": base.repo_id or base.folder.name, "revision": base.revision},
        fit={**fitted, "decision": decided, "not_compared": list(measured.missing)},
        export=exported,
        metrics=measured.figures,
    )
    _card(folder)
    verdict = sentence(measured.board)
    print(f"{verdict}\nthe run is in {folder.path}", flush=True)
    sha = (
        publish.publish_once(folder, repo_id, config.hub, hub, CLASSIFIER, "model")
        if repo_id
        else None
    )
    return RunResult(folder.path, repo_id, sha, measured.figures, verdict)


@dataclass(frozen=True)
class PreparedRun:
    """What a run starts from.

    config: with a value for each setting that was left open. report: on the main process alone.
    repo_id: None unless published.
    """

    config: TrainConfig
    splits: Splits
    base: Base
    report: DataReport | None
    repo_id: str | None


def prepare(config: TrainConfig, hub: Hub, processes: Processes) -> PreparedRun:
    """All that is done before the first step: settings are said, data is read, examined, divided.

    Raises:
        UserError: anything that its reader can put right; see inference/core/errors.py.
    """
    trackers.refuse_missing(config.trainer.report_to)
    if config.search.study and Path(config.search.study).is_file():
        load_study(Path(config.search.study))  # it is copied when all else is done
    processes.say(yaml.safe_dump(config.as_dict(), sort_keys=False, allow_unicode=True).rstrip())
    repo_id = processes.agree(_preflight(config.hub, hub) if processes.is_main else None)
    config = _settle_model(config, hub, processes)
    with processes.main_first():
        # first: a slip in a file needs no download to be seen
        parts = data.read_parts(config.data, hub)
        base = find_base(config.model, hub, as_encoder=config.report.needs_encoder)
        report = _examine(parts, config, base) if processes.is_main else None
        splits = data.divide(parts, config.data, seed=config.trainer.seed)
    _refuse_leaks(report, config.data.allow_leaks, processes)
    rows.refuse_incomplete_descriptions(config.report, splits.labels)
    rows.refuse_unusable_maps(config.report, splits.labels)
    config = plan.settle(config, len(splits.train), base.folder)
    processes.say(_describe(splits, config, processes))
    return PreparedRun(config, splits, base, report, repo_id)


def _settle_model(config: TrainConfig, hub: Hub, processes: Processes) -> TrainConfig:
    """The settings with the name of a model where it was to be chosen; a run once begun keeps its.

    Raises:
        UserError: the data cannot be read, or no model can be fetched.
    """
    if config.model.model_name_or_path != AUTO:
        return config
    name = None
    if processes.is_main:
        begun = identity_there(Path(config.trainer.output_dir)).get("model_name_or_path")
        name = begun or _choose_model(config, hub)
    values = {"model_name_or_path": processes.agree(name), "model_candidates": ()}
    return config.with_values(**values)


def _choose_model(config: TrainConfig, hub: Hub) -> str:
    splits = data.divide(data.read_parts(config.data, hub), config.data, seed=config.trainer.seed)
    bundle = splits.bundle(config.data)
    texts = [bundle.compose(example.fields) for example in splits.train]
    matrix = label_matrix(splits.train, splits.labels)
    return candidates.choose_model(config.model, texts, matrix, hub, config.trainer.seed)


def _examine(parts: Mapping[str, Records], config: TrainConfig, base: Base) -> DataReport:
    """What is wrong with the files, said before anything long starts."""
    report = examine(
        parts,
        with_suspects=False,
        seed=config.trainer.seed,
        fields=config.data.schema().needed,
        max_tokens=config.model.max_seq_length,
        language=config.hub.language,
        tokenizer=load_tokenizer(base),
    )
    for finding in report.findings:
        print(f"{finding.severity}: {finding.message}", flush=True)
    return report


def _refuse_leaks(report: DataReport | None, allow_leaks: bool, processes: Processes) -> None:
    """Stop every process if the one that looked at the files found a leak.

    Raises:
        LeakError: a text of a given validation or test file lies in another one.
    """
    leak = ""
    if report is not None and not allow_leaks:
        try:
            refuse_leaks(report)
        except LeakError as error:
            leak = str(error)
    if leak := processes.agree(leak):
        raise LeakError(leak)


def _preflight(config: PublishConfig, hub: Hub) -> str | None:
    """The full id to publish to, once it is certain that this token may."""
    if not config.push_to_hub:
        return None
    return hub.check_write(str(config.hub_model_id))


def _describe(splits: Splits, config: TrainConfig, processes: Processes) -> str:
    lines = [f"rejected {row}" for row in splits.rejected[:5]]
    if len(splits.rejected) > len(lines):
        lines.append(f"rejected {len(splits.rejected) - len(lines)} more rows, see run.json")
    lines += [f"note: {note}" for note in splits.notes]
    lines.append(
        f"{len(splits.train)} texts to train on, {len(splits.validation)} to validate, "
        f"{len(splits.test)} to test; {splits.problem_type}: {', '.join(splits.labels)}"
    )
    lines.append(
        f"device {processes.device}, {processes.precision}, processes: {processes.count}, "
        f"texts in a step: {config.trainer.texts_in_a_step(processes.count)}"
    )
    lines.append(plan.describe(config, len(splits.train), processes.count))
    counts = count_labels(splits.train)
    lines.append(plan.warn_of_few({label: counts[label] for label in splits.labels}))
    return "\n".join(filter(None, lines))


def identity_of(
    config: TrainConfig, splits: Splits, base: Base, processes: Processes
) -> dict[str, object]:
    """What two runs must share for their weights to be the same."""
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    return {
        **config.weights_identity(),
        "base model": base.fingerprint(),
        "processes": processes.count,
        "precision": processes.precision,
        **{f"{name} sha256": data.split_hash(part) for name, part in parts.items()},
    }


def _draw(run: RunFolder, splits: Splits, board: Leaderboard) -> None:
    """Draw the plots of the run and of the judged model's answers."""
    assert board.judged is not None, "the fine-tuned model is always measured"
    name = board.judged.model.name
    answers = run.path / predictions.FOLDER / f"{name}.parquet"
    key = [sha256_of(answers), sha256_of(run.path / "decision.json")]
    done = run.find(Stage.PLOTS, key)
    if done is None or not all((run.path / str(file)).is_file() for file in done):
        from training.report import plots  # matplotlib takes a second to import

        files = plots.write_all(
            run.path,
            history=History(run.path).lines(),
            parts={name: label_matrix(part, splits.labels) for name, part in splits.parts.items()},
            targets=predictions.load_targets(run.path / predictions.TARGETS),
            predictions=predictions.load(answers),
            bundle=load_bundle(run.path),
        )
        run.record(Stage.PLOTS, key, {file: sha256_of(run.path / file) for file in files})


def _keep_study(study: str | None, run: RunFolder) -> None:
    """Put the search that chose these settings beside the results, where it still lies."""
    if study and Path(study).is_file():
        copy_study(Path(study), run.path / STUDY_FOLDER)
    elif study:
        print(f"note: {study} is not here, so the card does not tell of the search")


def _card(run: RunFolder) -> None:
    key = sha256_of(run.path / RECEIPT_FILE)
    if run.find(Stage.CARD, key) is None or not (run.path / card.FILE_NAME).exists():
        card.write_card(run.path)
        run.record(Stage.CARD, key, {})
