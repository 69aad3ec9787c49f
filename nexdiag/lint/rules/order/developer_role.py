"""The role developer goes to a server that may not know it.

## What it does

Finds messages of role developer in chat completions and in the Anthropic dialect. On the Responses wire the role is
at home.

## Why it is bad

OpenAI renamed system to developer for its reasoning models. Others know system, user, assistant and tool, and refuse
the request as a whole. It happens when an SDK, or a guess at the model's name, switches the role.

## Example

```json
{"request": {"model": "m", "messages": [
  {"role": "developer", "content": "You are helpful."},
  {"role": "user", "content": "Hello"}]}}
```

## Instead

```json
{"request": {"model": "m", "messages": [
  {"role": "system", "content": "You are helpful."},
  {"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.rule import Fault, Rule, patterns
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.message import DEVELOPER


def _arriving(case: Case) -> Iterator[Fault]:
    history, known = case.history, case.profile.limits.roles
    at = history.at
    yield Fault(
        summary=f"messages[{at}] is of role developer, which only OpenAI knows",
        fix=f"send messages[{at}] with role system",
        at=at,
        pointer=history.pointer(at, "/role"),
        evidence=(history.now.shown(at), *((f"known roles: {', '.join(known)}",) if known else ())),
        facts={"index": str(at), "role": "developer"},
        about=(history.now.raw,),
        needs_words=case.view.wire == "responses",  # it is at home there
    )


RULE = Rule(
    name="developer-role",
    code="NX107",
    family="order",
    page=__doc__ or "",
    arriving=_arriving,
    on=DEVELOPER,
    telling=patterns(
        r"unknown variant .?developer",
        r"\bdeveloper['\"`]? is not (?:one of|a valid|supported|allowed)",
        r"tag ['\"`]developer['\"`] found",
        r"does not support (?:the )?['\"`]developer['\"`]",
        r"(?:invalid|unsupported|unknown|unexpected|unrecognized|incorrect)\b.{0,30}\brole\b.{0,20}\bdeveloper",
        r"\bdeveloper['\"`]? role (?:is )?(?:not|un)",
        r"\brole\b.{0,20}\bdeveloper\b['\"`]?,? (?:which )?(?:is )?(?:not|un|in)",
        r"\broles?\b.{0,120}\b(?:got|received|found|given|input_value)\b\W{0,3}developer\b",
    ),
    suspects=patterns(
        r"角色信息不正确|incorrect role information",
        r"input should be ['\"`]system['\"`], ?['\"`]user",
        r"unexpected message role\.",
    ),
    words=patterns(
        r"input should be ['\"`]user['\"`] or ['\"`]assistant",
        r"unexpected (?:message )?role\b(?! ['\"`]?(?:RoleEnum\.)?(?:user|assistant|tool|system))",
        r"\brole\b.{0,60}(?:must be|should be|expected) ?(?:one of)?.{0,10}\b(?:system|user|assistant)\b",
        r"(?:invalid|unsupported|unknown) (?:message )?role\b",
        r"(?<!system )\brole\b.{0,40}\b(?:invalid|unsupported|unknown|not supported)\b",
    ),
    silent_if_accepted=True,
)
