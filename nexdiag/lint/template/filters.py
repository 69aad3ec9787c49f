"""The filters, tests and functions that chat templates use, each bounded. What is not listed here, a template lacks.

Law: a filter burns fuel for what it reads before it works, and for what it made after; one that can make much of
little is written here anew, and asks first.
"""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from jinja2 import Environment, Undefined
from jinja2.exceptions import TemplateRuntimeError
from jinja2.filters import FILTERS
from jinja2.runtime import Context
from jinja2.tests import TESTS

from nexdiag.lint.template import watched
from nexdiag.lint.template.limits import ExhaustedError, Fuel

_SHALLOW = (
    *("default", "d", "first", "last", "length", "count", "list", "reverse", "items", "map", "select", "reject"),
    *("selectattr", "rejectattr", "safe", "abs", "float", "int"),
)
_DEEP = (
    *("capitalize", "dictsort", "e", "escape", "groupby", "lower", "max", "min", "sort", "sum", "title", "trim"),
    *("truncate", "unique", "upper", "wordcount"),
)
_FILTERS: Mapping[str, Any] = FILTERS
_KNOWN_TESTS: Mapping[str, Any] = TESTS
_TESTS = (
    *("boolean", "callable", "defined", "divisibleby", "even", "false", "float", "in", "integer", "iterable", "lower"),
    *("mapping", "none", "number", "odd", "sameas", "sequence", "string", "true", "undefined", "upper"),
    *("eq", "equalto", "ge", "greaterthan", "gt", "le", "lessthan", "lt", "ne", "==", "!=", "<", "<=", ">", ">="),
)
_AS_LIST = ("selectattr",)
_LAZY = ("items", "map", "select", "reject", "selectattr", "rejectattr", "reverse")
_SPLITTING = ("list", "sort", "unique", "groupby")
_WIDEST = 64

Tank = Callable[[], Fuel]
Function = Callable[..., Any]


def filters(tank: Tank, *, forgiving: bool) -> dict[str, Function]:
    """All filters, by name; `tank` gives the fuel of the rendering under way."""
    made = {name: _bounded(_FILTERS[name], tank, name) for name in _SHALLOW}
    if forgiving:  # llama.cpp makes a list at once where Jinja2 waits to be asked for entries
        made |= {name: _listing(made[name], tank) for name in _LAZY}
    made |= {name: _bounded(_FILTERS[name], tank, name, deep=True) for name in _DEEP}
    written = _Written(tank, forgiving=forgiving)
    made |= {"tojson": written.tojson, "join": written.join, "replace": written.replace, "indent": written.indent}
    return made | {"string": written.string, "round": written.round}


def jinja_tests(tank: Tank, *, forgiving: bool) -> dict[str, Function]:
    """All tests, by name."""
    made = {name: _tested(_KNOWN_TESTS[name], tank, name) for name in _TESTS}
    if not forgiving:
        made |= {name: _bounded(_KNOWN_TESTS[name], tank, name) for name in ("filter", "test")}
    return made


def text_of(value: object, fuel: Fuel, *, forgiving: bool = False) -> str:
    """A value as the template writes it out."""
    if isinstance(value, str):
        fuel.text(len(value))
        return value
    if forgiving and value is None:
        return "None"
    fuel.walk(value)
    watched.deep(value)
    return str(value)


def _bounded(function: Function, tank: Tank, name: str, *, deep: bool = False) -> Function:
    as_list = name in _AS_LIST

    @wraps(function)
    def bounded(*values: Any, **named: Any) -> Any:  # noqa: ANN401 - a template's values
        fuel = tank()
        for value in (*values, *named.values()):
            if isinstance(value, str | list | tuple | dict):
                (fuel.walk if deep else fuel.touch)(value)
                watched.reached(value)
                if isinstance(value, str) and name in _SPLITTING:
                    fuel.entries(len(value))
                if as_list:
                    watched.listed(value)
        found = function(*values, **named)
        fuel.touch(found)
        return found

    return bounded


def _listing(function: Function, tank: Tank) -> Function:
    @wraps(function)
    def listing(*values: Any, **named: Any) -> Any:  # noqa: ANN401 - a template's values
        if None in values[:2] and (values[0] is None or isinstance(values[0], Context | Environment)):
            return []  # null has no entries
        found = function(*values, **named)
        return found if isinstance(found, str | list) else tank().listed(found)

    return listing


def _tested(function: Function, tank: Tank, name: str) -> Function:
    @wraps(function)
    def tested(*values: Any) -> Any:  # noqa: ANN401 - a template's values
        fuel = tank()
        for value in values:
            if isinstance(value, watched.Watched):
                value.used = True
                value.typed = value.typed or name == "string"
            if isinstance(value, list | tuple | dict) and len(values) > 1 and name != "sameas":
                fuel.walk(value)
            else:
                fuel.burn(1 + (len(value) // 256 if isinstance(value, str) else 0))
        return function(*values)

    return tested


class _Written:
    """Filters that could make much of little."""

    def __init__(self, tank: Tank, *, forgiving: bool) -> None:
        self._tank = tank
        self._forgiving = forgiving

    def tojson(
        self,
        value: Any,  # noqa: ANN401 - a template's values
        ensure_ascii: bool = False,
        indent: int | None = None,
        separators: Any = None,  # noqa: ANN401 - likewise
        sort_keys: bool = False,
    ) -> str:
        """As transformers has it: nothing is escaped for HTML, keys stay in their order."""
        fuel = self._tank()
        fuel.walk(value)
        watched.deep(value)
        if self._forgiving and sort_keys:
            raise TemplateRuntimeError("tojson sort_keys=true not implemented")
        if isinstance(value, Undefined) and self._forgiving:
            return "null"
        if isinstance(indent, int) and indent > _WIDEST:
            raise ExhaustedError(f"the template indents by {indent}")
        if isinstance(indent, str) or isinstance(separators, str):
            raise TemplateRuntimeError("tojson: indent is a number and separators are two texts")
        text = json.dumps(
            value,
            ensure_ascii=bool(ensure_ascii),
            indent=indent if isinstance(indent, int) else None,
            separators=tuple(separators) if isinstance(separators, list | tuple) and separators else None,
            sort_keys=bool(sort_keys),
        )
        fuel.text(len(text))
        return text

    def string(self, value: Any) -> str:  # noqa: ANN401 - a template's values
        """The value as text."""
        return text_of(value, self._tank(), forgiving=self._forgiving)

    def join(self, values: Any, d: str = "", attribute: Any = None) -> str:  # noqa: ANN401 - a template's values
        """The texts of a list, joined."""
        fuel, glue = self._tank(), str(d) if isinstance(d, str) else ""
        watched.listed(values)
        entries = fuel.listed(values)
        if attribute is not None:
            entries = [entry.get(attribute, "") if isinstance(entry, Mapping) else "" for entry in entries]
        if self._forgiving and not all(isinstance(entry, str | int | float) for entry in entries):
            raise TemplateRuntimeError("join() can only join arrays of strings or numerics")
        texts = [text_of(entry, fuel) for entry in entries]
        fuel.text(sum(map(len, texts)) + len(glue) * len(texts))
        return glue.join(texts)

    def replace(self, value: Any, old: str, new: str, count: int = -1) -> str:  # noqa: ANN401 - a template's values
        """Every `old` in a text becomes `new`."""
        fuel = self._tank()
        watched.reached(value)
        return replaced(text_of(value, fuel), text_of(old, fuel), text_of(new, fuel), fuel, count)

    def indent(self, value: Any, width: Any = 4, first: bool = False, blank: bool = False) -> str:  # noqa: ANN401 - a template's values
        """Each line of a text, moved to the right."""
        fuel = self._tank()
        margin = width if isinstance(width, str) else " " * min(int(width), _WIDEST + 1)
        if len(margin) > _WIDEST:
            raise ExhaustedError("the template indents by more than anybody reads")
        lines = text_of(value, fuel).split("\n")
        fuel.text(sum(map(len, lines)) + len(margin) * len(lines))
        moved = [margin + line if blank or line else line for line in lines[1:]]
        return "\n".join([margin + lines[0] if first else lines[0], *moved])

    def round(self, value: Any, precision: int = 0, method: str = "common") -> Any:  # noqa: ANN401 - a template's values
        """A number with that many digits."""
        if not isinstance(precision, int) or abs(precision) > _WIDEST:
            raise ExhaustedError("the template rounds to more digits than a number has")
        return _FILTERS["round"](value, precision, method)


def replaced(text: str, old: str, new: str, fuel: Fuel, count: int = -1) -> str:
    """`text.replace(old, new, count)`, if it does not grow too large."""
    fuel.text(len(text))
    times = text.count(old) if count is None or count < 0 else min(count, text.count(old))
    fuel.text(len(text) + times * len(new))
    return text.replace(old, new, -1 if count is None else count)
