"""How formulas print: TeX accepts them, lines are broken sensibly, notation is the field's."""

import json
import re

import pytest
from sympy import Expr, Integer, Rational, sqrt

from derive.nodes import (
    ANCHOR,
    H_PRIME,
    Angle,
    Component,
    Cos,
    Exp,
    FeatureIndex,
    H,
    Inner,
    Log,
    N,
    SampleIndex,
    centred,
    stopped,
)
from derive.notation import (
    cosine,
    define,
    distance,
    hardest,
    hardest_index,
    same_view,
    score,
    sum_features,
    sum_pairs,
    sum_samples,
)
from derive.objective import BOTH, CROSS, SAME, Objective
from derive.objectives import names
from derive.objectives._common import margin, partition, temperature
from derive.printing.boxes import (
    DOT,
    EQUALS,
    MINUS,
    PLUS,
    Fenced,
    Fraction,
    Leaf,
    Power,
    Row,
    Script,
    leaf,
    primed,
)
from derive.printing.flow import to_lines
from derive.printing.latex import to_latex
from derive.printing.layout import Typesetter
from derive.printing.mathml import to_mathml
from derive.printing.text import columns, inline
from tests.catalogue import sampled
from tests.derive.sheets import shown

TAU = temperature(Rational(1, 20))


class Loss(Objective):
    title = name = "scratch"
    source = "a test"
    differentiated = "anchor"
    reduction = "mean over anchors"
    pool = CROSS
    hyper = (TAU, margin(Rational(1, 2)))


class NTXent(Loss):
    name = "ntxent"

    pool = BOTH

    def terms(self, i, x):
        s = score(lambda k: cosine(k, k))
        pools = partition(cosine, i, x.tau) + partition(same_view, i, x.tau)
        return -s(i) / x.tau + Log(Exp(s(i) / x.tau) + pools)


class Symmetric(Loss):
    name = "symmetric"
    differentiated = "batch"

    def terms(self, i, x):
        s = score(lambda k: cosine(k, k))

        def term(k: Expr) -> Expr:
            row = Log(Exp(s(k) / x.tau) + partition(cosine, k, x.tau))
            column = Log(Exp(s(k) / x.tau) + partition(lambda a, b: cosine(b, a), k, x.tau))
            return row + column - 2 * s(k) / x.tau

        return sum_samples(term) / (2 * N)


class SameViewTriplet(Loss):
    name = "same_view_triplet"
    pool = SAME

    def terms(self, i, x):
        s = score(lambda k: -distance(H, k, H_PRIME, k))
        return hardest(lambda k: -distance(H, i, H, k), i) - s(i)


class HardAndEasy(Loss):
    name = "hard_and_easy"

    def terms(self, i, x):
        hard = hardest(lambda k: cosine(i, k), i)
        easy = hardest(lambda k: -2 * cosine(i, k), i)
        return hard + easy - cosine(i, i)


class BatchTriplet(Loss):
    name = "batch_triplet"
    differentiated = "batch"
    pool = SAME

    def terms(self, i, x):
        return sum_samples(lambda k: hardest(lambda n: same_view(k, n), k) - cosine(k, k)) / N


class PositivesApart(Loss):
    name = "positives_apart"

    def terms(self, i, x):
        apart = partition(lambda a, b: Inner(H_PRIME, a, H_PRIME, b), i, x.tau)
        return Log(apart + partition(cosine, i, x.tau)) - cosine(i, i)


class StoppedNegatives(Loss):
    name = "stopped_negatives"
    stop_gradients = "h_j as a negative"
    pool = SAME

    def terms(self, i, x):
        products = partition(lambda a, b: Inner(H, a, stopped(H), b), i, x.tau)
        return Log(products) - cosine(i, i) / x.tau


class StoppedPositive(Loss):
    name = "stopped_positive"
    stop_gradients = "h'_i"
    hyper = ()

    def terms(self, i, x):
        return -Inner(H, i, stopped(H_PRIME), i)


class Cancelling(Loss):
    """Pushes that sum to zero."""

    name = "cancelling"

    def terms(self, i, x):
        mean = sum_samples(lambda k: cosine(i, k), other_than=i) / (N - 1)
        return hardest(lambda k: cosine(i, k), i) - mean - cosine(i, i)


class TwoNamedAlike(Loss):
    name = "two_named_alike"
    pool = BOTH

    def terms(self, i, x):
        k = SampleIndex("_k")
        first = define("Z", partition(cosine, k, x.tau), k)
        second = define("Z", partition(same_view, k, x.tau), k)
        return Log(first(i)) + Log(second(i)) - cosine(i, i)


SCRATCH = [
    NTXent, Symmetric, SameViewTriplet, HardAndEasy, BatchTriplet, PositivesApart,
    StoppedNegatives, StoppedPositive, Cancelling, TwoNamedAlike,
]  # fmt: skip
LOSSES = [*sampled(names()), *(loss() for loss in SCRATCH)]


def label(loss):
    return loss if isinstance(loss, str) else loss.name


# ---- LaTeX ----


def double_scripts(latex: str) -> list[str]:
    """What TeX refuses: a second superscript or subscript on one symbol (x'^{2} it takes)."""
    found: list[str] = []
    at, seen, before = 0, set(), ""
    while at < len(latex):
        start, mark = at, latex[at]
        at = _after(latex, at)
        if mark == " ":
            continue
        if mark in "^_'":
            kind = "_" if mark == "_" else "^"
            if kind in seen and not (before == "'" and mark in "'^"):
                found.append(latex[:at])
            seen.add(kind)
            if mark != "'":
                found += double_scripts(latex[start + 1 : at])
        else:
            seen = set()
            if mark == "{":
                found += double_scripts(latex[start + 1 : at - 1])
        before = mark
    return found


def _after(latex: str, at: int) -> int:
    """Where the group, command, letter or script that starts here ends."""
    if latex[at] in "^_":
        return _after(latex, at + 1)
    if latex[at] == "\\":
        command = re.match(r"\\([A-Za-z]+|.)", latex[at:])
        assert command is not None
        return at + command.end()
    if latex[at] != "{":
        return at + 1
    depth = 0
    for end in range(at, len(latex)):
        depth += {"{": 1, "}": -1}.get(latex[end], 0)
        if depth == 0:
            return end + 1
    raise AssertionError(f"unbalanced braces in {latex}")


@pytest.mark.parametrize(
    "planted",
    ["c_{ij^{*}'}", "C'_{bc}^{2}", "j^{*}^{*}", "x_{a}_{b}", r"\frac{1}{x^{2}^{2}}", "a + x'_i'"],
)
def test_the_checker_finds_what_tex_refuses(planted):
    assert double_scripts(planted)


@pytest.mark.parametrize(
    "fine", ["{C'_{bc}}^{2}", "x''", "x'^{2}", r"j^{*\prime}_{k}", "e^{x^{2}}"]
)
def test_the_checker_takes_what_tex_takes(fine):
    assert not double_scripts(fine)


@pytest.mark.parametrize("loss", LOSSES, ids=label)
def test_tex_accepts_every_formula(loss):
    text = shown(loss, format="latex", steps=True)
    formulas = re.findall(r"\\\[ (.*?) \\\]", text)
    assert formulas
    assert [x for formula in formulas for x in double_scripts(formula)] == []


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("j*", "j^{*}"),
        ("j**", "j^{**}"),
        ("j*'", r"j^{*\prime}"),
        ("j*(k)'", "j^{*}(k)'"),
        ("j(k)'", "j(k)'"),
        ("σ'", r"\sigma'"),
        ("w_pos", r"w_{\mathrm{pos}}"),
    ],
)
def test_stars_and_primes_are_one_superscript(text, latex):
    assert leaf(text).latex == latex


def test_a_script_on_a_symbol_that_has_one_is_put_on_a_group():
    primed_entry = Script(leaf("C'"), (leaf("b"), leaf("c")))
    assert to_latex(Power(primed_entry, leaf("2"))) == "{C'_{bc}}^{2}"
    assert to_latex(Script(leaf("w_pos"), (leaf("i"),))) == r"{w_{\mathrm{pos}}}_{i}"


def test_a_hardest_index_of_another_anchor_is_mathml_too():
    assert "<mi>k</mi>" in to_mathml(primed(leaf("j*(k)")))


# ---- lines ----


def long_sum(count: int, letter: str = "x") -> Row:
    parts = [y for n in range(count) for y in (PLUS, leaf(f"{letter}{n}"))]
    return Row(tuple(parts[1:]))


@pytest.mark.parametrize("steps", [False, True])
@pytest.mark.parametrize("loss", SCRATCH)
def test_no_line_mixes_a_fraction_with_its_neighbours(loss, steps):
    """A rule has its numerator above and its denominator below: never text on both its sides
    but signs, brackets and names."""
    lines = shown(loss(), steps=steps).splitlines()
    assert max(map(columns, lines)) <= 80
    for above, line, below in zip(lines, lines[1:], lines[2:], strict=False):
        for rule in re.finditer("─+", line):
            span = slice(rule.start(), rule.end())
            assert above[span].strip(), f"no numerator:\n{above}\n{line}"
            assert below[span].strip(), f"no denominator:\n{line}\n{below}"


def test_a_wide_fraction_is_broken_above_and_below_its_rule():
    box = Row((leaf("R"), EQUALS, Fraction(long_sum(20), long_sum(25, "y"))))
    lines = to_lines(box, 60, 2)
    rule = next(line for line in lines if "─" in line)
    assert rule.lstrip().startswith("R = ──")
    at = lines.index(rule)
    above, below = " ".join(lines[:at]), " ".join(lines[at + 1 :])
    assert [x for x in above.split() if x != "+"] == [f"x{n}" for n in range(20)]
    assert [x for x in below.split() if x != "+"] == [f"y{n}" for n in range(25)]
    assert max(map(columns, lines)) <= 60


def test_brackets_and_factors_are_broken_where_a_term_is_too_wide():
    bracket = Fenced("(", long_sum(18), ")")
    lines = to_lines(Row((leaf("a"), MINUS, Row((bracket, DOT, bracket)))), 50, 2)
    text = re.sub(r"\s+", " ", " ".join(lines)).strip()
    assert text == inline(Row((leaf("a"), MINUS, Row((bracket, DOT, bracket)))))
    assert max(map(columns, lines)) <= 50


def test_what_has_no_place_to_break_is_wrapped():
    lines = to_lines(Leaf("word " * 30, "x"), 50, 2)
    assert max(map(columns, lines)) <= 50
    assert " ".join(lines).split() == ["word"] * 30
    assert max(map(columns, to_lines(Leaf("w" * 200, "x"), 50, 2))) <= 50


# ---- notation ----


def legend(loss, **settings):
    return shown(loss, **settings).split("\nNotation\n")[1]


def test_an_arg_max_of_a_negative_is_an_arg_min():
    text = legend(HardAndEasy())
    assert "j* = arg max_{k≠i} c_ik'" in text
    assert "j** = arg min_{k≠i} c_ik'" in text


def test_within_a_view_the_anchor_stands_first():
    text = shown(SameViewTriplet())
    assert "c_ij*" in text
    assert "‖h_i − h_k‖" in text
    assert "c_j*i" not in text
    assert "‖h_k − h_i‖" not in text


def test_bound_indices_of_one_view_are_in_order():
    pairs = sum_pairs(lambda k, n: Exp(same_view(k, n)))
    assert inline(Typesetter()(pairs)).count("c_kl") == 1


def test_a_hardest_index_of_another_anchor_shows_its_anchor():
    text = shown(BatchTriplet())
    assert "1[i = j*(j)]" in text
    assert "j* = arg max_{k≠i} c_ik" in text
    assert "j*(k) is the j* of the anchor k" in text
    assert "j**" not in text


def test_the_legend_has_the_cosines_that_are_used_and_no_others():
    assert "c_i'j' = ⟨h'_i, h'_j⟩ = cos θ_i'j'" in legend(PositivesApart())
    assert "c_ij = " not in legend(PositivesApart())
    assert "c_i'j'" not in legend("infonce")
    assert "c_ij = " in legend(NTXent())
    assert "c_ij" not in legend("vicreg")
    assert "n_j is every negative" in legend(NTXent())


def test_two_definitions_of_one_name_are_both_shown():
    text = shown(TwoNamedAlike()).split("\nGradient\n")[0]
    assert "Z_i = Σ_{k≠i} e^(c_ik'/τ)" in text
    assert "Z_i = Σ_{k≠i} e^(c_ik/τ)" in text


def test_one_statistic_of_two_views_is_shown_once():
    text = shown("vicreg").split("\nGradient\n")[0]
    assert text.count("C_ab = ") == text.count("σ_a = ") == 1
    assert "C'_ab = " not in text


def test_two_statistics_of_two_views_are_both_shown():
    a = FeatureIndex("_a")

    class Spread(Loss):
        name = "spread"
        differentiated = "batch"

        def terms(self, i, x):
            def root(view, scale):
                total = sum_samples(lambda k: Component(centred(view), k, a) ** 2)
                return define("σ", sqrt(scale * total / N), a, view=view, opaque=True)

            first, second = root(H, Integer(1)), root(H_PRIME, Integer(3))
            return sum_features(lambda b: first(b) + second(b))

    text = shown(Spread()).split("\nGradient\n")[0]
    assert text.count("σ_a = ") == text.count("σ'_a = ") == 1


def test_the_cosine_of_an_angle_is_the_cosine():
    assert inline(Typesetter()(Cos(Angle(cosine(ANCHOR, ANCHOR))))) == "c_ii'"
    text = shown("arccon", u=0)
    assert "c_ii'" in text
    assert "cos(θ" not in text


def test_stopped_views_print_as_sg():
    text = shown(StoppedNegatives())
    assert "⟨h_i, sg(h_k)⟩" in text
    assert "sg(x) is x with its gradient stopped" in text
    assert r"\operatorname{sg}\left(h_{k}\right)" in shown(StoppedNegatives(), format="latex")
    assert "L_i = −⟨h_i, sg(h'_i)⟩" in shown(StoppedPositive())
    assert "sg" not in legend("infonce")


def test_stopped_views_are_told_apart_in_json():
    data = json.loads(shown(StoppedPositive(), format="json"))
    assert "h_prime_stopped" in data["objective"]["sympy"]


def test_a_stopped_component():
    component = Component(stopped(H), ANCHOR, FeatureIndex("a"))
    assert inline(Typesetter()(component)) == "sg(h_ia)"


def test_hardest_indices_print_after_a_free_one():
    k = hardest_index(lambda n: same_view(ANCHOR, n), ANCHOR)
    assert inline(Typesetter()(same_view(k, ANCHOR))) == "c_ij*"
    assert inline(Typesetter()(cosine(ANCHOR, k))) == "c_ij*'"
    assert to_latex(Typesetter()(cosine(ANCHOR, k))) == r"c_{ij^{*\prime}}"


# ---- sentences ----


def test_a_negative_ratio_is_stated_without_a_reason():
    assert "R_i is never positive.\n" in shown(HardAndEasy())


def test_why_the_ratio_is_undefined():
    assert "R_i is undefined: the pushes sum to zero." in shown(Cancelling())
    text = shown(StoppedPositive())
    assert "R_i is undefined: there are no negatives." in text
    assert "W_ij" not in text


# ---- steps ----


def derivation(loss, **settings):
    text = shown(loss, steps=True, **settings)
    return text.split("\nDerivation\n")[1].split("\nGradient\n")[0]


@pytest.mark.parametrize("loss", LOSSES, ids=label)
def test_no_step_is_shown_twice_and_none_is_trivial(loss):
    text = derivation(loss)
    steps = re.split(r"\n  \d+\. ", text)[1:]
    assert len(set(steps)) == len(steps)
    assert "∂(x + y)" not in text
    assert "∂(−" not in re.sub(r"∂\(−m(in|ax)", "", text)  # a sign is a constant factor


def test_a_product_of_two_that_vary_is_a_step():
    assert "∂(h\u0302_kb h\u0302_kc)" in derivation("vicreg")


def test_the_limit_is_a_step():
    text = derivation("infonce")
    assert "s_i = c_ii'" in text
    assert "V_ij = lim_{s_i→−∞} a_ij =" in text
    assert "e^(s_i/τ)" in text
    assert "GD = Σ a / Σ V" in text


def test_without_a_gauge_the_closing_says_why():
    text = re.sub(r"\s+", " ", derivation("vicreg"))
    assert "GD = 1, since no score of the positive gates the push; W = a" in text
    assert "There are no negatives" in derivation(StoppedPositive())


def test_names_of_hardest_indices_agree_between_steps_and_sheet():
    text = shown("met", steps=True)
    assert "j**" not in text
    assert text.count("j* = arg") == 1


def test_letters_do_not_depend_on_what_was_derived_before():
    first = [shown(loss, steps=True) for loss in ("vicreg", Symmetric())]
    for count in range(13):  # past any change in the number of digits
        sum_samples(lambda k: cosine(k, k))
        if count % 4 == 0:
            assert [shown(loss, steps=True) for loss in ("vicreg", Symmetric())] == first
