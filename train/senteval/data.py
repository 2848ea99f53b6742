"""Everything that was asked for, read before the long part begins."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from train.errors import EvaluationError
from train.senteval.labelled import Labelled
from train.senteval.pairs import Pairs
from train.senteval.tasks import DIAGNOSTICS, TASKS, SimilarityTask, Task, TransferTask, text_of
from train.senteval.tree import Tree

FOLDS = 10
NEEDED = "STS-B-dev"  # what the diagnostics are of
CLASSES = "TREC"  # where classes are wanted: for the tolerance, if it is there


@dataclass(frozen=True)
class Loaded:
    """A task with its data: the subsets of a similarity task, or the parts of a transfer task."""

    task: Task
    pairs: Sequence[Pairs] = ()
    parts: Mapping[str, Labelled] | None = None

    @property
    def sentences(self) -> list[str]:
        """All of them, repeated ones too."""
        found = [x for subset in self.pairs for x in (*subset.left, *subset.right)]
        return found + [x for part in (self.parts or {}).values() for x in part.sentences]

    def digest(self) -> str:
        """SHA-256 of texts and gold, hexadecimal: what a kept score was measured on."""
        content = [[p.left, p.right, p.gold] for p in self.pairs]
        parts = [[n, p.left, p.right, p.labels] for n, p in (self.parts or {}).items()]
        return hashlib.sha256(json.dumps([content, parts]).encode()).hexdigest()


def read_all(names: Sequence[str], tree: Tree, text: str) -> dict[str, Loaded]:
    """The data of these tasks, and of what the diagnostics need if they are among them.

    TREC is read for the diagnostics if it is there. Raises `EvaluationError` naming every file
    that is missing, or the first that is malformed.
    """
    wanted = [name for name in names if name != DIAGNOSTICS]
    if DIAGNOSTICS in names and NEEDED not in wanted:
        wanted.append(NEEDED)
    refuse_missing(wanted, names, tree, text)
    found = {name: read(TASKS[name], tree, text) for name in wanted}
    if DIAGNOSTICS in names and CLASSES not in wanted and not lacking(CLASSES, tree, text):
        found[CLASSES] = read_classes(tree, text)
    return found


def read_classes(tree: Tree, text: str) -> Loaded:
    """TREC for the tolerance alone: any number of rows will do. Raises `EvaluationError`."""
    task = TASKS[CLASSES]
    assert isinstance(task, TransferTask)
    try:
        return Loaded(task, parts=task.read(tree.root(text_of(task, text))))
    except EvaluationError as error:
        raise EvaluationError(
            f"{error} {CLASSES} is read for the tolerance, one of the diagnostics: --tasks without "
            f"{DIAGNOSTICS} does without it, and so does a tree without the folder {CLASSES}."
        ) from error


def lacking(name: str, tree: Tree, text: str) -> list[Path]:
    """The task's files that are not there."""
    task = TASKS[name]
    root = tree.root(text_of(task, text))
    return [root / file for file in task.files(text) if not (root / file).is_file()]


def refuse_missing(wanted: Sequence[str], names: Sequence[str], tree: Tree, text: str) -> None:
    """Raises `EvaluationError` with every missing file and the --tasks that would do without."""
    missing = {name: files for name in wanted if (files := lacking(name, tree, text))}
    if not missing:
        return
    without = set(missing) | ({DIAGNOSTICS} if NEEDED in missing else set())
    left = ",".join(name for name in names if name not in without)
    advice = f"leave the tasks out with --tasks {left}" if left else "give another --data"
    listed = "\n".join(f"  {name}: {file}" for name, files in missing.items() for file in files)
    raise EvaluationError(
        f"{sum(map(len, missing.values()))} files of {len(missing)} tasks are missing (text: "
        f"{text}):\n{listed}\nUnpack SentEval's data again (`train data fetch senteval`), or "
        f"{advice}."
    )


def read(task: Task, tree: Tree, text: str) -> Loaded:
    """One task's data. Raises `EvaluationError` where no score could come of it."""
    root = tree.root(text_of(task, text))
    if isinstance(task, SimilarityTask):
        pairs = [source.read(root) for source in task.sources[text]]
        gold = {score for subset in pairs for score in subset.gold}
        if len(gold) < 2:
            raise EvaluationError(
                f"{task.name} in {root}: all gold scores are {gold.pop()}, so that no ranking can "
                "be right or wrong. Give data with more than one score."
            )
        return Loaded(task, pairs=pairs)
    parts = task.read(root)
    refuse_few(task.name, task.protocol, parts)
    return Loaded(task, parts=parts)


def refuse_few(name: str, protocol: str, parts: Mapping[str, Labelled]) -> None:
    """Raises `EvaluationError` for one class only, or too few rows of a class for the folds.

    Nested folds take a tenth away before they divide by ten again.
    """
    labels = parts["all" if protocol == "folds" else "train"].labels
    counts = {label: labels.count(label) for label in sorted(set(labels))}
    least = {"folds": FOLDS + 2, "test": FOLDS, "dev": 1}[protocol]
    if len(counts) < 2 or min(counts.values()) < least:
        raise EvaluationError(
            f"{name} has {counts} rows by class to train on; it takes two classes of at least "
            f"{least} rows. Unpack SentEval's data again, or leave {name} out of --tasks."
        )
