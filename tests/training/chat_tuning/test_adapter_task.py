"""training.chat_tuning.adapter_task: it learns, resumes to one adapter, leaves the base alone."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from inference.core.errors import ConfigError
from inference.core.settings import child_environment, load_settings
from training.chat_tuning import adapters, corpus, experiment, held_out
from training.chat_tuning.base import find_chat_base
from training.run.run_folder import sha256_of
from training.trainer.processes import Processes
from training.trainer.progress import History

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[3]


def trained(config, processes: int = 1):
    settings = load_settings({"DEVICE": "cpu", "CPU_CORES": "1"})
    started = Processes(config.trainer, settings)
    started.count = processes
    base = find_chat_base(config.model.model_name_or_path, "main", settings.connect())
    return experiment.run(
        config, corpus.prepare(config.data, seed=config.trainer.seed), base, started
    )


def adapter_hash(config) -> str:
    return sha256_of(Path(config.trainer.output_dir) / adapters.WEIGHTS)


def test_held_out_loss_falls_and_the_base_weights_stay(settings_for, tiny_chat):
    before = sha256_of(tiny_chat / "model.safetensors")
    done = trained(settings_for(max_steps=40))
    assert done.tuned.loss < 0.7 * done.base.loss, (done.base.loss, done.tuned.loss)
    assert sha256_of(tiny_chat / "model.safetensors") == before


def test_only_adapters_train_and_start_as_nothing(settings_for):
    done = trained(settings_for(max_steps=1))
    names = {name for name, one in done.ready.model.named_parameters() if one.requires_grad}
    assert names and all("lora_" in name for name in names)
    first = History(done.run.path).lines()[0]
    assert first["step"] == 0, "the base model is validated before the first step"


def test_the_layers_to_adapt_can_be_named(settings_for):
    done = trained(settings_for(max_steps=1, lora_targets=("q_proj",)))
    trained_names = [name for name, one in done.ready.model.named_parameters() if one.requires_grad]
    assert {name.split(".lora_")[0].rpartition(".")[2] for name in trained_names} == {"q_proj"}


def test_targets_that_fit_no_layer_are_refused_with_those_there_are(settings_for):
    with pytest.raises(ConfigError, match="lora_targets query fit no layer.*q_proj"):
        trained(settings_for(lora_targets=("query",)))


def test_the_same_settings_give_the_same_adapter_and_others_do_not(settings_for, tmp_path):
    configs = [
        settings_for(output_dir=str(tmp_path / name), lora_dropout=0.1, seed=seed)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    for config in configs:
        trained(config)
    one, same, other = map(adapter_hash, configs)
    assert one == same != other


def test_accumulated_batches_step_as_one_large_batch(settings_for, tmp_path):
    """Each learned token weighs the same, however the dialogues are dealt out to batches."""
    whole = settings_for(
        output_dir=str(tmp_path / "w"), per_device_train_batch_size=48, max_steps=3
    )
    parts = whole.with_values(
        output_dir=str(tmp_path / "p"),
        per_device_train_batch_size=13,
        gradient_accumulation_steps=3,  # 39 dialogues are left to train on
    )
    one, other = trained(whole), trained(parts)
    assert other.tuned.sums == pytest.approx(one.tuned.sums, rel=1e-3)


def test_memory_for_half_a_batch_gives_the_same_steps(settings_for, tmp_path, monkeypatch):
    from training.chat_tuning import adapter_task

    real = adapter_task.answer_losses

    def short_of_memory(model, batch):
        if torch.is_grad_enabled() and len(batch["rows"]) > 2:
            raise RuntimeError("out of memory")
        return real(model, batch)

    whole = trained(settings_for(output_dir=str(tmp_path / "w")))
    monkeypatch.setattr(adapter_task, "answer_losses", short_of_memory)
    halved = trained(settings_for(output_dir=str(tmp_path / "h")))
    assert halved.fit["training"]["batch_size"] == 2
    assert halved.tuned.sums == pytest.approx(whole.tuned.sums, rel=1e-3)


def test_early_stopping_ends_before_the_last_step(settings_for):
    done = trained(
        settings_for(max_steps=60, eval_steps=2, early_stopping_patience=2, learning_rate=0.5)
    )
    assert done.fit["training"]["steps"] < 60


def test_one_epoch_is_every_dialogue_once(settings_for):
    done = trained(settings_for(max_steps=None, num_train_epochs=1))
    assert done.fit["training"]["steps"] == -(-len(done.ready.corpus.train) // 4)
    assert done.fit["training"]["epochs"] == 1.0


def test_a_finished_run_is_not_trained_again_and_other_settings_are_refused(settings_for):
    config = settings_for()
    trained(config)
    written = (Path(config.trainer.output_dir) / adapters.WEIGHTS).stat().st_mtime_ns
    trained(config)
    assert (Path(config.trainer.output_dir) / adapters.WEIGHTS).stat().st_mtime_ns == written
    with pytest.raises(ConfigError, match="learning_rate is 0.01 there"):
        trained(config.with_values(learning_rate=0.1))


def test_after_training_in_bf16_the_model_computes_as_its_files_do(settings_for):
    settings = settings_for(mixed_precision="bf16", max_steps=2)
    first, from_files = trained(settings), trained(settings)
    assert from_files.fit == first.fit  # not trained again
    seen = [
        held_out.measure(
            one.ready.model,
            one.ready.encoded["test"],
            batch_size=1,
            pad_id=one.ready.reader.pad_id,
            device="cpu",
        )
        for one in (first, from_files)
    ]
    assert seen[0].sums == pytest.approx(seen[1].sums, abs=1e-5)


def test_gradient_checkpointing_computes_the_same(settings_for, tmp_path):
    plain = trained(settings_for(output_dir=str(tmp_path / "a")))
    saving = trained(settings_for(output_dir=str(tmp_path / "b"), gradient_checkpointing=True))
    assert saving.tuned.sums == pytest.approx(plain.tuned.sums, rel=1e-4)


def test_several_processes_are_refused_before_a_step_is_taken(settings_for):
    config = settings_for()
    with pytest.raises(ConfigError, match="trains in one process, but 2 were started"):
        trained(config, processes=2)
    folder = Path(config.trainer.output_dir)
    assert not any(line["step"] for line in History(folder).lines())
    assert not list(folder.glob("**/*.safetensors"))


def test_a_killed_run_goes_on_to_the_same_adapter(settings_for, tmp_path):
    """kill -9 in mid-training, then the same command again: the adapter of a run in one piece."""
    flags = {
        "train_file": None, "model_name_or_path": None, "mixed_precision": None,
        "max_seq_length": 96, "max_steps": 60,
        "eval_steps": 20, "save_steps": 5, "learning_rate": 0.01, "lora_r": 4, "lora_dropout": 0.1,
        "answer_prompts": 0,
    }  # fmt: skip
    config = settings_for(**{name: value for name, value in flags.items() if value is not None})
    command = [sys.executable, "-m", "training.chat", "--output_dir", config.trainer.output_dir]
    for name in flags:
        command += [f"--{name}", str(config.value(name))]
    environment = child_environment(CPU_CORES="1", PYTHONPATH=str(PROJECT))
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    checkpoints = Path(config.trainer.output_dir) / "checkpoints"
    deadline = time.monotonic() + 120
    while not list(checkpoints.glob("step-*/progress.json")):
        assert process.poll() is None and time.monotonic() < deadline, "no checkpoint came"
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (Path(config.trainer.output_dir) / adapters.WEIGHTS).exists(), (
        "it was not in mid-training"
    )
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    whole = config.with_values(output_dir=str(tmp_path / "whole"))
    trained(whole)
    assert adapter_hash(config) == adapter_hash(whole)
