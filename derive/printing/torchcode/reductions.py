"""Sums and products of arrays as torch writes them: `sum`, `@`, and `einsum` for the rest."""

from derive.printing.torchcode.arrays import Node, is_symmetric
from derive.printing.torchcode.scalars import ATOM, PRODUCT, SIGN, Text, bracketed
from derive.printing.torchcode.writer import Spell, Writer


def reduction(name: str) -> Spell:
    def spelled(w: Writer, x: Node) -> Text:
        source = x.nodes[0]
        if name == "logsumexp":
            return f"torch.logsumexp({w.plain(source)[0]}, {_dims(x.params, source)})", ATOM
        dims = _dims(x.params, source) if x.shape else ""
        if name == "sum" and not dims and source.op == "square_norm" and w.is_inline(source):
            return f"{bracketed(w.plain(source.nodes[0]), ATOM)}.square().sum()", ATOM
        return f"{bracketed(w.plain(source), ATOM)}.{name}({dims})", ATOM

    return spelled


def _dims(at: tuple[int, ...], source: Node) -> str:
    return f"dim={at[0]}" if len(at) == 1 else f"dim={at}"


def square_norm(w: Writer, x: Node) -> Text:
    return f"{bracketed(w.plain(x.nodes[0]), ATOM)}.square().sum(dim={x.params[0]})", ATOM


def einsum(w: Writer, x: Node) -> Text:
    left, right, out = x.params
    a, b = x.nodes
    shared = set(left) & set(right)
    gone = (set(left) | set(right)) - set(out)
    if left == right:
        same = f"{bracketed(w.plain(a), ATOM)}.square()" if a is b else _times(w, a, b)
        dims = tuple(n for n, k in enumerate(left) if k in gone)
        where = f"dim={dims[0]}" if len(dims) == 1 else f"dim={dims}"
        return f"{same}.sum({where if out else ''})", ATOM
    if len(gone) == 1 and shared == gone and max(len(left), len(right)) <= 2:
        return _matmul(w, x, next(iter(gone)))
    letters = {k: "ijklmn"[n] for n, k in enumerate(sorted(set(left) | set(right)))}
    spelled = ["".join(letters[k] for k in part) for part in (left, right, out)]
    pattern = f'"{spelled[0]},{spelled[1]}->{spelled[2]}"'
    return f"torch.einsum({pattern}, {w.plain(a)[0]}, {w.plain(b)[0]})", ATOM


def _times(w: Writer, a: Node, b: Node) -> str:
    return f"({bracketed(w.plain(a), PRODUCT)} * {bracketed(w.plain(b), SIGN)})"


def _matmul(w: Writer, x: Node, over: int) -> Text:
    left, right, out = x.params
    a, b = x.nodes
    natural = tuple(k for k in (*left, *right) if k != over)
    if natural != out:
        left, right, a, b = right, left, b, a
    first, second = (bracketed(w.plain(y), ATOM) for y in (a, b))
    first += ".T" if left[-1] != over and not is_symmetric(a) else ""
    second += ".T" if right[0] != over and not is_symmetric(b) else ""
    return f"{first} @ {second}", PRODUCT
