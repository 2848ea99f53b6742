"""A match in words: one sentence that says which definition the code is."""

from verify.audits.constants import ONE
from verify.audits.matching import Match, hyper_text
from verify.audits.responses import number_at

_GLOSSES = {
    "N": "summed over the N anchors, not averaged",
    "1/N": "divided by N once more",
    "2": "twice it",
    "1/2": "half of it",
    "N/(N − 1)": "divided by N − 1, not N",
    "(N − 1)/N": "divided by N, not N − 1",
    "−1": "its sign is turned, so that training raises the loss",
    "τ": "times the temperature",
}


def sentence(best: Match, detour: Match | None, scaleless: bool) -> str:
    """detour: the loss that was meant, with a change that makes it the same. scaleless: whether
    the code normalises its rows."""
    start = {
        "equal": "nearly equals" if best.is_near else "equals",
        "gradient": "has the gradient, but not the value, of",
        "value": "has the value, but not the gradient, of",
    }[best.kind]
    head = f"{start} {_scaled(best)}"
    if detour is not None:
        head = f"{start} {_scaled(detour)}, i.e. {_described(best)}"
    return f"{head}{_nearly(best)}{_rows(best, scaleless)}"


def _nearly(best: Match) -> str:
    """What is left of the gradients, where it is more than rounding."""
    if not best.is_near:
        return ""
    return f", to {best.error:.0e} of its gradients, not exactly (an ε, perhaps)"


def _scaled(x: Match) -> str:
    """The factor, the loss, and the constant."""
    factor = "" if x.factor.text == ONE else "−" if x.factor.text == "−1" else f"{x.factor.text} · "
    offset = ""
    if x.offset is not None:
        sign, text = ("−", x.offset.text[1:]) if x.offset.text[0] == "−" else ("+", x.offset.text)
        offset = f" {sign} {text}"
    gloss = _GLOSSES.get(x.factor.text)
    return f"{factor}{_described(x)}{offset}" + (f": {gloss}" if gloss else "")


def _described(x: Match) -> str:
    """The loss with its settings, its changes and the reading of its views."""
    c = x.candidate
    text = c.name
    if c.values:
        values = {k: _at_hand(v) for k, v in c.values.items()}
        text += f" ({hyper_text(values)}{', fitted' if c.fitted else ''})"
    parts = [f"with {e}" for e in c.edits]
    parts += [x.reading] if x.reading else []
    return f"{text} {' and '.join(parts)}" if parts else text


def _at_hand(value: object) -> object:
    free = getattr(value, "free_symbols", ())
    return value if free else number_at(value, 2, 2)


def _rows(best: Match, scaleless: bool) -> str:
    if scaleless:
        return "; it normalises the rows itself"
    return "; compared on unit rows" if best.candidate.normalised else ""
