"""A batch that looks the same from every sample: four cosines give all inner products."""

from dataclasses import dataclass

from sympy import Expr, S

from derive.nodes import Distinct, Given, HardestIndex, View


class NotDeterminedError(Exception):
    """Why the four cosines do not determine the value."""


class UndefinedValueError(NotDeterminedError):
    """Why there is no value there at all."""


@dataclass(frozen=True)
class Batch:
    """positive: c_ii'; cross: c_ij'; same: c_ij; same_prime: c_i'j'; collapsed: every embedding is
    the same vector, so that components are known too."""

    positive: Expr
    cross: Expr
    same: Expr
    same_prime: Expr
    collapsed: bool = False

    def cosine(self, v: View, i: Expr, w: View, j: Expr) -> Expr:
        """⟨v_i, w_j⟩ of the embeddings themselves."""
        equal = same_sample(i, j)
        if v.base == w.base:
            own, other = S.One, (self.same_prime if v.name.endswith("'") else self.same)
        else:
            own, other = self.positive, self.cross
        if own != other and equal is None:
            raise NotDeterminedError(f"it depends on which samples {i} and {j} are")
        return own if equal else other


def chance(c: Expr) -> Batch:
    """Every cosine is c."""
    return Batch(c, c, c, c)


COLLAPSE = Batch(S.One, S.One, S.One, S.One, collapsed=True)


def same_sample(i: Expr, j: Expr) -> bool | None:
    """Whether two indices are one sample: named ones differ, a picked one only from its anchor."""
    if i == j:
        return True
    if Distinct(i, j) == 1 or not any(isinstance(x, HardestIndex | Given) for x in (i, j)):
        return False
    return None
