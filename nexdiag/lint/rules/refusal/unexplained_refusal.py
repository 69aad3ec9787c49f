"""The server refused, and no rule explains its words.

## What it does

Reports a refusal that no rule explains: the server said no, or told of an error within an answer, and nothing that
the rules found in the request accounts for its words. The words are given as the server said them.

## Why it is bad

It is the recorded failure, whatever its cause. That no rule explains it does not mean that the request was right:
the cause may be the server's state, its limits, a key, or a fault for which there is no rule yet.

## Example

```json
{"status": 400, "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]},
 "response": {"error": {"message": "the moon is in the wrong house"}}}
```

## Instead

```json
{"status": 200, "request": {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}}
```

## Who refuses it
"""

from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import both_ends
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.view import View

UNEXPLAINED = Rule(
    name="unexplained-refusal",
    code="NX001",
    family="refusal",
    page=__doc__ or "",
    unknown=Severity.ERROR,
    elsewhere=Severity.ERROR,
)


def unexplained(view: View, names: tuple[str, ...] = ()) -> Fault:
    """The fault of a refused exchange in which nothing else was confirmed; `names` are rules whose words these are."""
    status = f" with {view.status}" if view.status is not None else ""
    if view.said.words and not view.logged:
        summary = f"the server refused{status}, in words that no rule explains: {both_ends(view.said.words, 200)}"
    else:
        summary = f"the server refused{status}, and its words are not known"
    if names:
        told = f"such words are told of {', '.join(names)}: the recorded request shows no such fault"
        return Fault(summary=summary, fix="record the whole request, as the server got it", evidence=(told,))
    return Fault(summary=summary, fix="read the server's words, and its log at that time")
