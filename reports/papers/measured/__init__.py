"""001, Figures 7 to 9, and the dilemma of 002: what runs measured of themselves on held-out text.

A figure a module; here they are by the names that `reports.papers` knows.
"""

from reports.papers.measured.angles import figure_9
from reports.papers.measured.ratios import figure_8
from reports.papers.measured.shares import figure_7
from reports.papers.measured.tolerance import uniformity_tolerance

__all__ = ["figure_7", "figure_8", "figure_9", "uniformity_tolerance"]
