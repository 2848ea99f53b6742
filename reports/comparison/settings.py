"""What differs between the settings of the subjects, and what they share."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reports.comparison.subject import Subject

# Parts of config.json by what they are called here. The seed is a table's column, not a setting.
PARTS = (
    ("options.settings", "hyper-parameter"),
    ("schedule", "setting"),
    ("corpus", "text"),
    ("verification", "verification"),
    ("versions", "version"),
)
SINGLE = (
    ("options.loss", "loss"),
    ("options.model", "encoder"),
    ("options.eval_data", "evaluation data"),
    ("options.max_sentences", "sentences at most"),
    ("options.protocol", "protocol"),
    ("device", "device"),
    ("threads", "threads"),
    ("processes", "processes"),
    ("loss.digest", "digest of the loss"),
)
WITHOUT = {"corpus": ("dropped", "first"), "verification": ("checks",)}
NAMELESS = {"options.model": "a small BERT, randomly initialised"}
ABSENT = "–"
DIGEST = 12  # characters of a digest that tell two texts apart


def differences(subjects: Sequence[Subject]) -> tuple[dict[str, list[str]], int]:
    """Setting → its value by subject, of those that differ; and how many settings are shared.

    Within a subject, values that differ by seed are joined by "or".
    """
    each = [_of_subject(x) for x in subjects]
    names = dict.fromkeys(name for one in each for name in one)
    rows = {name: [one.get(name, ABSENT) for one in each] for name in names}
    found = {name: row for name, row in rows.items() if len(set(row)) > 1}
    return found, len(rows) - len(found)


def _of_subject(subject: Subject) -> dict[str, str]:
    members = [dict(_settings(x.run.config)) for x in subject.members]
    names = dict.fromkeys(name for one in members for name in one)
    return {
        name: " or ".join(dict.fromkeys(one.get(name, ABSENT) for one in members)) for name in names
    }


def _settings(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, label in SINGLE:
        value = _at(config, path)
        yield label, NAMELESS.get(path, ABSENT) if value is None else _text(value)
    for path, label in PARTS:
        part = _at(config, path)
        for name, value in part.items() if isinstance(part, Mapping) else ():
            if name not in WITHOUT.get(path, ()):
                text = str(value)[:DIGEST] if name == "sha256" else _text(value)
                yield f"{label}: {name}", text


def _at(config: Mapping[str, Any], path: str) -> Any:
    value: Any = config
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, str) and "/" in value:
        return f"{Path(value).name} ({value})"
    return f"{value:g}" if isinstance(value, float) else str(value)
