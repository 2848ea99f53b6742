"""What a page calls itself: the first line of its untitled first section."""

from derive.printing.sections import Section

_LONGEST = 100


def titled(sections: tuple[Section, ...]) -> tuple[str, tuple[Section, ...]]:
    """The title and the sections without it; "" where the page starts with a sentence."""
    if not sections or sections[0].title or not sections[0].items:
        return "", sections
    first, *rest = sections[0].items
    if not isinstance(first, str) or len(first) > _LONGEST or first.endswith((".", ":")):
        return "", sections
    left = (Section("", tuple(rest)),) if rest else ()
    return first, (*left, *sections[1:])
