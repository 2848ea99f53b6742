"""The commands of `train`, one a file."""
