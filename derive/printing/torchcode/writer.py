"""What the spelling of an operation asks of the program around it."""

from collections.abc import Callable

from sympy import Expr

from derive.printing.torchcode.arrays import Node
from derive.printing.torchcode.scalars import Text

Spell = Callable[["Writer", Node], Text]


class Writer:
    """What a spelling asks of the program around it."""

    def array(self, scale: Expr, node: Node) -> Text:
        raise NotImplementedError

    def scalar(self, e: Expr) -> Text:
        raise NotImplementedError

    def plain(self, node: Node) -> Text:
        """A node without a scale."""
        raise NotImplementedError

    def is_inline(self, node: Node) -> bool:
        """Whether a node is written where it is used."""
        raise NotImplementedError
