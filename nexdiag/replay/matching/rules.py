"""What does not count in a request: the built-in rules, as one table, and the user's own, as texts. Pure.

`replay.volatile` applies them, to the recording and to the request alike, and only where no recording means the very
same.
"""

import re
from collections.abc import Iterable

import msgspec

from nexdiag.core.errors import UsageError
from nexdiag.replay.matching.patience import expression
from nexdiag.replay.matching.pointers import read

VALUE, FITS, NUMBER = "value", "fits", "number"
DATE, DIRECTORY, SECRET, ORDER = "date", "directory", "secret", "order"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One row: what is set aside, and where."""

    name: str
    """By which it is told in reports and switched off: several rows may share one. A rule of the user is its text."""
    where: str = "/**"
    """A JSON pointer; `*` is any entry, `**` any depth."""
    fits: str = ""
    """A regular expression: only what fits it is set aside."""
    sort: str = VALUE
    """`value` sets the whole value aside, absent or not; `fits` what fits; `number` puts a number for a generated id,
    so that it still says which is which; `date`, `directory` and `secret` what they know; `order` the order."""
    what: str = ""
    why: str = ""

    @property
    def text(self) -> str:
        """As `parse` reads it: for a built-in one its name."""
        if self.what:
            return self.name
        return f"{self.where}={self.fits}" if self.fits else self.where


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """All that do not count."""

    rows: tuple[Rule, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Each name once."""
        return tuple(dict.fromkeys(row.name for row in self.rows))

    @property
    def texts(self) -> tuple[str, ...]:
        """What `parse` makes these rules of."""
        off = (f"-{name}" for name in BUILT_IN.names if name not in self.names)
        return (*off, *(row.text for row in self.rows if not row.what))


def _id(where: str, why: str, sort: str = VALUE) -> Rule:
    what = "ids that clients make up" if sort == VALUE else "ids of tool calls that look generated, numbered instead"
    return Rule(name="id", where=where, sort=sort, what=what, why=why)


BUILT_IN = Rules(
    rows=(
        Rule(
            name="tools",
            where="/tools",
            sort=ORDER,
            what="the order of tools",
            why="they mean the same in any, and executors send them in a random one; they are the very same request",
        ),
        _id("/user", "chat completions and Responses: the client's name for its user"),
        _id("/safety_identifier", "chat completions and Responses: what `user` became"),
        _id("/prompt_cache_key", "codex sends its thread's uuid, a new one each session"),
        _id("/metadata", "chat completions and Responses: the client's own notes; Messages: `user_id`, with a session"),
        _id("/client_metadata", "codex: session, thread, turn, window and installation ids, and when the turn began"),
        _id("/session_id", "OpenRouter: groups requests"),
        _id("/request_id", "vLLM: the client's name for the request"),
        _id("/messages/*/id", "AI SDKs send the uuids of their own messages along"),
        _id("/input/*/id", "codex gives each item a uuid; an `item_reference` keeps its id, which is all that it says"),
        _id("/messages/*/tool_calls/*/id", "some clients replace the server's ids by uuids", NUMBER),
        _id("/messages/*/tool_call_id", "the call that a result answers", NUMBER),
        _id("/messages/*/content/*/id", "Messages: `tool_use`", NUMBER),
        _id("/messages/*/content/*/tool_use_id", "Messages: the call that a result answers", NUMBER),
        _id("/input/*/call_id", "Responses: calls, and what they gave", NUMBER),
        Rule(
            name="date",
            sort=DATE,
            what="a date or time within a day of when the request was sent",
            why="prompts tell the date (codex: <current_date>); one that is far from it means what it says",
        ),
        Rule(
            name="cwd",
            sort=DIRECTORY,
            what="the working directory that the request itself names, wherever it stands in its texts",
            why="prompts tell it (codex: <cwd>; others: Working directory: ...), and tests run in a new one each time",
        ),
        Rule(
            name="secret",
            sort=SECRET,
            fits=r"\[redacted [0-9a-f]{8}\]",
            what="which secret was redacted",
            why="who replays has another key; that a secret stood there still counts",
        ),
    )
)


def parse(texts: Iterable[str]) -> Rules:
    """The built-in rules with what the texts say: `POINTER`, `POINTER=REGEX`, or `-NAME` to switch a built-in one off.

    Raises `UsageError` for what is none of these.
    """
    off: set[str] = set()
    mine: list[Rule] = []
    for text in texts:
        if text.startswith("-"):
            off.add(_switched(text))
        else:
            mine.append(_rule(text))
    kept = tuple(row for row in BUILT_IN.rows if row.name not in off)
    return Rules(rows=kept + tuple(dict.fromkeys(mine)))


def expression_of(rule: Rule) -> re.Pattern[str] | None:
    """What a row of sort `fits` or `secret` looks for. Raises `UsageError` for what is no expression."""
    return expression(rule.fits, rule.text) if rule.fits else None


def _switched(text: str) -> str:
    name = text[1:]
    known = [one for one in BUILT_IN.names if one != "tools"]
    if name not in known:
        what = f"no built-in rule is named {name!r}"
        if name == "tools":
            what = "the order of tools never counts: that rule cannot be switched off"
        raise UsageError(what, hint=f"one of {', '.join(f'-{one}' for one in known)}")
    return name


def _rule(text: str) -> Rule:
    where, equals, fits = text.partition("=")
    if not where.startswith("/"):
        hint = "write a JSON pointer, or one with a regular expression: /metadata/run, /messages/*/content=[0-9]+ ms"
        known = ", ".join(f"-{one}" for one in BUILT_IN.names if one != "tools")
        raise UsageError(
            f"a rule of what does not count begins with a slash, found {text!r}", hint=f"{hint}; or {known}"
        )
    if equals and not fits:
        raise UsageError(f"the rule {text!r} has no expression behind its =", hint=f"the whole value: {where}")
    read(where)
    made = Rule(name=text, where=where, fits=fits, sort=FITS if fits else VALUE)
    expression_of(made)
    return made
