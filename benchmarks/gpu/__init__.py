"""The parts of `make gpu-check`, one a file."""
