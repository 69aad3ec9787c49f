"""What tool calls and thoughts look like: their one line, and their whole. Pure, but for the colours' names."""

from collections.abc import Iterator

from textual.content import Content

from nexdiag.codec import jsontext
from nexdiag.report.visible import one_line, visible
from nexdiag.tui.entries import Thought, Tool
from nexdiag.tui.search import places
from nexdiag.tui.status import clock, count

_GIST = 60
_LINES = 40
_CHARACTERS = 6000
_A_SECOND = 1.0
_TURNING = "◐◓◑◒"
MARKS = {"building": "…", "running": "◐", "ran": "✓", "failed": "✗", "cut off": "–"}
_LOOKS = {
    "building": "$dim",
    "running": "$accent",
    "ran": "$success",
    "failed": "$error",
    "cut off": "$dim",
}


def tool_head(tool: Tool, turned: int = 0) -> Content:
    """`✓ read_file  README.md  0.2s`; `turned` is how far the mark of one that runs has turned."""
    mark = _TURNING[turned % len(_TURNING)] if tool.state == "running" else MARKS[tool.state]
    parts = [
        Content.styled(f"{mark} ", _LOOKS[tool.state]),
        Content.styled(one_line(tool.name or "tool", _GIST), "bold"),
    ]
    gist = _building(tool) if tool.state == "building" else summary(tool.arguments)
    if gist:
        parts.append(Content.styled(f"  {gist}", "$dim"))
    if tool.seconds:
        took = f"{tool.seconds:.1f}s" if tool.seconds < 10 * _A_SECOND else clock(tool.seconds)
        parts.append(Content.styled(f"  {took}", "$faint"))
    return Content("").join(parts)


def tool_body(tool: Tool) -> Content:
    """Arguments and output, each cut to what one reads."""
    lines: list[Content] = []
    for title, text in (("arguments", pretty(tool.arguments)), ("output", tool.output)):
        if text.strip():
            lines.append(Content.styled(f"\n\n{title}\n", "$faint"))
            lines.append(Content(capped(text)))
    return Content("").join(lines) if lines else Content.styled("\nnothing came of it", "$dim")


def thought(entry: Thought, *, opened: bool) -> Content:
    """`∴ thinking… 1.2k characters`, and its words when opened."""
    words = "thought" if entry.done else "thinking…"
    head = Content.styled(f"∴ {words}  {count(entry.size)} characters", "$dim italic")
    if not opened:
        return head
    return head + Content.styled(f"\n\n{capped(entry.text, last=not entry.done)}", "$dim")


def summary(arguments: str) -> str:
    """The gist of a call's arguments on one line: the values of a JSON object, or the text as it is."""
    try:
        fields = jsontext.read(arguments[: _CHARACTERS * 4].encode("utf-8", "replace"))
    except ValueError:
        return one_line(arguments, _GIST)
    if not isinstance(fields, dict):
        return one_line(arguments, _GIST)
    return one_line(" ".join(_values(fields)), _GIST)


def _values(fields: dict[str, object]) -> Iterator[str]:
    for name, value in fields.items():
        yield value[: _GIST + 1] if isinstance(value, str) else f"{name}={str(value)[:_GIST]}"


def pretty(arguments: str) -> str:
    """The arguments, one a line; text that is no JSON object as it is."""
    try:
        fields = jsontext.read(arguments[: _CHARACTERS * 4].encode("utf-8", "replace"))
    except ValueError:
        return arguments
    if not isinstance(fields, dict):
        return arguments
    return "\n".join(f"{name}: {value}" for name, value in fields.items())


def capped(text: str, *, last: bool = False) -> str:
    """The text, safe to look at, cut to some lines from its beginning or its end, with a note of what is left out."""
    part = text[-_CHARACTERS:] if last else text[:_CHARACTERS]
    lines = part.replace("\r\n", "\n").rstrip("\n").split("\n")
    shown = lines[-_LINES:] if last else lines[:_LINES]
    kept = "\n".join(shown)
    left = len(text) - len(kept)
    if len(shown) == len(lines) and len(part) == len(text):
        return visible(kept)
    note = f"… {count(left)} more characters: copy (y) gives all"
    return f"{note}\n{visible(kept)}" if last else f"{visible(kept)}\n{note}"


def _building(tool: Tool) -> str:
    return f"writing its arguments, {count(tool.characters)} characters" if tool.characters else "being called"


def marked(content: Content, words: str) -> Content:
    """The same with each place of the words marked."""
    for begin, end in places(content.plain, words):
        content = content.stylize("reverse", begin, end)
    return content
