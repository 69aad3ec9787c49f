"""XML 1.0 of whatever was recorded: texts and attributes that every reader takes."""

import re
from xml.etree.ElementTree import Element, tostring

from nexdiag.report.limits import JUNIT_TEXT
from nexdiag.report.visible import cut, one_line, visible

_ATTRIBUTE = 400
"""Characters of an attribute: a name is a row in somebody's table."""
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


def attribute(text: str) -> str:
    """One line, cut."""
    return _FORBIDDEN.sub("\ufffd", one_line(text, _ATTRIBUTE))


def content(text: str) -> str:
    """All of it, visible."""
    return _FORBIDDEN.sub("\ufffd", visible(text))


def bounded(text: str) -> str:
    """All of it that a test case has room for; what is left out is counted."""
    return _FORBIDDEN.sub("\ufffd", cut(text, JUNIT_TEXT))


def document(root: Element) -> str:
    """The whole document."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'
