"""Hypothesis profiles: the gate repeats itself; `--hypothesis-profile=explore` searches afresh."""

from hypothesis import settings

# No deadline: SymPy's first call in a process takes a second.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile("gate")
