"""Imports everything that is measured. Processes are forked from one that imported this."""

from benchmarks import memory, packages

packages.preload()
__all__ = ["memory"]
