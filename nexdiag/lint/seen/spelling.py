"""One spelling for a server's words, however they were quoted, escaped, coloured, broken into lines or pointed with.

By it rules match words. What a report shows are the words as they came. Law: nothing here raises, nothing takes longer
than the length of the text, and what is plain already comes out as it is.
"""

import html
import re

_ODD = re.compile(
    r"[\x00-\x1f\x7f-\xa0\\&\u00ab\u00b4\u00bb\u2000-\u206f\u3000\ufeff]|  |->|\[['\"]|/(?:messages|input)/"
)
"""Without one of these a text is plain."""
_COLOUR = re.compile(r"(?:\x1b|\\x1b|\\033|\\e|\\+u001b)\[[0-9;?]{0,20}[A-Za-z]|\x1b[@-_]?")
_CODE = re.compile(r"\\+u00([2-7][0-9a-fA-F])")
"""An ASCII character as JSON escapes it: Go's encoder does so with `<`, `>` and `&`, others with quotes."""
_QUOTED = re.compile(r"\\+(['\"`/])")
_LINE = re.compile(r"\\+[nrt](?![a-z])")
"""The end of a line that was escaped; not the beginning of a word behind a backslash."""
_SPACE = re.compile(r"[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]+")
_ALIKE = str.maketrans(
    dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"')
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u00b4\u2032", "'")
    | dict.fromkeys("\u2010\u2011", "-")
)
_LIST = r"(?:messages|input|contents|tools)"
_HOP = r"(?:\[['\"]?[\w$-]{1,60}['\"]?\]|\s?(?:->|\u2192)\s?[\w$-]{1,60}|/[\w$-]{1,60}|\.[A-Za-z_][\w$-]{0,59})"
_POINTED = re.compile(
    rf"(?:\$|body|request)?(?:\[['\"]({_LIST})['\"]\]|(?<![\w.])/?({_LIST})(?=\[['\"\d]|/\d|\s?(?:->|\u2192)\s?\d))"
    rf"({_HOP}{{1,12}})"
)
"""A path into the request in brackets, with slashes or with arrows."""
_PART = re.compile(r"[\w$][\w$-]*")


def plain(text: str) -> str:
    """The text in the one spelling."""
    if _ODD.search(text) is None:
        return text
    text = _COLOUR.sub("", text)
    text = _CODE.sub(lambda code: chr(int(code[1], 16)), text)
    text = _LINE.sub(" ", _QUOTED.sub(r"\1", text))
    if "&" in text:
        text = html.unescape(text)
    text = _SPACE.sub(" ", text.translate(_ALIKE)).strip()
    return _POINTED.sub(_path, text)


def colourless(text: str) -> str:
    """The text without what tells a terminal of colours."""
    return _COLOUR.sub("", text) if "\x1b" in text else text


def _path(found: re.Match[str]) -> str:
    """`["messages"][1]["content"]`, `messages -> 1 -> content` and `/messages/1/content` as `messages[1].content`."""
    parts = _PART.findall(found[3])
    return (found[1] or found[2]) + "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in parts)
