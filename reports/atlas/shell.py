"""What every page has around its content: head, navigation, foot."""

import html
from typing import Any

from markupsafe import Markup, escape

from derive.printing.notations import runs, to_html
from reports.atlas.linear import is_formula, linear_html
from reports.templating import environment

PAGES = (
    ("index.html", "Losses"),
    ("claims.html", "Claims"),
    ("results.html", "Results"),
    ("about.html", "About"),
)


def shell(template: str, *, depth: int = 0, page: str = "", **values: Any) -> str:
    """A template of the atlas as a whole page. depth: folders below the site's; page: its file,
    marked in the navigation."""
    env = environment()
    env.filters["prose"] = prose
    env.filters["lines"] = linear
    env.filters["sentence"] = sentence
    env.filters["text"] = text_only
    env.filters["safe_html"] = Markup
    env.filters["formula"] = formula
    return str(
        env.get_template(template).render(root="../" * depth, pages=PAGES, page=page, **values)
    )


def formula(text: str) -> Markup:
    """A printed formula as MathML; a claim in words as words."""
    return Markup(linear_html(text)) if is_formula(text) else prose(text)


def prose(text: str) -> Markup:
    """Words with the notations of the papers, L^tri, L_cl's, h'_j, set."""
    return Markup("").join(
        Markup(to_html(x.text)) if x.math else Markup(escape(x.text)) for x in runs(text)
    )


def linear(text: str) -> Markup:
    """Formulas with words between them."""
    return Markup(linear_html(text))


def sentence(text: str) -> str:
    """With a capital letter where it begins with a word of the language."""
    first = text.partition(" ")[0]
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text


def text_only(text: str) -> Markup:
    """Escaped for the content of an element, where quotation marks mean nothing."""
    return Markup(html.escape(text, quote=False))
