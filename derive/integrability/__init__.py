"""Whether a field in the cosines is the gradient of a scalar, and which: the integrability
condition, scalars to try, and batches that refute."""
