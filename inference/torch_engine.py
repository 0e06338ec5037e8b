"""Token ids -> numbers by torch and transformers, for model folders that ship no ONNX file.

The only module of this package that imports torch, and it is itself imported on demand. Weights are
read from safetensors only, from the local folder only, and code in a repo is never run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

from inference.errors import ModelError


class TorchEngine:
    """One model on one device; safe to run from several threads at once."""

    batch_tokens = 1024
    workers = 1  # torch spreads one batch over its own threads

    def __init__(self, folder: Path, *, output: str, threads: int, device: str = "cpu") -> None:
        """Load the model; `output` is "logits" (a classifier) or "last_hidden_state" (an encoder).

        threads: torch has one pool for the whole process; 0 leaves it as it is.
        device: "cpu", "cuda", "mps", or "auto" for the best that is there.

        Raises:
            ModelError: no safetensors weights, or weights that lack a part of the model.
        """
        if threads:
            torch.set_num_threads(threads)
        weights = sorted(folder.glob("*.safetensors"))
        if not weights:
            raise ModelError(
                f"{folder} has neither an ONNX file nor safetensors weights; pickled weights are "
                "never loaded. Choose a revision of the repo that has model.safetensors."
            )
        self._output = output
        self._device = torch.device(_best_device() if device == "auto" else device)
        self._model = _load_model(folder, output).to(self._device).eval()
        self.size_bytes = sum(path.stat().st_size for path in weights)

    def run(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Return the output for (B, T) ids and mask: (B, C) logits or (B, T, H) hidden states."""
        with torch.inference_mode():
            result = self._model(
                input_ids=torch.from_numpy(input_ids).to(self._device),
                attention_mask=torch.from_numpy(attention_mask).to(self._device),
            )
            array: NDArray[np.float32] = getattr(result, self._output).float().cpu().numpy()
        return array


def convert_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer of a repo that has only the older files (vocab.txt, merges.txt).

    Raises:
        ModelError: transformers cannot make one of the files that are there.
    """
    try:
        loaded = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        return loaded.backend_tokenizer
    except (OSError, ValueError, AttributeError, ImportError) as error:
        raise ModelError(f"the tokenizer in {folder} cannot be read ({error})") from None


def _load_model(folder: Path, output: str) -> Any:
    kind = AutoModelForSequenceClassification if output == "logits" else AutoModel
    try:
        with _unreported():
            model, found = kind.from_pretrained(
                folder,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                dtype=torch.float32,
                output_loading_info=True,
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"the model in {folder} cannot be loaded ({error})") from None
    # transformers fills a missing head with random numbers and only warns
    missing = sorted(name for name in found["missing_keys"] if "pooler" not in name)
    if missing:
        raise ModelError(
            f"the weights in {folder} lack {', '.join(missing[:5])}; a model without a trained "
            "classification head can only be compared in the role zero-shot"
        )
    return model


@contextmanager
def _unreported() -> Iterator[None]:
    """Keep transformers from telling which weights it found: that is looked at here."""
    level, has_bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if has_bar:
            logging.enable_progress_bar()


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
