"""The fourteen tasks, STS-B dev beside them, and what --tasks may name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from derive.errors import UnknownNameError
from train.senteval import labelled
from train.senteval.labelled import Labelled
from train.senteval.pairs import Beside, PairSource, Source
from train.senteval.tree import TEXTS


@dataclass(frozen=True)
class SimilarityTask:
    """Graded pairs, one source a subset, for either text."""

    name: str
    sources: Mapping[str, tuple[PairSource, ...]]  # by text
    averaged: bool = True
    group = "sts"

    def files(self, text: str) -> tuple[str, ...]:
        return tuple(file for source in self.sources[text] for file in source.files)


@dataclass(frozen=True)
class TransferTask:
    """Labelled sentences. protocol: how the accuracy comes about (see `train.senteval.classify`).

    parts: the files that a part (all, train, dev, test) is read from, and `reader` reads.
    """

    name: str
    protocol: str  # "folds" | "test" | "dev"
    parts: Mapping[str, tuple[str, ...]]
    reader: Callable[..., Labelled]
    averaged: bool = True
    group = "transfer"

    def files(self, text: str) -> tuple[str, ...]:
        """The same for either text: these tasks come in SentEval's only."""
        return tuple(file for files in self.parts.values() for file in files)

    def read(self, root: Path) -> dict[str, Labelled]:
        """Every part. Raises `EvaluationError`."""
        return {
            part: self.reader(*(root / file for file in files))
            for part, files in self.parts.items()
        }


Task = SimilarityTask | TransferTask

SUBSETS = {
    "STS12": ("MSRpar", "MSRvid", "SMTeuroparl", "surprise.OnWN", "surprise.SMTnews"),
    "STS13": ("FNWN", "headlines", "OnWN"),  # SMT is not free: nobody's SentEval has it
    "STS14": ("deft-forum", "deft-news", "headlines", "images", "OnWN", "tweet-news"),
    "STS15": ("answers-forums", "answers-students", "belief", "headlines", "images"),
    "STS16": ("answer-answer", "headlines", "plagiarism", "postediting", "question-question"),
}


def year(task: str) -> SimilarityTask:
    """STS of one year."""
    below = f"STS/{task}-en-test/STS"
    plain = [name.removeprefix("surprise.") for name in SUBSETS[task]]
    return SimilarityTask(
        task,
        {
            "senteval": tuple(
                Beside(name, f"{below}.input.{name}.txt", f"{below}.gs.{name}.txt")
                for name in SUBSETS[task]
            ),
            "original": tuple(original(name, f"{task}/{name}.tsv") for name in plain),
        },
    )


def original(name: str, path: str) -> Source:
    """A file of the original text: score, sentence, sentence."""
    return Source(name, path, 0, 1, 2, header=False)


def benchmark(split: str) -> Source:
    """STS-B of SentEval's tree."""
    path = f"STS/STSBenchmark/sts-{split}.csv"
    return Source(f"STS-B {split}", path, 4, 5, 6, header=False)


SICK = Source("SICK-R test", "SICK/SICK_test_annotated.txt", 3, 1, 2, header=True)

SIMILARITY = (
    *(year(task) for task in SUBSETS),
    SimilarityTask(
        "STS-B",
        {"senteval": (benchmark("test"),), "original": (original("STS-B test", "STS-B/test.tsv"),)},
    ),
    SimilarityTask(
        "SICK-R", {"senteval": (SICK,), "original": (original("SICK-R test", "SICK-R/test.tsv"),)}
    ),
    SimilarityTask(
        "STS-B-dev",
        {"senteval": (benchmark("dev"),), "original": (original("STS-B dev", "STS-B/dev.tsv"),)},
        averaged=False,
    ),
)


def folds(name: str, positive: str, negative: str) -> TransferTask:
    """Ten folds over a file a class."""
    return TransferTask(name, "folds", {"all": (positive, negative)}, labelled.polar)


TRANSFER = (
    folds("MR", "MR/rt-polarity.pos", "MR/rt-polarity.neg"),
    folds("CR", "CR/custrev.pos", "CR/custrev.neg"),
    folds("SUBJ", "SUBJ/subj.objective", "SUBJ/subj.subjective"),
    folds("MPQA", "MPQA/mpqa.pos", "MPQA/mpqa.neg"),
    TransferTask(
        "SST2", "dev",
        {part: (f"SST/binary/sentiment-{part}",) for part in ("train", "dev", "test")},
        labelled.sentiment,
    ),
    TransferTask(
        "TREC", "test",
        {"train": ("TREC/train_5500.label",), "test": ("TREC/TREC_10.label",)},
        labelled.questions,
    ),
    TransferTask(
        "MRPC", "test",
        {part: (f"MRPC/msr_paraphrase_{part}.txt",) for part in ("train", "test")},
        labelled.paraphrases,
    ),
)  # fmt: skip

DIAGNOSTICS = "diagnostics"
ALL: tuple[Task, ...] = (*SIMILARITY, *TRANSFER)
TASKS: Mapping[str, Task] = {task.name: task for task in ALL}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "sts": tuple(task.name for task in SIMILARITY),
    "transfer": tuple(task.name for task in TRANSFER),
    "all": (*TASKS, DIAGNOSTICS),
}


def chosen(words: str) -> tuple[str, ...]:
    """The names in "sts,MR,diagnostics", in the order of `TASKS`, each once.

    Raises `UnknownNameError`.
    """
    known = {**{name.casefold(): (name,) for name in GROUPS["all"]}, **GROUPS}
    names: set[str] = set()
    for word in words.split(","):
        found = known.get(word.strip().casefold())
        if found is None:
            raise UnknownNameError("task", word.strip(), [*GROUPS, *GROUPS["all"]])
        names.update(found)
    return tuple(name for name in GROUPS["all"] if name in names)


def averaged(group: str) -> Sequence[str]:
    """The tasks in a group's published average."""
    return [task.name for task in TASKS.values() if task.group == group and task.averaged]


def text_of(task: Task, text: str) -> str:
    """Which layout the task is read from."""
    assert text in TEXTS
    return text if isinstance(task, SimilarityTask) else "senteval"
