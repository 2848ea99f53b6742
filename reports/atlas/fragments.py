"""Parts of a sheet as HTML that is light: MathML without what a browser does not need."""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from reports.sections.sheet import Part
from reports.templating import render

_MATH = re.compile(r"<math.*?</math>", re.DOTALL)
_PREFIX = "{http://www.w3.org/1998/Math/MathML}"
_INSIDE = ("math", "msqrt", "mrow")  # their children are a row already
_STRETCHED = "()[]{}"  # at the ends of a row these grow by themselves


def lean(mathml: str) -> str:
    """The same formula for a page of HTML, where <math> needs no namespace: without rows that
    group nothing, and a prime as a letter, which has no space around it either."""
    root = ElementTree.fromstring(mathml)
    for x in root.iter():
        x.tag = x.tag.removeprefix(_PREFIX)
    _simplify(root)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=False)


def _simplify(x: Element) -> None:
    children: list[Element] = []
    for child in x:
        _simplify(child)
        if child.tag == "mrow" and (len(child) == 1 or (x.tag in _INSIDE and _is_open(child))):
            children += child
        else:
            children.append(child)
    x[:] = children
    if x.tag == "mo" and x.text == "′":
        x.tag = "mi"
        x.attrib.clear()
    if x.tag == "mrow" and len(x):
        for end in (x[0], x[-1]):
            if end.tag == "mo" and end.text and end.text in _STRETCHED:
                end.attrib.pop("stretchy", None)


def _is_open(row: Element) -> bool:
    """Whether a row may lie open in another: no sign at its ends would change its kind, and no
    bracket its height."""
    return len(row) > 0 and row[0].tag != "mo" and row[-1].tag != "mo"


def section_html(part: Part) -> str:
    """The blocks of a part, without its title."""
    html = str(render("atlas/part.html.jinja", part=part)).strip()
    return _MATH.sub(lambda x: lean(x[0]), html)
