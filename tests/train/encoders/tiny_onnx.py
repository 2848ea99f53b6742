"""A quantised DistilBERT as an ONNX graph, built node by node with the names that optimum gives.

One or two layers, two heads of two values: what `train.encoders.quantised` reads, in a file of a
few kilobytes. The graph is written from the architecture's definition and not by transformers.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH, HEADS, HEAD, INNER, WORDS, PLACES = 4, 2, 2, 6, 120, 16
SCALE, ZERO = np.float32(0.01), np.int8(3)


class Builder:
    """Collects nodes and constants; every method returns the name of its output."""

    def __init__(self, seed: int):
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def node(self, kind: str, inputs: list[str], name: str, **attributes: object) -> str:
        output = f"{name}_output_0"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=name, **attributes))
        return output

    def quantised(self, name: str, shape: tuple[int, ...]) -> str:
        """A weight stored in whole numbers."""
        q = self.random.integers(-100, 100, shape).astype(np.int8)
        inputs = [
            self.constant(f"{name}_quantized", q),
            self.constant(f"{name}_scale", np.asarray(SCALE)),
            self.constant(f"{name}_zero_point", np.asarray(ZERO)),
        ]
        return self.node("DequantizeLinear", inputs, f"{name}_DequantizeLinear")

    def rounded(self, x: str) -> str:
        """Activations through 8 bits, coarsely: what the comparison has to take out."""
        scale = self.constant(f"{x}_scale", np.asarray(np.float32(0.1)))
        zero = self.constant(f"{x}_zero_point", np.asarray(np.int8(0)))
        q = self.node("QuantizeLinear", [x, scale, zero], f"{x}_QuantizeLinear")
        return self.node("DequantizeLinear", [q, scale, zero], f"{x}_DequantizeLinear")

    def vector(self, name: str, size: int, around: float = 0.0) -> str:
        return self.constant(name, (around + self.random.normal(0, 0.2, size)).astype(np.float32))

    def linear(self, x: str, where: str, inside: int, outside: int) -> str:
        """x · W + b, W: (in, out)."""
        path = "/distilbert/" + where
        weight = self.quantised(f"onnx::MatMul_{len(self.nodes)}", (inside, outside))
        product = self.node("MatMul", [self.rounded(x), weight], f"{path}/MatMul")
        bias = self.vector(f"distilbert.{where.replace('/', '.')}.bias", outside)
        return self.node("Add", [bias, product], f"{path}/Add")

    def norm(self, x: str, where: str) -> str:
        name = "distilbert." + where.replace("/", ".")
        parts = [self.vector(f"{name}.weight", WIDTH, 1.0), self.vector(f"{name}.bias", WIDTH)]
        path = f"/distilbert/{where}/LayerNormalization"
        return self.node("LayerNormalization", [x, *parts], path, axis=-1, epsilon=1e-12)

    def heads(self, x: str, order: list[int]) -> str:
        """(rows, tokens, width) to the heads' order of axes."""
        shape = self.constant(f"{x}_shape", np.array([0, -1, HEADS, HEAD]))
        split = self.node("Reshape", [x, shape], f"{x}/split")
        return self.node("Transpose", [split], f"{x}/heads", perm=order)


def layer(build: Builder, x: str, number: int, bias: str) -> str:
    """Self-attention and feed-forward, each added to its input and normalised."""
    where = f"transformer/layer.{number}/"
    q, k, v = (
        build.linear(x, f"{where}attention/{part}_lin", WIDTH, WIDTH) for part in ("q", "k", "v")
    )
    q, v = build.heads(q, [0, 2, 1, 3]), build.heads(v, [0, 2, 1, 3])
    k = build.heads(k, [0, 2, 3, 1])
    root = build.constant(f"root{number}", np.array(HEAD**0.5, dtype=np.float32))
    scores = build.node("MatMul", [q, k], f"/distilbert/{where}attention/MatMul")
    scores = build.node("Div", [scores, root], f"/distilbert/{where}attention/Div")
    scores = build.node("Add", [scores, bias], f"/distilbert/{where}attention/Add")
    shares = build.node("Softmax", [scores], f"/distilbert/{where}attention/Softmax", axis=-1)
    mixed = build.node("MatMul", [shares, v], f"/distilbert/{where}attention/MatMul_1")
    back = build.node("Transpose", [mixed], f"/{where}back", perm=[0, 2, 1, 3])
    flat = build.constant(f"flat{number}", np.array([0, -1, WIDTH]))
    joined = build.node("Reshape", [back, flat], f"/{where}join")
    out = build.linear(joined, f"{where}attention/out_lin", WIDTH, WIDTH)
    x = build.norm(build.node("Add", [out, x], f"/{where}Add"), f"{where}sa_layer_norm")
    inner = gelu(build, build.linear(x, f"{where}ffn/lin1", WIDTH, INNER), number)
    out = build.linear(inner, f"{where}ffn/lin2", INNER, WIDTH)
    return build.norm(build.node("Add", [out, x], f"/{where}Add_1"), f"{where}output_layer_norm")


def gelu(build: Builder, x: str, number: int) -> str:
    """x/2 · (1 + erf(x/√2))."""
    numbers = {"root2": 2**0.5, "one": 1.0, "half": 0.5}
    root, one, half = (
        build.constant(f"{name}{number}", np.array(value, dtype=np.float32))
        for name, value in numbers.items()
    )
    inside = build.node("Erf", [build.node("Div", [x, root], f"{x}/Div")], f"{x}/Erf")
    sum_ = build.node("Add", [inside, one], f"{x}/Add")
    return build.node("Mul", [build.node("Mul", [x, sum_], f"{x}/Mul"), half], f"{x}/Mul_1")


def graph(layers: int = 2, seed: int = 0) -> onnx.ModelProto:
    """The model; inputs input_ids and attention_mask, (rows, 6) int64."""
    build = Builder(seed)
    tables = [
        build.quantised(f"distilbert.embeddings.{name}_embeddings.weight", (size, WIDTH))
        for name, size in (("word", WORDS), ("position", PLACES))
    ]
    places = build.constant("places", np.arange(6)[None])
    rows = [
        build.node("Gather", [table, at], f"/distilbert/embeddings/{name}_embeddings/Gather")
        for table, at, name in zip(tables, ["input_ids", places], ["word", "position"], strict=True)
    ]
    x = build.norm(build.node("Add", rows, "/distilbert/embeddings/Add"), "embeddings/LayerNorm")
    one, far = (build.constant(n, np.array(v, np.float32)) for n, v in (("1", 1), ("far", 1e9)))
    mask = build.node("Cast", ["attention_mask"], "/mask/Cast", to=TensorProto.FLOAT)
    away = build.node("Mul", [build.node("Sub", [mask, one], "/mask/Sub"), far], "/mask/Mul")
    axes = build.constant("axes", np.array([1, 2]))
    bias = build.node("Unsqueeze", [away, axes], "/mask/Unsqueeze")
    for number in range(layers):
        x = layer(build, x, number, bias)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["rows", 6])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info(x, TensorProto.FLOAT, None)
    made = helper.make_graph(build.nodes, "tiny", inputs, [output], build.constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
