"""Scenarios: TOML ⇄ `Scenario`. Every fault in the text is told with its line and its key."""

import difflib
import json
import re
import tomllib
from collections.abc import Collection
from typing import Any

import msgspec

from nexdiag.codec.scenario_faults import Fault, faults
from nexdiag.core.errors import UsageError
from nexdiag.core.scenario import Expectation, Say, Scenario

_HINT = "see docs/reference/scenario.md"
_HEAD = re.compile(r"\s*\[\[\s*say\s*\]\]\s*(#.*)?$")
_SHOWN = 60


def decode(text: str, *, name: str = "scenario", tools: Collection[str] | None = None) -> Scenario:
    """Read a scenario; `name` is used where it has none, and in errors. Raises `UsageError`.

    `tools` are the names of the tools that there are: one that is none of them is a fault, if they are given.
    """
    try:
        text.encode()  # half a character is none
        table = tomllib.loads(text.removeprefix("\ufeff") + "\n")  # so that a fault in the last line has a number
    except (ValueError, RecursionError) as error:  # ValueError: bad TOML, or a number of thousands of digits
        raise UsageError(f"{name} is not valid TOML: {error}", hint=_HINT) from error
    table.setdefault("name", name.split(".", 1)[0] or "scenario")
    try:
        scenario = msgspec.convert(table, Scenario)
    except msgspec.ValidationError as error:
        where = _line_of(text, str(error))
        raise UsageError(f"{name}{where}: {_plain(str(error))}", hint=_hint(str(error))) from error
    if not scenario.say:
        raise UsageError(f"{name} says nothing: it needs at least one [[say]] with a text", hint=_HINT)
    fault = next(faults(scenario, table, tools=tools), None)
    if fault is not None:
        raise UsageError(_told(fault, text, name), hint=fault.hint or _HINT)
    return scenario


def check(scenario: Scenario, *, tools: Collection[str] | None = None) -> None:
    """Raise `UsageError` for the first fault of a scenario that was not read from a text."""
    fault = next(faults(scenario, {}, tools=tools), None)
    if fault is not None:
        raise UsageError(f"{scenario.name[:_SHOWN]}: {fault.what} (at `{fault.key}`)", hint=fault.hint or _HINT)


def encode(scenario: Scenario) -> str:
    """The scenario as TOML."""
    lines = [f"name = {_string(scenario.name)}"]
    lines += _pairs(scenario, Scenario(name="", say=()), skip=("name", "say"))
    for say in scenario.say:
        lines += ["", "[[say]]", f"text = {_string(say.text)}"]
        lines += _pairs(say, Say(text=""), skip=("text", "expect"))
        expected = _pairs(say.expect, Expectation())
        if expected:
            lines += ["[say.expect]", *expected]
    return "\n".join(lines) + "\n"


def of_texts(name: str, texts: list[str] | tuple[str, ...]) -> Scenario:
    """A scenario that says these texts and expects an answer to each."""
    return Scenario(name=name, say=tuple(Say(text=text) for text in texts))


def _pairs(table: msgspec.Struct, default: msgspec.Struct, skip: tuple[str, ...] = ()) -> list[str]:
    pairs = []
    for key in table.__struct_fields__:
        value = getattr(table, key)
        if key not in skip and value is not None and not _same(value, getattr(default, key)):
            pairs.append(f"{key} = {_value(value)}")
    return pairs


def _same(one: object, other: object) -> bool:
    """Equal, and of one type: 0 and False are two values."""
    return one == other and type(one) is type(other)


def _value(value: Any) -> str:  # noqa: ANN401 - what a scenario holds: texts, numbers, lists of texts
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_string(entry) for entry in value) + "]"
    return json.dumps(value)


def _string(text: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _told(fault: Fault, text: str, name: str) -> str:
    return f"{name}{_line_of(text, f'`$.{fault.key}`')}: {fault.what} (at `{fault.key}`)"


def _line_of(text: str, error: str) -> str:
    """`, line 7`: where the key that msgspec names stands, as far as that can be told."""
    where = re.search(r"unknown field `([^`]+)`", error) or re.search(r"\.(\w+)(?:\[\d+\]|\[\.\.\.\])*`$", error)
    number = re.search(r"say\[(\d+)\]", error)
    lines = text.splitlines()
    start, end = 0, len(lines)
    if number is not None:
        heads = [i for i, line in enumerate(lines) if _HEAD.match(line)]
        at = int(number[1])
        start = heads[at] if at < len(heads) else 0
        end = heads[at + 1] if at + 1 < len(heads) else end
    if where is not None:
        key = rf"[\"']?{re.escape(where[1])}[\"']?\s*[=\].]"
        for form in (rf"\s*\[*\s*(?:say\s*\.\s*)?{key}", rf".*[{{,.]\s*{key}"):  # a line of its own; within a table
            found = next((i for i in range(start, end) if re.match(form, lines[i])), None)
            if found is not None:
                return f", line {found + 1}"
    return f", line {start + 1}" if number is not None else ""


def _plain(error: str) -> str:
    """Msgspec's words without its notation for the root."""
    close = ")" if " - at `$." in error else ""
    plain = error.replace(" - at `$.", " (at `").replace("Object contains unknown field", "unknown key")
    return plain.replace("Object missing required field", "missing") + close


def _hint(error: str) -> str:
    """The key that was meant, if one is near to what was written."""
    unknown = re.search(r"unknown field `([^`]+)`", error)
    if unknown is None:
        return _HINT
    inner = Expectation if "expect`" in error else Say if "say[" in error else Scenario
    near = difflib.get_close_matches(unknown[1][:_SHOWN], inner.__struct_fields__, n=1)
    if near:
        return f"did you mean `{near[0]}`? {_HINT}"
    others = [kind for kind in (Scenario, Say, Expectation) if unknown[1] in kind.__struct_fields__]
    if others:
        return f"`{unknown[1]}` is a key of {_PLACES[others[0]]}"
    return f"the keys here are: {', '.join(inner.__struct_fields__)}"


_PLACES: dict[type[msgspec.Struct], str] = {
    Scenario: "the scenario: it stands above the first [[say]]",
    Say: "a [[say]]: it stands above its [say.expect]",
    Expectation: "an expectation: it stands below [say.expect]",
}
