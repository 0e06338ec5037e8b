"""The adapter of a run: trained unless it is there, saved with tokenizer, template and chat.json.

Owns the first stage: from encoded dialogues and a base model to a folder that peft loads. The
training itself is adapter_task.py.

Try: python -m training.chat --train_file dialogues.jsonl --max_steps 60
"""

from transformers import GenerationConfig, PreTrainedModel

from inference.chat import chat_bundle
from inference.chat.chat_bundle import ChatBundle
from inference.core.errors import ConfigError
from training.chat_tuning import adapter_task, adapters
from training.chat_tuning.adapter_task import ChatTrainInputs
from training.chat_tuning.adapters import PeftModel
from training.chat_tuning.base import ChatBase
from training.chat_tuning.batches import EncodedDialogues
from training.chat_tuning.template import Reader
from training.run import receipt
from training.run.run_folder import RunFolder, sha256_of
from training.settings.trainer_config import ChatTrainerConfig
from training.trainer.checkpoints import Checkpoints
from training.trainer.processes import Processes
from training.trainer.progress import History
from training.trainer.task import Fit


def fit_adapter(
    config: ChatTrainerConfig,
    model: PeftModel,
    parts: tuple[EncodedDialogues, EncodedDialogues],
    base: ChatBase,
    reader: Reader,
    run: RunFolder,
    processes: Processes,
) -> dict[str, object]:
    """What run.json says of the adapter in the run folder, after training it if need be.

    parts: to train on and to validate on. The model then holds the adapter of the best validation.

    Raises:
        ConfigError: the adapter there is not the one that was recorded.
    """
    done = run.find("fit", "weights")
    path = run.path / adapters.WEIGHTS
    if done is None:
        run.write()
        job = ChatTrainInputs(
            config=config,
            model=model,
            train=parts[0],
            validation=parts[1],
            pad_id=reader.pad_id,
            run_dir=run.path,
            identity=run.identity,
        )
        fit = adapter_task.fit(job, processes)
        _save(fit, base, reader, model, run)
        done = _record(fit, config, run, processes)
        run.record("fit", "weights", done)
    else:
        seen = sha256_of(path) if path.exists() else "missing"
        if seen != done["weights_sha256"]:
            raise ConfigError(
                f"{path} is not what training wrote (sha256 {seen}, expected "
                f"{done['weights_sha256']}); choose another --output_dir, or delete that folder to "
                "train again"
            )
        processes.say(f"the adapter in {run.path} is complete")
    Checkpoints(run.path, run.identity).discard()
    adapters.read(model, run.path)
    return done


def _save(fit: Fit, base: ChatBase, reader: Reader, model: PeftModel, run: RunFolder) -> None:
    """Put the best adapter, the tokenizer and what a chat needs to know into the run folder."""
    for path in fit.weights_dir.iterdir():
        partial = run.path / f".{path.name}.partial"
        partial.write_bytes(path.read_bytes())
        partial.replace(run.path / path.name)
    reader.tokenizer.save_pretrained(run.path)
    plain = model.get_base_model()
    assert isinstance(plain, PreTrainedModel), type(plain)
    generation = plain.generation_config or GenerationConfig()
    generation.eos_token_id = list(reader.end_of_turn)
    generation.pad_token_id = reader.pad_id
    generation.save_pretrained(run.path)
    limit = getattr(plain.config, "max_position_embeddings", reader.max_tokens)
    bundle = ChatBundle(
        base=chat_bundle.BaseReference(base.repo_id, base.revision, base.weights_sha256),
        system_prompt=reader.system_prompt,
        max_length=int(limit),
        end_of_turn=reader.end_of_turn,
    )
    chat_bundle.save(bundle, run.path)


def _record(
    fit: Fit, config: ChatTrainerConfig, run: RunFolder, processes: Processes
) -> dict[str, object]:
    validations = [line for line in History(run.path).lines() if "validation_loss" in line]
    return {
        "weights_sha256": sha256_of(run.path / adapters.WEIGHTS),
        "versions": receipt.versions(),
        "device": {"type": processes.device, "precision": processes.precision, "processes": 1},
        "seeds": {"seed": config.seed},
        "training": fit.as_dict(),
        "history": validations,
    }
