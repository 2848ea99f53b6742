"""What can go wrong while a report is built."""

from derive.errors import ContragradError


class RunRecordError(ContragradError):
    """A folder given with --run that no training run wrote."""


class ReportError(ContragradError):
    """An option outside its range, or a place that cannot be written to."""
