"""What a run starts from: its settings, its examples in parts, and its pretrained model.

Owns all that is done before the first step, in its order: the right to publish, the data and what
is wrong with it, the choice of the model, which rows are left out, the plan. Nothing is written
here.

Try: python -m training.train --train_file tweets.csv --label_field sentiment --output_dir runs/a
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from hub.client import Hub
from inference.core.errors import LeakError
from inference.data.records import Records
from inference.models import zero_shot
from inference.runs.data_report import DataReport, Suspect
from inference.runs.study import load_study
from training.classifier import suspected_rows
from training.data import data
from training.data.data import Splits
from training.data.splits import label_matrix
from training.doctor.examination import examine, refuse_leaks
from training.doctor.label_names import count_labels
from training.report import rows
from training.run.run_folder import identity_there
from training.settings.config import TrainConfig
from training.settings.model_config import AUTO
from training.settings.publish_config import PublishConfig
from training.trainer import candidates, plan, trackers
from training.trainer.base import Base, find_base, load_tokenizer
from training.trainer.processes import Processes


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
        as_encoder = config.report.needs_encoder or config.data.drop_suspects != "no"
        base = find_base(config.model, hub, as_encoder=as_encoder)
        report = _examine(parts, config, base) if processes.is_main else None
        splits = data.divide(parts, config.data, seed=config.trainer.seed)
    _refuse_leaks(report, config.data.allow_leaks, processes)
    rows.refuse_incomplete_descriptions(config.report, splits.labels)
    rows.refuse_unusable_maps(config.report, splits.labels)
    splits = _leave_out(splits, config, base, processes)
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


def _leave_out(splits: Splits, config: TrainConfig, base: Base, processes: Processes) -> Splits:
    """The same without the training rows that drop_suspects leaves out.

    Raises:
        ModelError: the base model cannot read texts as it is.
    """
    if config.data.drop_suspects == "no":
        return splits
    suspects: tuple[Suspect, ...] = ()
    if processes.is_main:
        encoder = zero_shot.load_encoder(base.folder, threads=processes.threads)
        suspects = suspected_rows.choose(splits, config.data, encoder, seed=config.trainer.seed)
    return splits.without(processes.agree(suspects))


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
