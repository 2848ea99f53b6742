"""Measurements: every loss against its bare matrix products, and side by side with peers."""
