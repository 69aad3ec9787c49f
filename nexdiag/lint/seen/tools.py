"""The tools of a request as the rules see them, whatever the wire: chat, Responses, Messages, Gemini's own.

A chat sends the same tools in every request: they are read once, and what a rule found in them is kept with them.
Law: reading never raises, however malformed a definition is.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from nexdiag.codec import jsontext
from nexdiag.core.body import Link
from nexdiag.core.endpoint import Limits
from nexdiag.lint.seen.message import kind_of
from nexdiag.lint.seen.view import View

_Found = TypeVar("_Found")
_LISTS = ("tools", "functions")
"""Where requests declare tools; `functions` is what chat completions had before."""
_KEYS = {f'"{name}"'.encode(): name for name in _LISTS}
_KEPT = "tools seen"
_REMEMBERED = 16
"""Lists of tools that are remembered: those of the chats that spoke last."""


class ToolSeen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One tool that the caller runs. Tools that the server runs (`web_search`) have no definition to judge."""

    at: int
    """Its index in the list; of several in one entry, that of the entry."""
    number: int = 0
    """Its place among all tools of the request: Gemini counts so, whatever the dialect."""
    pointer: str
    """JSON pointer to the object that has its name: `/tools/0/function`, `/tools/0`."""
    name: str | None
    """None where it has none, or one that is no text."""
    description: str = ""
    schema_field: str = "parameters"
    has_schema: bool = False
    schema: Any = None
    takes_schema: bool = True
    """Whether such a tool has a schema: one of free text has none."""

    @property
    def spelled(self) -> tuple[str, ...]:
        """How servers' words name its place."""
        here = f"tools[{self.at}]."
        return (
            *(here + part for part in ("function.", "custom", "name", "parameters", "description", "input_schema")),
            *(f"tools.{self.at}.", f"tools/{self.at}/", f"Tool {self.at} "),
            *(f"function_declarations[{self.number}]", f"functionDeclarations[{self.number}]"),
        )


class ToolsSeen:
    """All tools of a request."""

    __slots__ = ("_found", "count", "empty", "known", "list_name", "names", "sent", "tools")

    def __init__(self, value: Any = None, list_name: str = "tools") -> None:  # noqa: ANN401 - JSON is anything
        """Read the value of the field; None where there is none."""
        entries = value if isinstance(value, list) else []
        self.list_name = list_name
        found = [tool for at, entry in enumerate(entries) for tool in _read(f"/{list_name}/{at}", at, entry)]
        self.tools: tuple[ToolSeen, ...] = tuple(
            msgspec.structs.replace(tool, number=number) for number, tool in enumerate(found)
        )
        self.names: frozenset[str] = frozenset(tool.name for tool in self.tools if tool.name is not None)
        self.count: int = max(len(entries), len(self.tools))
        self.sent: bool = value is not None
        """The request has the field, and not as null."""
        self.known: bool = not self.sent or isinstance(value, list)
        """They can be read: of a request that somebody shortened they cannot."""
        self.empty: bool = isinstance(value, list) and not value
        self._found: dict[tuple[str, int], tuple[Limits, tuple[Any, ...]]] = {}

    def once(self, rule: str, limits: Limits, look: Callable[[], Iterable[_Found]]) -> tuple[_Found, ...]:
        """What a rule finds in them by such limits: it looks only once."""
        key = (rule, id(limits))
        kept = self._found.get(key)
        if kept is None:
            kept = self._found[key] = (limits, tuple(look()))  # the limits are kept with it, so that their id is theirs
        return kept[1]


_NONE = ToolsSeen()


def tools_of(view: View) -> ToolsSeen:
    """The tools of an exchange's request. Never raises."""
    kept = view.__dict__.get(_KEPT)
    if not isinstance(kept, ToolsSeen):
        kept = view.__dict__[_KEPT] = _look(view)
    return kept


def _look(view: View) -> ToolsSeen:
    if view.sent is not None and view.sent.raw is None:
        for field in view.sent.fields:
            if field.key in _KEYS:
                return _of_text(field.value, _KEYS[field.key])
        return _NONE
    name = next((name for name in _LISTS if name in view.fields), None)
    return _NONE if name is None else ToolsSeen(view.fields.get(name), name)


@lru_cache(maxsize=_REMEMBERED)
def _of_text(text: bytes | Link, name: str) -> ToolsSeen:
    """Equal lists share their last link, so that the next request of a chat finds what this one read."""
    texts = [link.raw for link in text.chain()] if isinstance(text, Link) else [text]
    values = []
    for one in texts:
        try:
            values.append(jsontext.read(one))
        except ValueError:
            values.append(None)
    return ToolsSeen(values if isinstance(text, Link) else values[0], name)


def _read(pointer: str, at: int, entry: object) -> Iterable[ToolSeen]:
    if not isinstance(entry, dict):
        return
    for key in ("function_declarations", "functionDeclarations"):
        if isinstance(several := entry.get(key), list):
            for number, one in enumerate(several):
                if isinstance(one, dict):
                    yield _tool(f"{pointer}/{key}/{number}", at, one)
            return
    kind = entry.get("type")
    if isinstance(inner := entry.get("function"), dict):
        yield _tool(f"{pointer}/function", at, inner)
    elif isinstance(inner := entry.get("custom"), dict):
        yield _tool(f"{pointer}/custom", at, inner, takes_schema=False)
    elif kind is None or kind in ("function", "custom"):
        yield _tool(pointer, at, entry, takes_schema=kind != "custom" or "input_schema" in entry)


def _tool(pointer: str, at: int, entry: dict[str, Any], *, takes_schema: bool = True) -> ToolSeen:
    name, description = entry.get("name"), entry.get("description")
    field = "input_schema" if "input_schema" in entry and "parameters" not in entry else "parameters"
    return ToolSeen(
        at=at,
        pointer=pointer,
        name=name if kind_of(name) == "string" else None,
        description=description if isinstance(description, str) else "",
        schema_field=field,
        has_schema=entry.get(field) is not None,
        schema=entry.get(field),
        takes_schema=takes_schema,
    )
