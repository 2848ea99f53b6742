"""Objectives as fast torch modules. The only part of derive that imports torch."""

from derive.torch.caching import GradientCache as GradientCache
from derive.torch.objective import FastObjective as FastObjective
from derive.torch.objective import objective as objective
from derive.torch.sentences import SentenceLoss as SentenceLoss

__all__ = ["FastObjective", "GradientCache", "SentenceLoss", "objective"]
