"""Token ids -> numbers by torch and transformers, for model folders that ship no ONNX file.

Imported on demand, as torch takes seconds to load.

Letters: B windows of a batch, T tokens, C labels, H hidden.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from inference.core.errors import ModelError
from inference.models import encoder, pretrained
from inference.models.windows import Batching


class TorchEngine:
    """One model on one device; safe to run from several threads at once."""

    batching = Batching(tokens=1024)  # one at a time: torch spreads a batch over its own threads

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
    model, missing = pretrained.load(kind, folder)
    missing = [name for name in missing if "pooler" not in name]
    if missing:
        raise ModelError(
            f"the weights in {folder} lack {', '.join(missing[:5])}; a model without a trained "
            "classification head can only be compared in the role zero-shot"
        )
    if output == "logits":
        # states (B, T, H) -> (B, 1, H) in the top layer, where the head reads no more
        encoder.compute_first_token_only(model)
    return model


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
