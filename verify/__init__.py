"""Proofs and property tests of the derived losses.

>>> from verify import verify_loss
>>> verify_loss("mpt", examples=5).verdict.value
'agreed'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.audits.alone import audit as audit
    from verify.audits.report import Report as Report
    from verify.audits.sameness import same as same
    from verify.ladder import verify_loss as verify_loss
    from verify.report import CheckResult as CheckResult
    from verify.report import LossReport as LossReport

_PUBLIC = {
    "CheckResult": "verify.report",
    "LossReport": "verify.report",
    "Report": "verify.audits.report",
    "audit": "verify.audits.alone",
    "same": "verify.audits.sameness",
    "verify_loss": "verify.ladder",
}

__all__ = ["CheckResult", "LossReport", "Report", "audit", "same", "verify_loss"]


def __getattr__(name: str) -> Any:  # torch and Hypothesis are imported when they are needed
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'verify' has no attribute {name!r}")
