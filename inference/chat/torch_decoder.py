"""Any causal model that transformers knows: tokens in, logits of the next one out, by torch.

For the families that onnx_decoder.py cannot compute, and for a GPU.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, DynamicCache

from inference.chat.weights import ADAPTER_CONFIG, Weights
from inference.core.errors import ModelError
from inference.models import pretrained


class TorchDecoder:
    """One model and one conversation; not to be used by two threads at once."""

    def __init__(
        self, folder: Path, adapter: Path | None, positions: int, threads: int, device: str = "cpu"
    ) -> None:
        """Load the model and merge the adapter.

        threads: torch has one pool for the whole process; 0 leaves it as it is.

        Raises:
            ModelError: the weights cannot be loaded, or the adapter is of another model.
        """
        if threads:
            torch.set_num_threads(threads)
        weights = Weights(folder, adapter)
        weights.check_adapter()
        self._device = torch.device(device)
        self._model = _load(folder)
        if adapter is not None:
            _merge(self._model, weights)
        self._model = self._model.to(self._device).eval()
        self._cache = DynamicCache(config=self._model.config)
        self.positions = positions
        self.size_bytes = sum(path.stat().st_size for path in folder.glob("*.safetensors"))

    def extend(self, ids: Sequence[int], kept: int) -> NDArray[np.float32]:
        """Read tokens after the first `kept` of those read before; (V,) logits of the next one."""
        assert ids and kept + len(ids) <= self.positions, (len(ids), kept, self.positions)
        surplus = self._cache.get_seq_length() - kept
        if surplus:
            self._cache.crop(-surplus)
        with torch.inference_mode():
            answer = self._model(
                input_ids=torch.tensor([ids], device=self._device),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
            )
            logits: NDArray[np.float32] = answer.logits[0, -1].float().cpu().numpy()
        return logits


def _load(folder: Path) -> Any:
    model, missing = pretrained.load(AutoModelForCausalLM, folder)
    if missing:
        raise ModelError(f"the weights in {folder} lack {', '.join(missing[:5])}")
    return model


def _merge(model: Any, weights: Weights) -> None:
    """Add the adapter to every weight that it is about."""
    parameters = dict(model.named_parameters())
    for name in sorted(weights.adapted):
        if name not in parameters:
            raise ModelError(f"{ADAPTER_CONFIG}: the model has no weight {name} to adapt")
        with torch.no_grad():
            parameters[name].copy_(torch.from_numpy(weights[name]))
