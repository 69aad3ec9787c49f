"""Hypothesis strategy for whole requests of chat completions: conversations as agents have them, and what goes wrong.

Most begin well-formed (questions, calls, answers in order) and then lose, double, swap or bend a message or two; some
are messages thrown together. What a schema alone refuses (numbers where texts belong) is written out in other tests.
"""

import copy
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

Draw = Callable[..., Any]
Messages = list[dict[str, Any]]

_PIXEL = "data:image/png;base64,iVBORw0KGgo="
PARTS: tuple[dict[str, Any], ...] = (
    {"type": "text", "text": "Read it."},
    {"type": "text", "text": ""},
    {"type": "image_url", "image_url": {"url": _PIXEL}},
    {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
    {"type": "thinking", "thinking": "They want a list."},
    {"type": "refusal", "refusal": "No."},
)
"""Parts of a content, as one provider or another knows them."""
NAMES = ("ls", "read_file", "mcp-now", "", "time/now", "größe", "x" * 64, "x" * 65, "list files", "a.b")
SCHEMAS: tuple[Any, ...] = (
    {"type": "object", "properties": {}},
    {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
    {},
    None,
    {"type": "object"},
    {"type": "dict", "properties": {}},
    {"type": "object", "properties": []},
    {"type": "object", "properties": {"path": {"type": "str"}}},
    {"type": "object", "properties": {"path": "string"}},
    {"type": "object", "properties": {"path": {"type": ["string", "null"]}}, "required": "path"},
    {"type": "object", "properties": {"n": {"type": "integer", "minimum": "1"}}},
    {"type": "object", "properties": {"p": {"type": "string", "pattern": "["}}},
    {"type": "object", "properties": {"p": {"type": "string", "minLength": -1}}},
    {"type": "object", "properties": {"p": {"anyOf": []}}},
    {"type": "object", "properties": {"p": {"type": []}}, "title": 3},
    {"type": "object", "properties": {"p": {"enum": "a"}}, "additionalProperties": "no"},
    {"type": "array", "items": {"type": "object", "properties": {"q": {"type": "string", "description": None}}}},
    {"type": "object", "properties": {"p": {"type": "string"}}, "required": ["p", "p"]},
    {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "$defs": {"x": {"type": "string"}}},
    {"type": "object", "properties": {"p": {"type": "array", "items": []}}},
    {"type": "object", "properties": {"p": {"type": "number", "exclusiveMinimum": True}}},
    [],
)
_USUAL = 2
"""How many of NAMES and SCHEMAS at the beginning are right everywhere."""
_often = st.sampled_from((True,) * 7 + (False,))


@st.composite
def requests(draw: Draw) -> dict[str, Any]:
    """A request body."""
    messages = draw(_well_formed()) if draw(_often) else draw(st.lists(_any_message(), max_size=5))
    for _ in range(draw(st.sampled_from((0, 1, 1, 1, 2, 2, 3)))):
        if messages:
            draw(st.sampled_from(CHANGES))(draw, messages)
    request: dict[str, Any] = {"model": "m", "messages": messages}
    if not draw(_often):
        request["tools"] = draw(st.lists(_tool(), max_size=3))
    if not draw(_often) and not draw(_often):
        request["reasoning_effort"] = draw(st.sampled_from(("high", None)))
    return request


def call_id(number: int) -> str:
    """An id that all servers take: nine letters and digits."""
    return f"call{number:05}"


def _call(number: int, name: str = "ls") -> dict[str, Any]:
    return {"id": call_id(number), "type": "function", "function": {"name": name, "arguments": "{}"}}


@st.composite
def _well_formed(draw: Draw) -> Messages:
    messages: Messages = [{"role": "system", "content": "Help."} for _ in range(draw(st.sampled_from((0, 1, 1, 2))))]
    number = 0
    for turn in range(draw(st.integers(1, 3))):
        messages.append({"role": "user", "content": f"Question {turn}"})
        for _ in range(draw(st.sampled_from((0, 0, 1, 1, 2)))):
            calls = [_call(number + place) for place in range(draw(st.sampled_from((1, 1, 2, 3))))]
            number += len(calls)
            messages.append({"role": "assistant", "content": draw(st.sampled_from((None, ""))), "tool_calls": calls})
            answers = [{"role": "tool", "tool_call_id": call["id"], "content": "a.txt"} for call in calls]
            messages += draw(st.permutations(answers)) if len(answers) > 1 else answers
        if draw(st.booleans()):
            messages.append({"role": "assistant", "content": f"Answer {turn}"})
    if messages[-1]["role"] == "assistant" and draw(_often):
        messages.append({"role": "user", "content": "And?"})
    return messages


@st.composite
def _any_message(draw: Draw) -> dict[str, Any]:
    role = draw(st.sampled_from(("system", "user", "assistant", "tool", "developer")))
    message: dict[str, Any] = {"role": role, "content": draw(_contents())}
    if role == "assistant" and draw(st.booleans()):
        message["tool_calls"] = [_call(number) for number in draw(st.lists(st.integers(0, 2), max_size=2))]
    if role == "tool":
        message["tool_call_id"] = call_id(draw(st.integers(0, 2)))
    return message


@st.composite
def _tool(draw: Draw) -> dict[str, Any]:
    odd = draw(st.sampled_from(("", "", "name", "schema")))
    name = draw(st.sampled_from(NAMES if odd == "name" else NAMES[:_USUAL]))
    schema = draw(st.sampled_from(SCHEMAS if odd == "schema" else SCHEMAS[:_USUAL]))
    function = {"name": name, "description": "A tool.", "parameters": schema}
    if schema is None and draw(st.booleans()):
        del function["parameters"]
    return {"type": "function", "function": function}


@st.composite
def _contents(draw: Draw) -> Any:  # noqa: ANN401 - JSON is anything
    text = draw(st.sampled_from(("A text.", "A text.", "", "  ", None, ...)))
    return copy.deepcopy(draw(st.lists(st.sampled_from(PARTS), max_size=2))) if text is ... else text


def _some(draw: Draw, messages: Messages, role: str = "") -> dict[str, Any] | None:
    """One of the messages, of that role if there is any."""
    fitting = [message for message in messages if message["role"] == role or not role]
    return draw(st.sampled_from(fitting)) if fitting else None


def _place(draw: Draw, messages: Messages) -> int:
    return int(draw(st.integers(0, len(messages) - 1)))


def _lose(draw: Draw, messages: Messages) -> None:
    del messages[_place(draw, messages)]


def _double(draw: Draw, messages: Messages) -> None:
    message = messages[_place(draw, messages)]
    messages.insert(draw(st.integers(0, len(messages))), copy.deepcopy(message))


def _swap(draw: Draw, messages: Messages) -> None:
    one, other = _place(draw, messages), _place(draw, messages)
    messages[one], messages[other] = messages[other], messages[one]


def _intrude(draw: Draw, messages: Messages) -> None:
    """Another message comes between: a warning, a second prompt, an answer that nobody asked for."""
    messages.insert(draw(st.integers(0, len(messages))), draw(_any_message()))


def _say(draw: Draw, messages: Messages) -> None:
    messages[_place(draw, messages)]["content"] = draw(_contents())


def _say_nothing(draw: Draw, messages: Messages) -> None:
    messages[_place(draw, messages)].pop("content", None)


def _say_and_call(draw: Draw, messages: Messages) -> None:
    message = _some(draw, messages, "assistant")
    if message is not None:
        message["content"] = draw(st.sampled_from(("I will look.", " ", [dict(PARTS[0])])))


def _call_nothing(draw: Draw, messages: Messages) -> None:
    message = _some(draw, messages, "assistant")
    if message is not None:
        message["tool_calls"] = draw(st.sampled_from(([], None)))


def _begin(draw: Draw, messages: Messages) -> None:
    """The assistant's message is the beginning of an answer."""
    last = messages[-1] if draw(st.booleans()) else _some(draw, messages, "assistant")
    if last is not None and last["role"] == "assistant":
        last["prefix"] = True


def _think(draw: Draw, messages: Messages) -> None:
    message = _some(draw, messages, "assistant")
    if message is not None:
        message[draw(st.sampled_from(("reasoning_content", "reasoning")))] = "They want a list."


def _rename(draw: Draw, messages: Messages) -> None:
    """A call, or the answer to one, has an odd name of a tool."""
    message = _some(draw, messages, draw(st.sampled_from(("assistant", "assistant", "tool"))))
    if message is None:
        return
    name = draw(st.sampled_from(NAMES))
    if message["role"] == "tool":
        message["name"] = name
    for entry in message.get("tool_calls") or ():
        entry["function"]["name"] = name


def _renumber(draw: Draw, messages: Messages) -> None:
    """Ids of another form: everywhere, as a client makes them, or in one place."""
    form = draw(st.sampled_from(("call_{}", "null", "", "{}x", "{:.8}", "toolu_01{}AbCdEfGh", "functions.ls:{:.1}")))
    everywhere = draw(st.booleans())
    once = draw(st.sampled_from(messages))
    for message in messages if everywhere else [once]:
        if message["role"] == "tool":
            message["tool_call_id"] = form.format(str(message.get("tool_call_id")))
        for entry in message.get("tool_calls") or ():
            entry["id"] = form.format(str(entry.get("id")))


def _exchange_ids(draw: Draw, messages: Messages) -> None:
    """One id takes the place of another: of a call, or of an answer."""
    message = _some(draw, messages, draw(st.sampled_from(("assistant", "tool"))))
    if message is None:
        return
    number = call_id(draw(st.integers(0, 4)))
    if message["role"] == "tool":
        message["tool_call_id"] = number
    for entry in (message.get("tool_calls") or [])[-1:]:
        entry["id"] = number


def _forget_id(draw: Draw, messages: Messages) -> None:
    message = _some(draw, messages, draw(st.sampled_from(("assistant", "tool"))))
    if message is None:
        return
    message.pop("tool_call_id", None)
    for entry in (message.get("tool_calls") or [])[:1]:
        entry.pop("id", None)


def _cut(draw: Draw, messages: Messages) -> None:
    """A window slides over the history, or the run stops half way."""
    if draw(st.booleans()):
        del messages[: draw(st.integers(1, len(messages)))]
    else:
        del messages[draw(st.integers(0, len(messages))) :]


CHANGES: tuple[Callable[[Draw, Messages], None], ...] = (
    _lose,
    _double,
    _swap,
    _intrude,
    _intrude,
    _say,
    _say_nothing,
    _say_and_call,
    _call_nothing,
    _begin,
    _think,
    _rename,
    _renumber,
    _exchange_ids,
    _forget_id,
    _cut,
)
"""What goes wrong with a conversation."""
