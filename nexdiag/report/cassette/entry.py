"""One message of a conversation → lines: its role, its text, the tools that it calls, and what else it carries.

Law: what differs on the wire shows, but for ids where they are not wanted: those differ from run to run.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from nexdiag.report.messages import parsed, text_of
from nexdiag.report.visible import visible

IDS = frozenset(
    {"id", "call_id", "tool_call_id", "tool_use_id", "item_id", "signature", "encrypted_content", "created"}
)
"""What a server makes up anew for every answer."""
_SHOWN = frozenset({"role", "type", "content", "output", "tool_calls", "name", "arguments"})
_LONGEST = 400
"""Characters without a space: what is longer is no text, but an image or a signature."""


def entry_lines(raw: bytes, *, ids: bool = True) -> list[str]:
    """The first line names the role; the others are indented."""
    message = parsed(raw)
    if not isinstance(message, dict):
        return ["?", *block(text_of(raw))]
    role = message.get("role", message.get("type"))
    name = message.get("name")
    title = role if isinstance(role, str) else "?"
    lines = [flat(f"{title} {name}" if isinstance(name, str) and "arguments" not in message else title)]
    lines += _content(message.get("content"), ids=ids)
    lines += _content(message.get("output"), ids=ids)
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        lines += _call(call, ids=ids)
    if "arguments" in message:
        lines += call_lines(message.get("name"), message["arguments"])
    return [*lines, *_others(message, ids=ids)]


def block(text: str) -> list[str]:
    """A text, each of its lines marked as such; none for an empty text."""
    return (
        [f"  | {line}".rstrip(" ") if not line else f"  | {line}" for line in visible(text).split("\n")] if text else []
    )


def flat(text: str) -> str:
    """The visible text on one line, whole."""
    return visible(text).replace("\n", "⏎")


def call_lines(name: object, arguments: object) -> list[str]:
    """The wish to run a tool."""
    told = arguments if isinstance(arguments, str) else compact(arguments)
    title = f"  calls {flat(name) if isinstance(name, str) else '?'}"
    if "\n" in told:
        return [title, *(f"  {line}" for line in block(told))]
    return [f"{title} {flat(told)}".rstrip()]


def compact(value: object, *, ids: bool = True) -> str:
    """A JSON value on one line, whole; but bytes in it that were written as text, by their beginning and digest."""
    try:
        return flat(json.dumps(_shortened(value, ids=ids), ensure_ascii=False, default=str))
    except (ValueError, RecursionError):
        return "(nested too deeply)"


def _shortened(value: object, *, ids: bool) -> object:
    """Images and signatures made short: long strings in which nothing can be read. Unwanted ids are left out."""
    if isinstance(value, str) and len(value) > _LONGEST and not any(sign.isspace() for sign in value[:_LONGEST]):
        return f"{value[:60]}… ({len(value):,} characters, {digest(value)})"
    if isinstance(value, dict):
        return {key: _shortened(entry, ids=ids) for key, entry in value.items() if ids or key not in IDS}
    return [_shortened(entry, ids=ids) for entry in value] if isinstance(value, list) else value


def digest(text: str) -> str:
    """Eight digits that tell one long text from another."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def _content(content: Any, *, ids: bool) -> Iterator[str]:  # noqa: ANN401 - the wire may hold any JSON
    if isinstance(content, str):
        yield from block(content)
    elif isinstance(content, list):
        for part in content:
            yield from _part(part, ids=ids)
    elif content is not None:
        yield f"  {compact(content)}"


def _part(part: Any, *, ids: bool) -> Iterator[str]:  # noqa: ANN401 - the wire may hold any JSON
    """A part of a message: text as text, a call as a call, anything else by its type and its fields."""
    if not isinstance(part, dict):
        yield f"  {compact(part)}"
        return
    kind = part.get("type")
    if kind == "tool_use":
        yield from call_lines(part.get("name"), part.get("input"))
    elif isinstance(part.get("text"), str):
        yield from block(part["text"])
        yield from _rest(part, "text", ids=ids)
    elif isinstance(part.get("thinking"), str):
        yield "  [thinking]"
        yield from block(part["thinking"])
        yield from _rest(part, "thinking", ids=ids)
    elif kind == "tool_result":
        yield f"  [tool_result{' failed' if part.get('is_error') else ''}]"
        yield from _content(part.get("content"), ids=ids)
    else:
        rest = {key: value for key, value in part.items() if key != "type" and (ids or key not in IDS)}
        yield f"  [{flat(str(kind))}] {compact(rest, ids=ids)}"


def _rest(part: dict[str, Any], shown: str, *, ids: bool) -> Iterator[str]:
    """What a part holds beside its text."""
    rest = {key: value for key, value in part.items() if key not in {"type", shown} and (ids or key not in IDS)}
    if any(rest.values()):
        yield f"  [{flat(str(part.get('type')))}] {compact(rest, ids=ids)}"


def _call(call: Any, *, ids: bool) -> Iterator[str]:  # noqa: ANN401 - the wire may hold any JSON
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        yield f"  calls {compact(call)}"
        return
    lines = call_lines(function.get("name"), function.get("arguments"))
    name = call.get("id")
    yield f"{lines[0]}   ({flat(name)})" if ids and isinstance(name, str) and name else lines[0]
    yield from lines[1:]


def _others(message: dict[str, Any], *, ids: bool) -> Iterator[str]:
    """The fields that were not shown: thoughts as text, anything else as JSON."""
    for key, value in message.items():
        if key in _SHOWN or (key in IDS and not ids) or value is None:
            continue
        if isinstance(value, str) and "\n" in value:
            yield f"  {flat(key)}:"
            yield from (f"  {line}" for line in block(value))
        elif key == "summary" and isinstance(value, list):
            yield f"  {key}:"
            yield from (f"  {line}" for line in _content(value, ids=ids))
        elif value not in ([], {}, ""):
            yield f"  {flat(key)}: {compact(value, ids=ids)}"
