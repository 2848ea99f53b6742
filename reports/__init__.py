"""Figures, tables and pages of what is derived, verified and trained; used from the command line
(`reports build`, `reports atlas`)."""
