"""A model of the Llama family as an ONNX graph: 8-bit weights, and keys and values kept in place.

Built from the weights when a model is loaded, so a repo need not ship it and an adapter is merged
before it is rounded. The operators are those of ONNX Runtime's com.microsoft domain
(docs/ContribOperators.md there): MatMulNBits with a scale for every 32 weights, and
GroupQueryAttention, which also turns positions and appends to the kept keys and values.

Letters: S new tokens, P kept positions, H hidden, V vocabulary.

    inputs   hidden (1, S, H); last (1,) = all positions - 1; total () = all positions;
             key.N, value.N (1, kv_heads, P, head_size)
    outputs  logits (1, 1, V) of the last token; new_key.N, new_value.N, bound to the same memory
"""

from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from inference.chat.llama_config import LlamaConfig, rotary_angles
from inference.chat.weights import Weights

BLOCK = 32  # weights that share a scale
_ZERO = 128  # what stands for 0 in an unsigned byte
_OPSETS = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
_IR_VERSION = 10  # of opset 21; the newest that onnx writes may be too new for ONNX Runtime

Arrays = dict[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Rounded:
    """A matrix (out, in) in 8 bits: uint8 (out, blocks, 32) times float32 scales (out, blocks)."""

    values: NDArray[np.uint8]
    scales: NDArray[np.float32]
    columns: int

    def rows(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        """Some rows as float32: (S,) -> (S, in)."""
        whole = (self.values[numbers].astype(np.float32) - _ZERO) * self.scales[numbers][..., None]
        result: NDArray[np.float32] = whole.reshape(len(numbers), -1)[:, : self.columns]
        return result


@dataclass(frozen=True)
class Graph:
    """A graph without its arrays, the arrays by name, and the embeddings (V, H) of tokens."""

    model: bytes
    arrays: Arrays
    embeddings: Rounded

    @property
    def size_bytes(self) -> int:
        arrays = [*self.arrays.values(), self.embeddings.values, self.embeddings.scales]
        return sum({id(array): array.nbytes for array in arrays}.values())


def rounded(weight: NDArray[np.float32]) -> Rounded:
    """A matrix in 8 bits, the largest of 32 neighbours as 127; the error is 0.4 % of it at most."""
    rows, columns = weight.shape
    blocks = -(-columns // BLOCK)
    padded = np.zeros((rows, blocks * BLOCK), np.float32)
    padded[:, :columns] = weight
    padded = padded.reshape(rows, blocks, BLOCK)
    scales = np.abs(padded).max(axis=2) / 127
    steps = np.where(scales == 0, 1, scales)[..., None]
    values = (np.rint(padded / steps) + _ZERO).astype(np.uint8)
    return Rounded(values, scales.astype(np.float32), columns)


def build(config: LlamaConfig, weights: Weights, positions: int) -> Graph:
    """The graph of a model for at most `positions` tokens.

    Raises:
        ModelError: a weight is missing.
    """
    return _Builder(config, weights, positions).build()


@dataclass
class _Builder:
    """The nodes so far; each method adds some and returns the name of their result."""

    config: LlamaConfig
    weights: Weights
    positions: int
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    arrays: Arrays = field(default_factory=dict)

    def build(self) -> Graph:
        config = self.config
        turned = rotary_angles(config, self.positions)
        self._array("cos", np.cos(turned).astype(np.float32))
        self._array("sin", np.sin(turned).astype(np.float32))
        embeddings = rounded(self.weights["model.embed_tokens.weight"])
        hidden = "hidden"
        for layer in range(config.layers):
            hidden = self._layer(hidden, layer)
        hidden = self._norm(hidden, "model.norm")
        newest = self._array("newest", np.array([-1]))
        hidden = self._node("Gather", [hidden, newest], "newest_hidden", axis=1)
        head = embeddings if config.is_tied else rounded(self.weights["lm_head.weight"])
        self._product(hidden, "lm_head", head, "logits")
        return Graph(self._model(), self.arrays, embeddings)

    def _layer(self, hidden: str, number: int) -> str:
        """One block: attention, then the gated perceptron, each added to what came in."""
        name = f"model.layers.{number}"
        normed = self._norm(hidden, f"{name}.input_layernorm")
        hidden = self._sum(hidden, self._attention(normed, number), f"{name}.attended")
        normed = self._norm(hidden, f"{name}.post_attention_layernorm")
        both = self._linear(normed, f"{name}.mlp", ("gate_proj", "up_proj"))
        gate, up = f"{name}.gate", f"{name}.up"
        self.nodes.append(helper.make_node("Split", [both], [gate, up], axis=-1, num_outputs=2))
        # SiLU: x sigmoid(1.0 x)
        act = self._node("QuickGelu", [gate], f"{name}.act", "com.microsoft", alpha=1.0)
        mixed = self._node("Mul", [act, up], f"{name}.mixed")
        return self._sum(hidden, self._linear(mixed, f"{name}.mlp", ("down_proj",)), f"{name}.out")

    def _attention(self, hidden: str, number: int) -> str:
        name, config = f"model.layers.{number}.self_attn", self.config
        packed = self._linear(hidden, name, ("q_proj", "k_proj", "v_proj"))
        kept = [f"key.{number}", f"value.{number}"]
        attended = f"{name}.attended"
        self.nodes.append(
            helper.make_node(
                "GroupQueryAttention",
                [packed, "", "", *kept, "last", "total", "cos", "sin"],
                [attended, *(f"new_{state}" for state in kept)],
                domain="com.microsoft",
                num_heads=config.heads,
                kv_num_heads=config.kv_heads,
                do_rotary=1,
            )
        )
        return self._linear(attended, name, ("o_proj",))

    def _linear(self, hidden: str, name: str, parts: tuple[str, ...]) -> str:
        """Several matrices that read the same, as one product."""
        names = [f"{name}.{part}" for part in parts]
        matrix = rounded(np.concatenate([self.weights[f"{layer}.weight"] for layer in names]))
        if any(f"{layer}.bias" in self.weights for layer in names):
            bias = np.concatenate([self.weights[f"{layer}.bias"] for layer in names])
            shift = self._array(f"{names[0]}.bias", bias)
            product = self._product(hidden, names[0], matrix, f"{names[0]}.product")
            return self._sum(product, shift, f"{names[0]}.shifted")
        return self._product(hidden, names[0], matrix, f"{names[0]}.product")

    def _product(self, hidden: str, name: str, matrix: Rounded, output: str) -> str:
        inputs = [
            hidden,
            self._array(f"{name}.values", matrix.values),
            self._array(f"{name}.scales", matrix.scales.reshape(-1)),
        ]
        return self._node(
            "MatMulNBits",
            inputs,
            output,
            "com.microsoft",
            K=matrix.columns,
            N=len(matrix.values),
            bits=8,
            block_size=BLOCK,
            accuracy_level=4,  # the activations of a block in 8 bits too
        )

    def _norm(self, hidden: str, name: str) -> str:
        scale = self._array(f"{name}.weight", self.weights[f"{name}.weight"])
        epsilon = self.config.norm_epsilon
        inputs = [hidden, scale]
        return self._node(
            "SimplifiedLayerNormalization", inputs, f"{name}.normed", axis=-1, epsilon=epsilon
        )

    def _sum(self, left: str, right: str, name: str) -> str:
        return self._node("Add", [left, right], name)

    def _node(
        self, kind: str, inputs: list[str], output: str, domain: str = "", **facts: float
    ) -> str:
        node = helper.make_node(kind, inputs, [output], domain=domain)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in facts.items())
        self.nodes.append(node)
        return output

    def _array(self, name: str, array: NDArray[np.generic]) -> str:
        self.arrays[name] = array
        return name

    def _model(self) -> bytes:
        config = self.config
        real, whole = TensorProto.FLOAT, TensorProto.INT32
        shape = [1, config.kv_heads, self.positions, config.head_size]
        kept = [f"{kind}.{n}" for n in range(config.layers) for kind in ("key", "value")]
        graph = helper.make_graph(
            self.nodes,
            "causal model",
            [
                helper.make_tensor_value_info("hidden", real, [1, "S", config.hidden]),
                helper.make_tensor_value_info("last", whole, [1]),
                helper.make_tensor_value_info("total", whole, []),
                *(helper.make_tensor_value_info(name, real, shape) for name in kept),
            ],
            [
                helper.make_tensor_value_info("logits", real, [1, 1, config.vocabulary]),
                *(helper.make_tensor_value_info(f"new_{name}", real, shape) for name in kept),
            ],
            [_elsewhere(name, array) for name, array in self.arrays.items()],
        )
        model = helper.make_model(graph, opset_imports=_OPSETS, ir_version=_IR_VERSION)
        content: bytes = model.SerializeToString()
        return content


def _elsewhere(name: str, array: NDArray[np.generic]) -> onnx.TensorProto:
    """An array that is handed over beside the graph: a graph alone must stay below 2 GiB."""
    kind = helper.np_dtype_to_tensor_dtype(array.dtype)
    tensor = onnx.TensorProto(name=name, data_type=kind, dims=array.shape)
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "memory"
    return tensor
