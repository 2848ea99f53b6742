"""Derive what a contrastive or self-supervised loss does to the embeddings.

>>> import derive
>>> derive.decompose("infonce").ratio
1
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.api import compare as compare
    from derive.api import compose as compose
    from derive.api import conservative as conservative
    from derive.api import decompose as decompose
    from derive.api import gradient as gradient
    from derive.api import limit as limit
    from derive.api import load as load
    from derive.api import modify as modify
    from derive.api import names as names
    from derive.api import show as show

# No module of this package may have one of these names: it would hide the function.
__all__ = [
    "compare",
    "compose",
    "conservative",
    "decompose",
    "gradient",
    "limit",
    "load",
    "modify",
    "names",
    "show",
]


def __getattr__(name: str) -> Any:  # SymPy is imported when it is first needed
    if name in __all__:
        return getattr(import_module("derive.api"), name)
    raise AttributeError(f"module 'derive' has no attribute {name!r}")
