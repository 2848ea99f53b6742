"""A loss as one standalone Python file that needs only torch."""

from derive.printing.torchcode.module import standalone as standalone

__all__ = ["standalone"]
