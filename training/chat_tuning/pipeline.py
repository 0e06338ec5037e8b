"""The stages of a chat run, from settings to a repo on the Hub.

Owns their order and nothing of what they do. A stage that is complete in output_dir is not done
again, so the same settings after an interruption carry on, and after success return at once.
Importing this loads torch, transformers and peft: the command that reads the flags is
training/chat.py.

Try: python -m training.chat --train_file dialogues.jsonl --output_dir runs/chat
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from inference.chat.sampling import Options
from inference.core.errors import ConfigError
from inference.core.settings import Settings
from inference.runs.contract import METRICS_FILE
from training.chat_tuning import adapters, card, corpus, experiment, golden, plots
from training.chat_tuning.answers import (
    ANSWERS_FILE,
    Answer,
    Answers,
    answer_figures,
    sample_answers,
    write_answers,
)
from training.chat_tuning.base import LOCAL_REVISION, find_chat_base, weights_hash
from training.chat_tuning.experiment import PreparedChatRun, Trained
from training.chat_tuning.messages import Dialogue
from training.chat_tuning.report import report_sentence, write_report
from training.chat_tuning.shipment import CHAT
from training.publishing import publish
from training.run import receipt
from training.run.run_folder import sha256_of
from training.settings.chat_config import ChatConfig
from training.trainer.processes import Processes
from training.trainer.progress import History

_KIND = "chat"
_MERGED = "model.safetensors"
_ANSWERS_PER_ROW = 4


@dataclass(frozen=True)
class ChatRunResult:
    """A finished run. repo_id and sha are None unless it was published."""

    run_dir: Path
    repo_id: str | None
    sha: str | None
    report: Mapping[str, object]


def run(config: ChatConfig, settings: Settings) -> ChatRunResult:
    """Train, measure, report and, if asked, publish.

    Raises:
        UserError: anything that its reader can put right; see inference/core/errors.py.
    """
    processes = Processes(config.trainer, settings)
    hub = settings.connect()
    processes.say(yaml.safe_dump(config.as_dict(), sort_keys=False, allow_unicode=True).rstrip())
    _refuse_missing_runs(config.report.compare_runs)
    repo_id = hub.check_write(str(config.hub.hub_model_id)) if config.hub.push_to_hub else None
    base = find_chat_base(config.model.model_name_or_path, config.model.model_revision, hub)
    _refuse_nameless_base(config, base.revision)
    trained = experiment.run(
        config, corpus.prepare(config.data, seed=config.trainer.seed), base, processes
    )
    report = _report(trained, config, processes)
    _draw(trained, config.report.compare_runs)
    if config.model.merge_adapter:
        _merge(trained)
    _write_receipt(trained, config, report)
    card.write_card(trained.run.path)
    processes.say(f"{report_sentence(report)}\nthe run is in {trained.run.path}")
    for warning in report["warnings"]:  # type: ignore[attr-defined]
        processes.say(f"warning: {warning}")
    sha = (
        publish.publish_once(trained.run, repo_id, config.hub, hub, CHAT, "adapter")
        if repo_id
        else None
    )
    return ChatRunResult(trained.run.path, repo_id, sha, report)


def _report(trained: Trained, config: ChatConfig, processes: Processes) -> dict[str, object]:
    """Measure the answers, and write what came of it all."""
    measured = _answers(trained, config, processes)
    if not (trained.run.path / golden.FILE_NAME).is_file():
        golden.write(trained.run.path, trained.ready.model, trained.ready.reader)
    after = weights_hash(trained.ready.base.folder)
    return write_report(
        trained,
        config.report,
        learns_end=config.model.learn_end_of_turn,
        answers=measured,
        base_weights_after=after,
    )


def _answers(trained: Trained, config: ChatConfig, processes: Processes) -> dict[str, Answers]:
    """What base and tuned model answer to the first held-out prompts."""
    asked = config.report
    if not asked.answer_prompts:
        return {}
    ready, run = trained.ready, trained.run
    options = Options(max_tokens=asked.answer_tokens, seed=config.trainer.seed)
    key = [trained.fit["weights_sha256"], asked.answer_prompts, asdict(options)]
    done = run.find("answers", key)
    if done is None or not (run.path / ANSWERS_FILE).is_file():
        ready.model.to(processes.accelerator.device)
        # an answer under way needs less memory than the logits of a whole dialogue
        rows = _ANSWERS_PER_ROW * config.trainer.per_device_eval_batch_size
        dialogues = ready.corpus.test[: asked.answer_prompts]
        tuned, tuned_figures = _answered(ready, dialogues, options, rows, processes, "tuned")
        with ready.model.disable_adapter():
            before, base_figures = _answered(ready, dialogues, options, rows, processes, "base")
        write_answers(run.path, dialogues, {"base": before, "tuned": tuned}, ready.reader)
        run.record("answers", key, {"base": asdict(base_figures), "tuned": asdict(tuned_figures)})
        done = run.find("answers", key)
        assert done is not None
    return {name: Answers(**done[name]) for name in ("base", "tuned")}  # type: ignore[arg-type]


def _answered(
    ready: PreparedChatRun,
    asked: Sequence[Dialogue],
    options: Options,
    batch_size: int,
    processes: Processes,
    name: str,
) -> tuple[list[Answer], Answers]:
    limit = ready.reader.max_tokens
    prompts = [ready.reader.prompt(dialogue)[-limit:] for dialogue in asked]
    processes.say(f"the {name} model answers {len(prompts)} held-out prompts")
    made = sample_answers(ready.plain, prompts, ready.reader, options, batch_size=batch_size)
    return made, answer_figures(made, ready.plain, prompts, ready.reader)


def _draw(trained: Trained, compare_runs: Sequence[str]) -> None:
    folders = [trained.run.path, *map(Path, compare_runs)]
    histories = {folder.resolve().name: History(folder).lines() for folder in folders}
    plots.write_all(trained.run.path, histories, trained.base, trained.tuned)


def _merge(trained: Trained) -> None:
    """Write the weights with the adapter in them, unless they are there; the model is used up."""
    run, key = trained.run, trained.fit["weights_sha256"]
    done = run.find("merge", key)
    path = run.path / _MERGED
    if done is None or not path.is_file() or sha256_of(path) != done["sha256"]:
        adapters.merge(trained.ready.model).save_pretrained(run.path, max_shard_size="1000GB")
        run.record("merge", key, {"sha256": sha256_of(path)})


def _write_receipt(trained: Trained, config: ChatConfig, report: Mapping[str, object]) -> None:
    read = trained.ready.corpus
    receipt.write_split_ids(trained.run.path, read.row_ids())
    receipt.write(
        trained.run.path,
        config.as_dict(),
        kind=_KIND,
        data=read.receipt(),
        base=trained.ready.base.as_dict(),
        fit=trained.fit,
        export={},
        metrics={"held_out": report["held_out"]},
    )


def _refuse_missing_runs(compare_runs: Sequence[str]) -> None:
    for name in compare_runs:
        if not (Path(name) / METRICS_FILE).is_file():
            raise ConfigError(f"compare_runs names {name}, which holds no {METRICS_FILE} of a run")


def _refuse_nameless_base(config: ChatConfig, revision: str) -> None:
    if config.hub.push_to_hub and revision == LOCAL_REVISION:
        raise ConfigError(
            f"{config.model.model_name_or_path} is a folder of this machine, so nobody else could "
            "load the published adapter; publish the base model first and give its repo id"
        )
