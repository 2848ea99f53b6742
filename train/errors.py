"""What can go wrong in a training run, each with its exit code."""

from derive.errors import ContragradError


class CorpusError(ContragradError):
    """Training text that is missing, unreadable or too small."""


class ModelError(ContragradError):
    """An encoder that cannot be loaded."""


class EvaluationError(ContragradError):
    """Evaluation data that is missing or malformed."""


class DataError(ContragradError):
    """Data that cannot be fetched, unpacked or counted."""


class ConfigError(ContragradError):
    """An option outside its domain, or options that contradict each other."""


class RunFolderError(ContragradError):
    """A run folder that cannot be used, or not in this way."""


class RunBusyError(RunFolderError):
    """A run folder in which another process trains."""


class DivergedError(ContragradError):
    """The training loss, or an embedding, stopped being a number."""

    exit_code = 1


class CollapsedError(ContragradError):
    """A finished run whose encoder gives every pair of sentences the same similarity."""

    exit_code = 1


class StorageError(ContragradError):
    """A run that cannot be written: the disk is full or gone. It can go on when there is room."""

    exit_code = 4


class ProcessLostError(ContragradError):
    """Another process of a distributed run ended without a word: it was killed, or crashed."""

    exit_code = 1


class RefutedLossError(ContragradError):
    """Verification found a point where the loss contradicts its derivation."""

    exit_code = 1


class UndecidedLossError(ContragradError):
    """Verification left a check undecided, and it was not accepted."""

    exit_code = 3


class TrainingInterrupted(ContragradError):
    """A signal stopped the run after a checkpoint; `signal` is its number."""

    def __init__(self, message: str, signal: int):
        super().__init__(message)
        self.exit_code = 128 + signal


class RecipeError(ContragradError):
    """A recipe that cannot be read."""


class SweepError(ContragradError):
    """A sweep that cannot be started or gone on with, or has no result."""


class NoResultError(SweepError):
    """A sweep of which every trial of a stage has failed."""

    exit_code = 1
