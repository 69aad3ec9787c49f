r"""Two messages of the same speaker follow each other.

## What it does

Finds a user message right after a user message, or an assistant message right after an assistant message. Messages
that call tools and messages that answer calls stand between: after them either role may speak. A system message
stands between as well.

## Why it is bad

Many chat templates are written for turns: user, assistant, user, assistant. Where the template checks it, the
server refuses the whole request; where it does not check, two turns can be glued together without a mark between
them. Clients run into it when they add a reminder, a warning or a denial as a user message of its own.

Beware of the words: templates say "roles must alternate" also of a conversation that begins with the assistant, and
of a system message for which they have no place. This rule fires only if two messages really follow each other.

Where the first of the two stands right behind a call that has no answer, it is that answer under the wrong role, such
as a denial: it has to change, to role `tool` with the call's id, and merging would leave the call without an answer.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "<reminder>The list is empty.</reminder>"},
  {"role": "user", "content": "What is next?"}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "user", "content": "<reminder>The list is empty.</reminder>\n\nWhat is next?"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.instead import standing
from nexdiag.lint.seen.message import AFTER_SAME, ASSISTANT, USER

_AT_THE_END = ("assistant messages at the end of the list",)
"""So llama.cpp speaks of answers alone, whatever else follows its like."""


def _arriving(case: Case) -> Iterator[Fault]:
    history = case.history
    at, now, before = history.at, history.now, history.before
    if before is None or not now.traits & (USER | ASSISTANT) or now.answers or before.answers:
        return
    items = case.view.wire == "responses"
    if items and (_item(now.value) or _item(before.value)):
        return
    owing = standing(history, at - 1)
    yield Fault(
        summary=f"messages[{at - 1}] and messages[{at}] are both {now.role}"
        + (f"; messages[{at - 1}] stands where role tool belongs, behind the call" if owing else ""),
        fix=owing.fix
        if owing
        else f"merge messages[{at}] into messages[{at - 1}], with a blank line between their texts",
        at=owing.at if owing else at,
        last=at,
        pointer=history.pointer(owing.at if owing else at, "/role"),
        evidence=(before.shown(at - 1), now.shown(at)),
        facts={"index": str(at), "role": now.role or ""},
        ids=_AT_THE_END if now.role == "assistant" else (),
        about=(before.raw,),  # what follows may grow from request to request
        # most templates leave out messages that call; on the Responses wire a turn may be several items
        needs_words=items or bool(now.calls or before.calls),
    )


def _item(value: dict[str, object]) -> bool:
    """Whether an entry is no message: reasoning, a call, what answers a call."""
    return value.get("type", "message") != "message"


RULE = Rule(
    name="role-alternation",
    code="NX101",
    family="order",
    page=__doc__ or "",
    arriving=_arriving,
    on=AFTER_SAME,
    telling=patterns(
        r"successive user or assistant messages",
        r"multiple ['\"`\\]{0,2}(?:user|assistant)['\"`\\]{0,2} roles in a row",
        r"2 or more assistant messages at the end",
        r"multiturn requests alternate",
        r"unexpected role ['\"`]?(?:RoleEnum\.)?(user|assistant)['\"`]? after role ['\"`]?(?:RoleEnum\.)?\1\b",
        r"role of message with (?:even|odd) index",
    ),
    suspects=patterns(  # with several causes, of which this one is the most frequent
        r"roles? (?:must|should) (?:be )?alternat",
        r"must alternate between",
        r"should alternate with",
        r"length of messages must be an odd number",  # Baidu: user and assistant in turn, the user last
        r"角色需交替出现",  # Hunyuan: user (tool) and assistant in turn
    ),
    words=patterns(r"multiturn requests? ends? with a user role"),
    elsewhere=Severity.INFO,
)
