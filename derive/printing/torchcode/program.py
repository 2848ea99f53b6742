"""Array expressions as lines of Python: what is used twice, or is long, gets a name."""

import re
from collections import Counter
from collections.abc import Callable, Iterable

from sympy import Expr, Symbol

from derive.nodes import N
from derive.printing.torchcode.arrays import Node
from derive.printing.torchcode.scalars import ATOM, PRODUCT, SIGN, ScalarPrinter, Text, bracketed
from derive.printing.torchcode.spelling import HELPERS, spell, terms
from derive.printing.torchcode.writer import Writer

_WIDTH = 84  # of a line, without its indentation
_INLINE = 44  # characters of a subexpression that stays in its line
_SCALAR = 24
_ALWAYS_INLINE = ("input", "view", "not", "constant", "reciprocal")
SIZES = {"N": "n", "D": "d", "M": "extra"}
_BY_SHAPE = {
    (): "total", ("N",): "row", ("N", "N"): "block", ("N", "D"): "part", ("D",): "feature",
    ("D", "D"): "matrix", ("N", "M"): "extras",
}  # fmt: skip
_BY_OP = {
    "exp": "weight", "logaddexp": "log_total", "rows": "picked", "relu": "active", "where": "kept",
    "root": "length", "inverse": "inverse", "equal": "same_index", "square_norm": "square",
    "ones_like": "ones", "distances": "distance", "number": "indicator",
}  # fmt: skip


class Program(Writer):
    """Writes statements in the order in which they are needed.

    taken: names that are not free (arguments, sizes). lines: the statements so far.
    """

    def __init__(self, roots: Iterable[Node], taken: Iterable[str]):
        self.lines: list[str] = []
        self.used: set[str] = set()
        self._names: dict[int, str] = {}
        self._scalars: dict[Expr, str] = {}
        self._taken = set(taken)
        self._uses = _count(roots)
        self._printer = ScalarPrinter(self._symbol, self.used.add)

    def assign(self, name: str, scale: Expr, node: Node) -> None:
        """One output."""
        if scale == 1 and id(node) not in self._names:
            self._write(name, node, self._fitting(lambda: spell(self, node), _args(node), 16))
            return
        text = self._fitting(lambda: self.array(scale, node), _args(node), len(name) + 3)
        self.lines.append(f"{name} = {text[0]}")

    # ---- what spellings ask for ----

    def scalar(self, e: Expr) -> Text:
        return self._printer(e)

    def array(self, scale: Expr, node: Node) -> Text:
        text = self.plain(node)
        if scale == 1:
            return text
        if self._is_mean(scale, node):
            mean = f"{bracketed(self.plain(node.nodes[0]), ATOM)}.mean()"
            return self._scaled(scale * N, (mean, ATOM))
        return self._scaled(scale, text)

    def _is_mean(self, scale: Expr, node: Node) -> bool:
        rows = node.op == "sum" and node.nodes[0].shape == ("N",)
        return rows and self.is_inline(node) and not (scale * N).has(N)

    def _scaled(self, scale: Expr, text: Text) -> Text:
        if scale == 1:
            return text
        if scale == -1:
            return f"-{bracketed(text, SIGN)}", PRODUCT
        negative = scale.could_extract_minus_sign()
        top, bottom = (-scale if negative else scale).as_numer_denom()
        out = bracketed(text, PRODUCT if top == 1 else SIGN)
        if top != 1:
            out = f"{self._short(top, leads=True)} * {out}"
        if bottom != 1:
            out = f"{out} / {self._short(bottom)}"
        return ("-" if negative else "") + out, PRODUCT

    def _short(self, e: Expr, *, leads: bool = False) -> str:
        """A scalar as a factor, by a name if it is long; leads: it is the first one."""
        text = self._printer(e)
        if len(text[0]) <= _SCALAR:
            return bracketed(text, PRODUCT if leads else SIGN)
        if e not in self._scalars:
            self._scalars[e] = self._free("scale")
            self.lines.append(f"{self._scalars[e]} = {text[0]}")
        return self._scalars[e]

    def plain(self, node: Node) -> Text:
        name = self._names.get(id(node))
        if name is not None:
            return name, ATOM
        if node.op in HELPERS:
            self.used.add(HELPERS[node.op])
        text = self._fitting(lambda: spell(self, node), _args(node), 16)
        if not self._is_named(node, text[0]):
            return text
        return self._name(node, text), ATOM

    def is_inline(self, node: Node) -> bool:
        return id(node) not in self._names

    # ---- names ----

    def _is_named(self, node: Node, text: str) -> bool:
        if _stays_inline(node):
            return False
        return bool(node.hints) or self._uses[id(node)] > 1 or len(text) > _INLINE

    def _name(self, node: Node, text: Text) -> str:
        hint = node.hints[0] if node.hints else _BY_OP.get(node.op, _BY_SHAPE.get(node.shape, "x"))
        if node.op == "where" and not node.hints and node.params[0] != "0.0":
            hint = "negatives"
        if node.op == "rows" and not node.hints and len(text[0]) < _SCALAR:
            hint = re.sub(r"\W+", "_", text[0]).strip("_")
        name = self._free(hint)
        self._write(name, node, text)
        return name

    def _write(self, name: str, node: Node, text: Text) -> None:
        """One statement; a sum that is too long, a term a line."""
        self._names[id(node)] = name
        if node.op == "add" and len(name) + 3 + len(text[0]) > _WIDTH:
            first, *rest = terms(self, node)
            self.lines += [f"{name} = (", f"    {first}", *[f"    {x}" for x in rest], ")"]
        else:
            self.lines.append(f"{name} = {text[0]}")

    def _free(self, hint: str) -> str:
        n, name = 1, hint
        while name in self._taken:
            n += 1
            name = f"{hint}_{n}"
        self._taken.add(name)
        return name

    def _symbol(self, e: Symbol) -> str:
        return SIZES.get(e.name, e.name)

    def _fitting(self, write: Callable[[], Text], parts: list[Node], margin: int) -> Text:
        """What `write` gives, with the longest parts named until it fits the line."""
        text: Text = write()
        while len(text[0]) + margin > _WIDTH:
            inline = [
                x for x in parts if id(x) not in self._names and x.op not in ("input", "constant")
            ]
            longest = max(inline, key=lambda x: len(self.plain(x)[0]), default=None)
            if longest is None:
                break
            self._name(longest, self.plain(longest))
            text = write()
        return text


def _stays_inline(node: Node) -> bool:
    return node.op in _ALWAYS_INLINE and not node.hints


def _args(node: Node) -> list[Node]:
    """The arguments, and those of an argument that is only a view."""
    found = []
    for x in node.nodes:
        found += [x] if not _stays_inline(x) else _args(x)
    return found


def _count(roots: Iterable[Node]) -> Counter[int]:
    """How often each node is written; what stays inline is written wherever its user is."""
    found: dict[int, Node] = {}
    waiting = list(roots)
    uses = Counter(id(x) for x in waiting)
    while waiting:
        node = waiting.pop()
        if id(node) not in found:
            found[id(node)] = node
            waiting.extend(node.nodes)
    for node in sorted(found.values(), key=lambda x: -x.order):
        for x in node.nodes:
            uses[id(x)] += uses[id(node)] if _stays_inline(node) else 1
    return uses
