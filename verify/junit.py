"""Reports as JUnit XML: a test suite a loss, a test case a rung.

A refuted rung is a failure, with the program that shows it; an undecided one is an error, unless
`verify.undecided` lists it: then it is skipped, with the reason.
"""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from derive.verdict import Verdict
from verify.report import CheckResult, LossReport
from verify.undecided import ALLOWED

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]")


def document_of(reports: Sequence[LossReport]) -> str:
    """The whole document."""
    root = Element("testsuites", name="verify run")
    suites = [_suite(report) for report in reports]
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    root.set("time", f"{sum(report.seconds for report in reports):.3f}")
    root.extend(suites)
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _suite(report: LossReport) -> Element:
    suite = Element("testsuite", name=report.loss)
    cases = [_case(report.loss, result) for result in report.results]
    suite.set("tests", str(len(cases)))
    for count, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("time", f"{report.seconds:.3f}")
    suite.extend(cases)
    return suite


def _case(loss: str, result: CheckResult) -> Element:
    name = f"{result.rung} {result.check}" if result.rung else result.check
    case = Element("testcase", classname=loss, name=name, time=f"{result.seconds:.3f}")
    if result.verdict.passed:
        SubElement(case, "system-out").text = f"{result.verdict.value}: {_clean(result.detail)}"
        return case
    reason = ALLOWED.get((loss, result.check))
    if result.verdict is Verdict.REFUTED:
        outcome = SubElement(case, "failure", type="refuted")
    elif reason is not None:
        outcome = SubElement(case, "skipped")
    else:
        outcome = SubElement(case, "error", type="undecided")
    outcome.set("message", _clean(reason or result.detail))
    outcome.text = _clean(result.snippet) or None
    return case


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NOT_XML.sub("�", text)
