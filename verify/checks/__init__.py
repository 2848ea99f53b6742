"""The checks of a loss, one idea a file, in the order they run: from algebra to edges.

Each file holds NAME and `check(subject, *, examples, seed) -> (verdict, detail)`.
"""

from collections.abc import Callable

from derive.verdict import Verdict
from verify.checks import autograd, fast, identity, points, singular

Check = Callable[..., tuple[Verdict, str]]

CHECKS: dict[str, Check] = {
    module.NAME: module.check for module in (identity, points, autograd, fast, singular)
}
