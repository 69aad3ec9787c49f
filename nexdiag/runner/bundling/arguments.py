"""The arguments of a call, JSON within JSON: their structure, and names for their keys; nothing of what they say. Pure.

What is not strict JSON, as far as it goes, is masked whole.
"""

from nexdiag.runner.bundling.names import Names
from nexdiag.runner.bundling.place import OPAQUE
from nexdiag.runner.bundling.scan import CUT, KEY, NUMBER, STRING, Broken, Frame, Scanner
from nexdiag.runner.bundling.units import hidden


def arguments(text: str, names: Names) -> str:
    """What stands for the text, sign for sign. Of its signs those that are not ASCII have been replaced."""
    out = list(text)
    scanner = Scanner(text, Frame(None, "", OPAQUE, listed=False))
    scanner.opens = OPAQUE
    try:
        for kind, start, end, _ in scanner.tokens():
            inner = text[start:end]
            if kind == KEY and inner.isascii() and "\\" not in inner:
                out[start:end] = names.name(inner.encode()).decode()
            elif kind in (KEY, STRING, CUT):
                out[start:end] = map(hidden, inner)
            elif kind == NUMBER:
                out[start:end] = ("1" if sign.isdigit() else sign for sign in inner)
    except Broken:
        return text if not text.strip() else "".join("x" if hidden(sign) == "x" else "/" for sign in text)
    return "".join(out)
