"""The versions that a run's bits depend on: on record, and compared when it goes on."""

import platform
from collections.abc import Mapping
from importlib.metadata import version

PACKAGES = (
    "torch", "transformers", "sentence-transformers", "tokenizers", "datasets", "numpy", "sympy",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Of Python and of every package, by name, as they are here."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def other_versions(recorded: Mapping[str, str]) -> str:
    """A warning where a run goes on under other versions than it began with; else empty."""
    here = versions()
    changed = [
        f"{name} {here.get(name, 'none')} (began with {old})"
        for name, old in recorded.items()
        if here.get(name) != old
    ]
    if not changed:
        return ""
    return (
        f"Warning: other versions than on record: {', '.join(changed)}. The run goes on, but not "
        "surely with the bits that it would have had."
    )
