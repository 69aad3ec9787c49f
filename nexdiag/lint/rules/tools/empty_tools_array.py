"""The request has an empty list of tools.

## What it does

Finds `tools: []`, where the server is known to refuse it or did.

## Why it is bad

Some services want at least one tool in the list, others take no such field at all at that address: the whole request is
refused. Clients that drop their tools for the last round send what is left of the list.

## Example

```json
{"status": 422, "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "tools": []},
 "response": {"detail": [
  {"type": "extra_forbidden", "loc": ["body", "tools"], "msg": "Extra inputs are not permitted"}]}}
```

## Instead

```json
{"status": 200, "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.named import EXTRA
from nexdiag.lint.seen.tools import tools_of


def _check(case: Case) -> Iterator[Fault]:
    tools = tools_of(case.view)
    if tools.empty:
        yield Fault(
            summary=f"{tools.list_name} is an empty list",
            fix=f"leave {tools.list_name} out where there are none",
            pointer=f"/{tools.list_name}",
            evidence=(f'the request has "{tools.list_name}": []',),
            needs_words=not case.profile.known,
        )


RULE = Rule(
    name="empty-tools-array",
    code="NX506",
    family="tools",
    page=__doc__ or "",
    needs=frozenset({"tools", "functions"}),
    check=_check,
    telling=patterns(
        r"\b(?:tools|functions)'?: (?:empty array|empty list|list should have at least)",
        r"\[\] is too short - '(?:tools|functions)'",
        r"\btools\b.{0,30}(?:must|should|can) ?not be (?:an )?empty(?!.{0,20}tool.choice)",
        r"empty tools\b",
        r"\btools\W{1,3}failed to satisfy constraint.{0,40}length greater than or equal to 1\b",  # Bedrock
        r"\btools\b.{0,40}(?:must|should) (?:have|contain) at least (?:1|one)\b",
    ),
    words=patterns(
        # a choice without tools is another fault
        rf"\A(?!.*tool.choice).*\b(?:tools|functions)\b.{{0,80}}"
        rf"(?:{EXTRA}|empty|too short|at least (?:1|one)|not allowed)",
        rf"\A(?!.*tool.choice).*(?:{EXTRA}|empty|too short|at least (?:1|one)|missing|invalid).{{0,80}}"
        r"\b(?:tools|functions)\b",
    ),
)
