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

from inference.core.settings import Settings
from inference.evaluation import predictions
from inference.evaluation.leaderboard import Leaderboard, sentence
from inference.models.bundle import load_bundle
from inference.models.receipt import RECEIPT_FILE
from inference.runs.contract import Stage
from inference.runs.study import copy_study
from training.baselines import tfidf_tables
from training.baselines.fitted_baselines import FittedBaselines
from training.baselines.shared_encoder import SharedEncoder
from training.classifier import decide_stage, export_stage, frozen_stage, preparation
from training.data import data
from training.data.data import Splits
from training.data.left_out import write_suspects
from training.data.splits import label_matrix
from training.publishing import publish
from training.publishing.classifier_files import CLASSIFIER
from training.report import card, results
from training.report.rows import EvaluationInputs
from training.report.vocabulary import write_vocabulary
from training.run import receipt
from training.run.run_folder import STUDY_FOLDER, RunFolder, sha256_of
from training.settings.config import TrainConfig
from training.trainer.base import Base
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
    ready = preparation.prepare(config, hub, processes)
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
    together = baselines if report_config.may_ship(tfidf_tables.BASELINE) else None
    decided = decide_stage.decide(folder, splits, fitted, together, threads)
    weights = decided["weights_sha256"]
    exported = export_stage.export(folder, splits, weights)
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
            str(decided.get(KEPT, TUNED)),
        ),
    )
    _draw(folder, splits, measured.board, decided[decide_stage.DECISION])
    write_vocabulary(folder, splits)
    _keep_study(config.search.study, folder)
    receipt.write_split_ids(folder.path, splits.row_ids())
    if splits.left_out:
        write_suspects(folder.path, splits.left_out)
    receipt.write(
        folder.path,
        config.as_dict(),
        data={**splits.receipt(), "findings": [asdict(finding) for finding in report.findings]},
        base={"repo_id": base.repo_id or base.folder.name, "revision": base.revision},
        fit={**decided, "not_compared": list(measured.missing)},
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


def _draw(
    run: RunFolder, splits: Splits, board: Leaderboard, decision: Mapping[str, float]
) -> None:
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
            temperature=decision["in_weights"] or decision["temperature"],
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
