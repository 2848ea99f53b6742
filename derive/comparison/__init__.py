"""How two losses are related: the same, the same up to something, a limit, or different.

`derive.comparison.compare.compare` tries the relations in order of strength. Numbers at random
batches choose what is worth proving; algebra proves it for symbolic N and D.
"""
