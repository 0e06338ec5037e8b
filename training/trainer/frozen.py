"""The lowest layers of an encoder, kept as pretrained: each text goes through them only once.

Owns which layers these are, that they neither train nor drop out, and what they make of the
training texts, kept in memory: an epoch then costs the upper layers alone. What half of the layers
cost in quality, and what they save, stands in benchmarks/LOG.md (2026-11-22). Lee et al. 2019,
arXiv:1911.03090, freeze the lower layers of BERT; Liu et al. 2021, arXiv:2102.01386, keep what
frozen layers make.

Letters: N examples, B batch, T tokens, H hidden.

Try: python -m training.train --train_file tweets.csv --freeze_layers 0
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from inference.core.errors import ConfigError
from inference.models.encoder import layers_of
from training.data.batches import Batch

MOST_BYTES = 2 * 1024**3
"""What is remembered takes no more memory than this; some 40,000 tweets in MiniLM's 384 numbers."""


def freeze(model: PreTrainedModel, asked: int | None) -> "Frozen | None":
    """Freeze the lowest layers in place, `asked` or half of them; None where everything trains.

    Raises:
        ConfigError: the model has fewer layers, or none that can be told apart.
    """
    named_layers = layers_of(model)
    depth = len(named_layers[1]) if named_layers else 0
    count = depth // 2 if asked is None else asked
    if count > depth:
        raise ConfigError(
            f"--freeze_layers is {count}, but {type(model).__name__} has {depth} layers that can "
            f"be frozen; give a number from 0 to {depth}"
        )
    return Frozen(model, *named_layers, count) if named_layers and count else None


class Frozen:
    """The embeddings and the lowest `count` layers of a model, and what they make of each text."""

    def __init__(
        self, model: PreTrainedModel, name: str, layers: torch.nn.ModuleList, count: int
    ) -> None:
        self.count, self.of = count, len(layers)
        self._parts = tuple(_lowest(model.base_model, name, count))
        for part in self._parts:
            for parameter in part.parameters(recurse=False):
                parameter.requires_grad_(False)
        self._outputs: torch.Tensor | None = None  # (all tokens of the N texts, H)
        self._starts = np.zeros(1, dtype=np.int64)  # (N + 1,) where each text's tokens begin
        self._is_looking = False
        self._given: torch.Tensor | None = None  # (B, T, H) in place of what the layers would make
        for index, layer in enumerate(layers):
            layer.forward = self._around(index, layer.forward)

    def rest(self) -> None:
        """Drop nothing out below; to be called after model.train()."""
        for part in self._parts:
            part.training = False

    def remember(
        self, model: torch.nn.Module, batches: Iterable[Batch], lengths: NDArray[np.int64]
    ) -> bool:
        """Compute what the layers make of all texts; False where each step has to do it itself.

        That is where it would take more than MOST_BYTES, where weights that train are in use below
        as well (relative positions that all layers share), or where a layer gives more than one
        (B, T, H) tensor. The same batches give the same numbers, so that a run that carries on
        remembers what it did before.

        model: what computes it, with the precision of the training. lengths: (N,) tokens.
        """
        starts = np.concatenate([[0], np.cumsum(lengths)])
        outputs: torch.Tensor | None = None
        model.eval()
        for batch in batches:
            rows = batch["rows"].numpy()
            seen = self._look(model, batch, needs_grad=outputs is None)
            if seen is None:
                return False
            if outputs is None:
                if starts[-1] * seen.shape[-1] * seen.element_size() > MOST_BYTES:
                    return False
                outputs = torch.empty(int(starts[-1]), seen.shape[-1], dtype=seen.dtype)
            outputs[_places(starts, rows)] = seen[batch["attention_mask"].bool()]
        self._outputs, self._starts = outputs, starts
        return outputs is not None

    @contextmanager
    def recalled(self, rows: torch.Tensor, batch: Mapping[str, torch.Tensor]) -> Iterator[None]:
        """Within, the layers give what is remembered of these rows (B,), if anything is."""
        if self._outputs is not None:
            mask = batch["attention_mask"].bool()
            known = self._outputs[_places(self._starts, rows.cpu().numpy())]
            outputs = torch.zeros(
                *mask.shape, known.shape[-1], dtype=known.dtype, device=mask.device
            )
            outputs[mask] = known.to(mask.device)
            self._given = outputs
        try:
            yield
        finally:
            self._given = None

    def _look(
        self, model: torch.nn.Module, batch: Batch, *, needs_grad: bool
    ) -> torch.Tensor | None:
        """(B, T, H) what the layers make of a batch, on the CPU; None where it is no such tensor.

        needs_grad: find out as well whether weights that train have a part in it; then it is None.
        """
        device = next(model.parameters()).device
        inputs = {name: batch[name].to(device) for name in ("input_ids", "attention_mask")}
        self._is_looking = True
        try:
            with torch.set_grad_enabled(needs_grad):
                model(**inputs)
        except _MadeError as ended:
            made = ended.made
        finally:
            self._is_looking = False
        if not isinstance(made, torch.Tensor) or made.shape[:2] != batch["input_ids"].shape:
            return None
        return None if made.requires_grad else made.cpu()

    def _around(self, index: int, whole: Callable[..., object]) -> Callable[..., object]:
        """A layer's forward that can be told to leave its work out."""

        is_below, is_last = index < self.count, index == self.count - 1

        @functools.wraps(whole)
        def forward(*args: object, **kwargs: object) -> object:
            if self._given is not None and is_below:
                hidden = args[0] if args else kwargs["hidden_states"]
                return self._given if is_last else hidden
            made = whole(*args, **kwargs)
            if self._is_looking and is_last:
                raise _MadeError(made)
            return made

        return forward


class _MadeError(Exception):
    """Ends a pass through the model once its frozen layers are through."""

    def __init__(self, made: object) -> None:
        super().__init__()
        self.made = made


def _lowest(base: torch.nn.Module, name: str, count: int) -> Iterator[torch.nn.Module]:
    """The modules before the list of layers of that name, and its first `count` layers."""
    is_before = True
    for path, module in base.named_modules():
        if path == name:
            is_before = False
        elif path.startswith(f"{name}."):
            if int(path[len(name) + 1 :].split(".")[0]) < count:
                yield module
        elif is_before and path and not name.startswith(f"{path}."):
            yield module


def _places(starts: NDArray[np.int64], rows: NDArray[np.int64]) -> torch.Tensor:
    """(tokens of these rows,) int64: where they are in a tensor of all tokens."""
    return torch.from_numpy(
        np.concatenate([np.arange(starts[row], starts[row + 1]) for row in rows])
    )
