"""Expressions that people type: parsed by a whitelist, exact, bounded in size and time."""
