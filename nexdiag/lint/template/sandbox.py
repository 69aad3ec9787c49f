"""The environment that a chat template is rendered in: what it may reach, and what each thing costs.

Law: an attribute is reachable only if it is named here. Everything that is called burns fuel for what it is given and
for what it gives.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from string import Formatter
from typing import Any

from jinja2 import ChainableUndefined, Undefined, nodes
from jinja2.exceptions import SecurityError, TemplateError, TemplateRuntimeError
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from nexdiag.lint.template import filters, operators, watched
from nexdiag.lint.template.limits import LONGEST_LIST, LONGEST_TEXT, ExhaustedError, Fuel
from nexdiag.lint.template.weighed import BURN, COMPARE, CONCAT, LOOKED, LOOP

_STR = frozenset(
    """
    capitalize casefold count endswith find format index isalnum isalpha isdecimal isdigit islower isnumeric isspace
    istitle isupper join lower lstrip partition removeprefix removesuffix replace rfind rindex rpartition rsplit rstrip
    split splitlines startswith strip swapcase title upper
    """.split()  # noqa: SIM905 - a paragraph reads better than forty strings
)
_READING = {
    str: _STR,
    dict: frozenset({"get", "items", "keys", "values", "copy"}),
    list: frozenset({"index", "count", "copy"}),
    tuple: frozenset({"index", "count"}),
}
_WRITING = {
    dict: frozenset({"pop", "setdefault", "update"}),
    list: frozenset({"append", "extend", "insert", "pop", "reverse"}),
}
_LOOP = frozenset(
    """
    index index0 first last length revindex revindex0 previtem nextitem depth depth0 cycle changed
    """.split()  # noqa: SIM905 - as above
)
_CALL = 20
"""What a call costs beside what it does: a macro's frame is dear."""
_MISSING_TEXT = frozenset({"capitalize", "join", "lower", "replace", "strip", "title", "upper"})
_PLAIN_FIELD = re.compile(r"\w*")
_TIME = re.compile(r"[^%]|%[-#]?[A-Za-z%]")


class RaisedError(TemplateError):
    """The template called `raise_exception`."""


class Generation(Extension):
    """`{% generation %}` marks what a model is trained on; a server renders what is in it."""

    tags = {"generation"}  # noqa: RUF012 - as the base class has it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The body of the block."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class Missing(ChainableUndefined):
    """What is not there, as llama.cpp takes it: what is asked of it is not there either."""

    __slots__ = ()


class Sandbox(SandboxedEnvironment):
    """The environment of one template; `fuel` is that of the rendering under way."""

    intercepted_binops = frozenset(operators.BINARY)

    def __init__(self, *, forgiving: bool, now: datetime) -> None:
        """`forgiving` is llama.cpp's engine; `now` is what `strftime_now` tells."""
        self.fuel = Fuel()
        self._forgiving = forgiving
        self._now = now
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,
            autoescape=False,
            undefined=Missing if forgiving else Undefined,
            extensions=["jinja2.ext.loopcontrols", Generation],
            finalize=lambda value: filters.text_of(value, self.fuel, forgiving=forgiving),
            cache_size=0,
        )
        known: Any = filters.filters(lambda: self.fuel, forgiving=forgiving)
        self.filters = known
        self.filters |= {LOOP: self._loop, BURN: self._burn, CONCAT: self._joined, COMPARE: self._compared}
        self.filters[LOOKED] = self._looked
        tested: Any = filters.jinja_tests(lambda: self.fuel, forgiving=forgiving)
        self.tests = tested
        self.globals = {
            "range": self._range,
            "dict": dict,
            "namespace": Namespace,
            "cycler": Cycler,
            "joiner": Joiner,
            "raise_exception": _raise,
            "strftime_now": self._strftime,
        }
        if forgiving:
            self.globals["tojson"] = self.filters["tojson"]

    def concat(self, parts: Iterable[str]) -> str:
        """The texts of a body, joined, if they do not grow too long."""
        kept, length = [], 0
        for part in parts:
            length += len(part)
            if length > LONGEST_TEXT:
                raise ExhaustedError(f"the template writes more than {LONGEST_TEXT} characters")
            self.fuel.text(len(part))
            kept.append(part)
        return "".join(kept)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401, ARG002 - a template's values; the interface
        """Whether a template may reach an attribute."""
        for kind, names in _READING.items():
            if isinstance(obj, kind):
                return attr in names or (self._forgiving and attr in _WRITING.get(kind, ()))
        if isinstance(obj, Namespace):
            return not attr.startswith("_")
        if isinstance(obj, LoopContext):
            return attr in _LOOP
        if isinstance(obj, Cycler):
            return attr in ("next", "reset", "current")
        return isinstance(obj, Macro) and attr == "name"

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - a template's values
        """`obj.attribute`."""
        self.fuel.burn(1)
        if isinstance(obj, Missing) and attribute in _MISSING_TEXT:
            return lambda *_: ""
        if self._forgiving and attribute == "items" and (obj is None or isinstance(obj, Undefined)):
            return list
        found = super().getattr(obj, attribute)
        watched.reached(found)
        return found

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - a template's values
        """`obj[argument]`."""
        self.fuel.burn(1)
        if isinstance(argument, int):
            watched.listed(obj)
        found = super().getitem(obj, argument)
        watched.reached(found)
        return found

    def wrap_str_format(self, value: Any) -> Any:  # noqa: ANN401 - a template's values
        """`'{}'.format(...)` with plain fields alone."""
        text = getattr(value, "__self__", None)
        if getattr(value, "__name__", "") != "format" or not isinstance(text, str):
            return None
        return lambda *values, **named: self._formatted(text, values, named)

    def call(self, context: Context, function: Any, /, *values: Any, **named: Any) -> Any:  # noqa: ANN401 - a template's values
        """`function(...)`."""
        self.fuel.burn(_CALL)
        for value in (*values, *named.values()):
            self.fuel.touch(value)
        owner, name = getattr(function, "__self__", None), getattr(function, "__name__", "")
        if isinstance(owner, str):
            self.fuel.text(len(owner))
            if name == "replace" and len(values) > 1 and all(isinstance(value, str) for value in values[:2]):
                return filters.replaced(owner, values[0], values[1], self.fuel, *values[2:3])
            if name == "join":
                return self.filters["join"](values[0] if values else [], owner)
            if name in ("split", "rsplit", "splitlines"):
                self.fuel.entries(owner.count(values[0] if values and isinstance(values[0], str) else "\n"))
        elif isinstance(owner, dict | list):
            self.fuel.entries(len(owner) if name in ("copy", "extend", "insert", "reverse", "index", "count") else 0)
        if isinstance(function, LoopContext) and values:
            values = (self._loop(values[0], 100), *values[1:])
        found = super().call(context, function, *values, **named)
        self.fuel.touch(found)
        return found

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401, ARG002 - a template's values; the interface
        """`left operator right`."""
        return operators.binary(operator, left, right, self.fuel, forgiving=self._forgiving)

    def _loop(self, values: Any, weight: int) -> list[Any]:  # noqa: ANN401 - a template's values
        watched.listed(values)
        if self._forgiving and isinstance(values, str | int | float | None):
            raise TemplateRuntimeError(f"Expected iterable or object type in for loop: got {_kind(values)}")
        entries = values if isinstance(values, list) else self.fuel.listed(values)
        self.fuel.burn(len(entries) * weight)
        for entry in entries:
            watched.reached(entry[1] if isinstance(entry, tuple) and len(entry) > 1 else entry)
        return list(entries)

    def _burn(self, weight: int) -> None:
        self.fuel.burn(weight)

    def _joined(self, values: list[Any]) -> str:
        texts = []
        for value in values:
            text = "" if value is None and self._forgiving else filters.text_of(value, self.fuel)
            watched.reached(value)
            texts.append(text)
        self.fuel.text(sum(map(len, texts)))
        return "".join(texts)

    def _compared(self, left: Any, right: Any, sign: str) -> Any:  # noqa: ANN401 - a template's values
        return operators.compare(sign, left, right, self.fuel, forgiving=self._forgiving)

    def _looked(self, value: Any) -> Any:  # noqa: ANN401 - a template's values
        self.fuel.touch(value)
        return value

    def _range(self, *numbers: Any) -> list[int]:  # noqa: ANN401 - a template's values
        made = range(*numbers)
        if len(made) > LONGEST_LIST:
            raise ExhaustedError(f"the template counts to {len(made)}")
        self.fuel.entries(len(made))
        return list(made)

    def _strftime(self, form: str = "%Y-%m-%d") -> str:
        if not isinstance(form, str) or "".join(_TIME.findall(form)) != form or len(form) > LONGEST_LIST:
            raise TemplateRuntimeError("strftime_now: failed to format time")
        self.fuel.text(len(form) * 16)
        return self._now.strftime(form)

    def _formatted(self, text: str, values: tuple[Any, ...], named: dict[str, Any]) -> str:
        parts, number = [], 0
        for literal, field, form, conversion in Formatter().parse(text):
            parts.append(literal)
            if field is None:
                continue
            if form or conversion or not _PLAIN_FIELD.fullmatch(field):
                raise TemplateRuntimeError("format() only supports simple '{}' placeholders")
            value = values[int(field or number)] if not field or field.isdigit() else named[field]
            number += 0 if field else 1
            parts.append(filters.text_of(value, self.fuel))
        self.fuel.text(sum(map(len, parts)))
        return "".join(parts)


def _raise(words: object = "", *_: object) -> None:
    raise RaisedError(str(words) if isinstance(words, str | int | float) else type(words).__name__)


def _kind(value: object) -> str:
    return {"str": "String", "int": "Integer", "float": "Float", "bool": "Boolean"}.get(type(value).__name__, "None")


__all__ = ["RaisedError", "Sandbox", "SecurityError"]
