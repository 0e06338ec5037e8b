"""A short training of the tiny model on toy tweets, without the stages around it."""

from pathlib import Path

from inference.core.settings import load_settings
from inference.data.problem_types import MULTI, SINGLE
from tests.tiny import make_tokenizer
from tests.training.toy import toy_config, toy_examples
from training.data.batches import encode_examples
from training.data.splits import label_matrix
from training.trainer import base, classification
from training.trainer.base import Base
from training.trainer.classification import TrainInputs
from training.trainer.processes import Processes
from training.trainer.task import Fit

LABELS = ("negative", "neutral", "positive")


def make_job(
    folder: Path, run_dir: Path, count: int = 96, problem: str = SINGLE, **changes: object
) -> TrainInputs:
    """What fit() takes: `count` texts to train on and 48 to validate, the model of `folder`."""
    run_dir.mkdir(exist_ok=True)
    config = toy_config(**changes)
    parts = []
    for examples in (toy_examples(count), toy_examples(48, seed=9)):
        texts = [example.fields["text"] for example in examples]
        matrix = label_matrix(examples, LABELS)
        tokenizer = make_tokenizer()
        parts.append(
            encode_examples(
                texts,
                matrix,
                tokenizer,
                max_tokens=config.model.max_seq_length,
                is_multilabel=problem == MULTI,
                has_windows=config.model.long_texts == "windows",
            )
        )
    return TrainInputs(
        config=config.trainer,
        encoder=config.model,
        model=base.load_model(Base(folder, "", ""), LABELS, problem, seed=1),
        train=parts[0],
        validation=parts[1],
        pad_id=0,
        problem_type=problem,
        run_dir=run_dir,
        identity={"seed": 42},
    )


def make_processes(job: TrainInputs) -> Processes:
    """One process on one core."""
    environ = {"CPU_CORES": "1", "DEVICE": "cpu", "HF_HOME": "unused"}
    return Processes(job.config, load_settings(environ))


def fit_job(job: TrainInputs) -> Fit:
    """Train it."""
    return classification.fit(job, make_processes(job))
