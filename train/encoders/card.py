"""The card of a pretrained encoder: command, text, steps, held-out loss, and what it is not."""

from train.encoders.record import Record

USE = """```python
from transformers import AutoTokenizer, BertForMaskedLM

model = BertForMaskedLM.from_pretrained(".")  # this folder
tokenizer = AutoTokenizer.from_pretrained(".")
```

`train run --model` with this folder trains sentence embeddings from it (mean pooling; the layer
that predicts masked tokens is left out)."""


def card(record: Record) -> str:
    """Markdown with the front matter that model hubs read. `record`: of a finished run."""
    options, corpus, plan = record["options"], record["corpus"], record["plan"]
    scores = record["finished"]
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    dropped = [f"{count:,} {reason}" for reason, count in corpus["dropped"].items() if count]
    return f"""---
library_name: transformers
pipeline_tag: fill-mask
tags: [bert, masked-language-modelling]
---

# A small BERT, pretrained by masked language modelling

{options["layers"]} layers, {options["width"]} wide, {options["heads"]} heads,
{record["word_pieces"]:,} word pieces (lower-cased), at most {options["max_length"]} tokens.
It has read little and is small: a starting point for comparing losses with each other, whose
scores do not compare with those of BERT-base.

{USE}

## Training

- Text: {corpus["name"]}, {corpus["training"]:,} sentences, {corpus["held_out"]:,} more held out
  (left out: {", ".join(dropped) or "none"}); SHA-256 of all sentences {corpus["sha256"]}.
- {plan["steps"]:,} steps of {options["batch_size"]} sentences{limit(record)}; AdamW, peak learning
  rate {options["lr"]:g} after {plan["turn"]:,} steps, then linearly to zero; seed
  {options["seed"]}, on {record["device"]} with {record["threads"]} thread(s).
- 15 % of the tokens are predicted; 80 % of these read [MASK], 10 % another token, 10 % themselves;
  new masks at every step.
- Versions: {versions}.

Again: `{again(record)}`

## Held-out text

| on {scores["tokens"]:,} masked tokens | loss (nats) | accuracy |
|---|---|---|
| guessing by frequency | {scores["guessing"]:.3f} | |
| this model | {scores["loss"]:.3f} | {scores["accuracy"]:.1%} |
"""


def limit(record: Record) -> str:
    """How the number of steps came about, where a time limit decided it."""
    minutes = record["options"]["minutes"]
    if minutes is None:
        return ""
    return f" (what fitted in {minutes:g} minutes at {record['seconds_per_step']:.3f} s a step)"


def again(record: Record) -> str:
    """The exact command: with a time limit, the steps and the warm-up that it came to.

    Where the speed was measured before the end of the warm-up, no other command has the same
    schedule, and the command is the one that was given.
    """
    plan, options = record["plan"], record["options"]
    command = str(record["command"])
    if options["minutes"] is None or plan["turn"] < plan["warmup"]:
        return command
    exact = f"--steps {plan['steps']} --warmup {plan['turn']}"
    stated = f"--minutes {options['minutes']}"
    if options["warmup"] is not None:
        exact = f"--steps {plan['steps']}"
    return command.replace(stated, exact)
