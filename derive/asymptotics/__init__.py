"""How an expression behaves as a hyper-parameter goes to an end of its domain.

`expand` (derive.asymptotics.rules) follows the formula node by node. A power series in the small
variable ε (the parameter itself, or its reciprocal) is a `Series`; what grows or decays like
e^{x/ε} is a `Growth`. Where no rule decides, `UndecidedLimitError` says why.
"""
