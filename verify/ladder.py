"""Every rung of a loss, from algebra to edges, each with its own verdict."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import process_time

import torch

from derive.errors import ContragradError, UnknownNameError
from derive.hyper import read_settings
from derive.objective import Objective
from derive.sources import find
from derive.verdict import Verdict
from verify.checks import CHECKS, RUNGS, Check
from verify.inputs import check_inputs
from verify.profiles import DEFAULT, ORDINARY, Sizes, check_examples, profile_of
from verify.report import CheckResult, LossReport
from verify.subject import Subject
from verify.undecided import is_allowed

Progress = Callable[[str, str], None]
MAX_SEED = 2**32 - 1  # what every generator in use takes


def verify_loss(
    loss: str | Objective,
    settings: Mapping[str, object] | None = None,
    *,
    examples: int | None = None,
    profile: str = DEFAULT,
    rungs: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> LossReport:
    """Verify a loss: what `derive.sources.find` takes (a name, FILE.py:NAME, FILE.json), or an
    objective.

    A loss of the catalogue is compared with its oracle, any other with its own formula in plain
    torch under autograd, which checks the derivation and the fast objective, and not that the
    formula is the loss that is meant: the report's `reference` says which.

    settings: hyper-parameters to fix; the others are proved as symbols and drawn as numbers.
    examples: of each rung, instead of the profile's; profile: a name of `verify.profiles`; rungs:
    names of `verify.checks.CHECKS` (all); seed: of everything drawn; progress: told of (loss,
    rung) before each. Raises as `find` and `verify.inputs.check_inputs`, `HyperparameterError`,
    `UnknownNameError`, `InputError` (no examples, a seed out of range); a loss that breaks in any
    other way is UNDECIDED.
    """
    objective = find(loss) if isinstance(loss, str) else loss
    read_settings(objective.hyper, settings or {})  # bad input raises
    check_inputs(objective)
    chosen = _chosen(rungs)
    name = loss if isinstance(loss, str) else loss.name
    try:
        subject = Subject.of(loss, settings)
    except Exception as error:
        return LossReport(name, tuple(_undecided(check, _reason(error)) for check in chosen))
    return verify_subject(
        subject, examples=examples, profile=profile, rungs=rungs, seed=seed, progress=progress
    )


def verify_subject(
    subject: Subject,
    *,
    examples: int | None = None,
    profile: str = DEFAULT,
    rungs: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> LossReport:
    """As `verify_loss`, of anything that has the parts of a `Subject`."""
    check_examples(examples, seed, MAX_SEED)
    found = profile_of(profile)
    results = []
    for check, function in _chosen(rungs).items():
        if progress is not None:
            progress(subject.name, check)
        count, sizes = found.of(check, examples), found.sizes
        result = run_check(check, function, subject, examples=count, seed=seed, sizes=sizes)
        results.append(result)
    return LossReport(subject.name, tuple(results), subject.reference)


def _chosen(rungs: Sequence[str] | None) -> dict[str, Check]:
    """The rungs of those names, in their order. Raises `UnknownNameError`."""
    for name in rungs or ():
        if name not in CHECKS:
            raise UnknownNameError("rung", name, CHECKS)
    return {name: check for name, check in CHECKS.items() if rungs is None or name in rungs}


def run_check(
    name: str,
    check: Check,
    subject: Subject,
    *,
    examples: int,
    seed: int,
    sizes: Sizes = ORDINARY,
) -> CheckResult:
    """One check, timed. One that cannot be carried out has decided nothing: whatever it raises is
    UNDECIDED with the exception in the detail, and the other checks still run."""
    start = process_time()
    try:
        with _one_thread():
            verdict, said = check(subject, examples=examples, seed=seed, sizes=sizes)
    except Exception as error:
        verdict, said = Verdict.UNDECIDED, _reason(error)
    detail, _, snippet = said.partition("\n\n")
    return CheckResult(name, verdict, detail, process_time() - start, snippet, RUNGS.get(name, 0))


def exit_code(reports: Sequence[LossReport]) -> int:
    """0: all proved or agreed (or undecided with a listed reason); 1: something is refuted;
    3: something is undecided that is not listed, or there is nothing to report."""
    results = [(report.loss, result) for report in reports for result in report.results]
    if any(result.verdict is Verdict.REFUTED for _, result in results):
        return 1
    open_questions = [
        result
        for loss, result in results
        if not result.verdict.passed and not is_allowed(loss, result.check)
    ]
    shown = bool(reports) and all(report.results for report in reports)
    return 3 if open_questions or not shown else 0


def _reason(error: Exception) -> str:
    """Our own messages speak for themselves; another exception also needs its type."""
    own = isinstance(error, ContragradError)
    return str(error) if own else f"could not be carried out: {type(error).__name__}: {error}"


def _undecided(check: str, reason: str) -> CheckResult:
    return CheckResult(check, Verdict.UNDECIDED, reason, 0.0, rung=RUNGS.get(check, 0))


@contextmanager
def _one_thread() -> Iterator[None]:
    """On 8 × 8 matrices torch's threads only wait for each other: ten times slower on a busy
    machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
