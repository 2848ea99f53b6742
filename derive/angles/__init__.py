"""Expressions in angles, their signs, and their values where all negatives are at one angle."""
