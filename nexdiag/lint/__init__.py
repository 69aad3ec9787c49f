"""Words → Findings: what is wrong with a request, on the server it was sent to.

    view       one exchange as the rules see it        history    its messages, and which call was answered
    rule       what a rule is made of                  rules/     one rule a file, and the one table of them
    server     what a profile module is made of        profiles/  one server a file, as data
    verdict    how much a fault matters on a server    engine     a recording, or a bare exchange → Findings
    unexplained, no_answer     the failures for which no rule accounts
    bare       exchanges that lack parts               pages      a rule → its page

Law: no I/O, no clock, no network. A malformed exchange is a thing to judge, never an exception.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nexdiag.core.cassette import Cassette
    from nexdiag.core.finding import Finding


class _Room(ModuleType):
    """The package is also the function that its users call: `nexdiag.lint(...)` is promised."""

    def __call__(self, subject: "Cassette | dict[str, Any]", *, profile: str | None = None) -> "tuple[Finding, ...]":
        """Findings of a recording, a request body or a bare exchange (docs/reference/lint.md), the cause first.

        `profile` is a server's name; without it the recording, or the exchange's `server`, says which. A file is read
        first: `nexdiag.lint(nexdiag.load(path))`.
        """
        from nexdiag.lint.subject import judge_any  # noqa: PLC0415 - the room is entered when it is called

        return judge_any(subject, profile)


sys.modules[__name__].__class__ = _Room
