"""From the command line to a report: who is compared, in which process, and what is printed."""

import ast
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from derive.errors import ContragradError, SourceError, UnknownNameError
from derive.hyper import read_number, read_settings
from derive.objectives import load, names
from verify.audits import isolation
from verify.audits.adapters import PACKAGES
from verify.audits.settings import tree
from verify.audits.signatures import SYNONYMS

EXIT = {"same": 0, "differs": 1, "suspect": 3, "undecided": 3}
CANNOT = 2


@dataclass(frozen=True)
class Result:
    """verdict: of the report, or "cannot run"; document: what is printed as JSON."""

    verdict: str
    text: str
    document: Mapping[str, Any]

    @property
    def exit_code(self) -> int:
        """0 same, 1 differs, 2 cannot run, 3 suspect or undecided."""
        return EXIT.get(self.verdict, CANNOT)

    def render(self, form: str) -> str:
        """As "table" (text for people) or "json"."""
        if form == "json":
            whole = {"exit_code": self.exit_code, "verdict": self.verdict, **self.document}
            return json.dumps(whole, indent=2, ensure_ascii=False)
        return self.text


@dataclass(frozen=True)
class Options:
    """As the options of `verify audit`; settings: unparsed values by name."""

    settings: Mapping[str, str]
    dtype: str = "float64"
    seed: int = 0
    inputs: str | None = None
    python: str | None = None
    timeout: float = 300.0


def result(task: str, a: str, b: str | None, options: Options) -> Result:
    """task: "same" (a and b), or "audit" (a, against b where it is given).

    Raises `ContragradError` for what is not there or not taken; code that is there and cannot run
    gives a result that says why.
    """
    job = _job(task, a, b, options)
    try:
        outcome = isolation.run(job, python=options.python, timeout=options.timeout)
    except isolation.CannotRunError as error:
        return Result("cannot run", f"Error: {error}", {"error": str(error)})
    return _told(outcome, b, task)


def _job(task: str, a: str, b: str | None, options: Options) -> dict[str, Any]:
    inputs = _file(options.inputs, "--inputs") if options.inputs else None
    known = {k: _literal(k, v) for k, v in options.settings.items()}
    return {
        "task": task,
        "a": spec(a, "A", options.settings),
        "b": spec(b, "B", options.settings) if b else None,
        "settings": known,
        "inputs": [inputs["path"], inputs["name"]] if inputs else None,
        "dtype": options.dtype,
        "seed": options.seed,
        "observe": task == "audit",
    }


def spec(text: str, letter: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """What a name on the command line stands for. Raises `UnknownNameError`, `SourceError`."""
    head, colon, name = text.rpartition(":")
    if colon and head in PACKAGES:
        return {"kind": "peer", "package": head, "name": name}
    if colon and (head.endswith(".py") or os.sep in head):
        return _file(text, "code")
    if text in names():
        return _catalogue(text, letter, settings)
    known = [*names(), *(f"{x}:" for x in PACKAGES), "FILE.py:NAME"]
    raise UnknownNameError("loss", text, known)


def _file(text: str, what: str) -> dict[str, Any]:
    head, colon, name = text.rpartition(":")
    if not colon or not name.isidentifier():
        raise SourceError(f"{what} {text!r} is not of the form FILE.py:NAME. Write both parts.")
    if not Path(head).is_file():
        raise SourceError(f"there is no file {head} (in {text!r}). Give the path of the code.")
    return {"kind": "file", "path": os.path.abspath(head), "name": name}


def _catalogue(name: str, letter: str, settings: Mapping[str, str]) -> dict[str, Any]:
    """A loss by name, its hyper-parameters as trees that another process evaluates."""
    objective = load(name)
    if not set(objective.inputs) <= {"labels"}:
        raise SourceError(
            f"{name} takes {', '.join(objective.inputs)} beside the two views, which a function of "
            "two views has not. Write it as a function in a file, and use `verify same`."
        )
    given, took = {}, []
    for hyper in objective.hyper:
        for own in (hyper.name, *SYNONYMS.get(hyper.name, ())):
            for key in (f"{letter}.{own}", own):
                if key in settings and hyper.name not in given:
                    given[hyper.name] = settings[key]
                    took.append(key)
    values = objective.defaults(read_settings(objective.hyper, given))
    return {
        "kind": "catalogue",
        "name": name,
        "embeddings": objective.embeddings,
        "inputs": list(objective.inputs),
        "values": {k: tree(v) for k, v in values.items()},
        "took": took,
    }


def _literal(name: str, text: str) -> str:
    """A setting as a Python literal: as it is one, as a number (1/20), or as text."""
    try:
        return repr(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        pass
    try:
        return repr(float(read_number(name, text)))
    except ContragradError:
        return repr(text)


def _told(outcome: isolation.Outcome, b: str | None, task: str) -> Result:
    found = outcome.result
    report = json.loads(found["report"])
    diagnosis = _diagnosis(outcome, b) if _wants_diagnosis(report["verdict"], task) else None
    lines = [*_headers(found["subjects"]), found["text"]]
    if _wants_diagnosis(report["verdict"], task):
        name = found["subjects"][0]["name"]
        lines.append(f"  diagnosis: {name} {diagnosis['text'] if diagnosis else _NONE}")
    if outcome.printed.strip():
        lines.append(f"  note · printed:{isolation.quoted(outcome.printed)}")
    if found["program"]:
        lines.append(f"\n{found['program'].rstrip()}")
    document = {
        "subjects": found["subjects"],
        "report": report,
        "diagnosis": diagnosis,
        "printed": outcome.printed[-2000:],
        "seconds": round(outcome.seconds, 2),
    }
    return Result(report["verdict"], "\n".join(lines), document)


_NONE = "is none of the definitions that were searched (see docs/audit.md)"


def _wants_diagnosis(verdict: str, task: str) -> bool:
    return task == "audit" and verdict != "same"


def _headers(subjects: list[dict[str, Any]]) -> list[str]:
    lines = []
    for letter, x in zip("AB", subjects, strict=False):
        settings = ", ".join(f"{k}={v}" for k, v in x["settings"].items())
        text = f"{letter}: {x['name']}" + (f" ({settings})" if settings else "")
        lines.append(text + (f"\n   {x['mapping']}" if x["mapping"] else ""))
    return lines


def _diagnosis(outcome: isolation.Outcome, b: str | None) -> dict[str, Any] | None:
    """Made here, of what was observed there."""
    from verify.audits.diagnosis import explain
    from verify.audits.observations import unpack

    subject = outcome.result["subjects"][0]
    given = {k: float(v) for k, v in subject["settings"].items() if isinstance(v, int | float)}
    named = b if b in names() else None
    observations = unpack(dict(outcome.tensors))
    found = explain(observations, named, given, subject["numbers"])
    return found.to_dict() if found else None
