"""One job of the other process: load what is compared, audit it, observe it for a diagnosis.

Runs in the process of `verify/audits/child.py`: torch and the standard library alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from derive.errors import ContragradError
from verify.audits import alone, observations, own_draws
from verify.audits.against import beside, domain
from verify.audits.calls import BlackBox
from verify.audits.points import given, own
from verify.audits.program import Source, printed, with_programs
from verify.audits.report import Report, ordered
from verify.audits.sameness import compared, report, same, unsteady
from verify.audits.signatures import numeric
from verify.audits.subjects import Subject, SubjectError, describe, load, named
from verify.audits.values import unequal

Inputs = Callable[[int], tuple[Tensor, Tensor]]


def perform(job: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The result as a JSON object: "report", "text" and "subjects", or "error": why there is none.

    job: "task" (same or audit), "a", "b" (what is compared, or None), "settings", "inputs" ([path,
    name] or None), "dtype", "seed", "observe". Tensors for a diagnosis are written to tensors.pt.
    """
    try:
        return _perform(job, folder)
    except ContragradError as error:
        return {"error": str(error)}


def _perform(job: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    stage = _Stage(folder)
    stage("while the code was imported")
    subjects = _subjects(job)
    inputs = named(*job["inputs"]) if job["inputs"] else None
    dtype = getattr(torch, job["dtype"])
    draws = inputs or own_draws.usual(unit=_on_the_sphere(job))
    stage("at the first call of the code")
    first = next(given(draws, dtype, job["seed"], 1))
    for x in subjects:
        _try(x, first.at(dtype), dtype)
    stage("while it was compared at many points")
    result = {
        "subjects": [_shown(x) for x in subjects],
        **_compared(job, subjects, inputs, dtype),
    }
    if job["observe"]:
        stage("while it was observed for a diagnosis")
        found = observations.observe(subjects[0].loss, inputs=inputs, seed=job["seed"])
        torch.save(observations.pack(found), folder / "tensors.pt")
    return result


class _Stage:
    """Leaves a note of what is being done, for when nothing else comes back."""

    def __init__(self, folder: Path):
        self._file = folder / "stage"

    def __call__(self, text: str) -> None:
        self._file.write_text(text, "utf-8")


def _on_the_sphere(job: Mapping[str, Any]) -> bool:
    """Whether a loss takes part that is stated for unit rows alone."""
    return any(x and x.get("embeddings") == "unit" for x in (job["a"], job["b"]))


def _subjects(job: Mapping[str, Any]) -> list[Subject]:
    """The one or two that are compared, each with its settings: those of "A.", "B.", or both."""
    found, unused = [], set(job["settings"])
    for letter, (spec, settings) in _sources(job).items():
        subject, used = load(spec, settings)
        unused -= {k for k in job["settings"] if k.removeprefix(f"{letter}.") in used}
        unused -= set(spec.get("took", ()))
        found.append(subject)
    if unused:
        raise SubjectError(
            f"--set {', '.join(sorted(unused))}: nothing that is compared takes it. A setting is "
            "an argument of the function, of the class, or a hyper-parameter of the catalogue's "
            "loss; A.NAME and B.NAME set it in one of the two."
        )
    return found


def _for(setting: str, letter: str) -> bool:
    return setting.startswith(f"{letter}.") or "." not in setting


def _try(subject: Subject, batch: tuple[Tensor, Tensor], dtype: torch.dtype) -> None:
    """One ordinary call, so that code that cannot be called at all is told from a finding."""
    h, h_prime = (x.detach().to(dtype).requires_grad_() for x in batch)
    try:
        torch.manual_seed(0)
        value = BlackBox(subject.loss).raw(h, h_prime)
    except Exception as error:
        raise SubjectError(
            f"{subject.text} cannot be called with h, h' of shape {tuple(h.shape)} and dtype "
            f"{h.dtype}: {describe(error)}. It is called as f(h, h_prime, **settings); give other "
            "batches with --inputs FILE.py:FUNC, where FUNC(seed) returns (h, h_prime)."
        ) from error
    if not isinstance(value, Tensor):
        raise SubjectError(
            f"{subject.text} returns {type(value).__name__}, not a tensor. Return the scalar loss."
        )


def _compared(
    job: Mapping[str, Any], subjects: list[Subject], inputs: Inputs | None, dtype: torch.dtype
) -> dict[str, Any]:
    if inputs is None and len(subjects) == 2 and _on_the_sphere(job):
        report = _on_unit_rows(job, subjects, dtype)
    elif job["task"] == "same":
        a, b = (x.loss for x in subjects)
        report = same(a, b, inputs=inputs, dtype=dtype, seed=job["seed"])
    else:
        against = subjects[1].loss if len(subjects) > 1 else None
        report = alone.audit(
            subjects[0].loss, against, inputs=inputs, dtype=dtype, seed=job["seed"]
        )
    report = with_programs(_with_settings(report, subjects), [*_sources(job).values()])
    return {"report": report.to_json(), "text": report.text(), "program": printed(report)}


def _sources(job: Mapping[str, Any]) -> dict[str, Source]:
    """What each of the two is loaded from, and with which settings."""
    found: dict[str, Source] = {}
    for letter, spec in zip("AB", (job["a"], job["b"]), strict=True):
        mine = {k: v for k, v in job["settings"].items() if _for(k, letter)}
        if spec is not None:
            settings = {k.removeprefix(f"{letter}."): v for k, v in mine.items()}
            found[letter] = ({**spec, "normalised": job["inputs"] is not None}, settings)
    return found


def _with_settings(base: Report, subjects: list[Subject]) -> Report:
    """With a note on the hyper-parameters that are not the same in both."""
    if len(subjects) < 2:
        return base
    numbers = [{**numeric(x.settings), **x.numbers} for x in subjects]
    found = unequal((subjects[0].text, subjects[1].text), *numbers)
    return replace(base, findings=ordered([*base.findings, found])) if found else base


def _on_unit_rows(job: Mapping[str, Any], subjects: list[Subject], dtype: torch.dtype) -> Report:
    """As `same` and `audit`, at unit rows alone: the definition says nothing of others."""
    a, b = (BlackBox(x.loss) for x in subjects)
    points = list(own(dtype, job["seed"], {}, unit_only=True))
    found = compared(a, b, points, dtype)
    subject = f"{a.name} against {b.name}"
    base = report(found, subject, strict=False, shaky=unsteady(a, b, found))
    notes = [domain(a, points[0])]
    if job["task"] != "same":
        notes += beside(a, points, dtype, base)
    return replace(base, findings=ordered([*base.findings, *notes]))


def _shown(x: Subject) -> dict[str, Any]:
    settings = {
        k: v if isinstance(v, int | float | str) else repr(v) for k, v in x.settings.items()
    }
    return {
        "name": x.text,
        "mapping": x.mapping,
        "settings": settings,
        "numbers": dict(x.numbers),
    }
