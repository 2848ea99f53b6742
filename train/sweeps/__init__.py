"""Many runs: seeds of one run, the steps of an ablation, the grid of a sweep.

Each run has its own folder; what is finished is never run again, what was cut short goes on from
its last checkpoint.
"""
