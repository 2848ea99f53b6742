"""The files of SentEval's tree that the fourteen tasks read, each with its official row count.

Sources: the papers of the tasks and SentEval's own readers (Conneau and Kiela 2018,
arXiv:1803.05449). Of STS15 and STS16 only the pairs that were scored count; SMT of STS13 is
licensed and not part of the tree.
"""

from dataclasses import dataclass
from typing import Literal

Form = Literal["lines", "sst", "trec", "mrpc", "sick", "stsb", "sts"]
# Where `downstream/` may lie in a folder that a user names: also as fetched, or in SentEval.
PLACES = (".", "downstream", "senteval/downstream", "senteval", "data/downstream")


@dataclass(frozen=True)
class Expected:
    """A file below `downstream/`. count: rows; of form "sts", pairs with a gold score."""

    path: str
    count: int


@dataclass(frozen=True)
class Split:
    """A task's split: its files, all of one form."""

    task: str
    split: str
    form: Form
    files: tuple[Expected, ...]

    @property
    def count(self) -> int:
        """The official number of rows."""
        return sum(file.count for file in self.files)


def _one(task: str, split: str, form: Form, path: str, count: int) -> Split:
    return Split(task, split, form, (Expected(path, count),))


def _folds(task: str, files: dict[str, int]) -> Split:
    return Split(task, "10 folds", "lines", tuple(Expected(p, n) for p, n in files.items()))


def _sts(year: int, subsets: dict[str, int]) -> Split:
    folder = f"STS/STS{year}-en-test"
    files = (Expected(f"{folder}/STS.input.{name}.txt", n) for name, n in subsets.items())
    return Split(f"STS{year}", "test", "sts", tuple(files))


SPLITS = (
    _sts(12, {"MSRpar": 750, "MSRvid": 750, "SMTeuroparl": 459, "surprise.OnWN": 750,
              "surprise.SMTnews": 399}),
    _sts(13, {"FNWN": 189, "headlines": 750, "OnWN": 561}),
    _sts(14, {"deft-forum": 450, "deft-news": 300, "headlines": 750, "images": 750, "OnWN": 750,
              "tweet-news": 750}),
    _sts(15, {"answers-forums": 375, "answers-students": 750, "belief": 375, "headlines": 750,
              "images": 750}),
    _sts(16, {"answer-answer": 254, "headlines": 249, "plagiarism": 230, "postediting": 244,
              "question-question": 209}),
    _one("STS-B", "train", "stsb", "STS/STSBenchmark/sts-train.csv", 5749),
    _one("STS-B", "dev", "stsb", "STS/STSBenchmark/sts-dev.csv", 1500),
    _one("STS-B", "test", "stsb", "STS/STSBenchmark/sts-test.csv", 1379),
    _one("SICK", "train", "sick", "SICK/SICK_train.txt", 4500),
    _one("SICK", "trial", "sick", "SICK/SICK_trial.txt", 500),
    _one("SICK", "test", "sick", "SICK/SICK_test_annotated.txt", 4927),
    _folds("MR", {"MR/rt-polarity.pos": 5331, "MR/rt-polarity.neg": 5331}),
    _folds("CR", {"CR/custrev.pos": 2407, "CR/custrev.neg": 1368}),
    _folds("SUBJ", {"SUBJ/subj.objective": 5000, "SUBJ/subj.subjective": 5000}),
    _folds("MPQA", {"MPQA/mpqa.pos": 3312, "MPQA/mpqa.neg": 7294}),
    _one("SST2", "train", "sst", "SST/binary/sentiment-train", 67349),
    _one("SST2", "dev", "sst", "SST/binary/sentiment-dev", 872),
    _one("SST2", "test", "sst", "SST/binary/sentiment-test", 1821),
    _one("TREC", "train", "trec", "TREC/train_5500.label", 5452),
    _one("TREC", "test", "trec", "TREC/TREC_10.label", 500),
    _one("MRPC", "train", "mrpc", "MRPC/msr_paraphrase_train.txt", 4076),
    _one("MRPC", "test", "mrpc", "MRPC/msr_paraphrase_test.txt", 1725),
)  # fmt: skip
