"""Channels that are far larger than the others, evened out before activations become 8-bit.

In a transformer a few channels of some activations are ten times as large as the rest, at every
token (Dettmers et al. 2022, arXiv:2208.07339, section 3), and all share one 8-bit scale. So such a
channel is divided by a constant before the product, and its weights are multiplied by it: the same
numbers, in range (Xiao et al. 2023, SmoothQuant, arXiv:2211.10438, section 4). Unlike there only
what stands out is changed, as weights have but 7 bits here.

Letters: K channels.
"""

from collections.abc import Mapping

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from training.export.activation_ranges import ActivationRange
from training.export.products import Product, products_by_input

# Beyond so many medians a channel is an outlier. MiniLM on 2,999 tweets, mean distance of a logit
# from float32 and share of other decisions: nothing evened out .087, 2.0 %; beyond 4 medians .054,
# 1.5 %; 3 .057, 1.5 %; 2.5 .052, 1.2 %; 2 .050, 1.1 %; SmoothQuant with the exponents .5, .65,
# .75, .85 .120, .069, .074, .089; weights alone in 8 bits .034, .7 %.
_MEDIANS = 2.5
_MOST = 32.0
_WORTH = 1.5  # times: with less to gain in range the multiplication is saved


def even_out(
    program: ir.Model, ranges: Mapping[str, ActivationRange]
) -> dict[str, ActivationRange]:
    """Change the graph in place, to one that computes the same; returns the ranges that are left.

    ranges: the least and the greatest value of each channel, (K,) each, by the name of what a
        product reads. The result has the new names where something was divided.
    """
    left: dict[str, ActivationRange] = {}
    for name, products in products_by_input(program).items():
        low, high = ranges[name]
        divisors = _divisors(np.maximum(-low, high))  # (K,)
        if divisors.max() < _WORTH or not all(product.owns_weights for product in products):
            left[name] = ranges[name]
            continue
        left[_divide(program.graph, products, divisors)] = low / divisors, high / divisors
    return left


def _divisors(largest: NDArray[np.float32]) -> NDArray[np.float32]:
    usual = max(_MEDIANS * float(np.median(largest)), float(largest.max()) / _MOST, 1e-8)
    return np.maximum(1.0, largest / usual).astype(np.float32)


def _divide(graph: ir.Graph, products: list[Product], divisors: NDArray[np.float32]) -> str:
    """Let the products read a divided input, with weights to match; returns its name."""
    value = products[0].input
    factor = ir.Value(name=f"{value.name}_evening", const_value=ir.tensor(1 / divisors))  # (K,)
    graph.register_initializer(factor)
    evened = ir.node("Mul", [value, factor])
    evened.outputs[0].name = f"{value.name}_evened"
    producer = value.producer()
    assert producer is not None
    graph.insert_after(producer, evened)
    for product in products:
        product.node.replace_input_with(0, evened.outputs[0])
        product.multiply(divisors)
    return str(evened.outputs[0].name)
