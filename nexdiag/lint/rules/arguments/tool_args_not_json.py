r"""The arguments of a tool call are no JSON text.

## What it does

Finds a call (in `tool_calls`, or a `function_call` item) whose `arguments` cannot be read as JSON, and says where it
breaks. Arguments that are empty stand for none, and count only if the server complains of them. If the recording holds
the answer that made the call, and that answer was cut off, it says so.

## Why it is bad

Servers that put the arguments into a chat template read them first, and refuse the request (vLLM, SGLang with 400,
llama.cpp with 500), and every later one: the call stays in the history. Models write such texts when they forget to
escape a quote, and when an answer ends at its token limit in the middle of a call.

## Example

```json
{"server": "vLLM", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Greet."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "write", "arguments": "{\"text\": \"say \"hi\"\"}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "not run: the arguments are no JSON"}]}}
```

## Instead

```json
{"server": "vLLM", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Greet."},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "write", "arguments": "{\"text\": \"say hi\"}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "written"}]}}
```

## Who refuses it
"""

import json
import re
from collections.abc import Iterator

from nexdiag.codec import jsontext
from nexdiag.core.finding import Origin, Severity
from nexdiag.lint.quoting import quote, shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.history import text_place
from nexdiag.lint.seen.message import CALLS, CallSeen

_AROUND = 30
"""Characters on each side of the place at which a text breaks."""
_PLACE = re.compile(r"line \d+ column \d+ \(char \d+\)")


def _arriving(case: Case) -> Iterator[Fault]:
    now = case.history.now
    for call in now.calls:
        if not isinstance(call.arguments, str):
            continue
        try:
            jsontext.read(call.arguments)
        except ValueError as error:
            place = text_place(now, call)
            if place is not None:
                yield _fault(case, call, place, error)


def _fault(case: Case, call: CallSeen, pointer: str, error: ValueError) -> Fault:
    history, at, text = case.history, case.history.at, str(call.arguments)
    reason = str(error)
    origin = case.past.made(history.now)
    cut = "" if origin is None or not _cut(origin) else f"; {origin} wrote it, which was cut at max_tokens"
    place = _PLACE.search(reason)
    empty = not text.strip()
    called = shorten(call.name or "a tool", 60)
    return Fault(
        summary=f"messages[{at}] calls {called} with arguments that are {'empty' if empty else 'no JSON'}: "
        f"{shorten(reason, 120)}{cut}",
        fix=_repair(at, empty=empty, cut=bool(cut)),
        at=at,
        pointer=history.pointer(at, pointer),
        evidence=(
            history.now.shown(at),
            f"{shorten(reason, 120)}{_context(text, error)}",
            *(
                (f"{origin} ended with finish_reason {quote(str(origin.finish_reason))}{cut}",)
                if origin and cut
                else ()
            ),
        ),
        facts={"index": str(at), "id": call.id or "", "name": call.name, "reason": reason},
        about=(history.now.raw, call.where.encode()),
        ids=(place[0],) if place else (),  # servers name the place, and no id
        needs_words=empty,  # many models call a tool without arguments so, and most servers read it as {}
    )


def _cut(origin: Origin) -> bool:
    return origin.kind == "answer" and (origin.full or origin.finish_reason in ("length", "max_tokens"))


def _repair(at: int, *, empty: bool, cut: bool) -> str:
    if empty:
        return f'send "{{}}" as the arguments of messages[{at}]'
    mend = f"put what was meant into messages[{at}] as JSON, or {{}}, and an error as the answer to the call"
    return f"{mend}; raise max_tokens, and do not run or keep calls of an answer that was cut" if cut else mend


def _context(text: str, error: ValueError) -> str:
    """The text around the place at which it breaks."""
    if not isinstance(error, json.JSONDecodeError):
        return f": {quote(text)}"
    first = max(0, error.pos - _AROUND)
    return f", at {quote(text[first : error.pos])} + {quote(text[error.pos : error.pos + _AROUND])}"


RULE = Rule(
    name="tool-args-not-json",
    code="NX451",
    family="arguments",
    page=__doc__ or "",
    arriving=_arriving,
    on=CALLS,
    wires=("chat", "responses"),
    suspects=patterns(  # said of a request body that is no JSON as well
        r"tool.?call.{0,30}\barguments\b.{0,20} as json",
        r"arguments['\"`\]\\]{0,4}.{0,60} must be (?:a |in )?(?:valid )?json\b(?! object)",
        r"invalid (?:tool|function)(?:.?call)?(?:'s)? arguments",
        r"(?:tool|function).{0,60}\barguments\b.{0,60}(?:not valid|invalid|malformed|broken|parse).{0,20}json",
        r"\barguments (?:to|of|for) (?:a |the )?(?:tool|function).{0,150} not (?:a )?valid json",
        r"(?:invalid|malformed) json .{0,40}\b(?:tool|function).{0,40}\barguments",
        r"expecting (?:',' delimiter|':' delimiter|property name enclosed)",
        r"unterminated string starting at",
        r"invalid \\{1,2}escape",
        r"extra data: line 1 column",
    ),
    words=patterns(
        r"expecting value: line",
        r"extra data: line",
        r"invalid (?:\\u\w* ?escape|control character)",
        r"expecting\b.{0,40}(?:delimiter|property name)",
        r"json\.exception\.parse_error",
        r"unexpected end of (?:json|data|input)",
        r"invalid character .{1,12} (?:after|looking for|in string|in literal)",
        r"eof while parsing|(?:trailing characters|expected .{1,20}) at line \d+ column",
        r"jsondecodeerror",
        r"tool_?use.{0,20}\binput\b.{0,60}(?:dictionary|object|dict)",  # a gateway that hands on what it could not read
        r"function_?call\.args\b",
    ),
    elsewhere=Severity.INFO,  # it passes where nobody reads it; a template that does fails
)
