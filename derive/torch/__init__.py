"""Objectives as fast torch modules. The only part of derive that imports torch."""

from derive.torch.objective import FastObjective as FastObjective
from derive.torch.objective import objective as objective

__all__ = ["FastObjective", "objective"]
