"""Losses as JavaScript: their symbolic forms, written by a rule a node, for the atlas's plots."""
