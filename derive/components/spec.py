"""Components as they are written: `hinge:m=0.3`, `softmax:tau=0.05,over=batch`, `1.5`, `one`."""

from dataclasses import replace

from derive.components.component import RATIO, Component, Form
from derive.components.library import forms
from derive.errors import ContragradError, HyperparameterError, UnknownNameError


class ComponentError(ContragradError):
    """A component that is written wrongly or does not fit the loss."""


def read_component(role: str, text: object) -> Component:
    """A component from its text; role: "dissipation", "weight" or "ratio".

    A number is a constant ratio. Raises `UnknownNameError` for an unknown form or parameter (with
    the nearest names), `HyperparameterError` for a value outside its domain, else `ComponentError`.
    """
    if role == RATIO and _numeric(text):
        text = f"constant:r={text}"
    if not isinstance(text, str):
        raise ComponentError(
            f"{role} {text!r} is not the text of a component. Write for example {_example(role)!r}."
        )
    name, colon, rest = text.strip().partition(":")
    known = forms(role)
    if name not in known:
        others = ["pull", "a number"] if role == RATIO else []
        raise UnknownNameError(role, name, [*known, *others])
    if colon and not rest.strip():
        raise ComponentError(f"{role} {text!r} ends in a colon. Write {name!r} for its defaults.")
    return _with_settings(known[name], _settings(role, text, rest))


def _numeric(text: object) -> bool:
    if isinstance(text, str):
        return text.strip()[:1] in tuple("+-.0123456789")
    return not isinstance(text, bool) and hasattr(text, "__float__")


def _example(role: str) -> str:
    form = next(x for x in forms(role).values() if x.hyper)
    return ":".join((form.name, ",".join(f"{x.name}={x.default}" for x in form.hyper)))


def _settings(role: str, text: str, rest: str) -> dict[str, str]:
    settings: dict[str, str] = {}
    for part in rest.split(",") if rest else ():
        name, equals, value = (x.strip() for x in part.partition("="))
        if not (name and equals and value):
            raise ComponentError(
                f"{part.strip()!r} in {role} {text!r} is not of the form NAME=VALUE. Write for "
                f"example {_example(role)!r}."
            )
        if name in settings:
            raise ComponentError(f"{role} {text!r} gives {name} twice. Keep one of them.")
        settings[name] = value
    return settings


def _with_settings(form: Form, settings: dict[str, str]) -> Component:
    known = {x.name: x for x in form.hyper}
    words = {name: values[0] for name, values in form.words.items()}
    for name, value in settings.items():
        if name in known:
            known[name] = replace(known[name], default=known[name].read(value))
        elif name in words:
            words[name] = _word(form, name, value)
        elif known or words:
            raise UnknownNameError(f"parameter of {form.name}", name, [*known, *words])
        else:
            raise HyperparameterError(
                f"{form.name} has no parameters, and {name}={value} was given. Write {form.name!r}."
            )
    return Component(form, tuple(known.values()), words)


def _word(form: Form, name: str, value: str) -> str:
    if value not in form.words[name]:
        raise UnknownNameError(f"value of {form.name}'s {name}", value, form.words[name])
    return value
