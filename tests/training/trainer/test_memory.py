"""Memory that is full: recognised, and met with less at once."""

import pytest
import torch
from transformers import BertForSequenceClassification

from inference.core.errors import ModelError
from tests.training.fitting import fit_job, make_job, make_processes
from tests.training.toy import toy_config
from training.run.run_folder import sha256_of
from training.trainer import classification, memory
from training.trainer.checkpoints import Checkpoints, TrainerState, read_trainer_state
from training.trainer.classification import TrainInputs
from training.trainer.progress import History
from training.trainer.task import Fit

pytestmark = pytest.mark.slow


class Greedy(BertForSequenceClassification):
    """Asks for more memory than there is when more than `most` texts come at once in training."""

    most = 3

    def forward(self, input_ids: torch.Tensor, **inputs: torch.Tensor):
        if self.training and len(input_ids) > self.most:
            torch.empty(2**60, dtype=torch.uint8)  # 1 EiB: a real refusal by the allocator
        return super().forward(input_ids, **inputs)


def _greedy(job: TrainInputs, most: int = 3) -> TrainInputs:
    job.model.__class__ = type("Greedy", (Greedy,), {"most": most})
    return job


@pytest.fixture
def processes(tiny_model, tmp_path):
    return make_processes(make_job(tiny_model, tmp_path))


def test_the_words_of_a_full_memory_are_recognised_and_others_are_not():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert memory.is_full(caught.value)
    assert memory.is_full(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"))
    assert memory.is_full(RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"))
    assert not memory.is_full(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_less_at_once_gives_the_steps_and_the_losses_of_all_at_once(tiny_model, tmp_path, capsys):
    def fit(name: str, most: int) -> tuple[Fit, list[float]]:
        job = _greedy(make_job(tiny_model, tmp_path / name, count=100, num_train_epochs=1), most)
        for module in job.model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0  # which texts lose what depends on the batch
        return fit_job(job), [
            line["loss"] for line in History(job.run_dir).lines() if "loss" in line
        ]

    whole, wanted = fit("whole", 8)
    parts, losses = fit("parts", 3)
    assert (whole.batch_size, whole.accumulation_steps) == (8, 1)
    assert (parts.batch_size, parts.accumulation_steps) == (2, 4)
    assert parts.steps == whole.steps == 13
    assert losses == pytest.approx(wanted, rel=1e-3)
    warnings = [line for line in capsys.readouterr().out.splitlines() if "warning" in line]
    assert len(warnings) == 2
    first = "out of memory on cpu with 8 texts at once; carrying on after step 0 with 4 at once"
    assert first in warnings[0]


def test_a_run_that_ran_full_carries_on_from_its_checkpoint_and_is_exact(
    tiny_model, tmp_path, monkeypatch
):
    saved: list[int] = []
    finish = Checkpoints.finish

    def greedy_after_the_first(self, partial, progress):
        finish(self, partial, progress)
        saved.append(progress.step)
        job.model.__class__.most = 3

    monkeypatch.setattr(Checkpoints, "finish", greedy_after_the_first)
    hashes = []
    for name in ("once", "again"):
        saved.clear()
        job = _greedy(make_job(tiny_model, tmp_path / name), most=100)
        fit = fit_job(job)
        hashes.append(sha256_of(fit.weights_dir / "model.safetensors"))
        assert saved == sorted(set(saved)), "nothing was done twice but the steps since the last"
        assert (fit.steps, fit.batch_size) == (24, 2)
    assert hashes[0] == hashes[1]
    newest = Checkpoints(tmp_path / "once", {"seed": 42}).find("auto")
    assert read_trainer_state(newest)[0].texts_at_once == 2  # a resumed run need not find out again


def test_accumulation_asked_for_goes_on_as_before_in_parts(tiny_model, tmp_path):
    changes = {"num_train_epochs": 1, "gradient_accumulation_steps": 5}
    fit = fit_job(_greedy(make_job(tiny_model, tmp_path, **changes)))
    assert (fit.steps, fit.batch_size, fit.accumulation_steps) == (3, 2, 20)  # 5 + 5 + 2 batches


def test_not_even_one_text_is_said_with_what_to_do(tiny_model, tmp_path):
    with pytest.raises(ModelError, match="with one text at a time; use a lower --max_seq_length"):
        fit_job(_greedy(make_job(tiny_model, tmp_path), most=0))


def test_any_other_error_ends_the_run(tiny_model, tmp_path):
    job = make_job(tiny_model, tmp_path)
    job.model.classifier = torch.nn.Linear(7, 3)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        fit_job(job)


def test_other_devices_give_way_to_the_cpu_at_one_text(processes, capsys):
    config = toy_config(per_device_train_batch_size=5).trainer
    processes.device = "cuda"
    place = TrainerState(step=7)
    seen = [place]
    for _ in range(4):
        seen.append(memory.retreat(seen[-1], place, config, processes))
    assert [(p.texts_at_once, p.is_on_cpu) for p in seen[1:]] == [
        (3, False),
        (2, False),
        (1, False),
        (5, True),
    ]
    assert "carrying on after step 7 with 5 at once on cpu" in capsys.readouterr().out


def test_several_processes_are_told_the_flags_instead(processes):
    processes.count = 2
    config = toy_config(per_device_train_batch_size=32).trainer
    expected = "--per_device_train_batch_size 16 --gradient_accumulation_steps 2"
    with pytest.raises(ModelError, match=expected):
        memory.retreat(TrainerState(), TrainerState(), config, processes)


def test_a_run_that_left_its_device_is_carried_on_without_it(tiny_model, tmp_path):
    job = make_job(tiny_model, tmp_path, num_train_epochs=1)
    fit_job(job)
    path = Checkpoints(tmp_path, job.identity).find("auto") / "progress.json"
    path.write_text(path.read_text().replace('"is_on_cpu": false', '"is_on_cpu": true'))
    processes = make_processes(job)
    processes.device = "cuda"
    assert classification.fit(job, processes).steps == 12
    assert processes.device == "cpu"
