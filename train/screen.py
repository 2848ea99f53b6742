"""What a run says on the screen of itself and of its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sentence_transformers import SentenceTransformer

from train import ranks
from train.card import DEMONSTRATION
from train.encoder import share_cut
from train.evaluation import Scores
from train.prompts import default_prompt
from train.results import print_scores, report_collapse

if TYPE_CHECKING:
    from train.run import Run


def describe(model: SentenceTransformer, run: Run) -> str:
    """One line: the encoder's size, its device, and how much of the text it cuts."""
    size = sum(parameter.numel() for parameter in model.parameters())
    cut = share_cut(model, run.corpus.anchors)
    processes = f" in {ranks.world()} processes" if ranks.world() > 1 else ""
    prompt = default_prompt(model)
    return (
        f"{run.config.model or 'a small new BERT'}: {size / 1e6:.1f} million parameters on "
        f"{run.device}{processes}; {cut:.1%} of the sentences exceed {model.max_seq_length} "
        "tokens and are cut"
    ) + (f"; its default prompt {prompt!r} is put before each" if prompt else "")


def show(run: Run, before: Scores, after: Scores) -> None:
    """The result on the screen. Raises `CollapsedError` if a score is undefined."""
    title = f"{run.config.loss}, seed {run.config.seed}, {run.protocol.steps} steps"
    print_scores(run.console, title, before, after)
    if run.config.is_demonstration:
        run.console.print(DEMONSTRATION)
    run.console.print(f"Model: {run.folder.model}", soft_wrap=True)
    report_collapse(run.folder, after)
