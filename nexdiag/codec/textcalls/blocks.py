"""One block of calls at one place of a text, by its grammar: the calls and where it ends, or nothing.

Law: a block is read whole or not at all, so that half a call is never run.
"""

import re
from collections.abc import Mapping
from typing import Any

from nexdiag.codec.textcalls.objects import arguments_of, calls_of
from nexdiag.codec.textcalls.scan import Text
from nexdiag.codec.textcalls.tags import FUNCTION, GLM_NAME, INVOKE, glm, tagged
from nexdiag.core.message import ToolCall

Schemas = Mapping[str, Mapping[str, Any]]
Block = tuple[list[ToolCall], int]
"""The calls, and the place behind the block."""

_CLOSER = re.compile(
    r"</(?:[\w-]{1,32}:)?tool_calls?>|<\|/tool_calls?\|>|<\|tool_call_end\|>|<\|/plugin\|>"
    r"|</(?:[\w-]{1,32}:)?function_calls>|<\|tool_calls_section_end\|>|<｜tool▁calls▁end｜>"
)
_LLAMA_END = re.compile(r"<\|(?:eom_id|eot_id)\|>")
_MISTRAL_NAME = re.compile(r"([\w.-]{1,128})(?:\[CALL_ID\][\w-]{1,64})?(?:\[ARGS\])?\s*(?=\{)")
_NAMED = {
    "<|tool_calls_section_begin|>": (
        re.compile(
            r"<\|tool_call_begin\|>\s{0,8}(?:functions\.)?([\w.-]{1,128}?)(?::\d{1,9})?\s{0,8}"
            r"<\|tool_call_argument_begin\|>"
        ),
        re.compile(r"<\|tool_call_end\|>"),
    ),
    "<｜tool▁calls▁begin｜>": (
        re.compile(
            r"<｜tool▁call▁begin｜>(?:function<｜tool▁sep｜>)?([\w.-]{1,128})(?:<｜tool▁sep｜>|\s{0,8}```(?:json)?)"
        ),
        re.compile(r"(?:```)?\s{0,8}<｜tool▁call▁end｜>"),
    ),
}
"""What stands before and behind the arguments, where each call of a section names its tool first."""


def block_at(text: Text, opener: "re.Match[str]", schemas: Schemas) -> Block | None:
    """Read the block that this opener begins."""
    tag = opener[0]
    if tag.startswith("<function=") or "invoke" in tag:
        grammar = FUNCTION if tag.startswith("<function=") else INVOKE
        return _closed(text, tagged(text, opener.start(), grammar, schemas), bare=True)
    if tag in ("[TOOL_CALLS]", "<|python_tag|>"):
        return _mistral(text, opener.end()) if tag == "[TOOL_CALLS]" else _llama(text, opener.end())
    if tag in _NAMED:
        return _closed(text, _named(text, opener.end(), *_NAMED[tag]))
    return _wrapped(text, text.skip(opener.end()), schemas)


def _wrapped(text: Text, start: int, schemas: Schemas) -> Block | None:
    """What stands inside `<tool_call>` and its kin."""
    if text.text[start : start + 1] in ("{", "["):
        return _closed(text, _objects(text, start))
    for grammar in (FUNCTION, INVOKE):
        if grammar.head.match(text.text, start):
            return _closed(text, tagged(text, start, grammar, schemas))
    if GLM_NAME.match(text.text, start):
        return _closed(text, glm(text, start, schemas))
    return None


def _closed(text: Text, block: Block | None, *, bare: bool = False) -> Block | None:
    """The block with its closing tag. The end of the text closes one too: what is read is whole by itself."""
    if block is None:
        return None
    calls, end = block
    behind = text.skip(end)
    closer = _CLOSER.match(text.text, behind)
    if closer is not None:  # Qwen Coder often forgets the opening tag, and closes it all the same
        return calls, closer.end()
    return block if bare or behind == len(text.text) else None


def _objects(text: Text, start: int, between: str = "") -> Block | None:
    """One or more JSON objects, or an array of them."""
    calls: list[ToolCall] = []
    end = start
    while (stop := text.json_end(start)) >= 0:
        read = calls_of(text.text[start:stop])
        if read is None:
            return None
        calls += read
        end, start = stop, text.skip(stop)
        if between and text.text.startswith(between, start):
            start = text.skip(start + len(between))
    return (calls, end) if calls else None


def _mistral(text: Text, start: int) -> Block | None:
    start = text.skip(start)
    name = _MISTRAL_NAME.match(text.text, start)
    if name is None:
        stop = text.json_end(start)
        calls = calls_of(text.text[start:stop]) if stop >= 0 and text.text[start] == "[" else None
        return None if calls is None else (calls, stop)
    stop = text.json_end(name.end())
    call = _call(name[1], text.text[name.end() : stop]) if stop >= 0 else None
    return None if call is None else ([call], stop)


def _llama(text: Text, start: int) -> Block | None:
    block = _objects(text, text.skip(start), between=";")
    if block is None:
        return None
    end = _LLAMA_END.match(text.text, text.skip(block[1]))
    return block if end is None else (block[0], end.end())


def _named(text: Text, start: int, head: "re.Pattern[str]", tail: "re.Pattern[str]") -> Block | None:
    """Calls whose name stands before the JSON of their arguments: Kimi and DeepSeek."""
    calls: list[ToolCall] = []
    start = text.skip(start)
    while (name := head.match(text.text, start)) is not None:
        begin = text.skip(name.end())
        stop = text.json_end(begin)
        end = tail.match(text.text, text.skip(stop)) if stop >= 0 else None
        call = _call(name[1], text.text[begin:stop]) if end is not None else None
        if end is None or call is None:
            return None
        calls.append(call)
        start = text.skip(end.end())
    return (calls, start) if calls else None


def _call(name: str, arguments: str) -> ToolCall | None:
    read = calls_of(f'{{"name":"x","arguments":{arguments}}}')
    return None if not read else ToolCall(id="", name=name, arguments=arguments_of(read[0].arguments) or "{}")
