"""`derive compose`."""

from typing import Any

import click

from derive.commands import format_option, parse_settings, save_option, set_option
from derive.errors import InputError


@click.command("compose", short_help="Build a loss from components, or from φ and ψ.")
@click.option(
    "--gd",
    metavar="COMPONENT",
    help="one (default) | hinge:m=0.3 | infonce:tau=… | arccon:tau=…,u=…",
)
@click.option(
    "--weight",
    metavar="COMPONENT",
    help="softmax:tau=0.05 | energy:tau=… | hardest | inverse-distance | uniform | power:p=… | "
    "linear",
)
@click.option("--ratio", metavar="COMPONENT", help="a number | arccon:u=… | met")
@click.option(
    "--pool",
    metavar="POOL",
    help="The negatives: cross-view | same-view | both views. Default: cross-view, and same-view "
    "with φ and ψ.",
)
@click.option("--phi", metavar="EXPR", help="φ(x) of an α-CL loss, such as tau*log(1+x)")
@click.option("--psi", metavar="EXPR", help="ψ(x) of an α-CL loss, such as exp(x/tau)")
@click.option(
    "--param",
    "parameters",
    multiple=True,
    metavar="NAME=DEFAULT",
    help="A parameter of φ and ψ (repeatable).",
)
@set_option
@save_option
@format_option
def command(save: str | None, form: str, **given: Any) -> None:
    """Build a loss from components, or from φ and ψ (α-CL)."""
    family = {"phi", "psi", "parameters"}
    triple = {"gd", "weight", "ratio", "settings"}
    if any(given[x] for x in family) and any(given[x] for x in triple):
        raise InputError(
            "--phi, --psi and --param make an α-CL loss; --gd, --weight, --ratio and --set one of "
            "components. Give the one or the other."
        )
    alpha = any(given[x] for x in family)
    text, recipe = _alpha(given, form) if alpha else _components(given, form)
    if save is not None:
        from derive.store import save as store

        click.echo(f"Saved as {store(save, recipe)}", err=True)
    click.echo(text)


def _components(given: dict[str, Any], form: str) -> tuple[str, dict[str, Any]]:
    from derive.modification import compose, explain, recipe_of

    for name in ("weight", "ratio"):
        if given[name] is None:
            raise InputError(
                f"--{name} is missing. Give --weight and --ratio (and --gd), such as --gd "
                "hinge:m=0.3 --weight softmax:tau=0.05 --ratio 1.5; or --phi and --psi."
            )
    loss = compose(
        gd=given["gd"] or "one",
        weight=given["weight"],
        ratio=given["ratio"],
        pool=given["pool"] or "cross-view",
        **parse_settings(given["settings"]),
    )
    return explain(loss).render(form), recipe_of(loss)


def _alpha(given: dict[str, Any], form: str) -> tuple[str, dict[str, Any]]:
    from derive.paradigm import decompose
    from derive.phi_psi import alpha_objective, alpha_recipe
    from derive.printing import render

    for name in ("phi", "psi"):
        if given[name] is None:
            raise InputError(f"--{name} is missing: an α-CL loss is made of --phi and --psi.")
    parameters = parse_settings(given["parameters"], "--param")
    arguments = (given["phi"], given["psi"], parameters)
    pool: Any = given["pool"] or "same-view"
    text = render(decompose(alpha_objective(*arguments, pool=pool)), format=form, steps=False)
    return text, alpha_recipe(*arguments, pool=pool)
