"""What can go wrong when a run is measured."""

from derive.errors import ContragradError


class MeasurementError(ContragradError):
    """Embeddings that cannot be measured, or records that cannot be read."""
