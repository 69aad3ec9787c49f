"""Clean event streams → Told. All data lines are decoded as one JSON array, into shapes that let nothing odd through.

Law: a stream with anything odd in it is none of this module's: it answers None, and the slow way reads it.
"""

from typing import Any

import msgspec

from nexdiag.lint.seen.body import end_response, read_block, read_output
from nexdiag.lint.seen.told import CallTold, Told, finish_of, usage_of


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: str | None = None


class _Call(msgspec.Struct):
    index: int
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    tool_calls: list[_Call] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: None = None
    function_call: None = None


class _Choice(msgspec.Struct):
    delta: _Delta
    index: int = 0
    finish_reason: str | None = None
    usage: None = None
    error: None = None


class _Chunk(msgspec.Struct):
    choices: list[_Choice]
    usage: dict[str, Any] | None = None
    error: None = None
    x_groq: None = None
    prompt_filter_results: Any = None
    model: str | None = None
    system_fingerprint: Any = None


class _Piece(msgspec.Struct, gc=False):
    type: str = ""
    text: str = ""
    thinking: str = ""
    partial_json: str = ""
    stop_reason: str | None = None


class _Event(msgspec.Struct):
    """An event of the Messages wire."""

    type: str
    index: int = -1
    delta: _Piece | None = None
    content_block: dict[str, Any] | None = None
    message: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None
    error: None = None


class _Grown(msgspec.Struct):
    """An event of the Responses wire."""

    type: str
    delta: str | None = None
    item: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    error: None = None


_chunks = msgspec.json.Decoder(list[_Chunk]).decode
_events = msgspec.json.Decoder(list[_Event]).decode
_growth = msgspec.json.Decoder(list[_Grown]).decode
_UNCLEAN = (b"event: error", b"event:error", b"\nerror:")
_ELSEWHERE = frozenset({"input_tokens", "input_tokens_details", "cache_read_input_tokens"})
"""Counts under names that are none of chat completions."""
_ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")


def read_clean(text: bytes) -> Told | None:
    """What a clean stream told; None for any other."""
    lines = text.splitlines()
    pieces = [line[5:] for line in lines if line[:5] == b"data:"]
    if not pieces or not lines[0][:1].isascii():
        return None
    done = pieces[-1].strip() == b"[DONE]"
    if done:
        pieces.pop()
    if not pieces or any(sign in text for sign in _UNCLEAN):
        return None
    first = pieces[0]
    told = Told(streamed=True, done=done, chunks=len(pieces), comments=text[:1] == b":" or b"\n:" in text)
    try:
        array = b"[" + b",".join(pieces) + b"]"
        if b'"choices"' in first:
            return _of_chunks(_chunks(array), told)
        if b'"message_start"' in first:
            return _of_events(_events(array), told)
        return _of_growth(_growth(array), told) if b'"response.' in first else None
    except (ValueError, RecursionError):
        return None


def _of_chunks(chunks: list[_Chunk], told: Told) -> Told | None:
    if len(chunks) != told.chunks:
        return None
    texts: list[str] = []
    thoughts: list[str] = []
    calls: dict[int, tuple[CallTold, list[str]]] = {}
    usage = finish = None
    for chunk in chunks:
        if chunk.usage is not None:
            usage = chunk.usage
        for choice in chunk.choices:
            if choice.index:
                continue
            delta = choice.delta
            if delta.content:
                texts.append(delta.content)
            elif delta.reasoning_content:
                thoughts.append(delta.reasoning_content)
            elif delta.reasoning:
                thoughts.append(delta.reasoning)
            if delta.tool_calls and not _grow(delta.tool_calls, calls):
                return None
            finish = choice.finish_reason or finish
    told.shape = "chat"
    told.text, told.reasoning = "".join(texts), "".join(thoughts)
    told.calls = tuple(_whole(call, pieces) for call, pieces in calls.values())
    told.usage, told.finish = usage_of(usage), finish_of(finish)
    told.filtered = not chunks[0].choices and chunks[0].prompt_filter_results is not None
    told.plain = usage is None or _ELSEWHERE.isdisjoint(usage)
    told.model = next((chunk.model for chunk in chunks if chunk.model), "")
    fingerprint = chunks[0].system_fingerprint
    told.fingerprint = fingerprint if isinstance(fingerprint, str) else ""
    return None if finish == "error" else told


def _grow(deltas: list[_Call], calls: dict[int, tuple[CallTold, list[str]]]) -> bool:
    """Take the pieces of calls; whether none contradicts those before it."""
    for one in deltas:
        function = one.function
        known = calls.get(one.index)
        if known is None:
            if not one.id or function is None or not function.name:
                return False
            call = CallTold(index=one.index, id=one.id, name=function.name)
            calls[one.index] = (call, [function.arguments or ""])
            continue
        if one.id and one.id != known[0].id:
            return False
        if function is not None and function.name and (function.arguments or "").startswith("{") and any(known[1]):
            return False  # it may be a call of its own
        known[1].append(function.arguments or "" if function is not None else "")
    return True


def _whole(call: CallTold, pieces: list[str]) -> CallTold:
    call.arguments, call.pieces = "".join(pieces), len(pieces)
    return call


def _of_events(events: list[_Event], told: Told) -> Told | None:
    if len(events) != told.chunks:
        return None
    told.shape = "anthropic"
    blocks: dict[int, tuple[dict[str, Any], list[str]]] = {}
    counts: dict[str, Any] = {}
    for one in events:
        kind = one.type
        if kind == "content_block_delta" and one.delta is not None:
            if one.index < 0 or one.index not in blocks:
                return None
            delta = one.delta
            blocks[one.index][1].append(delta.text or delta.partial_json or delta.thinking)
        elif kind == "content_block_start" and one.content_block is not None and one.index not in blocks:
            blocks[one.index] = (one.content_block, [])
        elif kind in ("message_start", "message_delta"):
            usage = one.usage or (one.message or {}).get("usage")
            counts.update({key: value for key, value in usage.items() if value} if isinstance(usage, dict) else {})
            reason = None if one.delta is None else one.delta.stop_reason
            told.finish = finish_of(reason) or told.finish
        elif kind == "message_stop":
            told.done = True
        elif kind in ("content_block_start", "content_block_delta", "error", ""):
            return None
    _blocks(list(blocks.values()), told)
    told.usage = usage_of(counts) if counts else None
    return told


def _blocks(blocks: list[tuple[dict[str, Any], list[str]]], told: Told) -> None:
    texts: list[str] = []
    calls: list[CallTold] = []
    for block, pieces in blocks:
        kind, grown = block.get("type"), "".join(pieces)
        if kind == "text":
            texts.append(_begun(block, "text") + grown)
        elif kind == "thinking":
            told.reasoning += _begun(block, "thinking") + grown
        elif kind == "tool_use":
            call = read_block(block, len(calls), told)
            call.pieces = 1 + len(pieces)
            call.arguments = grown or call.arguments
            calls.append(call)
    told.text, told.calls = "\n".join(texts), tuple(calls)


def _begun(block: dict[str, Any], name: str) -> str:
    text = block.get(name)
    return text if isinstance(text, str) else ""


def _of_growth(events: list[_Grown], told: Told) -> Told | None:
    if len(events) != told.chunks:
        return None
    told.shape = "responses"
    texts: list[str] = []
    items: list[dict[str, Any]] = []
    last: dict[str, Any] | None = None
    for one in events:
        kind = one.type
        if kind == "response.output_text.delta":
            texts.append(one.delta or "")
        elif kind == "response.output_item.done" and one.item is not None:
            items.append(one.item)
        elif kind in _ENDS:
            last, told.done = one.response or {}, True
            last.setdefault("status", kind.removeprefix("response."))
        elif kind == "error" or not kind:
            return None
    output = (last or {}).get("output")
    read_output(output if isinstance(output, list) and len(output) >= len(items) else items, told)
    told.text = told.text or "".join(texts)
    if last is not None:
        end_response(last, told)
    return None if told.error else told
