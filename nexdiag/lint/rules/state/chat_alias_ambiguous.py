"""Two directories stand for the same chat.

## What it does

Finds a chat's name that leads to more than one directory: two sessions of the registry have it, or a directory under
the plain name (`chat/0`, `chat/chat-0`) stands beside that of the registry.

## Why it is bad

One program writes the question into one inbox, another waits at the other: the chat never replies, and its history is
in two places.

## Example

```json
{"directories": {"chat-0": ["chat/019e45c1-0000-7000-8000-000000000000", "chat/0"]}}
```

## Instead

```json
{"directories": {"chat-0": ["chat/019e45c1-0000-7000-8000-000000000000"]}}
```

## Who refuses it
"""

from collections.abc import Iterator

from nexdiag.lint.quoting import listed, shorten
from nexdiag.lint.rule import Fault, Rule
from nexdiag.lint.seen.state import StateSeen


def _state(state: StateSeen) -> Iterator[Fault]:
    for name, places in state.directories.items():
        if len(places) > 1:
            yield Fault(
                summary=f"{shorten(name)} is {len(places)} directories: {listed(list(places))}",
                fix="merge them: nexdiag does it when the chat is opened; else stop the programs, and move the mail",
                pointer=shorten(places[-1]),
                evidence=("registry: chat/sessions.json", *(f"directory: {shorten(place)}" for place in places[:5])),
            )


RULE = Rule(
    name="chat-alias-ambiguous",
    code="NX855",
    family="state",
    page=__doc__ or "",
    state=_state,
)
