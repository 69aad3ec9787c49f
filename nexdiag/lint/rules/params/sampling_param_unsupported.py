"""The model does not take this sampling parameter, or not with this value.

## What it does

Finds `temperature`, `top_p`, penalties, `logprobs`, `stop` and the like where the profile says that the model refuses
them, or where the server did.

## Why it is bad

Reasoning models have their sampling fixed: the request is refused for a temperature that another model takes. Clients
send one for every model, often 0.

## Example

```json
{"server": "OpenAI", "request": {"model": "gpt-5-mini", "temperature": 0,
  "messages": [{"role": "user", "content": "Hello"}]}}
```

## Instead

```json
{"server": "OpenAI", "request": {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator

from nexdiag.core.endpoint import Param
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case

_NAMES = (
    *("temperature", "top_p", "top_k", "min_p", "n", "presence_penalty", "frequency_penalty", "repetition_penalty"),
    *("logprobs", "top_logprobs", "logit_bias", "stop", "stop_sequences", "seed"),
)
_NAMED = (  # a property that is unsupported is one that the server does not know
    r"(?<!property \W)\b"
    r"(?:temperature|top_?[pk]|min_?p|n|(?:presence|frequency|repetition)_?penalty|(?:top_?)?logprobs|logit_?bias|stop"
    r"|seed)\b"
)


def _check(case: Case) -> Iterator[Fault]:
    fields = case.view.fields
    if case.view.refused and RULE.explains(case.view.said.words, case.view.status):
        words = case.view.said.words
        names = [name for name in _NAMES if name in fields and _named(name, words)]
    else:
        stated = (one for one in case.profile.limits.params_refused if one.name in fields and one.name in _NAMES)
        names = [one.name for one in stated if fields.get(one.name) not in one.unless and _fixed(one, case)]
    for name in names:
        if (value := fields.get(name)) is not None:
            yield Fault(
                summary=f"the request has {name} {shorten(str(value))}, which the model does not take",
                fix=f"leave {name} out for this model",
                pointer=f"/{name}",
                evidence=(f"model {shorten(case.model)}, {name} {shorten(str(value))}",),
                facts={"param": name, "value": shorten(str(value)), "model": case.model},
            )


def _named(name: str, words: str) -> bool:
    if len(name) == 1:
        return f"'{name}'" in words
    return re.search(rf"\b{name.replace('_', '_?')}\b", words, re.IGNORECASE) is not None  # xAI: presencePenalty


def _fixed(one: Param, case: Case) -> bool:
    """A parameter that this model refuses; one that the server refuses of any model is an unknown one there."""
    of_models = bool(one.models or one.unless) or case.profile.refusal("unknown-param") is None
    return of_models and (not one.models or re.search(one.models, case.model, re.IGNORECASE) is not None)


RULE = Rule(
    name="sampling-param-unsupported",
    code="NX703",
    family="params",
    page=__doc__ or "",
    needs=frozenset(_NAMES),
    check=_check,
    telling=patterns(
        rf"{_NAMED}\W{{0,2}} (?:does|do) not support",
        rf"{_NAMED}\W{{0,2}} (?:is|are) (?:not supported|unsupported|not available|deprecated|not compatible"
        r"|incompatible|fixed|immutable)",
        rf"{_NAMED}.{{0,60}}\b(?:fixed at|only the default|may only be (?:set|used)|must be (?:set to )?1\b)",
        rf"invalid {_NAMED}: only",
        rf"(?:argument|parameter)s? not supported (?:on|by|for|with) this model\W{{1,4}}{_NAMED}",
        rf"\bmodel\b.{{0,80}} does not support parameters? \W?{_NAMED}",
        rf"(?:don.t|do not|does not|doesn.t) support (?:the )?{_NAMED}",
        rf"{_NAMED}.{{0,40}}and.{{0,4}}{_NAMED}.{{0,40}}(?:cannot|can not|must not|may not).{{0,20}}both",
        rf"(?:cannot|can not|may not) (?:specify|set|use) both.{{0,10}}{_NAMED}",
        rf"{_NAMED}.{{0,80}}(?:thinking|reasoning) (?:mode )?(?:is enabled|is on|models?)\b",
        rf"(?:thinking|reasoning)\b.{{0,80}}(?:not support|incompatible|not compatible).{{0,40}}{_NAMED}",
        rf"(?:model|mode)\b.{{0,40}} (?:does|do) not support .{{0,20}}{_NAMED}(?! sequence)",
    ),
    unknown=None,
)
