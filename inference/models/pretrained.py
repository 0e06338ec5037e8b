"""Weights as a model of transformers: safetensors only, one model at a time in a process.

While `from_pretrained` runs, transformers 5.23 has `PreTrainedModel.tie_weights` and the
initialisation of torch replaced for the whole process. When two threads load at once, the second
takes the replacement for the original and puts it back at its end: from then on no model has its
embeddings tied, and a chat model answers with a head of random numbers. Hence the lock.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers.utils import logging

from inference.core.errors import ModelError

_LOADING = threading.Lock()


def load(kind: Any, folder: Path) -> tuple[Any, list[str]]:
    """A model of a local folder in float32, and the names of weights that the folder lacks.

    kind: a class of transformers with `from_pretrained`, as AutoModelForCausalLM. What is lacking,
    transformers fills with random numbers. Code in the folder is never run.

    Raises:
        ModelError: the weights cannot be loaded.
    """
    try:
        with _LOADING, _unreported():
            model, loading_info = kind.from_pretrained(
                folder,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                dtype=torch.float32,
                output_loading_info=True,
            )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise ModelError(f"the model in {folder} cannot be loaded ({error})") from None
    return model, sorted(loading_info["missing_keys"])


@contextmanager
def _unreported() -> Iterator[None]:
    """Keep transformers from telling which weights it found: its caller looks at that."""
    level, has_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if has_bar:
            logging.enable_progress_bar()
