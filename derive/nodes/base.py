"""The base of our nodes, and how a formula refers to embeddings: by feature or by inner product."""

from typing import Any

from sympy import Expr, S, sympify

from derive.nodes.views import Index, View, label


class Node(Expr):
    """Base of our nodes: real, commutative, evaluated by none of SymPy's machinery."""

    __slots__ = ()
    is_commutative = True
    is_real = True

    def __new__(cls, *args: Any) -> Any:
        return Expr.__new__(cls, *map(sympify, args))


class Component(Node):
    """v_ia: feature a of sample i in view v. Arguments: view, sample index, feature index."""

    __slots__ = ()


class Inner(Node):
    """⟨v_i, w_j⟩, symmetric. Arguments: view, index, view, index."""

    __slots__ = ()

    def __new__(cls, v: View, i: Expr, w: View, j: Expr) -> "Inner":
        if (v.name, v.role, v.stopped, label(i)) > (w.name, w.role, w.stopped, label(j)):
            v, i, w, j = w, j, v, i
        return Expr.__new__(cls, v, i, w, j)


class IndexSum(Node):
    """Σ of the body over the full range of a bound index. Arguments: body, index."""

    __slots__ = ()

    def __new__(cls, body: Any, index: Index) -> Any:
        body = sympify(body)
        return S.Zero if body == 0 else Expr.__new__(cls, body, index)
