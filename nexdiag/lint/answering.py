"""What the rules on answers share: when an answer is theirs to judge, and how much a fault of it matters.

Law: nothing is found here. A rule asks `told` first, which costs nothing where no answer is known.
"""

import re

from nexdiag.codec import jsontext
from nexdiag.codec.chat.extent import Extent
from nexdiag.core.exchange import REFUSED
from nexdiag.core.finding import Severity
from nexdiag.lint.quoting import quote
from nexdiag.lint.rule import Fault
from nexdiag.lint.seen.case import Case
from nexdiag.lint.seen.told import Told

ANYTHING = (re.compile(""),)
"""Words of a rule whose fault is itself the refusal: whatever the server said, it said it so."""
_NOBODY = re.compile(r"\s*(?:any|curl|none|null|unknown|various|n/?a|-)?\s*(?:client)?\s*\Z", re.IGNORECASE)
_SHOWN = 120


def told(case: Case) -> Told | None:
    """What the answer told; None where none is known."""
    answer = case.view.answer
    return answer.told if answer.known else None


def served(case: Case) -> bool:
    """Whether the answer came under a status of success, or under one that nobody knows."""
    status = case.view.status
    return status is None or status < REFUSED


def weight(case: Case, severity: Severity) -> Severity | None:
    """How much a fault of the answer matters; beside a refusal the rule says it, so that it may be its cause."""
    return severity if served(case) else None


def odd(case: Case, kind: str, *, summary: str, fix: str, severity: Severity = Severity.ERROR) -> tuple[Fault, ...]:
    """The fault that something of this kind stood in the answer; none if nothing did."""
    known = told(case)
    found = None if known is None else known.odd.get(kind)
    if known is None or found is None:
        return ()
    place = f"event {found.at}" if known.streamed else "the body"
    times = f" ({found.times} times)" if found.times > 1 else ""
    return (
        Fault(
            summary=summary,
            fix=fix,
            evidence=(f"{place} holds {quote(found.shown, _SHOWN)}{times}",),
            facts={"tool": found.name} if found.name else {},
            weight=weight(case, severity),
        ),
    )


def worded(case: Case, words: tuple[re.Pattern[str], ...], *, summary: str, fix: str) -> tuple[Fault, ...]:
    """The fault of which only a log, or a client's own words, tell in place of the answer."""
    view = case.view
    if view.exchange is not None or not (view.asked or view.accepted) or not (view.logged or view.said.plain):
        return ()
    if not any(pattern.search(view.said.words) for pattern in words):
        return ()
    return (Fault(summary=summary, fix=fix, evidence=(f"told by {quote(view.said.words, _SHOWN)}",)),)


def client_of(case: Case) -> str:
    """The client of a bare exchange whose answer has nothing wrong in it; empty for all others."""
    view, known = case.view, told(case)
    if view.exchange is not None or not view.client or _NOBODY.match(view.client) or not served(case):
        return ""
    right = known is not None and known.shape and known.spoke and not known.odd and not known.error
    return view.client if right else ""


def cut_off(arguments: str) -> bool:
    """Whether the JSON of a call's arguments breaks off."""
    text = arguments.strip()
    if text[:1] not in ("{", "["):
        return False
    try:
        jsontext.read(text)
    except ValueError:
        extent = Extent()
        extent.feed(text)
        return not extent.whole
    return False
