"""Test the tester: faults are planted in every loss, and the ladder has to tell each from the loss.

In its formula (every small edit of `verify.edits`) and in its lowering (single rules of
`derive.torch`, while it is evaluated). A mutant is held against the oracle of the right loss by
the comparisons of the ladder, the cheapest first, to the first that kills it. One that rung 1's
procedure proves to be the loss itself is no fault. What is left is a gap of the ladder.
"""
