"""Hypothesis strategies for the words of nexdiag: all of them, in this one file.

What they make is what the words can hold in their one form (a reply without text has `content` None, extra fields say
something), so that a property may ask for equality. Hostile shapes are written out in the tests that need them.
"""

import json
from itertools import pairwise
from string import ascii_letters, digits
from typing import Any

from hypothesis import strategies as st
from msgspec import structs

from nexdiag.codec import jsontext, sse
from nexdiag.codec.anthropic.message import assistant_message as anthropic_message
from nexdiag.codec.chat import ToolSpec
from nexdiag.codec.responses.item import assistant_message as responses_message
from nexdiag.core.message import Message, Reply, ToolCall, Usage

_remarkable = st.sampled_from(
    ["Hé, wörld ☃ 😀", "two\nlines", "  spaces  ", "\0\x1b[31m", "\u2028 \u2029 \x85", "[DONE]"]
)
texts = st.text() | _remarkable
some_text = st.text(min_size=1) | _remarkable
one_line = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"))
names = st.text(ascii_letters + digits + "_-", min_size=1, max_size=16)
_leaves = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts
)


def _around(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return _leaves | st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)


json_values = _around(_around(_around(_leaves)))
"""Up to three levels: `st.recursive` counts its leaves as it draws, and takes twice the time."""
arguments = st.dictionaries(names, json_values, max_size=3).map(json.dumps) | st.sampled_from(
    ["", "{", "{}", "not JSON"]
)
"""Of a tool call: most often JSON, as models send it."""

extras = st.dictionaries(
    st.sampled_from(["name", "refusal", "reasoning_details", "x_vendor", "prefix"]),
    json_values.filter(bool),
    max_size=2,
)
"""Fields of a message that are not ours."""

usages = st.builds(
    Usage,
    input_tokens=st.integers(0, 10**9),
    output_tokens=st.integers(0, 10**9),
    cached_tokens=st.integers(0, 10**9),
    reasoning_tokens=st.integers(0, 10**9),
)
tool_specs = st.builds(
    ToolSpec,
    name=names,
    description=texts,
    parameters=st.dictionaries(names, json_values, max_size=3),
)
events = st.builds(
    sse.Event,
    data=texts.map(lambda text: text.replace("\r", "")),
    event=one_line.filter(bool),
    id=st.none() | one_line,
    retry=st.none() | st.integers(0, 10**17),
)


# What a composite draws from is made once, above it: to make it anew at each draw took a tenth of the time.
_call_ids = [st.lists(names, min_size=least, max_size=4, unique=True) for least in (0, 1)]
_of_five = st.integers(0, 4)
_perhaps_text = st.none() | some_text
_prompts = st.lists(st.builds(Message, role=st.sampled_from(["system", "developer"]), content=texts), max_size=1)
_turns = st.integers(1, 3)
_truth = st.booleans()


@st.composite
def tool_calls(draw: st.DrawFn, least: int = 0) -> tuple[ToolCall, ...]:
    """Up to four calls; those that have an id have one of their own."""
    ids = draw(_call_ids[least])
    if draw(_of_five) == 0:
        ids = [""] * len(ids)
    return tuple(ToolCall(id=call_id, name=draw(names), arguments=draw(arguments)) for call_id in ids)


_calls = [tool_calls(least=least) for least in (0, 1)]


@st.composite
def assistant_messages(draw: st.DrawFn) -> Message:
    """Draw a model's message: text, calls or both."""
    content = draw(_perhaps_text)
    return Message(
        role="assistant",
        content=content,
        tool_calls=draw(_calls[content is None]),
        reasoning=draw(_perhaps_text),
        extra=draw(extras),
    )


_answers = assistant_messages()
content_parts: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.fixed_dictionaries({"type": st.just("text"), "text": texts})
    | st.fixed_dictionaries({"type": st.just("image_url"), "image_url": st.fixed_dictionaries({"url": texts})}),
    min_size=1,
    max_size=3,
)
_contents = texts | content_parts


@st.composite
def conversations(draw: st.DrawFn) -> tuple[Message, ...]:
    """Draw a conversation as an agent has it: perhaps a system message, then turns with tool results."""
    messages = draw(_prompts)
    for _ in range(draw(_turns)):
        messages.append(Message(role="user", content=draw(_contents), extra=draw(extras)))
        answer = draw(_answers)
        messages.append(answer)
        messages += [
            Message(role="tool", content=draw(texts), tool_call_id=call.id, is_error=draw(_truth))
            for call in answer.tool_calls
        ]
    return tuple(messages)


_of_four = st.integers(0, 3)
_reasons = st.none() | st.sampled_from(["stop", "tool_calls", "length", "content_filter"])


@st.composite
def replies(draw: st.DrawFn, *, whole: bool = False) -> Reply:
    """Draw a reply; broken off in one case of four, unless only whole ones are wanted."""
    complete = whole or draw(_of_four) > 0
    return Reply(
        message=draw(_answers),
        finish_reason=draw(_reasons) if complete else None,
        usage=draw(usages),
        response_id=draw(_perhaps_text),
        model=draw(_perhaps_text),
        complete=complete,
    )


@st.composite
def pieces(draw: st.DrawFn, stream: bytes, most: int = 8) -> list[bytes]:
    """Cut the stream anywhere, in up to so many pieces; some may be empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=most - 1)))
    return [stream[start:end] for start, end in pairwise([0, *cuts, len(stream)])]


# ---- what the wires of OpenAI Responses and Anthropic Messages have in common

spoken = texts.filter(lambda text: bool(text.strip()))
"""Text that a strict server takes: not blank."""
json_objects = st.dictionaries(names, json_values, max_size=3)
compact_arguments = json_objects.map(lambda value: jsontext.write(value).decode())
"""Arguments as they come back from a wire that has an object in the place of their text."""
_images = texts.filter(bool).map(lambda url: {"type": "image_url", "image_url": {"url": url}})
spoken_parts = st.lists(spoken.map(lambda text: {"type": "text", "text": text}) | _images, min_size=2, max_size=3)
_spoken_prompts = st.lists(spoken, max_size=1)
_spoken_contents = spoken | spoken_parts
_perhaps_spoken = st.none() | spoken
_up_to_three_ids = [st.lists(names, min_size=least, max_size=3, unique=True) for least in (0, 1)]
_up_to_two_ids = [st.lists(names, min_size=least, max_size=2, unique=True) for least in (0, 1)]


@st.composite
def strict_conversations(draw: st.DrawFn, *, failures: bool) -> tuple[Message, ...]:
    """Draw a conversation in the one form that every wire gives back: roles alternate, and nothing is blank."""
    messages = [Message(role="system", content=text) for text in draw(_spoken_prompts)]
    for _ in range(draw(_turns)):
        messages.append(Message(role="user", content=draw(_spoken_contents)))
        content = draw(_perhaps_spoken)
        ids = draw(_up_to_three_ids[content is None])
        calls = tuple(ToolCall(id=one, name=draw(names), arguments=draw(compact_arguments)) for one in ids)
        messages.append(Message(role="assistant", content=content, tool_calls=calls))
        messages += [
            Message(role="tool", content=draw(spoken), tool_call_id=one, is_error=failures and draw(_truth))
            for one in ids
        ]
    return tuple(messages)


_signed = st.fixed_dictionaries({"type": st.just("thinking"), "thinking": texts, "signature": texts})
_sealed = st.fixed_dictionaries({"type": st.just("redacted_thinking"), "data": texts})
_said = st.fixed_dictionaries({"type": st.just("text"), "text": spoken})
_served = st.fixed_dictionaries({"type": st.just("server_tool_use"), "id": names, "name": names, "input": json_objects})
_blocks = st.lists(_signed | _sealed | _said | _served, max_size=3)
_replies = [replies(), replies(whole=True)]


@st.composite
def anthropic_replies(draw: st.DrawFn, *, whole: bool = False) -> Reply:
    """Draw a reply of Anthropic's wire, from the blocks that it would send."""
    blocks = draw(_blocks)
    for call_id in draw(_up_to_two_ids[not blocks]):
        blocks.append({"type": "tool_use", "id": call_id, "name": draw(names), "input": draw(json_objects)})
    reply = draw(_replies[whole])
    message = anthropic_message(blocks)
    usage = structs.replace(reply.usage, cached_tokens=min(reply.usage.cached_tokens, reply.usage.input_tokens))
    return structs.replace(
        reply,
        message=message if reply.complete else structs.replace(message, extra={}),
        finish_reason=(reply.finish_reason or "stop") if reply.complete else None,
        usage=structs.replace(usage, reasoning_tokens=0, **({} if reply.complete else {"output_tokens": 0})),
    )


_part = st.fixed_dictionaries({"type": st.just("output_text"), "text": some_text, "annotations": st.just([])})
_message = st.fixed_dictionaries({
    "type": st.just("message"), "id": names, "role": st.just("assistant"),
    "content": st.lists(_part, min_size=1, max_size=2),
})  # fmt: skip
_summary = st.lists(st.fixed_dictionaries({"type": st.just("summary_text"), "text": some_text}), max_size=2)
_thought = st.fixed_dictionaries({
    "type": st.just("reasoning"), "id": names, "summary": _summary,
    "encrypted_content": some_text, "content": st.just([]),
})  # fmt: skip
_searched = st.fixed_dictionaries({"type": st.just("web_search_call"), "id": names, "status": st.just("completed")})
_items = st.lists(_message | _thought | _searched, max_size=3)
_some_arguments = arguments.filter(bool)
_cuts_short = ["length", "content_filter"]
_ends = {end: st.sampled_from([end, *_cuts_short]) for end in ("tool_calls", "stop")}


@st.composite
def responses_replies(draw: st.DrawFn, *, whole: bool = False) -> Reply:
    """Draw a reply of the Responses wire, from the items that it would send."""
    items = draw(_items)
    for call_id in draw(_up_to_two_ids[not items]):
        call = {"type": "function_call", "id": draw(names), "call_id": call_id, "name": draw(names)}
        items.append(call | {"arguments": draw(_some_arguments)})
    reply = draw(_replies[whole])
    message = responses_message(items)
    reason = draw(_ends["tool_calls" if message.tool_calls else "stop"])
    return structs.replace(
        reply,
        message=message if reply.complete else structs.replace(message, extra={}),
        finish_reason=reason if reply.complete else None,
        usage=reply.usage if reply.complete else Usage(),
    )
