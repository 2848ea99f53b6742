"""The parts of a loss's page that are read after the formula: words, and what is folded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import escape

from derive.conservation import ConservativeResult
from derive.printing.sections import Section
from derive.properties.result import Property
from reports.atlas.fragments import section_html
from reports.sections.prose import typeset
from reports.sections.sheet import as_part
from reports.templating import render

SPLIT = "Dissipation, weight, ratio"
_COMPONENTS = ("Dissipation", "Weight", "Ratio")
_ELSEWHERE = ("", "Objective", SPLIT, "Hyper-parameters", "Notation")


@dataclass(frozen=True)
class Part:
    """A titled fragment of HTML."""

    title: str
    html: str


def words_of(entries: Sequence[Property]) -> Iterator[Part]:
    """What is proved (or not) of each component, in sentences."""
    for topic in _COMPONENTS:
        found = [x for x in entries if x.topic == topic]
        sentences = [f"<li>{typeset(x.statement)}{_unsure(x)}</li>" for x in found]
        yield Part(topic, f"<ul>{''.join(sentences)}</ul>")


def _unsure(x: Property) -> str:
    """Marks what is not proved; a statement that a point refutes is worded so."""
    return f" <small>({x.status_text})</small>" if x.status_text in ("sampled", "undecided") else ""


def folded(
    sections: Mapping[str, Section], entries: Sequence[Property], answer: ConservativeResult
) -> Iterator[Part]:
    """What is folded on the page, in its order."""
    for title, section in sections.items():
        if title not in _ELSEWHERE:
            yield Part(title, section_html(as_part(section)))
    yield Part("Properties", properties_html(entries))
    body = [x for x in answer.sections() if x.title != "Notation"]
    head, *rest = body
    html = section_html(as_part(Section("", head.items[1:])))
    html += "".join(f"<h3>{escape(x.title)}</h3>{section_html(as_part(x))}" for x in rest)
    yield Part("Is it the gradient of a scalar?", html)
    if "Notation" in sections:
        yield Part("Notation", section_html(as_part(sections["Notation"])))


def properties_html(entries: Sequence[Property]) -> str:
    """A list a topic: the statement, its status, its ground."""
    topics: dict[str, list[Property]] = {}
    for x in entries:
        topics.setdefault(x.topic, []).append(x)
    return str(render("atlas/properties.html.jinja", topics=topics, typeset=typeset))
