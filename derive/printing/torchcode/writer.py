"""What the spelling of an operation asks of the program around it."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from sympy import Expr

from derive.printing.torchcode.arrays import Node
from derive.printing.torchcode.scalars import Text

Spell = Callable[["Writer", Node], Text]


class Writer(ABC):
    """What a spelling asks of the program around it."""

    @abstractmethod
    def array(self, scale: Expr, node: Node) -> Text:
        """A node times a number."""

    @abstractmethod
    def scalar(self, e: Expr) -> Text:
        """A number, as Python writes it."""

    @abstractmethod
    def plain(self, node: Node) -> Text:
        """A node without a scale."""

    @abstractmethod
    def is_inline(self, node: Node) -> bool:
        """Whether a node is written where it is used."""
