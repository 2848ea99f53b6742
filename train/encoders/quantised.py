"""The weights inside a quantised ONNX graph of DistilBERT, as a state dict in float32.

A weight q is stored as whole numbers with a scale s and a zero point z: its value is (q − z) · s
(ONNX operator DequantizeLinear). Values keep the rounding they got, up to s/2; nothing brings the
original ones back.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from train.errors import ModelError

Floats = NDArray[np.float32]
EMBEDDINGS = "distilbert.embeddings.{}.weight"
PREFIX = "/distilbert/"
LINEAR = (
    "attention/q_lin", "attention/k_lin", "attention/v_lin", "attention/out_lin",
    "ffn/lin1", "ffn/lin2",
)  # fmt: skip


class Graph:
    """A graph's nodes by name and by output, its constants by name."""

    def __init__(self, model: onnx.ModelProto):
        self.by_output = {out: node for node in model.graph.node for out in node.output}
        self.by_name = {node.name: node for node in model.graph.node}
        self.constants = {tensor.name: tensor for tensor in model.graph.initializer}

    def value(self, name: str) -> Floats:
        """A constant, or the output of a DequantizeLinear of constants. Raises `ModelError`."""
        if name in self.constants:
            return self._constant(name).astype(np.float32)
        node = self.by_output.get(name)
        if node is None or node.op_type != "DequantizeLinear":
            raise ModelError(
                f"the graph has no weight {name!r}: it is not a DistilBERT as optimum exports and "
                "quantises it. Give another model."
            )
        q, scale, *zero = map(self._constant, node.input)
        return dequantised(q, scale, zero[0] if zero else None, attribute(node, "axis", 1))

    def _constant(self, name: str) -> NDArray[Any]:
        """A stored array. Raises `ModelError`."""
        if name not in self.constants:
            raise ModelError(
                f"the graph computes {name!r}, a weight elsewhere. Give another model."
            )
        return np.asarray(numpy_helper.to_array(self.constants[name]))


def attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    """A whole-number attribute of a node."""
    return next((int(found.i) for found in node.attribute if found.name == name), default)


def dequantised(
    q: NDArray[Any], scale: NDArray[Any], zero: NDArray[Any] | None = None, axis: int = 1
) -> Floats:
    """(q − zero) · scale, float32. scale, zero: (), or a number for each place along `axis`."""
    shape = [-1 if place == axis % max(1, q.ndim) else 1 for place in range(q.ndim)]
    scales = scale if scale.ndim == 0 else scale.reshape(shape)
    zeros = 0 if zero is None else (zero if zero.ndim == 0 else zero.reshape(shape))
    whole = q.astype(np.int32) - np.asarray(zeros, dtype=np.int32)
    return np.asarray(whole * scales.astype(np.float32), dtype=np.float32)


def state_dict(model: onnx.ModelProto) -> dict[str, Floats]:
    """The arrays of a transformers `DistilBertModel`, by its names. Raises `ModelError`."""
    graph = Graph(model)
    state = {
        f"embeddings.{table}.weight": graph.value(gathered(graph, table))
        for table in ("word_embeddings", "position_embeddings")
    }
    for name in ("LayerNorm.weight", "LayerNorm.bias"):
        state[f"embeddings.{name}"] = graph.value(f"distilbert.embeddings.{name}")
    layers = 0
    while f"{PREFIX}transformer/layer.{layers}/attention/q_lin/MatMul" in graph.by_name:
        state.update(layer(graph, layers))
        layers += 1
    if not layers:
        raise ModelError("the graph has no DistilBERT layer. Give another model.")
    return state


def gathered(graph: Graph, table: str) -> str:
    """The name of the array that an embedding looks its rows up in. Raises `ModelError`."""
    node = graph.by_name.get(f"{PREFIX}embeddings/{table}/Gather")
    if node is None:
        raise ModelError(f"the graph has no {table}: it is no DistilBERT. Give another model.")
    return str(node.input[0])


def layer(graph: Graph, number: int) -> Iterator[tuple[str, Floats]]:
    """The arrays of one layer.

    MatMul multiplies from the right by (in, out); torch's Linear keeps (out, in): transposed.
    """
    inside = f"transformer.layer.{number}."
    for linear in LINEAR:
        name = inside + linear.replace("/", ".")
        product = graph.by_name[f"{PREFIX}transformer/layer.{number}/{linear}/MatMul"]
        yield f"{name}.weight", np.ascontiguousarray(graph.value(product.input[1]).T)
        yield f"{name}.bias", graph.value(f"distilbert.{name}.bias")
    for norm in ("sa_layer_norm", "output_layer_norm"):
        for part in ("weight", "bias"):
            yield f"{inside}{norm}.{part}", graph.value(f"distilbert.{inside}{norm}.{part}")
