"""The commands of `reports`, one a file."""
