"""One template, compiled once and rendered often. Whatever it does, a rendering ends with an outcome."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import Template
from jinja2.exceptions import TemplateSyntaxError

from nexdiag.core.errors import UsageError
from nexdiag.lint.template.limits import FUEL, ExhaustedError, Fuel
from nexdiag.lint.template.outcome import Outcome, Refused, Rendered, Untold
from nexdiag.lint.template.sandbox import RaisedError, Sandbox
from nexdiag.lint.template.weighed import weighed

LONGEST_SOURCE = 400_000
"""Characters of a template; the longest in use have 25 000."""
_WORDS = 600


class Program:
    """A compiled template."""

    def __init__(self, text: str, *, forgiving: bool, now: datetime) -> None:
        """Compile it; `forgiving` is llama.cpp's engine.

        Raises UsageError for what is no template, or wants what no template may have.
        """
        if len(text) > LONGEST_SOURCE:
            raise UsageError(f"the template has {len(text)} characters, at most {LONGEST_SOURCE} are read", hint=_HINT)
        self._sandbox = Sandbox(forgiving=forgiving, now=now)
        try:
            code = self._sandbox.compile(weighed(self._sandbox.parse(text)))
        except TemplateSyntaxError as error:
            raise UsageError(f"the template cannot be read: line {error.lineno}: {error.message}", hint=_HINT) from None
        except Exception as error:  # noqa: BLE001 - a hostile text may break the compiler in any way
            # Of a hostile text Python's own compiler may tire: too many blocks in one another, a number too long.
            raise UsageError(f"the template cannot be compiled: {_told(error)}", hint=_HINT) from None
        self._template = Template.from_code(self._sandbox, code, self._sandbox.globals)

    def render(self, variables: Mapping[str, Any], fuel: int = FUEL) -> Outcome:
        """What becomes of these variables. Never raises."""
        sandbox = self._sandbox
        sandbox.fuel = Fuel(fuel)
        try:
            context = self._template.new_context(dict(variables))
            return Rendered(text=sandbox.concat(self._template.root_render_func(context)))
        except RaisedError as error:
            return Refused(words=(error.message or "")[:_WORDS])
        except (ExhaustedError, RecursionError, MemoryError, OverflowError) as error:
            return Untold(why=_told(error))
        except Exception as error:  # noqa: BLE001 - whatever a template stumbles over, the server stumbles over as well
            return Refused(words=_told(error), raised=False)


_HINT = "wanted a chat template as models carry it: Jinja without include, import or extends"


def _told(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "the template calls itself without end"
    text = str(error)[:_WORDS]
    return text or type(error).__name__
