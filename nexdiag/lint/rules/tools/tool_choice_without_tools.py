"""The request has tool_choice, but no tools to choose from.

## What it does

Finds `tool_choice` in a request without tools; and `parallel_tool_calls`, which some servers treat alike. That the
choice is `none` or `auto` is let pass, unless the server is known to refuse that too, or did.

## Why it is bad

The request is refused. Clients that drop the tools for a last round, or for a summary, forget the choice.

## Example

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "tool_choice": "required"}}
```

## Instead

```json
{"request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import shorten
from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.tools import tools_of

_FIELDS = ("tool_choice", "function_call", "parallel_tool_calls")
_FREE = ("none", "auto", "validated")


def _check(case: Case) -> Iterator[Fault]:
    fields = case.view.fields
    present = [name for name in _FIELDS if name in fields]
    if not present or tools_of(case.view).count or not tools_of(case.view).known:
        return
    for name in present:
        value = fields.get(name)
        if value is None:
            continue
        yield Fault(
            summary=f"the request has {name}, and no tools",
            fix=f"leave {name} out where no tools are sent",
            pointer=f"/{name}",
            evidence=(f"{name} is {shorten(str(value))}",),
            facts={"param": name, "value": shorten(str(value))},
            ids=(f"'{name}'",),
            needs_words=_free(value) and not _strict(case, name, value),
        )


def _free(value: object) -> bool:
    """The choice forces nothing."""
    return isinstance(value, bool) or (value.get("type") if isinstance(value, dict) else value) in _FREE


def _strict(case: Case, name: str, value: object) -> bool:
    """The server refuses any choice; in its words the others name the value, or the field, that they mind."""
    refusal = case.profile.refusal("tool-choice-without-tools", case.model, case.view.wire)
    words = "required" if refusal is None else str(refusal.body)
    if "tool_choice" in words:
        return name == "tool_choice" and value != "none"
    return "required" not in words


RULE = Rule(
    name="tool-choice-without-tools",
    code="NX508",
    family="tools",
    page=__doc__ or "",
    needs=frozenset(_FIELDS),
    check=_check,
    telling=patterns(
        r"tool.choice.{0,60}(?:only (?:be )?(?:allowed|specified|set|used|valid)|may only|can only) .{0,30}\btools\b",
        r"\bis only allowed when .{0,3}\btools\b.{0,3} (?:is|are) specified",
        r"\btools\b.{0,30}cannot be empty if",
        r"parallel_tool_calls.{0,30}only (?:be )?(?:allowed|specified).{0,30}\btools\b",
        r"tool.choice.{0,60}(?:without|but no|no) .{0,20}\btools\b",
        r"tool.choice.{0,80}\btools\b.{0,30}(?:empty|must be (?:set|provided|specified)|not (?:set|provided"
        r"|specified)|(?:is|are) required)",
        r"tool.?choice.{0,60}(?:requires?|needs?|expects?) .{0,30}\btools\b",
        r"when using .{0,3}tool.choice.{0,80}\btools\b.{0,3} must be set",
        r"\btools\b.{0,30}(?:must be|is required|are required).{0,60}tool.choice",
    ),
    elsewhere=Severity.INFO,
)
