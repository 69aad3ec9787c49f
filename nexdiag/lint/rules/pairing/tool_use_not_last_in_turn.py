"""Text stands behind a tool call in the same assistant message.

## What it does

Finds an assistant message in the Messages dialect (a list of blocks) in which a text block comes after a `tool_use`
block. Text before the call is usual, and right; tools that the server runs by itself (`server_tool_use`) may stand
anywhere.

## Why it is bad

A turn that calls ends with its calls: their results have to come next. With text behind them, Anthropic's service may
say that the call has no result immediately after it, although the next message holds it. It happens when a client
puts a message together from parts, and the text last.

## Example

```json
{"server": "Anthropic", "request": {"model": "m", "max_tokens": 99, "messages": [
  {"role": "user", "content": "List the files."},
  {"role": "assistant", "content": [
    {"type": "tool_use", "id": "toolu_1", "name": "ls", "input": {}},
    {"type": "text", "text": "I will look."}]},
  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "a.txt"}]}]}}
```

## Instead

```json
{"server": "Anthropic", "request": {"model": "m", "max_tokens": 99, "messages": [
  {"role": "user", "content": "List the files."},
  {"role": "assistant", "content": [
    {"type": "text", "text": "I will look."},
    {"type": "tool_use", "id": "toolu_1", "name": "ls", "input": {}}]},
  {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "a.txt"}]}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.rules.pairing.unanswered_tool_call import RULE as UNANSWERED
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import PARTS


def _arriving(case: Case) -> Iterator[Fault]:
    history, now = case.history, case.history.now
    content = now.content
    if not isinstance(content, list) or now.role != "assistant":
        return
    kinds = [part.get("type") if isinstance(part, dict) else None for part in content]
    if "tool_use" not in kinds:
        return
    call = kinds.index("tool_use")
    text = next((place for place in range(call + 1, len(kinds)) if kinds[place] == "text"), None)
    if text is None:
        return
    at = history.at
    ids = [one.id for one in now.calls if one.id is not None]
    yield Fault(
        summary=f"messages[{at}] has text behind its tool call",
        fix=f"put the text of messages[{at}] before its tool_use blocks",
        at=at,
        pointer=history.pointer(at, f"/content/{text}"),
        evidence=(now.shown(at), f"content[{text}], behind the call in content[{call}]: {_quoted(content[text])}"),
        facts={"index": str(at), "ids": ", ".join(ids), "next": str(at + 1)},
        about=(now.raw, b"text last"),
        ids=tuple(ids),
    )


def _quoted(part: dict[str, object]) -> str:
    text = part.get("text")
    return quote(text) if isinstance(text, str) else "no text"


RULE = Rule(
    name="tool-use-not-last-in-turn",
    code="NX204",
    family="pairing",
    page=__doc__ or "",
    arriving=_arriving,
    on=PARTS,
    wires=("chat", "anthropic"),
    words=UNANSWERED.suspects,
)
