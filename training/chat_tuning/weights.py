"""The adapter of a run: trained unless it is there, saved with tokenizer, template and chat.json.

Owns the first stage: from encoded dialogues and a base model to a folder that peft loads. The
training itself is adapter_task.py, and what any such stage does training/trainer/fit_stage.py.

Try: python -m training.chat --train_file dialogues.jsonl --max_steps 60
"""

from transformers import GenerationConfig, PreTrainedModel

from inference.chat import chat_bundle
from inference.chat.chat_bundle import ChatBundle
from training.chat_tuning import adapter_task, adapters
from training.chat_tuning.adapter_task import ChatTrainInputs
from training.chat_tuning.adapters import PeftModel
from training.chat_tuning.base import ChatBase
from training.chat_tuning.batches import EncodedDialogues
from training.chat_tuning.template import Reader
from training.run.run_folder import RunFolder
from training.settings.trainer_config import ChatTrainerConfig
from training.trainer.fit_stage import find_weights, keep_weights
from training.trainer.processes import Processes


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
    done = find_weights(run, adapters.WEIGHTS, processes)
    if done is None:
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

        def save_rest() -> None:
            _save_rest(base, reader, model, run)

        done = keep_weights(fit, adapters.WEIGHTS, save_rest, run, config, processes)
    adapters.read(model, run.path)
    return done


def _save_rest(base: ChatBase, reader: Reader, model: PeftModel, run: RunFolder) -> None:
    """Put the tokenizer and what a chat needs to know into the run folder."""
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
