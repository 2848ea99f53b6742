"""Does the unpacked encoder compute what the graph computes? Evaluated by ONNX's own reference.

The graph also rounds activations to 8 bits between its nodes, which the unpacked encoder does not.
With these nodes taken out, both have the same weights and the same formula, and every layer has
to agree up to float32 rounding. The graph's values come from `onnx.reference`, which is NumPy
and shares no code with transformers.
"""

from dataclasses import dataclass

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator
from transformers import DistilBertModel

from train.errors import ModelError

BOUND = 1e-4  # of values about 1 in size; the worst of the real package is 1e-5
SENTENCES = ((101, 7, 5, 9, 8, 102), (101, 4, 102, 0, 0, 0))  # token numbers; 0: padding


@dataclass(frozen=True)
class Agreement:
    """The largest difference after the embeddings and after each layer."""

    differences: tuple[float, ...]  # (layers + 1,)

    def check(self) -> None:
        """Raises `ModelError`, naming the first place that differs."""
        for place, difference in enumerate(self.differences):
            if not difference <= BOUND:  # also catches nan
                where = f"layer {place}" if place else "the embeddings"
                raise ModelError(
                    f"the unpacked weights do not compute what the ONNX graph computes: after "
                    f"{where} they differ by {difference:.3g}, more than {BOUND:g}. "
                    "The package holds another architecture than DistilBERT: use another model."
                )


def without_rounding(model: onnx.ModelProto, outputs: list[str]) -> onnx.ModelProto:
    """A copy whose activations are not rounded, with other outputs.

    Each DequantizeLinear of a QuantizeLinear is left out; those of weights stay.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    rounded = {n.output[0]: n.input[0] for n in copy.graph.node if n.op_type == "QuantizeLinear"}
    instead = {
        node.output[0]: rounded[node.input[0]]
        for node in copy.graph.node
        if node.op_type == "DequantizeLinear" and node.input[0] in rounded
    }
    for node in copy.graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = instead.get(name, name)
    del copy.graph.output[:]
    copy.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs
    )
    keep_needed(copy.graph)
    for used in copy.opset_import:
        if not used.domain:  # the reference has no DequantizeLinear of 10 to 18, the same but for
            used.version = max(19, used.version)  # types; 18 and 19 redefine nothing that is here
    return copy


def keep_needed(graph: onnx.GraphProto) -> None:
    """Delete the nodes that no output depends on (nodes come in the order of computation)."""
    needed = {output.name for output in graph.output}
    kept = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            needed.update(node.input)
            kept.append(node)
    del graph.node[:]
    graph.node.extend(reversed(kept))


def graph_states(
    model: onnx.ModelProto, layers: int, ids: NDArray[np.int64], mask: NDArray[np.int64]
) -> list[NDArray[np.float32]]:
    """The graph's hidden states after the embeddings and each layer, each (rows, tokens, dim)."""
    names = ["/distilbert/embeddings/LayerNorm/LayerNormalization_output_0"] + [
        f"/distilbert/transformer/layer.{n}/output_layer_norm/LayerNormalization_output_0"
        for n in range(layers)
    ]
    evaluator = ReferenceEvaluator(without_rounding(model, names))
    return [np.asarray(x) for x in evaluator.run(None, {"input_ids": ids, "attention_mask": mask})]


def compare(model: onnx.ModelProto, encoder: DistilBertModel) -> Agreement:
    """Graph and encoder on two sentences, one of them padded; padding itself is not compared."""
    vocabulary = encoder.config.vocab_size
    ids = np.array(SENTENCES) % vocabulary
    mask = np.array([[int(token != 0) for token in row] for row in SENTENCES])
    expected = graph_states(model, encoder.config.n_layers, ids, mask)
    with torch.no_grad():
        found = encoder.eval()(
            input_ids=torch.from_numpy(ids),
            attention_mask=torch.from_numpy(mask),
            output_hidden_states=True,
        ).hidden_states
    real = mask.astype(bool)
    return Agreement(
        tuple(
            float(np.abs(ours.numpy()[real] - theirs[real]).max())
            for ours, theirs in zip(found, expected, strict=True)
        )
    )
