"""Audits of anyone's loss: two of them compared, or one looked at alone.

    verify.same(f, g, inputs, hyper, dtype, seed) -> Report
    verify.audit(f, against, inputs, hyper, dtype, seed) -> Report

f(h, h_prime, **hyper) → scalar is any torch callable; what it does is measured, its code is not
read. The core needs torch alone, so that it runs in the environment of the code that is audited.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verify.audit.alone import audit as audit
    from verify.audit.report import Finding as Finding
    from verify.audit.report import Report as Report
    from verify.audit.report import Verdict as Verdict
    from verify.audit.sameness import same as same

_PUBLIC = {
    "Finding": "verify.audit.report",
    "Report": "verify.audit.report",
    "Verdict": "verify.audit.report",
    "audit": "verify.audit.alone",
    "same": "verify.audit.sameness",
}

__all__ = ["Finding", "Report", "Verdict", "audit", "same"]


def __getattr__(name: str) -> Any:  # torch is imported when it is needed
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'verify.audit' has no attribute {name!r}")


class _Audit(ModuleType):
    """This package is also the function: `verify.audit(f)`. Python sets the attribute `audit` of
    `verify` to the package as soon as one of its modules is imported."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """`verify.audit.alone.audit`."""
        return import_module("verify.audit.alone").audit(*args, **kwargs)


sys.modules[__name__].__class__ = _Audit
