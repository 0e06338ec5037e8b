"""The untouched encoder as several baselines share it: the test part goes through it only once.

Owns loading it when the first baseline asks, and remembering what it made of a list of texts. A
text that comes alone is read each time: that is how the latency of a message is measured.

Letters: N texts, H hidden.
"""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.models import zero_shot


class SharedEncoder:
    """An Encoder (zero_shot.py) that is loaded late and reads no list of texts twice."""

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """threads: cores it may use, 0 = all; the folder is read when first needed."""
        self._folder, self._threads = folder, threads
        self._known: dict[tuple[str, ...], NDArray[np.float32]] = {}  # (N, H) each

    @cached_property
    def _encoder(self) -> zero_shot.Encoder:
        return zero_shot.load_encoder(self._folder, threads=self._threads)

    @property
    def engine_name(self) -> str:
        """What computes it.

        Raises:
            ModelError: the folder holds no encoder that can be read. So do all others here.
        """
        return self._encoder.engine_name

    @property
    def max_tokens(self) -> int:
        """The longest window that it reads, in tokens."""
        return self._encoder.max_tokens

    @property
    def size_bytes(self) -> int:
        """Of its file."""
        return self._encoder.size_bytes

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return (N, H) float32 of length 1 each.

        Raises:
            TextError: a text is not a str or is blank.
        """
        if len(texts) < 2:
            return self._encoder.embed(texts)
        key = tuple(texts)
        if key not in self._known:
            self._known[key] = self._encoder.embed(texts)
        return self._known[key]
