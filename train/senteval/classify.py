"""Accuracy of a logistic regression on frozen embeddings, by SentEval's three protocols.

- folds (MR, CR, SUBJ, MPQA): ten outer folds are tested on in turn; the rest chooses C by ten inner
  folds. The score is the mean of the ten test accuracies.
- test (TREC, MRPC): ten folds of the training part choose C; the score is on the test part.
- dev (SST2): the dev part chooses C; the score is on the test part.

Whatever chooses C is on record as `dev`, never as the score. Folds are stratified, shuffled by
SentEval's seed; C is from SentEval's grids (its scikit-learn branch), the smallest of those that
tie at two decimals of a per cent.

The solvers are Newton's, which arrive at the optimum: with L-BFGS at its usual tolerance some fits
that start from the one before do not move at all, and two C are then the same classifier.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgWarning
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from train.senteval.data import FOLDS
from train.senteval.embeddings import Embeddings
from train.senteval.labelled import Labelled

SEED = 1111
GRIDS = {  # inverse strength of the penalty |w|²/2
    "folds": [2.0**t for t in range(-2, 4)],
    "test": [2.0**t for t in range(-1, 6)],
    "dev": [2.0**t for t in range(-2, 4)],
}
STEPS = {"folds": FOLDS * (FOLDS + 1), "test": FOLDS + 1, "dev": 2}  # calls of `Fits.step`

Matrix = NDArray[np.float64]
Part = tuple[Matrix, NDArray[np.int64]]  # features (n, F), classes (n,)


class Fits:
    """Fits classifiers, counting those that stop before they converge."""

    def __init__(self, step: Callable[[], None] = lambda: None):
        self.step = step
        self.unconverged = 0

    def along(self, grid: Sequence[float], train: Part, valid: Part) -> list[float]:
        """The accuracy on `valid` for each C; a fit begins where the one before ended."""
        model = classifier(train[1])
        scores = []
        for c in grid:
            model.C = c
            self.fit(model, train)
            scores.append(float(model.score(*valid)))
        self.step()
        return scores

    def once(self, c: float, train: Part, test: Part) -> float:
        """The accuracy on `test` for one C."""
        model = classifier(train[1])
        model.C = c
        self.fit(model, train)
        return float(model.score(*test))

    def fit(self, model: LogisticRegression, train: Part) -> None:
        """Fit in place; warnings other than of convergence are passed on."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            model.fit(*train)
        told = [x for x in caught if issubclass(x.category, ConvergenceWarning | LinAlgWarning)]
        self.unconverged += bool(told)
        for other in caught:
            if other not in told:
                warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)


def classifier(labels: NDArray[np.int64]) -> LogisticRegression:
    """Exact steps for two classes; conjugate gradients for more, where the Hessian is too large."""
    if len(np.unique(labels)) == 2:
        return LogisticRegression(solver="newton-cholesky", warm_start=True, max_iter=200)
    return LogisticRegression(solver="newton-cg", warm_start=True, max_iter=500, tol=1e-5)


def splits(part: Part) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Ten stratified folds, the same in every run: row numbers to train on and to test on."""
    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(*part))


def rows(part: Part, numbers: NDArray[np.int64]) -> Part:
    return part[0][numbers], part[1][numbers]


def best(grid: Sequence[float], scores: Iterable[Sequence[float]]) -> tuple[float, float]:
    """The C of the best mean accuracy and that accuracy, rounded as SentEval rounds it."""
    means = [round(float(x), 4) for x in np.mean(list(scores), axis=0)]
    return grid[int(np.argmax(means))], max(means)


def nested_folds(parts: Mapping[str, Part], fits: Fits) -> dict[str, Any]:
    """Protocol "folds"."""
    grid, whole = GRIDS["folds"], parts["all"]
    tested, dev, chosen = [], [], []
    for training, testing in splits(whole):
        train = rows(whole, training)
        inner = [fits.along(grid, rows(train, a), rows(train, b)) for a, b in splits(train)]
        c, accuracy = best(grid, inner)
        tested.append(fits.once(c, train, rows(whole, testing)))
        fits.step()
        dev.append(accuracy)
        chosen.append(c)
    return {
        "score": float(np.mean(tested)),
        "dev": float(np.mean(dev)),
        "folds": tested,
        "C": chosen,
    }


def train_test(parts: Mapping[str, Part], fits: Fits) -> dict[str, Any]:
    """Protocol "test"."""
    grid, train = GRIDS["test"], parts["train"]
    inner = [fits.along(grid, rows(train, a), rows(train, b)) for a, b in splits(train)]
    c, accuracy = best(grid, inner)
    score = fits.once(c, train, parts["test"])
    fits.step()
    return {"score": score, "dev": accuracy, "C": [c]}


def dev_test(parts: Mapping[str, Part], fits: Fits) -> dict[str, Any]:
    """Protocol "dev"."""
    grid = GRIDS["dev"]
    c, accuracy = best(grid, [fits.along(grid, parts["train"], parts["dev"])])
    score = fits.once(c, parts["train"], parts["test"])
    fits.step()
    return {"score": score, "dev": accuracy, "C": [c]}


PROTOCOLS = {"folds": nested_folds, "test": train_test, "dev": dev_test}


def features(part: Labelled, embeddings: Embeddings) -> Part:
    """The embeddings as the encoder gives them; of a pair (u, v): |u − v| beside u·v, by axis."""
    vectors = embeddings.rows(part.left)
    if part.right is not None:
        others = embeddings.rows(part.right)
        vectors = np.hstack([np.abs(vectors - others), vectors * others])
    return vectors, np.array(part.labels)


def score(
    protocol: str,
    parts: Mapping[str, Labelled],
    embeddings: Embeddings,
    step: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """The task's record: score is test accuracy, a share of 1; step: called `STEPS` times."""
    fits = Fits(step)
    record = PROTOCOLS[protocol](
        {name: features(part, embeddings) for name, part in parts.items()}, fits
    )
    tested = parts["all" if protocol == "folds" else "test"]
    return {
        "score": record.pop("score"),
        "measure": "accuracy, test",
        "n": len(tested.labels),
        **record,
        "unconverged_fits": fits.unconverged,
    }
