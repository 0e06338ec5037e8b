"""The optimizer of a run and the course of its learning rate.

Owns AdamW's groups and the length of the schedule; loop.py takes the steps.

Try: python -m training.train --train_file tweets.csv --warmup_ratio 0.1
"""

import math

import torch
from torch.optim.lr_scheduler import LRScheduler
from transformers import get_scheduler

from training.settings.trainer_config import TrainerConfig


def make(
    model: torch.nn.Module, config: TrainerConfig, batches: int, processes: int = 1
) -> tuple[torch.optim.Optimizer, LRScheduler]:
    """AdamW on what trains; the rate rises over warmup_ratio of the steps, then falls to zero.

    `batches` counts the batches of an epoch before accelerate deals them out to processes: it
    steps the scheduler once for each process, so the length must not be divided by them as well.
    """
    steps = config.steps_in_all(math.ceil(batches / config.gradient_accumulation_steps), processes)
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": config.weight_decay},
        # biases and norms
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=config.highest_learning_rate, fused=True)
    scheduler = get_scheduler(
        config.lr_scheduler_type,
        optimizer,
        num_warmup_steps=math.ceil(steps * config.warmup_ratio),
        num_training_steps=steps,
    )
    return optimizer, scheduler
