"""Scenarios: TOML ⇄ `Scenario`. Every fault in the text is told with its line and its key."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import msgspec

from nexdiag.core.errors import UsageError
from nexdiag.core.scenario import Expectation, Say, Scenario

_MOST = 2**53
_HINT = "see docs/reference/scenario.md"


def decode(text: str, *, name: str = "scenario") -> Scenario:
    """Read a scenario; `name` is used where it has none, and in errors. Raises `UsageError`."""
    try:
        text.encode()  # half a character is none
        table = tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:  # ValueError: bad TOML, or a number of thousands of digits
        raise UsageError(f"{name} is not valid TOML: {error}", hint=_HINT) from error
    table.setdefault("name", name.split(".", 1)[0] or "scenario")
    try:
        scenario = msgspec.convert(table, Scenario)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name}{_line_of(text, str(error))}: {_plain(str(error))}", hint=_HINT) from error
    if not scenario.say:
        raise UsageError(f"{name} says nothing: it needs at least one [[say]] with a text", hint=_HINT)
    for key, number in _numbers(scenario):
        if number is not None and not 0 < number <= _MOST:
            where, found = _line_of(text, f"`$.{key}`"), str(number)[:20]
            raise UsageError(f"{name}{where}: wanted a number above 0 (at `{key}`), found {found}", hint=_HINT)
    return scenario


def encode(scenario: Scenario) -> str:
    """The scenario as TOML."""
    lines = [f"name = {_string(scenario.name)}"]
    lines += _pairs(scenario, Scenario(name="", say=()), skip=("name", "say"))
    for say in scenario.say:
        lines += ["", "[[say]]", f"text = {_string(say.text)}"]
        expected = _pairs(say.expect, Expectation())
        if expected:
            lines += ["[say.expect]", *expected]
    return "\n".join(lines) + "\n"


def of_texts(name: str, texts: list[str] | tuple[str, ...]) -> Scenario:
    """A scenario that says these texts and expects an answer to each."""
    return Scenario(name=name, say=tuple(Say(text=text) for text in texts))


def _numbers(scenario: Scenario) -> Iterator[tuple[str, float | None]]:
    """What must be positive, with its place."""
    yield "max_tokens", scenario.max_tokens
    yield "window", scenario.window
    for place, say in enumerate(scenario.say):
        yield f"say[{place}].expect.within", say.expect.within


def _pairs(table: msgspec.Struct, default: msgspec.Struct, skip: tuple[str, ...] = ()) -> list[str]:
    pairs = []
    for key in table.__struct_fields__:
        value = getattr(table, key)
        if key not in skip and value is not None and value != getattr(default, key):
            pairs.append(f"{key} = {_value(value)}")
    return pairs


def _value(value: Any) -> str:  # noqa: ANN401 - what a scenario holds: texts, numbers, lists of texts
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_string(entry) for entry in value) + "]"
    return json.dumps(value)


def _string(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _line_of(text: str, error: str) -> str:
    """`, line 7`: where the key that msgspec names stands, as far as that can be told."""
    where = re.search(r"unknown field `(\w+)`", error) or re.search(r"\.(\w+)(?:\[\d+\]|\[\.\.\.\])*`$", error)
    number = re.search(r"say\[(\d+)\]", error)
    lines = text.splitlines()
    start = 0
    if number is not None:
        heads = [i for i, line in enumerate(lines) if line.strip().replace(" ", "").startswith("[[say]]")]
        start = heads[int(number[1])] if int(number[1]) < len(heads) else 0
    if where is not None:
        for i in range(start, len(lines)):
            if re.match(rf"\s*{re.escape(where[1])}\s*=", lines[i]):
                return f", line {i + 1}"
    return f", line {start + 1}" if number is not None else ""


def _plain(error: str) -> str:
    """Msgspec's words without its notation for the root."""
    close = ")" if " - at `$." in error else ""
    plain = error.replace(" - at `$.", " (at `").replace("Object contains unknown field", "unknown key")
    return plain.replace("Object missing required field", "missing") + close
