"""Views, look-ups and additions into places as torch writes them."""

from derive.printing.torchcode.arrays import Node
from derive.printing.torchcode.scalars import ATOM, Text, bracketed
from derive.printing.torchcode.writer import Writer

_LENGTHS = {"N": "n", "D": "d", "M": "extra"}


def view(w: Writer, x: Node) -> Text:
    return indexed(w, x.nodes[0], x.params[0])


def indexed(w: Writer, node: Node, pattern: tuple[int | None, ...]) -> Text:
    source = bracketed(w.plain(node), ATOM)
    order = [at for at in pattern if at is not None]
    if order != sorted(order):
        source += ".T" if len(order) == 2 else f".permute({', '.join(map(str, order))})"
    if len(order) < len(pattern):
        source += f"[{', '.join('None' if at is None else ':' for at in pattern)}]"
    return source, ATOM


def eye(w: Writer, x: Node) -> Text:
    size = _LENGTHS[x.shape[0]]
    return f"torch.eye({size}, dtype=torch.bool, device=h.device)", ATOM


def arange(w: Writer, x: Node) -> Text:
    return f"torch.arange({_LENGTHS[x.shape[0]]}, device=h.device)", ATOM


def argmax(w: Writer, x: Node) -> Text:
    return f"{bracketed(w.plain(x.nodes[0]), ATOM)}.argmax(dim={x.params[0]})", ATOM


def rows(w: Writer, x: Node) -> Text:
    source, at = x.nodes
    if source.op == "view" and source.params[0] == (1, 0) and len(at.shape) == 1:
        return f"{bracketed(w.plain(source.nodes[0]), ATOM)}[:, {w.plain(at)[0]}].T", ATOM
    return f"{bracketed(w.plain(source), ATOM)}[{w.plain(at)[0]}]", ATOM


def gather(w: Writer, x: Node) -> Text:
    source, at = (bracketed(w.plain(y), ATOM) for y in x.nodes)
    if len(x.shape) == 1:
        return f"{source}.gather(1, {at}[:, None]).squeeze(1)", ATOM
    return f"{source}.gather(1, {at})", ATOM


def lookup(w: Writer, x: Node) -> Text:
    """Entries of the first dimensions, one index array each; the other dimensions stay."""
    source, *at = x.nodes
    return f"{bracketed(w.plain(source), ATOM)}[{', '.join(w.plain(y)[0] for y in at)}]", ATOM


def index_add(w: Writer, x: Node) -> Text:
    source, at = x.nodes
    index, data = w.plain(at)[0], w.plain(source)[0]
    return f"{_zeros(x)}.index_add(0, {index}, {data})", ATOM


def scatter_add(w: Writer, x: Node) -> Text:
    source, at = x.nodes
    index, data = w.plain(at)[0], bracketed(w.plain(source), ATOM)
    data += "" if source.shape == at.shape else f".expand({index}.shape)"
    return f"{_zeros(x)}.scatter_add(1, {index}, {data})", ATOM


def _zeros(x: Node) -> str:
    return f"h.new_zeros({', '.join(_LENGTHS[k] for k in x.shape)})"


def ones_like(w: Writer, x: Node) -> Text:
    return f"torch.ones_like({w.plain(x.nodes[0])[0]}, dtype=h.dtype)", ATOM


def expanded(w: Writer, x: Node) -> Text:
    return f"{bracketed(w.plain(x.nodes[0]), ATOM)}.expand(h.shape)", ATOM
