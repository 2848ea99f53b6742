"""How each operation is written in torch."""

from sympy import Expr

from derive.printing.torchcode import indexing, reductions
from derive.printing.torchcode.arrays import Node
from derive.printing.torchcode.scalars import ATOM, POWER, PRODUCT, SIGN, SUM, Text, bracketed
from derive.printing.torchcode.writer import Spell, Writer

COMPARISON = -2
CONJUNCTION = -1
_CALLS = {
    "exp": "torch.exp({})", "log": "torch.log({})", "relu": "torch.relu({})",
    "cos": "torch.cos({})", "sin": "torch.sin({})", "inverse": "_inverse({})",
}  # fmt: skip
_METHODS = {
    "square": "square()", "reciprocal": "reciprocal()", "number": "to(h.dtype)",
    "root": "clamp(min=0).sqrt()",
}  # fmt: skip
HELPERS = {
    "inverse": "_inverse", "power": "_power", "top": "_largest", "distances": "_distances",
    "add_rows": "_add_rows", "add_at": "_add_at",
}  # fmt: skip


def spell(w: Writer, x: Node) -> Text:
    """The operation on its arguments' texts."""
    if x.op in _CALLS:
        return _CALLS[x.op].format(w.array(*x.args[0])[0]), ATOM
    if x.op in _METHODS:
        return f"{bracketed(w.array(*x.args[0]), ATOM)}.{_METHODS[x.op]}", ATOM
    return _SPELLINGS[x.op](w, x)


def _input(w: Writer, x: Node) -> Text:
    return x.params[0], ATOM


def _constant(w: Writer, x: Node) -> Text:
    return f"h.new_tensor({w.scalar(x.params[0])[0]})", ATOM


def _scaled(w: Writer, x: Node) -> Text:
    return w.array(*x.args[0])


def _centred(w: Writer, x: Node) -> Text:
    name = w.plain(x.nodes[0])[0]
    return f"{name} - {name}.mean(dim=0)", SUM


def _add(w: Writer, x: Node) -> Text:
    first, *rest = terms(w, x)
    return first + "".join(f" {text}" for text in rest), SUM


def terms(w: Writer, x: Node) -> list[str]:
    """The terms of a sum, each after the first with its sign."""
    parts = []
    for scale, node in x.args:
        negative = scale.could_extract_minus_sign()
        text = w.array(-scale if negative else scale, node)
        parts.append((negative, bracketed(text, PRODUCT)))
    constant = x.params[0]
    if constant != 0:
        negative = constant.could_extract_minus_sign()
        text = w.scalar(-constant if negative else constant)
        leads = all(sign for sign, _ in parts) and not negative
        parts.insert(0 if leads else len(parts), (negative, bracketed(text, PRODUCT)))
    first = ("-" if parts[0][0] else "") + parts[0][1]
    return [first, *[("- " if negative else "+ ") + text for negative, text in parts[1:]]]


def _mul(w: Writer, x: Node) -> Text:
    over = [w.array(s, y) for s, y in x.args if y.op != "reciprocal"]
    under = [w.array(*y.args[0]) for _, y in x.args if y.op == "reciprocal"]
    texts = [bracketed(over[0], PRODUCT)] if over else ["1"]
    texts += [bracketed(y, SIGN) for y in over[1:]]
    out = " * ".join(texts)
    for y in under:
        out += f" / {bracketed(y, SIGN)}"
    return out, PRODUCT


def _where(w: Writer, x: Node) -> Text:
    (scale, node), (_, mask) = x.args
    other = x.params[0]
    if node.shape == x.shape:
        value = bracketed(w.array(scale, node), ATOM)
        return f"{value}.masked_fill({bracketed(_negation(w, mask), SUM)}, {other})", ATOM
    return f"torch.where({w.plain(mask)[0]}, {w.array(scale, node)[0]}, {other})", ATOM


def _negation(w: Writer, mask: Node) -> Text:
    if mask.op == "not":
        return w.plain(mask.nodes[0])
    if mask.op == "view" and mask.nodes[0].op == "not":
        return indexing.indexed(w, mask.nodes[0].nodes[0], mask.params[0])
    return f"~{bracketed(w.plain(mask), ATOM)}", SIGN


def _not(w: Writer, x: Node) -> Text:
    return f"~{bracketed(w.plain(x.nodes[0]), ATOM)}", SIGN


def _and(w: Writer, x: Node) -> Text:
    return " & ".join(bracketed(w.plain(y), SIGN) for y in x.nodes), CONJUNCTION


def _call(pattern: str) -> Spell:
    def spelled(w: Writer, x: Node) -> Text:
        texts = [w.array(*arg)[0] for arg in x.args]
        params = [w.scalar(p)[0] for p in x.params if isinstance(p, Expr)]
        return pattern.format(*texts, *params), ATOM

    return spelled


def _integer_power(w: Writer, x: Node) -> Text:
    base = bracketed(w.array(*x.args[0]), ATOM)
    sign = "**" if all(x.isidentifier() for x in base.split(".")) else " ** "
    return f"{base}{sign}{x.params[0]}", POWER


def _comparison(sign: str) -> Spell:
    def spelled(w: Writer, x: Node) -> Text:
        sides = [bracketed(w.array(*arg), SUM) for arg in x.args]
        return f" {sign} ".join(sides if len(sides) == 2 else [*sides, "0"]), COMPARISON

    return spelled


def _logaddexp(w: Writer, x: Node) -> Text:
    return f"torch.logaddexp({w.plain(x.nodes[0])[0]}, {w.plain(x.nodes[1])[0]})", ATOM


_SPELLINGS: dict[str, Spell] = {
    "input": _input, "constant": _constant, "scaled": _scaled, "centred": _centred, "add": _add,
    "mul": _mul, "where": _where, "not": _not, "and": _and, "logaddexp": _logaddexp,
    "equal": _comparison("=="), "above_zero": _comparison(">"), "power": _call("_power({}, {})"),
    "integer_power": _integer_power,
    "top": _call("_largest({}, {})"), "atan2": _call("torch.atan2({}, {})"),
    "sum": reductions.reduction("sum"), "logsumexp": reductions.reduction("logsumexp"),
    "square_norm": reductions.square_norm, "distances": _call("_distances({}, {})"),
    "einsum": reductions.einsum,
    "view": indexing.view, "eye": indexing.eye, "arange": indexing.arange,
    "argmax": indexing.argmax, "rows": indexing.rows, "gather": indexing.gather,
    "lookup": indexing.lookup,
    "index_add": indexing.index_add, "scatter_add": indexing.scatter_add,
    "add_rows": _call("_add_rows(n, {1}, {0})"),
    "add_at": _call("_add_at(n, {1}, {0})"),
    "ones_like": indexing.ones_like, "expanded": indexing.expanded,
}  # fmt: skip
