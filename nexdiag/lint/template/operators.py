"""The operators of a template, bounded: what adds, repeats, joins or compares burns fuel for what it makes.

The two engines part here as well: llama.cpp takes null and undefined for an empty text where a text is added to them.
"""

import operator
import re
from collections.abc import Callable
from typing import Any

from jinja2 import Undefined
from jinja2.exceptions import TemplateRuntimeError

from nexdiag.lint.template.limits import LARGEST_BITS, ExhaustedError, Fuel

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "**": operator.pow,
    "%": operator.mod,
}
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}
_SEQUENCES = (str, list, tuple)
_PRINTF = re.compile(r"%[sd%]")


def binary(sign: str, left: Any, right: Any, fuel: Fuel, *, forgiving: bool) -> Any:  # noqa: ANN401 - a template's values
    """What `left sign right` is. Raises ExhaustedError before it grows too large."""
    if sign == "+" and forgiving:
        left, right = _forgiven(left, right), _forgiven(right, left)
    if sign == "+" and isinstance(left, _SEQUENCES) and isinstance(right, _SEQUENCES):
        _made(left, len(left) + len(right), fuel)
    elif sign == "*":
        _repeated(left, right, fuel)
    elif sign == "**":
        raise ExhaustedError("the template raises a number to a power")
    elif sign == "%" and isinstance(left, str):
        if forgiving or _PRINTF.sub("", left).count("%"):
            raise TemplateRuntimeError('Unknown operator "%" between String and another value')
        fuel.walk(right)
    else:
        fuel.burn(1)
    return BINARY[sign](left, right)


def compare(sign: str, left: Any, right: Any, fuel: Fuel, *, forgiving: bool) -> Any:  # noqa: ANN401 - a template's values
    """Whether `left sign right`; what is compared entry by entry burns fuel for all that is in it."""
    inner = isinstance(left, list | tuple | dict) and isinstance(right, list | tuple | dict)
    if inner:
        fuel.walk(left)
        fuel.walk(right)
    else:
        fuel.touch(left)
        fuel.touch(right)
    if forgiving and isinstance(left, Undefined) and sign in ("in", "notin") and not isinstance(right, Undefined):
        raise TemplateRuntimeError(f"Cannot perform operation {'in' if sign == 'in' else 'not in'} on undefined values")
    return _COMPARE[sign](left, right)


def _forgiven(value: Any, other: Any) -> Any:  # noqa: ANN401 - a template's values
    return "" if isinstance(other, str) and (value is None or isinstance(value, Undefined)) else value


def _made(like: object, length: int, fuel: Fuel) -> None:
    if isinstance(like, str):
        fuel.text(length)
    else:
        fuel.entries(length)


def _repeated(left: object, right: object, fuel: Fuel) -> None:
    for value, times in ((left, right), (right, left)):
        if isinstance(value, _SEQUENCES) and isinstance(times, int):
            _made(value, len(value) * max(0, times), fuel)
            return
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > LARGEST_BITS:
        raise ExhaustedError("the template makes a number of hundreds of digits")
    fuel.burn(1)
