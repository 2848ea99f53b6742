"""The rungs of the ladder, one idea a file, in the order they run: from algebra to edges.

Each file holds NAME and `check(subject, *, examples, seed, sizes) -> (verdict, detail)`. The detail
is one line; where an example refutes, a program that shows it may follow after an empty line. sizes
(`verify.profiles.Sizes`) may be left out.
"""

from collections.abc import Callable

from derive.verdict import Verdict
from verify.checks import autograd, fast, identity, points, relations, singular

Check = Callable[..., tuple[Verdict, str]]

CHECKS: dict[str, Check] = {
    module.NAME: module.check for module in (identity, points, autograd, fast, relations, singular)
}
RUNGS: dict[str, int] = {name: number for number, name in enumerate(CHECKS, 1)}
