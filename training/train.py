"""From a labelled file to a repo on the Hub: python -m training.train --train_file tweets.csv

Owns the order of the stages and nothing of what they do. A stage that is complete in output_dir is
not done again, so the same command after an interruption carries on, and after success returns at
once. Runs under plain python, `accelerate launch -m training.train` and
`python -m torch.distributed.run --nproc_per_node 2 -m training.train`.

Try: python -m training.train --train_file tweets.csv --label_field sentiment --output_dir runs/a
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml
from transformers.utils import logging as transformers_logging

from hub.client import Hub
from hub.errors import UserError
from inference import bundle as bundles
from inference import settings as settings_of
from inference.errors import run_command
from inference.settings import Settings
from training import base as bases
from training import card, data, export, golden, loop, publish, receipt, results
from training import weights as weights_of
from training.base import Base, sha256_of
from training.config import TrainConfig, parse
from training.data import Splits
from training.loop import Processes
from training.run_folder import RunFolder

# Replayed after publishing, and published: so never the user's texts.
_GOLDEN_TEXTS = (
    "ok",
    "The crew was lovely and we landed early!",
    "Two hours late and nobody says why.",
    "How do I change the address of my order?",
    "Ça m'est égal – 天気がいいですね 🙂",
    "NA",
    "I waited in line for a while, then somebody came, looked at the form, asked the same "
    "questions again and told me to come back on another day with the other form.",
    "word " * 200,
)


@dataclass(frozen=True)
class Result:
    """A finished run. repo_id and sha are None unless it was published; metrics are those of the
    test part by row (onnx_int8, onnx_fp32, zero_shot), empty on all but the main process."""

    run_dir: Path
    repo_id: str | None
    sha: str | None
    metrics: Mapping[str, object]


def train(config: TrainConfig, settings: Settings) -> Result:
    """Train, export, measure and, if asked, publish.

    Raises:
        UserError: anything that its reader can put right; see inference/errors.py.
    """
    processes = Processes(config, settings)
    processes.say(yaml.safe_dump(config.as_dict(), sort_keys=False, allow_unicode=True).rstrip())
    hub = settings.connect()
    repo_id = processes.agree(_preflight(config, hub) if processes.is_main else None)
    with processes.main_first():
        base = bases.find(config, hub)
        splits = data.prepare(config, hub)
    results.refuse_incomplete_descriptions(config, splits.labels)
    processes.say(_describe(splits, config, processes))
    identity = _identity(config, splits, base, processes)
    run = RunFolder.open(Path(config.output_dir), identity)
    if processes.is_main:
        run.hold()
    fitted = weights_of.make(config, splits, base, run, processes)
    processes.part()
    if not processes.is_main:
        return Result(run.path, None, None, {})
    weights = fitted["weights_sha256"]
    exported = _export(run, splits, weights)
    shown_id = repo_id or config.hub_model_id or run.path.name
    figures = results.measure(run, weights, shown_id, splits, config, base, settings.threads)
    receipt.write(
        run.path,
        config,
        data=splits.receipt(),
        base={"repo_id": base.repo_id or base.folder.name, "revision": base.revision},
        fit=fitted,
        export=exported,
        metrics=figures,
    )
    _card(run)
    print(f"the run is in {run.path}", flush=True)
    sha = _publish(run, repo_id, config, hub) if repo_id else None
    return Result(run.path, repo_id, sha, figures)


def _preflight(config: TrainConfig, hub: Hub) -> str | None:
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
        f"texts in a step: {config.texts_in_a_step(processes.count)}"
    )
    return "\n".join(lines)


def _identity(
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


def _export(run: RunFolder, splits: Splits, weights: object) -> dict[str, object]:
    done = run.find("export", weights)
    if done is None:
        print("exporting to ONNX", flush=True)
        bundle = bundles.load(run.path)
        texts = [bundle.compose(example.fields) for example in splits.validation]
        done = asdict(export.export(run.path, texts, validation=splits.validation))
        golden.write(run.path, _GOLDEN_TEXTS)
        run.record("export", weights, done)
    return done


def _card(run: RunFolder) -> None:
    key = sha256_of(run.path / receipt.FILE_NAME)
    if run.find("card", key) is None or not (run.path / card.FILE_NAME).exists():
        card.write_card(run.path)
        run.record("card", key, {})


def _publish(run: RunFolder, repo_id: str, config: TrainConfig, hub: Hub) -> str:
    content = sha256_of(run.path / receipt.FILE_NAME)  # which holds the weights' sha256
    key = [hub.endpoint, repo_id, config.hub_private, config.hub_tag, content]
    done = run.find("publish", key)
    if done is None or not hub.exists(repo_id, str(done["sha"])):
        print(f"publishing {repo_id}", flush=True)
        try:
            published = publish.publish(
                run.path, repo_id, hub, private=config.hub_private, tag=config.hub_tag
            )
        except UserError as error:
            again = f"python -m training.publish {run.path} --hub_model_id {repo_id}"
            raise type(error)(f"{error} (the model is safe; to publish it: {again})") from error
        done = {"sha": published.sha, "url": published.url}
        run.record("publish", key, done)
    print(f"published {repo_id} at {done['sha']}: {done['url']}", flush=True)
    return str(done["sha"])


def main() -> None:
    """The command line."""
    transformers_logging.set_verbosity_error()  # "newly initialized" is meant
    transformers_logging.disable_progress_bar()
    config = parse()
    try:
        train(config, settings_of.load())
    except UserError:
        if not loop.is_main_process():
            raise SystemExit(1) from None  # the main process has said it
        raise


if __name__ == "__main__":
    run_command(main)
