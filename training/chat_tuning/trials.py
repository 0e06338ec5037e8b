"""Trainings beside a run that answer one question each: what did a lever do, what costs a base?

Owns the two tables of a report that cost a training a row: the levers of the data (copies, noise,
paraphrases), each against the data as it was given; and another base model for the same steps. All
is measured on the held-out dialogues of the run. A training on the same dialogues is done once.

Try: python -m training.chat --train_file dialogues.jsonl --measure_levers
"""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from hub.client import Hub
from inference.core.errors import ConfigError
from training.chat_tuning import corpus, experiment, held_out, paraphrasing
from training.chat_tuning.base import ChatBase, find_chat_base
from training.chat_tuning.corpus import content_hash
from training.chat_tuning.experiment import Trained
from training.settings.chat_config import ChatConfig
from training.trainer.processes import Processes

FOLDER = "trials"
_PARAPHRASES = 50
_LEVERS: Mapping[str, Mapping[str, object]] = {
    "as given": {"duplicates": "keep", "noisy": "keep"},
    "exact copies removed": {"duplicates": "exact", "noisy": "keep"},
    "near copies removed": {"duplicates": "near", "noisy": "keep"},
    "noisy rows removed": {"duplicates": "keep", "noisy": "remove"},
}


def levers(
    config: ChatConfig, main: Trained, hub: Hub, processes: Processes
) -> list[dict[str, object]]:
    """A row a lever: dialogues, held-out loss, and its difference to the data as given."""
    if not config.measure_levers:
        return []
    base = main.ready.base
    known = {content_hash(main.ready.corpus.train): main}
    rows: list[dict[str, object]] = []
    reference: Trained | None = None
    for name, changes in _with_paraphrases(config).items():
        there = Path(config.output_dir) / FOLDER / name.replace(" ", "-")
        changed = config.with_values(output_dir=str(there), **{"paraphrases": 0, **changes})
        read = paraphrasing.extend(corpus.prepare(changed), changed, hub, Path(config.output_dir))
        content = content_hash(read.train)
        if content not in known:
            processes.say(f"lever: {name}, {len(read.train)} dialogues to train on")
            known[content] = experiment.run(changed, read, base, processes, is_shown=False)
        trained = known[content]
        reference = reference or trained
        change = held_out.difference(trained.tuned, reference.tuned)
        rows.append(
            {
                "lever": name,
                "dialogues": len(read.train),
                "loss": trained.tuned.loss,
                "difference": {**asdict(change), "verdict": change.verdict}
                if trained is not reference
                else None,
            }
        )
    return rows


def sizes(
    config: ChatConfig, main: Trained, hub: Hub, processes: Processes
) -> list[dict[str, object]]:
    """A row a base model, trained for the same steps: weights, seconds, losses a character."""
    name = config.compare_model_name_or_path
    if name is None:
        return []
    course = _course(main)
    other = find_chat_base(name, config.compare_model_revision, hub)
    if other.weights_sha256 == main.ready.base.weights_sha256:
        raise ConfigError(f"{name} is the base model itself; compare with a smaller or larger one")
    changed = config.with_values(
        model_name_or_path=name,
        model_revision=config.compare_model_revision,
        max_steps=course["steps"],
        output_dir=str(Path(config.output_dir) / FOLDER / "other-base"),
    )
    processes.say(f"the same steps on {name}")
    compared = experiment.run(changed, main.ready.corpus, other, processes)
    return [_size_row(one.ready.base, one) for one in (main, compared)]


def _size_row(base: ChatBase, trained: Trained) -> dict[str, object]:
    course = _course(trained)
    weights, total = trained.ready.model.get_nb_trainable_parameters()
    test = trained.ready.corpus.test
    characters = sum(len(answer) for place in trained.rows for answer in test[place].answers)
    seconds, steps = float(str(course["seconds"])), int(str(course["steps"]))
    return {
        "base": base.repo_id,
        "weights": total - weights,
        "steps": steps,
        "seconds": seconds,
        "seconds_a_step": seconds / max(1, steps),
        "base_loss": trained.base.loss,
        "tuned_loss": trained.tuned.loss,
        # a loss a token does not compare between tokenizers
        "tuned_loss_a_character": float(trained.tuned.sums.sum()) / max(1, characters),
    }


def _course(trained: Trained) -> Mapping[str, object]:
    course = trained.fit["training"]
    assert isinstance(course, Mapping), course
    return course


def _with_paraphrases(config: ChatConfig) -> Mapping[str, Mapping[str, object]]:
    if config.paraphrase_model_name_or_path is None:
        return _LEVERS
    added = config.paraphrases or _PARAPHRASES
    last: Mapping[str, object] = {"duplicates": "keep", "noisy": "keep", "paraphrases": added}
    return {**_LEVERS, f"{added} paraphrases added": last}
