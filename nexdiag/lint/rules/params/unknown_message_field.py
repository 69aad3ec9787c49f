"""A message has a field that the server does not know.

## What it does

Finds fields of messages, and of what is in them, that the server is known to refuse, or named when it refused the
request. Fields of reasoning are left to the rules on reasoning.

## Why it is bad

Servers with a strict schema refuse the whole request, and every later one, because the message stays in the history.
Clients keep notes of their own in messages, or send back all that another server's answer had in it.

## Example

```json
{"server": "Mistral", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi.", "metadata": {"trimmed": true}},
  {"role": "user", "content": "Bye"}]}}
```

## Instead

```json
{"server": "Mistral", "request": {"model": "m", "messages": [
  {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi."}, {"role": "user", "content": "Bye"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.core.endpoint import Limits, Wire
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import EXTRA as STRANGE
from nexdiag.lint.seen.message import MALFORMED, OTHER
from nexdiag.lint.seen.named import EXTRA, found_in, refused_paths
from nexdiag.lint.seen.view import REFUSED_HERE

_REASONING = re.compile(r"reasoning|thinking|thought|signature", re.IGNORECASE)
_USUAL: dict[Wire, frozenset[str]] = {
    "chat": frozenset({"role", "content", "name", "tool_calls", "tool_call_id", "refusal", "audio", "function_call"}),
    "anthropic": frozenset({"role", "content"}),
    "responses": frozenset(),
}


def _arriving(case: Case) -> Iterator[Fault]:
    """By the profile, or as a suspect where the server is not known. Items of the Responses wire differ by type."""
    now, at, limits = case.history.now, case.history.at, case.profile.limits
    if now.traits & MALFORMED and now.traits & OTHER:
        return
    for name in now.value:
        stated = _stated(name, limits)
        if not _REASONING.search(name) and (stated or name not in (_USUAL[case.view.wire] or now.value)):
            yield _fault(case, at, f"/{name}", stated=stated)


def _stated(name: str, limits: Limits) -> bool:
    unlisted = bool(limits.message_fields) and name not in limits.message_fields
    return unlisted or name in limits.message_fields_refused


def _noticed(case: Case, at: int, name: str) -> bool:
    """Whether the field was found when the message arrived."""
    message = case.history.messages[at]
    unusual = _stated(name, case.profile.limits) or name not in (_USUAL[case.view.wire] or message.value)
    return bool(message.traits & STRANGE) and unusual


def _check(case: Case) -> Iterator[Fault]:
    """What the words name, however deep in a message."""
    view = case.view
    if not view.refused or not view.chats or not RULE.explains(view.said.words, view.status):
        return
    for path in refused_paths(view.said.words):
        if path[0] != view.list_name or any(_REASONING.search(part) for part in path):
            continue
        there = found_in(view.fields, path)
        parts = there[0].split("/") if there is not None else []
        if len(parts) > len(("", "messages", "1")) and parts[2].isdigit():
            if len(parts) == len(("", "messages", "1", "field")) and _noticed(case, int(parts[2]), parts[3]):
                return
            yield _fault(case, int(parts[2]), "/" + "/".join(parts[3:]), stated=True)
            return


def _fault(case: Case, at: int, place: str, *, stated: bool) -> Fault:
    message = case.history.messages[at]
    name = shorten(place[1:].replace("/", "."))
    role = message.role or "without role"
    return Fault(
        summary=f"messages[{at}] ({shorten(role)}) has the field {name}, which this server does not know",
        fix=f"take {name} out of messages[{at}] before it is sent, and keep it on your side",
        at=at,
        pointer=case.history.pointer(at, place),
        evidence=(message.shown(at),),
        facts={"index": str(at), "field": name, "role": role},
        about=(message.raw, place.encode("utf-8", "replace")),
        needs_words=not stated,
    )


_REASON = r"\b(?:reasoning|thinking|thought)"
_AT = r"\b(?:messages?|input)\W{1,6}\d"

RULE = Rule(
    name="unknown-message-field",
    code="NX705",
    family="params",
    page=__doc__ or "",
    needs=frozenset({REFUSED_HERE}),
    check=_check,
    arriving=_arriving,
    on=STRANGE,
    telling=patterns(
        rf"\A(?=.*{_AT})(?!.*{_REASON}).*{EXTRA}",
        r"\bonly messages? (?:of|with) (?:the )?role \W?\w{1,20}\W? (?:can|may) have an? ",
    ),
    # where the words name no field at all, an unusual one in a message is a suspect like any other
    words=patterns(
        r"\A(?!.*\b(?:body|loc|supplied|property|parameter|field|argument)\b).*extra inputs are not permitted\W*\Z"
    ),
    unknown=None,
)
