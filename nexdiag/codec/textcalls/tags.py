"""Calls as tags: one element a parameter, its value between them as plain text (Qwen Coder, Claude's old form, GLM).

A value is text, and what it stands for is for the tool's schema to say. Without one only `{…}` and `[…]` are read as
JSON: a file called `null` stays a name.
"""

import html
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from nexdiag.codec import jsontext
from nexdiag.codec.textcalls.objects import calls_of
from nexdiag.codec.textcalls.scan import Text
from nexdiag.core.message import ToolCall

Schemas = Mapping[str, Mapping[str, Any]]
_NAMESPACE = r"(?:[\w-]{1,32}:)?"


class Grammar(msgspec.Struct, frozen=True, kw_only=True):
    """How one family writes the elements of a call."""

    head: Any
    parameter: Any
    value_end: Any
    end: Any
    inside: tuple[str, ...]
    """What no value may hold: there another call begins, and this one was never ended."""
    escaped: bool = False
    """Whether values may be written with entities."""


FUNCTION = Grammar(
    head=re.compile(r"<function=[\"']?([^<>\s\"'=]{1,128})[\"']?\s{0,8}>"),
    parameter=re.compile(r"<parameter=[\"']?([^<>\s\"'=]{1,128})[\"']?\s{0,8}>"),
    value_end=re.compile(r"</parameter>"),
    end=re.compile(r"</function>"),
    inside=("<parameter=", "<function="),
)
INVOKE = Grammar(
    head=re.compile(rf"<{_NAMESPACE}invoke name=[\"']?([^<>\"']{{1,128}})[\"']?[^<>]{{0,200}}>"),
    parameter=re.compile(rf"<{_NAMESPACE}parameter name=[\"']?([^<>\"']{{1,128}})[\"']?[^<>]{{0,200}}>"),
    value_end=re.compile(rf"</{_NAMESPACE}parameter>"),
    end=re.compile(rf"</{_NAMESPACE}invoke>"),
    inside=("parameter name=", "invoke name="),
    escaped=True,
)
GLM_NAME = re.compile(r"([\w.-]{1,128})\s{0,8}(?=<arg_key>|</)")
_GLM_KEY = re.compile(r"<arg_key>\s{0,8}([^<>]{1,128}?)\s{0,8}</arg_key>\s{0,64}<arg_value>")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|#39);")


def tagged(text: Text, start: int, grammar: Grammar, schemas: Schemas) -> tuple[list[ToolCall], int] | None:
    """One call or several of one grammar, one behind the other."""
    calls: list[ToolCall] = []
    end = start
    while (head := grammar.head.match(text.text, start)) is not None:
        body = _body(text, text.skip(head.end()), grammar, schemas.get(head[1], {}))
        if body is None:
            break
        arguments, end = body
        calls.append(ToolCall(id="", name=head[1], arguments=arguments))
        start = text.skip(end)
    return (calls, end) if calls else None


def glm(text: Text, start: int, schemas: Schemas) -> tuple[list[ToolCall], int] | None:
    """A name, and behind it pairs of `<arg_key>` and `<arg_value>`."""
    name = GLM_NAME.match(text.text, start)
    if name is None:
        return None
    schema, values, end = schemas.get(name[1], {}), {}, name.end()
    while (key := _GLM_KEY.match(text.text, end)) is not None:
        stop = text.find("</arg_value>", key.end())
        if stop == len(text.text) or text.find("<arg_value>", key.end()) < stop:
            return None
        values[key[1]] = _value(text.text[key.end() : stop], schema, key[1])
        end = text.skip(stop + len("</arg_value>"))
    return [ToolCall(id="", name=name[1], arguments=jsontext.write(values).decode())], end


def _body(text: Text, start: int, grammar: Grammar, schema: Mapping[str, Any]) -> tuple[str, int] | None:
    """The arguments of one call, as JSON or as parameters, and the place behind its end."""
    stop = text.json_end(start)
    if stop >= 0:
        end = grammar.end.match(text.text, text.skip(stop))
        calls = calls_of(f'{{"name":"x","arguments":{text.text[start:stop]}}}') if end is not None else None
        return (calls[0].arguments, end.end()) if calls and end is not None else None
    values: dict[str, Any] = {}
    while (parameter := grammar.parameter.match(text.text, start)) is not None:
        ends = _value_end(text, parameter.end(), grammar)
        if ends is None:
            return None
        raw = text.text[parameter.end() : ends[0]]
        values[parameter[1]] = _value(_plain(raw) if grammar.escaped else raw, schema, parameter[1])
        start = ends[1]
    end = grammar.end.match(text.text, start)
    return None if end is None else (jsontext.write(values).decode(), end.end())


def _value_end(text: Text, start: int, grammar: Grammar) -> tuple[int, int] | None:
    """Where a value ends, and where what follows it begins: the next parameter, or the end of the call."""
    bound = min(text.find(sign, start) for sign in grammar.inside)
    place = start
    while (place := text.find("</", place)) < bound:
        closer = grammar.value_end.match(text.text, place)
        if closer is not None:
            behind = text.skip(closer.end())
            if grammar.parameter.match(text.text, behind) or grammar.end.match(text.text, behind):
                return place, behind
        place += 1
        text.work += 1
    return None


def _plain(value: str) -> str:
    """The value without its entities, if it was written with them: then no bare sign is left in it."""
    if "<" in value or ">" in value or len(_ENTITY.findall(value)) != value.count("&"):
        return value
    return html.unescape(value)


def _value(text: str, schema: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - JSON is anything
    """What the text of a value stands for."""
    text = text.removeprefix("\n").removesuffix("\n")
    properties = schema.get("properties")
    wanted = properties.get(name) if isinstance(properties, Mapping) else None
    kinds = wanted.get("type") if isinstance(wanted, Mapping) else None
    kinds = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
    if "string" in kinds or not (kinds or text.strip()[:1] in ("{", "[")):
        return text
    try:
        value = jsontext.read(text.strip().lower() if "boolean" in kinds else text)
    except ValueError:
        return text
    return value if not kinds or _fits(value, kinds) else text


def _fits(value: object, kinds: list[Any]) -> bool:
    return any(type(value) in _KINDS.get(kind, ()) for kind in kinds if isinstance(kind, str))


_KINDS: dict[str, tuple[type, ...]] = {
    "integer": (int,), "number": (int, float), "boolean": (bool,), "array": (list,), "object": (dict,),
    "null": (type(None),),
}  # fmt: skip
