"""Recorded text made safe to look at: what a terminal or a browser would obey instead of show becomes a sign.

Law: nothing is dropped. Each hidden character turns into something that can be seen and named.
`page/dom.js` holds the same table for the page; a test keeps both equal.
"""

import re
import shlex

from nexdiag.codec.chat.error import both_ends as shortened

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls: escape sequences start here
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi and zero width
    "\ud800-\udfff"  # lone surrogates: no encoding writes them
    "\U000e0000-\U000e01ef]"  # tags and selectors that spell unseen text
)
_NAMES = {0x00: "NUL", 0x07: "BEL", 0x08: "BS", 0x0D: "CR", 0x1B: "ESC", 0x7F: "DEL"}
_CUT_NOTE = "… ({} more characters)"


def visible(text: str) -> str:
    """The text with each control, bidi and zero-width character replaced by a visible sign; newlines and tabs stay."""
    return _HIDDEN.sub(_sign, text)


def _sign(match: re.Match[str]) -> str:
    """`⟨ESC⟩` for the controls that people know by name, `⟨U+202E⟩` for the rest: any font can show both."""
    number = ord(match[0])
    return f"⟨{_NAMES.get(number, f'U+{number:04X}')}⟩"


def one_line(text: str, limit: int = 200) -> str:
    """The text on one line, newlines shown as `⏎`, cut to `limit` characters."""
    head = visible(text[: limit + 1].strip("\n ").replace("\r\n", "\n"))
    flat = head.replace("\n", "⏎").replace("\t", " ")
    return flat if len(text) <= limit and len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def both_ends(text: str, limit: int) -> str:
    """A server's words on one line; of long ones the beginning and the end, where a template names its reason."""
    words = " ".join(text.split()) if len(text) > limit else text.strip("\n ")
    return one_line(shortened(words, limit), 10 * limit)


def cut_within(text: str, limit: int) -> str:
    """A server's words on their lines; of long ones the beginning and the end."""
    return visible(shortened(text, limit, gap="\n…\n"))


def cut(text: str, limit: int = 2000) -> str:
    """The visible text, cut to `limit` characters with a note of how many are left out."""
    if len(text) <= limit:
        return visible(text)
    return visible(text[:limit]) + _CUT_NOTE.format(f"{len(text) - limit:,}")


def words_only(command: str) -> str:
    """A command line that a file names, safe to be pasted: its words quoted, so that a shell finds no operator."""
    try:
        return shlex.join(shlex.split(command))
    except ValueError:
        return shlex.quote(command)
