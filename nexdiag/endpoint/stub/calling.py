"""Which tools the stub calls without a script: those that a request wants called, with the least arguments."""

import hashlib
import re
from collections.abc import Iterator
from string import ascii_letters, digits
from typing import Any

from nexdiag.codec.chat import ChatRequest, ToolSpec
from nexdiag.codec.lenient import fields, words
from nexdiag.core.endpoint import Profile
from nexdiag.endpoint.stub.instance import least

_ASKS = re.compile(r"\bcall\s+(?:the\s+)?(?:tools?\s+)?[`'\"]?([\w.-]+)", re.IGNORECASE)
_ANY = ("required", "any")
_CHARACTERS = digits + ascii_letters
_NINE = "*" * 9
"""The ids of Mistral's tokenizers, which other servers may run with too."""


def wanted(asked: ChatRequest) -> tuple[ToolSpec, ...]:
    """The tools that `tool_choice` names or requires; else those of which the user's last words say "call NAME"."""
    choice = asked.rest.get("tool_choice")
    kind = words(choice) or words(fields(choice).get("type"))
    tools = {tool.name: tool for tool in reversed(asked.tools)}
    if not tools or kind == "none":
        return ()
    named = words(fields(choice).get("name")) or words(fields(fields(choice).get("function")).get("name"))
    if named:
        return (tools[named],) if named in tools else ()
    if kind in _ANY:
        return asked.tools[:1]
    last = asked.messages[-1] if asked.messages else None
    if last is None or last.role != "user":
        return ()
    return tuple(tools[name] for name in dict.fromkeys(_names(last.text)) if name in tools)


def arguments(tool: ToolSpec) -> dict[str, Any]:
    """The least arguments that fit a tool's schema."""
    value = least(tool.parameters)
    return value if isinstance(value, dict) else {}


def id_form(profile: Profile) -> str:
    """The form of the ids that this server makes: one that it takes back, where it checks them."""
    forms, check = (profile.stream.call_id, _NINE), profile.limits.tool_call_id
    return next((form for form in forms if not check or _fits(check, made_id(form))), forms[0])


def _fits(check: str, made: str) -> bool:
    try:
        return re.fullmatch(check, made) is not None
    except re.error:
        return False


def made_id(form: str, *about: int) -> str:
    """An id of that form: each `*` a letter or digit, each `#` a hexadecimal digit; equal for equal `about`."""
    draws = _draws(repr(about))
    return "".join(
        _CHARACTERS[next(draws) % len(_CHARACTERS)] if sign == "*" else f"{next(draws) % 16:x}" if sign == "#" else sign
        for sign in form
    )


def _draws(seed: str) -> Iterator[int]:
    """Bytes without an end, the same for the same seed."""
    number = 0
    while True:
        yield from hashlib.blake2b(f"{seed} {number}".encode()).digest()
        number += 1


def _names(text: str) -> Iterator[str]:
    """What the text wants called; a full stop at its end belongs to the sentence, unless a tool is called so."""
    for found in _ASKS.finditer(text):
        yield found[1]
        yield found[1].rstrip(".-")
