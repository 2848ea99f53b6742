"""The library of components: gradient dissipations, weights and ratios to build losses from.

    dissipation   one, hinge(m), infonce(τ), arccon(τ, u)
    weight        softmax(τ), energy(τ), hardest, inverse-distance, uniform, power(p), linear
    ratio         constant(r), arccon(u), met

Written `hinge:m=0.3`, `softmax:tau=0.05,over=batch`, `one`; a bare number is a constant ratio.
"""

from derive.components.component import DISSIPATION, RATIO, ROLES, SCORE, WEIGHT, Component, Form
from derive.components.library import forms
from derive.components.place import Place
from derive.components.spec import read_component

__all__ = [
    "DISSIPATION",
    "RATIO",
    "ROLES",
    "SCORE",
    "WEIGHT",
    "Component",
    "Form",
    "Place",
    "forms",
    "read_component",
]
