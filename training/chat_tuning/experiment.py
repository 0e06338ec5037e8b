"""One training with its held-out loss before and after: what a run is.

Owns the way from dialogues and a base model to a trained adapter and its losses, in one folder
whose finished stages are not done again. What is reported of it is report.py's.

Try: python -m training.chat --train_file dialogues.jsonl --max_steps 60
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from transformers import PreTrainedModel

from inference.core.errors import DataError
from training.chat_tuning import adapters, corpus, held_out
from training.chat_tuning.adapters import PeftModel
from training.chat_tuning.base import ChatBase, load_chat_model, make_reader
from training.chat_tuning.batches import EncodedDialogues, encode_dialogues
from training.chat_tuning.corpus import Corpus
from training.chat_tuning.held_out import Losses
from training.chat_tuning.template import Reader
from training.chat_tuning.weights import fit_adapter
from training.run.run_folder import RunFolder
from training.settings.chat_config import ChatConfig
from training.settings.model_config import ChatModelConfig
from training.trainer.processes import Processes


@dataclass(frozen=True)
class PreparedChatRun:
    """What a training starts from; model has fresh adapters, encoded are the parts by name."""

    corpus: Corpus
    base: ChatBase
    reader: Reader
    model: PeftModel
    encoded: Mapping[str, EncodedDialogues]

    @property
    def plain(self) -> PreTrainedModel:
        """The causal language model itself, with the adapters inside its layers."""
        inner = self.model.get_base_model()
        assert isinstance(inner, PreTrainedModel), type(inner)
        return inner


@dataclass(frozen=True)
class Trained:
    """A finished training. fit: what run.json says of it; base, tuned: losses on held-out ones.

    rows: which dialogues of the test part these are the losses of, by their places in it.
    """

    ready: PreparedChatRun
    run: RunFolder
    fit: Mapping[str, object]
    base: Losses
    tuned: Losses
    rows: tuple[int, ...]


def run(config: ChatConfig, read: Corpus, base: ChatBase, processes: Processes) -> Trained:
    """Train into the output_dir and measure, as far as that is not done yet.

    Raises:
        ConfigError, ModelError, DataError: as prepare() and weights.make() do.
    """
    identity = identity_of(config, read, base, processes)
    folder = RunFolder.open(Path(config.trainer.output_dir), identity)
    folder.hold()
    ready = prepare(config.model, read, base, seed=config.trainer.seed)
    processes.say(describe(ready, config.trainer.texts_in_a_step(1), processes))
    parts = (ready.encoded["train"], ready.encoded["validation"])
    fit = fit_adapter(config.trainer, ready.model, parts, base, ready.reader, folder, processes)
    test = ready.encoded["test"]
    measured = folder.find("held out", fit["weights_sha256"])
    if measured is None:
        measured = _measure(ready, config.trainer.per_device_eval_batch_size, processes)
        folder.record("held out", fit["weights_sha256"], measured)
    processes.release()
    counts, before, after = (np.array(measured[name]) for name in ("tokens", "base", "tuned"))
    return Trained(ready, folder, fit, Losses(before, counts), Losses(after, counts), test.places)


def prepare(config: ChatModelConfig, read: Corpus, base: ChatBase, *, seed: int) -> PreparedChatRun:
    """The base model with fresh adapters, and the parts as its tokens.

    Raises:
        ModelError, ConfigError: the model cannot be loaded, adapted or spoken to.
        DataError: no dialogue of a part has an answer within max_seq_length.
    """
    model = load_chat_model(base, quantize=config.quantize_base)
    reader = make_reader(base, config, model)
    # held-out loss counts the end of a turn even where a control does not learn it
    readers = {"test": replace(reader, learns_end=True)}
    encoded = {
        name: encode_dialogues(part, readers.get(name, reader)) for name, part in read.parts.items()
    }
    for name, part in encoded.items():
        if not part.tokens:
            raise DataError(
                f"no dialogue of the {name} part has an answer within {reader.max_tokens} tokens; "
                "use a higher --max_seq_length"
            )
    adapted = adapters.wrap(model, config, seed=seed, repo_id=base.repo_id, revision=base.revision)
    return PreparedChatRun(read, base, reader, adapted, encoded)


def identity_of(
    config: ChatConfig, read: Corpus, base: ChatBase, processes: Processes
) -> dict[str, object]:
    """What two runs must share for their adapters to be the same."""
    return {
        "kind": "chat",
        **config.weights_identity(),
        "paraphrases": 0,  # once a setting: folders made before name it
        "base model": base.weights_sha256,
        "precision": processes.precision,
        **{f"{name} sha256": corpus.content_hash(part) for name, part in read.parts.items()},
    }


def describe(ready: PreparedChatRun, in_a_step: int, processes: Processes) -> str:
    """What is about to be done, in a few lines."""
    read = ready.corpus
    lines = [f"rejected {row}" for row in read.rejected[:5]]
    if len(read.rejected) > len(lines):
        lines.append(f"rejected {len(read.rejected) - len(lines)} more rows, see run.json")
    lines += [f"removed {len(rows)}: {reason}" for reason, rows in read.removed.items() if rows]
    lines += [f"noisy: {len(rows)} rows, {reason}" for reason, rows in read.noisy.items()]
    if read.overlapping:
        lines.append(
            f"note: {len(read.overlapping)} held-out dialogues also lie among those to train on"
        )
    train, validation, test = (ready.encoded[name] for name in ("train", "validation", "test"))
    trained, total = ready.model.get_nb_trainable_parameters()
    lines.append(
        f"{len(train.tokens)} dialogues to train on ({train.learned_tokens} tokens to learn, "
        f"{train.cut} dialogues cut at {ready.reader.max_tokens}), {len(validation.tokens)} to "
        f"validate, {len(test.tokens)} held out"
    )
    lines.append(
        f"{ready.base.repo_id}: {trained:,} of {total:,} weights train; device {processes.device}, "
        f"{processes.precision}, dialogues in a step: {in_a_step}"
    )
    return "\n".join(lines)


def _measure(ready: PreparedChatRun, batch_size: int, processes: Processes) -> dict[str, object]:
    """The held-out losses of base and tuned model, dialogue by dialogue."""
    processes.say(f"measuring on {len(ready.encoded['test'].tokens)} held-out dialogues")
    device = processes.accelerator.device
    ready.model.to(device)

    def losses() -> Losses:
        return held_out.measure(
            ready.model,
            ready.encoded["test"],
            batch_size=batch_size,
            pad_id=ready.reader.pad_id,
            device=device,
        )

    tuned = losses()
    with ready.model.disable_adapter():
        before = losses()
    return {
        "tokens": tuned.counts.tolist(),
        "base": before.sums.tolist(),
        "tuned": tuned.sums.tolist(),
    }
