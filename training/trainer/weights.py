"""The weights of a run: trained unless they are there, saved with tokenizer and bundle.

Owns the first stage: from divided examples and a base model to a folder that from_pretrained
loads. The training itself is classification.py.

Try: python -m training.train --train_file tweets.csv --num_train_epochs 1
"""

from collections.abc import Sequence
from pathlib import Path

from transformers import PreTrainedTokenizerBase

from inference.core.errors import ConfigError
from inference.data.records import Example
from inference.models.bundle import Bundle, load_bundle, save_bundle
from training.data.batches import EncodedExamples, encode_examples
from training.data.data import Splits, split_hash
from training.data.splits import label_matrix
from training.run import receipt
from training.run.run_folder import RunFolder, sha256_of
from training.settings.config import TrainConfig
from training.settings.data_config import LabelledDataConfig
from training.settings.model_config import EncoderConfig
from training.settings.trainer_config import ClassifierTrainerConfig
from training.trainer import classification, head
from training.trainer.base import Base, load_model, load_tokenizer
from training.trainer.checkpoints import Checkpoints
from training.trainer.classification import TrainInputs
from training.trainer.processes import Processes
from training.trainer.progress import History, Observer
from training.trainer.task import Fit

WEIGHTS = "model.safetensors"
TokenCache = dict[tuple[str, int], EncodedExamples]
"""Tokenised parts by sha256 of the part and tokens of a text, for runs on the same data."""


def fit_weights(
    config: TrainConfig,
    splits: Splits,
    base: Base,
    run: RunFolder,
    processes: Processes,
    *,
    observers: Sequence[Observer] = (),
    tokens: TokenCache | None = None,
) -> dict[str, object]:
    """What run.json says of the weights in the run folder, after training them if need be.

    observers: who else is told how it goes. tokens: of earlier runs; those of this one are added.

    Raises:
        ConfigError: the weights there are not the ones that were recorded.
    """
    done = processes.agree(run.find("fit", "weights"))
    if done is not None:
        _refuse_changed_weights(run.path, str(done["weights_sha256"]))
        processes.say(f"the weights in {run.path} are complete")
    else:
        if processes.is_main:
            run.write()
        tokenizer = load_tokenizer(base)
        bundle = _bundle(config.data, config.model.max_seq_length, splits, tokenizer)
        parts = _tokenised(splits, bundle, tokenizer, {} if tokens is None else tokens)
        job = _job(config.trainer, config.model, splits, base, parts, tokenizer, run, processes)
        fit = classification.fit(job, processes, observers)
        if processes.is_main:
            _save(fit, run.path, bundle, tokenizer)
            done = _record(fit, run.path, config.trainer.seed, processes)
            run.record("fit", "weights", done)
        done = processes.agree(done)
        assert done is not None
    if processes.is_main:
        Checkpoints(run.path, run.identity).discard()
    return done


def _job(
    config: ClassifierTrainerConfig,
    encoder: EncoderConfig,
    splits: Splits,
    base: Base,
    parts: tuple[EncodedExamples, EncodedExamples],
    tokenizer: PreTrainedTokenizerBase,
    run: RunFolder,
    processes: Processes,
) -> TrainInputs:
    model = load_model(base, splits.labels, splits.problem_type, seed=config.seed)
    train, validation = parts
    pad_id = int(tokenizer.pad_token_id)
    head.start(
        model,
        train,
        pad_id,
        config,
        splits.problem_type,
        processes.device,
        head_start=encoder.head_start,
    )
    return TrainInputs(
        config=config,
        encoder=encoder,
        model=model,
        train=train,
        validation=validation,
        pad_id=pad_id,
        problem_type=splits.problem_type,
        run_dir=run.path,
        identity=run.identity,
    )


def _tokenised(
    splits: Splits, bundle: Bundle, tokenizer: PreTrainedTokenizerBase, known: TokenCache
) -> tuple[EncodedExamples, EncodedExamples]:
    """The training and the validation part."""

    def of(part: Sequence[Example]) -> EncodedExamples:
        key = (split_hash(part), bundle.max_tokens)
        if key not in known:
            known[key] = encode_examples(
                [bundle.compose(example.fields) for example in part],
                label_matrix(part, splits.labels),
                tokenizer,
                max_tokens=bundle.max_tokens,
                is_multilabel=splits.is_multilabel,
            )
        return known[key]

    return of(splits.train), of(splits.validation)


def _bundle(
    config: LabelledDataConfig,
    max_tokens: int,
    splits: Splits,
    tokenizer: PreTrainedTokenizerBase,
) -> Bundle:
    several = len(config.text_fields) > 1
    return Bundle(
        labels=splits.labels,
        problem_type=splits.problem_type,
        text_fields=config.text_fields,
        field_separator=f" {tokenizer.sep_token} " if several and tokenizer.sep_token else " ",
        max_tokens=min(max_tokens, int(tokenizer.model_max_length)),
        json_fields=config.json_fields,
        label_names=config.label_names,
        match_fields=config.match_fields,
    )


def _save(fit: Fit, run_dir: Path, bundle: Bundle, tokenizer: PreTrainedTokenizerBase) -> None:
    """Put the best weights, the tokenizer and the bundle into the run folder."""
    for path in fit.weights_dir.iterdir():
        partial = run_dir / f".{path.name}.partial"
        partial.write_bytes(path.read_bytes())
        partial.replace(run_dir / path.name)
    tokenizer.save_pretrained(run_dir)
    save_bundle(bundle, run_dir)
    load_bundle(run_dir)  # raises if the files contradict each other


def _record(fit: Fit, run_dir: Path, seed: int, processes: Processes) -> dict[str, object]:
    course = fit.as_dict()
    validations = [
        line
        for line in History(run_dir).lines()
        if any(name.startswith("validation_") for name in line)
    ]
    return {
        "weights_sha256": sha256_of(run_dir / WEIGHTS),
        "versions": receipt.versions(),
        "device": {
            "type": processes.device,
            "precision": processes.precision,
            "processes": processes.count,
        },
        "seeds": {"seed": seed},
        "training": course,
        "history": validations,
    }


def _refuse_changed_weights(run_dir: Path, expected: str) -> None:
    path = run_dir / WEIGHTS
    seen = sha256_of(path) if path.exists() else "missing"
    if seen != expected:
        raise ConfigError(
            f"{path} is not what training wrote (sha256 {seen}, expected {expected}); choose "
            f"another --output_dir, or delete that folder to train again"
        )
