"""The fork server and the small text of the fault tests, shared with them."""

from tests.train.faults.conftest import materials, server

__all__ = ["materials", "server"]
