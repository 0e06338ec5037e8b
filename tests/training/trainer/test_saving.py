"""What is saved of a model in training is a plain model that computes the same."""

import pytest
import torch
from transformers import AutoModelForSequenceClassification

from tests.training.fitting import make_job, make_processes
from training.trainer import lora, saving


@pytest.mark.parametrize("rank", [None, 4])
def test_what_is_saved_loads_without_a_trace_of_training(tiny_model, tmp_path, rank):
    job = make_job(tiny_model, tmp_path / "run", lora_r=rank)
    processes = make_processes(job)
    model = job.model if rank is None else lora.wrap(job.model, job.encoder, seed=job.config.seed)
    prepared = processes.accelerator.prepare(model.eval())
    save = saving.whole(prepared, processes, has_adapters=rank is not None)
    save(tmp_path / "saved")
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path / "saved").eval()
    ids = torch.tensor([[2, 9, 11, 3]])
    with torch.no_grad():
        assert torch.allclose(loaded(ids).logits, prepared(ids).logits, atol=1e-5)
    assert not [name for name in loaded.state_dict() if "lora" in name]
