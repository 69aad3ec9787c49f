"""The limit on the answer's tokens goes by another name on this server.

## What it does

Finds `max_tokens` where `max_completion_tokens` is wanted, and the reverse. The profile says which one a server wants
of which model; where it does not say, the server's own words decide.

## Why it is bad

The request is refused: reasoning models of OpenAI do not know the old name, strict servers do not know the new one. It
happens when a client takes one server, or one model, for all.

## Example

```json
{"server": "OpenAI", "request": {"model": "o1-preview", "max_tokens": 500,
  "messages": [{"role": "user", "content": "Hello"}]}}
```

## Instead

```json
{"server": "OpenAI", "request": {"model": "o1-preview", "max_completion_tokens": 500,
  "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.named import EXTRA
from nexdiag.lint.seen.view import REFUSED_HERE

_NAMES = ("max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens")
_NAMED = r"\bmax_(?:completion_|output_|new_)?tokens\b"
_WANTED = re.compile(rf"(?:use|moved to|instead|did you mean)\b.{{0,30}}?({_NAMED})", re.IGNORECASE)


def _check(case: Case) -> Iterator[Fault]:
    fields = case.view.fields
    sent = [name for name in _NAMES if name in fields]
    if not sent:
        yield from _added(case)
        return
    limits = case.profile.limits
    refused = {one.name: one.instead for one in limits.params_refused if one.name in sent and _holds(one.models, case)}
    known = limits.params
    told = _told(case)
    for name in sent:
        stated = name in refused or (bool(known) and name not in known)
        if not stated and not case.view.refused:
            continue
        if told and name != told[0]:
            continue
        wanted = (told[1] if told else "") or refused.get(name) or _other(name)
        if case.view.wire == "anthropic" and not stated and not told:
            continue
        yield Fault(
            summary=f"the request has {name}, where this server wants {wanted}",
            fix=f"send the same number as {wanted}; never both",
            pointer=f"/{name}",
            evidence=(f"{name} is {shorten(str(fields.get(name)))}",),
            facts={"param": name, "instead": wanted, "value": shorten(str(fields.get(name)))},
            ids=(f"'{name}'",) if told else (),
            needs_words=not stated,
        )


def _added(case: Case) -> Iterator[Fault]:
    """The words speak of a limit that the request has not."""
    if case.view.asked and case.view.refused and RULE.explains(case.view.said.words, case.view.status):
        yield Fault(
            summary="the server does not take the name of the limit on tokens, which was added on the way",
            fix="see what stands between: a gateway, or the client's own defaults",
            evidence=("the request as it was recorded has no such field",),
        )


def _told(case: Case) -> tuple[str, str] | None:
    """The name that the server's words refuse, and the one that they want; None where they say nothing of it."""
    words = case.view.said.words if case.view.refused else ""
    if not words or not RULE.explains(words, case.view.status):
        return None
    wanted = _WANTED.search(words)
    names = [name for name in re.findall(_NAMED, words) if name in case.view.fields]
    spared = wanted[1] if wanted else ""
    refused = next((name for name in names if name != spared), None)
    return None if refused is None else (refused, spared)


def _holds(models: str, case: Case) -> bool:
    """Whether it is stated of this model; of one that nobody named it is not."""
    return not models or re.search(models, case.model, re.IGNORECASE) is not None


def _other(name: str) -> str:
    return "max_completion_tokens" if name == "max_tokens" else "max_tokens"


RULE = Rule(
    name="max-tokens-param",
    code="NX702",
    family="params",
    page=__doc__ or "",
    needs=frozenset((*_NAMES, REFUSED_HERE)),
    check=_check,
    telling=patterns(
        rf"{_NAMED}\W{{0,3}} ?is (?:not supported|unsupported|not (?:allowed|permitted|recognized))",
        rf"{_NAMED}.{{0,60}}\buse \W?max_",
        rf"{_NAMED}.{{0,80}}moved to \W{{0,2}}max_",
        rf"{_NAMED}\W{{0,4}}(?:msg\W+)?{EXTRA}",
        rf"{EXTRA}[^;]{{0,60}}?{_NAMED}",
        rf"loc\W+(?:body\W+)?{_NAMED}.{{0,60}}{EXTRA}",
        rf"{_NAMED}\W{{0,2}} (?:and|or) \W?{_NAMED}.{{0,80}}(?:same time|both|together|mutually|only one)",
        rf"(?:both|only one of|either) \W?{_NAMED}\W{{0,2}} (?:and|or) \W?{_NAMED}",
        rf"{_NAMED}\W{{0,2}} (?:has been |is )?deprecated.{{0,80}}max_",
    ),
    unknown=None,
)
