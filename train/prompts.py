"""The words that an encoder wants before every sentence ("query: "), in training as in scoring.

sentence-transformers' `encode` puts an encoder's default prompt before a sentence by itself; its
trainer does so only where it is told.
"""

from sentence_transformers import SentenceTransformer


def default_prompt(model: SentenceTransformer) -> str | None:
    """What `encode` puts before every sentence; None if it puts nothing."""
    name = model.default_prompt_name
    return None if name is None else model.prompts.get(name) or None
