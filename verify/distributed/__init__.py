"""Does a loss that is spread over processes train as one process with the whole batch does?

Real processes (gloo) and a real DistributedDataParallel, in float64: `check.check` compares the
gradient of every parameter after averaging, and the value that each rank returns. For a function
of the user's, `schemes` says which of the known ways of sharing a batch it behaves like.
"""
