"""A loss as JavaScript: its decomposition at an anchor of a batch, from the symbolic form."""

from sympy import Expr

from derive.nodes import ANCHOR, FEATURE, NEGATIVE, D, IndexSum
from derive.paradigm import Decomposition
from reports.atlas.javascript.writer import Writer

_HELPERS = "N,D,M,G,F,S,E,L,P,R,iv,pw,la,lse,mx,am,top,c,d2,t,sn,x"


def quantities(d: Decomposition) -> dict[str, Expr]:
    """What is computed of anchor i: name in JavaScript → expression. Of diagonal matrices (R and b
    of losses that weigh features one by one) the mean over the features."""
    found = {"loss": d.objective.formula(d.coefficients.settings), "gd": d.dissipation}
    found["pull"] = d.coefficients.pull + _mean(d.coefficients.diagonal)
    if d.ratio is not None:
        found["ratio"] = d.ratio + _mean(d.ratio_diagonal)
    return found


def _mean(entry: Expr) -> Expr:
    """Of the entries of a diagonal matrix."""
    return IndexSum(entry, FEATURE) / D if entry != 0 else entry


def program(d: Decomposition) -> str:
    """A function of a batch (its helpers, of static/atlas.js) and the hyper-parameters q.

    It returns loss, gd, pull and ratio, functions of the anchor (ratio only where there is one),
    and a and w, lists of functions of anchor and negative, one for each pool.
    """
    writer = Writer()
    single = [f"{name}:{_function(writer, e)}" for name, e in quantities(d).items()]
    pairs = [
        f"{name}:[{','.join(_function(writer, e) for e in of.values())}]"
        for name, of in (("a", d.coefficients.push), ("w", d.weight))
    ]
    definitions = "".join(f"const {f}=F({text});\n" for text, f in writer.functions.items())
    return f"({{{_HELPERS}}},q)=>{{\n{definitions}return{{{','.join(single + pairs)}}};\n}}"


def _function(writer: Writer, e: Expr) -> str:
    """A function of the anchor, or of the anchor and a negative, under the names of both."""
    with writer.named({ANCHOR: "i", NEGATIVE: "j"}):
        return f"(i,j)=>{writer(e).text}"
