"""What may be changed in a loss before it is compared: a hyper-parameter at a special value, or
the negatives taken from the other view."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

from sympy import Expr, S

from derive.comparison.pools import other_pool
from derive.comparison.subject import Form, Subject
from derive.hyper import Hyper
from derive.nodes import SampleIndex

_MOST_CHANGES = 2
_MOST_VARIANTS = 150


@dataclass(frozen=True)
class Change:
    """One hyper-parameter of one loss at a value (a number, or an expression of the other's)."""

    letter: str
    name: str
    symbol: Expr
    value: Expr


@dataclass(frozen=True)
class Variant:
    """Two forms to compare instead of those given, and what was changed for them."""

    a: Form
    b: Form
    changes: tuple[Change, ...]
    swapped: bool

    @property
    def where(self) -> dict[str, str]:
        found = {f"{x.letter}.{x.name}": str(x.value) for x in self.changes}
        return found | ({"pool": SWAPPED} if self.swapped else {})


SWAPPED = "the negatives of A taken from the other view"


def variants(a: Subject, b: Subject) -> Iterator[Variant]:
    """Fewest changes first."""
    options = [*changes(a, b), *changes(b, a)]
    exchanged = other_pool(a.form)
    for count, _ in zip(
        _choices(options, exchanged is not None), range(_MOST_VARIANTS), strict=False
    ):
        chosen, swap = count
        forms = {x.letter: x.form for x in (a, b)}
        if swap and exchanged is not None:
            forms["A"] = exchanged
        for x in chosen:
            forms[x.letter] = forms[x.letter].replaced({x.symbol: x.value})
        yield Variant(forms["A"], forms["B"], chosen, swap)


def _choices(options: list[Change], swap: bool) -> Iterator[tuple[tuple[Change, ...], bool]]:
    for count in range(_MOST_CHANGES + 2):
        for exchanged in (False, True) if swap else (False,):
            number = count - exchanged
            if not 0 <= number <= _MOST_CHANGES or count == 0:
                continue
            for chosen in combinations(options, number):
                if len({(x.letter, x.name) for x in chosen}) == number:
                    yield chosen, exchanged


def changes(x: Subject, y: Subject) -> Iterator[Change]:
    """Special values: closed ends, 0, 1, the default, and the parameters that are free in y alone,
    or one over them; of what is free in both losses 0 and 1."""
    symbols = {s.name: s for s in x.form.formula.free_symbols if not isinstance(s, SampleIndex)}
    for name, hyper in x.free.items():
        if name in symbols:
            values = [v for v in _values(hyper) if name not in y.free or v in (S.Zero, S.One)]
            yield from (Change(x.letter, name, symbols[name], v) for v in values)
    names = [n for n in x.free if n not in y.free and n in symbols]
    others = [h for n, h in y.free.items() if n not in x.free]
    for name, other in product(names, others):
        for value in (other.symbol, 1 / other.symbol):
            if x.free[name].domain == other.domain:
                yield Change(x.letter, name, symbols[name], value)


def _values(hyper: Hyper) -> list[Expr]:
    ends = [hyper.domain.low, hyper.domain.high]
    values = [x for x in ends if not x.is_infinite] + [S.Zero, S.One]
    values = [x for x in values if hyper.domain.contains(x)] + [hyper.default]
    return list(dict.fromkeys(values))
