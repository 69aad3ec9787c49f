"""The content of a message is a list, where the server wants a text.

## What it does

Finds a message of chat completions whose content is a list of parts, of a role of which the server wants a text. Most
servers take both: where nothing is known of the server, its own words tell.

## Why it is bad

DeepSeek wants the output of a tool as a text, Groq the system prompt, older local servers every message. Some chat
templates take the list and drop what is in it. It happens when a client keeps all content in parts, to mark where a
cache begins or to add an image later.

## Example

```json
{"request": {"model": "deepseek-reasoner", "messages": [
  {"role": "user", "content": "Run ls"},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "bash", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "file.txt"}]}]},
 "status": 400, "response": {"error": {"message": "messages[2]: invalid type: sequence, expected a string"}}}
```

## Instead

```json
{"request": {"model": "deepseek-reasoner", "messages": [
  {"role": "user", "content": "Run ls"},
  {"role": "assistant", "content": null, "tool_calls": [
    {"id": "call_1", "type": "function", "function": {"name": "bash", "arguments": "{}"}}]},
  {"role": "tool", "tool_call_id": "call_1", "content": "file.txt"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen import view
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import PARTS, TOOL, MessageSeen
from nexdiag.lint.seen.view import REFUSED_HERE


def _arriving(case: Case) -> Iterator[Fault]:
    if case.history.now.role in case.profile.limits.text_only:
        yield _fault(case, case.history.at, harmless=False)


def _ending(case: Case) -> Iterator[Fault]:
    """The list that a refusal is about: the one it names; else a tool's, of which texts are wanted most; else any."""
    said = case.view.said.words
    if not case.view.refused or not RULE.explains(said, case.view.status):
        return
    messages = case.history.messages
    lists = [at for at, one in enumerate(messages) if one.traits & PARTS and not _images(one)]
    if not lists and any(pattern.search(said) for pattern in RULE.telling):
        lists = [at for at, one in enumerate(messages) if one.traits & PARTS]
    known = case.profile.limits.text_only
    named = view.named_index(said)
    if not lists or any(messages[at].role in known for at in lists):
        return
    first = next((at for at in lists if messages[at].traits & TOOL), lists[0])
    yield _fault(case, named if named in lists and named is not None else first, harmless=True)


def _images(message: MessageSeen) -> bool:
    """Whether something else than text is in it, which cannot be sent as a text."""
    return any("text" not in part for part in message.parts)


def _fault(case: Case, at: int, *, harmless: bool) -> Fault:
    message = case.history.messages[at]
    parts = message.value["content"]
    return Fault(
        summary=f"the content of messages[{at}], of role {message.role}, is a list of {len(parts)} parts",
        fix=f"send the content of messages[{at}] as one text: the texts of its parts, joined",
        at=at,
        pointer=case.history.pointer(at, "/content"),
        evidence=(message.shown(at), f"content is a list of {len(parts)}"),
        facts={"index": str(at), "role": message.role or ""},
        about=(message.raw,),
        needs_words=harmless,
    )


RULE = Rule(
    name="content-array-unsupported",
    code="NX304",
    family="content",
    page=__doc__ or "",
    needs=frozenset({REFUSED_HERE}),
    arriving=_arriving,
    on=PARTS,
    ending=_ending,
    wires=("chat",),
    telling=patterns(
        r"expected str instance, list found",
        r"invalid type: sequence, expected (?:a )?string",
        r"cannot unmarshal array into go value of type string",
        r"cannot unmarshal array into go struct field \S{0,80}(?:content|messages of type string)",
        r"not ['\"`\\]{0,2}list['\"`\\]{0,2}\) to str",
        r"input_type=list\b",
        r"\bcontent', 'array' not in\b",
        r"\] is not of type 'string'",
        r"\bcontent\b.{0,20}\btype\b.{0,40}\bgot list\b",
        r"\bcontent as (?:a|an) (?:list|array) is only supported for",
        r"expects a single .?text.? element per message",
    ),
    suspects=patterns(
        r"\bcontent['\"`\]]{0,2}:? ?(?:value )?(?:must|should|has to) be (?:a |of type )?string\b(?! or)",
        r"\bcontent\b['\"`\]]{0,2} ?:.{0,60}\bvalue must be a string(?!\W* or\b)",
        r"input should be a valid string",
    ),
    words=patterns(
        r"\bcontent\b.{0,60}\b(?:not|no|unsupported|invalid|unexpected)\b.{0,30}\b(?:array|list|sequence)s?\b",
        r"\b(?:array|list|sequence)s?\b.{0,40}\bcontent\b.{0,40}\b(?:not|un)",
        r"'list' object",
        r"any variant of untagged enum \w*content",
        r"\bcontent\b.{0,40}\b(?:must|should|expected|has) (?:to )?be (?:a |of type )?(?:string|text)\b(?! or)",
        r"unsupported content\b(?!\[\])",  # of which is said that a part has an odd type
    ),
    unknown=None,  # most servers take it
)
