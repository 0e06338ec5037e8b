"""The weights of a run: trained unless they are there, saved with tokenizer and bundle.

Owns the first stage: from divided examples and a base model to a folder that from_pretrained
loads. The training itself is classification.py, and what any such stage does fit_stage.py.

Try: python -m training.train --train_file tweets.csv --num_train_epochs 1
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from inference.core.errors import ModelError
from inference.data.records import Example
from inference.models.bundle import Bundle, load_bundle, save_bundle
from training.data.batches import EncodedExamples, encode_examples
from training.data.data import Splits, split_hash
from training.data.splits import label_matrix
from training.run.run_folder import RunFolder
from training.settings.config import TrainConfig
from training.settings.data_config import LabelledDataConfig
from training.trainer import classification, head, mean_pooling
from training.trainer.base import Base, load_model, load_tokenizer
from training.trainer.classification import TrainInputs
from training.trainer.fit_stage import find_weights, keep_weights
from training.trainer.processes import Processes
from training.trainer.progress import Observer

WEIGHTS = "model.safetensors"
TokenCache = dict[tuple[str, int, bool], EncodedExamples]
"""Tokenised parts by sha256 of the part, tokens of a text and whether it has windows, for runs on
the same data."""


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
    done = find_weights(run, WEIGHTS, processes)
    if done is not None:
        return done
    encoder, problem_type, seed = config.model, splits.problem_type, config.trainer.seed
    tokenizer = load_tokenizer(base)
    pad_id = int(tokenizer.pad_token_id)
    bundle = _bundle(config.data, encoder.max_seq_length, splits, tokenizer)
    known = {} if tokens is None else tokens
    train, validation = _tokenised(splits, bundle, tokenizer, known, encoder.long_texts)
    model = load_model(base, splits.labels, problem_type, seed=seed)
    choose_pooling(model, encoder.pooling)
    device, start = processes.device, encoder.head_start
    head.start(model, train, pad_id, config.trainer, problem_type, device, head_start=start)
    job = TrainInputs(
        config=config.trainer,
        run_dir=run.path,
        identity=run.identity,
        encoder=encoder,
        model=model,
        train=train,
        validation=validation,
        pad_id=pad_id,
        problem_type=problem_type,
    )
    fit = classification.fit(job, processes, observers)

    def save_rest() -> None:
        _save_reading(tokenizer, bundle, run.path)
        load_bundle(run.path)  # raises if the files contradict each other

    return keep_weights(fit, WEIGHTS, save_rest, run, config.trainer, processes)


def write_frozen(
    config: TrainConfig, splits: Splits, base: Base, folder: Path, device: str, most_texts: int
) -> None:
    """Write the pretrained model under a head fitted to what it gives: no layer of it is trained.

    The head reads the mean of all tokens where the model was made for it. What is written is a
    model like any other: weights, tokenizer and bundle. most_texts: it is fitted to no more.
    """
    tokenizer = load_tokenizer(base)
    pad_id = int(tokenizer.pad_token_id)
    bundle = _bundle(config.data, config.model.max_seq_length, splits, tokenizer)
    train, _ = _tokenised(splits, bundle, tokenizer, {}, config.model.long_texts)
    problem_type, seed = splits.problem_type, config.trainer.seed
    model = load_model(base, splits.labels, problem_type, seed=seed)
    if mean_pooling.wants_mean(base.folder):
        mean_pooling.add_mean_pooling(model)
    head.start(
        model,
        train,
        pad_id,
        config.trainer,
        problem_type,
        device,
        head_start="probe",
        most_texts=most_texts,
    )
    model.cpu().save_pretrained(folder)
    _save_reading(tokenizer, bundle, folder)


def _save_reading(tokenizer: PreTrainedTokenizerBase, bundle: Bundle, folder: Path) -> None:
    """Write how texts are read, the length that was measured for other programs as well."""
    tokenizer.model_max_length = bundle.max_tokens
    tokenizer.save_pretrained(folder)
    save_bundle(bundle, folder)


def choose_pooling(model: PreTrainedModel, pooling: str) -> None:
    """Have a fresh classifier read what the setting says, in place.

    Raises:
        ModelError: mean was asked for, and the family cannot be given it.
    """
    if pooling == "mean" and not mean_pooling.add_mean_pooling(model):
        raise ModelError(
            f"--pooling is mean, but a {model.config.model_type} model cannot be given that with "
            "plain weights; give --pooling cls, or choose a model such as BERT, RoBERTa, XLM-R, "
            "MPNet, DistilBERT or ModernBERT"
        )


def _tokenised(
    splits: Splits,
    bundle: Bundle,
    tokenizer: PreTrainedTokenizerBase,
    known: TokenCache,
    long_texts: str,
) -> tuple[EncodedExamples, EncodedExamples]:
    """The training and the validation part."""
    has_windows = long_texts == "windows"

    def of(part: Sequence[Example]) -> EncodedExamples:
        key = (split_hash(part), bundle.max_tokens, has_windows)
        if key not in known:
            known[key] = encode_examples(
                [bundle.compose(example.fields) for example in part],
                label_matrix(part, splits.labels),
                tokenizer,
                max_tokens=bundle.max_tokens,
                is_multilabel=splits.is_multilabel,
                has_windows=has_windows,
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
    return replace(
        splits.bundle(config),
        field_separator=f" {tokenizer.sep_token} " if several and tokenizer.sep_token else " ",
        max_tokens=min(max_tokens, int(tokenizer.model_max_length)),
        label_names=config.label_names,
    )
