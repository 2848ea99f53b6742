"""`reports list`: what `reports build` can make."""

import click


@click.command("list", short_help="The figures and tables by name.")
@click.option("--paper", metavar="PAPER", help="001, 002, 003 or 004 alone.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table")
def command(paper: str | None, form: str) -> None:
    """List every figure and table with what it is drawn from."""
    from reports.choosing import chosen

    items = chosen((), paper)
    if form == "json":
        import json

        from reports.papers.recipes import expanded

        found = [
            {"name": x.name, "source": x.source, "title": x.title, "recipes": expanded(x.recipes)}
            for x in items
        ]
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    width = max(len(x.name) for x in items)
    for item in items:
        click.echo(f"{item.name:<{width}}  {item.title}{'  [runs]' if item.recipes else ''}")
    click.echo("\n[runs]: drawn from training runs, which `reports record` makes.")
