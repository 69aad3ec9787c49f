"""The request has a parameter that the server does not know.

## What it does

Finds top-level parameters that the server is known to refuse, and the one that its words name when it refused a
request. Parameters with a rule of their own (the limits on tokens, `stream_options`, `tools`) are left to it.

## Why it is bad

Servers with a strict schema refuse the whole request for one name, even if its value is null or the default. Clients
send the parameters of one service to all, or pass on fields that were meant for themselves.

## Example

```json
{"status": 422, "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "verbosity": "low"},
 "response": {"detail": [
  {"type": "extra_forbidden", "loc": ["body", "verbosity"], "msg": "Extra inputs are not permitted"}]}}
```

## Instead

```json
{"status": 200, "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

import re
from collections.abc import Iterator
from typing import Any

from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import kind_of
from nexdiag.lint.seen.named import EXTRA, KNOWN, SPARSE, Path, found_in, refused_paths

_OTHERS = frozenset(
    {"max_tokens", "max_completion_tokens", "max_output_tokens", "max_new_tokens", "stream_options", "include_usage"}
)
_SAMPLING = frozenset(
    {
        *("temperature", "top_p", "top_k", "min_p", "presence_penalty", "frequency_penalty", "repetition_penalty"),
        *("logprobs", "top_logprobs", "logit_bias", "stop", "stop_sequences", "seed", "n"),
    }
)
_OF_MODELS = re.compile(r"(?:with|for|by) this model|does not support(?! param)", re.IGNORECASE)
"""Then it is not that the server does not know the name."""
_OF_SCHEMAS = re.compile(r"function_?declarations|input_schema|\bparameters\b.{0,40}schema", re.IGNORECASE)
"""A keyword in a tool's schema, not a parameter of the request."""
_SECRET = re.compile(r"key|token|secret|auth|passw|credential", re.IGNORECASE)
"""Names of fields whose value no report may show."""
_LISTS = frozenset({"messages", "input", "tools", "functions"})


def _check(case: Case) -> Iterator[Fault]:
    view = case.view
    if view.refused and RULE.explains(view.said.words, view.status):
        yield from _told(case)
        return
    limits = case.profile.limits
    if not limits.params and not limits.params_refused:
        return
    sampling = case.profile.refusal("sampling-param-unsupported") is not None
    refused = {
        one.name: one.instead
        for one in limits.params_refused
        if one.name in view.fields
        and not (one.name in _SAMPLING and sampling and (one.models or one.unless))
        and _holds(one.models, case.model)
        and not any(view.fields.get(one.name) == value for value in one.unless)
    }
    for name in view.fields:
        unlisted = bool(limits.params) and name not in limits.params and name not in _LISTS
        if name not in _OTHERS and (unlisted or name in refused):
            yield _fault(name, view.fields.get(name), refused.get(name, ""))


def _told(case: Case) -> Iterator[Fault]:
    """What the words name; where they name nothing, what is not usual."""
    view, words = case.view, case.view.said.words
    if not view.asked or _OF_SCHEMAS.search(words):
        return
    paths = refused_paths(words)
    ours = [path for path in paths if _is_ours(path, words)]
    there = [(path, place) for path in ours if (place := found_in(view.fields, path)) is not None]
    for path, (pointer, value) in there:
        yield _fault(pointer[1:].replace("/", "."), value, _instead(case, path[0]), pointer)
    if not there and len(paths) == 1 and len(ours) == 1 and len(paths[0]) == 1:
        yield _added(paths[0][0])
    if not paths:
        stated = {one.name for one in case.profile.limits.params_refused if one.name in words}
        for name in view.fields:
            if name in stated or (name not in KNOWN[view.wire] and name not in SPARSE and name not in _OTHERS):
                yield _fault(name, view.fields.get(name), "")


def _is_ours(path: Path, words: str) -> bool:
    """A parameter, or a field in one, that no other rule is about."""
    if path[0] in _OTHERS or path[0] in ("messages", "input") or path in (("tools",), ("functions",), ("tool_choice",)):
        return False
    return not (path[0] in _SAMPLING and _OF_MODELS.search(words))


def _added(name: str) -> Fault:
    return Fault(
        summary=f"the server does not know {shorten(name)}, which was added on the way",
        evidence=("the request as it was recorded has no such field",),
        fix="see what stands between: a gateway, or the client's own defaults",
        facts={"param": name},
        needs_words=True,
    )


def _fault(name: str, value: Any, instead: str, pointer: str = "") -> Fault:  # noqa: ANN401 - JSON is anything
    shown = f"a {kind_of(value)}" if _SECRET.search(name) else shorten(str(value), 60)
    wanted = f"send it as {instead}" if instead else f"leave {shorten(name)} out for this server"
    return Fault(
        summary=f"the request has {shorten(name)}, which this server does not know",
        fix=f"{wanted}; that it is null or the default does not help",
        pointer=pointer or f"/{name.replace('~', '~0').replace('/', '~1')}",
        evidence=(f"{shorten(name)} is {shown}",),
        facts={"param": name, "value": shown, "instead": instead},
        ids=(f"'{name}'", f'"{name}"', f".{name}:", f": {name}"),
    )


def _instead(case: Case, name: str) -> str:
    return next((one.instead for one in case.profile.limits.params_refused if one.name == name), "")


def _holds(models: str, model: str) -> bool:
    """Whether it is stated of this model; of one that nobody named it is not."""
    return not models or re.search(models, model, re.IGNORECASE) is not None


_MESSAGE = r"\b(?:messages?|input)\W{1,6}\d"
_OWN = (
    r"\b(?:max_(?:completion_|output_|new_)?tokens|stream_options|include_usage|reasoning_content|thinking_blocks"
    r"|tool_choice)\b"
)
_OF_REASONING = (  # xAI's
    r"(?:does not support parameters?|arguments? not supported (?:on|by|for|with) this model:?) \W?reasoning_?effort\b"
)
_TOOLS = r"(?:\btools\W{1,3}(?:is|are|:|msg|extra)|: tools\b|[\"'`]tools[\"'`]|supplied: (?:messages|input)\b)"

RULE = Rule(
    name="unknown-param",
    code="NX704",
    family="params",
    page=__doc__ or "",
    check=_check,
    words=patterns(
        EXTRA, _OF_REASONING, r"is not supported with this model", r"reasoning_effort=.{0,40}is not supported for this"
    ),
    suspects=patterns(
        _OF_REASONING, rf"\A(?!.*(?:{_MESSAGE}|{_OWN}|{_TOOLS}|with this model|declarations|schema)).*{EXTRA}"
    ),
    unknown=None,
)
