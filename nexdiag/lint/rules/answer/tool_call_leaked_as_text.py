r"""A tool call stands in the text of an answer.

## What it does

Finds the markup of a tool call in the content: `<tool_call>`, `<function=`, `<|python_tag|>`, `[TOOL_CALLS]`,
DeepSeek's and Kimi's signs, or a content that is the JSON of a call and nothing else. It looks only where the
request has tools, or is not known. What stands in a code block, in backticks or in quotes is talked about, and no
call.

## Why it is bad

The server did not understand what the model wrote, so no tool is called: the client shows the markup to the user
and ends the turn. Mostly the tool-call parser of the server does not fit the model, or none is switched on.

## Example

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>"}, "finish_reason": "stop"}]}}
```

## Instead

```json
{"status": 200,
 "response": {"choices": [{"index": 0, "message": {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}, "finish_reason": "tool_calls"}]}}
```

## Who refuses it
"""  # noqa: E501 - a JSON text has no line breaks

import re
from collections.abc import Iterator
from typing import Any

from nexdiag.codec import jsontext
from nexdiag.core.finding import Severity
from nexdiag.lint.answering import served, told
from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case

_MARK = re.compile(
    r"<(?:\w{1,32}:)?tool_calls?>\s*(?:[\[{<]|[\w.-]+\s*</?(?:arg_key|tool_call)>)|<tool_call\s+name=|<function=[\w.:-]+>|<function\s+name=[\"'][\w.:-]+[\"']>|<invoke\s+name=|"
    r"<function_calls?>\s*[\[{<]|<\|python_tag\|>|\[TOOL_CALLS\]\s*[\[{\w]|[<‹]/?\s?[|｜‖]{1,2}DSML[|｜‖]{1,2}|<｜tool▁calls?▁begin｜>|"
    r"<\|tool_calls?(?:_section)?_(?:begin|start)\|>|<\|tool_calls?\|>\s*[\[{]|<\|channel\|>commentary to=functions\."
)
_CODE = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)|``.+?``|`[^`\n]+`", re.DOTALL | re.MULTILINE)
_PYTHONIC = re.compile(r"\[\s*([\w.-]{1,128})\(.*\)\s*\]", re.DOTALL)
"""Llama 4 writes its calls so: `[f(a=1)]`."""
_QUOTES = "\"'“‘«("
_ARGUMENTS = ("arguments", "parameters", "args", "input")
_LONGEST = 1_000_000


def _check(case: Case) -> Iterator[Fault]:
    known = told(case)
    if known is None or known.error or not served(case):
        return
    text, where = known.text, "content"
    if not text and not known.calls:
        text, where = known.reasoning, "reasoning"
    if not text or all(mark not in text for mark in "<[{‹"):
        return
    found = _leaked(text[:_LONGEST], case)
    if found and _sent_tools(case):
        yield Fault(
            summary=f"a tool call stands as text in the {where}" + ("" if known.calls else ", and no tool is called"),
            fix="start the server with the tool-call parser that fits this model (its model card names it)",
            evidence=(f"the {where} holds {quote(found)}",),
            weight=Severity.WARNING if known.calls or where == "reasoning" else Severity.ERROR,
        )


def _leaked(text: str, case: Case) -> str:
    """The markup, with what follows it; empty if there is none that is meant."""
    bare = text.strip()
    if bare[:1] in ("{", "[") and _is_call(bare, case):
        return bare
    pythonic = _PYTHONIC.fullmatch(bare) if bare[:1] == "[" else None
    if pythonic is not None and pythonic[1] in _names(case):
        return bare
    found = _MARK.search(text)
    if found is None:
        return ""
    plain = _CODE.sub(" ", text) if "`" in text or "~~~" in text else text
    for found in _MARK.finditer(plain):
        before = plain[: found.start()].rstrip(" ")[-1:]
        if not before or before not in _QUOTES:
            return plain[found.start() :]
    return ""


def _is_call(text: str, case: Case) -> bool:
    """Whether a text is the JSON of a call, or of several, and nothing else."""
    if "name" not in text or text[-1] not in "}]":
        return False
    try:
        value = jsontext.read(text)
    except ValueError:
        return False
    names = _names(case)
    calls = value if isinstance(value, list) else [value]
    return bool(calls) and all(_named(call) and (not names or _named(call) in names) for call in calls)


def _named(value: object) -> str:
    """The tool that such an object calls; empty if it is none of a call."""
    if not isinstance(value, dict):
        return ""
    inner = value.get("function")
    inner = inner if isinstance(inner, dict) else value
    name = inner.get("name")
    given = any(isinstance(inner.get(key), dict | str) for key in _ARGUMENTS)
    return name if isinstance(name, str) and given else ""


def _names(case: Case) -> set[str]:
    return {name for tool in _tools(case) if isinstance(name := _name(tool), str)}


def _name(tool: object) -> Any:  # noqa: ANN401 - JSON is anything
    function = tool.get("function") if isinstance(tool, dict) else None
    holder = function if isinstance(function, dict) else tool
    return holder.get("name") if isinstance(holder, dict) else None


def _tools(case: Case) -> list[object]:
    tools = case.view.fields.get("tools") or case.view.fields.get("functions")
    return tools if isinstance(tools, list) else []


def _sent_tools(case: Case) -> bool:
    return not case.view.asked or bool(_tools(case))


RULE = Rule(
    name="tool-call-leaked-as-text",
    code="NX932",
    family="answer",
    page=__doc__ or "",
    check=_check,
    suspects=patterns(r"tool[ _]?calls? .{0,40}\b(?:in|as) (?:the |plain |raw )?(?:content|text)\b"),
)
