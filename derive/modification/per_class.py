"""An attribute of a class that is worked out when it is first read."""

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary


class _PerClass:
    def __init__(self, compute: Callable[[Any], Any]):
        self.compute = compute
        self.known: WeakKeyDictionary[type, Any] = WeakKeyDictionary()

    def __get__(self, instance: object, owner: type) -> Any:
        if owner not in self.known:
            self.known[owner] = self.compute(owner)
        return self.known[owner]


def per_class(compute: Callable[[Any], Any]) -> Any:
    """An attribute of each subclass, computed from it once; a subclass may state its own value."""
    return _PerClass(compute)
