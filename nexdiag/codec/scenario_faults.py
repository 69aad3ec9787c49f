"""What is wrong with a scenario though each key has the right type: values, and keys that contradict each other.

Pure. A fault names the key at which it stands, as `say[1].expect.matches[0]`, counted from 0.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from nexdiag.codec import fault
from nexdiag.core.errors import UsageError
from nexdiag.core.scenario import FIRST_TOOL, MOMENTS, Expectation, Say, Scenario

_MOST = 2**53
_MOST_REPEATS = 10_000
_LONGEST_WAIT = 86_400.0
_OUTCOMES = ("answered", "failed", "cancelled")
_SHOWN = 60
_OF_AN_ANSWER = ("contains", "matches", "finish")
"""Expectations that only an answer can meet."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong."""

    key: str
    what: str
    hint: str = ""


def faults(scenario: Scenario, table: dict[str, Any], *, tools: Collection[str] | None = None) -> Iterator[Fault]:
    """Each fault of a scenario; `table` is what was written (if anything was): it tells what was said from defaults.

    `tools` are the names of the tools that there are, if somebody knows.
    """
    yield from _numbers(scenario)
    yield from _laid(scenario)
    yield from _tools("tools", scenario.tools, tools)
    written = table.get("say") or [{}] * len(scenario.say)
    for place, say in enumerate(scenario.say):
        key, expect = f"say[{place}]", written[place].get("expect", {})
        yield from _moments(key, say, scenario)
        yield from _expected(f"{key}.expect", say.expect, scenario, tools)
        yield from _contradictions(key, say, expect)


def _numbers(scenario: Scenario) -> Iterator[Fault]:
    """Numbers that are out of range."""
    yield from _positive("max_tokens", scenario.max_tokens)
    yield from _positive("window", scenario.window)
    yield from _positive("repeat", scenario.repeat, most=_MOST_REPEATS)
    for place, say in enumerate(scenario.say):
        yield from _positive(f"say[{place}].repeat", say.repeat, most=_MOST_REPEATS)
        for key in ("within", "calls", "together"):
            yield from _positive(f"say[{place}].expect.{key}", getattr(say.expect, key))
    if scenario.messages > _MOST_REPEATS:
        what = f"wanted at most {_MOST_REPEATS} messages in all, found {str(scenario.messages)[:20]}"
        yield Fault(key="repeat" if scenario.repeat > 1 else "say", what=what)


def _laid(scenario: Scenario) -> Iterator[Fault]:
    """Faults that are laid over a replay: such that are none, that stand there twice, or strike no turn."""
    turns = sum(say.repeat for say in scenario.say)
    for place, text in enumerate(scenario.faults):
        key = f"faults[{place}]"
        try:
            laid = fault.decode(text)
        except UsageError as error:
            yield Fault(key=key, what=error.what, hint=error.hint)
            continue
        if laid.turn is not None and laid.turn > turns:
            what = f"{text[:_SHOWN]!r} strikes turn {laid.turn}, but a chat of this scenario has {turns}"
            yield Fault(key=key, what=what)
        if text in scenario.faults[:place]:
            hint = "to strike more often at its place: times=2"
            yield Fault(key=key, what=f"{text[:_SHOWN]!r} stands there twice", hint=hint)


def _positive(key: str, number: float | None, *, most: int = _MOST) -> Iterator[Fault]:
    if number is not None and not 0 < number <= most:
        limit = "" if most == _MOST else f" and up to {most}"
        yield Fault(key=key, what=f"wanted a number above 0{limit}, found {str(number)[:20]}")


def _moments(key: str, say: Say, scenario: Scenario) -> Iterator[Fault]:
    """What is done meanwhile."""
    for name, moment in (("cancel_after", say.cancel_after), ("kill_daemon", say.kills_after)):
        where = f"{key}.{name}"
        if isinstance(moment, str) and moment not in MOMENTS:
            near = get_close_matches(moment[:_SHOWN], MOMENTS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else ""
            words = ", ".join(MOMENTS)
            yield Fault(key=where, what=f"wanted {words}, or seconds, found {moment[:_SHOWN]!r}", hint=hint)
        elif isinstance(moment, int | float) and not 0 <= moment <= _LONGEST_WAIT:
            yield Fault(key=where, what=f"wanted seconds from 0 to {_LONGEST_WAIT:g}, found {str(moment)[:20]}")
        elif moment == FIRST_TOOL and not scenario.tools:
            hint = 'name tools that the model may use: tools = ["glob"]'
            yield Fault(key=where, what="no tool can run: the scenario allows none", hint=hint)
    if say.cancel_after is not None and say.kills_after is not None:
        hint = "take one of them away, or say the message twice"
        yield Fault(key=f"{key}.kill_daemon", what="a turn is either cancelled or killed, found both", hint=hint)
    if not say.text.strip():
        yield Fault(key=f"{key}.text", what="an empty message cannot be sent")


def _expected(key: str, expect: Expectation, scenario: Scenario, known: Collection[str] | None) -> Iterator[Fault]:
    for place, pattern in enumerate(expect.matches):
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            yield Fault(key=f"{key}.matches[{place}]", what=f"no regular expression: {error}")
    if expect.outcome is not None and expect.outcome not in _OUTCOMES:
        what = f"wanted {', '.join(_OUTCOMES)}, found {expect.outcome[:_SHOWN]!r}"
        yield Fault(key=f"{key}.outcome", what=what)
    yield from _tools(f"{key}.tools", expect.tools, known)
    yield from _tools(f"{key}.not_tools", expect.not_tools, known)
    for place, tool in enumerate(expect.tools):
        if not any(fnmatchcase(tool, one) for one in scenario.tools):
            allowed = ", ".join(scenario.tools) or "none"
            what = f"{tool[:_SHOWN]!r} is expected, but the scenario does not allow it"
            yield Fault(key=f"{key}.tools[{place}]", what=what, hint=f"its tools are: {allowed}")
        if any(fnmatchcase(tool, one) for one in expect.not_tools):
            yield Fault(key=f"{key}.not_tools", what=f"{tool[:_SHOWN]!r} is both expected and excluded")
    for name in ("calls", "together"):
        if getattr(expect, name) is not None and not scenario.tools:
            yield Fault(key=f"{key}.{name}", what="no tool can run: the scenario allows none")


def _tools(key: str, names: tuple[str, ...], known: Collection[str] | None) -> Iterator[Fault]:
    """Names that stand twice, and those that no tool has."""
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        yield Fault(key=key, what=f"{twice[0][:_SHOWN]!r} stands there twice")
    for place, name in enumerate(names):
        if known is not None and not any(fnmatchcase(one, name) for one in known):
            near = get_close_matches(name[:_SHOWN].lower(), known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the tools are: {', '.join(sorted(known))}"
            yield Fault(key=f"{key}[{place}]", what=f"no such tool: {name[:_SHOWN]!r}", hint=hint)


def _contradictions(key: str, say: Say, written: dict[str, Any]) -> Iterator[Fault]:
    """A turn that is cancelled has no answer; one that is not, is not cancelled."""
    expect = say.expect
    if say.cancel_after is None:
        if expect.outcome == "cancelled":
            hint = "say when: cancel_after = 'first_text'"
            yield Fault(key=f"{key}.expect.outcome", what="nobody cancels this turn", hint=hint)
        if expect.outcome == "failed" and written.get("answer") is True:
            yield Fault(key=f"{key}.expect.answer", what="a turn that fails has no answer")
        return
    hint = "take it away, or cancel_after"
    if written.get("answer") is True:
        yield Fault(key=f"{key}.expect.answer", what="a turn that is cancelled has no answer", hint=hint)
    for name in _OF_AN_ANSWER:
        if getattr(expect, name):
            what = f"a turn that is cancelled has no answer for {name!r}"
            yield Fault(key=f"{key}.expect.{name}", what=what, hint=hint)
    if expect.outcome in {"answered", "failed"}:
        what = f"a turn that is cancelled does not end {expect.outcome!r}"
        yield Fault(key=f"{key}.expect.outcome", what=what, hint=hint)
