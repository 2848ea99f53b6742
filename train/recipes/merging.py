"""A recipe's options with the user's over them."""

from collections.abc import Mapping
from typing import Any

# Both say how long a run is: whichever is given takes the place of the other.
_LENGTH = {"steps", "epochs"}


def over(options: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of `train.config.RunConfig` with those that are given; of mappings, by entry.

    Epochs that are given take the place of the recipe's steps, and steps of its epochs.
    """
    found = dict(options)
    for name, value in given.items():
        before = found.get(name)
        if not isinstance(before, Mapping) or not isinstance(value, Mapping):
            found[name] = value
            continue
        kept = dict(before)
        if name == "overrides" and _LENGTH & value.keys():
            kept = {key: x for key, x in kept.items() if key not in _LENGTH}
        found[name] = kept | dict(value)
    return found
