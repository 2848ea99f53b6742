"""Encoders to start from where no hub is at hand: a small BERT of one's own, and one unpacked."""
