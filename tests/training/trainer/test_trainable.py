"""What of a model trains; the given model stays as it is."""

import pytest
import torch
from transformers import BertModel

from tests.training.fitting import make_job, make_processes
from training.trainer.trainable import make_trainable

LAYERS = 2  # of tiny_model


@pytest.mark.parametrize(
    ("asked", "resting", "is_reduced"),
    [
        ({"freeze_layers": 0}, None, True),
        ({"freeze_layers": 1}, 1, True),
        ({"freeze_layers": LAYERS}, LAYERS, False),  # its top layer's outputs are remembered whole
        ({"lora_r": 4}, None, True),
    ],
)
def test_what_rests_and_what_is_computed(tiny_model, tmp_path, asked, resting, is_reduced):
    job = make_job(tiny_model, tmp_path, **asked)
    model, lower = make_trainable(job.model, job.encoder, make_processes(job), seed=1)
    assert (lower.count if lower else None) == resting
    encoder = next(part for part in model.modules() if isinstance(part, BertModel))
    hidden = torch.zeros(1, 5, model.config.hidden_size)
    assert encoder.encoder.layer[-1](hidden).shape[1] == (1 if is_reduced else 5)


@pytest.mark.parametrize("asked", [{"freeze_layers": 1}, {"lora_r": 4}])
def test_the_given_model_stays_as_it_is(tiny_model, tmp_path, asked):
    job = make_job(tiny_model, tmp_path, **asked)
    parts = [(name, type(part), part.forward) for name, part in job.model.named_modules()]
    model, _ = make_trainable(job.model, job.encoder, make_processes(job), seed=1)
    assert model is not job.model
    assert all(parameter.requires_grad for parameter in job.model.parameters())
    found = [(name, type(part), part.forward) for name, part in job.model.named_modules()]
    assert found == parts
